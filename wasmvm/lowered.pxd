# Lowered code of one function as the machine has it. The same record for Python is in `lowered.py`.

from libc.stdint cimport int32_t


cdef enum:
    ARRAYS = 3  # the first fields of `parts_t` are numbers of words
    CLAUSE_WORDS = 6
    CLAUSE_START = 0
    CLAUSE_END = 1
    CLAUSE_TARGET = 2
    CLAUSE_TAG = 3
    CLAUSE_REF = 4
    CLAUSE_SLOT = 5
    CAUGHT_BY_ANY = -1
    DELEGATES = -2
    REF_LAST = 1
    REF_FIRST = 2


cdef struct clause_t:
    # A catch clause: what is thrown between `start` and `end` goes to `target`. The first one that fits catches: those of
    # an inner block come before those of an outer one. One that delegates has as target the clause to go on with.
    int32_t start
    int32_t end
    int32_t target
    int32_t tagidx  # or CAUGHT_BY_ANY, or DELEGATES
    int32_t with_ref  # 0, or whether the reference comes before or after the payload
    int32_t slot  # where these go


cdef struct parts_t:
    # A number for each field of `Lowered`: of an array, its words. In a file it stands in the record of a function.
    int32_t code
    int32_t offsets  # pairs: code position, byte offset in the module
    int32_t clauses
    int32_t frame_size
    int32_t zero_from
    int32_t zero_to


cdef struct lowered_t:
    # Shared by all instances of the module.
    int32_t* code  # the other arrays follow it, in their order; NULL where nothing is lowered yet
    parts_t parts


cdef inline bint holds(const lowered_t* lowered, const int32_t* pc) noexcept nogil:
    """Whether a position is in this code."""
    return lowered.code != NULL and lowered.code <= pc < lowered.code + lowered.parts.code


cdef inline const int32_t* offsets_of(const lowered_t* lowered) noexcept nogil:
    return lowered.code + lowered.parts.code


cdef inline const clause_t* clauses_of(const lowered_t* lowered) noexcept nogil:
    return <const clause_t*>(lowered.code + lowered.parts.code + lowered.parts.offsets)


cdef inline int32_t clause_count(const lowered_t* lowered) noexcept nogil:
    return lowered.parts.clauses // CLAUSE_WORDS
