cimport cython

from wasmvm.generated.regopcode cimport R_BR_TABLE


cdef enum:
    WORDS_BETWEEN_LOOKS = 1 << 16  # some milliseconds
    INT_RESULT = 1
    F64_RESULT = 2
    F32_RESULT = 3
    CLOBBERS = 4


@cython.final
cdef class Accumulators:
    cdef short[::1] length
    cdef short[::1] effect
    cdef short[::1] word
    cdef short[::1] acc_form
    cdef short[::1] facc_form
    cdef short[::1] sacc_form
    cdef short[::1] older
    cdef short[::1] row
    cdef short[::1] column
    cdef short[::1] fused
    cdef int columns

    @cython.locals(rows=cython.int, i=cython.int)
    cdef int fuse(self, short[::1] firsts, short[::1] lasts, int number) except -1
    @cython.locals(end=cython.int, i=cython.int)
    cdef int number(self, short[::1] instructions, short[::1] numbers) except -1
    @cython.locals(view="int[::1]", targets="int[::1]", acc=cython.int, facc=cython.int, sacc=cython.int,
                   result=cython.int, pos=cython.int, older=cython.int, older_effect=cython.int, older_slot=cython.int,
                   label=cython.int, op=cython.int, effect=cython.int, form=cython.int, two=cython.int,
                   one_op=cython.int, one=cython.int, three=cython.int, four=cython.int, one_pos=cython.int,
                   two_pos=cython.int, three_pos=cython.int, look=cython.int)
    cpdef void rewrite(self, int[::1] code, int n, int[::1] labels, int label_count, object checkpoint) except *
    @cython.locals(operand=cython.int, index=cython.int, form=cython.int)
    cdef int best_form(self, int op, int[::1] view, int pos, int acc, int facc, int sacc) noexcept
    @cython.locals(operand=cython.int, older=cython.int, index=cython.int, known=cython.int)
    cdef int older_form(self, int form, int op, int[::1] view, int pos, int effect, int slot) noexcept
    @cython.locals(row=cython.int, plain_row=cython.int, column=cython.int, found=cython.int)
    cdef int join(self, int first_op, int first, int last_op, int last, int older) noexcept
