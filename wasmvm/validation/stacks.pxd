cimport cython
from libc.stdint cimport int64_t

from wasmvm.isa.opcode cimport OP_LOOP


cdef int BOTTOM


@cython.final
cdef class Stacks:
    cdef public Py_ssize_t at
    cdef int[::1] flat
    cdef int[::1] operands
    cdef int height
    cdef int room
    cdef int floor
    cdef int unreachable
    cdef int depth
    cdef int max_depth
    cdef int[::1] kinds
    cdef int[::1] types
    cdef int[::1] params
    cdef int[::1] results
    cdef int[::1] floors
    cdef int[::1] unreachables
    cdef int[::1] checked
    cdef int[::1] marks
    cdef unsigned char[::1] local_set
    cdef int[::1] assigned
    cdef int assigned_count
    cdef object numbers
    cdef dict known

    cdef int reset(self) except -1
    @cython.locals(room=cython.int)
    cdef int grow(self, int count) except -1
    @cython.locals(length=cython.int)
    cdef int grow_frames(self) except -1
    cdef int push(self, int valtype) except -1
    @cython.locals(i=cython.int)
    cdef int push_range(self, int at, int count) except -1
    cdef int pop_any(self) except -1
    cdef int pop(self, int valtype) except -1
    @cython.locals(key=int64_t)
    cdef bint matches(self, int actual, int expected) except -1
    @cython.locals(present=cython.int, missing=cython.int, base=cython.int, i=cython.int)
    cdef bint match_range(self, int at, int count) except -1
    cdef int require_range(self, int at, int count) except -1
    cdef int pop_range(self, int at, int count) except -1
    @cython.locals(first=cython.int, i=cython.int)
    cdef object mismatch(self, str what, int at, int count)
    @cython.locals(depth=cython.int)
    cdef int enter(self, int kind, int at, int params, int results) except -1
    @cython.locals(frame=cython.int, at=cython.int, count=cython.int)
    cdef int finish(self) except -1
    @cython.locals(frame=cython.int)
    cdef int leave(self) except -1
    cdef int otherwise(self) except -1
    cdef int assign(self, int local) noexcept
    cdef int forget_assignments(self, int frame) noexcept
    cdef int set_unreachable(self) noexcept
    cdef int label_at(self, int frame) noexcept
    cdef int label_count(self, int frame) noexcept


@cython.locals(new=cython.int[::1], i=cython.int)
cdef int[::1] grown(int[::1] old, int length, int longer)
