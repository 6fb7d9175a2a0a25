/* path_filestat_get, fd_filestat_get, path_filestat_set_times, fd_filestat_set_times */
#include "report.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void show(const char *name, int result, const struct stat *status) {
  if (result != 0) {
    printf("%s: %s\n", name, error_name(errno));
    return;
  }
  const char *kind = S_ISREG(status->st_mode) ? "file" : S_ISDIR(status->st_mode) ? "directory"
                   : S_ISLNK(status->st_mode) ? "link" : S_ISCHR(status->st_mode) ? "character" : "other";
  printf("%s: %s", name, kind);
  if (!S_ISDIR(status->st_mode)) printf(" of %lld bytes, %d names", (long long)status->st_size, (int)status->st_nlink);
  putchar('\n');
}

static void times(const char *path) {
  struct stat status;
  if (lstat(path, &status) != 0) return;
  printf("  %lld.%09ld %lld.%09ld\n", (long long)status.st_atim.tv_sec, (long)status.st_atim.tv_nsec,
         (long long)status.st_mtim.tv_sec, (long)status.st_mtim.tv_nsec);
}

int main(void) {
  struct stat status, other;
  int fd = open("dir/file", O_RDONLY);
  show("fstat", fstat(fd, &status), &status);
  show("stat", stat("dir/file", &other), &other);
  printf("%s\n", status.st_ino == other.st_ino && status.st_dev == other.st_dev ? "the same file" : "another file");
  show("dir", stat("dir", &status), &status);
  show("dir/", stat("dir/", &status), &status);
  show(".", stat(".", &status), &status);
  symlink("dir/file", "link");
  symlink("dir", "dirlink");
  symlink("nowhere", "dangling");
  symlink("loop", "loop");
  show("stat link", stat("link", &status), &status);
  show("lstat link", lstat("link", &status), &status);
  show("lstat dirlink", lstat("dirlink", &status), &status);
  show("lstat dirlink/", lstat("dirlink/", &status), &status);
  show("stat dirlink/file", stat("dirlink/file", &status), &status);
  show("stat dangling", stat("dangling", &status), &status);
  show("lstat dangling", lstat("dangling", &status), &status);
  show("stat loop", stat("loop", &status), &status);
  show("stat nowhere", stat("nowhere", &status), &status);
  show("stat dir/file/", stat("dir/file/", &status), &status);
  show("stat dir/file/x", stat("dir/file/x", &status), &status);
  show("fstat 99", fstat(99, &status), &status);
  TRY(link("dir/file", "name2"));
  show("two names", stat("dir/file", &status), &status);
  int before = (int)status.st_nlink;
  unlink("name2");
  stat("dir/file", &status);
  printf("%d\n", before - (int)status.st_nlink);

  struct timespec given[2] = {{1000000001, 5}, {1500000002, 999999999}};
  TRY(utimensat(AT_FDCWD, "dir/file", given, 0));
  times("dir/file");
  struct timespec part[2] = {{0, UTIME_OMIT}, {77, 8}};
  TRY(utimensat(AT_FDCWD, "link", part, 0));
  times("dir/file");
  TRY(utimensat(AT_FDCWD, "dangling", given, AT_SYMLINK_NOFOLLOW));
  times("dangling");
  TRY(utimensat(AT_FDCWD, "dangling", given, 0));
  TRY(futimens(fd, given));
  times("dir/file");
  struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  time_t started = time(NULL);
  TRY(futimens(fd, now));
  fstat(fd, &status);
  printf("%d %lld\n", status.st_atim.tv_sec >= started, (long long)status.st_mtim.tv_sec);
  TRY(access("dir/file", R_OK));
  TRY(access("dir/nowhere", F_OK));
  return 0;
}
