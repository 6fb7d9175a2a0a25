#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#define DEF 90000
/* recursive-descent parser to tree, evaluated through function pointers */
typedef struct ex ex;
struct ex { double (*ev)(const ex *, const double *); const ex *a, *b, *c; double k; int v; };
static double e_num(const ex *e, const double *x) { (void)x; return e->k; }
static double e_var(const ex *e, const double *x) { return x[e->v]; }
static double e_add(const ex *e, const double *x) { return e->a->ev(e->a, x) + e->b->ev(e->b, x); }
static double e_sub(const ex *e, const double *x) { return e->a->ev(e->a, x) - e->b->ev(e->b, x); }
static double e_mul(const ex *e, const double *x) { return e->a->ev(e->a, x) * e->b->ev(e->b, x); }
static double e_div(const ex *e, const double *x) { double d = e->b->ev(e->b, x); return d == 0 ? 0 : e->a->ev(e->a, x) / d; }
static double e_lt(const ex *e, const double *x) { return e->a->ev(e->a, x) < e->b->ev(e->b, x); }
static double e_if(const ex *e, const double *x) { return e->a->ev(e->a, x) != 0 ? e->b->ev(e->b, x) : e->c->ev(e->c, x); }
static double e_call(const ex *e, const double *x) { double t = e->a->ev(e->a, x); return e->v == 0 ? sqrt(fabs(t)) : e->v == 1 ? floor(t) : fabs(t); }
static const char *p;
static ex *mk(double (*f)(const ex *, const double *), const ex *a, const ex *b) { ex *e = calloc(1, sizeof *e); e->ev = f; e->a = a; e->b = b; return e; }
static ex *expr(void);
static ex *prim(void) {
    while (*p == ' ') p++;
    if (*p == '(') { p++; ex *e = expr(); while (*p == ' ') p++; if (*p == ')') p++; return e; }
    if (!strncmp(p, "sqrt", 4) || !strncmp(p, "floo", 4) || !strncmp(p, "fabs", 4)) {
        int v = *p == 's' ? 0 : p[1] == 'l' ? 1 : 2; p += 4; ex *e = mk(e_call, prim(), 0); e->v = v; return e;
    }
    if (*p >= 'a' && *p <= 'z') { ex *e = mk(e_var, 0, 0); e->v = *p++ - 'a'; return e; }
    char *end; ex *e = mk(e_num, 0, 0); e->k = strtod(p, &end); p = end; return e;
}
static ex *term(void) {
    ex *l = prim();
    for (;;) { while (*p == ' ') p++; if (*p == '*') { p++; l = mk(e_mul, l, prim()); } else if (*p == '/') { p++; l = mk(e_div, l, prim()); } else return l; }
}
static ex *sum(void) {
    ex *l = term();
    for (;;) { while (*p == ' ') p++; if (*p == '+') { p++; l = mk(e_add, l, term()); } else if (*p == '-') { p++; l = mk(e_sub, l, term()); } else return l; }
}
static ex *expr(void) {
    ex *l = sum();
    while (*p == ' ') p++;
    if (*p == '<') { p++; l = mk(e_lt, l, sum()); }
    while (*p == ' ') p++;
    if (*p == '?') { p++; ex *b = expr(); while (*p == ' ') p++; if (*p == ':') p++; ex *c = expr(); l = mk(e_if, l, b); l->c = c; }
    return l;
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    static const char *src[] = {
        "x*x + y*y < 1.5 ? sqrt(x*x+y*y) : floo(x*3)/2 - y",
        "(a + 2.5)*(x - y)/(1 + fabs(x)) - floo(a/3)",
        "a - floo(a/7)*7 < 3 ? (x<y ? 1 : 2) * a : sqrt(a) * 0.25 + x/y",
        "((((x+1)*x+2)*x+3)*x+4)*x + ((y-1)*y-2)*y*0.5" };
    ex *t[4];
    for (int i = 0; i < 4; i++) { p = src[i]; t[i] = expr(); }
    double v[26] = { 0 }, s = 0;
    for (int i = 0; i < n; i++) {
        v[0] = i % 100; v[23] = (i * 37 % 1000) / 500.0 - 1; v[24] = (i * 91 % 1000) / 500.0 - 1;
        for (int k = 0; k < 4; k++) s += t[k]->ev(t[k], v);
    }
    printf("exprtree %d %.4f\n", n, s);
    return 0;
}
