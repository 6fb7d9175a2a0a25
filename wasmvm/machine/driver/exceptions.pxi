# Exceptions (spec "Execution: Exception Handling"): from a throw to the code that catches it.
#
# Lowered code has a table of its catch clauses, and entering a try_table or try executes nothing. The search goes from frame to
# frame, by their return addresses, and changes nothing until it has found a clause; then the frames above are gone, the
# payload is put where the label wants it, and the execution goes on there. An exception becomes an object only where
# something refers to it: a clause with a reference, or Python.

cdef enum:
    SEARCH_SLICE = 1 << 16  # steps between two looks at the clock: a microsecond or two per thousand
    FIRST_SEARCH = 1 << 12  # with the GIL held
    STEPS_PER_UNIT = 2  # of the budget, as a logarithm


cdef exn_t* new_exn(store_t* store, tag_t* tag, const slot* payload) noexcept nogil:
    """An exception of the store, with zeros where there is no payload; NULL where there is no memory."""
    cdef exn_t* made
    if store.heap.allocated > store.heap.limit:
        return NULL
    # Without a look at the threshold, since no instruction could begin anew: who goes to the clause collects later.
    if new_object(&store.heap, &exn_type, sizeof(exn_t) + tag.slots * sizeof(slot), <object_t**>&made):
        return NULL
    made.tag = tag
    if payload != NULL:
        memcpy(made.payload, payload, tag.slots * sizeof(slot))
    if not tag.used:
        tag.used = True
        tag.next = store.tags
        store.tags = tag
    return made


cdef void free_tag(tag_t* tag) noexcept:
    disown(tag.signature)
    free(tag)


cdef void free_tags(store_t* store) noexcept:
    """Free the tags that exceptions alone have kept, which are gone themselves."""
    cdef tag_t* tag
    while store.tags != NULL:
        tag = store.tags
        store.tags = tag.next
        free_tag(tag)


cdef void begin_search(execution_t* x, search_t* at) noexcept nogil:
    at.inst = x.now.inst
    at.pc = x.now.pc
    at.fp = x.now.fp
    at.frame = x.now.frame
    at.clause = 0


cdef int find_clause(execution_t* x, search_t* at, int64_t limit) noexcept nogil:
    """Enter the innermost clause that catches what is thrown and return 0; otherwise change nothing but `at` and return:

    EXIT_UNCAUGHT: no clause catches it down to where Python called. EXIT_THROW: the search has taken `limit` steps and has
    to be continued. EXIT_NO_MEMORY: the clause wants a reference, and there is no memory for one. The budget pays for the
    steps.
    """
    cdef int64_t steps = 0
    cdef int reason = search_frames(x, at, limit, &steps)
    x.budget -= steps >> STEPS_PER_UNIT
    return reason


cdef int search_frames(execution_t* x, search_t* at, int64_t limit, int64_t* steps) noexcept nogil:
    cdef lowered_t* lowered
    cdef const clause_t* clause
    cdef int32_t index, position
    while True:
        index = function_at(at.inst, at.pc, steps)
        lowered = &at.inst.lowered[index] if index >= 0 else NULL
        if lowered != NULL and lowered.parts.clauses:
            position = <int32_t>(at.pc - lowered.code)
            while at.clause < clause_count(lowered):
                if steps[0] >= limit:
                    return EXIT_THROW
                steps[0] += 1
                clause = &clauses_of(lowered)[at.clause]
                at.clause += 1
                if clause.start <= position < clause.end:
                    if clause.tagidx == DELEGATES:
                        at.clause = clause.target
                    elif clause.tagidx == CAUGHT_BY_ANY or at.inst.tags[clause.tagidx] == x.now.tag:
                        return go_to_clause(x, lowered, clause, at.inst, at.fp, at.frame)
        at.clause = 0
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


cdef int go_to_clause(execution_t* x, lowered_t* lowered, const clause_t* clause, inst_t* inst, slot* fp,
                      frame_t* frame) noexcept nogil:
    cdef exn_t* exn = x.now.exn
    cdef slot* target = fp + clause.slot
    cdef slot* payload = target + 1 if clause.with_ref == REF_FIRST else target
    if clause.with_ref and exn == NULL:
        exn = new_exn(x.store, x.now.tag, x.now.base)
        if exn == NULL:
            return EXIT_NO_MEMORY
    if clause.tagidx >= 0:
        memmove(payload, x.now.base, x.now.tag.slots * sizeof(slot))
        if clause.with_ref == REF_LAST:
            target += x.now.tag.slots
    if clause.with_ref:
        target.u64 = <uint64_t><size_t>exn
    x.now.pc = lowered.code + clause.target
    x.now.fp = fp
    x.now.frame = frame
    x.now.inst = inst
    return 0


cdef exn_t* thrown(execution_t* x) except NULL:
    """The exception that is thrown, made now if it was not before."""
    if x.now.exn == NULL:
        x.now.exn = new_exn(x.store, x.now.tag, x.now.base)
        if x.now.exn == NULL:
            raise trap(TRAP_ALLOCATION_FAILED, ())
        x.now.base = x.now.exn.payload
    return x.now.exn


cdef object uncaught(ExceptionRef reference, tuple frames):
    """An exception of wasm as one of Python."""
    error = WasmException(reference.tag, reference.payload, frames)
    error.reference = reference  # which keeps the bits of floats
    return error


cdef ExceptionRef thrown_by_host(Store store, object error):
    """The exception that a `WasmException` raised by Python is in this store; None if its tag is of another store.

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
    exn = new_exn(&store.state, tag.tag, NULL)
    if exn == NULL:
        raise trap(TRAP_ALLOCATION_FAILED, ())
    reference = exception_ref(store, exn)  # before what follows makes objects
    target = exn.payload
    for i in range(signature.param_count):
        to_slot(store, signature.params[i], payload[i], target, PAYLOAD, i)
        target += slots_of(signature.params[i])
    error.reference = reference
    return reference


cdef int search(execution_t* x) except -1:
    """Find the clause that catches what is thrown, however long that takes; as `find_clause`."""
    cdef search_t at
    cdef double until
    begin_search(x, &at)
    cdef int reason = find_clause(x, &at, FIRST_SEARCH)
    while reason == EXIT_THROW:
        thrown(x)
        poll_interrupts(x)  # where a signal's handler may run wasm in this store
        until = min(wvm_monotonic() + POLL_INTERVAL, x.store.deadline)
        with nogil:
            while reason == EXIT_THROW:
                reason = find_clause(x, &at, SEARCH_SLICE)
                if is_over(x.store, until):
                    break
    if reason == EXIT_NO_MEMORY:
        raise_trap(x, TRAP_ALLOCATION_FAILED)
    return reason


cdef int unwind(execution_t* x) except -1:
    """Go to the clause that catches what wasm has thrown, or raise it in Python."""
    cdef heap_t* heap = &x.store.heap
    if search(x) == EXIT_UNCAUGHT:
        reference = exception_ref(<Store>x.store.owner, thrown(x))
        frames = describe(backtrace(x))
        raise with_wasm_frames(uncaught(reference, frames), frames)
    if heap.allocated > heap.threshold:
        collect_for_wasm(x)
    return 0


cdef bint throw_from_host(execution_t* x, object error) except -1:
    """Go to the clause that catches what a host function has raised; False where none does."""
    cdef ExceptionRef reference = thrown_by_host(<Store>x.store.owner, error)  # which keeps it until the execution does
    cdef exn_t* exn
    if reference is None:
        return False
    exn = reference.exn()
    x.now.exn = exn
    x.now.tag = exn.tag
    x.now.base = exn.payload
    return search(x) == 0
