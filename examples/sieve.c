/* The sieve of Eratosthenes over a byte array.
 *
 *   sieve [LIMIT]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    uint32_t limit = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 200000;
    if (limit < 3) limit = 3;
    uint8_t *composite = calloc(limit + 1, 1);
    if (!composite) {
        fprintf(stderr, "sieve: out of memory\n");
        return 1;
    }
    for (uint32_t i = 2; (uint64_t)i * i <= limit; i++) {
        if (composite[i]) continue;
        for (uint32_t j = i * i; j <= limit; j += i) composite[j] = 1;
    }
    uint32_t count = 0, last = 0, twins = 0, widest = 0;
    for (uint32_t i = 2; i <= limit; i++) {
        if (composite[i]) continue;
        if (last && i - last == 2) twins++;
        if (last && i - last > widest) widest = i - last;
        last = i;
        count++;
    }
    printf("%" PRIu32 " primes up to %" PRIu32 ", the last is %" PRIu32 "\n", count, limit, last);
    printf("%" PRIu32 " pairs of twins, the widest gap is %" PRIu32 "\n", twins, widest);
    free(composite);
    return 0;
}
