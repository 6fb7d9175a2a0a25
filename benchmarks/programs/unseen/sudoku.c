#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define DEF 30
static char g[81]; static long long nodes;
static int ok(int pos, char c) {
    int r = pos / 9, k = pos % 9, br = r / 3 * 3, bk = k / 3 * 3;
    for (int i = 0; i < 9; i++) {
        if (g[r * 9 + i] == c || g[i * 9 + k] == c) return 0;
        if (g[(br + i / 3) * 9 + bk + i % 3] == c) return 0;
    }
    return 1;
}
static int solve(int pos) {
    nodes++;
    while (pos < 81 && g[pos] != '.') pos++;
    if (pos == 81) return 1;
    for (char c = '1'; c <= '9'; c++)
        if (ok(pos, c)) { g[pos] = c; if (solve(pos + 1)) return 1; }
    g[pos] = '.';
    return 0;
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    static const char *P[] = {
        "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79",
        "1....7.9..3..2...8..96..5....53..9...1..8...26....4...3......1..4......7..7...3..",
        "..9748...7.........2.1.9.....7...24..64.1.59..98...3.....8.3.2.........6...2759.." };
    static const int use[] = { 0, 1, 2 };
    unsigned h = 0; int solved = 0;
    for (int i = 0; i < n; i++) {
        memcpy(g, P[use[i % 3]], 81);
        if (i >= 3) { /* relabel digits to vary the search */ for (int k = 0; k < 81; k++) if (g[k] != '.') g[k] = '1' + (g[k] - '1' + i) % 9; }
        solved += solve(0);
        for (int k = 0; k < 81; k++) h = h * 31 + g[k];
    }
    printf("sudoku %d %d %u %lld\n", n, solved, h, nodes);
    return 0;
}
