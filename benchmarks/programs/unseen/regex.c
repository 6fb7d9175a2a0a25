#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define DEF 900
/* backtracking: . ^ $ * + ? [a-z] [^x] \d \w (alternatives split by |, top level) */
static long long calls;
static int one(const char *re, int *len, int c) {
    calls++;
    if (*re == '\\') {
        *len = 2;
        if (re[1] == 'd') return c >= '0' && c <= '9';
        if (re[1] == 'w') return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        return c == re[1];
    }
    if (*re == '[') {
        const char *q = re + 1; int neg = *q == '^', hit = 0; q += neg;
        for (; *q != ']'; q++) {
            if (q[1] == '-' && q[2] != ']') { if (c >= q[0] && c <= q[2]) hit = 1; q += 2; }
            else if (*q == c) hit = 1;
        }
        *len = (int)(q - re) + 1; return c && hit != neg;
    }
    *len = 1; return c && (*re == '.' || *re == c);
}
static const char *here(const char *re, const char *s) {
    if (!*re || *re == '|') return s;
    if (*re == '$' && (!re[1] || re[1] == '|')) return *s ? NULL : s;
    int len, ok = one(re, &len, (unsigned char)*s); char op = re[len];
    if (op == '*' || op == '+') {
        const char *t = s; int l2;
        while (*t && one(re, &l2, (unsigned char)*t)) t++;
        for (; t >= s + (op == '+'); t--) { const char *r = here(re + len + 1, t); if (r) return r; }
        return NULL;
    }
    if (op == '?') {
        if (ok) { const char *r = here(re + len + 1, s + 1); if (r) return r; }
        return here(re + len + 1, s);
    }
    return ok ? here(re + len, s + 1) : NULL;
}
static const char *search(const char *re, const char *s, const char **start) {
    for (const char *q = s;; q++) {
        for (const char *alt = re; alt;) {
            const char *a = alt; int anch = *a == '^';
            if (!anch || q == s) { const char *r = here(a + anch, q); if (r) { *start = q; return r; } }
            alt = strchr(alt, '|'); if (alt) alt++;
        }
        if (!*q) return NULL;
    }
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    static const char *pats[] = { "\\w+@\\w+\\.com", "[0-9]+-[0-9]+$", "^[a-f]+x?y*z", "a*a*a*b|q.u.z", "\\d\\d:\\d\\d", "[^ ]+ing ", "foo|bar|ba[zq]+" };
    char line[128]; unsigned s = 2024, h = 0; int hits = 0;
    static const char *w[] = { "running ", "abba", "joe@mail.com ", "12:45 ", "555-0199", "quuz", "aaaaaaaa", "cafexyz ", "bazq ", "_id_9 ", "king ", "x y z " };
    for (int i = 0; i < n; i++) {
        line[0] = 0;
        for (int k = 0; k < 8; k++) { s = s * 1664525u + 1013904223u; strcat(line, w[(s >> 20) % 12]); }
        for (int k = 0; k < 7; k++) {
            const char *st, *e = search(pats[k], line, &st);
            if (e) { hits++; h = h * 131 + (unsigned)(e - st) * 17 + (unsigned)(st - line); }
        }
    }
    printf("regex %d %d %u %lld\n", n, hits, h, calls);
    return 0;
}
