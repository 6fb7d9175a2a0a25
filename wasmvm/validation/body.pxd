cimport cython
from libc.stdint cimport int64_t

from wasmvm.generated.codes cimport *
from wasmvm.generated.opcode cimport *
from wasmvm.reader cimport Reader
from wasmvm.validation.aggregates cimport Aggregates
from wasmvm.validation.rules cimport has_default
from wasmvm.validation.stacks cimport Stacks


cdef unsigned char[::1] IMM_OF
cdef int[::1] PARAMS_AT
cdef unsigned char[::1] PARAM_COUNT
cdef unsigned char[::1] RESULT


@cython.final
cdef class BodyValidator(Aggregates):
    cdef int block_params
    cdef int block_results
    cdef int br_tables
    cdef Py_ssize_t start

    @cython.locals(i=cython.Py_ssize_t, looked=cython.Py_ssize_t)
    cpdef int bodies(self, Py_ssize_t first, unsigned int[::1] code) except -1
    @cython.locals(reader=Reader, stack=Stacks, results=cython.int)
    cpdef int body(self, int typeidx, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(
        reader=Reader, stack=Stacks, count=cython.int, at=cython.int, i=cython.int, run=int64_t, more=int64_t,
        valtype=cython.int, group=cython.Py_ssize_t, most=cython.int, last=cython.int,
    )
    cdef int declare_locals(self, int typeidx) except -1
    @cython.locals(
        reader=Reader, stack=Stacks, buf="const unsigned char[::1]", at=cython.Py_ssize_t, op=cython.int,
        valtype=cython.int, count=cython.int, first=cython.int, height=cython.int, frame=cython.int,
        stop=cython.Py_ssize_t,
    )
    cdef int instructions(self) except -1
    @cython.locals(reader=Reader, stack=Stacks, idx=int64_t, valtype=cython.int)
    cdef int local_get(self) except -1
    @cython.locals(reader=Reader)
    cdef int missing_end(self) except -1

    @cython.locals(idx=int64_t)
    cdef int label(self) except -1
    @cython.locals(at=cython.int)
    cdef int enter(self, int op) except -1
    @cython.locals(reader=Reader, byte=cython.int, typeidx=cython.int)
    cdef int blocktype(self) except -1
    @cython.locals(stack=Stacks)
    cdef int otherwise(self) except -1
    @cython.locals(stack=Stacks)
    cdef int end(self) except -1
    cdef int branch(self, int frame) except -1
    @cython.locals(at=cython.int, count=cython.int)
    cdef int branch_or_stay(self, int frame) except -1
    @cython.locals(
        stack=Stacks, reader=Reader, count=int64_t, i=int64_t, frame=cython.int, operands=cython.int
    )
    cdef int br_table(self) except -1
    @cython.locals(typeidx=cython.int, table=cython.int)
    cdef int callee(self, int op) except -1
    @cython.locals(at=cython.int, params=cython.int)
    cdef int call(self, int typeidx) except -1
    @cython.locals(stack=Stacks, at=cython.int, params=cython.int)
    cdef int return_call(self, int typeidx) except -1
    @cython.locals(stack=Stacks, label=cython.int, matches=cython.bint)
    cdef int match_label(self, int at, int count, int more, int frame) except -1
    @cython.locals(stack=Stacks, frame=cython.int, reftype=cython.int)
    cdef int br_on_null(self) except -1
    @cython.locals(stack=Stacks, frame=cython.int)
    cdef int br_on_non_null(self) except -1
    @cython.locals(
        stack=Stacks, reader=Reader, at=cython.Py_ssize_t, flags=cython.int, frame=cython.int, given=cython.int,
        wanted=cython.int, other=cython.int, fails=cython.bint,
    )
    cdef int br_on_cast(self, int op) except -1
    @cython.locals(typeidx=cython.int)
    cdef int throw(self) except -1
    @cython.locals(
        reader=Reader, at=cython.int, params=cython.int, results=cython.int, i=int64_t, kind=cython.int,
        types_at=cython.int, count=cython.int, typeidx=cython.int, more=cython.int,
    )
    cdef int try_table(self) except -1
    @cython.locals(stack=Stacks, frame=cython.int, typeidx=cython.int)
    cdef int catch(self, int op) except -1
    @cython.locals(stack=Stacks, idx=int64_t)
    cdef int delegate(self) except -1
    @cython.locals(frame=cython.int)
    cdef int rethrow(self) except -1
    @cython.locals(reader=Reader, stack=Stacks, op=cython.int, idx=int64_t, look=cython.Py_ssize_t)
    cpdef int constant(self, Py_ssize_t start, Py_ssize_t end, int valtype, int64_t global_count) except -1
