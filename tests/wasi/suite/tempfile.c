/* The dance with a temporary file that replaces another at once. Gives the same as a native build. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int replace(const char *path, const char *contents) {
  char temporary[64];
  int fd = -1;
  for (int i = 0; i < 10 && fd < 0; i++) {
    snprintf(temporary, sizeof temporary, "%s.tmp%d", path, i);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 && errno != EEXIST) return -1;
  }
  printf("writing %s\n", temporary);
  if (write(fd, contents, strlen(contents)) != (ssize_t)strlen(contents) || fsync(fd) != 0 || close(fd) != 0) return -1;
  return rename(temporary, path);
}

static void show(const char *path) {
  char data[128];
  int fd = open(path, O_RDONLY);
  ssize_t size = fd < 0 ? -1 : read(fd, data, sizeof data);
  if (size < 0) printf("%s: %s\n", path, errno == ENOENT ? "is not there" : "cannot be read");
  else printf("%s: %.*s\n", path, (int)size, data);
  if (fd >= 0) close(fd);
}

int main(void) {
  struct stat before, after;
  printf("%d\n", replace("data", "first"));
  int old = open("data", O_RDONLY);
  stat("data", &before);
  close(open("data.tmp0", O_WRONLY | O_CREAT, 0600)); /* left by someone who died */
  printf("%d\n", link("data", "data.bak"));
  printf("%d\n", replace("data", "second"));
  stat("data", &after);
  printf("another file: %d\n", before.st_ino != after.st_ino);
  char data[16] = {0};
  printf("%zd %s\n", read(old, data, 15), data);
  show("data");
  show("data.bak");
  printf("%d\n", unlink("data.bak"));
  fstat(old, &before);
  printf("names left: %d\n", (int)before.st_nlink);
  printf("%zd\n", pread(old, data, 15, 0));
  close(old);

  int scratch = open("scratch", O_RDWR | O_CREAT | O_EXCL, 0600);
  printf("%d\n", unlink("scratch"));
  show("scratch");
  for (int i = 0; i < 1000; i++) dprintf(scratch, "%04d", i);
  memset(data, 0, sizeof data);
  printf("%zd %s\n", pread(scratch, data, 8, 4 * 567), data);
  fstat(scratch, &after);
  printf("%lld\n", (long long)after.st_size);
  int second = open("scratch", O_RDWR | O_CREAT | O_EXCL, 0600);
  printf("%d\n", second >= 0);
  show("scratch");
  printf("%d %d\n", unlink("scratch"), unlink("data.tmp0"));

  FILE *file = fopen("log", "a+");
  fprintf(file, "one\n");
  fclose(file);
  file = fopen("log", "a+");
  fprintf(file, "two\n");
  rewind(file);
  char line[16];
  while (fgets(line, sizeof line, file)) printf("log: %s", line);
  fclose(file);
  file = fopen("log", "r+");
  fseek(file, 4, SEEK_SET);
  fputs("TWO", file);
  fclose(file);
  show("log");
  printf("%d %d\n", remove("log"), remove("data"));
  return 0;
}
