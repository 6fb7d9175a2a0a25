# Objects of the host that wasm has references to: the store keeps them.

cdef extern from "Python.h":
    bint PyType_HasFeature(object, unsigned long)
    unsigned long Py_TPFLAGS_HEAPTYPE

cdef enum:
    HELD_BY_OTHERS = 4096  # bytes that an object of a class counts for at least: nobody knows what its attributes hold


cdef uint64_t held_by(object value) except? 0:
    """Bytes that stay for a reference to this object, as far as it says so; may run Python code.

    They decide when to collect, as much as structures do, but are in no limit: the embedder's objects are the embedder's.
    """
    cdef uint64_t least = HELD_BY_OTHERS if PyType_HasFeature(type(value), Py_TPFLAGS_HEAPTYPE) else 0
    try:
        return max(least, <uint64_t>getsizeof(value))
    except Exception:  # whatever its `__sizeof__` is like
        return max(least, <uint64_t>HELD_BY_OTHERS)


cdef void count_held(heap_t* heap, extern_t* o, uint64_t held) noexcept:
    """Let the next collection come earlier by what an object of the host holds.

    One alone takes at most half of the room: the embedder may have it for long, and pass it on often.
    """
    held = min(held, heap.headroom // 2)
    o.rest.held = held
    heap.held += held
    heap.threshold -= min(held, heap.threshold)

cdef uint64_t extern_slot(Store store, object value) except 0:
    """The bits of a reference to a Python object: equal for the same object."""
    cdef object_t* o
    cdef heap_t* heap = &store.state.heap
    cdef int reason
    cdef uint64_t held
    known = known_extern(store, value)
    if known is not None:
        return known[1]
    held = held_by(value)
    while True:
        known = known_extern(store, value)
        if known is not None:
            return known[1]
        reason = allocate(heap, &extern_type, sizeof(extern_t), &o)
        if reason == 0:
            break
        if reason != EXIT_COLLECT or not make_room(execution_of(store), store.execution.now.top, heap.wanted):
            raise trap(TRAP_ALLOCATION_FAILED, ())
    o.pins = 1
    try:
        entry = value, <size_t>o  # which may run Python's collector, so any code: that may have made one for `value`
        known = known_extern(store, value)
        if known is None:
            store.externs[id(value)] = entry
            (<extern_t*>o).value = <void*>value
            count_held(heap, <extern_t*>o, held)
            known = entry
    finally:
        o.pins = 0
    return known[1]


cdef tuple known_extern(Store store, object value):
    """The entry of a Python object among `externs`, or None."""
    cdef object_t* o
    known = store.externs.get(id(value))
    if known is None:
        return None
    o = <object_t*><size_t>known[1]
    if o.marked == DEAD:
        return None
    if store.state.heap.sweep_end:  # found to be garbage, and not freed yet: there is a reference again
        o.marked = store.state.heap.epoch
    return known
