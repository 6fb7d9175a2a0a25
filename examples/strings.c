/* String work: a made-up text is cut into words, reversed, searched (Knuth-Morris-Pratt), compared (edit distance),
 * changed in case and joined again.
 *
 *   strings [WORDS]
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const syllables[] = {"ka", "lo", "mi", "ne", "sur", "ta", "vo", "wen", "xi", "zar", "ul", "or"};
enum { SYLLABLES = sizeof syllables / sizeof *syllables, LONGEST = 32 };

static unsigned seed = 2024;

static unsigned draw(unsigned below) {
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % below;
}

static char *make_text(int words) {
    char *text = malloc((size_t)words * LONGEST + 1);
    if (!text) return NULL;
    char *end = text;
    for (int i = 0; i < words; i++) {
        for (unsigned n = 1 + draw(4); n > 0; n--) end = stpcpy(end, syllables[draw(SYLLABLES)]);
        end = stpcpy(end, draw(9) ? " " : ", ");
    }
    return text;
}

static void reverse(char *text, size_t length) {
    for (size_t i = 0; i < length / 2; i++) {
        char t = text[i];
        text[i] = text[length - 1 - i];
        text[length - 1 - i] = t;
    }
}

static int count_matches(const char *text, const char *pattern) {
    int fallback[LONGEST] = {0}, count = 0, matched = 0, m = (int)strlen(pattern);
    for (int i = 1, k = 0; i < m; i++) {
        while (k && pattern[i] != pattern[k]) k = fallback[k - 1];
        if (pattern[i] == pattern[k]) k++;
        fallback[i] = k;
    }
    for (; *text; text++) {
        while (matched && *text != pattern[matched]) matched = fallback[matched - 1];
        if (*text == pattern[matched]) matched++;
        if (matched == m) {
            count++;
            matched = fallback[matched - 1];
        }
    }
    return count;
}

static int edit_distance(const char *a, const char *b) {
    int row[LONGEST + 1] = {0}, m = (int)strlen(b);
    for (int j = 0; j <= m; j++) row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            int above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            if (above + 1 < best) best = above + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[m];
}

static int is_palindrome(const char *text, size_t length) {
    for (size_t i = 0; i < length / 2; i++)
        if (text[i] != text[length - 1 - i]) return 0;
    return 1;
}

/* Cuts the next word out of the text, ended by a NUL; NULL at the end. (`strtok` of some C libraries takes time in
 * proportion to the rest of the text, at each call.) */
static char *next_word(char **text) {
    char *word = *text, *end;
    while (*word == ',' || *word == ' ') word++;
    if (!*word) return NULL;
    for (end = word; *end && *end != ',' && *end != ' '; end++) {}
    *text = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

int main(int argc, char **argv) {
    int words = argc > 1 ? atoi(argv[1]) : 500;
    if (words < 1 || words > 1000000) {
        fprintf(stderr, "strings: a number of words from 1 to 1000000, please\n");
        return 1;
    }
    char *text = make_text(words);
    if (!text) {
        fprintf(stderr, "strings: out of memory\n");
        return 1;
    }
    size_t length = strlen(text);
    printf("%.60s...\n%zu characters\n", text, length);
    printf("tata %d, karoka %d, xi %d, strstr finds %ld\n", count_matches(text, "tata"), count_matches(text, "karoka"),
           count_matches(text, "xi"), strstr(text, "wenzar") ? (long)(strstr(text, "wenzar") - text) : -1L);

    reverse(text, length);
    printf("%.60s...\n", text + 1);
    reverse(text, length);

    long distance = 0, vowels = 0, palindromes = 0;
    size_t longest = 0;
    char previous[LONGEST] = "", longest_word[LONGEST] = "";
    char *word, *rest = text;
    while ((word = next_word(&rest)) != NULL) {
        size_t n = strlen(word);
        distance += edit_distance(previous, word);
        palindromes += is_palindrome(word, n);
        for (size_t i = 0; i < n; i++) vowels += strchr("aeiou", word[i]) != NULL;
        word[0] = (char)toupper((unsigned char)word[0]);
        if (n > longest || (n == longest && strcmp(word, longest_word) < 0)) {
            longest = n;
            strcpy(longest_word, word);
        }
        strcpy(previous, word);
    }
    printf("edit distances %ld, vowels %ld, palindromes %ld, longest %s\n", distance, vowels, palindromes, longest_word);
    free(text);
    return 0;
}
