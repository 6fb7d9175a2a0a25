cimport cython
from libc.stdint cimport int64_t, uint64_t

from wasmvm.generated.codes cimport *
from wasmvm.generated.opcode cimport *
from wasmvm.reader cimport Reader
from wasmvm.validation.stacks cimport Stacks, grown


cdef unsigned char[::1] IMM_OF
cdef int[::1] PARAMS_AT
cdef unsigned char[::1] PARAM_COUNT
cdef unsigned char[::1] RESULT
cdef unsigned char[::1] NATURAL_ALIGNMENT
cdef unsigned char[::1] LANES_OF


cdef class Rules:
    cdef Reader reader
    cdef Stacks stack
    cdef const unsigned char[::1] buf
    cdef unsigned char[::1] type_kind
    cdef int[::1] type_at
    cdef int[::1] type_params
    cdef int[::1] type_results
    cdef int64_t type_count
    cdef int[::1] flat
    cdef int[::1] storage
    cdef unsigned char[::1] mutable
    cdef unsigned int[::1] funcs
    cdef int64_t func_count
    cdef unsigned int[::1] tags
    cdef int64_t tag_count
    cdef int[::1] tables
    cdef const unsigned char[::1] table_addr
    cdef int64_t table_count
    cdef const unsigned char[::1] mems
    cdef int64_t mem_count
    cdef int[::1] globals
    cdef const unsigned char[::1] global_mutable
    cdef int64_t global_count
    cdef int[::1] elems
    cdef int64_t elem_count
    cdef int64_t data_count
    cdef unsigned char[::1] refs
    cdef unsigned char[::1] inexact
    cdef int[::1] descriptors
    cdef int local_count
    cdef int param_count
    cdef int param_at
    cdef int run_count
    cdef int run_room
    cdef int[::1] run_ends
    cdef int[::1] run_types
    cdef int wide_at
    cdef unsigned char[::1] known_defaults
    cdef dict tops

    @cython.locals(idx=int64_t)
    cdef int64_t index(self, int64_t count, str space) except -1
    @cython.locals(idx=int64_t)
    cdef int typeidx(self, int kind) except -1
    cdef int expect_kind(self, int idx, int kind) except -1
    cdef int known_type(self, int valtype) except -1
    cdef int memidx(self) except -1
    cdef int tableidx(self) except -1
    @cython.locals(idx=int64_t)
    cdef int64_t dataidx(self) except -1
    cdef int data(self, int64_t idx) except -1
    cdef int elem(self, int64_t idx) except -1
    @cython.locals(reader=Reader, at=cython.Py_ssize_t, align=int64_t, memidx=int64_t, offset=uint64_t)
    cdef int memarg(self, int op) except -1
    @cython.locals(_=cython.int)
    cdef int lanes(self, int op, int count) except -1
    @cython.locals(stack=Stacks, i=cython.int)
    cdef int wide(self, int op) except -1
    @cython.locals(reader=Reader, kind=cython.int, idx=int64_t, source=cython.int)
    cdef int immediates(self, int op) except -1
    cdef int copies(self, int target, int source) except -1
    cdef int match_reftypes(self, int expected, int actual) except -1

    @cython.locals(idx=int64_t, stack=Stacks, valtype=cython.int)
    cdef int local_type(self) except -1
    @cython.locals(valtype=cython.int)
    cdef int rare_local(self, int64_t idx) except -1
    @cython.locals(low=cython.int, high=cython.int, middle=cython.int)
    cdef int declared_local(self, int64_t idx) except -1
    @cython.locals(count=cython.int)
    cdef int declare_run(self, int end, int valtype) except -1
    @cython.locals(stack=Stacks, first=cython.int, second=cython.int)
    cdef int select(self) except -1
    @cython.locals(valtype=cython.int)
    cdef int check_select(self, int first, int second) except -1
    @cython.locals(stack=Stacks, reader=Reader, count=int64_t, _=int64_t, valtype=cython.int)
    cdef int select_t(self) except -1
    @cython.locals(stack=Stacks, _=cython.int)
    cdef int two_results(self, int count) except -1
    @cython.locals(idx=int64_t)
    cdef int global_set(self) except -1
    @cython.locals(elem=int64_t, table=cython.int)
    cdef int table_init(self) except -1
    @cython.locals(stack=Stacks, table=cython.int, reftype=cython.int, addrtype=cython.int)
    cdef int table_access(self, int op) except -1
    @cython.locals(idx=int64_t)
    cdef int ref_func(self) except -1
    @cython.locals(exact=cython.int)
    cdef int push_func(self, int64_t idx) except -1
    cdef int ref_null(self) except -1
    @cython.locals(valtype=cython.int)
    cdef int pop_ref(self) except -1
    cdef int ref_is_null(self) except -1
    cdef int ref_as_non_null(self) except -1
    cdef int non_null(self, int reftype) except -1


cdef bint has_default(int valtype) noexcept
