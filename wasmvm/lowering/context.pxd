cimport cython


@cython.final
cdef class Context:
    cdef bytes loaded
    cdef const unsigned char[::1] source
    cdef const unsigned char[::1] widths
    cdef int[::1] first
    cdef int[::1] middle
    cdef int[::1] field_at
    cdef int[::1] field_offsets
    cdef const unsigned char[::1] field_widths
    cdef const unsigned char[::1] is_func
    cdef unsigned int[::1] func_types
    cdef const unsigned char[::1] global_widths
    cdef const unsigned char[::1] mem_wide
    cdef unsigned int[::1] tag_types
    cdef int import_count
    cdef unsigned int[::1] code
    cdef readonly object accumulators
    cdef int metering
    cdef public object spare
