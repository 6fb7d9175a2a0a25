/* proc_exit, and that what was written before is not lost */
#include <stdio.h>
#include <stdlib.h>

static void at_exit(void) { puts("at exit"); }

int main(int argc, char **argv) {
  atexit(at_exit);
  printf("leaving\n");
  exit(argc > 1 ? atoi(argv[1]) : 0);
}
