# The stacks that executions run on, and who has them.
#
# A store in which nothing runs needs none. It keeps those of its last call, so that the next one finds them, until so many
# stores have some that another one takes them away: stores cost what they hold, not what they need to run.

cdef enum:
    SPARE_STACKS = 4  # kept for the next store: reserving them and touching them anew takes longer than all the rest
    MAX_SPARE_SLOTS = (8 << 20) // 8  # of up to this size, the default
    STACKS_AT_HAND = 16  # of stores in which nothing runs; from here on they are taken away again
    LOOKS = 4  # at the stacks that were given out first, for some on which nothing runs

cdef execution_t* spare_executions[SPARE_STACKS]
cdef int spare_count = 0
# Executions that stores have at hand, in the order in which they were given out. All of it needs the GIL.
cdef execution_t* oldest_at_hand = NULL
cdef execution_t* newest_at_hand = NULL
cdef int at_hand_count = 0


cdef size_t frame_bytes(size_t slots) noexcept:
    """Every frame begins at least one slot after its caller's, so this many frames are enough."""
    return (slots + 2 * MAX_NESTING) * sizeof(frame_t) * 2


cdef execution_t* new_execution(size_t slots) noexcept:
    """One with its stacks and its table of handlers, all else zero; NULL where the system refuses.

    What the stacks held before is never read.
    """
    global spare_count
    cdef execution_t* x
    cdef int i
    for i in range(spare_count):
        x = spare_executions[i]
        if <size_t>(x.stack_end - x.stack) == slots:
            spare_count -= 1
            spare_executions[i] = spare_executions[spare_count]
            return x
    x = <execution_t*>calloc(1, sizeof(execution_t))
    if x == NULL:
        return NULL
    x.stack = <slot*>wvm_reserve(slots * sizeof(slot))
    x.frames = <frame_t*>wvm_reserve(frame_bytes(slots))
    if (x.stack == NULL or x.frames == NULL
            or not wvm_commit(x.stack, slots * sizeof(slot)) or not wvm_commit(x.frames, frame_bytes(slots))):
        free_execution(x, slots)
        return NULL
    x.stack_end = x.stack + slots
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
    while x == NULL and take_away(at_hand_count):
        x = new_execution(slots)
    if x == NULL:
        return NULL
    x.store = store
    x.next = store.executions
    store.executions = x
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
    if slots <= MAX_SPARE_SLOTS:
        if spare_count == SPARE_STACKS:  # some other one goes: what is wanted next is more like this one
            spare_count -= 1
            free_execution(spare_executions[0], spare_executions[0].stack_end - spare_executions[0].stack)
            memmove(spare_executions, spare_executions + 1, spare_count * sizeof(execution_t*))
        memset(x, 0, <char*>&x.handlers - <char*>x)
        x.stack = stack
        x.stack_end = stack + slots
        x.frames = frames
        spare_executions[spare_count] = x
        spare_count += 1
    else:
        free_execution(x, slots)


cdef inline execution_t* execution_of(Store store) except NULL:
    """What calls into the store run on. It stays the store's while somebody uses that (`enter`), and until Python code runs."""
    if unlikely(store.execution == NULL):
        give_execution(store)
    return store.execution


cdef int give_execution(Store store) except -1:
    """Give the store an execution; MemoryError where there is no room for its stacks."""
    cdef execution_t* x
    if at_hand_count >= STACKS_AT_HAND:
        take_away(LOOKS)
    x = acquire_execution(&store.state, store.stack_slots)
    if x == NULL:
        raise MemoryError(f"cannot reserve the stacks of a store, max_stack={store.max_stack}: the system has no room for them")
    store.execution = x
    put_at_hand(x)
    return 0


cdef void put_at_hand(execution_t* x) noexcept:
    """Put it at the end of those at hand."""
    global oldest_at_hand, newest_at_hand, at_hand_count
    x.newer = NULL
    x.older = newest_at_hand
    if newest_at_hand == NULL:
        oldest_at_hand = x
    else:
        newest_at_hand.newer = x
    newest_at_hand = x
    at_hand_count += 1


cdef void take_from_hand(execution_t* x) noexcept:
    """Take it out of those at hand."""
    global oldest_at_hand, newest_at_hand, at_hand_count
    if x.older == NULL:
        oldest_at_hand = x.newer
    else:
        x.older.newer = x.newer
    if x.newer == NULL:
        newest_at_hand = x.older
    else:
        x.newer.older = x.older
    at_hand_count -= 1


cdef bint take_away(int looks) noexcept:
    """Take an execution away from a store in which nothing runs, if there is one among the oldest.

    That store may be about to go, with callbacks of weak references called already, so that nothing here counts as a reference.
    """
    cdef execution_t* x
    for _ in range(looks):
        x = oldest_at_hand
        if (<Store>x.store.owner).users == 0 and (<Store>x.store.owner).nesting == 0:
            put_down(x)
            return True
        take_from_hand(x)
        put_at_hand(x)
    return False


cdef void put_down(execution_t* x) noexcept:
    """Take an execution from the store that has it at hand."""
    (<Store>x.store.owner).execution = NULL
    take_from_hand(x)
    release_execution(x)
