# The store (spec "Runtime Structure: Store"): what instances share. What runs in it is in `machine/driver/`.

cdef long long MANY = 1 << 62


@cython.freelist(8)  # it is larger than what Python has memory at hand for
cdef class Store:
    """Everything that instances share: the stacks they run on, limits, and the objects that references refer to.

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
        cdef uint64_t heap = limit_of(max_heap, DEFAULT_HEAP, "max_heap")
        self.stack_slots = limit_of(max_stack, DEFAULT_STACK, "max_stack", MIN_STACK, MAX_STACK) // sizeof(slot)
        self.max_memory = limit_of(max_memory, DEFAULT_MEMORY, "max_memory")
        self.max_table = limit_of(max_table, DEFAULT_TABLE, "max_table")
        self.max_counts[INSTANCES] = limit_of(max_instances, DEFAULT_INSTANCES, "max_instances")
        self.max_counts[TABLES] = limit_of(max_tables, DEFAULT_TABLES, "max_tables")
        self.max_counts[MEMORIES] = limit_of(max_memories, DEFAULT_MEMORIES, "max_memories")
        self.max_each_memory = self.max_each_table = UNLIMITED
        self.max_made[INSTANCES] = self.max_made[TABLES] = self.max_made[MEMORIES] = UNLIMITED
        cdef uint64_t units = limit_of(fuel, 0, "fuel")
        if metering is None:
            self.metering = fuel is not None
        else:
            self.metering = <int>limit_of(int(metering) if isinstance(metering, bool) else metering, 0, "metering", 0, 2)
            if fuel is not None and self.metering == 0:
                raise ValueError("fuel cannot be counted with metering=0")
        self.kept = []
        self.externs = {}
        self.timeout_ = seconds_of(timeout)
        self.state.owner = <void*>self
        self.state.deadline = INFINITY
        begin_heap(&self.state.heap, min(heap, <uint64_t>MANY))
        self.set_units(units)

    def __dealloc__(self):
        if self.execution != NULL:
            put_down(self.execution)  # before anything can run Python
        free(self.recent)
        self.recent_room = 0
        self.remains = remains_of_heap(&self.state.heap)
        end_heap(&self.state.heap)
        free_tags(&self.state)
        while self.state.executions != NULL:
            release_execution(self.state.executions)
        disown(self.types)  # of which there are no more objects

    cdef int keep_types(self, object held) except -1:
        """Keep these types (a `Hold`): objects of them may outlive everything else that refers to them."""
        cdef dict types
        if self.types == NULL:
            self.types = own({})
        types = <dict>self.types
        types[held.firsts] = held
        return 0

    def set_limits(self, max_memory=None, max_table=None, max_instances=None, max_tables=None, max_memories=None):
        """Change limits; they mean what the arguments of `Store` mean, but None leaves one as it is.

        What there is already stays. A memory may have reserved no more than what was allowed when it was made.
        """
        self.max_memory = limit_of(max_memory, self.max_memory, "max_memory")
        self.max_table = limit_of(max_table, self.max_table, "max_table")
        self.max_counts[INSTANCES] = limit_of(max_instances, self.max_counts[INSTANCES], "max_instances")
        self.max_counts[TABLES] = limit_of(max_tables, self.max_counts[TABLES], "max_tables")
        self.max_counts[MEMORIES] = limit_of(max_memories, self.max_counts[MEMORIES], "max_memories")

    def limit_each(self, memory=None, table=None, instances=None, tables=None, memories=None):
        """Further limits, as other runtimes have them; None for no limit.

        Args:
            memory: bytes of each memory.
            table: elements of each table.
            instances, tables, memories: how many instantiation may make, those that are gone included.
        """
        self.max_each_memory = limit_of(memory, UNLIMITED, "memory")
        self.max_each_table = limit_of(table, UNLIMITED, "table")
        self.max_made[INSTANCES] = limit_of(instances, UNLIMITED, "instances")
        self.max_made[TABLES] = limit_of(tables, UNLIMITED, "tables")
        self.max_made[MEMORIES] = limit_of(memories, UNLIMITED, "memories")

    cpdef count_made(self, int tables, int memories):
        """Count an instance with that many tables and memories of its own for `limit_each`; MemoryError over a limit."""
        cdef int i
        self.made[INSTANCES] += 1
        self.made[TABLES] += tables
        self.made[MEMORIES] += memories
        for i in range(3):
            if self.made[i] > self.max_made[i]:
                name = ("instance", "table", "memory")[i]
                raise MemoryError(f"resource limit exceeded: {name} count too high at {self.made[i]}")

    cdef int count(self, int kind) except -1:
        """Count one more of INSTANCES, TABLES or MEMORIES; MemoryError over the limit, and then it is not counted."""
        if self.counts[kind] >= self.max_counts[kind]:
            name, option = (
                ("instance", "max_instances"), ("table", "max_tables"), ("memory", "max_memories")
            )[kind]
            raise over_limit(option, (
                f"resource limit exceeded: {name} count too high at {self.counts[kind] + 1}, over {option}={self.max_counts[kind]}"
            ))
        self.counts[kind] += 1
        return 0

    cdef int count_instance(self, Instance instance) except -1:
        """Count an instance and its records; MemoryError over the limit."""
        cdef uint64_t bytes = instance.code.records
        cdef uint64_t most = MIN_RECORDS
        if self.max_counts[INSTANCES] > MIN_RECORDS // RECORDS_PER_INSTANCE:
            most = min(self.max_counts[INSTANCES], <uint64_t>1 << 46) * RECORDS_PER_INSTANCE
        if not fits(self.records, bytes, most):
            raise over_limit("max_instances", (
                f"resource limit exceeded: an instance of this module takes {bytes} bytes for its functions and segments, "
                f"with {self.records} of other instances more than max_instances={self.max_counts[INSTANCES]} allows"
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
        return self.state.heap.limit

    @property
    def max_instances(self):
        return self.max_counts[INSTANCES]

    @property
    def max_tables(self):
        return self.max_counts[TABLES]

    @property
    def max_memories(self):
        return self.max_counts[MEMORIES]

    @property
    def fuel(self):
        """Fuel that wasm may still consume, in units; None where none is counted. Setting it replaces what is left.

        A call traps with the code "out_of_fuel" before it would execute what its fuel does not pay for. Setting it is
        a ValueError in a store that does not count it.
        """
        return self.state.fuel + self.fuel_reserve if self.metering else None

    @fuel.setter
    def fuel(self, amount):
        if not self.metering:
            raise ValueError("fuel is not counted in this store: make it with Store(fuel=...) or Store(metering=True)")
        if amount is None:
            raise TypeError("fuel: expected an integer, got NoneType")
        self.set_units(limit_of(amount, 0, "fuel"))

    cdef int set_units(self, uint64_t units) noexcept:
        self.state.fuel = <int64_t>min(units, (<uint64_t>1 << 63) - 1)
        self.fuel_reserve = units - <uint64_t>self.state.fuel
        return 0

    def interrupt(self):
        """Make the wasm that runs in this store trap soon; may be called from any thread or signal handler.

        Where none runs, the next call traps as it begins, so that no interruption is lost; ``hold(False)`` takes one back.
        """
        self.state.interrupted |= STOP_ONCE
        wake_store(self)

    def hold(self, stop):
        """Whether wasm in this store traps with the code "interrupt" whenever it runs; from any thread."""
        self.state.interrupted = STOP_ALWAYS if stop else 0
        wake_store(self)

    def close(self, reason="the store is closed"):
        """Let every later call into this store raise ValueError with that message."""
        self.closed = reason

    def set_deadline(self, seconds):
        """Make wasm that still runs in this store `seconds` from now trap; None removes the limit."""
        self.state.deadline = wvm_monotonic() + seconds_of(seconds, "seconds")
        wake_store(self)

    @property
    def deadline(self):
        """When the calls that run must be over, in seconds of the monotonic clock; infinity for never."""
        return self.state.deadline

    def wait_slice(self):
        """Seconds that a host function may wait before it asks again, at most POLL_INTERVAL; for all waits for the outside.

        Raises:
            Trap: the wait is over, since the store was interrupted or the deadline of the call has come.
        """
        poll_store(self)
        return max(0.0, min(self.state.deadline - wvm_monotonic(), POLL_INTERVAL)) if self.nesting else POLL_INTERVAL

    def compile_slice(self):
        """The checkpoint of a module that is compiled by `during_call` (`compiled.module.CompiledModule`).

        Raises:
            Trap: as `wait_slice`, but not because of `hold`, which is about wasm that runs.
        """
        poll_store(self, " during compilation", STOP_ONCE)
        let_others_run()

    def lower_slice(self):
        """The checkpoint of lowering a function that wasm has called; raises what `wait_slice` raises."""
        poll_store(self, " during compilation")
        let_others_run()

    @property
    def timeout(self):
        """Seconds that a call from Python into this store may take, or None; it traps with the code "deadline"."""
        return None if self.timeout_ == INFINITY else self.timeout_

    @timeout.setter
    def timeout(self, seconds):
        self.timeout_ = seconds_of(seconds)
        self.state.deadline = INFINITY

    def gc(self):
        """Free the structures and arrays that nothing refers to, and release Python objects that wasm no longer refers to."""
        self.enter()
        try:
            collect(execution_of(self), self.execution.now.top)
        finally:
            self.leave()

    @property
    def stress(self):
        """Whether to collect whenever an object is made, so that one that is freed too early shows at once, and to look at
        signals after each piece of what is moved. For tests."""
        return self.stress_

    @stress.setter
    def stress(self, bint stress):
        self.check_thread()
        self.stress_ = stress
        self.state.heap.threshold = 0

    @property
    def heap_size(self):
        """Bytes that structures, arrays, exceptions and references to host objects take."""
        return self.state.heap.allocated

    cdef bint is_used_elsewhere(self) noexcept:
        """Whether another thread is using the store."""
        return self.users and self.thread != PyThread_get_thread_ident()

    cdef int check_thread(self) except -1:
        """Raise if another thread uses the store. To be called again after anything that may have run Python.

        Also where Python's collector has emptied it: what others have of it may be half gone then.
        """
        self.uses += 1
        if self.kept is None or self.is_used_elsewhere():
            self.refuse()
        return 0

    cdef int refuse(self) except -1:
        if self.kept is None:
            raise ValueError("the store is gone")
        raise RuntimeError("the store is in use by another thread")

    cdef int enter(self) except -1:
        """Reserve the store for this thread until `leave`; calls nest. Python code may run meanwhile."""
        cdef unsigned long thread = PyThread_get_thread_ident()
        self.uses += 1
        if self.kept is None or (self.users and self.thread != thread):
            self.refuse()
        self.thread = thread
        self.users += 1
        return 0

    cdef void leave(self) noexcept:
        self.users -= 1

    def during_call(self, work, *args):
        """Return `work(*args)`, run as a call into this store: with its deadline and budget, and for this thread alone."""
        execution_of(self)
        begin_call(self)
        try:
            return work(*args)
        finally:
            end_call(self)

    cpdef spend(self, uint64_t units):
        """Take from the budget for work that is not wasm code. Where it is used up, poll and give the GIL away."""
        spend(execution_of(self), units)
