/* Counts lines, words and bytes of the standard input, and prints its most frequent words.
 *
 *   wordcount [HOW_MANY] < TEXT
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096, LONGEST = 64 };

struct word {
    struct word *next;
    unsigned long count;
    char text[];
};

static struct word *buckets[BUCKETS];

static int count_word(const char *text, size_t length) {
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    struct word **place = &buckets[hash % BUCKETS];
    for (; *place; place = &(*place)->next) {
        if (strlen((*place)->text) == length && memcmp((*place)->text, text, length) == 0) {
            (*place)->count++;
            return 0;
        }
    }
    struct word *new = malloc(sizeof *new + length + 1);
    if (!new) return -1;
    new->next = NULL;
    new->count = 1;
    memcpy(new->text, text, length);
    new->text[length] = '\0';
    *place = new;
    return 1;
}

static int by_count_then_text(const void *left, const void *right) {
    const struct word *a = *(struct word *const *)left, *b = *(struct word *const *)right;
    if (a->count != b->count) return a->count < b->count ? 1 : -1;
    return strcmp(a->text, b->text);
}

static int print_top(unsigned long different, unsigned long how_many) {
    struct word **all = malloc((different ? different : 1) * sizeof *all);
    if (!all) return 1;
    unsigned long n = 0;
    for (int i = 0; i < BUCKETS; i++)
        for (struct word *w = buckets[i]; w; w = w->next) all[n++] = w;
    qsort(all, n, sizeof *all, by_count_then_text);
    for (unsigned long i = 0; i < n && i < how_many; i++) printf("%7lu %s\n", all[i]->count, all[i]->text);
    free(all);
    return 0;
}

int main(int argc, char **argv) {
    unsigned long how_many = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
    unsigned long lines = 0, words = 0, bytes = 0, different = 0;
    char word[LONGEST];
    size_t length = 0;
    int c;
    do {
        c = getchar();
        if (c != EOF) bytes++;
        if (c == '\n') lines++;
        if (c != EOF && isalnum(c)) {
            if (length < sizeof word) word[length++] = (char)tolower(c);
        } else if (length) {
            int added = count_word(word, length);
            if (added < 0) {
                fprintf(stderr, "wordcount: out of memory\n");
                return 1;
            }
            different += (unsigned long)added;
            words++;
            length = 0;
        }
    } while (c != EOF);
    printf("%lu lines, %lu words (%lu different), %lu bytes\n", lines, words, different, bytes);
    return print_top(different, how_many);
}
