cimport cython
from cpython.array cimport array as array_t, clone
from cpython.buffer cimport PyBUF_CONTIG_RO, PyBuffer_Release, PyObject_GetBuffer
from libc.string cimport memcpy, memset

from wasmvm.generated.regopcode cimport R_CONST32, R_CONST64, R_COPY, R_MOVE, R_MOVE_V128, R_PAY


cdef enum:
    MAX_WORDS = 12


cdef class Code:
    cdef int[::1] code
    cdef int n
    cdef int paid
    cdef int cap
    cdef long long limit
    cdef int last
    cdef int before
    cdef int[::1] offsets
    cdef int m
    cdef int offset_cap
    cdef short[::1] length_of
    cdef int[::1] saved
    cdef int saved_from
    cdef int[::1] labels
    cdef int label_cap
    cdef int label_count

    cdef void make_code(self) except *
    cdef void begin_code(self, Py_ssize_t size) except *
    cdef int reserve(self, int words) except -1
    cdef void word(self, int value) noexcept
    cdef int begin(self, int op) except -1
    cdef int begin_result(self, int op, int dst) except -1
    cdef void word64(self, unsigned long long value) noexcept
    cdef int emit_move(self, int dst, int src, int width) except -1
    cdef int emit_copy(self, int dst, int src, int slots) except -1
    cdef int pay(self, int units, int offset) except -1
    cdef int emit_const(self, int dst, unsigned long long bits) except -1
    cdef int note_offset(self, int offset) except -1
    cdef int label_word(self, int label) noexcept
    cdef int mark_label(self) except -1
    @cython.locals(before=cython.int)
    cdef int bind(self, int label) except -1
    @cython.locals(length=cython.int, i=cython.int)
    cdef int save_last(self) noexcept
    @cython.locals(i=cython.int)
    cdef int restore_last(self, int length, int dst) except -1


cdef int low_word(unsigned long long value) noexcept

# Both copy without the GIL: the code of one function may be fifty megabytes.


cdef inline array_t enlarged(object old, str typecode, Py_ssize_t capacity):
    """A copy of `old` with room for `capacity` items, the others 0."""
    cdef Py_buffer view
    cdef array_t grown = clone(array_t(typecode), capacity, False)
    PyObject_GetBuffer(old, &view, PyBUF_CONTIG_RO)
    with nogil:
        if view.len:
            memcpy(grown.data.as_chars, view.buf, <size_t>view.len)
        memset(grown.data.as_chars + view.len, 0, <size_t>(capacity * view.itemsize - view.len))
    PyBuffer_Release(&view)
    return grown


cdef inline array_t first_words(int[::1] words, Py_ssize_t count):
    """A copy of the first `count` words."""
    cdef array_t copy = clone(array_t("i"), count, False)
    if count > 0x4000:
        with nogil:
            memcpy(copy.data.as_ints, &words[0], <size_t>count * sizeof(int))
    elif count > 0:
        memcpy(copy.data.as_ints, &words[0], <size_t>count * sizeof(int))
    return copy
