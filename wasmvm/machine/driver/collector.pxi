# The collector: mark and sweep over the objects of a store. It is told precisely what globals, tables, element segments
# and other objects refer to; of the value stack it takes every slot for a reference whose bits are an object's address
# (docs/rationale.md, "Why is the stack read conservatively?"). Nothing ever moves.

cdef enum:
    ROOT_SLOTS = 1  # slot*, of which there is one
    ROOT_TABLE = 2  # table_t*
    ROOT_INSTANCE = 3  # Instance: its element segments
    FIRST_THRESHOLD = 2 << 20  # bytes before the first collection
    MUCH_WORK = 1 << 16  # so much to look at that other threads should have the GIL meanwhile: a millisecond or two
    WATCH_STEPS = 1 << 14  # between two looks at the clock
    LAST_EPOCH = 250
    MOST_RESTARTS = 3  # of one collection, for handlers of signals that use the store
    DEAD = 255  # the mark of what stands for an object of the host, and is about to be freed


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
    """Does nothing where it never was one, or the store is gone."""
    if root.next != NULL:
        root.next.previous = root.previous
        root.previous.next = root.next
        root.next = NULL


cdef void begin_heap(heap_t* heap, uint64_t limit) noexcept:
    heap.limit = limit
    heap.threshold = min(limit, <uint64_t>FIRST_THRESHOLD)
    heap.roots.next = heap.roots.previous = &heap.roots


cdef void end_heap(heap_t* heap) noexcept:
    cdef root_t* root = heap.roots.next
    cdef root_t* next
    cdef extern_t* dead
    cdef size_t i
    if root == NULL:
        return
    while root != &heap.roots:
        next = root.next
        root.next = NULL
        root = next
    for i in range(heap.kept):
        free(heap.objects[i])
    for i in range(heap.swept, heap.count):
        free(heap.objects[i])
    free(heap.objects)
    while heap.dead != NULL:
        dead = heap.dead
        heap.dead = dead.dead
        free(dead)


# --- Marking ----------------------------------------------------------------------------------------------------------
# An object is marked with the number of the collection that has found it, so that a collection may be given up at any
# moment before it sweeps: the marks that it leaves mean nothing to the next one.

cdef struct watch_t:
    # Who may end a collection early, and the signals that are served in the middle of one.
    int64_t steps  # until the next look
    double until
    volatile int* interrupted
    bint over
    void* store
    slot* top  # of what is in use of the stack
    double next_signals  # when to look for signals; INFINITY for not at all
    bint sweeping  # so that it does not matter whether a handler uses the store
    bint restart  # over because one did
    void* error  # what one raised, owned


cdef bint give_up(watch_t* watch, int64_t steps) noexcept nogil:
    """Count what was looked at; whether the collection is to be given up."""
    cdef double now
    watch.steps -= steps
    if watch.steps < 0:
        watch.steps = WATCH_STEPS
        now = wvm_monotonic()
        if watch.interrupted[0] or now >= watch.until:
            watch.over = True
        elif now >= watch.next_signals:
            serve_signals(watch)
    return watch.over


cdef void serve_signals(watch_t* watch) noexcept with gil:
    """Let handlers of signals run in the middle of a collection.

    Where Python code has used the store meanwhile, what was marked and the lists of what to mark are out of date; every
    use begins with `check_thread`, which counts.
    """
    cdef Store store = <Store>watch.store
    cdef machine_t* m = store.machine
    cdef object_t** gray = m.heap.gray
    cdef size_t gray_count = m.heap.gray_count
    cdef slot* top = m.top
    cdef mem_t* other_mem = m.other_mem
    cdef uint64_t uses = store.uses
    try:
        # What is swept already must not be found by `Store.extern`.
        release_dead(store, watch.top, [])
        m.top = max(watch.top, top)
        PyErr_CheckSignals()
    except BaseException as error:
        Py_INCREF(error)
        watch.error = <void*>error
        watch.over = True
    m.top = top
    m.other_mem = other_mem
    m.heap.gray = gray
    m.heap.gray_count = gray_count
    if store.uses != uses and not watch.sweeping:
        watch.over = watch.restart = True
    watch.next_signals = wvm_monotonic() + (0.0 if store.stress_ else POLL_INTERVAL)


cdef inline void mark(heap_t* heap, uint64_t bits) noexcept nogil:
    """Mark what a reference is to, and remember to look at its fields."""
    cdef object_t* o = <object_t*><size_t>bits
    if bits == 0 or bits & 1:
        return
    check_object(o)
    if o.marked == heap.epoch:
        return
    o.marked = heap.epoch
    if o.type.ref_count:
        heap.gray[heap.gray_count] = o
        heap.gray_count += 1


cdef bint mark_all(heap_t* heap, watch_t* watch, const uint64_t* bits, uint64_t count) noexcept nogil:
    """False where the collection is to be given up, here and below."""
    cdef uint64_t i, end
    while True:
        end = min(count, <uint64_t>WATCH_STEPS)
        for i in range(end):
            mark(heap, bits[i])
        if give_up(watch, 1 + end):
            return False
        if end == count:
            return True
        bits += end
        count -= end


cdef bint mark_fields(heap_t* heap, watch_t* watch) noexcept nogil:
    """Mark all that is reachable from what was marked."""
    cdef object_t* o
    cdef type_t* type
    cdef const uint8_t* fields
    cdef int32_t i
    while heap.gray_count:
        heap.gray_count -= 1
        o = heap.gray[heap.gray_count]
        type = o.type
        fields = <const uint8_t*>o
        if type.kind == KIND_ARRAY:
            if not mark_all(heap, watch, <const uint64_t*>elements(o), o.length):
                return False
            continue
        if type.kind == KIND_EXN:
            type = (<exn_t*>o).tag.type
            fields = <const uint8_t*>(<exn_t*>o).payload
        for i in range(type.ref_count):
            mark(heap, (<const uint64_t*>(fields + type.refs[i]))[0])
        if give_up(watch, 1 + type.ref_count):
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
    """What the roots refer to. Their owners go to `owners`, so that they stay while others have the GIL.

    False where there is no memory for it.
    """
    cdef root_t* root = heap.roots.next
    cdef table_t* table
    cdef Instance instance
    cdef Py_ssize_t i
    while root != &heap.roots:
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
                if instance.inst.elems[i].names_objects:
                    if not add_span(spans, instance.inst.elems[i].refs, instance.inst.elems[i].length):
                        return False
        root = root.next
    return True


cdef bint mark_spans(heap_t* heap, watch_t* watch, const spans_t* spans) noexcept nogil:
    cdef size_t i
    for i in range(spans.count):
        if not mark_all(heap, watch, spans.at[i].bits, spans.at[i].count):
            return False
    return True


# --- The stack --------------------------------------------------------------------------------------------------------

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
    """An empty set with room for so many numbers; False where there is no memory for it."""
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


cdef bint mark_stack(machine_t* m, watch_t* watch, const slot* top) noexcept nogil:
    """Mark every object whose address is in a slot, and what Python holds.

    False where there is no memory for that, or the collection is to be given up.

    It is the slots, often few, that are put into a set, not the objects.
    """
    cdef heap_t* heap = &m.heap
    cdef bits_set_t found
    cdef uint64_t lowest = <uint64_t>-1
    cdef uint64_t highest = 0
    cdef uint64_t bits
    cdef uint64_t count = 0
    cdef size_t i
    cdef const slot* at = m.stack
    for i in range(heap.count):
        lowest = min(lowest, <uint64_t><size_t>heap.objects[i])
        highest = max(highest, <uint64_t><size_t>heap.objects[i])
        if i % WATCH_STEPS == 0 and give_up(watch, WATCH_STEPS >> 3):
            return False
    while at < top:
        count += lowest <= at.u64 <= highest
        at += 1
        if (at - m.stack) % WATCH_STEPS == 0 and give_up(watch, WATCH_STEPS >> 3):
            return False
    if not begin_set(&found, count):
        return False
    if m.acc:
        found.bits[place(&found, m.acc)] = m.acc
    if m.exn != NULL:
        found.bits[place(&found, <size_t>m.exn)] = <size_t>m.exn
    at = m.stack
    while at < top:
        if lowest <= at.u64 <= highest:
            found.bits[place(&found, at.u64)] = at.u64
        at += 1
        if (at - m.stack) % WATCH_STEPS == 0 and give_up(watch, WATCH_STEPS):
            free(found.bits)
            return False
    for i in range(heap.count):
        bits = <size_t>heap.objects[i]
        if heap.objects[i].pins or found.bits[place(&found, bits)] == bits:
            mark(heap, bits)
        if give_up(watch, 1):
            break
    free(found.bits)
    return not watch.over


# --- Sweeping ---------------------------------------------------------------------------------------------------------

cdef inline uint64_t size_of(object_t* o) noexcept nogil:
    """What `allocate` counted for it."""
    if o.type.kind == KIND_ARRAY:
        return OBJECT_OVERHEAD + OBJECT_HEADER + (<uint64_t>o.length << o.type.fields[0].width)
    if o.type.kind == KIND_EXN:
        return OBJECT_OVERHEAD + sizeof(exn_t) + (<exn_t*>o).tag.slots * sizeof(slot)
    return OBJECT_OVERHEAD + o.type.size


cdef bint sweep(heap_t* heap, watch_t* watch) noexcept nogil:
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
                (<extern_t*>o).dead = heap.dead
                heap.dead = <extern_t*>o
            else:
                free(o)
        if give_up(watch, 1):
            return False
    # What was made since the sweep began is behind.
    made = heap.count - heap.sweep_end
    if made:  # where there never was an object, there is no array
        memmove(heap.objects + heap.kept, heap.objects + heap.sweep_end, made * sizeof(object_t*))
    heap.count -= heap.sweep_end - heap.kept
    heap.swept = heap.sweep_end = heap.kept = 0
    return True


cdef bint mark_and_sweep(machine_t* m, watch_t* watch, const spans_t* spans, const slot* top) noexcept nogil:
    cdef heap_t* heap = &m.heap
    # An object that no reference is to any more, but was not freed yet, may be found on the stack: the fields of such a
    # one are not to be looked at, so that all of them have to go first.
    if not sweep(heap, watch):
        return False
    heap.epoch = 1 if heap.epoch == LAST_EPOCH else heap.epoch + 1
    if mark_stack(m, watch, top) and mark_spans(heap, watch, spans) and mark_fields(heap, watch):
        heap.given_up = 0
        heap.sweep_end = heap.count
        watch.sweeping = True
        return sweep(heap, watch)
    heap.given_up += 1
    return False


cdef int collect(Store store, slot* top, bint may_stop=False) except -1:
    """Free every object of the store, which this thread has entered, that nothing refers to any more.

    Slots from `top` on are in nobody's use; it may be beyond the end of the stack, as the frame of a host function ends
    there. Does nothing where there is not enough memory to do it with. Where it `may_stop`, an interruption or the
    deadline ends it early, what is not freed then will be the next time, and the result is 1. What a handler of a signal
    raises ends any.
    """
    cdef watch_t watch
    cdef machine_t* m = store.machine
    cdef slot* old_top = m.top
    cdef mem_t* other_mem = m.other_mem
    cdef list owners
    cdef int restarts = 0
    top = min(top, m.stack_end)
    m.top = max(top, old_top)  # making a list is enough for a finalizer to call this store
    memset(&watch, 0, sizeof(watch))
    watch.store = <void*>store
    watch.top = top
    watch.next_signals = wvm_monotonic() + (0.0 if store.stress_ else POLL_INTERVAL)
    try:
        owners = []
        collect_once(store, &watch, owners, may_stop)
        while watch.restart:
            restarts += 1
            watch.over = watch.restart = False
            if restarts == MOST_RESTARTS:  # of handlers that come all the time there is an end
                watch.next_signals = INFINITY
            collect_once(store, &watch, owners, may_stop)
        release_dead(store, top, owners)
    finally:
        m.top = old_top
        m.other_mem = other_mem
        error = None
        if watch.error != NULL:
            error = <object>watch.error
            Py_DECREF(error)
    if error is not None:
        raise error
    return watch.over


cdef int collect_once(Store store, watch_t* watch, list owners, bint may_stop) except -1:
    """Begin a collection, and end it unless it is given up."""
    cdef machine_t* m = store.machine
    cdef heap_t* heap = &m.heap
    cdef uint64_t seen = watch.top - m.stack
    cdef spans_t spans
    cdef bint known
    memset(&spans, 0, sizeof(spans))
    watch.steps = WATCH_STEPS
    # Marks of collections that were given up must not be taken for those of one much later.
    if heap.given_up >= LAST_EPOCH // 2:
        may_stop = False
        watch.next_signals = INFINITY
    watch.until = store.deadline if may_stop else INFINITY
    watch.interrupted = &store.interrupted if may_stop else &nobody
    watch.sweeping = False
    heap.gray = <object_t**>malloc((heap.count + 1) * sizeof(object_t*))
    heap.gray_count = 0
    try:
        known = heap.gray != NULL and add_roots(heap, &spans, owners)
        if known:
            seen += spans.references
            if heap.count + seen + heap.allocated // 64 < MUCH_WORK:
                mark_and_sweep(m, watch, &spans, watch.top)
            else:
                with nogil:
                    mark_and_sweep(m, watch, &spans, watch.top)
    finally:
        free(heap.gray)
        heap.gray = NULL
        free(spans.at)
    if known and not watch.over:
        # What comes next should cost as much as was looked at, at least.
        heap.threshold = heap.allocated + max(heap.allocated, <uint64_t>FIRST_THRESHOLD, seen * sizeof(slot))
        heap.threshold = 0 if store.stress_ else min(heap.threshold, heap.limit)
    return 0


cdef volatile int nobody = 0


cdef int release_dead(Store store, slot* top, list owners) except -1:
    """Let go of the objects of the host that no reference is to any more, and of roots; that may run any Python code."""
    cdef machine_t* m = store.machine
    cdef slot* old_top = m.top
    cdef mem_t* other_mem = m.other_mem
    cdef extern_t* o
    cdef size_t value
    m.top = max(top, old_top)
    try:
        while m.heap.dead != NULL:
            o = m.heap.dead
            value = <size_t>o.value
            entry = None if store.externs is None else store.externs.get(value)  # none where it came to nothing, another one where it has come again since
            if entry is not None and <size_t>entry[1] == <size_t>o:
                owners.append(entry)
                del store.externs[value]
            m.heap.dead = o.dead
            free(o)
        entry = None
        owners.clear()
    finally:
        m.top = old_top
        m.other_mem = other_mem
    return 0


cdef bint make_room(Store store, slot* top, bint may_stop=False) except -1:
    """Serve EXIT_COLLECT; False where there can be no room for what was wanted.

    True as well where the collection was ended early (`collect`): then there may be none yet.
    """
    cdef heap_t* heap = &store.machine.heap
    cdef uint64_t wanted = heap.wanted
    if collect(store, top, may_stop):
        return True
    if heap.allocated + wanted > heap.limit:
        return False
    if store.stress_ or heap.threshold < heap.allocated + wanted:
        heap.threshold = heap.allocated + wanted
    return True
