/* path_open, fd_read, fd_write, fd_pread, fd_pwrite, fd_seek, fd_tell, fd_close, with scattered buffers too */
#include "report.h"
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static void show(int fd) {
  char data[64];
  ssize_t size = pread(fd, data, sizeof data, 0);
  printf("  contents: ");
  for (ssize_t i = 0; i < size; i++) putchar(data[i] ? data[i] : '.');
  putchar('\n');
}

int main(void) {
  char buffer[32] = {0};
  int fd = open("new", O_RDWR | O_CREAT | O_EXCL, 0644);
  TRY(open("new", O_RDWR | O_CREAT | O_EXCL, 0644));
  TRY(open("nowhere", O_RDONLY));
  TRY(write(fd, "hello, world", 12));
  TRY(lseek(fd, 0, SEEK_CUR));
  TRY(lseek(fd, 7, SEEK_SET));
  TRY(read(fd, buffer, 32));
  puts(buffer);
  TRY(read(fd, buffer, 32));
  TRY(lseek(fd, -5, SEEK_END));
  TRY(lseek(fd, -1, SEEK_SET));
  TRY(lseek(fd, -100, SEEK_CUR));
  TRY(lseek(fd, 0, SEEK_CUR));
  TRY(pwrite(fd, "HELLO", 5, 0));
  TRY(pwrite(fd, "!", 1, 15));
  TRY(lseek(fd, 0, SEEK_CUR));
  show(fd);
  TRY(pread(fd, buffer, 4, 1));
  TRY(pread(fd, buffer, 4, 100));
  struct iovec write_parts[] = {{"one ", 4}, {"", 0}, {"two ", 4}, {"three", 5}};
  ssize_t wrote = writev(fd, write_parts, 4);
  if (wrote < 13) write(fd, &"one two three"[wrote], 13 - wrote); /* a runtime may write the first buffer only */
  lseek(fd, 0, SEEK_SET);
  char a[3], b[5];
  struct iovec read_parts[] = {{a, 3}, {b, 5}};
  ssize_t got = readv(fd, read_parts, 2);
  if (got < 8) read(fd, b, 5); /* a runtime may fill the first buffer only */
  printf("%.3s|%.5s\n", a, b);
  TRY(close(fd));
  TRY(close(fd));
  TRY(read(fd, buffer, 1));
  TRY(write(fd, buffer, 1));
  int reader = open("new", O_RDONLY), writer = open("new", O_WRONLY);
  TRY(write(reader, "x", 1));
  TRY(read(writer, buffer, 1));
  TRY(pwrite(reader, "x", 1, 0));
  TRY(pread(writer, buffer, 1, 0));
  int past = open("past", O_RDWR | O_CREAT, 0644);
  TRY(lseek(past, 5, SEEK_SET));
  TRY(write(past, "end", 3));
  show(past);
  TRY(fsync(past));
  TRY(fdatasync(past));
  TRY(fsync(99));
  return 0;
}
