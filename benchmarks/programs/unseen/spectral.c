#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#define DEF 480
static double A(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }
static void mul(int n, const double *v, double *o, int tr) {
    for (int i = 0; i < n; i++) {
        double s = 0;
        for (int j = 0; j < n; j++) s += (tr ? A(j, i) : A(i, j)) * v[j];
        o[i] = s;
    }
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    double *u = malloc(n * sizeof *u), *v = malloc(n * sizeof *v), *t = malloc(n * sizeof *t);
    for (int i = 0; i < n; i++) u[i] = 1;
    for (int k = 0; k < 10; k++) {
        mul(n, u, t, 0); mul(n, t, v, 1);
        mul(n, v, t, 0); mul(n, t, u, 1);
    }
    double a = 0, b = 0;
    for (int i = 0; i < n; i++) { a += u[i] * v[i]; b += v[i] * v[i]; }
    printf("spectral %d %.9f\n", n, sqrt(a / b));
    return 0;
}
