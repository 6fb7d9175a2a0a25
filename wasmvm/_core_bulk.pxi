# Bulk instructions on memories and tables (specification, 4.4.7 and 4.4.8), each a call from the loop that answers
# with a trap or 0. Operands are i32, so that their sums fit into 64 bits; the check comes before the first write.

cdef int memory_fill(inst_t* inst, uint64_t d, uint32_t value, uint64_t n) noexcept nogil:
    if d + n > inst.mem.length:
        return TRAP_MEMORY_OUT_OF_BOUNDS
    memset(inst.mem.data + d, <int>(value & 0xFF), n)
    return 0

cdef int memory_copy(inst_t* inst, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    if d + n > inst.mem.length or s + n > inst.mem.length:
        return TRAP_MEMORY_OUT_OF_BOUNDS
    memmove(inst.mem.data + d, inst.mem.data + s, n)
    return 0

cdef int memory_init(inst_t* inst, int32_t dataidx, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    cdef data_t* data = &inst.datas[dataidx]
    if d + n > inst.mem.length or s + n > data.length:
        return TRAP_MEMORY_OUT_OF_BOUNDS
    if n:
        memcpy(inst.mem.data + d, data.data + s, n)
    return 0

cdef int table_fill(table_t* table, uint64_t d, uint64_t value, uint64_t n) noexcept nogil:
    cdef uint64_t i
    if d + n > table.size:
        return TRAP_TABLE_OUT_OF_BOUNDS
    for i in range(d, d + n):
        table.elems[i] = value
    return 0

cdef int table_copy(table_t* to, table_t* from_, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    if d + n > to.size or s + n > from_.size:
        return TRAP_TABLE_OUT_OF_BOUNDS
    if n:
        memmove(to.elems + d, from_.elems + s, n * sizeof(uint64_t))
    return 0

cdef int table_init(table_t* table, elem_t* elem, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    if d + n > table.size or s + n > elem.length:
        return TRAP_TABLE_OUT_OF_BOUNDS
    if n:
        memcpy(table.elems + d, elem.refs + s, n * sizeof(uint64_t))
    return 0
