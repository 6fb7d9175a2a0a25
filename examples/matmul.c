/* A product of square f64 matrices, with the rows of the result summed up.
 *
 *   matmul [SIZE]
 */
#include <stdio.h>
#include <stdlib.h>

static void multiply(int n, const double *a, const double *b, double *c) {
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
            c[i * n + j] = sum;
        }
    }
}

int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : 64;
    if (n < 1 || n > 4096) {
        fprintf(stderr, "matmul: a size from 1 to 4096, please\n");
        return 1;
    }
    size_t cells = (size_t)n * (size_t)n;
    double *a = malloc(cells * sizeof *a), *b = malloc(cells * sizeof *b), *c = malloc(cells * sizeof *c);
    if (!a || !b || !c) {
        fprintf(stderr, "matmul: out of memory\n");
        return 1;
    }
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            a[i * n + j] = 1.0 / (i + j + 1);
            b[i * n + j] = (double)(i - j) / n;
        }
    }
    multiply(n, a, b, c);
    double total = 0, trace = 0, largest = c[0];
    for (size_t i = 0; i < cells; i++) {
        total += c[i];
        if (c[i] > largest) largest = c[i];
    }
    for (int i = 0; i < n; i++) trace += c[i * n + i];
    printf("size %d: total %.12f, trace %.12f, largest %.12f\n", n, total, trace, largest);
    free(a);
    free(b);
    free(c);
    return 0;
}
