/* The Mandelbrot set: iterations summed over a grid of points, two doubles at a time where the compiler can.
 *
 *   mandelbrot [WIDTH]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 100, LANES = 2 };

static uint32_t iterations(const double *cx, double cy) {
    double x[LANES] = {0}, y[LANES] = {0};
    uint32_t count[LANES] = {0};
    for (int n = 0; n < MOST; n++) {
        uint32_t inside = 0;
        for (int i = 0; i < LANES; i++) {
            double xx = x[i] * x[i], yy = y[i] * y[i], xy = x[i] * y[i];
            uint32_t bounded = xx + yy <= 4.0;
            count[i] += bounded;
            inside |= bounded;
            x[i] = bounded ? xx - yy + cx[i] : x[i];
            y[i] = bounded ? xy + xy + cy : y[i];
        }
        if (!inside) break;
    }
    return count[0] + count[1];
}

int main(int argc, char **argv) {
    int width = argc > 1 ? atoi(argv[1]) : 100;
    uint32_t checksum = 0;
    for (int row = 0; row < width; row++) {
        double cy = 2.0 * row / width - 1.0;
        for (int column = 0; column < width; column += LANES) {
            double cx[LANES];
            for (int i = 0; i < LANES; i++) cx[i] = 3.0 * (column + i) / width - 2.0;
            checksum = checksum * 5 + iterations(cx, cy);
        }
    }
    printf("%08" PRIx32 "\n", checksum);
    return 0;
}
