# Executions: calls from Python into wasm, which may be inside of one another.

cdef enum:
    MAX_NESTING = 450  # calls from wasm to Python to wasm: each takes 1 to 2 KiB of C stack, and a thread may have only 1 MiB


cdef int begin_call(Store store) except -1:
    """Begin a call into a store that has an execution. It may be inside of another one: that one's deadline and budget hold then."""
    store.enter()
    try:
        begin_nested(store)
    except BaseException:
        store.leave()
        raise
    return 0


cdef inline int begin_nested(Store store) except -1:
    """`begin_call` in a store that this thread has entered; `nesting` is to be taken back."""
    cdef execution_t* x = store.execution
    if store.nesting == 0:
        if store.timeout_ != INFINITY:
            store.state.deadline = wvm_monotonic() + store.timeout_
        x.budget = FIRST_SLICE
    elif store.nesting >= MAX_NESTING:
        raise trap(TRAP_CALL_STACK_EXHAUSTED, ())
    else:
        x.budget = min(x.budget, FIRST_SLICE) - 1
    store.nesting += 1
    return 0


cdef void end_call(Store store) noexcept:
    """End what `begin_call` began."""
    store.nesting -= 1
    store.leave()


cdef int call_wasm(Store store, func_t* func, slot* base) except -1:
    """Call a wasm function whose arguments are at `base`, in a store that this thread has entered; its results are left there."""
    cdef execution_t* x = store.execution
    cdef activation_t outer
    cdef slot* top = x.now.top
    cdef bint inside = x.now.bottom != NULL
    if store.closed is not None:
        raise ValueError(store.closed)
    if inside:
        outer = x.now
    begin_nested(store)
    try:
        if base + func.frame_size > x.stack_end:
            raise trap(TRAP_CALL_STACK_EXHAUSTED, ())
        x.now.bottom = x.now.frame
        x.now.frame.pc = done_code
        x.now.frame.fp = x.now.fp
        x.now.frame += 1
        x.now.inst = func.inst
        x.now.other_mem = NULL
        x.now.fp = base
        x.now.pc = func.code
        x.now.outer = &outer if inside else NULL
        forget_bulk(x)
        zero_locals(base, func)
        if store.state.interrupted:
            raise_if_stopped(x)
        drive(x, EXIT_BUDGET if x.budget < 0 else enter_loop(x))
    finally:
        store.nesting -= 1
        if inside:
            x.now = outer
        else:
            let_rest(x, top)
    return 0


def on_own_stacks(Store store not None, work, *args):
    """`work(*args)`, with calls into the store on stacks of their own: another execution, beside the one that waits for it.

    Raises:
        MemoryError: the system has no room for the stacks.
    """
    cdef execution_t* outer
    cdef execution_t* x
    store.enter()
    try:
        outer = execution_of(store)
        x = acquire_execution(&store.state, store.stack_slots)
        if x == NULL:
            raise MemoryError("cannot reserve the stacks of an execution")
        x.budget = outer.budget
        store.execution = x
        try:
            return work(*args)
        finally:
            store.execution = outer
            outer.budget = min(outer.budget, x.budget)
            release_execution(x)
    finally:
        store.leave()
