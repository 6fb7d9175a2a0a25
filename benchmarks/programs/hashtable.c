/* A hash table of 64-bit keys, open addressing: insertions, look-ups, removals, growth.
 *
 *   hashtable [KEYS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct entry {
    uint64_t key; /* 0 for empty */
    uint32_t value;
};
struct table {
    struct entry *entries;
    uint32_t mask, used;
};

static uint32_t place(const struct table *t, uint64_t key) {
    uint64_t h = key * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(h >> 32) & t->mask;
    while (t->entries[at].key && t->entries[at].key != key) at = (at + 1) & t->mask;
    return at;
}

static void create(struct table *t, uint32_t capacity) {
    t->entries = calloc(capacity, sizeof *t->entries);
    if (!t->entries) {
        fprintf(stderr, "hashtable: out of memory\n");
        exit(1);
    }
    t->mask = capacity - 1;
    t->used = 0;
}

static void put(struct table *t, uint64_t key, uint32_t value) {
    if (t->used * 4 >= t->mask * 3) {
        struct table old = *t;
        create(t, (old.mask + 1) * 2);
        for (uint32_t i = 0; i <= old.mask; i++)
            if (old.entries[i].key) put(t, old.entries[i].key, old.entries[i].value);
        free(old.entries);
    }
    struct entry *e = &t->entries[place(t, key)];
    t->used += e->key == 0;
    e->key = key;
    e->value = value;
}

/* Removes without tombstones: entries behind that would no longer be found move up. */
static void take_out(struct table *t, uint64_t key) {
    uint32_t hole = place(t, key);
    if (!t->entries[hole].key) return;
    t->used--;
    for (uint32_t at = hole;;) {
        t->entries[hole].key = 0;
        uint32_t home;
        do {
            at = (at + 1) & t->mask;
            if (!t->entries[at].key) return;
            home = (uint32_t)(t->entries[at].key * 0x9e3779b97f4a7c15u >> 32) & t->mask;
        } while (hole <= at ? hole < home && home <= at : hole < home || home <= at);
        t->entries[hole] = t->entries[at];
        hole = at;
    }
}

static uint64_t draw(uint64_t *state) {
    uint64_t x = *state;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return *state = x;
}

int main(int argc, char **argv) {
    uint32_t keys = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000, found = 0, checksum = 0;
    struct table t;
    create(&t, 16);
    uint64_t state = 88172645463325252u;
    for (uint32_t i = 0; i < keys; i++) put(&t, draw(&state) | 1, i);
    state = 88172645463325252u;
    for (uint32_t i = 0; i < keys; i++) {
        uint64_t key = draw(&state) | 1;
        if (i % 3 == 0) take_out(&t, key);
    }
    state = 88172645463325252u;
    for (uint32_t i = 0; i < 2 * keys; i++) {
        const struct entry *e = &t.entries[place(&t, draw(&state) | 1)];
        if (e->key) found++, checksum = checksum * 31 + e->value;
    }
    printf("%" PRIu32 " of %" PRIu32 ", %08" PRIx32 "\n", found, t.used, checksum);
    return 0;
}
