#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#define DEF 340
static unsigned s = 1;
static float rnd(void) { s ^= s << 13; s ^= s >> 17; s ^= s << 5; return (float)(s & 0xffff) / 65536.0f - 0.5f; }
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    float **a = malloc(n * sizeof *a);
    float *b = malloc(n * sizeof *b), *x = malloc(n * sizeof *x), *xs = malloc(n * sizeof *xs);
    int *piv = malloc(n * sizeof *piv);
    for (int i = 0; i < n; i++) { a[i] = malloc(n * sizeof **a); xs[i] = (float)(i % 10); }
    for (int i = 0; i < n; i++) {
        b[i] = 0;
        for (int j = 0; j < n; j++) { a[i][j] = rnd() + (i == j ? 4.0f : 0.0f); b[i] += a[i][j] * xs[j]; }
        piv[i] = i;
    }
    int swaps = 0;
    for (int k = 0; k < n; k++) {
        int p = k;
        for (int i = k + 1; i < n; i++) if (fabsf(a[i][k]) > fabsf(a[p][k])) p = i;
        if (p != k) { float *t = a[p]; a[p] = a[k]; a[k] = t; float u = b[p]; b[p] = b[k]; b[k] = u; swaps++; }
        float inv = 1.0f / a[k][k];
        for (int i = k + 1; i < n; i++) {
            float f = a[i][k] *= inv;
            for (int j = k + 1; j < n; j++) a[i][j] -= f * a[k][j];
            b[i] -= f * b[k];
        }
    }
    for (int i = n - 1; i >= 0; i--) {
        float t = b[i];
        for (int j = i + 1; j < n; j++) t -= a[i][j] * x[j];
        x[i] = t / a[i][i];
    }
    int good = 0;
    for (int i = 0; i < n; i++) good += fabsf(x[i] - xs[i]) < 0.02f;
    printf("lu32 %d %d %d\n", n, swaps, good);
    return 0;
}
