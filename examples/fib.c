/* Recursion: the naive Fibonacci function, Ackermann's function and the towers of Hanoi.
 *
 *   fib [N]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint32_t ackermann(uint32_t m, uint32_t n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

static uint64_t hanoi(int disks, int from, int to, int via, uint32_t *trace) {
    if (disks == 0) return 0;
    uint64_t moves = hanoi(disks - 1, from, via, to, trace);
    *trace = *trace * 31 + (uint32_t)(disks * 9 + from * 3 + to);
    return moves + 1 + hanoi(disks - 1, via, to, from, trace);
}

int main(int argc, char **argv) {
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 22;
    uint32_t trace = 0;
    uint64_t moves = hanoi((int)(n > 8 ? n - 8 : n), 0, 2, 1, &trace);
    printf("fib(%" PRIu32 ") = %" PRIu32 "\n", n, fib(n));
    printf("ackermann(2, %" PRIu32 ") = %" PRIu32 "\n", n, ackermann(2, n));
    printf("hanoi: %" PRIu64 " moves, trace %08" PRIx32 "\n", moves, trace);
    return 0;
}
