# Objects of the host that wasm has references to: the store keeps them.

cdef uint64_t extern_slot(Store store, object value) except 0:
    """The bits of a reference to a Python object: equal for the same object."""
    cdef object_t* o
    cdef heap_t* heap = &store.state.heap
    cdef int reason
    while True:
        known = known_extern(store, value)
        if known is not None:
            return known[1]
        reason = allocate(heap, &extern_type, sizeof(extern_t), &o)
        if reason == 0:
            break
        if reason != EXIT_COLLECT or not make_room(store.execution, store.execution.now.top, heap.wanted):
            raise trap(TRAP_ALLOCATION_FAILED, ())
    o.pins = 1
    try:
        entry = value, <size_t>o  # which may run Python's collector, so any code: that may have made one for `value`
        known = known_extern(store, value)
        if known is None:
            store.externs[id(value)] = entry
            (<extern_t*>o).value = <void*>value
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
