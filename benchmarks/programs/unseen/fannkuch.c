#include <stdio.h>
#include <stdlib.h>
#define DEF 9
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    int perm[16], perm1[16], count[16];
    int maxflips = 0, checksum = 0, nperm = 0, r = n;
    for (int i = 0; i < n; i++) perm1[i] = i;
    for (;;) {
        for (; r != 1; r--) count[r - 1] = r;
        for (int i = 0; i < n; i++) perm[i] = perm1[i];
        int flips = 0, k;
        while ((k = perm[0]) != 0) {
            int i = 0, j = k;
            while (i < j) { int t = perm[i]; perm[i++] = perm[j]; perm[j--] = t; }
            flips++;
        }
        if (flips > maxflips) maxflips = flips;
        checksum += (nperm & 1) ? -flips : flips;
        for (;;) {
            if (r == n) { printf("fannkuch %d %d %d\n", n, checksum, maxflips); return 0; }
            int p0 = perm1[0];
            for (int i = 0; i < r; i++) perm1[i] = perm1[i + 1];
            perm1[r] = p0;
            if (--count[r] > 0) break;
            r++;
        }
        nperm++;
    }
}
