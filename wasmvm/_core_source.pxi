# The bytes of a module that are read from its file in parts, when they are needed (`wasmvm/partial.py`).

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


def blank_bytes(Py_ssize_t size):
    """Bytes of any content, for `read_into`. Those of a large object that are never read cost no memory."""
    return PyBytes_FromStringAndSize(NULL, size)


def copy_into(bytes target, bytes content):
    """Give the bytes of `target` the content of as many others; as `read_into`."""
    if len(target) != len(content):
        raise ValueError(f"{len(content)} bytes for {len(target)}")
    memcpy(PyBytes_AS_STRING(target), PyBytes_AS_STRING(content), <size_t>len(content))


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
