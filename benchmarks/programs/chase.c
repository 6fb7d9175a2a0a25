/* A walk along pointers that lie in random order: every step waits for memory.
 *
 *   chase [MEGABYTES] [STEPS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct node {
    struct node *next;
    uint32_t value;
    uint32_t padding[14]; /* to fill what a processor fetches at a time */
};

int main(int argc, char **argv) {
    uint32_t count = (argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1) * (1u << 20) / 64;
    uint32_t steps = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 100000, seed = 1, checksum = 0;
    struct node *nodes = malloc(count * sizeof *nodes);
    uint32_t *order = malloc(count * sizeof *order);
    if (!nodes || !order || count == 0) {
        fprintf(stderr, "chase: out of memory\n");
        return 1;
    }
    for (uint32_t i = 0; i < count; i++) order[i] = i;
    for (uint32_t i = count - 1; i > 0; i--) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t other = (uint32_t)((uint64_t)seed * (i + 1) >> 32), taken = order[i];
        order[i] = order[other];
        order[other] = taken;
    }
    for (uint32_t i = 0; i < count; i++) {
        nodes[order[i]].next = &nodes[order[(i + 1) % count]];
        nodes[order[i]].value = i;
    }
    struct node *at = nodes;
    for (uint32_t i = 0; i < steps; i++) {
        checksum = checksum * 31 + at->value;
        at->value ^= i;
        at = at->next;
    }
    printf("%" PRIu32 " nodes, %08" PRIx32 "\n", count, checksum);
    return 0;
}
