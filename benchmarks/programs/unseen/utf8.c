#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#define DEF 80
static int put(uint8_t *p, uint32_t c) {
    if (c < 0x80) { p[0] = c; return 1; }
    if (c < 0x800) { p[0] = 0xC0 | c >> 6; p[1] = 0x80 | (c & 63); return 2; }
    if (c < 0x10000) { p[0] = 0xE0 | c >> 12; p[1] = 0x80 | (c >> 6 & 63); p[2] = 0x80 | (c & 63); return 3; }
    p[0] = 0xF0 | c >> 18; p[1] = 0x80 | (c >> 12 & 63); p[2] = 0x80 | (c >> 6 & 63); p[3] = 0x80 | (c & 63); return 4;
}
/* strict decoder: returns length, or 0 for invalid */
static int get(const uint8_t *p, const uint8_t *e, uint32_t *c) {
    uint8_t b = *p;
    if (b < 0x80) { *c = b; return 1; }
    if (b < 0xC2 || b > 0xF4) return 0;
    int n = b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
    if (e - p < n) return 0;
    uint32_t v = b & (0x7F >> n);
    for (int i = 1; i < n; i++) { if ((p[i] & 0xC0) != 0x80) return 0; v = v << 6 | (p[i] & 63); }
    if (n == 3 && (v < 0x800 || (v >= 0xD800 && v <= 0xDFFF))) return 0;
    if (n == 4 && (v < 0x10000 || v > 0x10FFFF)) return 0;
    *c = v; return n;
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    enum { L = 40000 };
    uint8_t *b = malloc(L + 8); uint16_t *w = malloc(L * 2 + 8);
    uint32_t s = 77, h = 0; int invalid = 0, units = 0;
    for (int r = 0; r < n; r++) {
        int m = 0;
        while (m < L) {
            s ^= s << 13; s ^= s >> 17; s ^= s << 5;
            uint32_t k = s & 15, c = s >> 8;
            if (k < 9) c &= 127; else if (k < 12) c &= 0x7FF; else if (k < 15) c &= 0xFFFF; else c = 0x10000 + c % 0x100000;
            if (c >= 0xD800 && c < 0xE000) c = 0x20AC;
            m += put(b + m, c);
        }
        for (int i = 0; i < 20; i++) { s = s * 69069 + 1; b[(s >> 4) % m] ^= 1 << (s >> 29); }
        const uint8_t *p = b, *e = b + m; int k = 0;
        while (p < e) {
            uint32_t c; int l = get(p, e, &c);
            if (!l) { invalid++; c = 0xFFFD; l = 1; }
            if (c >= 0x10000) { w[k++] = 0xD800 + ((c - 0x10000) >> 10); w[k++] = 0xDC00 + ((c - 0x10000) & 1023); } else w[k++] = c;
            p += l;
        }
        units += k;
        for (int i = 0; i < k; i++) h = (h << 5 | h >> 27) ^ w[i];
    }
    printf("utf8 %d %u %d %d\n", n, h, invalid, units);
    return 0;
}
