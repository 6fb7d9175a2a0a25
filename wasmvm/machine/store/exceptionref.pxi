# References to exceptions as Python sees them.

@cython.no_gc_clear
cdef class ExceptionRef(Reference):
    """A reference to an exception: what an exnref that is not null is for Python. Wasm makes them.

    Attributes:
        store: the store that it belongs to.
    """

    cdef exn_t* exn(self) noexcept:
        return <exn_t*>self.target

    @property
    def tag(self):
        """The `Tag` of the exception."""
        self.store.check_thread()
        return tag_object(self.store, self.exn().tag)

    @property
    def payload(self):
        """The values that were thrown, a tuple."""
        self.store.check_thread()
        return payload_of(self.store, self.exn().tag, self.exn().payload)

    def __repr__(self):
        return f"<wasmvm.ExceptionRef{'' if self.store.is_used_elsewhere() else f' {self.payload}'}>"


cdef ExceptionRef exception_ref(Store store, exn_t* exn):
    return <ExceptionRef>new_reference(ExceptionRef, store, &exn.head)


cdef tuple payload_of(Store store, tag_t* tag, slot* source):
    cdef Signature signature = <Signature>tag.signature
    cdef list values = []
    cdef int i
    for i in range(signature.param_count):
        values.append(from_slot(store, signature.params[i], source))
        source += slots_of(signature.params[i])
    return tuple(values)
