# Objects of the host that wasm has references to: the store keeps them.
#
# The truth is the dict `Store.externs`, which Python's collector knows; beside it is a table of those met last, one for
# each hash of an address, which takes no more room than they do.

cdef extern from "Python.h":
    Py_ssize_t dict_size "PyDict_GET_SIZE"(dict) noexcept

cdef enum:
    FEWEST_RECENT = 64  # places in the table, a power of two


cdef inline bint holds_externs(Store store) noexcept:
    """Whether the dict has all it should have: Python's collector empties it before the store itself, if it is garbage."""
    return store.externs is not None and dict_size(store.externs) == store.extern_count


cdef inline size_t recent_place(Store store, const void* value) noexcept:
    return (<size_t>value >> 4 ^ <size_t>value >> 12) & (store.recent_room - 1)


cdef inline object_t* recent_extern(Store store, const void* value) noexcept:
    """What stands for a Python object, if the table has it; else NULL. Runs no Python."""
    cdef extern_t* known
    if not store.recent_room or not holds_externs(store):
        return NULL
    known = store.recent[recent_place(store, value)]
    if known == NULL or known.value != value or known.head.marked == DEAD:
        return NULL
    keep_extern(store, known)
    return &known.head


cdef inline void keep_extern(Store store, extern_t* o) noexcept:
    """There is a reference to it again: it may have been found to be garbage, and not be freed yet."""
    if store.state.heap.sweep_end:
        o.head.marked = store.state.heap.epoch


cdef uint64_t remember_extern(Store store, tuple known) noexcept:
    """Put an entry of the dict into the table, which grows as the dict does; the bits of the reference."""
    cdef extern_t* o = <extern_t*><size_t>known[1]
    cdef size_t room = max(store.recent_room, <size_t>FEWEST_RECENT)
    cdef extern_t** longer
    while room < <size_t>store.extern_count:
        room *= 2
    if room > store.recent_room:
        longer = <extern_t**>calloc(room, sizeof(extern_t*))
        if longer == NULL:
            return <size_t>o
        free(store.recent)
        store.recent = longer
        store.recent_room = room
    store.recent[recent_place(store, o.value)] = o
    return <size_t>o


cdef void forget_extern(Store store, const extern_t* o) noexcept:
    """It is about to be freed."""
    cdef extern_t** known
    if store.recent_room:
        known = &store.recent[recent_place(store, o.value)]
        if known[0] == o:
            known[0] = NULL


cdef extern from "Python.h":
    bint PyType_HasFeature(object, unsigned long)
    unsigned long Py_TPFLAGS_HEAPTYPE

cdef enum:
    HELD_BY_OTHERS = 4096  # bytes that an object of a class counts for at least: nobody knows what its attributes hold


cdef bint asking = False  # somebody's `__sizeof__`


cdef uint64_t held_by(object value) except? 0:
    """Bytes that stay for a reference to this object, as far as it says so; may run Python code.

    They decide when to collect, as much as structures do, but are in no limit: the embedder's objects are the embedder's. While
    one is asked no other is, since all that leads here is on the C stack already, and that would go on.
    """
    global asking
    cdef uint64_t least = HELD_BY_OTHERS if PyType_HasFeature(type(value), Py_TPFLAGS_HEAPTYPE) else 0
    if asking:
        return max(least, <uint64_t>HELD_BY_OTHERS)
    asking = True
    try:
        return max(least, <uint64_t>getsizeof(value))
    except Exception:  # whatever its `__sizeof__` is like
        return max(least, <uint64_t>HELD_BY_OTHERS)
    finally:
        asking = False


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
    cdef Py_ssize_t before
    cdef int reason
    cdef uint64_t held
    known = known_extern(store, value)
    if known is not None:
        return remember_extern(store, known)
    held = held_by(value)
    while True:
        known = known_extern(store, value)
        if known is not None:
            return remember_extern(store, known)
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
            before = dict_size(store.externs)
            store.externs[id(value)] = entry
            store.extern_count += dict_size(store.externs) - before  # none where it takes the place of a dead one
            (<extern_t*>o).value = <void*>value
            count_held(heap, <extern_t*>o, held)
            known = entry
    finally:
        o.pins = 0
    return remember_extern(store, known)


cdef tuple known_extern(Store store, object value):
    """The entry of a Python object among `externs`, or None."""
    cdef object_t* o
    known = store.externs.get(id(value))
    if known is None:
        return None
    o = <object_t*><size_t>known[1]
    if o.marked == DEAD:
        return None
    keep_extern(store, <extern_t*>o)
    return known
