/* random_get */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned char data[2][256];

int main(void) {
  if (getentropy(data[0], 256) != 0 || getentropy(data[1], 256) != 0) return 1;
  if (memcmp(data[0], data[1], 256) == 0) return 2;
  int seen[256] = {0}, kinds = 0;
  for (int i = 0; i < 256; i++)
    if (!seen[data[0][i]]++) kinds++;
  puts(kinds > 64 ? "random" : "not random");
  return getentropy(data[0], 0);
}
