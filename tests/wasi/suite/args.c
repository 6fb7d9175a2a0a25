/* args_get, args_sizes_get */
#include <stdio.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) printf("[%s]\n", argv[i]);
  printf("%d %s\n", argc, argv[argc] ? "no end" : "end");
  return 0;
}
