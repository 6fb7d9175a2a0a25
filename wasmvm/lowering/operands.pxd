cimport cython

from wasmvm.lowering.code cimport Code, enlarged


cdef enum:
    TEMP = 0
    LOCAL = 1
    CONST = 2


cdef class Operands(Code):
    cdef int temp_base
    cdef int top_slot
    cdef int stack_cap
    cdef int h
    cdef int locals_on_stack
    cdef int head_cap
    cdef int[::1] head
    cdef signed char[::1] kind
    cdef signed char[::1] width
    cdef int[::1] slot
    cdef int[::1] above
    cdef int[::1] below
    cdef unsigned long long[::1] val

    cdef void make_operands(self) except *
    cdef void begin_operands(self, int local_slots) except *
    @cython.locals(i=cython.int)
    cdef void end_operands(self) noexcept
    cdef int grow_stack(self) except -1
    cdef int next_slot(self) noexcept
    @cython.locals(slot=cython.int)
    cdef int push(self, int kind, int width) except -1
    @cython.locals(i=cython.int, older=cython.int)
    cdef int push_local(self, int local, int width) except -1
    cdef int push_const(self, unsigned long long bits, int width) except -1
    @cython.locals(above=cython.int, below=cython.int)
    cdef void unlink(self, int i) noexcept
    cdef void pop(self) noexcept
    cdef void pop_to(self, int height) noexcept
    cdef int materialize(self, int i) except -1
    @cython.locals(i=cython.int)
    cdef int materialize_from(self, int height) except -1
    cdef int readable(self, int i) except -1
    cdef bint is_last_result(self, int i) noexcept
    cdef int preserve_local(self, int local) except -1
    @cython.locals(i=cython.int)
    cdef int preserve_all_locals(self) except -1
    @cython.locals(i=cython.int, kind=cython.int, width=cython.int, slot=cython.int, bits=cython.ulonglong,
                   retarget=cython.bint, length=cython.int)
    cdef int set_local(self, int local) except -1
    @cython.locals(i=cython.int, a=cython.int, b=cython.int, c=cython.int)
    cdef int consume(self, int op, int count, int start) except -1
