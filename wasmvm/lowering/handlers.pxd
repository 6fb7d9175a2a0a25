cimport cython

from wasmvm.lowering.code cimport enlarged
from wasmvm.lowering.reading cimport Reading


cdef enum:
    CLAUSE_WORDS = 6
    CLAUSE_START = 0
    CLAUSE_END = 1
    CLAUSE_TARGET = 2
    CLAUSE_TAG = 3
    CLAUSE_REF = 4
    CLAUSE_SLOT = 5


cdef class Handlers(Reading):
    cdef int[::1] clauses
    cdef int clause_cap
    cdef int clause_words

    cdef void make_handlers(self) except *
    @cython.locals(first=cython.int, i=cython.int)
    cdef int new_clauses(self, int count) except -1
    cdef int set_clause(self, int clause, int tag, int with_ref, int slot, int target) except -1
    cdef int close_clauses(self, int first) except -1
    @cython.locals(before=cython.int)
    cdef int bind_clauses(self, int label) except -1
