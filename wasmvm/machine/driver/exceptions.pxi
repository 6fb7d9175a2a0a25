# Exceptions (spec "Execution: Exception Handling"): from a throw to the code that catches it.
#
# Lowered code has a table of its catch clauses, and entering a try_table executes nothing. The search goes from frame to
# frame, by their return addresses, and changes nothing until it has found a handler; then the frames above are gone, the
# payload is put where the label wants it, and the machine goes on there. An exception becomes an object only where
# something refers to it: a clause with a reference, or Python.

cdef enum:
    SEARCH_SLICE = 1 << 16  # steps of a search before somebody looks around: a microsecond or two each thousand
    FIRST_SEARCH = 1 << 12  # with the GIL held
    STEPS_PER_UNIT = 2  # of the budget, as a logarithm


cdef exn_t* new_exn(machine_t* m, tag_t* tag, const slot* payload) noexcept nogil:
    """An exception of the store, with zeros where there is no payload; NULL where there is no memory."""
    cdef exn_t* made
    if m.heap.allocated > m.heap.limit:
        return NULL
    # It is made at once, since there is nothing to come back to: who goes to the handler looks after the garbage.
    if new_object(&m.heap, &exn_type, sizeof(exn_t) + tag.slots * sizeof(slot), <object_t**>&made):
        return NULL
    made.tag = tag
    if payload != NULL:
        memcpy(made.payload, payload, tag.slots * sizeof(slot))
    if not tag.used:
        tag.used = True
        tag.next = m.tags
        m.tags = tag
    return made


cdef void free_tag(tag_t* tag) noexcept:
    disown(tag.signature)
    free(tag)


cdef void free_tags(machine_t* m) noexcept:
    """Free the tags that exceptions alone have kept, which are gone themselves."""
    cdef tag_t* tag
    while m.tags != NULL:
        tag = m.tags
        m.tags = tag.next
        free_tag(tag)


cdef int by_address(const void* left, const void* right) noexcept nogil:
    cdef const int32_t* a = (<const catcher_t*>left).code
    cdef const int32_t* b = (<const catcher_t*>right).code
    return (a > b) - (a < b)


cdef lowered_t* catching(inst_t* inst, const int32_t* pc, int64_t* steps) noexcept nogil:
    """The function with handlers whose code this position is in, or NULL.

    Sorting is work as well: a function that is lowered between two throws makes it due again.
    """
    cdef int32_t low = 0
    cdef int32_t high = inst.catcher_count
    cdef int32_t middle
    if not inst.catchers_sorted:
        if inst.catcher_count > 1:  # where there is none, there is no array, which qsort must not be given
            qsort(inst.catchers, inst.catcher_count, sizeof(catcher_t), by_address)
        inst.catchers_sorted = True
        steps[0] += inst.catcher_count
    while low < high:  # the last one that begins at or before the position
        middle = (low + high) // 2
        if inst.catchers[middle].code <= pc:
            low = middle + 1
        else:
            high = middle
    if low and pc < inst.catchers[low - 1].end:
        return inst.catchers[low - 1].lowered
    return NULL


cdef void begin_search(machine_t* m, search_t* at) noexcept nogil:
    at.inst = m.inst
    at.pc = m.pc
    at.fp = m.fp
    at.frame = m.frame
    at.left = -1


cdef int find_handler(machine_t* m, search_t* at, int64_t limit) noexcept nogil:
    """Go to the handler of what is thrown, and return 0; else change nothing but `at`, and return what is the matter.

    EXIT_UNCAUGHT: there is none in the frames down to where Python called. EXIT_THROW: the search has taken `limit`
    steps and is to be gone on with. EXIT_NO_MEMORY: it needs a reference, and there is no memory for it. The budget
    pays for the steps.
    """
    cdef int64_t steps = 0
    cdef int reason = search_frames(m, at, limit, &steps)
    m.budget -= steps >> STEPS_PER_UNIT
    return reason


cdef int search_frames(machine_t* m, search_t* at, int64_t limit, int64_t* steps) noexcept nogil:
    cdef lowered_t* lowered
    cdef const clause_t* handler
    cdef int32_t position
    while True:
        lowered = catching(at.inst, at.pc, steps)
        if lowered != NULL:
            position = <int32_t>(at.pc - lowered.code)
            if at.left < 0:
                at.left = clause_count(lowered)
            while at.left:
                if steps[0] >= limit:
                    return EXIT_THROW
                steps[0] += 1
                at.left -= 1
                handler = &clauses_of(lowered)[at.left]
                if handler.start <= position < handler.end and (
                    handler.tagidx < 0 or at.inst.tags[handler.tagidx] == m.tag
                ):
                    return go_to_handler(m, lowered, handler, at.inst, at.fp, at.frame)
        at.left = -1
        at.frame -= 1
        if at.frame.pc == leave_instance_code:
            at.inst = <inst_t*>at.frame.fp
            at.frame -= 1
        if at.frame.pc == done_code:
            return EXIT_UNCAUGHT
        at.pc = at.frame.pc - 1  # inside of the call
        at.fp = at.frame.fp
        steps[0] += 4  # with the search among the functions
        if steps[0] >= limit:
            return EXIT_THROW


cdef int go_to_handler(machine_t* m, lowered_t* lowered, const clause_t* handler, inst_t* inst, slot* fp,
                       frame_t* frame) noexcept nogil:
    cdef exn_t* exn = m.exn
    cdef slot* target = fp + handler.slot
    if handler.with_ref and exn == NULL:
        exn = new_exn(m, m.tag, m.base)
        if exn == NULL:
            return EXIT_NO_MEMORY
    if handler.tagidx >= 0:
        memmove(target, m.base, m.tag.slots * sizeof(slot))
        target += m.tag.slots
    if handler.with_ref:
        target.u64 = <uint64_t><size_t>exn
    m.pc = lowered.code + handler.target
    m.fp = fp
    m.frame = frame
    m.inst = inst
    return 0


cdef exn_t* thrown(machine_t* m) except NULL:
    """The exception that is thrown, made now if it was not before: Python code may use the machine's stack."""
    if m.exn == NULL:
        m.exn = new_exn(m, m.tag, m.base)
        if m.exn == NULL:
            raise trap(TRAP_ALLOCATION_FAILED, ())
        m.base = m.exn.payload
    return m.exn


cdef object uncaught(ExceptionRef reference, tuple frames):
    """An exception of wasm as one of Python."""
    error = WasmException(reference.tag, reference.payload, frames)
    error.reference = reference  # which keeps the bits of floats
    return error


cdef ExceptionRef thrown_by_host(Store store, object error):
    """The exception that a `WasmException` of Python's makes in this store; None where its tag is of none of it.

    Its attributes may be properties of a subclass, so each is asked once.

    Raises:
        TypeError: the payload is not of the tag's type.
    """
    cdef Tag tag
    cdef Signature signature
    cdef exn_t* exn
    cdef slot* target
    cdef int i
    cdef ExceptionRef reference
    of, known = error.tag, error.reference
    if not isinstance(of, Tag) or (<Tag>of).store is not store:
        return None
    if isinstance(known, ExceptionRef) and (<ExceptionRef>known).store is store:
        return <ExceptionRef>known
    tag = <Tag>of
    signature = tag.signature
    payload = tuple(error.payload)
    if len(payload) != signature.param_count:
        raise TypeError(f"an exception of type {signature.type} was thrown with {len(payload)} values")
    exn = new_exn(store.machine, tag.tag, NULL)
    if exn == NULL:
        raise trap(TRAP_ALLOCATION_FAILED, ())
    reference = exception_ref(store, exn)  # before what follows makes objects
    target = exn.payload
    for i in range(signature.param_count):
        to_slot(store, signature.params[i], payload[i], target, f"payload {i}")
        target += slots_of(signature.params[i])
    error.reference = reference
    return reference
