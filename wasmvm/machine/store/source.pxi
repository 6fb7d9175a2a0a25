# The bytes of a module that are read from its file in parts, when they are needed (`compiled/partial.py`).

cdef enum:
    COPIED_AT_ONCE = 1 << 16  # bytes that are copied with the GIL: letting go of it would take longer

def blank_bytes(Py_ssize_t size):
    """Bytes with arbitrary content, for `read_into`. Parts of a large object that are never written cost no memory."""
    return PyBytes_FromStringAndSize(NULL, size)


def copy_into(bytes target not None, Py_ssize_t at, const uint8_t[::1] content not None):
    """Write `content`, any bytes, into `target` at `at`, under the conditions of `read_into`; large ones without the GIL."""
    cdef Py_ssize_t size = len(content)
    if at < 0 or size > len(target) - at:
        raise ValueError(f"{size} bytes at {at} of {len(target)}")
    if size == 0:
        return
    cdef char* to = PyBytes_AS_STRING(target) + at
    if size < COPIED_AT_ONCE:
        memcpy(to, &content[0], <size_t>size)
    else:
        with nogil:
            memcpy(to, &content[0], <size_t>size)


def tags(bytes data not None, const unsigned int[::1] ranges, uint64_t key):
    """Hashes of ranges of bytes, 8 bytes each, which nobody can forge without the key.

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
    """Read the bytes from `start` up to `end` of a file into the same place of `target`.

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
