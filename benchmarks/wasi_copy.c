/* Copies a file in pieces of 64 KiB: wasi_copy FROM TO */
#include <fcntl.h>
#include <unistd.h>

static char buffer[1 << 16];

int main(int argc, char **argv) {
  int from = open(argv[1], O_RDONLY), to = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (argc != 3 || from < 0 || to < 0) return 1;
  ssize_t size;
  while ((size = read(from, buffer, sizeof buffer)) > 0)
    if (write(to, buffer, size) != size) return 2;
  return size < 0 || close(to) != 0;
}
