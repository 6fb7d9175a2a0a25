#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#define DEF 140
static const uint64_t IV[8] = { 0x6a09e667f3bcc908ull, 0xbb67ae8584caa73bull, 0x3c6ef372fe94f82bull, 0xa54ff53a5f1d36f1ull,
    0x510e527fade682d1ull, 0x9b05688c2b3e6c1full, 0x1f83d9abfb41bd6bull, 0x5be0cd19137e2179ull };
static const uint8_t SG[10][16] = {
 {0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15},{14,10,4,8,9,15,13,6,1,12,0,2,11,7,5,3},{11,8,12,0,5,2,15,13,10,14,3,6,7,1,9,4},
 {7,9,3,1,13,12,11,14,2,6,5,10,4,0,15,8},{9,0,5,7,2,4,10,15,14,1,11,12,6,8,3,13},{2,12,6,10,0,11,8,3,4,13,7,5,15,14,1,9},
 {12,5,1,15,14,13,4,10,0,7,6,3,9,2,8,11},{13,11,7,14,12,1,3,9,5,0,15,4,8,6,2,10},{6,15,14,9,11,3,0,8,12,2,13,7,1,4,10,5},
 {10,2,8,4,7,6,1,5,15,11,9,14,3,12,13,0} };
static uint64_t ror(uint64_t x, int n) { return x >> n | x << (64 - n); }
#define G(a,b,c,d,x,y) do { v[a]+=v[b]+(x); v[d]=ror(v[d]^v[a],32); v[c]+=v[d]; v[b]=ror(v[b]^v[c],24); \
    v[a]+=v[b]+(y); v[d]=ror(v[d]^v[a],16); v[c]+=v[d]; v[b]=ror(v[b]^v[c],63); } while (0)
static void comp(uint64_t *h, const uint8_t *p, uint64_t t, int last) {
    uint64_t v[16], m[16];
    memcpy(m, p, 128);
    for (int i = 0; i < 8; i++) { v[i] = h[i]; v[i + 8] = IV[i]; }
    v[12] ^= t; if (last) v[14] = ~v[14];
    for (int r = 0; r < 12; r++) {
        const uint8_t *s = SG[r % 10];
        G(0,4,8,12,m[s[0]],m[s[1]]); G(1,5,9,13,m[s[2]],m[s[3]]); G(2,6,10,14,m[s[4]],m[s[5]]); G(3,7,11,15,m[s[6]],m[s[7]]);
        G(0,5,10,15,m[s[8]],m[s[9]]); G(1,6,11,12,m[s[10]],m[s[11]]); G(2,7,8,13,m[s[12]],m[s[13]]); G(3,4,9,14,m[s[14]],m[s[15]]);
    }
    for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
}
static void blake2b(const uint8_t *p, size_t n, uint64_t *h) {
    uint64_t t = 0; uint8_t last[128] = { 0 };
    memcpy(h, IV, 64); h[0] ^= 0x01010040;
    while (n > 128) { t += 128; comp(h, p, t, 0); p += 128; n -= 128; }
    memcpy(last, p, n); t += n; comp(h, last, t, 1);
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    static uint8_t buf[65536];
    uint64_t h[8], x = 88172645463325252ull, acc = 0;
    blake2b((const uint8_t *)"abc", 3, h);
    printf("blake2b %016llx ", (unsigned long long)h[0]); /* 0d4d1c983fa580ba as LE word */
    for (int r = 0; r < n; r++) {
        for (int i = 0; i < 65536; i += 8) { x ^= x << 13; x ^= x >> 7; x ^= x << 17; memcpy(buf + i, &x, 8); }
        blake2b(buf, 65536 - r, h);
        acc ^= ror(h[r & 7], r & 63);
    }
    printf("%d %016llx\n", n, (unsigned long long)acc);
    return 0;
}
