# Which function a position in lowered code belongs to: for backtraces, the search for catch clauses, the ends of frames.

cdef enum:
    MAX_UNSORTED = 8  # ranges that are looked at one by one


cdef int32_t function_at(inst_t* inst, const int32_t* pc, int64_t* steps) noexcept nogil:
    """The function, among those that the instance defines, whose code or whose stub this is; -1 if it is no function's.

    All code that runs in an instance belongs to functions that were lowered for it (`Instance.lowered`), to one of its stubs,
    to a constant expression, or is one of the words that belong to nobody (`done_code`, ...). `steps` counts the
    work, sorting included.
    """
    cdef int32_t low = 0
    cdef int32_t high, middle, i
    cdef code_range_t* found
    if inst.stubs <= pc < inst.stubs + 2 * inst.defined:
        return <int32_t>(pc - inst.stubs) // 2
    if inst.range_count - inst.range_sorted > MAX_UNSORTED:
        sort_ranges(inst, steps)
    high = inst.range_sorted
    while low < high:  # the last one that begins at or before the position
        middle = (low + high) // 2
        if inst.ranges[middle].code <= pc:
            low = middle + 1
        else:
            high = middle
    if low:
        found = &inst.ranges[low - 1]
        if holds(&inst.lowered[found.index], pc):
            return found.index
    for i in range(inst.range_sorted, inst.range_count):
        found = &inst.ranges[i]
        if holds(&inst.lowered[found.index], pc):
            return found.index
    return -1


cdef int by_address(const void* left, const void* right) noexcept nogil:
    cdef const int32_t* a = (<const code_range_t*>left).code
    cdef const int32_t* b = (<const code_range_t*>right).code
    return (a > b) - (a < b)


cdef void sort_ranges(inst_t* inst, int64_t* steps) noexcept nogil:
    """Put the ranges in order that were added since the last time.

    They are sorted by themselves and then merged from the end, into the room that `add_range` leaves for it. So functions
    that are lowered between two throws cost little each, however many there are before them.
    """
    cdef int32_t added = inst.range_count - inst.range_sorted
    cdef int32_t old = inst.range_sorted
    cdef int32_t at = inst.range_count
    cdef code_range_t* spare = inst.ranges + inst.range_count
    qsort(inst.ranges + old, added, sizeof(code_range_t), by_address)
    memcpy(spare, inst.ranges + old, added * sizeof(code_range_t))
    steps[0] += inst.range_count + added
    while added:
        at -= 1
        if old and inst.ranges[old - 1].code > spare[added - 1].code:
            old -= 1
            inst.ranges[at] = inst.ranges[old]
        else:
            added -= 1
            inst.ranges[at] = spare[added]
    inst.range_sorted = inst.range_count


cdef bint add_range(inst_t* inst, int32_t index) noexcept:
    """Let `function_at` find a function that was lowered; False where there is no memory for it."""
    cdef code_range_t* longer
    cdef int32_t unsorted = inst.range_count - inst.range_sorted + 1
    cdef int32_t room
    if inst.range_count + unsorted + 1 > inst.range_room:  # with room to sort the new ones apart
        room = 2 * (inst.range_count + unsorted) + 16
        longer = <code_range_t*>realloc(inst.ranges, room * sizeof(code_range_t))
        if longer == NULL:
            return False
        inst.ranges = longer
        inst.range_room = room
    inst.ranges[inst.range_count].code = inst.lowered[index].code
    inst.ranges[inst.range_count].index = index
    inst.range_count += 1
    return True


cdef int32_t offset_at(const lowered_t* lowered, const int32_t* pc) noexcept nogil:
    """The byte offset in the module that a position in the code of a function stands for; -1 before the first."""
    cdef int32_t low = 0
    cdef int32_t high = lowered.parts.offsets // 2
    cdef int32_t position = <int32_t>(pc - lowered.code)
    cdef int32_t middle
    while low < high:  # the last entry at or before the position
        middle = (low + high) // 2
        if offsets_of(lowered)[2 * middle] <= position:
            low = middle + 1
        else:
            high = middle
    return offsets_of(lowered)[2 * low - 1] if low else -1


cdef slot* frame_end(const activation_t* now) noexcept:
    """Where the frame ends that an activation was stopped in."""
    cdef int64_t steps = 0
    cdef int32_t index = function_at(now.inst, now.pc, &steps)
    if index < 0:
        return now.fp  # the code of no function: nothing of the frame is needed any more
    return now.fp + now.inst.funcs[index].frame_size
