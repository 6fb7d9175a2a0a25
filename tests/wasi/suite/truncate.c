/* fd_filestat_set_size, path_open with trunc, append; fd_advise, fd_fdstat_set_flags */
#include "report.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static long long size_of(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 ? (long long)status.st_size : -1;
}

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  TRY(write(fd, "0123456789", 10));
  TRY(ftruncate(fd, 4));
  TRY(size_of("file"));
  TRY(ftruncate(fd, 20));
  TRY(size_of("file"));
  TRY(ftruncate(fd, -1));
  TRY(truncate("file", 7));
  TRY(size_of("file"));
  TRY(truncate("nowhere", 7));
  TRY(size_of("file"));
  TRY(lseek(fd, 0, SEEK_CUR));
  close(open("file", O_WRONLY | O_TRUNC));
  TRY(size_of("file"));
  int appending = open("file", O_RDWR | O_APPEND);
  TRY(write(appending, "abc", 3));
  TRY(lseek(appending, 0, SEEK_SET));
  TRY(write(appending, "def", 3));
  TRY(size_of("file"));
  TRY(fcntl(appending, F_GETFL) & O_APPEND ? 1 : 0);
  TRY(fcntl(appending, F_SETFL, 0));
  TRY(fcntl(appending, F_GETFL) & O_APPEND ? 1 : 0);
  TRY(lseek(appending, 0, SEEK_SET));
  TRY(write(appending, "X", 1));
  TRY(size_of("file"));
  TRY(fcntl(appending, F_SETFL, O_APPEND));
  TRY(write(appending, "Y", 1));
  TRY(size_of("file"));
  CODE(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
  CODE(posix_fadvise(fd, 0, 10, POSIX_FADV_DONTNEED));
  CODE(posix_fadvise(99, 0, 10, POSIX_FADV_NORMAL));
  return 0;
}
