cimport cython

from libc.stdint cimport int64_t, uint64_t

from wasmvm.generated.codes cimport *
from wasmvm.generated.opcode cimport *


cdef unsigned char[::1] IMM_OF
cdef int[::1] PREFIX_BASE
cdef int[::1] PREFIX_END
cdef const unsigned char[::1] IS_VALTYPE


@cython.final
cdef class Reader:
    cdef readonly bytes source
    cdef const unsigned char[::1] buf
    cdef public Py_ssize_t pos
    cdef public Py_ssize_t end
    cdef public Py_ssize_t descriptors_at
    cdef public Py_ssize_t exact_twice_at
    cdef public object checkpoint

    cpdef int look_around(self) except -1
    cpdef int note_descriptors(self, Py_ssize_t at) except -1
    cpdef int byte(self) except -1
    cpdef int skip(self, int64_t count) except -1

    @cython.locals(value=uint64_t, low=uint64_t, shift=cython.int, byte=cython.int)
    cpdef uint64_t uint(self, int bits) except? 0xBAD
    @cython.locals(value=int64_t, low=int64_t, unused=int64_t, shift=cython.int, byte=cython.int)
    cpdef int64_t sint(self, int bits) except? -1
    cpdef int64_t u32(self) except -1
    cpdef uint64_t u64(self) except? 0xBAD
    @cython.locals(at=cython.Py_ssize_t, count=int64_t)
    cpdef int64_t length(self) except -1
    @cython.locals(at=cython.Py_ssize_t, count=int64_t)
    cpdef str name(self)
    @cython.locals(at=cython.Py_ssize_t, byte=cython.int)
    cpdef int valtype(self) except -1
    @cython.locals(at=cython.Py_ssize_t, byte=cython.int)
    cpdef int reftype(self) except -1
    @cython.locals(byte=cython.int, heaptype=cython.int)
    cpdef int long_reftype(self, Py_ssize_t at, str message) except -1
    @cython.locals(at=cython.Py_ssize_t, typeidx=int64_t)
    cpdef int heaptype(self) except -1
    @cython.locals(at=cython.Py_ssize_t, byte=cython.int)
    cpdef int storagetype(self) except -1
    @cython.locals(at=cython.Py_ssize_t, byte=cython.int, typeidx=int64_t)
    cpdef int blocktype(self) except? -1
    @cython.locals(at=cython.Py_ssize_t, kind=cython.int)
    cpdef int catch(self) except -1
    @cython.locals(at=cython.Py_ssize_t, op=cython.int, second=int64_t)
    cpdef int opcode(self) except -1
    cpdef int skip_immediates(self, int kind) except -1
    @cython.locals(op=cython.int, depth=cython.Py_ssize_t, look=cython.Py_ssize_t)
    cpdef int skip_expr(self, Py_ssize_t limit) except -1
    cpdef int skip_func(self) except -1
