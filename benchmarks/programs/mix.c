/* A mix of small work as embedded programs do it: a linked list that is sorted and searched, small matrices, a state
 * machine that reads numbers, and a checksum over everything.
 *
 *   mix [ROUNDS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint16_t crc(uint16_t sum, uint32_t value) {
    for (int i = 0; i < 16; i++, value >>= 1) sum = (uint16_t)(sum >> 1 ^ (((sum ^ value) & 1) ? 0xa001 : 0));
    return sum;
}

struct item {
    struct item *next;
    int16_t key, data;
};

static struct item *merge(struct item *a, struct item *b, int (*compare)(const struct item *, const struct item *)) {
    struct item *first = NULL, **end = &first;
    while (a && b) {
        struct item **from = compare(a, b) <= 0 ? &a : &b;
        *end = *from;
        end = &(*from)->next;
        *from = *end;
    }
    *end = a ? a : b;
    return first;
}

static struct item *sort(struct item *list, int (*compare)(const struct item *, const struct item *)) {
    if (!list || !list->next) return list;
    struct item *slow = list, *fast = list->next;
    while (fast && fast->next) slow = slow->next, fast = fast->next->next;
    struct item *half = slow->next;
    slow->next = NULL;
    return merge(sort(list, compare), sort(half, compare), compare);
}

static int by_key(const struct item *a, const struct item *b) { return a->key - b->key; }
static int by_data(const struct item *a, const struct item *b) { return a->data - b->data; }

static uint16_t list_work(struct item *items, int count, uint32_t seed, uint16_t sum) {
    for (int i = 0; i < count; i++) {
        seed = seed * 1103515245u + 12345u;
        items[i].key = (int16_t)(seed >> 16);
        items[i].data = (int16_t)(i * 37 & 0x7fff);
        items[i].next = i + 1 < count ? &items[i + 1] : NULL;
    }
    struct item *list = sort(items, by_key);
    for (int wanted = 0; wanted < 40; wanted++) {
        const struct item *at = list;
        while (at && (at->data & 0xff) != wanted * 6) at = at->next;
        sum = crc(sum, at ? (uint16_t)at->key : 1);
    }
    list = sort(list, by_data);
    return crc(sum, (uint16_t)list->key);
}

enum { N = 12 };

static uint16_t matrix_work(int16_t seed, uint16_t sum) {
    static int16_t a[N][N], b[N][N];
    static int32_t c[N][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i][j] = (int16_t)(seed + i * j), b[i][j] = (int16_t)(i - j + seed % 5);
    int32_t total = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            int32_t s = 0;
            for (int k = 0; k < N; k++) s += a[i][k] * b[k][j];
            c[i][j] = s;
            total += (s >> 2 & 15) * (s >> 5 & 127);
        }
    sum = crc(sum, (uint32_t)total);
    return crc(sum, (uint32_t)c[N - 1][N / 2]);
}

enum state { BEGIN, SIGN, WHOLE, POINT, FRACTION, EXPONENT, SCALE, BAD, STATES };

static enum state step(enum state state, char c) {
    int digit = c >= '0' && c <= '9';
    switch (state) {
    case BEGIN: return digit ? WHOLE : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : BAD;
    case SIGN: return digit ? WHOLE : c == '.' ? POINT : BAD;
    case WHOLE: return digit ? WHOLE : c == '.' ? FRACTION : c == 'e' ? EXPONENT : BAD;
    case POINT: return digit ? FRACTION : BAD;
    case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT : BAD;
    case EXPONENT: return digit || c == '-' ? SCALE : BAD;
    case SCALE: return digit ? SCALE : BAD;
    default: return BAD;
    }
}

static uint16_t state_work(uint32_t seed, uint16_t sum) {
    static const char *const samples[] = {"5012", "-874", "+.123e-2", "35.54400", "-110.7e6", "+0.64e10", "T0.3e-1F", "1e-T"};
    uint32_t counts[STATES] = {0};
    for (int i = 0; i < 64; i++) {
        const char *at = samples[(seed >> (i & 15)) % 8];
        enum state state = BEGIN;
        for (; *at && state != BAD; at++) {
            state = step(state, *at);
            counts[state]++;
        }
    }
    for (int i = 0; i < STATES; i++) sum = crc(sum, counts[i]);
    return sum;
}

int main(int argc, char **argv) {
    uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10;
    static struct item items[256];
    uint16_t sum = 0xffff;
    for (uint32_t i = 0; i < rounds; i++) {
        sum = list_work(items, 256, i + 1, sum);
        sum = matrix_work((int16_t)i, sum);
        sum = state_work(i * 2654435761u, sum);
    }
    printf("%04x\n", (unsigned)sum);
    return 0;
}
