#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#define DEF 5000
typedef struct { float x, y, z; } v3;
typedef struct { v3 p, v; float m; int id; } body;
static v3 sub(v3 a, v3 b) { return (v3){ a.x - b.x, a.y - b.y, a.z - b.z }; }
static float dot(v3 a, v3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static void axpy(v3 *d, float k, v3 a) { d->x += k * a.x; d->y += k * a.y; d->z += k * a.z; }
int main(int argc, char **argv) {
    int steps = argc > 1 ? atoi(argv[1]) : DEF;
    enum { N = 24 };
    static body b[N];
    unsigned s = 99;
    for (int i = 0; i < N; i++) {
        float c[6];
        for (int k = 0; k < 6; k++) { s = s * 1664525u + 1013904223u; c[k] = (float)(s >> 16) / 32768.0f - 1.0f; }
        b[i] = (body){ { 10 * c[0], 10 * c[1], 10 * c[2] }, { c[3], c[4], c[5] }, 1.0f + i * 0.1f, i };
    }
    for (int t = 0; t < steps; t++) {
        for (int i = 0; i < N; i++)
            for (int j = i + 1; j < N; j++) {
                v3 d = sub(b[j].p, b[i].p);
                float r2 = dot(d, d) + 0.5f, inv = 1.0f / (r2 * sqrtf(r2)) * 0.001f;
                axpy(&b[i].v, inv * b[j].m, d);
                axpy(&b[j].v, -inv * b[i].m, d);
            }
        for (int i = 0; i < N; i++) axpy(&b[i].p, 0.001f, b[i].v);
    }
    double e = 0, px = 0;
    for (int i = 0; i < N; i++) { e += 0.5 * b[i].m * dot(b[i].v, b[i].v); px += b[i].m * b[i].v.x; }
    printf("nbody32 %d %.3f %.3f\n", steps, e, px);
    return 0;
}
