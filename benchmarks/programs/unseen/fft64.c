#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#define DEF 20
#define LOG 13
#define N (1 << LOG)
typedef struct { double re, im; } cpx;
static cpx a[N], b[N], w[N / 2];
static void fft(cpx *x, int inv) {
    for (unsigned i = 1, j = 0; i < N; i++) {
        unsigned bit = N >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) { cpx t = x[i]; x[i] = x[j]; x[j] = t; }
    }
    for (int len = 2; len <= N; len <<= 1) {
        int step = N / len, h = len / 2;
        for (int i = 0; i < N; i += len)
            for (int k = 0; k < h; k++) {
                cpx t = w[k * step];
                if (inv) t.im = -t.im;
                cpx p = x[i + k], q = x[i + k + h];
                cpx m = { q.re * t.re - q.im * t.im, q.re * t.im + q.im * t.re };
                x[i + k].re = p.re + m.re; x[i + k].im = p.im + m.im;
                x[i + k + h].re = p.re - m.re; x[i + k + h].im = p.im - m.im;
            }
    }
    if (inv) for (int i = 0; i < N; i++) { x[i].re /= N; x[i].im /= N; }
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    for (int i = 0; i < N / 2; i++) { w[i].re = cos(-2 * M_PI * i / N); w[i].im = sin(-2 * M_PI * i / N); }
    double err = 0; unsigned long long h = 0;
    for (int r = 0; r < n; r++) {
        /* convolve two integer sequences and compare against exact ints at places */
        unsigned s = 12345 + r;
        for (int i = 0; i < N; i++) {
            s = s * 1103515245u + 12345u; a[i].re = i < N / 2 ? (double)(s >> 24) : 0; a[i].im = 0;
            s = s * 1103515245u + 12345u; b[i].re = i < N / 2 ? (double)(s >> 24) : 0; b[i].im = 0;
        }
        fft(a, 0); fft(b, 0);
        for (int i = 0; i < N; i++) {
            double re = a[i].re * b[i].re - a[i].im * b[i].im;
            a[i].im = a[i].re * b[i].im + a[i].im * b[i].re; a[i].re = re;
        }
        fft(a, 1);
        for (int i = 0; i < N; i++) {
            double q = rint(a[i].re);
            if (fabs(q - a[i].re) > err) err = fabs(q - a[i].re);
            h = h * 1000003ull + (unsigned long long)(long long)q;
        }
    }
    printf("fft64 %d %llu %s\n", n, h, err < 1e-3 ? "ok" : "BAD");
    return 0;
}
