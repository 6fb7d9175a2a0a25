#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#define DEF 5000
#define MAXW 4096
typedef struct { int n; uint32_t w[MAXW]; } big;
static big A, B, C;
static void mul(big *r, const big *a, const big *b) {
    memset(r->w, 0, (a->n + b->n) * 4);
    for (int i = 0; i < a->n; i++) {
        uint64_t c = 0;
        for (int j = 0; j < b->n; j++) { c += (uint64_t)a->w[i] * b->w[j] + r->w[i + j]; r->w[i + j] = (uint32_t)c; c >>= 32; }
        r->w[i + b->n] = (uint32_t)c;
    }
    r->n = a->n + b->n;
    while (r->n && !r->w[r->n - 1]) r->n--;
}
static void muls(big *a, uint32_t k) {
    uint64_t c = 0;
    for (int i = 0; i < a->n; i++) { c += (uint64_t)a->w[i] * k; a->w[i] = (uint32_t)c; c >>= 32; }
    if (c) a->w[a->n++] = (uint32_t)c;
}
static uint32_t divs(big *a, uint32_t k) {
    uint64_t r = 0;
    for (int i = a->n - 1; i >= 0; i--) { r = r << 32 | a->w[i]; a->w[i] = (uint32_t)(r / k); r %= k; }
    while (a->n && !a->w[a->n - 1]) a->n--;
    return (uint32_t)r;
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    A.n = 1; A.w[0] = 1; B.n = 1; B.w[0] = 3;
    for (int i = 2; i <= n; i++) muls(&A, i);           /* n! */
    for (int i = 0; i < n; i++) muls(&B, 7 + (i & 3));
    mul(&C, &A, &B); mul(&A, &C, &B);
    int words = A.n, digits = 0; uint32_t sum = 0;
    while (A.n) { uint32_t r = divs(&A, 1000000000u); digits += 9; while (r) { sum += r % 10; r /= 10; } }
    printf("bigint %d %d %d %u\n", n, words, digits, sum);
    return 0;
}
