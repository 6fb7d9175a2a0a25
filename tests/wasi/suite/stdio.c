/* fd_read, fd_write of the standard streams */
#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  int c, count = 0;
  while ((c = getchar()) != EOF) {
    putchar(toupper(c));
    count++;
  }
  fflush(stdout);
  fprintf(stderr, "%d characters\n", count);
  if (write(1, "unbuffered\n", 11) != 11) return 1;
  if (write(1, "", 0) != 0) return 2;
  return isatty(1);
}
