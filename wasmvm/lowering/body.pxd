cimport cython

from wasmvm.isa.opcode cimport *
from wasmvm.isa.regopcode cimport *
from wasmvm.lowering.aggregates cimport Aggregates
from wasmvm.lowering.code cimport MOST_WORDS, enlarged, low_word
from wasmvm.lowering.context cimport Context
from wasmvm.lowering.operands cimport CONST, LOCAL, TEMP
from wasmvm.lowering.handlers cimport CLAUSE_WORDS
from wasmvm.lowering.reading cimport CATCH_ALL, CATCH_ALL_REF, CATCH_REF


cdef enum:
    CTL_BLOCK = 0
    CTL_LOOP = 1
    CTL_IF = 2
    CTL_ELSE = 3
    CTL_TRY = 4

cdef bint stays_inside(int op) noexcept

@cython.final
cdef class Body(Aggregates):
    cdef short[::1] shape
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
    cdef short[::1] br_if
    cdef short[::1] br_unless
    cdef short[::1] negated
    cdef short[::1] loop_form
    cdef short[::1] loop_add
    cdef short[::1] mirrored_br
    cdef short[::1] address_ak
    cdef short[::1] address_ab
    cdef short[::1] address_shl
    cdef short[::1] address_wide
    cdef int address_words
    cdef int[::1] condition
    cdef int condition_if
    cdef int condition_unless
    cdef int condition_words
    cdef int dead
    cdef int depth
    cdef int control_cap
    cdef int[::1] c_kind
    cdef int[::1] c_height
    cdef int[::1] c_slot
    cdef int[::1] c_label
    cdef int[::1] c_else
    cdef int[::1] c_target
    cdef int[::1] c_type
    cdef int[::1] c_log
    cdef int[::1] c_stub
    cdef bint metering, metering_calls
    cdef int[::1] c_catch
    cdef int fuel_at
    cdef int memory

    @cython.locals(start=cython.int, op=cython.int, shape=cython.int)
    cpdef run(self)
    cpdef rewrite(self, accumulators)
    cdef int skip_dead(self, int op) except -1
    cdef int charge(self, int op, int start) except -1
    @cython.locals(size=cython.int)
    cdef int charge_bulk(self, int op, int start) except -1
    cdef int other(self, int op, int start) except -1
    cdef int rare(self, int op, int start) except -1
    @cython.locals(i=cython.int, left=cython.int, right=cython.int, a=cython.int, b=cython.int)
    cdef int binary(self, int op, int start) except -1
    @cython.locals(a=cython.int, b=cython.int, k=cython.int)
    cdef int shift_and_add(self, int i) except -1
    @cython.locals(last=cython.int, form=cython.int)
    cdef int computed_address(self, int op, int i) except -2
    @cython.locals(j=cython.int)
    cdef void address(self) noexcept
    @cython.locals(bits=cython.ulonglong, a=cython.int)
    cdef int binary_const(self, int op, int form, int slot, int const, int start) except -1
    @cython.locals(i=cython.int, a=cython.int)
    cdef int unary(self, int op, int start) except -1
    @cython.locals(a=cython.int)
    cdef int wide_load(self, int op, unsigned long long offset, int start) except -1
    @cython.locals(a=cython.int, b=cython.int)
    cdef int wide_store(self, int op, unsigned long long offset, int start) except -1
    cdef int use_memory(self, int memidx) except -1
    @cython.locals(memidx=cython.int)
    cdef unsigned long long memarg(self) except? 0xFFFFFFFFFFFFFFFF
    cdef bint constant_address(self, int i, unsigned long long offset) noexcept
    @cython.locals(offset=cython.ulonglong, i=cython.int, a=cython.int, form=cython.int)
    cdef int load(self, int op, int start) except -1
    @cython.locals(offset=cython.ulonglong, i=cython.int, a=cython.int, b=cython.int, bits=cython.ulonglong,
                   value_const=cython.bint, address_const=cython.bint, form=cython.int)
    cdef int store(self, int op, int start) except -1
    @cython.locals(count=cython.int, i=cython.int, kind=cython.int, form=cython.int, accesses=cython.bint,
                   offset=cython.ulonglong, bits=cython.ulonglong, a=cython.int, b=cython.int, c=cython.int,
                   width=cython.int)
    cdef int vector(self, int op, int start) except -1
    cdef int indexed_result(self, int op, int index) except -1
    @cython.locals(i=cython.int, a=cython.int, b=cython.int, c=cython.int, width=cython.int)
    cdef int select(self) except -1
    cdef int local_width(self, int local) noexcept
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
    @cython.locals(a=cython.int)
    cdef int table_get(self, int tableidx, int start) except -1
    @cython.locals(a=cython.int, b=cython.int)
    cdef int table_grow(self, int tableidx, int start) except -1
    @cython.locals(a=cython.int)
    cdef int memory_grow(self, int memidx, int start) except -1
    cdef int grow_control(self) except -1
    @cython.locals(k=cython.int, height=cython.int)
    cdef int push_control(self, int kind, int type_) except -1
    @cython.locals(type_=cython.int)
    cdef int block(self, int kind, int start) except -1
    @cython.locals(type_=cython.int, words=cython.int, i=cython.int)
    cdef int if_(self) except -1
    @cython.locals(k=cython.int)
    cdef int else_(self) except -1
    cdef void forget_assignments(self, int k) noexcept
    @cython.locals(k=cython.int, joined=cython.bint)
    cdef int end_block(self) except -1
    cdef int end_function(self, bint joined) except -1
    cdef int arity(self, int k) noexcept
    cdef int slots_from(self, int height) noexcept
    cdef void refer(self, int k) noexcept
    cdef int jump(self, int k) except -1
    @cython.locals(first=cython.int, target=cython.int, i=cython.int)
    cdef int br(self, int k) except -1
    @cython.locals(i=cython.int, j=cython.int, op=cython.int, length=cython.int)
    cdef void take_condition(self) except *
    @cython.locals(i=cython.int)
    cdef int conditional(self, int op) except -1
    @cython.locals(count=cython.int, first=cython.int, skip=cython.int)
    cdef int branch_on_condition(self, int k) except -1
    cdef int br_if_(self, int k) except -1
    @cython.locals(i=cython.int, kind=cython.int, bits=cython.ulonglong)
    cdef int br_on_null(self, int k) except -1
    cdef int br_on_non_null(self, int k) except -1
    @cython.locals(nullable=cython.int, k=cython.int, heaptype=cython.int)
    cdef int br_on_cast(self, bint fails) except -1
    @cython.locals(a=cython.int)
    cdef int ref_as_non_null(self, int start) except -1
    @cython.locals(op=cython.int, other=cython.int, dst=cython.int, j=cython.int)
    cdef int add_and_branch(self, int k) except -1
    @cython.locals(slots=cython.int)
    cdef int leave_with(self, int k, int first) except -1
    @cython.locals(a=cython.int, count=cython.int, default=cython.Py_ssize_t, k=cython.int, first=cython.int,
                   i=cython.int)
    cdef int br_table(self) except -1
    @cython.locals(count=cython.int, i=cython.int, bits=cython.ulonglong, a=cython.int)
    cdef int return_(self) except -1
    @cython.locals(type_=cython.int, base=cython.int)
    cdef int call(self, int funcidx, int start) except -1
    @cython.locals(type_=cython.int, tableidx=cython.int, a=cython.int, base=cython.int)
    cdef int call_indirect(self, int start) except -1
    @cython.locals(type_=cython.int, a=cython.int, base=cython.int)
    cdef int call_ref(self, int start) except -1
    @cython.locals(type_=cython.int, count=cython.int, first=cython.int, i=cython.int, clause=cython.int,
                   kind=cython.int, tag=cython.int, k=cython.int, with_ref=cython.int)
    cdef int try_table(self) except -1
    @cython.locals(tag=cython.int, base=cython.int)
    cdef int throw(self, int op, int start) except -1
    @cython.locals(index=cython.int, type_=cython.int, tableidx=cython.int, a=cython.int, slots=cython.int,
                   base=cython.int)
    cdef int return_call(self, int op, int start) except -1
    @cython.locals(first=cython.int, base=cython.int)
    cdef int arguments(self, int type_) except -1
