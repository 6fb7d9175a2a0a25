cimport cython

from wasmvm.lowered cimport (
    CLAUSE_END, CLAUSE_REF, CLAUSE_SLOT, CLAUSE_START, CLAUSE_TAG, CLAUSE_TARGET, CLAUSE_WORDS,
)
from wasmvm.lowering.code cimport enlarged
from wasmvm.lowering.reading cimport Reading


cdef class Clauses(Reading):
    cdef int[::1] clauses
    cdef int clause_cap
    cdef int clause_words

    cdef void make_clauses(self) except *
    @cython.locals(clause=cython.int)
    cdef int new_clause(self, int start, int end, int tag, int slot, int target) except -1
    @cython.locals(before=cython.int)
    cdef int bind_clauses(self, int label) except -1
    @cython.locals(before=cython.int)
    cdef int bind_delegates(self, int label) except -1
