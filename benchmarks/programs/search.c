/* Search in a text: Boyer-Moore-Horspool, a count of bytes, and patterns with `.` and `*`.
 *
 *   search [KILOBYTES]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t horspool(const uint8_t *text, uint32_t size, const char *word) {
    uint32_t length = (uint32_t)strlen(word), skip[256], found = 0;
    for (int i = 0; i < 256; i++) skip[i] = length;
    for (uint32_t i = 0; i + 1 < length; i++) skip[(uint8_t)word[i]] = length - 1 - i;
    for (uint32_t at = 0; at + length <= size; at += skip[text[at + length - 1]]) {
        uint32_t i = length;
        while (i > 0 && text[at + i - 1] == (uint8_t)word[i - 1]) i--;
        found += i == 0;
    }
    return found;
}

static uint32_t count(const uint8_t *text, uint32_t size, uint8_t byte) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < size; i++) found += text[i] == byte;
    return found;
}

static int matches(const char *pattern, const uint8_t *text, const uint8_t *end) {
    while (*pattern) {
        if (pattern[1] == '*') {
            do {
                if (matches(pattern + 2, text, end)) return 1;
            } while (text < end && *text != '\n' && (*pattern == '.' || (uint8_t)*pattern == *text) && (text++, 1));
            return 0;
        }
        if (text == end || *text == '\n' || (*pattern != '.' && (uint8_t)*pattern != *text)) return 0;
        pattern++, text++;
    }
    return 1;
}

int main(int argc, char **argv) {
    static const char *const words[] = {"needle", "hay", "stack", "thread", "straw", "barn", "field", "threadneedle"};
    uint32_t size = (argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 16) * 1024, seed = 99, checksum = 0;
    uint8_t *text = malloc(size + 16);
    if (!text) {
        fprintf(stderr, "search: out of memory\n");
        return 1;
    }
    for (uint32_t at = 0; at < size;) {
        seed = seed * 1664525u + 1013904223u;
        const char *word = words[seed >> 29];
        for (; *word && at < size; word++) text[at++] = (uint8_t)*word;
        if (at < size) text[at++] = (seed >> 16 & 7) ? ' ' : '\n';
    }
    for (int i = 0; i < 8; i++) checksum = checksum * 31 + horspool(text, size, words[i]);
    for (int c = 'a'; c <= 'z'; c++) checksum = checksum * 31 + count(text, size, (uint8_t)c);
    uint32_t found = 0;
    for (uint32_t at = 0; at < size; at++) found += matches("ne*dle.*st.aw", text + at, text + size);
    printf("%" PRIu32 " matches, %08" PRIx32 "\n", found, checksum);
    free(text);
    return 0;
}
