# Tags (specification, 4.2.10).

cdef class Tag:
    """A tag instance: a kind of exception, the same as no other.

    Args:
        store: the store that it belongs to.
        type: a `TagType`.
        number: the defined type of its function type, if that is not the final type which is it and no more.
    """

    def __cinit__(self, Store store not None, type, *, number=None):
        self.store = store
        self.signature = signature_of(type.functype) if number is None else signature_of_number(number)

    def __repr__(self):
        return f"<wasmvm.Tag {self.signature.type}>"

    @property
    def type(self):
        """The `TagType`."""
        return TagType(self.signature.type)

    @property
    def actual_type(self):
        """The `TagType`, under the name that memories and tables have for what imports are matched against."""
        return self.type

    @property
    def number(self):
        """The number of its defined type (`deftype`)."""
        return self.signature.number
