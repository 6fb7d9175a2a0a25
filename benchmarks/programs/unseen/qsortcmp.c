#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#define DEF 20000
typedef struct { char key[12]; int32_t val; double w; } rec;
static int by_key(const void *a, const void *b) {
    const rec *x = a, *y = b;
    int c = strcmp(x->key, y->key);
    return c ? c : (x->val > y->val) - (x->val < y->val);
}
static int by_w(const void *a, const void *b) {
    const rec *x = a, *y = b;
    if (x->w != y->w) return x->w < y->w ? -1 : 1;
    return (x->val > y->val) - (x->val < y->val);
}
static int by_int(const void *a, const void *b) { int32_t x = *(const int32_t *)a, y = *(const int32_t *)b; return (x > y) - (x < y); }
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    rec *r = malloc(n * sizeof *r);
    int32_t *v = malloc(n * sizeof *v);
    uint32_t s = 7, h = 0;
    for (int i = 0; i < n; i++) {
        s = s * 1664525u + 1013904223u;
        int len = 3 + (s >> 28) % 8;
        for (int k = 0; k < len; k++) { s = s * 1664525u + 1013904223u; r[i].key[k] = 'a' + (s >> 24) % 6; }
        r[i].key[len] = 0; r[i].val = i; r[i].w = (s >> 8) % 5000 / 7.0;
        v[i] = (int32_t)(s ^ (s << 11));
    }
    qsort(r, n, sizeof *r, by_key);
    for (int i = 0; i < n; i++) h = h * 33 + r[i].val;
    qsort(r, n, sizeof *r, by_w);
    for (int i = 0; i < n; i++) h = h * 33 + r[i].val;
    qsort(v, n, sizeof *v, by_int);
    int hits = 0;
    for (int i = 0; i < n; i++) { int32_t k = (int32_t)(i * 2654435761u); if (i % 3 == 0) k = v[(i * 7) % n]; hits += bsearch(&k, v, n, sizeof *v, by_int) != NULL; }
    for (int i = 0; i < n; i++) h = h * 33 + v[i];
    printf("qsortcmp %d %u %d\n", n, h, hits);
    return 0;
}
