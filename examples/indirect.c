/* Indirect calls: small integer operators through a table, shapes through tables of methods, and callbacks.
 *
 *   indirect [ROUNDS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef uint32_t operator_fn(uint32_t, uint32_t);

static uint32_t op_add(uint32_t a, uint32_t b) { return a + b; }
static uint32_t op_sub(uint32_t a, uint32_t b) { return a - b; }
static uint32_t op_mul(uint32_t a, uint32_t b) { return a * (b | 1); }
static uint32_t op_xor(uint32_t a, uint32_t b) { return a ^ b; }
static uint32_t op_rotate(uint32_t a, uint32_t b) { return a << (b & 31) | a >> ((32 - b) & 31); }
static uint32_t op_divide(uint32_t a, uint32_t b) { return a / (b % 7 + 1) + b; }
static uint32_t op_min(uint32_t a, uint32_t b) { return (a < b ? a : b) + 0x9e3779b9u; }
static uint32_t op_swap(uint32_t a, uint32_t b) { return (a >> 16 | a << 16) + b; }

static operator_fn *const operators[] = {op_add, op_sub, op_mul, op_xor, op_rotate, op_divide, op_min, op_swap};

struct shape;
struct methods {
    const char *name;
    double (*area)(const struct shape *);
    void (*scale)(struct shape *, double);
};
struct shape {
    const struct methods *methods;
    double width, height;
};

static double rectangle_area(const struct shape *s) { return s->width * s->height; }
static double triangle_area(const struct shape *s) { return s->width * s->height / 2; }
static double ellipse_area(const struct shape *s) { return s->width * s->height * 0.78539816339744831; }
static void scale_both(struct shape *s, double by) { s->width *= by, s->height *= by; }
static void scale_width(struct shape *s, double by) { s->width *= by; }

static const struct methods kinds[] = {
    {"rectangle", rectangle_area, scale_both},
    {"triangle", triangle_area, scale_width},
    {"ellipse", ellipse_area, scale_both},
};

static int64_t fold(const uint32_t *values, int count, int64_t (*step)(int64_t, uint32_t), int64_t sum) {
    for (int i = 0; i < count; i++) sum = step(sum, values[i]);
    return sum;
}
static int64_t step_sum(int64_t sum, uint32_t x) { return sum + x; }
static int64_t step_alternate(int64_t sum, uint32_t x) { return (int64_t)x - sum; }

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
    uint32_t value = 1, seed = 7, values[64];
    for (uint32_t i = 0; i < rounds; i++) {
        seed = seed * 1664525u + 1013904223u;
        value = operators[seed >> 29](value, seed);
        values[i % 64] = value;
    }
    for (uint32_t i = rounds; i < 64; i++) values[i] = i;
    printf("%" PRIu32 " operators: %08" PRIx32 "\n", rounds, value);

    struct shape shapes[9];
    double total = 0;
    for (int i = 0; i < 9; i++) shapes[i] = (struct shape){&kinds[i % 3], 1 + i, 2 + i};
    for (uint32_t i = 0; i < rounds / 16; i++) {
        struct shape *s = &shapes[i % 9];
        s->methods->scale(s, i % 2 ? 1.25 : 0.8);
        total += s->methods->area(s);
    }
    for (int i = 0; i < 3; i++) printf("%s %.9f\n", shapes[i].methods->name, shapes[i].methods->area(&shapes[i]));
    printf("areas %.6f\n", total);

    qsort(values, 64, sizeof *values, ascending);
    printf("sum %" PRId64 ", alternating %" PRId64 ", median %" PRIu32 "\n", fold(values, 64, step_sum, 0),
           fold(values, 64, step_alternate, 0), values[32]);
    return 0;
}
