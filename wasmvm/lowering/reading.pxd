cimport cython

from wasmvm.generated.codes cimport *
from wasmvm.generated.opcode cimport *
from wasmvm.lowering.code cimport enlarged, low_word
from wasmvm.lowering.context cimport Context
from wasmvm.lowering.operands cimport TEMP, Operands
from wasmvm.reader cimport Reader


cdef unsigned long long ALL_ONES


cdef class Reading(Operands):
    cdef object checkpoint
    cdef Context context
    cdef const unsigned char[::1] source
    cdef int funcidx
    cdef Py_ssize_t pos
    cdef Py_ssize_t end
    cdef Reader skipper
    cdef unsigned char[::1] imm_of
    cdef int[::1] prefix_base
    cdef int local_cap
    cdef int expanded
    cdef int[::1] local_slot
    cdef signed char[::1] local_widths
    cdef int run_cap
    cdef int run_count
    cdef int[::1] run_first
    cdef int[::1] run_end
    cdef int[::1] run_slot
    cdef int[::1] run_width
    cdef int param_slots
    cdef bint exact
    cdef int assign_cap
    cdef signed char[::1] assigned
    cdef int[::1] assign_log
    cdef int assign_count
    cdef int zero_from
    cdef int zero_to
    cdef int result_type

    cdef void make_reading(self) except *
    cdef void begin_reading(self, Context context, Py_ssize_t index, Py_ssize_t start, Py_ssize_t end) except *
    cdef int look_around(self) except -1
    @cython.locals(byte=cython.uint, value=cython.uint, shift=cython.int)
    cdef unsigned int u32(self) noexcept
    @cython.locals(byte=cython.ulonglong, value=cython.ulonglong, shift=cython.int)
    cdef unsigned long long s64(self) noexcept
    @cython.locals(byte=cython.ulonglong, value=cython.ulonglong, shift=cython.int)
    cdef unsigned long long u64(self) noexcept
    @cython.locals(byte=cython.ulonglong, value=cython.ulonglong, i=cython.int)
    cdef unsigned long long fixed(self, int size) noexcept
    @cython.locals(byte=cython.int, base=cython.int)
    cdef int opcode(self) except -1
    cdef unsigned int memidx(self) noexcept
    cdef int skip_immediates(self, int op) except -1
    @cython.locals(byte=cython.int)
    cdef int valtype_width(self) noexcept
    cdef int heaptype(self) noexcept
    @cython.locals(byte=cython.int)
    cdef int block_type(self) noexcept
    cdef int param_count(self, int type_) noexcept
    cdef int result_count(self, int type_) noexcept
    @cython.locals(i=cython.int)
    cdef int push_results(self, int type_) except -1
    @cython.locals(i=cython.int)
    cdef int push_params(self, int type_) except -1
    @cython.locals(context=Context, typeidx=cython.int, i=cython.uint, count=cython.int, slot=cython.int,
                   room=cython.int)
    cdef void read_locals(self) except *
    @cython.locals(k=cython.int, first=cython.int, last=cython.int, i=cython.int)
    cdef int declare(self, int count, int width, int slot, int room) except -1
    @cython.locals(k=cython.int)
    cdef int new_run(self, int first, int end, int slot, int width) except -1
    @cython.locals(low=cython.int, high=cython.int, middle=cython.int)
    cdef int run_of(self, int local) noexcept
    @cython.locals(k=cython.int)
    cdef int slot_of(self, int local) noexcept
    cdef int width_of(self, int local) noexcept
    @cython.locals(i=cython.int)
    cdef void end_reading(self) noexcept
