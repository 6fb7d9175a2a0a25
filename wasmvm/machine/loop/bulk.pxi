# Bulk instructions (spec "Execution: Table Instructions", spec "Execution: Memory Instructions"), each a call from the
# loop that returns a trap or 0. Operands may be any u64; the check comes before the first write, and is in a function of its own,
# since the driver does in pieces what is large (`machine/driver/pieces.pxi`).

cdef enum:
    FREE_BYTES = 1024  # a bulk instruction up to that size costs as little as any other
    FREE_ELEMENTS = 128
    BYTES_PER_UNIT = 6  # of the budget, as logarithms: a unit is the time of a few nanoseconds
    ELEMENTS_PER_UNIT = 3
    MAX_UNITS = 1 << 30


cdef inline mem_t* current_memory(const activation_t* now) noexcept nogil:
    """The memory that loads and stores of the code at `now.pc` access."""
    return now.inst.mem if now.other_mem == NULL else now.other_mem

cdef inline mem_t* memory_in_use(const inst_t* inst, mem_t* other) noexcept nogil:
    """As `current_memory`, within the loop."""
    return inst.mem if other == NULL else other

cdef inline bint fits(uint64_t at, uint64_t n, uint64_t length) noexcept nogil:
    return n <= length and at <= length - n

cdef inline void set_fill(move_t* move, uint8_t* to, const slot* value, uint64_t count, int width) noexcept nogil:
    move.to = to
    move.from_ = NULL
    move.value = value
    move.count = count
    move.width = width
    move.backwards = False

cdef inline void set_copy(move_t* move, uint8_t* to, const uint8_t* from_, uint64_t count, int width,
                          bint backwards) noexcept nogil:
    move.to = to
    move.from_ = from_
    move.value = NULL
    move.count = count
    move.width = width
    move.backwards = backwards

cdef inline void move_part(const move_t* move, uint64_t first, uint64_t count) noexcept nogil:
    """Do a part of it: `count` elements from `first` on."""
    if move.from_ == NULL:
        fill(move.to + (first << move.width), move.width, move.value, count)
    elif count:
        memmove(move.to + (first << move.width), move.from_ + (first << move.width), count << move.width)

cdef inline int memory_fill_move(move_t* move, mem_t* mem, uint64_t d, const slot* value, uint64_t n) noexcept nogil:
    if not fits(d, n, wvm_get_length(&mem.length)):
        return TRAP_MEMORY_OUT_OF_BOUNDS
    set_fill(move, mem.data + d, value, n, 0)
    return 0

cdef inline int memory_copy_move(move_t* move, mem_t* to, mem_t* from_, uint64_t d, uint64_t s,
                                 uint64_t n) noexcept nogil:
    if not fits(d, n, wvm_get_length(&to.length)) or not fits(s, n, wvm_get_length(&from_.length)):
        return TRAP_MEMORY_OUT_OF_BOUNDS
    set_copy(move, to.data + d, from_.data + s, n, 0, to == from_ and d > s)
    return 0

cdef inline int memory_init_move(move_t* move, mem_t* mem, data_t* data, uint64_t d, uint64_t s,
                                 uint64_t n) noexcept nogil:
    if not fits(d, n, wvm_get_length(&mem.length)) or not fits(s, n, data.length):
        return TRAP_MEMORY_OUT_OF_BOUNDS
    set_copy(move, mem.data + d, data.data + s if n else mem.data, n, 0, False)
    return 0

cdef inline int table_fill_move(move_t* move, table_t* table, uint64_t d, const slot* value, uint64_t n) noexcept nogil:
    if not fits(d, n, table.size):
        return TRAP_TABLE_OUT_OF_BOUNDS
    set_fill(move, <uint8_t*>(table.elems + d), value, n, 3)
    return 0

cdef inline int table_copy_move(move_t* move, table_t* to, table_t* from_, uint64_t d, uint64_t s,
                                uint64_t n) noexcept nogil:
    if not fits(d, n, to.size) or not fits(s, n, from_.size):
        return TRAP_TABLE_OUT_OF_BOUNDS
    set_copy(move, <uint8_t*>(to.elems + d), <uint8_t*>(from_.elems + s), n, 3, to == from_ and d > s)
    return 0

cdef inline int table_init_move(move_t* move, table_t* table, elem_t* elem, uint64_t d, uint64_t s,
                                uint64_t n) noexcept nogil:
    if not fits(d, n, table.size) or not fits(s, n, elem.length):
        return TRAP_TABLE_OUT_OF_BOUNDS
    set_copy(move, <uint8_t*>(table.elems + d), <uint8_t*>(elem.refs + s), n, 3, False)
    return 0

# What the loop calls.

cdef int memory_fill(mem_t* mem, uint64_t d, uint32_t value, uint64_t n) noexcept nogil:
    cdef move_t move
    cdef int reason = memory_fill_move(&move, mem, d, NULL, n)
    if reason == 0:
        memset(move.to, <int>(value & 0xFF), n)
    return reason

cdef int memory_copy(mem_t* to, mem_t* from_, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    cdef move_t move
    cdef int reason = memory_copy_move(&move, to, from_, d, s, n)
    if reason == 0:
        memmove(move.to, move.from_, n)
    return reason

cdef int memory_init(mem_t* mem, data_t* data, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    cdef move_t move
    cdef int reason = memory_init_move(&move, mem, data, d, s, n)
    if reason == 0:
        move_part(&move, 0, n)
    return reason

cdef int table_fill(table_t* table, uint64_t d, uint64_t value, uint64_t n) noexcept nogil:
    cdef move_t move
    cdef slot bits
    bits.u64 = value
    cdef int reason = table_fill_move(&move, table, d, &bits, n)
    if reason == 0:
        move_part(&move, 0, n)
    return reason

cdef int table_copy(table_t* to, table_t* from_, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    cdef move_t move
    cdef int reason = table_copy_move(&move, to, from_, d, s, n)
    if reason == 0:
        move_part(&move, 0, n)
    return reason

cdef int table_init(table_t* table, elem_t* elem, uint64_t d, uint64_t s, uint64_t n) noexcept nogil:
    cdef move_t move
    cdef int reason = table_init_move(&move, table, elem, d, s, n)
    if reason == 0:
        move_part(&move, 0, n)
    return reason
