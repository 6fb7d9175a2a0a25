cimport cython

from libc.stdint cimport uint32_t


cdef enum:
    OTHER, IDCHAR, SPACE, OPENING, CLOSING, QUOTE, SEMICOLON

cdef enum:
    END, OPEN, CLOSE, STRING, WORD, QUOTED_ID

cdef enum:
    CONTROL = 0x20
    DELETE = 0x7F
    LONG = 1 << 16
    KEPT_WORDS = 4096
    TURN = 1 << 15


cdef const unsigned char[::1] CLASSES
cdef const unsigned char[::1] HEX
cdef const unsigned char[::1] SIMPLE_ESCAPES


@cython.locals(lexer=Lexer, position=cython.Py_ssize_t)
cpdef bytearray string_bytes(object token)


@cython.final
cdef class Tokens:
    cdef readonly Lexer lexer
    cdef readonly Py_ssize_t begin
    cdef readonly list tokens
    cdef readonly Py_ssize_t count
    cdef readonly dict annotations

    cpdef Py_ssize_t start(self, Py_ssize_t index) except -1


@cython.final
cdef class Lexer:
    cdef readonly bytes source
    cdef const unsigned char[::1] buf
    cdef readonly Py_ssize_t size
    cdef readonly int kind
    cdef readonly Py_ssize_t start
    cdef uint32_t hash
    cdef str name
    cdef list found
    cdef Py_ssize_t bad_escape
    cdef Py_ssize_t first_bad_escape
    cdef Py_ssize_t turn
    cdef list words
    cdef Py_ssize_t[::1] word_starts
    cdef Py_ssize_t[::1] word_sizes

    @cython.locals(level=cython.Py_ssize_t)
    cpdef object fields(self, Py_ssize_t position, Py_ssize_t depth, bint whole)
    cpdef Tokens window(self, Py_ssize_t begin, Py_ssize_t end)
    cpdef Tokens part(self, Py_ssize_t begin, Py_ssize_t count)
    @cython.locals(tokens=list, position=cython.Py_ssize_t, run=cython.Py_ssize_t, left=cython.Py_ssize_t,
                   first=cython.Py_ssize_t)
    cpdef int fill(self, Tokens found, Py_ssize_t end, Py_ssize_t more) except -1
    @cython.locals(begin=cython.Py_ssize_t, following=cython.Py_ssize_t)
    cdef Py_ssize_t _strings(self, list tokens, Py_ssize_t position, Py_ssize_t run) except -1
    @cython.locals(slot=cython.Py_ssize_t, size=cython.Py_ssize_t, kept=cython.Py_ssize_t, i=cython.Py_ssize_t)
    cdef str _word(self, Py_ssize_t position)
    cdef int _look_around(self, Py_ssize_t position) except -1
    @cython.locals(size=cython.Py_ssize_t, end=cython.Py_ssize_t, class_=cython.int, following=cython.int,
                   word_hash=uint32_t)
    cpdef Py_ssize_t next(self, Py_ssize_t position) except -1
    cdef Py_ssize_t _line_comment(self, Py_ssize_t position) except -1
    @cython.locals(size=cython.Py_ssize_t, at=cython.Py_ssize_t, end=cython.Py_ssize_t, byte=cython.int)
    cpdef Py_ssize_t string_end(self, Py_ssize_t position) except -2
    @cython.locals(size=cython.Py_ssize_t, at=cython.Py_ssize_t, code=cython.int, byte=cython.int)
    cdef Py_ssize_t _escape_end(self, Py_ssize_t position) except -2
    @cython.locals(plain=cython.Py_ssize_t, turn=cython.Py_ssize_t, closing=cython.Py_ssize_t, byte=cython.int)
    cpdef int decode(self, Py_ssize_t position, Py_ssize_t end, bytearray out) except -1
    @cython.locals(end=cython.Py_ssize_t, byte=cython.int, following=cython.int)
    cdef Py_ssize_t _special(self, Py_ssize_t position) except -1
    @cython.locals(depth=cython.Py_ssize_t, at=cython.Py_ssize_t)
    cdef Py_ssize_t _comment(self, Py_ssize_t position) except -1
    @cython.locals(at=cython.Py_ssize_t, end=cython.Py_ssize_t)
    cdef Py_ssize_t _annotation(self, Py_ssize_t position) except -1
    @cython.locals(depth=cython.Py_ssize_t, run=cython.Py_ssize_t, end=cython.Py_ssize_t, byte=cython.int,
                   is_string=cython.bint)
    cdef Py_ssize_t _annotation_body(self, object annotation, Py_ssize_t begin, Py_ssize_t position) except -1
    @cython.locals(byte=cython.int, following=cython.int)
    cdef Py_ssize_t _annotation_space(self, Py_ssize_t position) except -1
    @cython.locals(end=cython.Py_ssize_t)
    cdef Py_ssize_t _annotation_word(self, Py_ssize_t position) except -1
    @cython.locals(at=cython.Py_ssize_t, end=cython.Py_ssize_t, byte=cython.int)
    cdef object _bad_string(self, Py_ssize_t position)
