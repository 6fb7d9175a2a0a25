cimport cython

from wasmvm.generated.codes cimport CATCH_ALL, CATCH_ALL_REF, CATCH_REF
from wasmvm.generated.opcode cimport *
from wasmvm.generated.regopcode cimport *
from wasmvm.lowering.code cimport MAX_WORDS, enlarged, low_word
from wasmvm.lowered cimport (
    CAUGHT_BY_ANY, CLAUSE_END, CLAUSE_REF, CLAUSE_SLOT, CLAUSE_START, DELEGATES, REF_FIRST, REF_LAST,
)
from wasmvm.lowering.operands cimport CONST, LOCAL, TEMP
from wasmvm.lowering.plain cimport Plain


cdef enum:
    CTL_BLOCK = 0
    CTL_LOOP = 1
    CTL_IF = 2
    CTL_ELSE = 3
    CTL_TRY_TABLE = 4
    CTL_TRY = 5
    CTL_HANDLER = 6
    MAX_MOVES = 4
    MAX_UNPAID = 512
    MAX_AT_RETURN = 64


cdef class Control(Plain):
    cdef short[::1] br_if
    cdef short[::1] br_unless
    cdef short[::1] loop_form
    cdef short[::1] loop_add
    cdef short[::1] mirrored_br
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
    cdef int[::1] c_catch
    cdef int[::1] c_owed
    cdef int[::1] c_clause
    cdef int[::1] c_delegate
    cdef bint calls
    cdef bint metering_calls

    cdef void make_control(self) except *
    cdef void begin_control(self, bint metering_calls) noexcept
    cdef int grow_control(self) except -1
    @cython.locals(k=cython.int, height=cython.int)
    cdef int push_control(self, int kind, int type_) except -1
    cdef void owe(self, int k) noexcept
    @cython.locals(owed=cython.int)
    cdef void owe_at_label(self, int k) noexcept
    cdef void called(self) noexcept
    cdef int pay_at_return(self, int slots) except -1
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
    cdef int br(self, int k) except -1
    @cython.locals(target=cython.int, i=cython.int)
    cdef int move_to_label(self, int k, int first) except -1
    @cython.locals(i=cython.int, j=cython.int, op=cython.int, length=cython.int)
    cdef void take_condition(self) except *
    @cython.locals(i=cython.int)
    cdef int conditional(self, int op) except -1
    cdef int br_if_(self, int k) except -1
    @cython.locals(count=cython.int, first=cython.int, skip=cython.int)
    cdef int branch_on_condition(self, int k) except -1
    @cython.locals(i=cython.int, kind=cython.int, bits=cython.ulonglong)
    cdef int br_on_null(self, int k) except -1
    cdef int br_on_non_null(self, int k) except -1
    @cython.locals(nullable=cython.int, k=cython.int, heaptype=cython.int)
    cdef int br_on_cast(self, bint fails) except -1
    @cython.locals(nullable=cython.int, k=cython.int, b=cython.int)
    cdef int br_on_cast_desc_eq(self, bint fails, int start) except -1
    @cython.locals(op=cython.int, other=cython.int, dst=cython.int, j=cython.int)
    cdef int add_and_branch(self, int k) except -1
    @cython.locals(slots=cython.int)
    cdef int leave_with(self, int k, int first) except -1
    @cython.locals(a=cython.int, count=cython.int, default=cython.Py_ssize_t, k=cython.int, first=cython.int,
                   i=cython.int)
    cdef int br_table(self) except -1
    @cython.locals(count=cython.int, i=cython.int, bits=cython.ulonglong, a=cython.int)
    cdef int return_(self) except -1
    @cython.locals(type_=cython.int, clauses=cython.int)
    cdef int try_table(self) except -1
    @cython.locals(back=cython.Py_ssize_t, kind=cython.int, tag=cython.int, to=cython.int, clause=cython.int)
    cdef int close_try_table(self, int k) except -1
    @cython.locals(type_=cython.int)
    cdef int try_(self) except -1
    @cython.locals(k=cython.int, start=cython.int, end=cython.int, slot=cython.int)
    cdef int handler(self, int tag) except -1
    cdef int settle(self, int k) except -1
    @cython.locals(k=cython.int, to=cython.int)
    cdef int delegate(self) except -1
    @cython.locals(k=cython.int)
    cdef int rethrow(self, int start) except -1
    @cython.locals(tag=cython.int, base=cython.int)
    cdef int throw(self, int op, int start) except -1
    @cython.locals(type_=cython.int, base=cython.int)
    cdef int call(self, int funcidx, int start) except -1
    @cython.locals(type_=cython.int, tableidx=cython.int, a=cython.int, base=cython.int)
    cdef int call_indirect(self, int start) except -1
    @cython.locals(type_=cython.int, a=cython.int, base=cython.int)
    cdef int call_ref(self, int start) except -1
    @cython.locals(index=cython.int, type_=cython.int, tableidx=cython.int, a=cython.int, slots=cython.int,
                   base=cython.int)
    cdef int return_call(self, int op, int start) except -1
    @cython.locals(first=cython.int, base=cython.int)
    cdef int arguments(self, int type_) except -1
