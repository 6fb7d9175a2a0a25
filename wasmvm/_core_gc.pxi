# The collector: mark and sweep over the objects of a store. It is told precisely what globals, tables, element segments
# and other objects refer to; of the value stack it takes every slot for a reference whose bits are an object's address
# (docs/rationale.md, "Why is the stack read conservatively?"). Nothing ever moves.

cdef enum:
    ROOT_SLOTS = 1  # slot*, of which there is one
    ROOT_TABLE = 2  # table_t*
    ROOT_INSTANCE = 3  # Instance: its element segments
    FIRST_THRESHOLD = 2 << 20  # bytes before the first collection
    MANY_OBJECTS = 20_000  # so many that other threads should have the GIL meanwhile


# --- Roots ------------------------------------------------------------------------------------------------------------

cdef void add_root(heap_t* heap, root_t* root, int kind, void* what) noexcept:
    root.kind = kind
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
    cdef size_t i
    if root == NULL:
        return
    while root != &heap.roots:
        next = root.next
        root.next = NULL
        root = next
    for i in range(heap.count):
        free(heap.objects[i])
    free(heap.objects)


# --- Marking ----------------------------------------------------------------------------------------------------------

cdef inline void mark(heap_t* heap, uint64_t bits) noexcept nogil:
    """Mark what a reference is to, and remember to look at its fields."""
    cdef object_t* o = <object_t*><size_t>bits
    if bits == 0 or bits & 1 or o.marked:
        return
    o.marked = 1
    if o.type.ref_count:
        heap.gray[heap.gray_count] = o
        heap.gray_count += 1


cdef void mark_all(heap_t* heap, const uint64_t* bits, uint64_t count) noexcept nogil:
    cdef uint64_t i
    for i in range(count):
        mark(heap, bits[i])


cdef void mark_fields(heap_t* heap) noexcept nogil:
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
            mark_all(heap, <const uint64_t*>elements(o), o.length)
            continue
        if type.kind == KIND_EXN:
            type = (<exn_t*>o).tag.type
            fields = <const uint8_t*>(<exn_t*>o).payload
        for i in range(type.ref_count):
            mark(heap, (<const uint64_t*>(fields + type.refs[i]))[0])


cdef uint64_t mark_roots(heap_t* heap) noexcept:
    """Mark what the roots refer to; how many references these are."""
    cdef root_t* root = heap.roots.next
    cdef table_t* table
    cdef Instance instance
    cdef uint64_t seen = 0
    cdef Py_ssize_t i
    while root != &heap.roots:
        if root.kind == ROOT_SLOTS:
            mark(heap, (<slot*>root.what).u64)
            seen += 1
        elif root.kind == ROOT_TABLE:
            table = <table_t*>root.what
            mark_all(heap, table.elems, table.size)
            seen += table.size
        else:
            instance = <Instance>root.what
            mark(heap, instance.evaluated)
            for i in range(instance.elem_count):
                if instance.inst.elems[i].names_objects:
                    mark_all(heap, instance.inst.elems[i].refs, instance.inst.elems[i].length)
                    seen += instance.inst.elems[i].length
        root = root.next
    return seen


# --- The stack --------------------------------------------------------------------------------------------------------

cdef struct bits_set_t:
    # Numbers other than 0, by open addressing. The numbers are the guest's, who must not know where they go: each set
    # has factors of its own.
    uint64_t* bits
    uint64_t mask
    uint64_t first
    uint64_t second


cdef inline uint64_t place(bits_set_t* set_, uint64_t bits) noexcept nogil:
    """Where the number is, or would be."""
    cdef uint64_t i = bits * set_.first
    i = ((i ^ i >> 32) * set_.second) >> 32
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


cdef bint mark_stack(machine_t* m, const slot* top) noexcept nogil:
    """Mark every object whose address is in a slot, and what Python holds; False where there is no memory for that.

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
    while at < top:
        count += lowest <= at.u64 <= highest
        at += 1
    found.first = next_factor()
    found.second = next_factor()
    found.mask = 15
    while found.mask < 2 * count:
        found.mask = 2 * found.mask + 1
    found.bits = <uint64_t*>calloc(found.mask + 1, sizeof(uint64_t))
    if found.bits == NULL:
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
    for i in range(heap.count):
        bits = <size_t>heap.objects[i]
        if heap.objects[i].pins or found.bits[place(&found, bits)] == bits:
            mark(heap, bits)
    free(found.bits)
    return True


# --- Sweeping ---------------------------------------------------------------------------------------------------------

cdef inline uint64_t size_of(object_t* o) noexcept nogil:
    """What `allocate` counted for it."""
    if o.type.kind == KIND_ARRAY:
        return OBJECT_OVERHEAD + OBJECT_HEADER + (<uint64_t>o.length << o.type.fields[0].width)
    if o.type.kind == KIND_EXN:
        return OBJECT_OVERHEAD + sizeof(exn_t) + (<exn_t*>o).tag.slots * sizeof(slot)
    return OBJECT_OVERHEAD + o.type.size


cdef void sweep(heap_t* heap) noexcept nogil:
    """Free what is not marked; what stands for objects of the host is set apart, since that needs Python."""
    cdef size_t i
    cdef size_t kept = 0
    cdef object_t* o
    for i in range(heap.count):
        o = heap.objects[i]
        if o.marked:
            o.marked = 0
            heap.objects[kept] = o
            kept += 1
            continue
        heap.allocated -= size_of(o)
        if o.type.kind == KIND_EXTERN:
            (<extern_t*>o).dead = heap.dead
            heap.dead = <extern_t*>o
        else:
            free(o)
    heap.count = kept


cdef void mark_and_sweep(heap_t* heap) noexcept nogil:
    mark_fields(heap)
    sweep(heap)


cdef int collect(Store store, slot* top) except -1:
    """Free every object of the store, which this thread has entered, that nothing refers to any more.

    Slots from `top` on are in nobody's use; it may be beyond the end of the stack, as the frame of a host function ends
    there. Does nothing where there is not enough memory to do it with.
    """
    cdef heap_t* heap = &store.machine.heap
    top = min(top, store.machine.stack_end)
    cdef uint64_t seen = top - store.machine.stack
    cdef size_t i
    heap.gray = <object_t**>malloc((heap.count + 1) * sizeof(object_t*))
    if heap.gray == NULL:
        return 0
    heap.gray_count = 0
    if mark_stack(store.machine, top):
        seen += mark_roots(heap)
        if heap.count < MANY_OBJECTS:
            mark_and_sweep(heap)
        else:
            with nogil:
                mark_and_sweep(heap)
    free(heap.gray)
    heap.gray = NULL
    # What comes next should cost as much as was looked at, at least.
    heap.threshold = heap.allocated + max(heap.allocated, <uint64_t>FIRST_THRESHOLD, seen * sizeof(slot))
    heap.threshold = 0 if store.stress_ else min(heap.threshold, heap.limit)
    release_dead(store, top)
    return 0


cdef int release_dead(Store store, slot* top) except -1:
    """Let go of the objects of the host that no reference is to any more; that may run any Python code."""
    cdef machine_t* m = store.machine
    cdef slot* old_top = m.top
    cdef mem_t* other_mem = m.other_mem
    cdef extern_t* o = m.heap.dead
    cdef extern_t* next
    cdef list released = []
    m.heap.dead = NULL
    while o != NULL:
        next = o.dead
        entry = store.externs.pop(<size_t>o.value, None)  # none where it came to nothing (`Store.extern`)
        if entry is not None:
            released.append(entry)
        free(o)
        o = next
    entry = None
    m.top = max(top, old_top)
    try:
        released.clear()
    finally:
        m.top = old_top
        m.other_mem = other_mem
    return 0


cdef bint make_room(Store store, slot* top) except -1:
    """Serve EXIT_COLLECT; False where there can be no room for what was wanted."""
    cdef heap_t* heap = &store.machine.heap
    cdef uint64_t wanted = heap.wanted
    collect(store, top)
    if heap.allocated + wanted > heap.limit:
        return False
    if store.stress_ or heap.threshold < heap.allocated + wanted:
        heap.threshold = heap.allocated + wanted
    return True
