/* fd_allocate */
#include "report.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static long long size_of(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? (long long)status.st_size : -1;
}

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  TRY(write(fd, "abc", 3));
  CODE(posix_fallocate(fd, 0, 2));
  TRY(size_of(fd));
  CODE(posix_fallocate(fd, 2, 8));
  TRY(size_of(fd));
  CODE(posix_fallocate(fd, 0, 0));
  CODE(posix_fallocate(99, 0, 1));
  CODE(posix_fallocate(open("file", O_RDONLY), 0, 100));
  TRY(size_of(fd));
  return 0;
}
