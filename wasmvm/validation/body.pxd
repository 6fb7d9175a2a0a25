cimport cython
from libc.stdint cimport int64_t, uint64_t

from wasmvm.isa.opcode cimport *
from wasmvm.reader cimport Reader
from wasmvm.validation.stacks cimport Stacks


cdef unsigned char[::1] IMM_OF
cdef int[::1] PARAMS_AT
cdef unsigned char[::1] PARAM_COUNT
cdef unsigned char[::1] RESULT
cdef unsigned char[::1] NATURAL_ALIGNMENT
cdef unsigned char[::1] LANES_OF
cdef int NO_OPCODE
cdef int BOTTOM
cdef int I32
cdef int FUNCREF
cdef int MAX_LOCALS
cdef int LONG_GROUP


@cython.final
cdef class BodyValidator:
    cdef Reader reader
    cdef Stacks stack
    cdef const unsigned char[::1] buf
    cdef int[::1] type_at
    cdef int[::1] type_params
    cdef int[::1] type_results
    cdef int64_t type_count
    cdef int[::1] flat
    cdef unsigned int[::1] funcs
    cdef int64_t func_count
    cdef const unsigned char[::1] tables
    cdef int64_t table_count
    cdef int mem_count
    cdef const unsigned char[::1] globals
    cdef const unsigned char[::1] global_mutable
    cdef int64_t global_count
    cdef int64_t imported_globals
    cdef const unsigned char[::1] elems
    cdef int64_t elem_count
    cdef int64_t data_count
    cdef unsigned char[::1] refs
    cdef bytearray local_bytes
    cdef unsigned char[::1] locals
    cdef int local_count
    cdef int br_tables
    cdef Py_ssize_t start

    @cython.locals(i=cython.Py_ssize_t)
    cpdef int bodies(self, Py_ssize_t first, unsigned long long[::1] code) except -1
    @cython.locals(reader=Reader, stack=Stacks, results=cython.int)
    cpdef int body(self, int typeidx, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(
        reader=Reader, count=cython.int, at=cython.int, i=cython.int, _=int64_t, more=int64_t, valtype=cython.int,
        group=cython.Py_ssize_t,
    )
    cdef int declare_locals(self, int typeidx) except -1
    @cython.locals(
        reader=Reader, stack=Stacks, buf="const unsigned char[::1]", at=cython.Py_ssize_t, op=cython.int,
        valtype=cython.int, count=cython.int, first=cython.int, height=cython.int,
    )
    cdef int instructions(self) except -1
    @cython.locals(reader=Reader)
    cdef int missing_end(self) except -1

    @cython.locals(idx=int64_t)
    cdef int64_t index(self, int64_t count, str space) except -1
    cdef int zero(self) except -1
    cdef int memory(self) except -1
    @cython.locals(reader=Reader, idx=int64_t)
    cdef int local_type(self) except -1
    @cython.locals(idx=int64_t)
    cdef int label(self) except -1
    @cython.locals(idx=int64_t)
    cdef int64_t dataidx(self) except -1
    cdef int data(self, int64_t idx) except -1
    @cython.locals(reader=Reader, at=cython.Py_ssize_t, align=int64_t, offset=uint64_t)
    cdef int memarg(self, int op) except -1
    @cython.locals(_=cython.int)
    cdef int lanes(self, int op, int count) except -1
    @cython.locals(reader=Reader, kind=cython.int, idx=int64_t)
    cdef int immediates(self, int op) except -1
    cdef int match_reftypes(self, int expected, int actual) except -1

    @cython.locals(
        reader=Reader, byte=cython.int, at=cython.int, params=cython.int, results=cython.int, typeidx=int64_t
    )
    cdef int enter(self, int op) except -1
    @cython.locals(stack=Stacks)
    cdef int otherwise(self) except -1
    @cython.locals(stack=Stacks)
    cdef int end(self) except -1
    cdef int branch(self, int frame) except -1
    @cython.locals(stack=Stacks, frame=cython.int, at=cython.int, count=cython.int)
    cdef int br_if(self) except -1
    @cython.locals(
        stack=Stacks, reader=Reader, count=int64_t, _=int64_t, frame=cython.int, operands=cython.int
    )
    cdef int br_table(self) except -1
    @cython.locals(at=cython.int, params=cython.int)
    cdef int call(self, int typeidx) except -1
    @cython.locals(typeidx=int64_t, table=int64_t)
    cdef int call_indirect(self) except -1
    @cython.locals(idx=int64_t)
    cdef int ref_func(self) except -1
    @cython.locals(stack=Stacks, valtype=cython.int)
    cdef int ref_is_null(self) except -1
    @cython.locals(stack=Stacks, first=cython.int, second=cython.int, valtype=cython.int)
    cdef int select(self) except -1
    @cython.locals(stack=Stacks, reader=Reader, count=int64_t, _=int64_t, valtype=cython.int)
    cdef int select_t(self) except -1
    @cython.locals(idx=int64_t)
    cdef int global_set(self) except -1
    @cython.locals(elem=int64_t, table=int64_t)
    cdef int table_init(self) except -1
    @cython.locals(stack=Stacks, reftype=cython.int)
    cdef int table_access(self, int op) except -1
    @cython.locals(reader=Reader, stack=Stacks, op=cython.int, idx=int64_t)
    cpdef int constant(self, Py_ssize_t start, Py_ssize_t end, int valtype) except -1
