/* environ_get, environ_sizes_get */
#include <stdio.h>
#include <stdlib.h>

extern char **environ;

int main(void) {
  int count = 0;
  for (char **variable = environ; *variable; variable++) count++;
  printf("%d %s %s %s\n", count, getenv("A"), getenv("EMPTY"), getenv("NOT_THERE") ? "there" : "not there");
  puts(getenv("UNICODE"));
  return 0;
}
