/* Copies a file in small pieces, reads the copy back from its middle on, and prints what it saw.
 *
 *   copy FROM TO
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, const char *path) {
    fprintf(stderr, "copy: cannot %s %s: %s\n", what, path, strerror(errno));
    return 1;
}

static uint32_t adler32(uint32_t sum, const unsigned char *bytes, size_t size) {
    uint32_t a = sum & 0xffff, b = sum >> 16;
    for (size_t i = 0; i < size; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: copy FROM TO\n");
        return 2;
    }
    unsigned char buffer[777];
    uint32_t sum = 1;
    long total = 0;
    size_t got;
    FILE *from = fopen(argv[1], "rb");
    if (!from) return fail("open", argv[1]);
    FILE *to = fopen(argv[2], "wb");
    if (!to) return fail("create", argv[2]);
    while ((got = fread(buffer, 1, sizeof buffer, from)) > 0) {
        if (fwrite(buffer, 1, got, to) != got) return fail("write", argv[2]);
        sum = adler32(sum, buffer, got);
        total += (long)got;
    }
    if (ferror(from)) return fail("read", argv[1]);
    fclose(from);
    if (fclose(to)) return fail("close", argv[2]);
    printf("%ld bytes copied, adler32 %08x\n", total, (unsigned)sum);

    FILE *copied = fopen(argv[2], "rb");
    if (!copied) return fail("open", argv[2]);
    if (fseek(copied, total / 2, SEEK_SET)) return fail("seek in", argv[2]);
    long rest = 0;
    sum = 1;
    while ((got = fread(buffer, 1, sizeof buffer, copied)) > 0) {
        sum = adler32(sum, buffer, got);
        rest += (long)got;
    }
    printf("%ld bytes from %ld on, now at %ld, adler32 %08x\n", rest, total / 2, ftell(copied), (unsigned)sum);
    return fclose(copied) ? 1 : 0;
}
