# The stacks that executions run on, and those kept for the next one.

cdef enum:
    SPARE_STACKS = 4  # kept for the next store: reserving them and touching them anew takes longer than all the rest
    SPARE_STACK_SLOTS = (8 << 20) // 8  # of this size, the default

cdef execution_t* spare_executions[SPARE_STACKS]
cdef int spare_count = 0


cdef size_t frame_bytes(size_t slots) noexcept:
    """Every frame begins at least one slot after its caller's, so this many frames are enough."""
    return (slots + 2 * MAX_NESTING) * sizeof(frame_t) * 2


cdef execution_t* new_execution(size_t slots) noexcept:
    """One with its stacks and its table of handlers, all else zero; NULL where the system refuses.

    What the stacks held before is never read.
    """
    global spare_count
    cdef execution_t* x
    if slots == SPARE_STACK_SLOTS and spare_count:
        spare_count -= 1
        return spare_executions[spare_count]
    x = <execution_t*>calloc(1, sizeof(execution_t))
    if x == NULL:
        return NULL
    x.stack = <slot*>wvm_reserve(slots * sizeof(slot))
    x.frames = <frame_t*>wvm_reserve(frame_bytes(slots))
    if (x.stack == NULL or x.frames == NULL
            or not wvm_commit(x.stack, slots * sizeof(slot)) or not wvm_commit(x.frames, frame_bytes(slots))):
        free_execution(x, slots)
        return NULL
    prepare_execution(x)
    return x


cdef void free_execution(execution_t* x, size_t slots) noexcept:
    if x.stack != NULL:
        wvm_release(x.stack, slots * sizeof(slot))
    if x.frames != NULL:
        wvm_release(x.frames, frame_bytes(slots))
    free(x)


cdef execution_t* acquire_execution(store_t* store, size_t slots) noexcept:
    """An execution of the store with stacks of that size, on which nothing runs; NULL where the system refuses."""
    cdef execution_t* x = new_execution(slots)
    if x == NULL:
        return NULL
    x.store = store
    x.next = store.executions
    store.executions = x
    x.stack_end = x.stack + slots
    let_rest(x, x.stack)
    return x


cdef inline void let_rest(execution_t* x, slot* top) noexcept:
    """Nothing runs any more: what nobody has saved is as it is in a new execution, and the rest means nothing."""
    x.now.pc = done_code
    x.now.fp = x.stack
    x.now.frame = x.frames
    x.now.top = top
    x.now.acc_i = 0
    x.now.bottom = NULL
    x.now.exn = NULL
    x.now.bulk.made = NULL
    x.now.outer = NULL


cdef void release_execution(execution_t* x) noexcept:
    """Take an execution out of its store, to be used again or freed."""
    global spare_count
    cdef execution_t** at = &x.store.executions
    cdef slot* stack = x.stack
    cdef frame_t* frames = x.frames
    cdef size_t slots = x.stack_end - x.stack
    while at[0] != x:
        at = &at[0].next
    at[0] = x.next
    if slots == SPARE_STACK_SLOTS and spare_count < SPARE_STACKS:
        memset(x, 0, <char*>&x.handlers - <char*>x)
        x.stack = stack
        x.frames = frames
        spare_executions[spare_count] = x
        spare_count += 1
    else:
        free_execution(x, slots)
