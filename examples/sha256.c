/* SHA-256 (FIPS 180-4) of the arguments' text, and of a long made-up message. The constants are computed, as the
 * standard defines them, from the cube roots and square roots of the first primes, in integers only.
 *
 *   sha256 [KILOBYTES [WORD...]]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
};

static uint32_t round_constants[64], first_state[8];

/* The first 32 bits of the fraction of the square root (power 2) or the cube root (power 3) of n. */
static uint32_t root_fraction(uint32_t n, int power) {
    uint64_t low = 0, high = (uint64_t)20 << 32; /* the roots of the first 64 primes are below 20 */
    while (high - low > 1) {
        uint64_t root = low + (high - low) / 2;
        unsigned __int128 product = (unsigned __int128)root * root; /* 64 fraction bits */
        int fits;
        if (power == 2) {
            fits = product <= (unsigned __int128)n << 64;
        } else {
            /* root^3 has 96 fraction bits, too many for 128 bits: divide instead of multiplying. */
            fits = product <= ((unsigned __int128)n << 96) / root;
        }
        if (fits)
            low = root;
        else
            high = root;
    }
    return (uint32_t)low;
}

static void make_constants(void) {
    int found = 0;
    for (uint32_t n = 2; found < 64; n++) {
        int prime = 1;
        for (uint32_t d = 2; d * d <= n; d++)
            if (n % d == 0) prime = 0;
        if (!prime) continue;
        round_constants[found] = root_fraction(n, 3);
        if (found < 8) first_state[found] = root_fraction(n, 2);
        found++;
    }
}

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void compress(struct sha256 *h) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++) {
        const uint8_t *p = h->block + 4 * i;
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    memcpy(v, h->state, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t a = v[0], e = v[4];
        uint32_t t = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & v[5]) ^ (~e & v[6])) +
                     round_constants[i] + w[i];
        uint32_t u = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t;
        v[0] = t + u;
    }
    for (int i = 0; i < 8; i++) h->state[i] += v[i];
}

static void start(struct sha256 *h) {
    memcpy(h->state, first_state, sizeof h->state);
    h->length = 0;
}

static void update(struct sha256 *h, const void *data, size_t size) {
    const uint8_t *bytes = data;
    while (size) {
        size_t used = h->length % 64, part = 64 - used < size ? 64 - used : size;
        memcpy(h->block + used, bytes, part);
        h->length += part;
        bytes += part;
        size -= part;
        if (h->length % 64 == 0) compress(h);
    }
}

static void finish(struct sha256 *h, const char *label) {
    uint64_t bits = h->length * 8;
    uint8_t length[8];
    update(h, "\x80", 1);
    while (h->length % 64 != 56) update(h, "", 1);
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    update(h, length, 8);
    for (int i = 0; i < 8; i++) printf("%08x", (unsigned)h->state[i]);
    printf("  %s\n", label);
}

int main(int argc, char **argv) {
    long kilobytes = argc > 1 ? strtol(argv[1], NULL, 10) : 64;
    struct sha256 h;
    uint8_t chunk[1024];
    make_constants();
    for (int i = 2; i < argc; i++) {
        start(&h);
        update(&h, argv[i], strlen(argv[i]));
        finish(&h, argv[i]);
    }
    for (size_t i = 0; i < sizeof chunk; i++) chunk[i] = (uint8_t)(i * 7 + i / 256);
    start(&h);
    for (long i = 0; i < kilobytes; i++) update(&h, chunk, sizeof chunk);
    finish(&h, "message");
    return 0;
}
