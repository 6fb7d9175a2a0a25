/* An interpreter in the interpreter: a stack machine with one big switch, and three programs for it, written as
 * assembly text that the first half of this file assembles: counting Collatz steps, a sieve, and a text printer.
 *
 *   bytecode [SIZE]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* name, and whether an operand follows */
#define INSTRUCTIONS(X) \
    X(halt, 0) X(push, 1) X(pop, 0) X(dup, 0) X(over, 0) X(swap, 0) X(load, 1) X(store, 1) X(peek, 0) X(poke, 0) \
    X(add, 0) X(sub, 0) X(mul, 0) X(div, 0) X(mod, 0) X(and, 0) X(or, 0) X(xor, 0) X(shl, 0) X(shr, 0) X(neg, 0) \
    X(not, 0) X(eq, 0) X(ne, 0) X(lt, 0) X(le, 0) X(gt, 0) X(ge, 0) X(jump, 1) X(jz, 1) X(jnz, 1) X(call, 1) \
    X(ret, 0) X(inc, 1) X(dec, 1) X(min, 0) X(max, 0) X(print, 0) X(emit, 0) X(addi, 1) X(muli, 1)

enum opcode {
#define X(name, operand) OP_##name,
    INSTRUCTIONS(X)
#undef X
    OP_COUNT
};

static const struct {
    const char *name;
    int operand;
} table[OP_COUNT] = {
#define X(name, operand) {#name, operand},
    INSTRUCTIONS(X)
#undef X
};

enum { CODE = 512, STACK = 256, CELLS = 1 << 16, LABELS = 64 };

static int64_t code[CODE], cells[CELLS];
static uint64_t executed;

static void die(const char *what, const char *word) {
    fprintf(stderr, "bytecode: %s %s\n", what, word);
    exit(1);
}

/* One token a word; "name:" defines a label, "@name" is its place, "'c" a character, all else numbers. */
static void assemble(const char *text) {
    static struct {
        char name[16];
        int place;
    } labels[LABELS];
    int label_count = 0;
    for (int pass = 0; pass < 2; pass++) {
        char copy[2048], *word;
        int at = 0;
        if (strlen(text) >= sizeof copy) die("too long:", "program");
        strcpy(copy, text);
        for (word = strtok(copy, " \n"); word; word = strtok(NULL, " \n")) {
            size_t length = strlen(word);
            int op = 0;
            if (at + 1 >= CODE) die("too long:", word);
            if (word[length - 1] == ':') {
                word[length - 1] = '\0';
                if (pass == 0) {
                    if (label_count == LABELS || length > sizeof labels->name) die("bad label", word);
                    strcpy(labels[label_count].name, word);
                    labels[label_count++].place = at;
                }
                continue;
            }
            if (*word == '@') {
                for (int i = 0; i < label_count; i++)
                    if (strcmp(labels[i].name, word + 1) == 0) code[at] = labels[i].place;
                at++;
                continue;
            }
            while (op < OP_COUNT && strcmp(table[op].name, word) != 0) op++;
            code[at++] = op < OP_COUNT ? op : *word == '\'' ? word[1] : strtoll(word, NULL, 10);
        }
    }
}

static int64_t run(int64_t argument) {
    int64_t stack[STACK], variables[26] = {argument};
    int calls[64], depth = 0, pc = 0, sp = 0;
    for (;;) {
        if (sp < 0 || sp > STACK - 2) die("stack out of bounds in", table[code[pc]].name);
        executed++;
        int64_t *top = stack + sp; /* the next free place: operands are top[-1] and top[-2] */
        switch ((enum opcode)code[pc++]) {
            case OP_halt: return sp ? top[-1] : 0;
            case OP_push: *top = code[pc++]; sp++; break;
            case OP_pop: sp--; break;
            case OP_dup: *top = top[-1]; sp++; break;
            case OP_over: *top = top[-2]; sp++; break;
            case OP_swap: { int64_t t = top[-1]; top[-1] = top[-2]; top[-2] = t; break; }
            case OP_load: *top = variables[code[pc++]]; sp++; break;
            case OP_store: variables[code[pc++]] = top[-1]; sp--; break;
            case OP_peek: top[-1] = cells[top[-1] & (CELLS - 1)]; break;
            case OP_poke: cells[top[-1] & (CELLS - 1)] = top[-2]; sp -= 2; break;
            case OP_add: top[-2] += top[-1]; sp--; break;
            case OP_sub: top[-2] -= top[-1]; sp--; break;
            case OP_mul: top[-2] *= top[-1]; sp--; break;
            case OP_div: top[-2] /= top[-1]; sp--; break;
            case OP_mod: top[-2] %= top[-1]; sp--; break;
            case OP_and: top[-2] &= top[-1]; sp--; break;
            case OP_or: top[-2] |= top[-1]; sp--; break;
            case OP_xor: top[-2] ^= top[-1]; sp--; break;
            case OP_shl: top[-2] = (int64_t)((uint64_t)top[-2] << (top[-1] & 63)); sp--; break;
            case OP_shr: top[-2] >>= top[-1] & 63; sp--; break;
            case OP_neg: top[-1] = -top[-1]; break;
            case OP_not: top[-1] = !top[-1]; break;
            case OP_eq: top[-2] = top[-2] == top[-1]; sp--; break;
            case OP_ne: top[-2] = top[-2] != top[-1]; sp--; break;
            case OP_lt: top[-2] = top[-2] < top[-1]; sp--; break;
            case OP_le: top[-2] = top[-2] <= top[-1]; sp--; break;
            case OP_gt: top[-2] = top[-2] > top[-1]; sp--; break;
            case OP_ge: top[-2] = top[-2] >= top[-1]; sp--; break;
            case OP_jump: pc = (int)code[pc]; break;
            case OP_jz: pc = top[-1] ? pc + 1 : (int)code[pc]; sp--; break;
            case OP_jnz: pc = top[-1] ? (int)code[pc] : pc + 1; sp--; break;
            case OP_call:
                if (depth == 64) die("calls too deep in", "call");
                calls[depth++] = pc + 1;
                pc = (int)code[pc];
                break;
            case OP_ret: pc = calls[--depth]; break;
            case OP_inc: variables[code[pc++]]++; break;
            case OP_dec: variables[code[pc++]]--; break;
            case OP_min: if (top[-1] < top[-2]) top[-2] = top[-1]; sp--; break;
            case OP_max: if (top[-1] > top[-2]) top[-2] = top[-1]; sp--; break;
            case OP_print: printf("%" PRId64 "\n", top[-1]); sp--; break;
            case OP_emit: putchar((int)top[-1]); sp--; break;
            case OP_addi: top[-1] += code[pc++]; break;
            case OP_muli: top[-1] *= code[pc++]; break;
            case OP_COUNT: die("no such", "instruction");
        }
    }
}

/* variables: 0 the argument, 1 n, 2 the longest so far, 3 x, 4 steps */
static const char collatz[] =
    "push 1 store 1 push 0 store 2 "
    "next: load 1 load 0 gt jnz @end load 1 store 3 push 0 store 4 "
    "step: load 3 push 1 eq jnz @done inc 4 "
    "load 3 push 1 and jnz @odd load 3 push 1 shr store 3 jump @step "
    "odd: load 3 muli 3 addi 1 store 3 jump @step "
    "done: load 2 load 4 max store 2 inc 1 jump @next "
    "end: load 2 halt";

/* cells are composite flags; variables: 0 the limit, 1 i, 2 j, 3 count */
static const char sieve[] =
    "push 2 store 1 "
    "outer: load 1 load 0 ge jnz @end load 1 peek jnz @skip inc 3 "
    "load 1 dup mul store 2 "
    "mark: load 2 load 0 ge jnz @skip push 1 load 2 poke load 2 load 1 add store 2 jump @mark "
    "skip: inc 1 jump @outer "
    "end: load 3 dup print halt";

/* counts down in a subroutine, printing stars */
static const char stars[] =
    "again: load 0 jz @end call @line dec 0 jump @again "
    "line: load 0 store 1 "
    "star: push '* emit dec 1 load 1 jnz @star push 10 emit ret "
    "end: push 0 halt";

int main(int argc, char **argv) {
    int64_t size = argc > 1 ? strtoll(argv[1], NULL, 10) : 300;
    if (size < 2 || size > 100000) {
        fprintf(stderr, "bytecode: a size from 2 to 100000, please\n");
        return 1;
    }
    assemble(collatz);
    printf("longest of the first %" PRId64 ": ", size);
    printf("%" PRId64 " steps\n", run(size));
    assemble(sieve);
    run(size < CELLS ? size : CELLS);
    assemble(stars);
    run(5);
    printf("%" PRIu64 " instructions executed\n", executed);
    return 0;
}
