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
    @cython.locals(first=cython.int, i=cython.int)
    cdef int new_clauses(self, int count) except -1
    cdef int set_clause(self, int clause, int tag, int with_ref, int slot, int target) except -1
    cdef int close_clauses(self, int first) except -1
    @cython.locals(before=cython.int)
    cdef int bind_clauses(self, int label) except -1
