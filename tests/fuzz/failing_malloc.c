/* Lets one allocation fail, of those that wasmvm's own extension modules ask the system for. Preloaded by tests.fuzz.nomemory.

   Only calls that come from a library whose path has "/wasmvm/" in it are counted: what Python itself allocates is the
   business of _testcapi.set_nomemory. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_RANGES 64

static struct { uintptr_t from, to; } ranges[MAX_RANGES];
static int range_count;
static volatile long count;   /* calls since failing_begin */
static volatile long fail_at; /* the one that fails, from 1 on; 0 for none */

static int add_ranges(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size; (void)data;
    if (strstr(info->dlpi_name, "/wasmvm/") == NULL) return 0;
    for (int i = 0; i < info->dlpi_phnum && range_count < MAX_RANGES; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_X)) continue;
        ranges[range_count].from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        ranges[range_count].to = ranges[range_count].from + info->dlpi_phdr[i].p_memsz;
        range_count++;
    }
    return 0;
}

/* Begin to count; the call number `at` will fail. */
void failing_begin(long at) {
    range_count = 0;
    dl_iterate_phdr(add_ranges, NULL);
    count = 0;
    fail_at = at;
}

/* Stop, and say how many calls there were. */
long failing_end(void) {
    long seen = count;
    fail_at = 0;
    range_count = 0;
    return seen;
}

static int fails(void *from) {
    uintptr_t at = (uintptr_t)from;
    for (int i = 0; i < range_count; i++)
        if (ranges[i].from <= at && at < ranges[i].to)
            return ++count == fail_at;
    return 0;
}

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *malloc(size_t size) {
    if (range_count && fails(__builtin_return_address(0))) { errno = ENOMEM; return NULL; }
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
    if (range_count && fails(__builtin_return_address(0))) { errno = ENOMEM; return NULL; }
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size) {
    if (range_count && fails(__builtin_return_address(0))) { errno = ENOMEM; return NULL; }
    return __libc_realloc(old, size);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
    static void *(*real)(void *, size_t, int, int, int, off_t);
    if (range_count && fails(__builtin_return_address(0))) { errno = ENOMEM; return MAP_FAILED; }
    if (real == NULL) real = dlsym(RTLD_NEXT, "mmap");
    return real(address, length, protection, flags, descriptor, offset);
}

int mprotect(void *address, size_t length, int protection) {
    static int (*real)(void *, size_t, int);
    if (range_count && fails(__builtin_return_address(0))) { errno = ENOMEM; return -1; }
    if (real == NULL) real = dlsym(RTLD_NEXT, "mprotect");
    return real(address, length, protection);
}
