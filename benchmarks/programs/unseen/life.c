#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define DEF 120
#define W 256
#define H 128
static unsigned char g[2][H + 2][W + 2];
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    unsigned s = 42, h = 0; int pop = 0;
    for (int y = 1; y <= H; y++) for (int x = 1; x <= W; x++) { s = s * 1103515245u + 12345; g[0][y][x] = (s >> 20) % 3 == 0; }
    for (int t = 0; t < n; t++) {
        unsigned char (*a)[W + 2] = g[t & 1], (*b)[W + 2] = g[~t & 1];
        memcpy(a[0], a[H], W + 2); memcpy(a[H + 1], a[1], W + 2);
        for (int y = 0; y < H + 2; y++) { a[y][0] = a[y][W]; a[y][W + 1] = a[y][1]; }
        for (int y = 1; y <= H; y++)
            for (int x = 1; x <= W; x++) {
                int c = a[y-1][x-1] + a[y-1][x] + a[y-1][x+1] + a[y][x-1] + a[y][x+1] + a[y+1][x-1] + a[y+1][x] + a[y+1][x+1];
                if (c == 3) b[y][x] = 1; else if (c == 2) b[y][x] = a[y][x]; else b[y][x] = 0;
            }
    }
    for (int y = 1; y <= H; y++) for (int x = 1; x <= W; x++) { pop += g[n & 1][y][x]; h = h * 3 + g[n & 1][y][x]; }
    printf("life %d %d %u\n", n, pop, h);
    return 0;
}
