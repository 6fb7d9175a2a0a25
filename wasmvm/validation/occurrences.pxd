cimport cython
from libc.stdint cimport int64_t

from wasmvm.generated.codes cimport *
from wasmvm.generated.opcode cimport *
from wasmvm.reader cimport Reader


cdef unsigned char[::1] IMM_OF


@cython.final
cdef class Occurrences:
    cdef readonly Reader reader
    cdef readonly object opcodes
    cdef int64_t[::1] first
    cdef readonly dict types
    cdef readonly dict casts
    cdef Py_ssize_t look

    cpdef int note(self, int type, Py_ssize_t at) except -1
    cpdef int bodies(self, unsigned int[::1] code) except -1
    @cython.locals(reader=Reader, at=cython.Py_ssize_t, _=int64_t)
    cpdef int body(self, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(
        reader=Reader, at=cython.Py_ssize_t, op=cython.int, kind=cython.int, _=int64_t
    )
    cpdef int expr(self, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(type=cython.int)
    cdef int blocktype(self, Py_ssize_t at) except -1
