# The driver: runs the loop, and serves what ends it.

cdef int32_t done_code[1]
cdef int32_t leave_instance_code[1]
done_code[0] = R_DONE
leave_instance_code[0] = R_LEAVE_INSTANCE
cdef int32_t return_code[1]  # where a tail call of a host function goes on
return_code[0] = R_RETURN

ctypedef int (*server_t)(execution_t* x) except -1

# What serves a reason for which the loop ended; NULL where `drive` does so itself. A table, since a C compiler makes
# functions that are called in one place part of `drive`, whose frame every call within a call has on the C stack.
cdef server_t servers[TRAP_UNREACHABLE]


cdef int drive(execution_t* x, int reason) except -1:
    """Run until the innermost call from Python is done, serving what the loop asks for, which has ended for `reason`."""
    cdef double next_poll, wanted_at
    cdef uint64_t wanted
    cdef double next_nap = INFINITY
    while reason != EXIT_DONE:
        if reason < TRAP_UNREACHABLE and servers[reason] != NULL:
            servers[reason](x)
        elif reason == EXIT_BUDGET or reason == EXIT_BULK:
            poll_interrupts(x)
            if wvm_monotonic() >= next_nap:
                # Code that comes back for the GIL all the time (host calls, growing) lets go of it so briefly that
                # a thread which waits for it would wake up too late, each time.
                with nogil:
                    wvm_nap()
                next_nap = INFINITY
            next_poll = 0.0 if (<Store>x.store.owner).stress_ else next_look()
            with nogil:
                reason = run_free(x, reason, next_poll)
                wanted_at = wvm_monotonic()
            if reason == EXIT_BUDGET or reason == EXIT_BULK:
                if wanted_at >= next_poll:
                    looked(wanted_at)
                next_nap = INFINITY
            else:
                if reason == EXIT_COLLECT or reason == EXIT_GARBAGE:
                    adapt_patience(&x.store.heap, wanted_at)
                next_nap = min(next_nap, wvm_monotonic() + NAP_INTERVAL)
            continue
        elif reason == EXIT_COLLECT:
            wanted = x.store.heap.wanted
            poll_interrupts(x)
            make_room_for_wasm(x, wanted)
        elif reason == EXIT_BUG:
            raise InternalError(f"the loop met the unknown instruction {x.now.pc[0]}")
        elif reason != TRAP_MEMORY_OUT_OF_BOUNDS or not has_grown(x):
            raise_trap(x, reason)
        x.budget = min(x.budget, FIRST_SLICE)  # as long as the GIL is held
        reason = enter_loop(x)
    return 0


cdef int call_host(execution_t* x) except -1:
    """Serve the call of a host function, then go on after the call instruction."""
    cdef func_t* callee = x.now.callee
    cdef slot* base = x.now.base
    cdef slot* top = x.now.top
    cdef int32_t* after = after_call(x.now.pc)
    x.now.top = base + callee.frame_size + 1
    if after == return_code:  # the frame that called is gone
        x.now.pc = after
    try:
        (<Func>callee.owner).call_python(base, <Instance>x.now.inst.owner)
        if (<Func>callee.owner).quiet:
            serve_others(<Store>x.store.owner)
        if x.store.interrupted or (x.store.deadline != INFINITY and wvm_coarse() >= x.store.deadline):
            raise_if_stopped(x)
    except BaseException as error:
        if isinstance(error, WasmException):
            raise_if_stopped(x)  # as if it had returned
            if throw_from_host(x, error):
                x.now.top = top
                return 0
        frames = describe(backtrace(x))
        if isinstance(error, (Trap, WasmException)) and not error.frames:
            error.frames = frames
        if isinstance(error, ExitTrap):
            raise  # the usual end of a program: nobody reads its traceback, and the names of all frames cost time
        raise with_wasm_frames(error, frames)
    x.now.top = top
    x.now.pc = after
    return 0


cdef int32_t* after_call(int32_t* pc) noexcept:
    """Where to go on when the host function is done that the instruction at `pc` has called."""
    if pc[0] == R_RETURN_CALL_IMPORT or pc[0] == R_RETURN_CALL_INDIRECT or pc[0] == R_RETURN_CALL_REF:
        return return_code
    return pc + ROW_LENGTH[pc[0]]


cdef int lower(execution_t* x) except -1:
    """Lower the function whose stub was called, which has its frame already, and enter it."""
    cdef Instance instance = <Instance>x.now.inst.owner
    cdef slot* top = x.now.top
    cdef func_t* func = &instance.inst.funcs[x.now.pc[1]]
    x.now.top = x.now.fp + func.frame_size  # making Python objects may run a finalizer that calls this store
    try:
        func = instance.lowered(x.now.pc[1])
    except Trap as error:  # the time is over, or somebody interrupts
        if not error.frames:
            error.frames = describe(backtrace(x))
        raise with_wasm_frames(error, error.frames)
    finally:
        x.now.top = top
    if x.now.fp + func.frame_size > x.stack_end:
        x.now.frame -= 1  # the call itself traps
        if x.now.frame.pc == leave_instance_code:
            x.now.inst = <inst_t*>x.now.frame.fp
            x.now.frame -= 1
        x.now.pc = x.now.frame.pc - (0 if x.now.frame.pc == done_code else 1)
        x.now.fp = x.now.frame.fp
        raise_trap(x, TRAP_CALL_STACK_EXHAUSTED)
    zero_locals(x.now.fp, func)
    x.now.pc = func.code
    return 0


cdef int charge(execution_t* x, uint64_t amount) except -1:
    """Take fuel for what a growing instruction was granted; one that fails costs as much as any other."""
    if (<Store>x.store.owner).metering == METER_INSTRUCTIONS:
        x.store.fuel -= <int64_t>amount
        if x.store.fuel < 0:
            x.store.fuel = 0
            raise_trap(x, TRAP_OUT_OF_FUEL)
    return 0


cdef int grow_memory(execution_t* x) except -1:
    """Do `memory.grow`."""
    cdef Memory memory = <Memory>(<Instance>x.now.inst.owner).memory_list[x.now.pc[3]]
    cdef uint64_t delta = x.now.fp[x.now.pc[2]].u64
    cdef int64_t old = memory.grow_by(delta)
    if old >= 0:
        charge(x, delta)
    x.now.fp[x.now.pc[1]].i64 = old if memory.addrtype == I64 else <uint32_t>old
    x.now.pc += ROW_LENGTH[x.now.pc[0]]
    return 0


cdef int grow_table(execution_t* x) except -1:
    """Do `table.grow`, in pieces."""
    cdef Table table = <Table>(<Instance>x.now.inst.owner).table_list[x.now.pc[4]]
    cdef uint64_t delta = x.now.fp[x.now.pc[3]].u64
    cdef int64_t old = table.reserve(delta, False)
    cdef uint64_t done = 0
    cdef move_t move
    cdef slot* top = x.now.top
    if old >= 0:
        while True:
            x.now.top = max(top, frame_end(&x.now))  # a signal's handler may run wasm in this store
            try:
                spend(x, 1 + ((delta - done) >> ELEMENTS_PER_UNIT))
            except BaseException as error:
                table.give_back(delta)
                frames = describe(backtrace(x))
                if isinstance(error, Trap):
                    error.frames = frames
                raise with_wasm_frames(error, frames)
            finally:
                x.now.top = top
            if table.table.size != <uint64_t>old or table.table.capacity < <uint64_t>old + delta:
                table.give_back(delta)
                return 0  # which has grown it, or given up to do so: the instruction begins anew
            set_fill(&move, <uint8_t*>(table.table.elems + old), &x.now.fp[x.now.pc[2]], delta, 3)
            if move_some(x.store, &move, &done):
                break
        table.table.size = <uint64_t>old + delta
        charge(x, delta)
    x.now.fp[x.now.pc[1]].i64 = old if table.addrtype == I64 else <uint32_t>old
    x.now.pc += ROW_LENGTH[x.now.pc[0]]
    return 0


servers[EXIT_HOST] = call_host
servers[EXIT_LOWER] = lower
servers[EXIT_MEMORY_GROW] = grow_memory
servers[EXIT_TABLE_GROW] = grow_table
servers[EXIT_WAIT] = wait_for_memory
servers[EXIT_NOTIFY] = notify_memory
servers[EXIT_GARBAGE] = collect_for_wasm
servers[EXIT_THROW] = servers[EXIT_UNCAUGHT] = servers[EXIT_NO_MEMORY] = unwind
