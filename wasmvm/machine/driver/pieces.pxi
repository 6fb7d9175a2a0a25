# Bulk instructions that move much: the driver does them in pieces, without the GIL, and looks around in between.
#
# What is moved is asked for anew, with its check, whenever Python code may have run since the last piece.

cdef enum:
    PIECE = 1 << 20  # bytes of a piece: a tenth of a millisecond, three where the pages are touched first


cdef int made_array(machine_t* m, type_t* type, uint32_t length, move_t* move, const slot* value) noexcept nogil:
    """The array that the instruction makes, once; what is moved is `value` into all of it, or nothing where NULL."""
    cdef int reason
    if m.bulk.made == NULL:
        reason = new_array(&m.heap, type, length, &m.bulk.made)
        if reason:
            return reason
    set_fill(move, elements(m.bulk.made), value, 0 if value == NULL else length, type.fields[0].width)
    return 0


cdef int bulk_move(machine_t* m, move_t* move) noexcept nogil:
    """What the bulk instruction that the loop has stopped at does; 0, a trap, or EXIT_COLLECT."""
    cdef int op = m.bulk.op
    cdef int32_t* pc = m.pc
    cdef slot* fp = m.fp
    cdef inst_t* inst = m.inst
    cdef type_t* type
    cdef int reason
    if op == R_MEMORY_FILL:
        return memory_fill_move(move, inst.mems[pc[4]], fp[pc[1]].u64, &fp[pc[2]], fp[pc[3]].u64)
    if op == R_MEMORY_COPY:
        return memory_copy_move(move, inst.mems[pc[4]], inst.mems[pc[5]], fp[pc[1]].u64, fp[pc[2]].u64, fp[pc[3]].u64)
    if op == R_MEMORY_INIT:
        return memory_init_move(move, inst.mems[pc[5]], &inst.datas[pc[4]], fp[pc[1]].u64, fp[pc[2]].u64,
                                fp[pc[3]].u64)
    if op == R_TABLE_FILL:
        return table_fill_move(move, inst.tables[pc[4]], fp[pc[1]].u64, &fp[pc[2]], fp[pc[3]].u64)
    if op == R_TABLE_COPY:
        return table_copy_move(move, inst.tables[pc[4]], inst.tables[pc[5]], fp[pc[1]].u64, fp[pc[2]].u64,
                               fp[pc[3]].u64)
    if op == R_TABLE_INIT:
        return table_init_move(move, inst.tables[pc[5]], &inst.elems[pc[4]], fp[pc[1]].u64, fp[pc[2]].u64,
                               fp[pc[3]].u64)
    if op == R_ARRAY_FILL:
        return array_fill_move(move, &fp[pc[1]])
    if op == R_ARRAY_COPY:
        return array_copy_move(move, &fp[pc[1]])
    if op == R_ARRAY_INIT_DATA:
        return array_init_data_move(move, &fp[pc[1]], &inst.datas[pc[2]])
    if op == R_ARRAY_INIT_ELEM:
        return array_init_elem_move(move, &fp[pc[1]], &inst.elems[pc[2]])
    if op == R_ARRAY_NEW:
        return made_array(m, inst.types[pc[5]], <uint32_t>fp[pc[4]].u64, move, &fp[pc[3]])
    if op == R_ARRAY_NEW_DEFAULT:
        return made_array(m, inst.types[pc[4]], <uint32_t>fp[pc[3]].u64, move, NULL)
    if op == R_ARRAY_NEW_DATA:
        type = inst.types[pc[5]]
        reason = array_data_fits(type, &inst.datas[pc[6]], <uint32_t>fp[pc[3]].u64, <uint32_t>fp[pc[4]].u64)
        if reason == 0:
            reason = made_array(m, type, <uint32_t>fp[pc[4]].u64, move, NULL)
        if reason == 0:
            set_copy(move, move.to, inst.datas[pc[6]].data + <uint32_t>fp[pc[3]].u64, m.bulk.made.length, move.width,
                     False)
        return reason
    if op == R_ARRAY_NEW_ELEM:
        reason = array_elem_fits(&inst.elems[pc[6]], <uint32_t>fp[pc[3]].u64, <uint32_t>fp[pc[4]].u64)
        if reason == 0:
            reason = made_array(m, inst.types[pc[5]], <uint32_t>fp[pc[4]].u64, move, NULL)
        if reason == 0:
            set_copy(move, move.to, <uint8_t*>(inst.elems[pc[6]].refs + <uint32_t>fp[pc[3]].u64), m.bulk.made.length,
                     3, False)
        return reason
    return EXIT_BUG


cdef void end_bulk(machine_t* m) noexcept nogil:
    """Put the result where it belongs, and go on with the next instruction."""
    if m.bulk.made != NULL:
        m.fp[m.pc[1]].u64 = <size_t>m.bulk.made
    m.pc += bulk_length(m.bulk.op)
    forget_bulk(m)


cdef void forget_bulk(machine_t* m) noexcept nogil:
    m.bulk.done = 0
    m.bulk.made = NULL


cdef int bulk_length(int op) noexcept nogil:
    """Words of a bulk instruction, as its row has it."""
    if op == R_ARRAY_FILL or op == R_ARRAY_COPY:
        return 2
    if op == R_ARRAY_INIT_DATA or op == R_ARRAY_INIT_ELEM:
        return 3
    if op == R_MEMORY_FILL or op == R_TABLE_FILL or op == R_ARRAY_NEW_DEFAULT:
        return 5
    if op == R_ARRAY_NEW_DATA or op == R_ARRAY_NEW_ELEM:
        return 7
    return 6


cdef void move_piece(const move_t* move, uint64_t* done) noexcept nogil:
    """Do one piece more of what is done up to the element `done`, counted from the end where that is to be first."""
    cdef uint64_t count = min(<uint64_t>PIECE >> move.width, move.count - done[0])
    move_part(move, move.count - done[0] - count if move.backwards else done[0], count)
    done[0] += count
