/* The product of square matrices of 32-bit integers, again and again.
 *
 *   imatmul [ROWS] [TIMES]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void multiply(uint32_t n, const int32_t *restrict a, const int32_t *restrict b, int32_t *restrict product) {
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < n; j++) product[i * n + j] = 0;
        for (uint32_t k = 0; k < n; k++) {
            int32_t factor = a[i * n + k];
            for (uint32_t j = 0; j < n; j++) product[i * n + j] += factor * b[k * n + j];
        }
    }
}

int main(int argc, char **argv) {
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 64;
    uint32_t times = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
    int32_t *a = malloc(n * n * sizeof *a), *b = malloc(n * n * sizeof *b), *product = malloc(n * n * sizeof *product);
    if (n == 0 || !a || !b || !product) {
        fprintf(stderr, "imatmul: no such matrices\n");
        return 1;
    }
    for (uint32_t i = 0; i < n * n; i++) {
        a[i] = (int32_t)(i % 17) - 8;
        b[i] = (int32_t)(i % 23) - 11;
    }
    for (uint32_t i = 0; i < times; i++) {
        multiply(n, a, b, product);
        for (uint32_t j = 0; j < n; j++) a[j] ^= product[j * n + j] & 15;
    }
    uint32_t checksum = 0;
    for (uint32_t i = 0; i < n * n; i++) checksum = checksum * 31 + (uint32_t)product[i];
    printf("%08" PRIx32 "\n", checksum);
    return 0;
}
