cimport cython


@cython.final
cdef class Context:
    cdef const unsigned char[::1] source
    cdef const unsigned char[::1] widths
    cdef int[::1] first
    cdef int[::1] middle
    cdef unsigned int[::1] func_types
    cdef const unsigned char[::1] global_widths
    cdef const unsigned char[::1] mem_wide
    cdef int import_count
    cdef unsigned long long[::1] code
    cdef readonly object accumulators
    cdef int metering
