# Globals (spec "Global Instances").

@cython.no_gc_clear  # as `Table`
cdef class Global:
    """A global instance: one value, which may be mutable.

    Args:
        store: the store that it belongs to.
        type: a `GlobalType`.
        value: its initial Python value.
    """

    def __cinit__(self, Store store not None, type, value):
        cdef bint made_here = value is MAKING  # of a module's type, and whoever makes it sets it
        if not made_here:
            expect(type, GlobalType, "type")
            valtype, mutable = <tuple>type
            valtype = plain(valtype)
            check_valtype(valtype)
            type = GlobalType(valtype, True if mutable else False)
        self.store = store
        self.type = type
        self.valtype, self.mutable = <tuple>type
        self.held = hold_valtype(self.valtype)
        store.enter()
        try:
            if may_hold_object(self.valtype):
                add_root(&store.state.heap, &self.root, ROOT_SLOTS, self.value_, <void*>self)
            if not made_here:
                self.set(value)
        finally:
            store.leave()

    cdef int set(self, object value) except -1:
        """In a store that this thread has entered."""
        cdef slot bits[2]
        to_slot(self.store, self.valtype, value, bits, VALUE, 0)
        memcpy(self.value_, bits, slots_of(self.valtype) * sizeof(slot))
        return 0

    def __dealloc__(self):
        remove_root(&self.root)

    def __repr__(self):
        if self.store.is_used_elsewhere():
            return f"<wasmvm.Global {self.type}>"
        return f"<wasmvm.Global {self.value!r}>"

    @property
    def actual_type(self):
        """The `GlobalType`, under the name that memories and tables have for what imports are matched against."""
        return self.type

    @property
    def value(self):
        """The value; setting it raises TypeError where the global is immutable or the value of another type."""
        self.store.check_thread()
        return from_slot(self.store, self.valtype, self.value_)

    @value.setter
    def value(self, value):
        if not self.mutable:
            raise TypeError("the global is immutable")
        self.store.enter()
        try:
            self.set(value)
        finally:
            self.store.leave()

    @property
    def bits(self):
        """The value as the unsigned integer of its bits, 128 of them for a v128."""
        cdef uint64_t high = self.value_[1].u64 if self.valtype == V128 else 0
        return self.value_[0].u64 | (<object>high << 64)
