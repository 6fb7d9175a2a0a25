/* 64-bit integers and floats through printf and back: every conversion with widths, signs and precisions, and random
 * doubles that have to survive the way to decimal and back.
 *
 *   format [COUNT]
 */
#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252u;

static uint64_t draw(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void integers(void) {
    static const int64_t values[] = {0, 1, -1, 42, INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX, 1234567890123456789};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        int64_t v = values[i];
        printf("[%" PRId64 "] [%" PRIu64 "] [%" PRIx64 "] [%#" PRIo64 "] [%+24" PRId64 "] [%-24" PRId64 "] [%024" PRIX64
               "] [%.22" PRId64 "]\n",
               v, (uint64_t)v, (uint64_t)v, (uint64_t)v, v, v, (uint64_t)v, v);
    }
    printf("[%c] [%5s] [%-5s] [%.2s] [%%] [%hhd] [%hd] [%*d]\n", 'x', "ab", "ab", "abc", 300, 70000, 6, 42);
}

static void floats(void) {
    static const double values[] = {0.0,     -0.0,    1.0,   0.1,   -2.5,     1e21,        1e-7,    123456.789,
                                    DBL_MAX, DBL_MIN, 5e-324, 1e15,  0.5,     9.999999999, 1.0 / 3, 2.718281828459045};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double v = values[i];
        printf("[%g] [%.17g] [%e] [%.3E] [%+.2e] [%G] [%#g]\n", v, v, v, v, v, v, v);
        if (v < 1e30) printf("[%f] [%.0f] [%12.4f] [%-12.1f] [%012.3f] [% .20f]\n", v, v, v, v, v, v);
    }
    printf("[%f] [%8.3f] [%e] [%G]\n", strtod("inf", NULL), -strtod("inf", NULL), strtod("nan", NULL), strtod("inf", NULL));
    printf("[%g] [%.9g] [%g]\n", (double)FLT_MAX, (double)0.1f, (double)FLT_MIN);
}

int main(int argc, char **argv) {
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
    long survived = 0, finite = 0;
    uint64_t digits = 0;
    integers();
    floats();
    for (long i = 0; i < count; i++) {
        uint64_t bits = draw(), back_bits;
        double value, back;
        char text[64];
        memcpy(&value, &bits, sizeof value);
        if (value != value || value - value != 0) continue;
        finite++;
        int length = snprintf(text, sizeof text, "%.17g", value);
        for (int j = 0; j < length; j++) digits = digits * 31 + (uint64_t)text[j];
        back = strtod(text, NULL);
        memcpy(&back_bits, &back, sizeof back_bits);
        survived += back_bits == bits;
        if (i < 5) printf("%s %a\n", text, value);
    }
    printf("%ld of %ld doubles survive, digits %016" PRIx64 "\n", survived, finite, digits);
    return survived == finite ? 0 : 1;
}
