cimport cython

from wasmvm.generated.opcode cimport *
from wasmvm.generated.regopcode cimport *
from wasmvm.lowering.clauses cimport Clauses
from wasmvm.lowering.operands cimport TEMP


cdef enum:
    NULLABLE = 1
    OF_FUNC = 2
    OF_EXACT = 4
    WORDS_OF_A_CAST = 32


cdef class Aggregates(Clauses):
    cdef int aggregate(self, int op, int start) except -1
    cdef int element_width(self, int typeidx) noexcept
    @cython.locals(typeidx=cython.int, field=cython.int, width=cython.int, a=cython.int, first=cython.int)
    cdef int struct_get(self, int op, int start) except -1
    @cython.locals(typeidx=cython.int, field=cython.int)
    cdef int struct_set(self, int start) except -1
    @cython.locals(width=cython.int, a=cython.int, b=cython.int, first=cython.int)
    cdef int array_get(self, int op, int start) except -1
    @cython.locals(a=cython.int)
    cdef int checked(self, int op, int start) except -1
    @cython.locals(live=cython.int)
    cdef int begin_new(self, int op, int count, int start) except -1
    @cython.locals(typeidx=cython.int, count=cython.int, first=cython.int)
    cdef int struct_new(self, int op, int start) except -1
    @cython.locals(typeidx=cython.int, count=cython.int, first=cython.int, a=cython.int, b=cython.int)
    cdef int struct_new_desc(self, int op, int start) except -1
    @cython.locals(typeidx=cython.int, count=cython.int, first=cython.int)
    cdef int array_new_fixed(self, int start) except -1
    @cython.locals(a=cython.int, b=cython.int)
    cdef int array_new(self, int op, int start) except -1
    @cython.locals(a=cython.int, b=cython.int)
    cdef int array_new_segment(self, int op, int start) except -1
    cdef int field_count(self, int typeidx) noexcept
    @cython.locals(first=cython.int)
    cdef int in_a_row(self, int count) except -1
    @cython.locals(first=cython.int)
    cdef int consume_row(self, int op, int count, int start) except -1
    @cython.locals(flags=cython.int)
    cdef int cast_flags(self, int heaptype, bint nullable) noexcept
    @cython.locals(heaptype=cython.int, a=cython.int)
    cdef int ref_test(self, bint nullable) except -1
    @cython.locals(heaptype=cython.int, a=cython.int)
    cdef int ref_cast(self, bint nullable, int start) except -1
    @cython.locals(a=cython.int, b=cython.int)
    cdef int ref_cast_desc_eq(self, bint nullable, int start) except -1
