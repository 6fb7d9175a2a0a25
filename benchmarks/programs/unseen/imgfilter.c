#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
#include <math.h>
#define DEF 30
#define W 160
#define H 120
static uint8_t a[H][W][3], b[H][W][3];
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) for (int c = 0; c < 3; c++) a[y][x][c] = (uint8_t)(x * (c + 2) + y * 5 + (x ^ y));
    uint32_t h = 0; uint64_t big = 0;
    for (int r = 0; r < n; r++) {
        /* sharpening in float, gain in YCbCr, bilinear zoom */
        for (int y = 1; y < H - 1; y++) for (int x = 1; x < W - 1; x++) {
            float v[3];
            for (int c = 0; c < 3; c++) {
                float s = (float)a[y][x][c] * 3.0f - 0.5f * ((float)a[y - 1][x][c] + (float)a[y + 1][x][c] + (float)a[y][x - 1][c] + (float)a[y][x + 1][c]);
                v[c] = fminf(fmaxf(s, 0.0f), 255.0f);
            }
            float Y = 0.25f * v[0] + 0.5f * v[1] + 0.25f * v[2];
            for (int c = 0; c < 3; c++) { float t = Y + (v[c] - Y) * 0.875f; b[y][x][c] = (uint8_t)(int)(t + 0.5f); }
            big += (uint64_t)(Y * 65536.0f) + (uint64_t)(int64_t)((double)v[0] * -3.5);
        }
        float cx = W / 2.0f, cy = H / 2.0f;
        for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) {
            float fx = cx + (x - cx) * 0.96875f, fy = cy + (y - cy) * 0.96875f;
            int ix = (int)fx, iy = (int)fy; float tx = fx - (float)ix, ty = fy - floorf(fy);
            if (ix > W - 2) ix = W - 2; if (iy > H - 2) iy = H - 2;
            for (int c = 0; c < 3; c++) {
                float p = b[iy][ix][c] * (1 - tx) + b[iy][ix + 1][c] * tx, q = b[iy + 1][ix][c] * (1 - tx) + b[iy + 1][ix + 1][c] * tx;
                a[y][x][c] = (uint8_t)(unsigned)(p + (q - p) * ty);
            }
        }
    }
    for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) for (int c = 0; c < 3; c++) h = h * 31 + a[y][x][c];
    printf("imgfilter %d %u %llu\n", n, h, (unsigned long long)big);
    return 0;
}
