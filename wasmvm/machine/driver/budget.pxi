# The budget, and what is looked for when it is used up: interruptions, the deadline, signals, other threads.

cdef enum:
    # Budgets count back-edges and calls. A call from Python runs its first slice with the GIL held, since letting go
    # of it and taking it again costs as much as a short function. A slice without the GIL is short enough to look at
    # the clock often, and long enough for that look to cost nothing.
    FIRST_SLICE = 2000
    SLICE = 16384
    # What may stop a call: bits of `store_t.interrupted`.
    STOP_ONCE = 1
    STOP_ALWAYS = 2

cdef double NAP_INTERVAL = 0.005  # seconds, as the interpreter's own switch interval
cdef double TURN_INTERVAL = 0.004  # seconds for which work that is not wasm code keeps the GIL
# Seconds between looks at signals, from the first up to the second: Ctrl-C must stop a guest within 0.1 s.
cdef double POLL_INTERVAL = 0.02
cdef double MAX_POLL_INTERVAL = 0.08
# A look needs the GIL, for which it may have to wait until a thread that computes in Python gives it away, 5 ms and more. Of the
# time of a guest looks take no more than one part in so many, as far as the longest interval allows.
cdef double POLL_SHARE = 16.0

cdef double poll_interval = POLL_INTERVAL  # at present
cdef uint64_t look_count = 0


cdef int raise_if_stopped(execution_t* x) except -1:
    """Raise if the wasm that runs is to end: an interruption, the deadline."""
    if x.store.interrupted:
        x.store.interrupted &= STOP_ALWAYS
        raise_trap(x, TRAP_INTERRUPT)
    if wvm_monotonic() >= x.store.deadline:
        raise_trap(x, TRAP_DEADLINE)
    return 0


cdef int poll_interrupts(execution_t* x) except -1:
    """Raise if there is a reason to stop: an interruption, the deadline, a signal whose handler raises.

    A handler may run wasm in this store, above the frame that was stopped.
    """
    cdef slot* top = x.now.top
    raise_if_stopped(x)
    x.now.top = max(top, frame_end(&x.now))
    try:
        PyErr_CheckSignals()
    except BaseException as error:
        raise with_wasm_frames(error, describe(backtrace(x)))
    finally:
        x.now.top = top
    return 0


cdef int poll_store(Store store, str during="", int reasons=STOP_ONCE | STOP_ALWAYS) except -1:
    """As `poll_interrupts`, where it is not wasm code that takes long; Python code may run.

    Of interruptions those count that `reasons` has: STOP_ONCE for `interrupt`, STOP_ALWAYS for `hold`.
    """
    store.check_thread()  # an interruption is for the thread that uses the store
    if store.nesting:
        if store.state.interrupted & reasons:
            store.state.interrupted &= STOP_ALWAYS
            raise trap(TRAP_INTERRUPT, (), during)
        if wvm_monotonic() >= store.state.deadline:
            raise trap(TRAP_DEADLINE, (), during)
    PyErr_CheckSignals()
    return 0


cdef double next_look() noexcept:
    """When what runs without the GIL from now on is to look for signals; never, but in the thread that runs handlers."""
    return wvm_monotonic() + poll_interval if runs_handlers() else INFINITY


cdef void looked(double since) noexcept:
    """The GIL, which was wanted for a look at signals at that time, is there now."""
    global poll_interval, look_count
    look_count += 1
    poll_interval = max(POLL_INTERVAL, min((wvm_monotonic() - since) * POLL_SHARE, MAX_POLL_INTERVAL))


def looks():
    """How often running wasm took the GIL to look for signals, and the seconds between two such looks at present; for tests."""
    return look_count, poll_interval


cdef bint is_over(const store_t* store, double until) noexcept nogil:
    """Whether what runs without the GIL should come back to the driver, also if somebody has set another deadline meanwhile."""
    cdef double now
    if store.interrupted:
        return True
    now = wvm_monotonic()
    return now >= until or now >= store.deadline


cdef int run_free(execution_t* x, int reason, double until) noexcept nogil:
    """Run without the GIL until the loop ends for another reason than its budget, or the time has come.

    `reason` is why the loop has ended: EXIT_BUDGET or EXIT_BULK.
    """
    cdef search_t at
    while True:
        if reason == EXIT_BULK:
            reason = run_bulk(x, until)
            if reason != 0:
                return reason
            if is_over(x.store, until):
                return EXIT_BUDGET
        x.budget = SLICE
        reason = enter_loop(x)
        while reason == EXIT_THROW:
            begin_search(x, &at)
            reason = find_clause(x, &at, SEARCH_SLICE)
            while reason == EXIT_THROW and not is_over(x.store, until):
                reason = find_clause(x, &at, SEARCH_SLICE)
            if reason != 0:
                return reason
            if x.store.heap.allocated > x.store.heap.threshold:
                return EXIT_GARBAGE
            reason = enter_loop(x)
        if (reason != EXIT_BUDGET and reason != EXIT_BULK) or is_over(x.store, until):
            return reason


cdef double last_turn = 0.0


cdef void let_others_run() noexcept:
    """Compiled code keeps the GIL for as long as it runs: every some milliseconds who waits for it gets it here.

    Not more often, and then for long enough: to let go of it for a moment, again and again, only wakes up others, who come too late
    each time and begin to wait anew.
    """
    global last_turn
    if wvm_monotonic() - last_turn >= TURN_INTERVAL:
        with nogil:
            wvm_nap()
        last_turn = wvm_monotonic()


cdef int spend(execution_t* x, uint64_t units) except -1:
    """Take from the budget for work that is not wasm code. Where it is used up, poll and give the GIL away.

    Of a store that nobody has entered `x` may be gone then (`execution_of`).
    """
    x.budget -= <int64_t>min(units, <uint64_t>MAX_UNITS)
    if x.budget < 0:
        x.budget = FIRST_SLICE
        poll_store(<Store>x.store.owner)
        let_others_run()
    return 0


cdef int serve_others(Store store) except -1:
    """Do for a host function that is not written in Python what the interpreter does for those that are."""
    cdef double now = wvm_coarse()
    PyErr_CheckSignals()
    if now - store.turn > NAP_INTERVAL:
        store.turn = now
        store.execution.budget = 0  # the next call or turn of a loop gives the GIL away
    return 0
