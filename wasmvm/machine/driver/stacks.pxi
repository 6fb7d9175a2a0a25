# The stacks that a store runs on, and those kept for the next one.

cdef enum:
    SPARE_STACKS = 4  # kept for the next store: reserving them and touching them anew takes longer than all the rest
    SPARE_STACK_SLOTS = (8 << 20) // 8  # of this size, the default

cdef machine_t* spare_machines[SPARE_STACKS]
cdef int spare_count = 0


cdef size_t frame_bytes(size_t slots) noexcept:
    """Every frame begins at least one slot after its caller's, so this many frames are enough."""
    return (slots + 2 * MAX_NESTING) * sizeof(frame_t) * 2


cdef machine_t* take_machine(size_t slots) noexcept:
    """A machine with its stacks and its table of handlers, all else zero; NULL where the system refuses.

    What the stacks held before is never read.
    """
    global spare_count
    cdef machine_t* m
    if slots == SPARE_STACK_SLOTS and spare_count:
        spare_count -= 1
        return spare_machines[spare_count]
    m = <machine_t*>calloc(1, sizeof(machine_t))
    if m == NULL:
        return NULL
    m.stack = <slot*>wvm_reserve(slots * sizeof(slot))
    m.frames = <frame_t*>wvm_reserve(frame_bytes(slots))
    if (m.stack == NULL or m.frames == NULL
            or not wvm_commit(m.stack, slots * sizeof(slot)) or not wvm_commit(m.frames, frame_bytes(slots))):
        free_machine(m, slots)
        return NULL
    prepare_machine(m)
    return m


cdef void free_machine(machine_t* m, size_t slots) noexcept:
    if m.stack != NULL:
        wvm_release(m.stack, slots * sizeof(slot))
    if m.frames != NULL:
        wvm_release(m.frames, frame_bytes(slots))
    free(m)


cdef void give_machine(machine_t* m, size_t slots) noexcept:
    """Take a machine away, to be used again or released."""
    global spare_count
    cdef slot* stack = m.stack
    cdef frame_t* frames = m.frames
    if slots == SPARE_STACK_SLOTS and spare_count < SPARE_STACKS:
        memset(m, 0, <char*>&m.handlers - <char*>m)
        m.stack = stack
        m.frames = frames
        spare_machines[spare_count] = m
        spare_count += 1
    else:
        free_machine(m, slots)
