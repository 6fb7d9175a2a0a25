# The store (spec "Runtime Structure: Store") and the driver: what happens between the runs of the loop.

cdef int32_t done_code[1]
cdef int32_t leave_instance_code[1]
done_code[0] = R_DONE
leave_instance_code[0] = R_LEAVE_INSTANCE
cdef int32_t return_code[1]  # where a tail call of a host function goes on
return_code[0] = R_RETURN

cdef enum:
    # Budgets count back-edges and calls. A call from Python runs its first slice with the GIL held, since letting go
    # of it and taking it again costs as much as a short function. A slice without the GIL is short enough to look at
    # the clock often, and long enough for that look to cost nothing.
    FIRST_SLICE = 2000
    SLICE = 16384
    MAX_NESTING = 450  # calls from wasm to Python to wasm: each takes 1 to 2 KiB of C stack, and 1 MiB is what there may be

cdef long long MANY = 1 << 62
cdef double NAP_INTERVAL = 0.005  # seconds, as the interpreter's own switch interval
cdef double POLL_INTERVAL = 0.02  # seconds between looks at signals: Ctrl-C must stop a guest within 0.1 s


cdef class Store:
    """Everything that instances share: the stacks they run on, limits, and the objects that references are to.

    A store may be used by one thread at a time; use as many stores as there are threads. While wasm runs for more
    than a moment the GIL is free.

    Of each argument None is the default, which docs/security.md has in a table. What is over a limit of numbers or
    bytes is refused: growing as the specification says, instantiation with a LinkError, all else with a MemoryError.

    Args:
        fuel: units that wasm here may consume; see `metering`.
        timeout: seconds that each call from Python may take.
        max_memory: bytes of all memories together. What is gone counts no more, here and below.
        max_table: elements of all tables together.
        max_heap: bytes that structures, arrays and what else wasm refers to may take; making one that does not fit
            traps.
        max_stack: bytes of stack for wasm frames, from 64 KiB to 4 GiB; a call that would need more traps.
        max_instances, max_tables, max_memories: how many there may be, those that Python has made included. The
            records of the instances may take 64 KiB for each of `max_instances`, or 1 GiB where that is more.
        metering: what wasm costs fuel for here, one of the constants of `types`; modules are compiled apart for each.
            With METER_CALLS one unit per call and per turn of a loop. With METER_INSTRUCTIONS, or True, one per
            instruction, but nothing for ``nop``, ``drop``, ``block``, ``loop``, ``else``, ``end``, ``return`` and
            ``unreachable``; one for entering a function; and for bulk instructions one more per byte, element or page.
            The default is METER_INSTRUCTIONS with `fuel`, and NO_METERING without; with metering and without `fuel`
            there is none at first.

    Raises:
        TypeError, ValueError: a limit is of the wrong type, or cannot be.
    """

    def __cinit__(self, *, fuel=None, timeout=None, max_memory=None, max_table=None, max_heap=None, max_stack=None,
                  max_instances=None, max_tables=None, max_memories=None, metering=None):
        cdef uint64_t heap = limit_of(max_heap, MAX_HEAP, "max_heap")
        self.stack_slots = limit_of(max_stack, MAX_STACK, "max_stack", LEAST_STACK, MOST_STACK) // sizeof(slot)
        self.max_memory = limit_of(max_memory, MAX_MEMORY, "max_memory")
        self.max_table = limit_of(max_table, MAX_TABLE_SIZE, "max_table")
        self.most[INSTANCES] = limit_of(max_instances, MAX_INSTANCES, "max_instances")
        self.most[TABLES] = limit_of(max_tables, MAX_TABLES, "max_tables")
        self.most[MEMORIES] = limit_of(max_memories, MAX_MEMORIES, "max_memories")
        self.max_each_memory = self.max_each_table = UNLIMITED
        self.most_made[INSTANCES] = self.most_made[TABLES] = self.most_made[MEMORIES] = UNLIMITED
        cdef uint64_t units = limit_of(fuel, 0, "fuel")
        if metering is None:
            self.metering = fuel is not None
        else:
            self.metering = <int>limit_of(int(metering) if isinstance(metering, bool) else metering, 0, "metering", 0, 2)
            if fuel is not None and self.metering == 0:
                raise ValueError("fuel cannot be counted with metering=0")
        self.kept = []
        self.externs = {}
        self.deadline = INFINITY
        self.timeout_ = seconds_of(timeout)
        cdef machine_t* m = take_machine(self.stack_slots)
        if m == NULL:
            raise MemoryError("cannot reserve the stacks of a store")
        self.machine = m
        begin_heap(&m.heap, min(heap, <uint64_t>MANY))
        m.stack_end = m.stack + self.stack_slots
        m.frame = m.frames
        m.top = m.stack
        m.pc = done_code
        m.fp = m.stack
        self.set_units(units)

    def __dealloc__(self):
        if self.machine != NULL:
            end_heap(&self.machine.heap)
            free_tags(self.machine)
            give_machine(self.machine, self.stack_slots)
        disown(self.types)  # of which there are no more objects

    cdef int keep_types(self, object held) except -1:
        """Let objects of these types (a `Hold`) be on the heap: they may outlive everything else that has to do with them."""
        cdef dict types
        if self.types == NULL:
            self.types = own({})
        types = <dict>self.types
        types[held.firsts] = held
        return 0

    def set_limits(self, max_memory=None, max_table=None, max_instances=None, max_tables=None, max_memories=None):
        """Change limits; they mean what the arguments of `Store` mean, but that None leaves one as it is.

        What there is already stays. A memory may have reserved no more than what was allowed when it was made.
        """
        self.max_memory = limit_of(max_memory, self.max_memory, "max_memory")
        self.max_table = limit_of(max_table, self.max_table, "max_table")
        self.most[INSTANCES] = limit_of(max_instances, self.most[INSTANCES], "max_instances")
        self.most[TABLES] = limit_of(max_tables, self.most[TABLES], "max_tables")
        self.most[MEMORIES] = limit_of(max_memories, self.most[MEMORIES], "max_memories")

    def limit_each(self, memory=None, table=None, instances=None, tables=None, memories=None):
        """Further limits, as other runtimes have them; None for no limit.

        Args:
            memory: bytes of each memory.
            table: elements of each table.
            instances, tables, memories: how many instantiation may make, those that are gone included.
        """
        self.max_each_memory = limit_of(memory, UNLIMITED, "memory")
        self.max_each_table = limit_of(table, UNLIMITED, "table")
        self.most_made[INSTANCES] = limit_of(instances, UNLIMITED, "instances")
        self.most_made[TABLES] = limit_of(tables, UNLIMITED, "tables")
        self.most_made[MEMORIES] = limit_of(memories, UNLIMITED, "memories")

    cpdef admit(self, int tables, int memories):
        """Count an instance with so many tables and memories of its own for `limit_each`; MemoryError over it."""
        cdef int i
        self.made[INSTANCES] += 1
        self.made[TABLES] += tables
        self.made[MEMORIES] += memories
        for i in range(3):
            if self.made[i] > self.most_made[i]:
                name = ("instance", "table", "memory")[i]
                raise MemoryError(f"resource limit exceeded: {name} count too high at {self.made[i]}")

    cdef int count(self, int kind) except -1:
        """Count one more of INSTANCES, TABLES or MEMORIES; MemoryError over the limit, and then it is not counted."""
        if self.counts[kind] >= self.most[kind]:
            name, option = (
                ("instance", "max_instances"), ("table", "max_tables"), ("memory", "max_memories")
            )[kind]
            raise over_limit(option, (
                f"resource limit exceeded: {name} count too high at {self.counts[kind] + 1}, over {option}={self.most[kind]}"
            ))
        self.counts[kind] += 1
        return 0

    cdef int count_instance(self, Instance instance) except -1:
        """Count an instance and its records; MemoryError over the limit."""
        cdef uint64_t bytes = instance.code.records
        cdef uint64_t most = LEAST_RECORDS
        if self.most[INSTANCES] > LEAST_RECORDS // RECORDS_PER_INSTANCE:
            most = min(self.most[INSTANCES], <uint64_t>1 << 46) * RECORDS_PER_INSTANCE
        if not fits(self.records, bytes, most):
            raise over_limit("max_instances", (
                f"resource limit exceeded: an instance of this module takes {bytes} bytes for its functions and segments, "
                f"with {self.records} of other instances more than max_instances={self.most[INSTANCES]} allows"
            ))
        self.count(INSTANCES)
        self.records += bytes
        instance.records = bytes
        return 0

    @property
    def max_stack(self):
        """As given; so are the others."""
        return self.stack_slots * sizeof(slot)

    @property
    def max_heap(self):
        return self.machine.heap.limit

    @property
    def max_instances(self):
        return self.most[INSTANCES]

    @property
    def max_tables(self):
        return self.most[TABLES]

    @property
    def max_memories(self):
        return self.most[MEMORIES]

    @property
    def fuel(self):
        """Fuel that wasm may still consume, in units; None where none is counted. Setting it replaces what is left.

        A call traps with the code "out_of_fuel" before it would execute what its fuel does not pay for. Setting it is
        a ValueError in a store that does not count it.
        """
        return self.machine.fuel + self.fuel_reserve if self.metering else None

    @fuel.setter
    def fuel(self, amount):
        if not self.metering:
            raise ValueError("fuel is not counted in this store: make it with Store(fuel=...) or Store(metering=True)")
        if amount is None:
            raise TypeError("fuel: expected an integer, got NoneType")
        self.set_units(limit_of(amount, 0, "fuel"))

    cdef int set_units(self, uint64_t units) noexcept:
        self.machine.fuel = <int64_t>min(units, (<uint64_t>1 << 63) - 1)
        self.fuel_reserve = units - <uint64_t>self.machine.fuel
        return 0

    def interrupt(self):
        """Make the wasm that runs in this store trap soon; may be called from any thread or signal handler.

        Where none runs, the next call traps as it begins, so that no interruption is lost; ``hold(False)`` takes one back.
        """
        self.interrupted |= 1

    def hold(self, stop):
        """Whether wasm in this store traps with the code "interrupt" whenever it runs; from any thread."""
        self.interrupted = 2 if stop else 0

    def close(self, reason="the store is closed"):
        """Let every later call into this store raise ValueError with that message."""
        self.closed = reason

    def set_deadline(self, seconds):
        """Let wasm in this store trap that still runs `seconds` from now; None takes the limit away."""
        self.deadline = wvm_monotonic() + seconds_of(seconds, "seconds")

    def wait_slice(self):
        """Seconds that a host function may wait before it asks again, never many; for all that waits for the outside.

        Raises:
            Trap: the wait is over, since the store was interrupted or the deadline of the call has come.
        """
        self.glance()
        return max(0.0, min(self.deadline - wvm_monotonic(), POLL_INTERVAL)) if self.nesting else POLL_INTERVAL

    def compile_slice(self):
        """The checkpoint of a module that is compiled by `during_call` (`compile.CompiledModule`).

        Raises:
            Trap: as `wait_slice`, but not because of `hold`, which is about wasm that runs.
        """
        self.glance(" during compilation", 1)
        self.let_others_run()

    def lower_slice(self):
        """The checkpoint of lowering a function that wasm has called; raises what `wait_slice` raises."""
        self.glance(" during compilation")
        self.let_others_run()

    @property
    def timeout(self):
        """Seconds that a call from Python into this store may take, or None; it traps with the code "deadline"."""
        return None if self.timeout_ == INFINITY else self.timeout_

    @timeout.setter
    def timeout(self, seconds):
        self.timeout_ = seconds_of(seconds)
        self.deadline = INFINITY

    cdef uint64_t extern(self, object value) except 0:
        """The bits of a reference to a Python object: equal for the same object."""
        cdef object_t* o
        cdef int reason = EXIT_COLLECT
        while True:
            known = self.known_extern(value)
            if known is not None:
                return known[1]
            reason = allocate(&self.machine.heap, &extern_type, sizeof(extern_t), &o)
            if reason == 0:
                break
            if reason != EXIT_COLLECT or not make_room(self, self.machine.top):
                raise trap(TRAP_ALLOCATION_FAILED, ())
        o.pins = 1
        try:
            entry = value, <size_t>o  # which may run Python's collector, so any code: that may have made one for `value`
            known = self.known_extern(value)
            if known is None:
                self.externs[id(value)] = entry
                (<extern_t*>o).value = <void*>value
                known = entry
        finally:
            o.pins = 0
        return known[1]

    cdef tuple known_extern(self, object value):
        """The entry of a Python object among `externs`, or None."""
        cdef object_t* o
        known = self.externs.get(id(value))
        if known is None:
            return None
        o = <object_t*><size_t>known[1]
        if o.marked == DEAD:
            return None
        if self.machine.heap.sweep_end:  # found to be garbage, and not freed yet: there is a reference again
            o.marked = self.machine.heap.epoch
        return known

    def gc(self):
        """Free the structures and arrays that nothing refers to, and forget objects of Python that wasm has no more."""
        self.enter()
        try:
            collect(self, self.machine.top)
        finally:
            self.leave()

    @property
    def stress(self):
        """Whether to collect whenever an object is made: what is freed too early then shows at once. For tests."""
        return self.stress_

    @stress.setter
    def stress(self, bint stress):
        self.check_thread()
        self.stress_ = stress
        self.machine.heap.threshold = 0

    @property
    def heap_size(self):
        """Bytes that the structures and arrays take, and what stands for other objects that references are to."""
        return self.machine.heap.allocated

    cdef bint is_used_elsewhere(self) noexcept:
        """Whether another thread is in the middle of something with it: stacks, tables and objects are in use."""
        return self.users and self.thread != PyThread_get_thread_ident()

    cdef int check_thread(self) except -1:
        """Raise where another thread uses the store. Asked again after anything that may have run Python.

        Also where Python's collector has emptied it: what others have of it may be half gone then.
        """
        self.uses += 1
        if self.kept is None:
            raise ValueError("the store is gone")
        if self.is_used_elsewhere():
            raise RuntimeError("the store is in use by another thread")
        return 0

    cdef int enter(self) except -1:
        """Have the store for this thread alone until `leave`, once for each `enter`, whatever Python runs meanwhile."""
        self.check_thread()
        self.thread = PyThread_get_thread_ident()
        self.users += 1
        return 0

    cdef void leave(self) noexcept:
        self.users -= 1

    def during_call(self, work, *args):
        """`work(*args)` as a call into this store, with its deadline and budget; it is this thread's meanwhile."""
        self.begin_call()
        try:
            return work(*args)
        finally:
            self.end_call()

    cdef int begin_call(self) except -1:
        """Begin a call into this store, which may be inside of another one: that one's deadline and budget hold then."""
        self.enter()
        if self.nesting == 0:
            if self.timeout_ != INFINITY:
                self.deadline = wvm_monotonic() + self.timeout_
            self.machine.budget = FIRST_SLICE
        elif self.nesting >= MAX_NESTING:
            self.leave()
            raise trap(TRAP_CALL_STACK_EXHAUSTED, ())
        else:
            self.machine.budget = min(self.machine.budget, FIRST_SLICE) - 1
        self.nesting += 1
        return 0

    cdef void end_call(self) noexcept:
        """End what `begin_call` began."""
        self.nesting -= 1
        self.leave()

    cdef int invoke(self, func_t* func, slot* base) except -1:
        """Call a wasm function whose arguments lie at `base`; its results are left there."""
        cdef machine_t* m = self.machine
        cdef frame_t* bottom = m.frame
        cdef int32_t* pc = m.pc
        cdef slot* fp = m.fp
        cdef slot* top = m.top
        cdef inst_t* inst = m.inst
        cdef mem_t* other_mem = m.other_mem
        cdef uint64_t acc = m.acc
        cdef double facc = m.facc
        cdef float sacc = m.sacc
        cdef int32_t i
        if self.closed is not None:
            raise ValueError(self.closed)
        self.begin_call()
        try:
            if base + func.frame_size > m.stack_end:
                raise trap(TRAP_CALL_STACK_EXHAUSTED, ())
            m.frame.pc = done_code
            m.frame.fp = fp
            m.frame += 1
            m.inst = func.inst
            m.other_mem = NULL
            m.fp = base
            for i in range(func.zero_from, func.zero_to):
                base[i].u64 = 0
            m.pc = func.code
            if self.interrupted:
                self.stop(bottom)
            self.drive(bottom)
        finally:
            self.end_call()
            m.frame = bottom
            m.pc = pc
            m.fp = fp
            m.top = top
            m.inst = inst
            m.other_mem = other_mem
            m.acc = acc
            m.facc = facc
            m.sacc = sacc
        return 0

    cdef int drive(self, frame_t* bottom) except -1:
        """Run until the frame at `bottom` is done, serving what the loop asks for."""
        cdef machine_t* m = self.machine
        cdef int reason
        cdef double next_poll = 0.0
        cdef uint64_t wanted
        cdef double next_nap = INFINITY
        reason = EXIT_BUDGET if m.budget < 0 else enter_loop(m)
        while reason != EXIT_DONE:
            if reason == EXIT_HOST:
                self.call_host(bottom)
            elif reason == EXIT_LOWER:
                self.lower(bottom)
            elif reason == EXIT_BUDGET or reason == EXIT_BULK:
                self.look_around(bottom)
                if wvm_monotonic() >= next_nap:
                    # Code that comes back for the GIL all the time (host calls, growing) lets go of it so briefly that
                    # a thread which waits for it would wake up too late, each time.
                    with nogil:
                        wvm_nap()
                    next_nap = INFINITY
                next_poll = wvm_monotonic() + POLL_INTERVAL
                with nogil:
                    reason = self.run_free(reason, min(next_poll, self.deadline))
                if reason == EXIT_BUDGET or reason == EXIT_BULK:
                    next_nap = INFINITY
                else:
                    next_nap = min(next_nap, wvm_monotonic() + NAP_INTERVAL)
                continue
            elif reason == EXIT_MEMORY_GROW:
                self.grow_memory(bottom)
            elif reason == EXIT_TABLE_GROW:
                self.grow_table(bottom)
            elif reason == EXIT_COLLECT:
                wanted = m.heap.wanted
                self.look_around(bottom)  # where a signal's handler may run wasm in this store
                m.heap.wanted = wanted
                self.make_room_for_wasm(bottom)
            elif reason == EXIT_GARBAGE:
                self.collect_for_wasm(bottom)
            elif reason == EXIT_THROW or reason == EXIT_UNCAUGHT or reason == EXIT_NO_MEMORY:
                self.unwind(bottom)
            elif reason == EXIT_BUG:
                raise InternalError(f"the loop met the unknown instruction {m.pc[0]}")
            else:
                self.raise_trap(reason, bottom)
            m.budget = min(m.budget, FIRST_SLICE)  # as long as the GIL is held
            reason = enter_loop(m)
        return 0

    cdef int stop(self, frame_t* bottom) except -1:
        """Raise if the wasm that runs is to end: an interruption, the deadline."""
        if self.interrupted:
            self.interrupted &= 2
            self.raise_trap(TRAP_INTERRUPT, bottom)
        if wvm_monotonic() >= self.deadline:
            self.raise_trap(TRAP_DEADLINE, bottom)
        return 0

    cdef int glance(self, str during="", int reasons=3) except -1:
        """As `look_around`, where it is not wasm code that takes long; Python code may run.

        Of interruptions those count that `reasons` has: 1 for `interrupt`, 2 for `hold`.
        """
        self.check_thread()  # an interruption is for the thread that uses the store
        if self.nesting:
            if self.interrupted & reasons:
                self.interrupted &= 2
                raise trap(TRAP_INTERRUPT, (), during)
            if wvm_monotonic() >= self.deadline:
                raise trap(TRAP_DEADLINE, (), during)
        PyErr_CheckSignals()
        return 0

    cdef int look_around(self, frame_t* bottom) except -1:
        """Raise if there is a reason to stop: an interruption, the deadline, a signal whose handler raises."""
        cdef machine_t* m = self.machine
        cdef slot* top = m.top
        cdef bulk_t bulk = m.bulk
        cdef bint pinned = bulk.made != NULL and bulk.made.pins != MANY_PINS
        forget_bulk(m)
        self.stop(bottom)
        m.top = max(top, self.frame_end())  # a signal's handler may run wasm in this store
        if pinned:
            bulk.made.pins += 1
        try:
            PyErr_CheckSignals()
        except BaseException as error:
            raise with_wasm_frames(error, describe(backtrace(m, bottom)))
        finally:
            m.top = top
            if pinned and bulk.made.pins != MANY_PINS:
                bulk.made.pins -= 1
        m.bulk = bulk
        return 0

    cdef int make_room_for_wasm(self, frame_t* bottom) except -1:
        """Serve EXIT_COLLECT: the instruction will begin anew."""
        cdef machine_t* m = self.machine
        try:
            has_room = make_room(self, m.fp + m.pc[2], True)
        except BaseException as error:
            raise with_wasm_frames(error, describe(backtrace(m, bottom)))
        if not has_room:
            self.raise_trap(TRAP_ALLOCATION_FAILED, bottom)
        return 0

    cdef int collect_for_wasm(self, frame_t* bottom) except -1:
        """Collect where wasm goes on behind an exception that was thrown."""
        self.look_around(bottom)
        try:
            collect(self, self.frame_end(), True)
        except BaseException as error:
            raise with_wasm_frames(error, describe(backtrace(self.machine, bottom)))
        return 0

    cdef bint is_over(self, double until) noexcept nogil:
        """Whether what runs without the GIL should come back to the driver."""
        return self.interrupted or wvm_monotonic() >= until

    cdef int run_free(self, int reason, double until) noexcept nogil:
        """Run without the GIL until the loop ends for another reason than its budget, or the time has come.

        `reason` is why the loop has ended: EXIT_BUDGET or EXIT_BULK.
        """
        cdef search_t at
        while True:
            if reason == EXIT_BULK:
                reason = self.run_bulk(until)
                if reason != 0:
                    return reason
                if self.is_over(until):
                    return EXIT_BUDGET
            self.machine.budget = SLICE
            reason = enter_loop(self.machine)
            while reason == EXIT_THROW:
                begin_search(self.machine, &at)
                reason = find_handler(self.machine, &at, SEARCH_SLICE)
                while reason == EXIT_THROW and not self.is_over(until):
                    reason = find_handler(self.machine, &at, SEARCH_SLICE)
                if reason != 0:
                    return reason
                if self.machine.heap.allocated > self.machine.heap.threshold:
                    return EXIT_GARBAGE
                reason = enter_loop(self.machine)
            if (reason != EXIT_BUDGET and reason != EXIT_BULK) or self.is_over(until):
                return reason

    cdef int run_bulk(self, double until) noexcept nogil:
        """Do the bulk instruction at which the loop has ended; 0, a trap, EXIT_COLLECT, or EXIT_BULK: it is not done."""
        cdef machine_t* m = self.machine
        cdef move_t move
        cdef int reason = bulk_move(m, &move)
        if reason:
            forget_bulk(m)
            return reason
        while m.bulk.done < move.count:
            move_piece(&move, &m.bulk.done)
            if m.bulk.done < move.count and self.is_over(until):
                return EXIT_BULK
        end_bulk(m)
        return 0

    cdef void let_others_run(self) noexcept:
        """Compiled code keeps the GIL for as long as it runs: who has been waiting some milliseconds gets it now."""
        with nogil:
            pass

    cpdef spend(self, uint64_t units):
        """Take from the budget for work that is no wasm code. Where it is used up, look around and give the GIL away."""
        self.machine.budget -= <int64_t>min(units, <uint64_t>MOST_UNITS)
        if self.machine.budget < 0:
            self.glance()
            self.machine.budget = FIRST_SLICE
            self.let_others_run()

    cdef bint move_some(self, const move_t* move, uint64_t* done) except -1:
        """Do some more of what instantiation or growing moves, after `spend` for it; True when all is done.

        Runs no Python: what `spend` lets run may move a table, so `move` is found after that.
        """
        cdef double until
        if done[0] >= move.count:
            return True
        if (move.count - done[0]) << move.width <= <uint64_t>FIRST_SLICE << BYTES_PER_UNIT:
            move_part(move, done[0], move.count - done[0])
            return True
        until = min(wvm_monotonic() + POLL_INTERVAL, self.deadline)
        with nogil:
            while done[0] < move.count:
                move_piece(move, done)
                if self.is_over(until):
                    break
        return done[0] >= move.count

    cdef int raise_trap(self, int reason, frame_t* bottom) except -1:
        cdef tuple frames = describe(backtrace(self.machine, bottom))
        error = trap(reason, frames)
        if reason == TRAP_MEMORY_OUT_OF_BOUNDS:
            error.fault = fault(self.machine)
        elif reason == TRAP_UNINITIALIZED_ELEMENT:
            error = Trap(f"{error.message} {element(self.machine)}", error.code, frames)
        raise with_wasm_frames(error, frames)

    cdef int call_host(self, frame_t* bottom) except -1:
        """Serve the call of a host function, then go on behind the call instruction."""
        cdef machine_t* m = self.machine
        cdef func_t* callee = m.callee
        cdef slot* base = m.base
        cdef slot* top = m.top
        cdef int32_t* after = behind_call(m.pc)
        m.top = base + callee.frame_size + 1
        if after == return_code:  # the frame that called is gone
            m.pc = after
        try:
            (<Func>callee.owner).call_python(base, <Instance>m.inst.owner)
            if (<Func>callee.owner).quiet:
                self.serve_others()
            if self.interrupted or (self.deadline != INFINITY and wvm_coarse() >= self.deadline):
                self.stop(bottom)
        except BaseException as error:
            if isinstance(error, WasmException):
                self.stop(bottom)  # as if it had returned
                if self.throw_from_host(error, bottom):
                    m.top = top
                    return 0
            frames = describe(backtrace(m, bottom))
            if isinstance(error, (Trap, WasmException)) and not error.frames:
                error.frames = frames
            if isinstance(error, ExitTrap):
                raise  # the usual end of a program: nobody reads its traceback, and the names of all frames cost time
            raise with_wasm_frames(error, frames)
        m.top = top
        m.pc = after
        return 0

    cdef int serve_others(self) except -1:
        """Do for a host function that is not written in Python what the interpreter does for those that are."""
        cdef double now = wvm_coarse()
        PyErr_CheckSignals()
        if now - self.turn > NAP_INTERVAL:
            self.turn = now
            self.machine.budget = 0  # the next call or turn of a loop gives the GIL away
        return 0

    cdef int search(self, frame_t* bottom) except -1:
        """Find the handler of what is thrown, however long that takes; as `find_handler`."""
        cdef machine_t* m = self.machine
        cdef search_t at
        cdef exn_t* exn
        cdef double until
        cdef slot* top = m.top
        begin_search(m, &at)
        cdef int reason = find_handler(m, &at, FIRST_SEARCH)
        while reason == EXIT_THROW:
            exn = thrown(m)
            m.top = max(top, self.frame_end())  # making objects may run a finalizer that calls this store
            try:
                reference = exception_ref(self, exn)
                self.look_around(bottom)  # where a signal's handler may do so
            finally:
                m.top = top
            m.exn = exn
            m.tag = exn.tag
            m.base = exn.payload
            until = min(wvm_monotonic() + POLL_INTERVAL, self.deadline)
            with nogil:
                while reason == EXIT_THROW:
                    reason = find_handler(m, &at, SEARCH_SLICE)
                    if self.is_over(until):
                        break
        if reason == EXIT_NO_MEMORY:
            self.raise_trap(TRAP_ALLOCATION_FAILED, bottom)
        return reason

    cdef int unwind(self, frame_t* bottom) except -1:
        """Go to the handler of what wasm has thrown, or raise it in Python."""
        cdef heap_t* heap = &self.machine.heap
        if self.search(bottom) == EXIT_UNCAUGHT:
            reference = exception_ref(self, thrown(self.machine))
            frames = describe(backtrace(self.machine, bottom))
            raise with_wasm_frames(uncaught(reference, frames), frames)
        if heap.allocated > heap.threshold:
            self.collect_for_wasm(bottom)
        return 0

    cdef bint throw_from_host(self, object error, frame_t* bottom) except -1:
        """Go to the handler of what a host function has raised; False where there is none."""
        cdef machine_t* m = self.machine
        cdef ExceptionRef reference = thrown_by_host(self, error)  # which keeps it until the machine does
        cdef exn_t* exn
        if reference is None:
            return False
        exn = reference.exn()
        m.exn = exn
        m.tag = exn.tag
        m.base = exn.payload
        return self.search(bottom) == 0

    cdef int lower(self, frame_t* bottom) except -1:
        """Lower the function whose stub was called, which has its frame already, and enter it."""
        cdef machine_t* m = self.machine
        cdef Instance instance = <Instance>m.inst.owner
        cdef slot* top = m.top
        cdef func_t* func = &instance.inst.funcs[m.pc[1]]
        cdef int32_t i
        m.top = m.fp + func.frame_size  # making Python objects may run a finalizer that calls this store
        try:
            func = instance.lowered(m.pc[1])
        except Trap as error:  # the time is over, or somebody interrupts
            if not error.frames:
                error.frames = describe(backtrace(m, bottom))
            raise with_wasm_frames(error, error.frames)
        finally:
            m.top = top
        if m.fp + func.frame_size > m.stack_end:
            m.frame -= 1  # the call itself traps
            if m.frame.pc == leave_instance_code:
                m.inst = <inst_t*>m.frame.fp
                m.frame -= 1
            m.pc = m.frame.pc - (0 if m.frame.pc == done_code else 1)
            self.raise_trap(TRAP_CALL_STACK_EXHAUSTED, bottom)
        for i in range(func.zero_from, func.zero_to):
            m.fp[i].u64 = 0
        m.pc = func.code
        return 0

    cdef int charge(self, uint64_t amount, frame_t* bottom) except -1:
        """Take fuel for what a growing instruction was granted; one that fails costs as much as any other."""
        cdef machine_t* m = self.machine
        if self.metering == METER_INSTRUCTIONS:
            m.fuel -= <int64_t>amount
            if m.fuel < 0:
                m.fuel = 0
                self.raise_trap(TRAP_OUT_OF_FUEL, bottom)
        return 0

    cdef int grow_memory(self, frame_t* bottom) except -1:
        cdef machine_t* m = self.machine
        cdef Memory memory = <Memory>(<Instance>m.inst.owner).memory_list[m.pc[3]]
        cdef uint64_t delta = m.fp[m.pc[2]].u64
        cdef int64_t old = memory.grow_by(delta)
        if old >= 0:
            self.charge(delta, bottom)
        m.fp[m.pc[1]].i64 = old if memory.addrtype == I64 else <uint32_t>old
        m.pc += 4
        return 0

    cdef int grow_table(self, frame_t* bottom) except -1:
        cdef machine_t* m = self.machine
        cdef Instance instance = <Instance>m.inst.owner
        cdef Table table = <Table>instance.table_list[m.pc[4]]
        cdef uint64_t delta = m.fp[m.pc[3]].u64
        cdef int64_t old = table.reserve(delta, False)
        cdef uint64_t done = 0
        cdef move_t move
        cdef slot* top = m.top
        if old >= 0:
            while True:
                m.top = max(top, self.frame_end())  # a signal's handler may run wasm in this store
                try:
                    self.spend(1 + ((delta - done) >> ELEMENTS_PER_UNIT))
                except BaseException as error:
                    table.give_back(delta)
                    frames = describe(backtrace(m, bottom))
                    if isinstance(error, Trap):
                        error.frames = frames
                    raise with_wasm_frames(error, frames)
                finally:
                    m.top = top
                if table.table.size != <uint64_t>old or table.table.capacity < <uint64_t>old + delta:
                    table.give_back(delta)
                    return 0  # which has grown it, or given up to do so: the instruction begins anew
                set_fill(&move, <uint8_t*>(table.table.elems + old), &m.fp[m.pc[2]], delta, 3)
                if self.move_some(&move, &done):
                    break
            table.table.size = <uint64_t>old + delta
            self.charge(delta, bottom)
        m.fp[m.pc[1]].i64 = old if table.addrtype == I64 else <uint32_t>old
        m.pc += 5
        return 0

    cdef slot* frame_end(self) noexcept:
        """Where the frame ends that the machine was stopped in."""
        cdef machine_t* m = self.machine
        cdef Instance instance = <Instance>m.inst.owner
        cdef lowered_t* lowered
        cdef Py_ssize_t i
        for i in range(instance.code.count):
            lowered = &instance.code.funcs[i]
            if holds(lowered, m.pc):
                return m.fp + lowered.parts.frame_size
            if m.pc == &instance.code.stubs[2 * i]:
                return m.fp + instance.inst.funcs[i].frame_size
        return m.fp  # the code of no function: nothing of the frame is needed any more


cdef int32_t* behind_call(int32_t* pc) noexcept:
    """Where to go on when the host function is done that the instruction at `pc` has called."""
    if pc[0] == R_RETURN_CALL_IMPORT or pc[0] == R_RETURN_CALL_INDIRECT or pc[0] == R_RETURN_CALL_REF:
        return return_code
    return pc + (5 if pc[0] == R_CALL_INDIRECT else 3)
