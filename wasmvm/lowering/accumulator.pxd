cimport cython

from wasmvm.generated.regopcode cimport R_BR_TABLE


cdef enum:
    WORDS_BETWEEN_LOOKS = 1 << 16  # some milliseconds
    INT_RESULT = 1
    F64_RESULT = 2
    F32_RESULT = 3
    CLOBBERS = 4


@cython.final
cdef class Window:
    cdef int one_as_written
    cdef int one
    cdef int two
    cdef int three
    cdef int one_at
    cdef int two_at
    cdef int three_at
    cdef int acc_i
    cdef int acc_d
    cdef int acc_f
    cdef int effect
    cdef int previous

    cdef void forget(self) noexcept
    cdef void move_on(self, int pos, int op, int form, int two, int three) noexcept
    cdef void note_result(self, int effect, int result) noexcept


@cython.final
cdef class Accumulators:
    cdef short[::1] length
    cdef short[::1] effect
    cdef short[::1] word
    cdef short[::1] acc_i_form
    cdef short[::1] acc_d_form
    cdef short[::1] acc_f_form
    cdef short[::1] previous_form
    cdef short[::1] row
    cdef short[::1] column
    cdef short[::1] joined
    cdef int columns

    @cython.locals(rows=cython.int, i=cython.int)
    cdef int make_joined(self, short[::1] firsts, short[::1] lasts, int number) except -1
    @cython.locals(end=cython.int, i=cython.int)
    cdef int number(self, short[::1] instructions, short[::1] numbers) except -1
    @cython.locals(view="int[::1]", targets="int[::1]", window=Window, pos=cython.int, label=cython.int,
                   look=cython.int, op=cython.int, form=cython.int, best=cython.int, two=cython.int, three=cython.int,
                   four=cython.int, effect=cython.int)
    cpdef void rewrite(self, int[::1] code, int n, int[::1] labels, int label_count, object checkpoint) except *
    @cython.locals(operand=cython.int, index=cython.int, form=cython.int)
    cdef int accumulator_form(self, Window window, int op, int[::1] view, int pos) noexcept
    @cython.locals(operand=cython.int, found=cython.int, index=cython.int, known=cython.int)
    cdef int with_previous(self, Window window, int form, int op, int[::1] view, int pos) noexcept
    @cython.locals(row=cython.int, plain_row=cython.int, column=cython.int, found=cython.int)
    cdef int join(self, int first_as_written, int first, int last_as_written, int last, int best) noexcept
