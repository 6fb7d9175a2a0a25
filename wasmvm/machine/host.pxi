# What the machine asks of the operating system and of the C compiler: the only place with `#if`.

cdef extern from *:
    """
    #include <math.h>
    #include <string.h>
    #include <stdint.h>
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error "wasmvm needs a little-endian machine"
    #endif
    #if defined(_MSC_VER)
    #include <intrin.h>
    #define WVM_UNLIKELY(x) (x)
    #define wvm_mul_high(a, b) __umulh(a, b)
    static __inline int wvm_clz32(uint32_t x) { unsigned long i; _BitScanReverse(&i, x); return 31 - (int)i; }
    static __inline int wvm_ctz32(uint32_t x) { unsigned long i; _BitScanForward(&i, x); return (int)i; }
    static __inline int wvm_clz64(uint64_t x) { unsigned long i; _BitScanReverse64(&i, x); return 63 - (int)i; }
    static __inline int wvm_ctz64(uint64_t x) { unsigned long i; _BitScanForward64(&i, x); return (int)i; }
    static __inline int wvm_popcnt64(uint64_t x) {
        x -= (x >> 1) & 0x5555555555555555ull;
        x = (x & 0x3333333333333333ull) + ((x >> 2) & 0x3333333333333333ull);
        return (int)((((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full) * 0x0101010101010101ull) >> 56);
    }
    #else
    #define WVM_UNLIKELY(x) __builtin_expect(!!(x), 0)
    #define wvm_clz32(x) __builtin_clz(x)
    #define wvm_ctz32(x) __builtin_ctz(x)
    #define wvm_clz64(x) __builtin_clzll(x)
    #define wvm_ctz64(x) __builtin_ctzll(x)
    #define wvm_popcnt64(x) __builtin_popcountll(x)
    #define wvm_mul_high(a, b) ((uint64_t)((unsigned __int128)(a) * (b) >> 64))
    #endif
    """
    bint unlikely "WVM_UNLIKELY"(bint condition) noexcept nogil
    int wvm_clz32(uint32_t) noexcept nogil
    int wvm_ctz32(uint32_t) noexcept nogil
    int wvm_clz64(uint64_t) noexcept nogil
    int wvm_ctz64(uint64_t) noexcept nogil
    int wvm_popcnt64(uint64_t) noexcept nogil
    uint64_t wvm_mul_high(uint64_t, uint64_t) noexcept nogil  # the upper half of the product


cdef extern from *:
    """
    /* Atomic accesses, all sequentially consistent, to addresses that are multiples of their size. */
    #if defined(_MSC_VER)
    #define WVM_ATOMIC(n, T, S) \\
    static __inline uint##n##_t wvm_atomic_load##n(uint8_t *p) { return (uint##n##_t)_InterlockedOr##S((volatile T *)p, 0); } \\
    static __inline void wvm_atomic_store##n(uint8_t *p, uint##n##_t v) { _InterlockedExchange##S((volatile T *)p, (T)v); } \\
    static __inline uint##n##_t wvm_atomic_add##n(uint8_t *p, uint##n##_t v) { return (uint##n##_t)_InterlockedExchangeAdd##S((volatile T *)p, (T)v); } \\
    static __inline uint##n##_t wvm_atomic_sub##n(uint8_t *p, uint##n##_t v) { return wvm_atomic_add##n(p, (uint##n##_t)(0 - v)); } \\
    static __inline uint##n##_t wvm_atomic_and##n(uint8_t *p, uint##n##_t v) { return (uint##n##_t)_InterlockedAnd##S((volatile T *)p, (T)v); } \\
    static __inline uint##n##_t wvm_atomic_or##n(uint8_t *p, uint##n##_t v) { return (uint##n##_t)_InterlockedOr##S((volatile T *)p, (T)v); } \\
    static __inline uint##n##_t wvm_atomic_xor##n(uint8_t *p, uint##n##_t v) { return (uint##n##_t)_InterlockedXor##S((volatile T *)p, (T)v); } \\
    static __inline uint##n##_t wvm_atomic_xchg##n(uint8_t *p, uint##n##_t v) { return (uint##n##_t)_InterlockedExchange##S((volatile T *)p, (T)v); } \\
    static __inline uint##n##_t wvm_atomic_cmpxchg##n(uint8_t *p, uint##n##_t e, uint##n##_t v) { \\
        return (uint##n##_t)_InterlockedCompareExchange##S((volatile T *)p, (T)v, (T)e); }
    WVM_ATOMIC(8, char, 8)
    WVM_ATOMIC(16, short, 16)
    WVM_ATOMIC(32, long, )
    WVM_ATOMIC(64, __int64, 64)
    static __inline void wvm_fence(void) { volatile long x = 0; _InterlockedOr(&x, 0); }
    static __inline uint64_t wvm_get_length(const uint64_t *p) { return *(const volatile uint64_t *)p; }
    static __inline void wvm_set_length(uint64_t *p, uint64_t v) { _InterlockedExchange64((volatile __int64 *)p, (__int64)v); }
    #else
    #define WVM_ATOMIC(n) \\
    static inline uint##n##_t wvm_atomic_load##n(uint8_t *p) { return __atomic_load_n((uint##n##_t *)p, __ATOMIC_SEQ_CST); } \\
    static inline void wvm_atomic_store##n(uint8_t *p, uint##n##_t v) { __atomic_store_n((uint##n##_t *)p, v, __ATOMIC_SEQ_CST); } \\
    static inline uint##n##_t wvm_atomic_add##n(uint8_t *p, uint##n##_t v) { return __atomic_fetch_add((uint##n##_t *)p, v, __ATOMIC_SEQ_CST); } \\
    static inline uint##n##_t wvm_atomic_sub##n(uint8_t *p, uint##n##_t v) { return __atomic_fetch_sub((uint##n##_t *)p, v, __ATOMIC_SEQ_CST); } \\
    static inline uint##n##_t wvm_atomic_and##n(uint8_t *p, uint##n##_t v) { return __atomic_fetch_and((uint##n##_t *)p, v, __ATOMIC_SEQ_CST); } \\
    static inline uint##n##_t wvm_atomic_or##n(uint8_t *p, uint##n##_t v) { return __atomic_fetch_or((uint##n##_t *)p, v, __ATOMIC_SEQ_CST); } \\
    static inline uint##n##_t wvm_atomic_xor##n(uint8_t *p, uint##n##_t v) { return __atomic_fetch_xor((uint##n##_t *)p, v, __ATOMIC_SEQ_CST); } \\
    static inline uint##n##_t wvm_atomic_xchg##n(uint8_t *p, uint##n##_t v) { return __atomic_exchange_n((uint##n##_t *)p, v, __ATOMIC_SEQ_CST); } \\
    static inline uint##n##_t wvm_atomic_cmpxchg##n(uint8_t *p, uint##n##_t e, uint##n##_t v) { \\
        __atomic_compare_exchange_n((uint##n##_t *)p, &e, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); return e; }
    WVM_ATOMIC(8)
    WVM_ATOMIC(16)
    WVM_ATOMIC(32)
    WVM_ATOMIC(64)
    static inline void wvm_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
    static inline uint64_t wvm_get_length(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
    static inline void wvm_set_length(uint64_t *p, uint64_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
    #endif
    """
    uint8_t wvm_atomic_load8(uint8_t*) noexcept nogil
    void wvm_atomic_store8(uint8_t*, uint8_t) noexcept nogil
    uint8_t wvm_atomic_add8(uint8_t*, uint8_t) noexcept nogil
    uint8_t wvm_atomic_sub8(uint8_t*, uint8_t) noexcept nogil
    uint8_t wvm_atomic_and8(uint8_t*, uint8_t) noexcept nogil
    uint8_t wvm_atomic_or8(uint8_t*, uint8_t) noexcept nogil
    uint8_t wvm_atomic_xor8(uint8_t*, uint8_t) noexcept nogil
    uint8_t wvm_atomic_xchg8(uint8_t*, uint8_t) noexcept nogil
    uint8_t wvm_atomic_cmpxchg8(uint8_t*, uint8_t, uint8_t) noexcept nogil
    uint16_t wvm_atomic_load16(uint8_t*) noexcept nogil
    void wvm_atomic_store16(uint8_t*, uint16_t) noexcept nogil
    uint16_t wvm_atomic_add16(uint8_t*, uint16_t) noexcept nogil
    uint16_t wvm_atomic_sub16(uint8_t*, uint16_t) noexcept nogil
    uint16_t wvm_atomic_and16(uint8_t*, uint16_t) noexcept nogil
    uint16_t wvm_atomic_or16(uint8_t*, uint16_t) noexcept nogil
    uint16_t wvm_atomic_xor16(uint8_t*, uint16_t) noexcept nogil
    uint16_t wvm_atomic_xchg16(uint8_t*, uint16_t) noexcept nogil
    uint16_t wvm_atomic_cmpxchg16(uint8_t*, uint16_t, uint16_t) noexcept nogil
    uint32_t wvm_atomic_load32(uint8_t*) noexcept nogil
    void wvm_atomic_store32(uint8_t*, uint32_t) noexcept nogil
    uint32_t wvm_atomic_add32(uint8_t*, uint32_t) noexcept nogil
    uint32_t wvm_atomic_sub32(uint8_t*, uint32_t) noexcept nogil
    uint32_t wvm_atomic_and32(uint8_t*, uint32_t) noexcept nogil
    uint32_t wvm_atomic_or32(uint8_t*, uint32_t) noexcept nogil
    uint32_t wvm_atomic_xor32(uint8_t*, uint32_t) noexcept nogil
    uint32_t wvm_atomic_xchg32(uint8_t*, uint32_t) noexcept nogil
    uint32_t wvm_atomic_cmpxchg32(uint8_t*, uint32_t, uint32_t) noexcept nogil
    uint64_t wvm_atomic_load64(uint8_t*) noexcept nogil
    void wvm_atomic_store64(uint8_t*, uint64_t) noexcept nogil
    uint64_t wvm_atomic_add64(uint8_t*, uint64_t) noexcept nogil
    uint64_t wvm_atomic_sub64(uint8_t*, uint64_t) noexcept nogil
    uint64_t wvm_atomic_and64(uint8_t*, uint64_t) noexcept nogil
    uint64_t wvm_atomic_or64(uint8_t*, uint64_t) noexcept nogil
    uint64_t wvm_atomic_xor64(uint8_t*, uint64_t) noexcept nogil
    uint64_t wvm_atomic_xchg64(uint8_t*, uint64_t) noexcept nogil
    uint64_t wvm_atomic_cmpxchg64(uint8_t*, uint64_t, uint64_t) noexcept nogil
    void wvm_fence() noexcept nogil
    uint64_t wvm_get_length(const uint64_t*) noexcept nogil  # of a memory that others may let grow
    void wvm_set_length(uint64_t*, uint64_t) noexcept nogil


cdef extern from *:
    """
    #if defined(_WIN32)
    #define WIN32_LEAN_AND_MEAN
    #include <windows.h>
    static void *wvm_reserve(size_t n) { return VirtualAlloc(NULL, n, MEM_RESERVE, PAGE_NOACCESS); }
    static int wvm_commit(void *p, size_t n) { return !n || VirtualAlloc(p, n, MEM_COMMIT, PAGE_READWRITE) != NULL; }
    static void wvm_release(void *p, size_t n) { (void)n; if (p) VirtualFree(p, 0, MEM_RELEASE); }
    static void wvm_nap(void) { Sleep(0); }
    static double wvm_monotonic(void) {
        LARGE_INTEGER f, c; QueryPerformanceFrequency(&f); QueryPerformanceCounter(&c);
        return (double)c.QuadPart / (double)f.QuadPart;
    }
    #else
    #include <sys/mman.h>
    #include <time.h>
    #ifndef MAP_NORESERVE
    #define MAP_NORESERVE 0
    #endif
    static void *wvm_reserve(size_t n) {
        void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return p == MAP_FAILED ? NULL : p;
    }
    static int wvm_commit(void *p, size_t n) { (void)p; (void)n; return 1; }
    static void wvm_release(void *p, size_t n) { if (p) munmap(p, n); }
    #if defined(__linux__)
    static int wvm_clear(void *p, size_t n) { return !n || madvise(p, n, MADV_DONTNEED) == 0; }
    #define WVM_CLEARS
    #endif
    static void wvm_nap(void) { struct timespec t = {0, 50000}; nanosleep(&t, NULL); }
    static double wvm_monotonic(void) {
        struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
    }
    #endif
    /* A clock that costs a fifth of the other one and may be late by a tick of the system, 10 ms at most. */
    static double wvm_coarse(void) {
    #if defined(CLOCK_MONOTONIC_COARSE)
        struct timespec t; clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
        return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
    #else
        return wvm_monotonic();
    #endif
    }
    #ifndef WVM_CLEARS
    static int wvm_clear(void *p, size_t n) { (void)p; (void)n; return 0; }
    #endif
    """
    void* wvm_reserve(size_t) noexcept nogil
    bint wvm_commit(void*, size_t) noexcept nogil
    void wvm_release(void*, size_t) noexcept nogil  # no-op for NULL
    bint wvm_clear(void*, size_t) noexcept nogil  # make it zero and untouched again; false where that is not possible
    void wvm_nap() noexcept nogil  # long enough for a thread that waits for the GIL to wake up and take it
    double wvm_monotonic() noexcept nogil
    double wvm_coarse() noexcept nogil


cdef extern from *:
    """
    #if defined(_WIN32)
    static Py_ssize_t wvm_pread(int fd, void *p, size_t n, uint64_t at) { (void)fd; (void)p; (void)n; (void)at; return 0; }
    #else
    #include <unistd.h>
    static Py_ssize_t wvm_pread(int fd, void *p, size_t n, uint64_t at) { return pread(fd, p, n, (off_t)at); }
    #endif
    """
    Py_ssize_t wvm_pread(int, void*, size_t, uint64_t) noexcept nogil


cdef extern from *:
    """
    /* Linux: opens the directory at a relative path in one step, below `dir` and through no symbolic link. A descriptor
       that is good for nothing but calls on what is in it, or minus the number of the error. */
    #if defined(__linux__)
    #include <fcntl.h>
    #include <sys/syscall.h>
    #if !defined(SYS_openat2) && (defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__) || defined(__riscv)))
    #define SYS_openat2 437  /* headers that are older than the kernel may be */
    #endif
    #endif
    #define WVM_NO_MAGICLINKS 0x02
    #define WVM_NO_SYMLINKS 0x04
    #define WVM_BENEATH 0x08
    #if defined(SYS_openat2)
    static int wvm_openat2(int dir, const char *path, uint64_t resolve) {
        struct { uint64_t flags, mode, resolve; } how = {O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, resolve};
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        return fd < 0 ? -errno : (int)fd;
    }
    /* Whether the call is there and refuses what it has to. Some emulations of Linux know it and not all it promises. */
    static int wvm_has_openat2(void) {
        static const struct { const char *path; uint64_t resolve; int error; } tries[] = {
            {"..", WVM_BENEATH, EXDEV},
            {"/", WVM_BENEATH, EXDEV},
            {"/proc/self/fd", WVM_NO_SYMLINKS, ELOOP},
            {"/proc/self/cwd/.", WVM_NO_MAGICLINKS, ELOOP},
            {".", (uint64_t)1 << 63, EINVAL},
        };
        for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
            int found = wvm_openat2(AT_FDCWD, tries[i].path, tries[i].resolve);
            if (found >= 0) close(found);
            if (found != -tries[i].error) return 0;
        }
        return 1;
    }
    #else
    static int wvm_openat2(int dir, const char *path, uint64_t resolve) { (void)dir; (void)path; (void)resolve; return -ENOSYS; }
    static int wvm_has_openat2(void) { return 0; }
    #endif
    """
    enum:
        WVM_NO_MAGICLINKS
        WVM_NO_SYMLINKS
        WVM_BENEATH
    int wvm_openat2(int, const char*, uint64_t) noexcept nogil
    int wvm_has_openat2() noexcept nogil


cdef extern from *:
    """
    /* Images: files in memory that nothing can change any more, whose pages are mapped copy-on-write. Linux alone. */
    #if defined(__linux__)
    #include <errno.h>
    #include <fcntl.h>
    #include <sys/resource.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    #endif
    #if defined(__linux__) && defined(SYS_memfd_create)
    #ifndef F_ADD_SEALS
    #define F_ADD_SEALS 1033
    #endif
    #define WVM_SEALS 15  /* F_SEAL_SEAL, _SHRINK, _GROW, _WRITE */
    static size_t wvm_page(void) { long n = sysconf(_SC_PAGESIZE); return n > 0 ? (size_t)n : 0; }
    /* A file of n bytes, all of whose pages exist (so that none can fail to come later), and where it can be written; -1
       where there is no such thing. A process has descriptors for half of its limit only. */
    static int wvm_image_begin(size_t n, uint8_t **data) {
        struct rlimit most;
        void *p = MAP_FAILED;
        int fd = (int)syscall(SYS_memfd_create, "wasmvm", 3u /* MFD_CLOEXEC | MFD_ALLOW_SEALING */);
        if (fd < 0) return -1;
        if (getrlimit(RLIMIT_NOFILE, &most) == 0 && (rlim_t)fd < most.rlim_cur / 2 && fallocate(fd, 0, 0, (off_t)n) == 0)
            p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (p == MAP_FAILED) { close(fd); return -1; }
        *data = (uint8_t *)p;
        return fd;
    }
    /* Whether it is sealed now; `inode` will tell it from other files. */
    static int wvm_image_end(int fd, uint8_t *data, size_t n, uint64_t *device, uint64_t *inode) {
        struct stat s;
        munmap(data, n);
        if (fstat(fd, &s) != 0) return 0;
        *device = (uint64_t)s.st_dev;
        *inode = (uint64_t)s.st_ino;
        return fcntl(fd, F_ADD_SEALS, WVM_SEALS) == 0;
    }
    static int wvm_image_unmap(void *p, size_t n) {
        return mmap(p, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == p;
    }
    static int wvm_is_image(int fd, uint64_t device, uint64_t inode) {
        struct stat s;
        return fstat(fd, &s) == 0 && (uint64_t)s.st_dev == device && (uint64_t)s.st_ino == inode;
    }
    /* 1: mapped; 0: the range is as before; -1: it is not. Somebody may have closed the descriptor, whose number is
       another file's since then: that is looked at after mapping, so that it holds for what was mapped. */
    static int wvm_image_map(void *p, size_t n, int fd, uint64_t device, uint64_t inode) {
        if (!wvm_is_image(fd, device, inode)) return 0;
        if (mmap(p, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED, fd, 0) == p
                && wvm_is_image(fd, device, inode)) return 1;
        return wvm_image_unmap(p, n) ? 0 : -1;
    }
    static void wvm_image_close(int fd, uint64_t device, uint64_t inode) {
        if (wvm_is_image(fd, device, inode)) close(fd);
    }
    #else
    static size_t wvm_page(void) { return 0; }
    static int wvm_image_begin(size_t n, uint8_t **data) { (void)n; (void)data; return -1; }
    static int wvm_image_end(int fd, uint8_t *data, size_t n, uint64_t *device, uint64_t *inode) {
        (void)fd; (void)data; (void)n; (void)device; (void)inode; return 0;
    }
    static int wvm_image_unmap(void *p, size_t n) { (void)p; (void)n; return 0; }
    static int wvm_image_map(void *p, size_t n, int fd, uint64_t device, uint64_t inode) {
        (void)p; (void)n; (void)fd; (void)device; (void)inode; return 0;
    }
    static void wvm_image_close(int fd, uint64_t device, uint64_t inode) { (void)fd; (void)device; (void)inode; }
    #endif
    """
    size_t wvm_page() noexcept nogil  # bytes of a page of the system; 0 where there are no images
    int wvm_image_begin(size_t, uint8_t**) noexcept nogil
    bint wvm_image_end(int, uint8_t*, size_t, uint64_t*, uint64_t*) noexcept nogil
    bint wvm_image_unmap(void*, size_t) noexcept nogil  # zeros again
    int wvm_image_map(void*, size_t, int, uint64_t, uint64_t) noexcept nogil
    void wvm_image_close(int, uint64_t, uint64_t) noexcept nogil


cdef extern from *:
    """
    /* A hash under a secret key: the bytes are the coefficients, seven to each, of a polynomial, whose value at the key
       is taken modulo the prime 2^61 - 1. Who does not know the key finds other bytes of the same hash with a chance of
       (length / 7) / 2^61, whatever they try (Wegman and Carter). It reads 8 GB a second, BLAKE2 less than one. */
    #define WVM_PRIME 0x1FFFFFFFFFFFFFFFull
    #define WVM_SEVEN 0x00FFFFFFFFFFFFFFull
    #if defined(__SIZEOF_INT128__)
    typedef unsigned __int128 wvm_wide;
    static uint64_t wvm_mod(wvm_wide x) {
        uint64_t r = ((uint64_t)x & WVM_PRIME) + ((uint64_t)(x >> 61) & WVM_PRIME) + (uint64_t)(x >> 122);
        r = (r & WVM_PRIME) + (r >> 61);
        return r >= WVM_PRIME ? r - WVM_PRIME : r;
    }
    static uint64_t wvm_mul(uint64_t a, uint64_t b) { return wvm_mod((wvm_wide)a * b); }
    #else
    static uint64_t wvm_mul(uint64_t a, uint64_t b) {  /* both below 2^61 */
        uint64_t r = 0;
        for (int bit = 60; bit >= 0; bit--) {
            r <<= 1;
            r = r >= WVM_PRIME ? r - WVM_PRIME : r;
            r += b >> bit & 1 ? a : 0;
            r = r >= WVM_PRIME ? r - WVM_PRIME : r;
        }
        return r;
    }
    #endif
    static uint64_t wvm_seven(const uint8_t *p) { uint64_t x; memcpy(&x, p, 8); return x & WVM_SEVEN; }
    static uint64_t wvm_tag(const uint8_t *p, uint64_t n, uint64_t key) {
        uint64_t h = 0, left = n;
        key %= WVM_PRIME;
    #if defined(__SIZEOF_INT128__)
        uint64_t k[9];
        k[0] = 1;
        for (int i = 1; i < 9; i++) k[i] = wvm_mul(k[i - 1], key);
        for (; left > 56; left -= 56, p += 56) {  /* it reads a byte more than it takes */
            wvm_wide sum = (wvm_wide)h * k[8];
            for (int i = 0; i < 8; i++) sum += (wvm_wide)wvm_seven(p + 7 * i) * k[8 - i];
            h = wvm_mod(sum);
        }
    #endif
        while (left) {
            uint8_t last[8] = {0};
            uint64_t size = left < 7 ? left : 7;
            memcpy(last, p, size);
            h = wvm_mul((h + wvm_seven(last)) % WVM_PRIME, key);
            p += size;
            left -= size;
        }
        return wvm_mul((h + n % WVM_PRIME) % WVM_PRIME, key);
    }
    """
    uint64_t wvm_tag(const uint8_t*, uint64_t, uint64_t) noexcept nogil


cdef extern from *:
    """
    #ifdef WASMVM_CHECK
    #define WVM_CHECKS 1
    #else
    #define WVM_CHECKS 0
    #endif
    """
    bint WVM_CHECKS


cdef extern from *:
    """
    PyAPI_FUNC(int) _PyOS_IsMainThread(void);  /* all versions export it; from 3.13 on its header is an internal one */
    """
    bint runs_handlers "_PyOS_IsMainThread"()  # whether this is the thread in which Python runs handlers of signals
