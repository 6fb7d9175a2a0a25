# Bulk instructions that move much: the driver does them in pieces, without the GIL, and polls in between.
#
# What is moved is computed and checked anew whenever Python code may have run since the last piece.

cdef enum:
    PIECE = 1 << 20  # bytes of a piece: a tenth of a millisecond, three where the pages are touched first


cdef int made_array(execution_t* x, type_t* type, uint32_t length, move_t* move, const slot* value) noexcept nogil:
    """The array that the instruction makes, once; what is moved is `value` into all of it, or nothing where NULL."""
    cdef int reason
    if x.now.bulk.made == NULL:
        reason = new_array(&x.store.heap, type, length, &x.now.bulk.made)
        if reason:
            return reason
    set_fill(move, elements(x.now.bulk.made), value, 0 if value == NULL else length, type.fields[0].width)
    return 0


cdef int bulk_move(execution_t* x, move_t* move) noexcept nogil:
    """What the bulk instruction that the loop has stopped at does; 0, a trap, or EXIT_COLLECT."""
    cdef int op = x.now.bulk.op
    cdef int32_t* pc = x.now.pc
    cdef slot* fp = x.now.fp
    cdef inst_t* inst = x.now.inst
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
        return made_array(x, inst.types[pc[5]], <uint32_t>fp[pc[4]].u64, move, &fp[pc[3]])
    if op == R_ARRAY_NEW_DEFAULT:
        return made_array(x, inst.types[pc[4]], <uint32_t>fp[pc[3]].u64, move, NULL)
    if op == R_ARRAY_NEW_DATA:
        type = inst.types[pc[5]]
        reason = array_data_fits(type, &inst.datas[pc[6]], <uint32_t>fp[pc[3]].u64, <uint32_t>fp[pc[4]].u64)
        if reason == 0:
            reason = made_array(x, type, <uint32_t>fp[pc[4]].u64, move, NULL)
        if reason == 0:
            set_copy(move, move.to, inst.datas[pc[6]].data + <uint32_t>fp[pc[3]].u64, x.now.bulk.made.length, move.width,
                     False)
        return reason
    if op == R_ARRAY_NEW_ELEM:
        reason = array_elem_fits(&inst.elems[pc[6]], <uint32_t>fp[pc[3]].u64, <uint32_t>fp[pc[4]].u64)
        if reason == 0:
            reason = made_array(x, inst.types[pc[5]], <uint32_t>fp[pc[4]].u64, move, NULL)
        if reason == 0:
            set_copy(move, move.to, <uint8_t*>(inst.elems[pc[6]].refs + <uint32_t>fp[pc[3]].u64), x.now.bulk.made.length,
                     3, False)
        return reason
    return EXIT_BUG


cdef void end_bulk(execution_t* x) noexcept nogil:
    """Put the result where it belongs, and go on with the next instruction."""
    if x.now.bulk.made != NULL:
        x.now.fp[x.now.pc[1]].u64 = <size_t>x.now.bulk.made
    x.now.pc += ROW_LENGTH[x.now.bulk.op]
    forget_bulk(x)


cdef void forget_bulk(execution_t* x) noexcept nogil:
    x.now.bulk.done = 0
    x.now.bulk.made = NULL


cdef void move_piece(const move_t* move, uint64_t* done) noexcept nogil:
    """Do one piece more of what is done up to the element `done`, counted from the end where that is to be first."""
    cdef uint64_t count = min(<uint64_t>PIECE >> move.width, move.count - done[0])
    move_part(move, move.count - done[0] - count if move.backwards else done[0], count)
    done[0] += count


cdef int run_bulk(execution_t* x, double until) noexcept nogil:
    """Do the bulk instruction at which the loop has ended; 0, a trap, EXIT_COLLECT, or EXIT_BULK: it is not done."""
    cdef move_t move
    cdef int reason = bulk_move(x, &move)
    if reason:
        return reason
    while x.now.bulk.done < move.count:
        move_piece(&move, &x.now.bulk.done)
        if x.now.bulk.done < move.count and is_over(x.store, until):
            return EXIT_BULK
    end_bulk(x)
    return 0


cdef bint move_some(const store_t* store, const move_t* move, uint64_t* done) except -1:
    """Do some more of what instantiation or growing moves, after `spend` for it; True when all is done.

    Runs no Python: what `spend` lets run may move a table, so `move` is computed after that.
    """
    cdef double until, wanted_at
    if done[0] >= move.count:
        return True
    if (move.count - done[0]) << move.width <= <uint64_t>FIRST_SLICE << BYTES_PER_UNIT:
        move_part(move, done[0], move.count - done[0])
        return True
    until = 0.0 if (<Store>store.owner).stress_ else next_look()
    with nogil:
        while done[0] < move.count:
            move_piece(move, done)
            if is_over(store, until):
                break
        wanted_at = wvm_monotonic()
    if wanted_at >= until and done[0] < move.count:
        looked(wanted_at)
    return done[0] >= move.count
