cimport cython

from wasmvm.generated.opcode cimport *
from wasmvm.generated.regopcode cimport *
from wasmvm.lowering.aggregates cimport Aggregates
from wasmvm.lowering.code cimport low_word
from wasmvm.lowering.operands cimport CONST, LOCAL, TEMP


cdef class Plain(Aggregates):
    cdef short[::1] rr
    cdef short[::1] rk
    cdef short[::1] kr
    cdef short[::1] mirrored
    cdef short[::1] wide
    cdef short[::1] traps
    cdef short[::1] params
    cdef short[::1] result_slots
    cdef short[::1] store_v
    cdef short[::1] store_k_v
    cdef short[::1] negated
    cdef short[::1] address_ak
    cdef short[::1] address_ab
    cdef short[::1] address_shl
    cdef short[::1] address_wide
    cdef int address_words
    cdef int memory

    cdef void make_plain(self) except *
    @cython.locals(i=cython.int, left=cython.int, right=cython.int, a=cython.int, b=cython.int)
    cdef int binary(self, int op, int start) except -1
    @cython.locals(bits=cython.ulonglong, a=cython.int)
    cdef int binary_const(self, int op, int form, int slot, int const, int start) except -1
    @cython.locals(a=cython.int, b=cython.int, k=cython.int)
    cdef int shift_and_add(self, int i) except -1
    @cython.locals(i=cython.int, a=cython.int)
    cdef int unary(self, int op, int start) except -1
    @cython.locals(count=cython.int, i=cython.int, kind=cython.int, form=cython.int, accesses=cython.bint,
                   offset=cython.ulonglong, bits=cython.ulonglong, a=cython.int, b=cython.int, c=cython.int,
                   width=cython.int)
    cdef int vector(self, int op, int start) except -1
    @cython.locals(i=cython.int, a=cython.int, b=cython.int, c=cython.int, width=cython.int)
    cdef int select(self) except -1
    @cython.locals(slot=cython.int, width=cython.int)
    cdef int local_get(self, int local) except -1
    @cython.locals(slot=cython.int)
    cdef int local_set(self, int local) except -1
    @cython.locals(i=cython.int, kind=cython.int, bits=cython.ulonglong)
    cdef int local_tee(self, int local) except -1
    @cython.locals(width=cython.int)
    cdef int global_get(self, int globalidx) except -1
    @cython.locals(a=cython.int)
    cdef int global_set(self, int globalidx) except -1
    cdef int use_memory(self, int memidx) except -1
    @cython.locals(memidx=cython.int)
    cdef unsigned long long memarg(self) except? 0xFFFFFFFFFFFFFFFF
    cdef bint constant_address(self, int i, unsigned long long offset) noexcept
    @cython.locals(last=cython.int, form=cython.int)
    cdef int computed_address(self, int op, int i) except -2
    @cython.locals(j=cython.int)
    cdef void address(self) noexcept
    @cython.locals(offset=cython.ulonglong, i=cython.int, a=cython.int, form=cython.int)
    cdef int load(self, int op, int start) except -1
    @cython.locals(a=cython.int)
    cdef int wide_load(self, int op, unsigned long long offset, int start) except -1
    @cython.locals(offset=cython.ulonglong, i=cython.int, a=cython.int, b=cython.int, bits=cython.ulonglong,
                   value_const=cython.bint, address_const=cython.bint, form=cython.int)
    cdef int store(self, int op, int start) except -1
    @cython.locals(a=cython.int, b=cython.int)
    cdef int wide_store(self, int op, unsigned long long offset, int start) except -1
    @cython.locals(offset=cython.ulonglong, count=cython.int, i=cython.int, a=cython.int, b=cython.int, c=cython.int)
    cdef int atomic(self, int op, int start) except -1
    cdef int rare(self, int op, int start) except -1
    @cython.locals(i=cython.int, a=cython.int, b=cython.int, c=cython.int, d=cython.int, e=cython.int, f=cython.int)
    cdef int two_results(self, int form, int count) except -1
    cdef int indexed_result(self, int op, int index) except -1
    @cython.locals(a=cython.int)
    cdef int ref_as_non_null(self, int start) except -1
    @cython.locals(a=cython.int)
    cdef int table_get(self, int tableidx, int start) except -1
    @cython.locals(a=cython.int, b=cython.int)
    cdef int table_grow(self, int tableidx, int start) except -1
    @cython.locals(a=cython.int)
    cdef int memory_grow(self, int memidx, int start) except -1
