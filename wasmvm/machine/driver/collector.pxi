# The collector: mark and sweep over the objects of a store. It knows precisely what globals, tables, element segments
# and other objects refer to; on value stacks it takes every slot whose bits are an object's address for a reference
# (docs/rationale.md, "Why is the stack read conservatively?"). Nothing ever moves.

cdef enum:
    ROOT_SLOTS = 1  # slot*, of which there is one
    ROOT_TABLE = 2  # table_t*
    ROOT_INSTANCE = 3  # Instance: its element segments
    FIRST_THRESHOLD = 2 << 20  # bytes before the first collection
    MAX_PATIENCE = 128 << 20  # bytes before the next one, where collections have to wait for the GIL
    MUCH_WORK = 1 << 16  # work for which the GIL is released, so that other threads run: a millisecond or two
    WATCH_STEPS = 1 << 14  # between two looks at the clock
    LAST_EPOCH = 250
    MAX_RELEASED = 1024  # objects of the host that are let go of before other threads and handlers of signals have a turn
    MAX_RESTARTS = 3  # of one collection, for handlers of signals that use the store
    DEAD = 255  # the mark of an `extern_t` that is about to be freed


# --- Roots ------------------------------------------------------------------------------------------------------------

cdef void add_root(heap_t* heap, root_t* root, int kind, void* what, void* owner) noexcept:
    root.kind = kind
    root.owner = owner
    root.what = what
    root.previous = &heap.roots
    root.next = heap.roots.next
    root.next.previous = root
    heap.roots.next = root


cdef void remove_root(root_t* root) noexcept:
    """No-op if `root` is not linked."""
    if root.next != NULL:
        root.next.previous = root.previous
        root.previous.next = root.next
        root.next = NULL


cdef void begin_heap(heap_t* heap, uint64_t limit) noexcept:
    heap.limit = limit
    heap.headroom = FIRST_THRESHOLD
    heap.threshold = min(limit, heap.headroom)
    heap.roots.next = heap.roots.previous = &heap.roots


cdef void free_objects(const heap_t* heap) noexcept nogil:
    """Free all objects, which nobody refers to any more."""
    cdef size_t i
    for i in range(heap.kept):
        free(heap.objects[i])
    for i in range(heap.swept, heap.count):
        free(heap.objects[i])
    free(heap.objects)


cdef void end_heap(heap_t* heap) noexcept:
    cdef root_t* root = heap.roots.next
    cdef root_t* next
    cdef extern_t* dead
    if root == NULL:
        return
    while root != &heap.roots:
        next = root.next
        root.next = NULL
        root = next
    free_objects(heap)
    while heap.dead != NULL:
        dead = heap.dead
        heap.dead = dead.rest.dead
        free(dead)


# --- Marking ----------------------------------------------------------------------------------------------------------
# An object is marked with the number of the collection that has found it, so that a collection may be given up at any
# moment before it sweeps: the marks that it leaves mean nothing to the next one.

cdef struct collection_t:
    # A collection that is under way: what is to be marked, who may end it early, and the signals that it serves.
    heap_t* heap
    object_t** gray  # objects whose fields are to be looked at
    size_t gray_count
    uint8_t epoch  # what it marks objects with
    execution_t* execution  # which asked for it; of its stack, what is below `top` is in use, of others' all below theirs
    slot* top
    int64_t steps  # until the next look at the clock
    double until
    volatile int* interrupted
    bint over
    void* store
    double next_signals  # when to look for signals; INFINITY for not at all
    bint sweeping  # so that it does not matter whether a handler uses the store
    bint restart  # over because one did
    void* error  # what one raised, owned


cdef bint give_up(collection_t* c, int64_t steps) noexcept nogil:
    """Count what was looked at; whether the collection is to be given up."""
    cdef double now
    c.steps -= steps
    if c.steps < 0:
        c.steps = WATCH_STEPS
        now = wvm_monotonic()
        if c.interrupted[0] or now >= c.until:
            c.over = True
        elif now >= c.next_signals:
            serve_signals(c, now)
    return c.over


cdef void serve_signals(collection_t* c, double now) noexcept with gil:
    """Let handlers of signals run in the middle of a collection.

    Where Python code has used the store meanwhile, what was marked and the lists of what to mark are out of date; every
    use begins with `check_thread`, which counts.
    """
    cdef Store store = <Store>c.store
    cdef execution_t* x = c.execution
    cdef slot* top = x.now.top
    cdef uint64_t uses = store.uses
    looked(now)
    try:
        # What is swept already must not be found by `extern_slot`.
        release_dead(x, c.top, [])
        x.now.top = max(c.top, top)
        PyErr_CheckSignals()
    except BaseException as error:
        Py_INCREF(error)
        c.error = <void*>error
        c.over = True
    x.now.top = top
    if store.uses != uses and not c.sweeping:
        c.over = c.restart = True
    c.next_signals = 0.0 if store.stress_ else next_look()


cdef inline void mark(collection_t* c, uint64_t bits) noexcept nogil:
    """Mark what a reference is to, and remember to look at its fields."""
    cdef object_t* o = <object_t*><size_t>bits
    if bits == 0 or bits & 1:
        return
    check_object(o)
    if o.marked == c.epoch:
        return
    o.marked = c.epoch
    if o.type.ref_count:
        c.gray[c.gray_count] = o
        c.gray_count += 1


cdef bint mark_all(collection_t* c, const uint64_t* bits, uint64_t count) noexcept nogil:
    """False where the collection is to be given up, here and below."""
    cdef uint64_t i, end
    while True:
        end = min(count, <uint64_t>WATCH_STEPS)
        for i in range(end):
            mark(c, bits[i])
        if give_up(c, 1 + end):
            return False
        if end == count:
            return True
        bits += end
        count -= end


cdef bint mark_fields(collection_t* c) noexcept nogil:
    """Mark all that is reachable from what was marked."""
    cdef object_t* o
    cdef type_t* type
    cdef const uint8_t* fields
    cdef int32_t i
    while c.gray_count:
        c.gray_count -= 1
        o = c.gray[c.gray_count]
        type = o.type
        fields = <const uint8_t*>o
        if type.kind == KIND_ARRAY:
            if not mark_all(c, <const uint64_t*>elements(o), o.length):
                return False
            continue
        if type.kind == KIND_EXN:
            type = (<exn_t*>o).tag.type
            fields = <const uint8_t*>(<exn_t*>o).payload
        for i in range(type.ref_count):
            mark(c, (<const uint64_t*>(fields + type.refs[i]))[0])
        if give_up(c, 1 + type.ref_count):
            return False
    return True


cdef struct span_t:
    # References in a row.
    const uint64_t* bits
    uint64_t count


cdef struct spans_t:
    span_t* at
    size_t count
    size_t room
    uint64_t references  # of all together


cdef bint add_span(spans_t* spans, const uint64_t* bits, uint64_t count) noexcept:
    """False where there is no memory for it."""
    cdef span_t* longer
    if spans.count == spans.room:
        longer = <span_t*>realloc(spans.at, (2 * spans.room + 32) * sizeof(span_t))
        if longer == NULL:
            return False
        spans.at = longer
        spans.room = 2 * spans.room + 32
    spans.at[spans.count].bits = bits
    spans.at[spans.count].count = count
    spans.count += 1
    spans.references += count
    return True


cdef bint add_roots(heap_t* heap, spans_t* spans, list owners) except -1:
    """Add what the roots refer to. Their owners go to `owners`, so that they stay while others have the GIL.

    What is being freed counts no more: nobody can come by it, and it would be freed again.

    False where there is no memory for it.
    """
    cdef root_t* root = heap.roots.next
    cdef table_t* table
    cdef Instance instance
    cdef Py_ssize_t i
    while root != &heap.roots:
        if not is_alive(root.owner):  # a callback of a weak reference to it uses the store
            root = root.next
            continue
        owners.append(<object>root.owner)
        if root.kind == ROOT_SLOTS:
            if not add_span(spans, &(<slot*>root.what).u64, 1):
                return False
        elif root.kind == ROOT_TABLE:
            table = <table_t*>root.what
            if not add_span(spans, table.elems, table.size):
                return False
        else:
            instance = <Instance>root.what
            if not add_span(spans, &instance.evaluated, 1):
                return False
            for i in range(instance.elem_count):
                if instance.inst.elems[i].may_hold_objects:
                    if not add_span(spans, instance.inst.elems[i].refs, instance.inst.elems[i].length):
                        return False
        root = root.next
    return True


cdef bint mark_spans(collection_t* c, const spans_t* spans) noexcept nogil:
    cdef size_t i
    for i in range(spans.count):
        if not mark_all(c, spans.at[i].bits, spans.at[i].count):
            return False
    return True


# --- The stacks -------------------------------------------------------------------------------------------------------

cdef struct bits_set_t:
    # Numbers other than 0, by open addressing. The numbers are the guest's, who must not know where they go: each set
    # has factors of its own.
    uint64_t* bits
    uint64_t mask
    uint64_t first
    uint64_t second


cdef inline uint64_t first_place(bits_set_t* set_, uint64_t bits) noexcept nogil:
    """Where a number is looked for first."""
    cdef uint64_t i = bits * set_.first
    return ((i ^ i >> 32) * set_.second) >> 32


cdef inline uint64_t place(bits_set_t* set_, uint64_t bits) noexcept nogil:
    """Where the number is, or would be."""
    cdef uint64_t i = first_place(set_, bits)
    while set_.bits[i & set_.mask] != 0 and set_.bits[i & set_.mask] != bits:
        i += 1
    return i & set_.mask


cdef uint64_t unforeseen[2]
memcpy(unforeseen, PyBytes_AS_STRING(urandom(sizeof(unforeseen))), sizeof(unforeseen))


cdef uint64_t next_factor() noexcept nogil:
    """An odd number that nobody outside knows; the next one of this process (SplitMix64)."""
    cdef uint64_t z
    unforeseen[0] += unforeseen[1] | 1
    z = unforeseen[0]
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u
    z = (z ^ z >> 27) * 0x94D049BB133111EBu
    return z ^ z >> 31 | 1


cdef bint begin_set(bits_set_t* set_, uint64_t count) noexcept nogil:
    """An empty set with room for `count` numbers; False where there is no memory for it."""
    set_.first = next_factor()
    set_.second = next_factor()
    set_.mask = 15
    while set_.mask < 2 * count:
        set_.mask = 2 * set_.mask + 1
    set_.bits = <uint64_t*>calloc(set_.mask + 1, sizeof(uint64_t))
    return set_.bits != NULL


def count_probes(const uint64_t[::1] numbers):
    """How many places are looked at to put these numbers, which are not 0, into a set such as collections use; for tests."""
    cdef bits_set_t found
    cdef uint64_t probes = 0
    cdef uint64_t at
    cdef Py_ssize_t n
    if not begin_set(&found, len(numbers)):
        raise MemoryError
    for n in range(len(numbers)):
        at = place(&found, numbers[n])
        probes += 1 + (at - first_place(&found, numbers[n]) & found.mask)
        found.bits[at] = numbers[n]
    free(found.bits)
    return probes


cdef const slot* used_end(const collection_t* c, const execution_t* x) noexcept nogil:
    """Where the part of a value stack ends that is in use."""
    return c.top if x == c.execution else min(x.now.top, x.stack_end)


cdef inline void put(bits_set_t* set_, uint64_t bits) noexcept nogil:
    if bits:
        set_.bits[place(set_, bits)] = bits


cdef int count_activations(const execution_t* x, bits_set_t* found) noexcept nogil:
    """How many activations there are; what their registers refer to is put into `found` where that is not NULL."""
    cdef int count = 0
    cdef const activation_t* now = &x.now
    while now != NULL:
        count += 1
        if found != NULL:
            put(found, now.acc_i)
            put(found, <size_t>now.exn)
            put(found, <size_t>now.bulk.made)
        now = now.outer
    return count


cdef bint count_slots(collection_t* c, const execution_t* x, uint64_t lowest, uint64_t highest, uint64_t* count,
                      bits_set_t* found) noexcept nogil:
    """Count the slots of a stack that may refer to objects; they are put into `found` where that is not NULL.

    False where the collection is to be given up.
    """
    cdef const slot* at = x.stack
    cdef const slot* end = used_end(c, x)
    while at < end:
        if lowest <= at.u64 <= highest:
            count[0] += 1
            if found != NULL:
                found.bits[place(found, at.u64)] = at.u64
        at += 1
        if (at - x.stack) % WATCH_STEPS == 0 and give_up(c, WATCH_STEPS if found != NULL else WATCH_STEPS >> 3):
            return False
    return True


cdef bint mark_stacks(collection_t* c, const store_t* store) noexcept nogil:
    """Mark every object whose address is in a slot of an execution or in its registers, and what Python holds.

    False where there is no memory for that, or the collection is to be given up.

    It is the slots, often few, that are put into a set, not the objects.
    """
    cdef heap_t* heap = c.heap
    cdef bits_set_t found
    cdef uint64_t lowest = <uint64_t>-1
    cdef uint64_t highest = 0
    cdef uint64_t bits
    cdef uint64_t count = 0
    cdef size_t i
    cdef const execution_t* x = store.executions
    for i in range(heap.count):
        lowest = min(lowest, <uint64_t><size_t>heap.objects[i])
        highest = max(highest, <uint64_t><size_t>heap.objects[i])
        if i % WATCH_STEPS == 0 and give_up(c, WATCH_STEPS >> 3):
            return False
    while x != NULL:
        count += 3 * count_activations(x, NULL)
        if not count_slots(c, x, lowest, highest, &count, NULL):
            return False
        x = x.next
    if not begin_set(&found, count):
        return False
    x = store.executions
    while x != NULL:
        count_activations(x, &found)
        if not count_slots(c, x, lowest, highest, &count, &found):
            free(found.bits)
            return False
        x = x.next
    for i in range(heap.count):
        bits = <size_t>heap.objects[i]
        if heap.objects[i].pins or found.bits[place(&found, bits)] == bits:
            mark(c, bits)
        if give_up(c, 1):
            break
    free(found.bits)
    return not c.over


# --- Sweeping ---------------------------------------------------------------------------------------------------------

cdef inline uint64_t size_of(object_t* o) noexcept nogil:
    """What `allocate` counted for it."""
    if o.type.kind == KIND_ARRAY:
        return OBJECT_OVERHEAD + OBJECT_HEADER + (<uint64_t>o.length << o.type.fields[0].width)
    if o.type.kind == KIND_EXN:
        return OBJECT_OVERHEAD + sizeof(exn_t) + (<exn_t*>o).tag.slots * sizeof(slot)
    return OBJECT_OVERHEAD + o.type.size


cdef bint sweep(heap_t* heap, collection_t* c) noexcept nogil:
    """Free what is not marked; False where that is given up, to be gone on with.

    What stands for objects of the host is set apart, since that needs Python.
    """
    cdef object_t* o
    cdef size_t made
    while heap.swept < heap.sweep_end:
        o = heap.objects[heap.swept]
        heap.swept += 1
        if o.marked == heap.epoch:
            heap.objects[heap.kept] = o
            heap.kept += 1
        else:
            heap.allocated -= size_of(o)
            if o.type.kind == KIND_EXTERN:
                o.marked = DEAD
                heap.held -= (<extern_t*>o).rest.held
                (<extern_t*>o).rest.dead = heap.dead
                heap.dead = <extern_t*>o
            else:
                free(o)
        if give_up(c, 1):
            return False
    # What was made since the sweep began comes after that.
    made = heap.count - heap.sweep_end
    if made:  # where there never was an object, there is no array
        memmove(heap.objects + heap.kept, heap.objects + heap.sweep_end, made * sizeof(object_t*))
    heap.count -= heap.sweep_end - heap.kept
    heap.swept = heap.sweep_end = heap.kept = 0
    return True


cdef bint mark_and_sweep(collection_t* c, const store_t* store, const spans_t* spans) noexcept nogil:
    cdef heap_t* heap = c.heap
    # An object that no reference is to any more, but was not freed yet, may be found on the stack: the fields of such a
    # one are not to be looked at, so that all of them have to go first.
    if not sweep(heap, c):
        return False
    heap.epoch = c.epoch = 1 if heap.epoch == LAST_EPOCH else heap.epoch + 1
    if mark_stacks(c, store) and mark_spans(c, spans) and mark_fields(c):
        heap.given_up = 0
        heap.sweep_end = heap.count
        c.sweeping = True
        return sweep(heap, c)
    heap.given_up += 1
    return False


cdef int collect(execution_t* x, slot* top, bint may_stop=False) except -1:
    """Free every object of the store of `x`, which this thread has entered, that nothing refers to any more.

    Slots of `x` at or above `top` are dead; it may be beyond the end of the stack, as the frame of a host function ends
    there. No-op if there is not enough memory for it. With `may_stop`, an interruption or the deadline ends it early, what
    is not freed then will be the next time, and the result is 1. What a handler of a signal raises ends any.
    """
    cdef collection_t c
    cdef slot* old_top = x.now.top
    cdef list owners
    cdef int restarts = 0
    memset(&c, 0, sizeof(c))
    c.heap = &x.store.heap
    c.store = x.store.owner
    c.execution = x
    c.top = min(top, x.stack_end)
    x.now.top = max(c.top, old_top)  # making a list is enough for a finalizer to call this store
    c.next_signals = 0.0 if (<Store>c.store).stress_ else next_look()
    try:
        owners = []
        collect_once(&c, owners, may_stop)
        while c.restart:
            restarts += 1
            c.over = c.restart = False
            if restarts == MAX_RESTARTS:  # of handlers that come all the time there is an end
                c.next_signals = INFINITY
            collect_once(&c, owners, may_stop)
        release_dead(x, c.top, owners)
    finally:
        x.now.top = old_top
        error = None
        if c.error != NULL:
            error = <object>c.error
            Py_DECREF(error)
    if error is not None:
        raise error
    return c.over


cdef int collect_once(collection_t* c, list owners, bint may_stop) except -1:
    """Begin a collection, and end it unless it is given up."""
    cdef Store store = <Store>c.store
    cdef heap_t* heap = c.heap
    cdef uint64_t seen = 0
    cdef const execution_t* x = store.state.executions
    cdef spans_t spans
    cdef bint known
    memset(&spans, 0, sizeof(spans))
    while x != NULL:
        seen += used_end(c, x) - x.stack
        x = x.next
    c.steps = WATCH_STEPS
    # Marks of collections that were given up must not be taken for those of one much later.
    if heap.given_up >= LAST_EPOCH // 2:
        may_stop = False
        c.next_signals = INFINITY
    c.until = store.state.deadline if may_stop else INFINITY
    c.interrupted = &store.state.interrupted if may_stop else &nobody
    c.sweeping = False
    c.gray = <object_t**>malloc((heap.count + 1) * sizeof(object_t*))
    c.gray_count = 0
    try:
        known = c.gray != NULL and add_roots(heap, &spans, owners)
        if known:
            seen += spans.references
            if heap.count + seen + heap.allocated // 64 < MUCH_WORK:
                mark_and_sweep(c, &store.state, &spans)
            else:
                with nogil:
                    mark_and_sweep(c, &store.state, &spans)
                    free(c.gray)  # a large piece, at which the C library may join all small ones that were freed
                    c.gray = NULL
    finally:
        free(c.gray)
        c.gray = NULL
        free(spans.at)
    if known and not c.over:
        # What comes next should cost as much as was looked at, at least.
        heap.headroom = max(heap.allocated + heap.held, <uint64_t>FIRST_THRESHOLD, seen * sizeof(slot), heap.patience)
        heap.threshold = 0 if store.stress_ else min(heap.allocated + heap.headroom, heap.limit)
    return 0


cdef volatile int nobody = 0


cdef int release_dead(execution_t* x, slot* top, list owners) except -1:
    """Release host objects that nothing refers to any more, and the owners of roots; that may run any Python code."""
    cdef Store store = <Store>x.store.owner
    cdef heap_t* heap = &x.store.heap
    cdef slot* old_top = x.now.top
    cdef extern_t* o
    cdef size_t value
    x.now.top = max(top, old_top)
    try:
        while heap.dead != NULL:
            o = heap.dead
            value = <size_t>o.value
            # There is none where it came to nothing, and another one where it has come again since.
            entry = None if store.externs is None else store.externs.get(value)
            if entry is not None and <size_t>entry[1] == <size_t>o:
                owners.append(entry)
                del store.externs[value]
                store.extern_count -= 1
            heap.dead = o.rest.dead
            forget_extern(store, o)
            free(o)
            if len(owners) >= MAX_RELEASED:
                entry = None
                owners.clear()
                PyErr_CheckSignals()
                let_others_run()
        entry = None
        owners.clear()
    finally:
        x.now.top = old_top
    return 0


cdef void adapt_patience(heap_t* heap, double wanted_at) noexcept:
    """The GIL, which wasm wanted for a collection at that time, is there now: decide how much garbage is to be worth that.

    As looks at signals, collections must not wait for more than a small part of the time.
    """
    cdef double now = wvm_monotonic()
    cdef double waited = (now - wanted_at) * POLL_SHARE
    if waited > wanted_at - heap.collected:
        heap.patience = min(max(2 * heap.patience, 2 * heap.headroom), <uint64_t>MAX_PATIENCE)
    elif 4 * waited < wanted_at - heap.collected:
        heap.patience //= 2
    heap.collected = now


cdef bint make_room(execution_t* x, slot* top, uint64_t wanted, bint may_stop=False) except -1:
    """Collect where `allocate` had no room for `wanted` bytes; False where there can be none.

    True as well where the collection was ended early (`collect`): then there may be none yet.
    """
    cdef heap_t* heap = &x.store.heap
    if collect(x, top, may_stop):
        return True
    if heap.allocated + wanted > heap.limit:
        return False
    if (<Store>x.store.owner).stress_ or heap.threshold < heap.allocated + wanted:
        heap.threshold = heap.allocated + wanted
    return True


cdef int make_room_for_wasm(execution_t* x, uint64_t wanted) except -1:
    """Serve EXIT_COLLECT: the instruction will begin anew."""
    try:
        has_room = make_room(x, x.now.fp + x.now.pc[2], wanted, True)
    except BaseException as error:
        raise with_wasm_frames(error, describe(backtrace(x)))
    if not has_room:
        raise_trap(x, TRAP_ALLOCATION_FAILED)
    return 0


cdef int collect_for_wasm(execution_t* x) except -1:
    """Collect where wasm goes on after an exception that was thrown."""
    poll_interrupts(x)
    try:
        collect(x, frame_end(&x.now), True)
    except BaseException as error:
        raise with_wasm_frames(error, describe(backtrace(x)))
    return 0
