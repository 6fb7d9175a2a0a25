cimport cython
from libc.stdint cimport int64_t, uint64_t

from wasmvm.generated.wordkinds cimport *
from wasmvm.lowered cimport (
    CAUGHT_BY_ANY, CLAUSE_END, CLAUSE_REF, CLAUSE_SLOT, CLAUSE_START, CLAUSE_TAG, CLAUSE_TARGET, CLAUSE_WORDS, DELEGATES,
)


cdef enum:
    NOT_NUMBERS = -1
    MAX_SLOTS = 65536
    MAX_UNPAID = 8192
    MAX_UNPAID_RETURN = 1024
    MAX_MOVED = 2000
    MAX_PASSES = 16


@cython.final
cdef class Verifier:
    cdef const unsigned short[::1] row_of
    cdef const unsigned short[::1] following
    cdef const unsigned char[::1] rule
    cdef const unsigned char[::1] length
    cdef const unsigned char[::1] word_kinds
    cdef int sequences_from
    cdef int opcodes
    cdef int[::1] params
    cdef int[::1] results
    cdef int[::1] kinds
    cdef int type_count
    cdef int imported
    cdef int defined
    cdef unsigned int[::1] typeidxs
    cdef const unsigned char[::1] globals
    cdef const unsigned char[::1] callable
    cdef int[::1] tags
    cdef int mem_count
    cdef int data_count
    cdef int elem_count
    cdef const unsigned int[::1] bodies
    cdef const int[::1] code
    cdef const int[::1] clauses
    cdef unsigned char[::1] marks
    cdef int[::1] label
    cdef uint64_t[::1] states
    cdef uint64_t[::1] state
    cdef uint64_t[::1] scratch
    cdef unsigned char[::1] reached
    cdef int n
    cdef int frame_size
    cdef int words
    cdef int clause_count
    cdef int own
    cdef int here
    cdef int pos
    cdef int paid
    cdef int[::1] owed
    cdef int64_t passed
    cdef int64_t most
    cdef bint live
    cdef bint changed
    cdef bint other_memory
    cdef int64_t room
    cdef int64_t label_room
    cdef int64_t state_room
    cdef int64_t word_room
    cdef bint busy

    @cython.locals(params=cython.int, results=cython.int, frame_size=int64_t, zero_from=int64_t, zero_to=int64_t,
                   i=int64_t)
    cpdef bint accepts(self, int index, lowered) except -1
    @cython.locals(pos=cython.int, n=cython.int, length=cython.int, rule=cython.int,
                   op=cython.int, row=cython.int, count=cython.int, i=cython.int, kind=cython.int, at=cython.int)
    cdef bint find_instructions(self) noexcept
    @cython.locals(target=int64_t)
    cdef bint mark_label(self, int at) noexcept
    @cython.locals(i=cython.int, at=cython.int, start=cython.int, end=cython.int, target=cython.int, tag=cython.int,
                   with_ref=cython.int, slot=cython.int)
    cdef bint check_clauses(self) noexcept
    @cython.locals(last=cython.int, i=cython.Py_ssize_t)
    cdef bint check_offsets(self, const int[::1] offsets, int64_t start, int64_t end) noexcept
    @cython.locals(count=int64_t, i=int64_t)
    cdef bint number_labels(self) except -1
    cdef bint in_frame(self, int slot, int count) noexcept
    @cython.locals(i=cython.int)
    cdef bint reads(self, int slot, int count) noexcept
    @cython.locals(i=cython.int)
    cdef bint writes(self, int slot, int count) noexcept
    @cython.locals(word=cython.int, i=cython.int)
    cdef void forget_from(self, int slot) noexcept
    @cython.locals(label=int64_t, at=int64_t, i=cython.int, both=uint64_t)
    cdef bint leads_to(self, int target) noexcept
    @cython.locals(i=cython.int, at=cython.int, tag=cython.int, found=cython.bint, j=cython.int)
    cdef bint throws(self, int kept) noexcept
    @cython.locals(_=cython.int, i=cython.int)
    cdef bint follow_paths(self, int params, int zero_from, int zero_to) except -1
    @cython.locals(pos=cython.int, n=cython.int, label=int64_t, op=cython.int, row=cython.int,
                   rule=cython.int, length=cython.int, i=cython.int)
    cdef bint one_pass(self) noexcept
    @cython.locals(i=cython.int, row=cython.int)
    cdef bint is_followed(self, int op, int pos) noexcept
    @cython.locals(written=cython.int, labels=cython.int, i=cython.int, kind=cython.int,
                   word=cython.int)
    cdef bint plain(self, int row, int pos, int length) noexcept
    cdef bint word_is(self, int kind, int word) noexcept
    @cython.locals(accepted=cython.bint, i=cython.int)
    cdef bint special(self, int rule, int pos, int length) noexcept
    cdef bint moves(self, int at, int count) noexcept
    @cython.locals(kind=cython.int)
    cdef bint global_access(self, int rule, int slot, int globalidx) noexcept
    @cython.locals(first=cython.int, found=cython.int, table=cython.int)
    cdef int callee(self, int rule, int pos) noexcept
    cdef bint call(self, int typeidx, int base) noexcept
    @cython.locals(i=cython.int, tag=cython.int, typeidx=cython.int, base=cython.int,
                   count=cython.int, found=cython.bint)
    cdef bint ends(self, int rule, int pos, int length) noexcept
