#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#define DEF 450
typedef struct { double x, y, z; } vec;
typedef struct { vec c; double r; vec col; double refl; } sphere;
static vec add(vec a, vec b) { return (vec){ a.x + b.x, a.y + b.y, a.z + b.z }; }
static vec sub(vec a, vec b) { return (vec){ a.x - b.x, a.y - b.y, a.z - b.z }; }
static vec mul(vec a, double k) { return (vec){ a.x * k, a.y * k, a.z * k }; }
static double dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static vec norm(vec a) { return mul(a, 1 / sqrt(dot(a, a))); }
#define NS 5
static const sphere S[NS] = {
    { { 0, -1000, 0 }, 999, { .5, .5, .5 }, .1 }, { { 0, 0, 6 }, 1, { .9, .2, .2 }, .3 }, { { 1.6, .3, 5 }, .7, { .2, .9, .2 }, .2 },
    { { -1.7, .2, 5.5 }, .8, { .2, .3, .9 }, .5 }, { { .4, -.6, 4 }, .4, { .9, .9, .3 }, .4 } };
static int hit(vec o, vec d, double *tm) {
    int best = -1;
    for (int i = 0; i < NS; i++) {
        vec oc = sub(o, S[i].c);
        double b = dot(oc, d), c = dot(oc, oc) - S[i].r * S[i].r, D = b * b - c;
        if (D < 0) continue;
        double q = sqrt(D), t = -b - q;
        if (t < 1e-4) t = -b + q;
        if (t > 1e-4 && t < *tm) { *tm = t; best = i; }
    }
    return best;
}
static vec trace(vec o, vec d, int depth) {
    double t = 1e9; int i = hit(o, d, &t);
    if (i < 0) return mul((vec){ .6, .7, 1 }, .5 * (d.y + 1));
    vec p = add(o, mul(d, t)), n = norm(sub(p, S[i].c)), l = norm((vec){ 5, 8, -5 }), c;
    double df = dot(n, l), far = 1e9;
    if (df < 0 || hit(p, l, &far) >= 0) df = 0;
    c = mul(S[i].col, .15 + .85 * df);
    if (depth > 0 && S[i].refl > 0)
        c = add(mul(c, 1 - S[i].refl), mul(trace(p, norm(sub(d, mul(n, 2 * dot(d, n)))), depth - 1), S[i].refl));
    return c;
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    vec s = { 0, 0, 0 };
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++)
            s = add(s, trace((vec){ 0, .3, -1 }, norm((vec){ (x + .5) / n * 2 - 1, 1 - (y + .5) / n * 2, 2 }), 4));
    printf("ray %d %.6f %.6f %.6f\n", n, s.x / n / n, s.y / n / n, s.z / n / n);
    return 0;
}
