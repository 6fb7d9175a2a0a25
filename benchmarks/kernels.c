/* Small kernels without a C library, each an exported function of one number that says how long to run.
 * `python -m benchmarks.kernels` builds kernels.wasm from this file.
 */
typedef unsigned int u32;
typedef unsigned char u8;

#define EXPORT(name) __attribute__((export_name(#name))) name

/* Calls. */
__attribute__((noinline)) static u32 fibonacci(u32 n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
u32 EXPORT(fib)(u32 n) { return fibonacci(n); }

/* Byte loads and stores: sieves the same flags again and again; the number of primes below FLAGS. */
enum { FLAGS = 1 << 16 };
static u8 composite[FLAGS];

u32 EXPORT(sieve)(u32 times) {
    u32 count = 0;
    for (; times > 0; times--) {
        count = 0;
        for (u32 i = 0; i < FLAGS; i++) composite[i] = 0;
        for (u32 i = 2; i < FLAGS; i++) {
            if (composite[i]) continue;
            count++;
            for (u32 j = i * 2; j < FLAGS; j += i) composite[j] = 1;
        }
    }
    return count;
}

/* Integer arithmetic in locals: additions, rotations and exclusive ors, as ciphers do. */
static inline u32 rotate(u32 x, int by) { return x << by | x >> (32 - by); }

u32 EXPORT(arx)(u32 rounds) {
    u32 a = 0x243f6a88, b = 0x85a308d3, c = 0x13198a2e, d = 0x03707344;
    for (u32 i = 0; i < rounds; i++) {
        a += b, d = rotate(d ^ a, 16);
        c += d, b = rotate(b ^ c, 12);
        a += b, d = rotate(d ^ a, 8);
        c += d, b = rotate(b ^ c, 7);
        a ^= i;
    }
    return a ^ b ^ c ^ d;
}

/* Float arithmetic and addresses: the trace of a product of n x n matrices. */
enum { MAX_ROWS = 256 };
static double left[MAX_ROWS * MAX_ROWS], right[MAX_ROWS * MAX_ROWS], product[MAX_ROWS * MAX_ROWS];

double EXPORT(matmul)(u32 n) {
    double trace = 0;
    if (n > MAX_ROWS) n = MAX_ROWS;
    for (u32 i = 0; i < n; i++) {
        for (u32 j = 0; j < n; j++) {
            left[i * n + j] = (double)(i * j % 7) + 0.5;
            right[i * n + j] = (double)((i + j) % 5) - 1.25;
        }
    }
    for (u32 i = 0; i < n; i++) {
        for (u32 j = 0; j < n; j++) {
            double sum = 0;
            for (u32 k = 0; k < n; k++) sum += left[i * n + k] * right[k * n + j];
            product[i * n + j] = sum;
        }
    }
    for (u32 i = 0; i < n; i++) trace += product[i * n + i];
    return trace;
}

/* The boundary: a function to call from outside, and one that calls out. */
__attribute__((import_module("env"), import_name("host"))) u32 host(u32);

u32 EXPORT(add)(u32 a, u32 b) { return a + b; }

u32 EXPORT(call_host)(u32 times) {
    u32 sum = 0;
    for (u32 i = 0; i < times; i++) sum += host(i);
    return sum;
}
