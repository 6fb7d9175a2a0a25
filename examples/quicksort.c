/* Quicksort of 32-bit integers (median of three, insertion sort for short parts), and a heapsort to compare with.
 *
 *   quicksort [COUNT]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void swap(int32_t *a, int32_t *b) {
    int32_t t = *a;
    *a = *b;
    *b = t;
}

static void insertion_sort(int32_t *a, long n) {
    for (long i = 1; i < n; i++) {
        int32_t x = a[i];
        long j = i;
        for (; j > 0 && a[j - 1] > x; j--) a[j] = a[j - 1];
        a[j] = x;
    }
}

static void quicksort(int32_t *a, long n) {
    while (n > 12) {
        int32_t *middle = a + n / 2, *last = a + n - 1;
        if (*middle < *a) swap(middle, a);
        if (*last < *a) swap(last, a);
        if (*last < *middle) swap(last, middle);
        int32_t pivot = *middle;
        long i = 0, j = n - 1;
        while (i <= j) {
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i <= j) swap(a + i++, a + j--);
        }
        /* Recurse into the shorter part, so that the depth stays logarithmic. */
        if (j + 1 < n - i) {
            quicksort(a, j + 1);
            a += i;
            n -= i;
        } else {
            quicksort(a + i, n - i);
            n = j + 1;
        }
    }
    insertion_sort(a, n);
}

static void sift(int32_t *a, long root, long n) {
    for (long child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && a[child + 1] > a[child]) child++;
        if (a[root] >= a[child]) return;
        swap(a + root, a + child);
    }
}

static void heapsort_(int32_t *a, long n) {
    for (long i = n / 2; i-- > 0;) sift(a, i, n);
    for (long i = n; i-- > 1;) {
        swap(a, a + i);
        sift(a, 0, i);
    }
}

int main(int argc, char **argv) {
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;
    if (n < 1) n = 1;
    int32_t *a = malloc((size_t)n * sizeof *a), *b = malloc((size_t)n * sizeof *b);
    if (!a || !b) {
        fprintf(stderr, "quicksort: out of memory\n");
        return 1;
    }
    uint32_t seed = 12345;
    for (long i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        a[i] = b[i] = (int32_t)(seed ^ seed >> 16);
    }
    quicksort(a, n);
    heapsort_(b, n);
    uint32_t sum = 0;
    for (long i = 0; i < n; i++) {
        if (i && a[i - 1] > a[i]) {
            printf("not sorted at %ld\n", i);
            return 1;
        }
        sum = sum * 31 + (uint32_t)a[i];
    }
    printf("%ld numbers, smallest %" PRId32 ", median %" PRId32 ", largest %" PRId32 "\n", n, a[0], a[n / 2], a[n - 1]);
    printf("checksum %08" PRIx32 ", heapsort %s\n", sum, memcmp(a, b, (size_t)n * sizeof *a) ? "differs" : "agrees");
    free(a);
    free(b);
    return 0;
}
