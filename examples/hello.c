/* The shortest program that touches the C library: prints its arguments.
 *
 *   hello [WORD...]
 */
#include <stdio.h>

int main(int argc, char **argv) {
    printf("Hello from %s", argc > 0 ? argv[0] : "nobody");
    for (int i = 1; i < argc; i++) printf(" %s", argv[i]);
    printf("!\n");
    return 0;
}
