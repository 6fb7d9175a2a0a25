/* Tokens of a JSON text, read character by character, with strings, escapes and numbers taken apart.
 *
 *   json [RECORDS] [TIMES]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { END, OPEN, CLOSE, COMMA, COLON, STRING, NUMBER, NAME, WRONG };

struct lexer {
    const char *at;
    uint32_t hash; /* of a string's characters */
    double number;
};

static enum kind read_string(struct lexer *l) {
    uint32_t hash = 2166136261u;
    for (;;) {
        uint32_t c = (uint8_t)*l->at++;
        if (c == '"') break;
        if (c < ' ') return WRONG;
        if (c == '\\') {
            c = (uint8_t)*l->at++;
            switch (c) {
            case 'n': c = '\n'; break;
            case 't': c = '\t'; break;
            case 'r': c = '\r'; break;
            case 'b': c = '\b'; break;
            case 'f': c = '\f'; break;
            case '"': case '\\': case '/': break;
            case 'u':
                c = 0;
                for (int i = 0; i < 4; i++) {
                    uint32_t digit = (uint8_t)*l->at++;
                    if (digit - '0' < 10) digit -= '0';
                    else if ((digit | 32) - 'a' < 6) digit = (digit | 32) - 'a' + 10;
                    else return WRONG;
                    c = c << 4 | digit;
                }
                break;
            default: return WRONG;
            }
        }
        hash = (hash ^ c) * 16777619u;
    }
    l->hash = hash;
    return STRING;
}

static enum kind read_number(struct lexer *l) {
    int negative = *l->at == '-', exponent = 0;
    uint64_t digits = 0;
    l->at += negative;
    if ((unsigned)(*l->at - '0') > 9) return WRONG;
    for (; (unsigned)(*l->at - '0') < 10; l->at++) digits = digits * 10 + (unsigned)(*l->at - '0');
    if (*l->at == '.')
        for (l->at++; (unsigned)(*l->at - '0') < 10; l->at++, exponent--) digits = digits * 10 + (unsigned)(*l->at - '0');
    if ((*l->at | 32) == 'e') {
        int sign = *++l->at == '-', given = 0;
        l->at += *l->at == '-' || *l->at == '+';
        for (; (unsigned)(*l->at - '0') < 10; l->at++) given = given * 10 + (*l->at - '0');
        exponent += sign ? -given : given;
    }
    double value = (double)digits;
    for (; exponent < 0; exponent++) value /= 10;
    for (; exponent > 0; exponent--) value *= 10;
    l->number = negative ? -value : value;
    return NUMBER;
}

static enum kind next(struct lexer *l) {
    while (*l->at == ' ' || *l->at == '\n' || *l->at == '\t' || *l->at == '\r') l->at++;
    switch (*l->at) {
    case 0: return END;
    case '{': case '[': l->at++; return OPEN;
    case '}': case ']': l->at++; return CLOSE;
    case ',': l->at++; return COMMA;
    case ':': l->at++; return COLON;
    case '"': l->at++; return read_string(l);
    case 't': if (strncmp(l->at, "true", 4) != 0) return WRONG; l->at += 4; return NAME;
    case 'f': if (strncmp(l->at, "false", 5) != 0) return WRONG; l->at += 5; return NAME;
    case 'n': if (strncmp(l->at, "null", 4) != 0) return WRONG; l->at += 4; return NAME;
    default: return read_number(l);
    }
}

int main(int argc, char **argv) {
    int records = argc > 1 ? atoi(argv[1]) : 100, times = argc > 2 ? atoi(argv[2]) : 1;
    char *text = malloc((size_t)records * 192 + 16), *end = text;
    if (!text) {
        fprintf(stderr, "json: out of memory\n");
        return 1;
    }
    *end++ = '[';
    for (int i = 0; i < records; i++)
        end += sprintf(end, "%s\n  {\"id\": %d, \"name\": \"item\\t%x \\u00e9\\\"\", \"price\": %d.%02d, \"scale\": -%de-3,"
                       " \"tags\": [\"a%d\", \"bc\", null], \"stock\": %s}",
                       i ? "," : "", i * 7919, (unsigned)i * 2654435761u, i % 1000, i % 100, i % 77, i % 5, i % 3 ? "true" : "false");
    strcpy(end, "\n]\n");
    uint32_t checksum = 0, counts[WRONG + 1] = {0};
    for (int i = 0; i < times; i++) {
        struct lexer l = {text, 0, 0};
        enum kind kind;
        do {
            kind = next(&l);
            counts[kind]++;
            if (kind == STRING) checksum = checksum * 31 + l.hash;
            if (kind == NUMBER) checksum = checksum * 31 + (uint32_t)(int64_t)(l.number * 100);
        } while (kind != END && kind != WRONG);
    }
    printf("%" PRIu32 " strings, %" PRIu32 " numbers, %" PRIu32 " wrong, %08" PRIx32 "\n", counts[STRING],
           counts[NUMBER], counts[WRONG], checksum);
    return 0;
}
