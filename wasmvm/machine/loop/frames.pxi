# What the loop and the driver do alike when a frame begins.

cdef inline void zero_locals(slot* fp, const func_t* func) noexcept nogil:
    """Zero the locals of a frame that lowering did not find to be set before they are read."""
    cdef int32_t i
    for i in range(func.zero_from, func.zero_to):
        fp[i].u64 = 0
