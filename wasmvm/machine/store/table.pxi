# Tables (spec "Table Instances").

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
        ValueError: no such table is valid (spec "Validation: Types: Table Types").
    """

    def __cinit__(self, Store store not None, type, init=None):
        cdef uint64_t value, low, high
        expect(type, TableType, "type")
        reftype, limits, self.addrtype = <tuple>type
        reftype = plain(reftype)
        check_valtype(reftype, True)
        self.held = hold_valtype(reftype)
        read_limits(limits, 0xFFFFFFFFFFFFFFFF if self.addrtype == I64 else <uint64_t>MAX_TABLE, &low, &high)
        self.limits = plain_limits(limits, low, high)
        if low > store.max_each_table:
            raise MemoryError(f"table minimum size of {low} elements exceeds table limits")
        if not fits(store.table_size, low, store.max_table):
            raise over_limit("max_table", (
                f"table minimum size of {low} elements exceeds table limits: with {store.table_size} in other tables of "
                f"the store they are over max_table={store.max_table}"
            ))
        self.store = store
        self.reftype = reftype
        store.count(TABLES)
        self.counted = True
        self.table = <table_t*>calloc(1, sizeof(table_t))
        if self.table == NULL:
            raise MemoryError
        self.table.maximum = high
        store.enter()
        try:
            if may_hold_object(self.reftype):
                add_root(&store.state.heap, &self.root, ROOT_TABLE, self.table, <void*>self)
            value = 0 if init is BLANK else reference_slot(store, self.reftype, init, ELEMENT, 0)
            if self.resize(low, value) < 0:
                raise MemoryError(f"no memory for a table of {low} elements")
        finally:
            store.leave()

    def __dealloc__(self):
        remove_root(&self.root)
        if self.counted:
            self.store.counts[TABLES] -= 1
        if self.table != NULL:
            self.store.table_size -= self.table.size
            self.remains = remains_of_block(<void**>&self.table.elems, self.table.capacity * sizeof(uint64_t))
            free(self.table.elems)
            free(self.table)

    cdef int64_t reserve(self, uint64_t delta, bint zero) noexcept:
        """Make room for `delta` more elements, null if `zero`; returns the size, or -1 if it cannot grow."""
        cdef uint64_t size = self.table.size + delta
        cdef uint64_t* elems
        if delta > 0xFFFFFFFF or size > self.table.maximum or size > self.store.max_each_table:
            return -1
        if delta and not fits(self.store.table_size, delta, self.store.max_table):
            return -1
        if size > self.table.capacity:
            if zero and self.table.elems == NULL:  # pages that nobody touches cost nothing
                elems = <uint64_t*>calloc(size, sizeof(uint64_t))
            else:
                elems = <uint64_t*>realloc(self.table.elems, size * sizeof(uint64_t))
            if elems == NULL:
                return -1
            self.table.elems = elems
            self.table.capacity = size
        self.store.table_size += delta  # from now on, so that no other table takes it meanwhile
        return self.table.size

    cdef void give_back(self, uint64_t delta) noexcept:
        """Give back room that `reserve` made and that was not used."""
        cdef uint64_t room = max(self.table.size, <uint64_t>1)
        cdef uint64_t* elems = <uint64_t*>realloc(self.table.elems, room * sizeof(uint64_t))
        self.store.table_size -= delta
        if elems != NULL:
            self.table.elems = elems
            self.table.capacity = room

    cdef int64_t resize(self, uint64_t delta, uint64_t value) noexcept:
        """Grow by `delta` elements; the old size, or -1 where it cannot grow."""
        cdef bint fresh = value == 0 and self.table.elems == NULL
        cdef int64_t old = self.reserve(delta, fresh)
        cdef uint64_t i
        if old < 0:
            return -1
        if not fresh:
            for i in range(<uint64_t>old, <uint64_t>old + delta):
                self.table.elems[i] = value
        self.table.size = <uint64_t>old + delta
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
        """The type with the present size as minimum: what an import is matched against (spec "External Typing")."""
        return TableType(self.reftype, Limits(self.table.size, self.limits.max), self.addrtype)

    def __getitem__(self, index):
        """The element at `index`: None for null, a `Func`, or the Python object of an externref."""
        cdef uint64_t i = to_address(index)
        self.store.check_thread()
        return reference_value(self.store, self.reftype, self.at(i)[0])

    def __setitem__(self, index, value):
        cdef uint64_t i = to_address(index)
        cdef uint64_t bits
        self.store.enter()
        try:
            self.at(i)  # what is wrong with the index comes first
            bits = reference_slot(self.store, self.reftype, value, ELEMENT, 0)
            self.at(i)[0] = bits
        finally:
            self.store.leave()

    cdef uint64_t* at(self, uint64_t i) except NULL:
        """Where an element is. Nothing that runs Python may come between this and its use."""
        if i >= self.table.size:
            raise IndexError(f"table index {i} out of range")
        return &self.table.elems[i]

    def grow(self, delta, init=None):
        """Grow by `delta` elements and return the old size; ValueError where the limits do not allow it."""
        cdef uint64_t count = to_u64(delta, "cannot grow: the number", ValueError)
        cdef uint64_t value
        cdef int64_t old
        self.store.enter()
        try:
            value = reference_slot(self.store, self.reftype, init, ELEMENT, 0)
            old = self.resize(count, value)
        finally:
            self.store.leave()
        if old < 0:
            raise ValueError(f"cannot grow a table of {self.table.size} elements by {count}")
        return old
