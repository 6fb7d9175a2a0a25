# Waiting for a shared memory, and waking those that wait (proposal threads).
#
# Who waits is in a list of the memory, in the order in which they came. All of that happens with the GIL, so nothing is
# missed between the look at the memory and the place in the list: `mem_t.waiting` is counted up before the look, and who
# notifies writes first and reads the count then.

cdef extern from "pythread.h" nogil:
    ctypedef void* PyThread_type_lock
    PyThread_type_lock PyThread_allocate_lock()
    void PyThread_free_lock(PyThread_type_lock lock)
    int PyThread_acquire_lock_timed(PyThread_type_lock lock, long long microseconds, int intr_flag)
    void PyThread_release_lock(PyThread_type_lock lock)

cdef double MAX_WAIT = 0.25  # seconds until who waits looks whether somebody has set another deadline


cdef void signal_waiter(waiter_t* waiter) noexcept:
    """Let somebody who waits look around."""
    if not waiter.signalled:
        waiter.signalled = True
        PyThread_release_lock(waiter.lock)


cdef void wake_store(Store store) noexcept:
    """Let what waits in a store look around, since there may be a reason to stop."""
    cdef waiter_t* waiter = store.state.waiter
    while waiter != NULL:
        signal_waiter(waiter)
        waiter = waiter.outer


cdef void leave_queue(mem_t* mem, waiter_t* waiter) noexcept:
    if waiter.previous == NULL:
        mem.first_waiter = waiter.next
    else:
        waiter.previous.next = waiter.next
    if waiter.next == NULL:
        mem.last_waiter = waiter.previous
    else:
        waiter.next.previous = waiter.previous
    wvm_atomic_sub32(<uint8_t*>&mem.waiting, 1)


cdef uint64_t wake(mem_t* mem, uint64_t address, uint64_t count) noexcept:
    """Wake so many of those that wait for the address, who came first first; how many that were."""
    cdef uint64_t found = 0
    cdef waiter_t* waiter = mem.first_waiter
    cdef waiter_t* next
    while waiter != NULL and found < count:
        next = waiter.next
        if waiter.address == address:
            leave_queue(mem, waiter)
            waiter.woken = True
            signal_waiter(waiter)
            found += 1
        waiter = next
    return found


cdef int wait_at(mem_t* mem, uint64_t address, int width, uint64_t expected, double until, execution_t* x) except -1:
    """0 if somebody has notified the address, 1 if it did not hold what is expected, 2 if the time was over.

    `x`: what waits, which an interruption or the deadline ends; NULL for a thread of the host. Python code may run: the
    handlers of signals.
    """
    cdef waiter_t waiter
    cdef store_t* store = NULL if x == NULL else x.store
    cdef uint64_t found
    cdef double now, left
    cdef long long microseconds
    cdef bint taken
    wvm_atomic_add32(<uint8_t*>&mem.waiting, 1)
    if width == 8:
        found = wvm_atomic_load64(mem.data + address)
    else:
        found = wvm_atomic_load32(mem.data + address)
        expected = <uint32_t>expected
    if found != expected:
        wvm_atomic_sub32(<uint8_t*>&mem.waiting, 1)
        return 1
    memset(&waiter, 0, sizeof(waiter_t))
    waiter.lock = PyThread_allocate_lock()
    if waiter.lock == NULL:
        wvm_atomic_sub32(<uint8_t*>&mem.waiting, 1)
        raise MemoryError("no lock to wait with")
    PyThread_acquire_lock_timed(waiter.lock, 0, 0)
    waiter.address = address
    waiter.previous = mem.last_waiter
    if mem.last_waiter == NULL:
        mem.first_waiter = &waiter
    else:
        mem.last_waiter.next = &waiter
    mem.last_waiter = &waiter
    if store != NULL:
        waiter.outer = store.waiter
        store.waiter = &waiter
    try:
        while not waiter.woken:
            if x != NULL:
                poll_interrupts(x)
            else:
                PyErr_CheckSignals()
            if waiter.woken:
                break
            now = wvm_monotonic()
            if now >= until:
                return 2
            left = min(min(until, next_look()) - now, MAX_WAIT)
            if store != NULL:
                left = min(left, store.deadline - now)
            microseconds = <long long>(max(left, 0.0) * 1e6) + 1
            with nogil:
                taken = PyThread_acquire_lock_timed(waiter.lock, microseconds, 0) == 1
            if taken:
                waiter.signalled = False
        return 0
    finally:
        if not waiter.woken:
            leave_queue(mem, &waiter)
        if store != NULL:
            store.waiter = waiter.outer
        PyThread_free_lock(waiter.lock)


cdef int wait_for_memory(execution_t* x) except -1:
    """Do `memory.atomic.wait32` or `wait64`, which the loop has checked."""
    cdef int32_t* pc = x.now.pc
    cdef uint64_t address = x.now.fp[pc[2]].u64 + imm_u64(&pc[3])
    cdef int64_t timeout = x.now.fp[pc[6]].i64
    cdef double until = INFINITY if timeout < 0 else wvm_monotonic() + 1e-9 * timeout
    cdef int width = 8 if pc[0] == R_MEMORY_ATOMIC_WAIT64 else 4
    cdef int found = wait_at(current_memory(&x.now), address, width, x.now.fp[pc[5]].u64, until, x)
    x.now.fp[pc[1]].u64 = found
    x.now.pc += ROW_LENGTH[pc[0]]
    return 0


cdef int notify_memory(execution_t* x) except -1:
    """Do `memory.atomic.notify`, which the loop has checked."""
    cdef int32_t* pc = x.now.pc
    cdef uint64_t address = x.now.fp[pc[2]].u64 + imm_u64(&pc[3])
    x.now.fp[pc[1]].u64 = wake(current_memory(&x.now), address, <uint32_t>x.now.fp[pc[5]].u64)
    x.now.pc += ROW_LENGTH[pc[0]]
    return 0


cdef bint has_grown(execution_t* x) noexcept:
    """Whether the access that was out of bounds may be tried again: the memory is longer than the loop knew.

    The loop has the length of the memory in use at hand, and another thread may have let it grow. It begins with the present
    one when it is entered again; so what traps at a length that was seen here already is out of bounds.
    """
    cdef mem_t* mem = current_memory(&x.now)
    cdef uint64_t length = wvm_get_length(&mem.length)
    if not mem.shared or (x.seen == mem.id and x.seen_length == length):
        return False
    x.seen = mem.id
    x.seen_length = length
    return True
