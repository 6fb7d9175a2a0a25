# Bulk instructions on memories and tables (specification, 4.4.7 and 4.4.8), each a call from the loop that answers
# with a trap or 0. Operands may be any u64; the check comes before the first write.

cdef inline mem_t* current_memory(const machine_t* machine) noexcept nogil:
    """What loads and stores of the code at `machine.pc` are about."""
    return machine.inst.mem if machine.other_mem == NULL else machine.other_mem

cdef inline bint fits(uint64_t at, uint64_t n, uint64_t length) noexcept nogil:
    return n <= length and at <= length - n

cdef int memory_fill(mem_t* mem, uint64_t d, uint32_t value, uint64_t n) noexcept nogil:
    if not fits(d, n, mem.length):
        return TRAP_MEMORY_OUT_OF_BOUNDS
    memset(mem.data + d, <int>(value & 0xFF), n)
    return 0

cdef int memory_copy(mem_t* to, mem_t* from_, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    if not fits(d, n, to.length) or not fits(s, n, from_.length):
        return TRAP_MEMORY_OUT_OF_BOUNDS
    memmove(to.data + d, from_.data + s, n)
    return 0

cdef int memory_init(mem_t* mem, data_t* data, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    if not fits(d, n, mem.length) or not fits(s, n, data.length):
        return TRAP_MEMORY_OUT_OF_BOUNDS
    if n:
        memcpy(mem.data + d, data.data + s, n)
    return 0

cdef int table_fill(table_t* table, uint64_t d, uint64_t value, uint64_t n) noexcept nogil:
    cdef uint64_t i
    if not fits(d, n, table.size):
        return TRAP_TABLE_OUT_OF_BOUNDS
    for i in range(d, d + n):
        table.elems[i] = value
    return 0

cdef int table_copy(table_t* to, table_t* from_, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    if not fits(d, n, to.size) or not fits(s, n, from_.size):
        return TRAP_TABLE_OUT_OF_BOUNDS
    if n:
        memmove(to.elems + d, from_.elems + s, n * sizeof(uint64_t))
    return 0

cdef int table_init(table_t* table, elem_t* elem, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    if not fits(d, n, table.size) or not fits(s, n, elem.length):
        return TRAP_TABLE_OUT_OF_BOUNDS
    if n:
        memcpy(table.elems + d, elem.refs + s, n * sizeof(uint64_t))
    return 0
