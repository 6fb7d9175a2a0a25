cimport cython
from libc.stdint cimport int64_t

from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memcpy

from wasmvm.generated.codes cimport BOTTOM, MAX_LOCALS
from wasmvm.generated.opcode cimport OP_LOOP


cdef int LONG
cdef uint64_t SCATTER
cdef uint64_t SCATTER_TOO
cdef int PAIR_MASK


cdef inline bint same_range(int[::1] one, int first, int[::1] other, int at, int count) noexcept:
    return memcmp(&one[first], &other[at], <size_t>count * sizeof(int)) == 0


cdef inline void copy_range(int[::1] target, int first, int[::1] source, int at, int count) noexcept:
    memcpy(&target[first], &source[at], <size_t>count * sizeof(int))


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
    cdef int[::1] locals
    cdef int local_room
    cdef int expanded
    cdef int[::1] set_in
    cdef int[::1] assigned
    cdef int noting
    cdef int body
    cdef int same
    cdef int64_t[::1] pairs
    cdef uint64_t pair_mask
    cdef int assigned_count
    cdef object type_ids
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
    @cython.locals(key=int64_t, place=uint64_t)
    cdef bint matches(self, int actual, int expected) except -1
    @cython.locals(present=cython.int, missing=cython.int, base=cython.int, i=cython.int)
    cdef bint match_range(self, int at, int count) except -1
    @cython.locals(i=cython.int, one=cython.int, expected=cython.int, older_actual=cython.int, older_expected=cython.int)
    cdef bint match_each(self, int[::1] actual, int first, int at, int count) except -1
    cdef bint match_types(self, int at, int expected, int count) except -1
    cdef int require_range(self, int at, int count) except -1
    cdef int pop_range(self, int at, int count) except -1
    cdef int pop_each(self, int at, int count) except -1
    @cython.locals(first=cython.int, i=cython.int)
    cdef object mismatch(self, str what, int at, int count)
    @cython.locals(depth=cython.int, stay=cython.int)
    cdef int enter(self, int kind, int at, int params, int results) except -1
    @cython.locals(frame=cython.int, at=cython.int, count=cython.int)
    cdef int finish(self) except -1
    @cython.locals(frame=cython.int)
    cdef int leave(self) except -1
    cdef int otherwise(self) except -1
    cdef int begin_part(self) noexcept
    cdef int expect_locals(self, int count) except -1
    cdef int expect_assignments(self) except -1
    cdef int assign(self, int local, int valtype) noexcept
    @cython.locals(local=cython.int)
    cdef int forget_assignments(self, int frame) noexcept
    cdef int set_unreachable(self) noexcept
    cdef int label_at(self, int frame) noexcept
    cdef int label_count(self, int frame) noexcept


@cython.locals(new=cython.int[::1], i=cython.int)
cdef int[::1] grown(int[::1] old, int length, int longer)
