#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define DEF 8
/* squares-ish generator, nested counting loops */
static const char *SQ = "++++[>+++++<-]>[<+++++>-]+<+[>[>+>+<<-]++>>[<<+>>-]>>>[-]++>[-]+>>>+[[-]++++++>>>]<<<[[<++++++++<++>>-]+<.<[>----<-]<]<<[>>>>>[>>>[-]+++++++++<[>-<-]+++++++++>[-[<->-]+[<<<]]<[>+<-]>]<<-]<<-]";
static const char *CNT = "++++++++[>++++++++[>++++++++[>++++++++[>+++<-]<-]<-]<-]>>>>[-]<<<<";
static unsigned char tape[30000]; static int jmp[4096];
static unsigned out, outn; static long long steps;
static void run(const char *p) {
    int st[256], sp = 0, n = (int)strlen(p), d = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] == '[') st[sp++] = i;
        else if (p[i] == ']') { int o = st[--sp]; jmp[o] = i; jmp[i] = o; }
    }
    memset(tape, 0, sizeof tape);
    for (int pc = 0; pc < n; pc++) {
        steps++;
        switch (p[pc]) {
        case '>': d++; break;
        case '<': d--; break;
        case '+': tape[d]++; break;
        case '-': tape[d]--; break;
        case '.': out = out * 31 + tape[d]; outn++; break;
        case ',': tape[d] = 0; break;
        case '[': if (!tape[d]) pc = jmp[pc]; break;
        case ']': if (tape[d]) pc = jmp[pc]; break;
        }
    }
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    for (int i = 0; i < n; i++) { run(SQ); run(CNT); }
    printf("brainfuck %d %u %u %lld\n", n, out, outn, steps);
    return 0;
}
