/* Compression in the manner of LZ77: hash chains find matches in a window, then everything is unpacked and compared.
 *
 *   lz [KILOBYTES]
 *
 * A token is a byte: below 128, so many literals and one more follow; else the low bits are the length of a match,
 * less the shortest, and two bytes follow with its distance.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1 << 16, HASHES = 1 << 14, SHORTEST = 4, LONGEST = SHORTEST + 127, CHAIN = 16, LITERALS = 128 };

static int32_t head[HASHES], before[WINDOW];

static uint32_t hash(const uint8_t *at) {
    uint32_t word = at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
    return word * 2654435761u >> 18;
}

static void remember(const uint8_t *data, int32_t at) {
    uint32_t h = hash(data + at);
    before[at % WINDOW] = head[h];
    head[h] = at;
}

static int32_t match_at(const uint8_t *data, int32_t at, int32_t size, int32_t *distance) {
    int32_t longest = 0, candidate = head[hash(data + at)];
    int32_t limit = size - at < LONGEST ? size - at : LONGEST;
    for (int tries = CHAIN; candidate >= 0 && at - candidate < WINDOW && tries > 0; tries--) {
        int32_t length = 0;
        while (length < limit && data[candidate + length] == data[at + length]) length++;
        if (length > longest) longest = length, *distance = at - candidate;
        candidate = before[candidate % WINDOW];
    }
    return longest;
}

static uint8_t *put_literals(uint8_t *out, const uint8_t *data, int32_t count) {
    while (count > 0) {
        int32_t part = count < LITERALS ? count : LITERALS;
        *out++ = (uint8_t)(part - 1);
        memcpy(out, data, (size_t)part);
        out += part, data += part, count -= part;
    }
    return out;
}

static int32_t pack(const uint8_t *data, int32_t size, uint8_t *packed) {
    uint8_t *out = packed;
    int32_t at = 0, literals = 0;
    memset(head, -1, sizeof head);
    while (at + SHORTEST <= size) {
        int32_t distance = 0, length = match_at(data, at, size, &distance);
        if (length < SHORTEST) {
            remember(data, at++);
            literals++;
            continue;
        }
        out = put_literals(out, data + at - literals, literals);
        literals = 0;
        *out++ = (uint8_t)(128 | (length - SHORTEST));
        *out++ = (uint8_t)distance;
        *out++ = (uint8_t)(distance >> 8);
        for (int32_t end = at + length; at < end; at++)
            if (at + SHORTEST <= size) remember(data, at);
    }
    out = put_literals(out, data + at - literals, literals + size - at);
    return (int32_t)(out - packed);
}

static int32_t unpack(const uint8_t *packed, int32_t size, uint8_t *data) {
    const uint8_t *end = packed + size;
    uint8_t *out = data;
    while (packed < end) {
        uint8_t token = *packed++;
        if (token < 128) {
            memcpy(out, packed, token + 1u);
            out += token + 1, packed += token + 1;
            continue;
        }
        const uint8_t *from = out - (packed[0] | packed[1] << 8);
        for (int32_t length = (token & 127) + SHORTEST; length > 0; length--) *out++ = *from++;
        packed += 2;
    }
    return (int32_t)(out - data);
}

static void make_text(uint8_t *data, int32_t size) {
    static const char *const words[] = {"stack ", "of ", "the ", "frame ", "register ", "and ", "memory.\n", "call ",
                                        "(local ", "$index) ", "i32.add ", "block ", "a ", "value ", "limit, ", "0x"};
    uint32_t seed = 7;
    for (int32_t at = 0; at < size;) {
        seed = seed * 1664525u + 1013904223u;
        const char *word = words[seed >> 28];
        for (; *word && at < size; word++) data[at++] = (uint8_t)*word;
        if ((seed >> 20 & 7) == 0 && at < size) data[at++] = (uint8_t)('a' + (seed >> 8) % 26);
    }
}

int main(int argc, char **argv) {
    int32_t size = (argc > 1 ? atoi(argv[1]) : 64) * 1024;
    uint8_t *data = malloc((size_t)size + 1), *packed = malloc((size_t)size + (size_t)size / 64 + 64);
    uint8_t *again = malloc((size_t)size + LONGEST);
    if (!data || !packed || !again) {
        fprintf(stderr, "lz: out of memory\n");
        return 1;
    }
    make_text(data, size);
    int32_t length = pack(data, size, packed);
    if (unpack(packed, length, again) != size || memcmp(data, again, (size_t)size) != 0) {
        fprintf(stderr, "lz: what was packed does not come out again\n");
        return 1;
    }
    uint32_t checksum = 0;
    for (int32_t i = 0; i < length; i++) checksum = checksum * 31 + packed[i];
    printf("%" PRId32 " bytes, %08" PRIx32 "\n", length, checksum);
    return 0;
}
