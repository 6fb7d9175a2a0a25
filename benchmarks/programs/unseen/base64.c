#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#define DEF 60
static const char T[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static signed char D[256];
static int enc(const uint8_t *in, int n, char *o) {
    char *p = o; int i = 0;
    for (; i + 2 < n; i += 3) {
        uint32_t v = in[i] << 16 | in[i + 1] << 8 | in[i + 2];
        *p++ = T[v >> 18]; *p++ = T[v >> 12 & 63]; *p++ = T[v >> 6 & 63]; *p++ = T[v & 63];
    }
    if (i < n) {
        uint32_t v = in[i] << 16 | (i + 1 < n ? in[i + 1] << 8 : 0);
        *p++ = T[v >> 18]; *p++ = T[v >> 12 & 63]; *p++ = i + 1 < n ? T[v >> 6 & 63] : '='; *p++ = '=';
    }
    *p = 0; return (int)(p - o);
}
static int dec(const char *in, uint8_t *o) {
    uint8_t *p = o; uint32_t acc = 0; int bits = 0;
    for (; *in && *in != '='; in++) {
        int d = D[(uint8_t)*in];
        if (d < 0) continue;
        acc = acc << 6 | d; bits += 6;
        if (bits >= 8) { bits -= 8; *p++ = acc >> bits; }
    }
    return (int)(p - o);
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    enum { L = 30000 };
    uint8_t *a = malloc(L), *c = malloc(L + 8); char *b = malloc(L * 4 / 3 + 16);
    memset(D, -1, 256);
    for (int i = 0; i < 64; i++) D[(uint8_t)T[i]] = i;
    uint32_t s = 3, h = 0; int bad = 0;
    for (int r = 0; r < n; r++) {
        int len = L - r % 7;
        for (int i = 0; i < len; i++) { s = s * 1103515245u + 12345; a[i] = s >> 16; }
        int m = enc(a, len, b);
        for (int i = 0; i < m; i += 17) h = h * 31 + b[i];
        int k = dec(b, c);
        if (k != len || memcmp(a, c, len)) bad++;
        h ^= k;
    }
    printf("base64 %d %u %d\n", n, h, bad);
    return 0;
}
