# The bytes of a module that are read from its file in parts, when they are needed (`compiled/partial.py`).

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


def blank_bytes(Py_ssize_t size):
    """Bytes of any content, for `read_into`. Those of a large object that are never read cost no memory."""
    return PyBytes_FromStringAndSize(NULL, size)


def copy_into(bytes target, Py_ssize_t at, bytes content):
    """Give the bytes of `target` from `at` on this content; as `read_into`."""
    if at < 0 or len(content) > len(target) - at:
        raise ValueError(f"{len(content)} bytes at {at} of {len(target)}")
    memcpy(PyBytes_AS_STRING(target) + at, PyBytes_AS_STRING(content), <size_t>len(content))


def tags(bytes data not None, const unsigned int[::1] ranges, uint64_t key):
    """Hashes of ranges of bytes, 8 bytes for each, which only those can forge who know the key.

    Args:
        ranges: the first and the last position of each.

    Raises:
        ValueError: there are no such bytes.
    """
    cdef Py_ssize_t count = len(ranges) // 2
    cdef Py_ssize_t i
    cdef uint64_t size = len(data)
    cdef const uint8_t* start = <const uint8_t*>PyBytes_AS_STRING(data)
    cdef uint64_t tag
    for i in range(count):
        if ranges[2 * i] > ranges[2 * i + 1] or ranges[2 * i + 1] > size:
            raise ValueError(f"no bytes {ranges[2 * i]} to {ranges[2 * i + 1]}")
    cdef bytes found = PyBytes_FromStringAndSize(NULL, 8 * count)
    cdef char* to = PyBytes_AS_STRING(found)
    with nogil:
        for i in range(count):
            tag = wvm_tag(start + ranges[2 * i], ranges[2 * i + 1] - ranges[2 * i], key)
            memcpy(to + 8 * i, &tag, 8)
    return found


def read_into(bytes target, int descriptor, Py_ssize_t start, Py_ssize_t end):
    """Give the bytes `start` up to `end` of `target` the content that a file has there.

    To Python bytes never change. So `target` must come from `blank_bytes`, and nobody may have looked at these bytes,
    unless they had that content already.

    Raises:
        OSError: the file cannot be read.
        EOFError: it is shorter.
        ValueError: `target` is.
    """
    if not 0 <= start <= end <= len(target):
        raise ValueError(f"no bytes {start} to {end}")
    cdef char* data = PyBytes_AS_STRING(target)
    cdef Py_ssize_t count
    while start < end:
        with nogil:
            count = wvm_pread(descriptor, data + start, <size_t>(end - start), <uint64_t>start)
        if count == 0:
            raise EOFError("the file ends before its size")
        if count > 0:
            start += count
        elif errno == EINTR:
            PyErr_CheckSignals()
        else:
            PyErr_SetFromErrno(OSError)
