/* path_create_directory, path_remove_directory, fd_readdir */
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) {
    printf("opendir %s: %s\n", path, error_name(errno));
    return;
  }
  char *names[3000];
  int count = 0;
  struct dirent *entry;
  while ((entry = readdir(directory)) && count < 3000) {
    char kind = entry->d_type == DT_DIR ? '/' : entry->d_type == DT_LNK ? '@' : ' ';
    names[count] = malloc(strlen(entry->d_name) + 2);
    sprintf(names[count++], "%s%c", entry->d_name, kind);
  }
  closedir(directory);
  qsort(names, count, sizeof *names, compare);
  printf("%s has %d:", path, count);
  for (int i = 0; i < count && i < 12; i++) printf(" %s", names[i]);
  putchar('\n');
}

int main(void) {
  TRY(mkdir("a", 0777));
  TRY(mkdir("a", 0777));
  TRY(mkdir("a/b", 0777));
  TRY(mkdir("a/c/", 0777));
  TRY(mkdir("nowhere/x", 0777));
  TRY(mkdir(".", 0777));
  TRY(symlink("a", "link"));
  TRY(mkdir("link/d", 0777));
  close(open("a/file", O_CREAT | O_WRONLY, 0644));
  symlink("file", "a/l");
  TRY(mkdir("a/file", 0777));
  TRY(mkdir("a/file/x", 0777));
  list("a");
  list("a/b");
  list("link");
  list("a/file");
  list("nowhere");
  TRY(rmdir("a"));
  TRY(rmdir("a/file"));
  TRY(rmdir("link"));
  TRY(rmdir("a/b"));
  TRY(rmdir("a/c/"));
  TRY(rmdir("nowhere"));
  TRY(unlink("a/d"));
  list("a");
  mkdir("many", 0777);
  for (int i = 0; i < 1000; i++) {
    char name[64];
    sprintf(name, "many/a-rather-long-name-%04d", i);
    close(open(name, O_CREAT | O_WRONLY, 0644));
  }
  list("many");

  return 0;
}
