# Tables and globals (specification, 4.2.7 and 4.2.9).

BLANK = object()


@cython.no_gc_clear  # the store has to be told when it goes
cdef class Table:
    """A table instance: references of one type, by index.

    Args:
        store: the store that it belongs to.
        type: a `TableType`.
        init: the Python value of each element; `BLANK` for null even if the type has no such value, as instantiation
            needs it before it can know another.

    Raises:
        MemoryError: the store's limit or the system does not allow the initial size.
        ValueError: no such table is valid (3.2.3).
    """

    def __cinit__(self, Store store not None, type, init=None):
        cdef uint64_t value, i
        expect(type, TableType, "type")
        check_valtype(type.reftype, True)
        limits = type.limits
        cdef uint64_t low, high
        read_limits(limits, 0xFFFFFFFFFFFFFFFF if type.addrtype == I64 else <uint64_t>MAX_TABLE, &low, &high)
        if low > store.max_each_table:
            raise MemoryError(f"table minimum size of {low} elements exceeds table limits")
        if not fits(store.table_size, low, store.max_table):
            raise over_limit("max_table", (
                f"table minimum size of {low} elements exceeds table limits: with {store.table_size} in other tables of "
                f"the store they are over max_table={store.max_table}"
            ))
        self.store = store
        self.reftype = type.reftype
        self.addrtype = type.addrtype
        self.limits = limits
        store.count(TABLES)
        self.counted = True
        self.table = <table_t*>calloc(1, sizeof(table_t))
        if self.table == NULL:
            raise MemoryError
        if names_objects(self.reftype):
            add_root(&store.machine.heap, &self.root, ROOT_TABLE, self.table)
        self.table.maximum = high
        value = 0 if init is BLANK else reference_slot(store, self.reftype, init, "element")
        if self.resize(low, value) < 0:
            raise MemoryError(f"no memory for a table of {low} elements")

    def __dealloc__(self):
        remove_root(&self.root)
        if self.counted:
            self.store.counts[TABLES] -= 1
        if self.table != NULL:
            self.store.table_size -= self.table.size
            free(self.table.elems)
            free(self.table)

    cdef int64_t resize(self, uint64_t delta, uint64_t value) noexcept:
        """Grow by `delta` elements; the old size, or -1 where it cannot grow (4.5.3.9)."""
        cdef uint64_t old = self.table.size
        cdef uint64_t size = old + delta
        cdef uint64_t i
        cdef uint64_t* elems
        if delta > 0xFFFFFFFF or size > self.table.maximum or size > self.store.max_each_table:
            return -1
        if delta and not fits(self.store.table_size, delta, self.store.max_table):
            return -1
        if delta:
            elems = <uint64_t*>realloc(self.table.elems, size * sizeof(uint64_t))
            if elems == NULL:
                return -1
            for i in range(old, size):
                elems[i] = value
            self.table.elems = elems
            self.table.size = size
            self.store.table_size += delta
        return old

    def __len__(self):
        return self.table.size

    def __repr__(self):
        return f"<wasmvm.Table of {self.table.size} elements>"

    @property
    def type(self):
        """The `TableType` it was made with."""
        return TableType(self.reftype, self.limits, self.addrtype)

    @property
    def actual_type(self):
        """The type with the present size as minimum, which is what an import is matched against (4.5.3)."""
        return TableType(self.reftype, Limits(self.table.size, self.limits.max), self.addrtype)

    def __getitem__(self, index):
        """The element at `index`: None for null, a `Func`, or the Python object of an externref."""
        if not 0 <= index < self.table.size:
            raise IndexError(f"table index {index} out of range")
        return reference_value(self.store, self.reftype, self.table.elems[<uint64_t>index])

    def __setitem__(self, index, value):
        if not 0 <= index < self.table.size:
            raise IndexError(f"table index {index} out of range")
        self.table.elems[<uint64_t>index] = reference_slot(self.store, self.reftype, value, "element")

    def grow(self, delta, init=None):
        """Grow by `delta` elements and return the old size; ValueError where the limits do not allow it."""
        cdef uint64_t value = reference_slot(self.store, self.reftype, init, "element")
        self.store.check_thread()  # growing moves the elements
        cdef int64_t old = self.resize(delta, value) if 0 <= delta <= 0xFFFFFFFF else -1
        if old < 0:
            raise ValueError(f"cannot grow a table of {self.table.size} elements by {delta}")
        return old


cdef class Global:
    """A global instance: one value, which may be mutable.

    Args:
        store: the store that it belongs to.
        type: a `GlobalType`.
        value: its initial Python value.
    """

    def __cinit__(self, Store store not None, type, value):
        expect(type, GlobalType, "type")
        check_valtype(type.valtype)
        self.store = store
        self.type = type
        self.look_after()
        to_slot(store, type.valtype, value, self.value_, "value")

    cdef int look_after(self) except -1:
        """Let the collector know of it, if it may refer to objects."""
        if names_objects(self.type.valtype):
            add_root(&self.store.machine.heap, &self.root, ROOT_SLOTS, self.value_)
        return 0

    def __dealloc__(self):
        remove_root(&self.root)

    def __repr__(self):
        return f"<wasmvm.Global {self.value!r}>"

    @property
    def actual_type(self):
        """The `GlobalType`, under the name that memories and tables have for what imports are matched against."""
        return self.type

    @property
    def value(self):
        """The value; setting it raises TypeError where the global is immutable or the value of another type."""
        return from_slot(self.store, self.type.valtype, self.value_)

    @value.setter
    def value(self, value):
        if not self.type.mutable:
            raise TypeError("the global is immutable")
        to_slot(self.store, self.type.valtype, value, self.value_, "value")

    @property
    def bits(self):
        """The value as the unsigned integer of its bits, 128 of them for a v128."""
        cdef uint64_t high = self.value_[1].u64 if self.type.valtype == 0x7B else 0
        return self.value_[0].u64 | (<object>high << 64)

    @staticmethod
    def from_bits(Store store not None, type, bits):
        """A global whose value is given as `bits`; a reference is what `Instance.ref_func` gives, or 0 for null."""
        cdef Global made = Global.__new__(Global, store, GlobalType(0x7E, type.mutable), 0)
        made.type = type
        made.look_after()
        made.value_[0].u64 = bits & 0xFFFFFFFFFFFFFFFF
        made.value_[1].u64 = bits >> 64
        return made
