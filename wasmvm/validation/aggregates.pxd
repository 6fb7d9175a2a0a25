cimport cython
from libc.stdint cimport int64_t

from wasmvm.generated.codes cimport *
from wasmvm.generated.opcode cimport *
from wasmvm.validation.rules cimport Rules, has_default
from wasmvm.validation.stacks cimport Stacks


cdef int MAX_FIXED


cdef class Aggregates(Rules):
    cdef int aggregate(self, int op) except -1
    @cython.locals(idx=cython.int, at=cython.int, count=cython.int)
    cdef int struct_new(self, int op) except -1
    @cython.locals(i=cython.int)
    cdef int defaultable(self, int at, int count) except -1
    @cython.locals(is_packed=cython.bint)
    cdef int access(self, int at, bint signed, str what) except -1
    @cython.locals(idx=cython.int, at=cython.int)
    cdef int struct_access(self, int op) except -1
    @cython.locals(idx=cython.int, at=cython.int, count=int64_t, _=int64_t)
    cdef int array_new(self, int op) except -1
    @cython.locals(stack=Stacks, idx=cython.int, at=cython.int, dataidx=int64_t, elemidx=int64_t)
    cdef int array_segment(self, int op) except -1
    cdef int mutable_array(self, int at) except -1
    @cython.locals(stack=Stacks, idx=cython.int, at=cython.int)
    cdef int array_access(self, int op) except -1
    @cython.locals(
        stack=Stacks, target=cython.int, source=cython.int, expected=cython.int, actual=cython.int
    )
    cdef int array_copy(self) except -1
    @cython.locals(stack=Stacks, heaptype=cython.int)
    cdef int cast(self, int op) except -1
    cdef int top(self, int reftype) except -1
    @cython.locals(stack=Stacks, idx=cython.int)
    cdef int pop_descriptor(self, int reftype) except -1
    @cython.locals(stack=Stacks, heaptype=cython.int)
    cdef int cast_desc_eq(self, int op) except -1
    @cython.locals(stack=Stacks, idx=cython.int, exact=cython.int)
    cdef int ref_get_desc(self) except -1
    @cython.locals(stack=Stacks, actual=cython.int, expected=cython.int, result=cython.int)
    cdef int convert(self, int op) except -1
