# Tags (spec "Tag Instances").

@cython.no_gc_clear  # the store, in whose memory `tag` may be, outlives it
cdef class Tag:
    """A tag instance: a kind of exception, distinct from all others.

    Args:
        store: the store that it belongs to.
        type: a `TagType`, or the `FuncType` whose parameters are the types of the payload.
        type_id: the id of the defined type of its function type, if that is not just the type declared alone.

    Raises:
        ValueError: the function type has results.
    """

    def __cinit__(self, Store store not None, type, *, type_id=None):
        functype = type.functype if isinstance(type, TagType) else type
        if functype.results:
            raise ValueError(f"the type of a tag has no results: {functype}")
        self.store = store
        self.signature = signature_of(functype) if type_id is None else signature_of_id(type_id)
        self.tag = <tag_t*>calloc(1, sizeof(tag_t))
        if self.tag == NULL:
            raise MemoryError
        self.tag.type = self.signature.ctype
        self.tag.signature = own(self.signature)
        self.tag.slots = self.signature.param_slots
        self.tag.owner = <void*>self

    def __dealloc__(self):
        if self.tag != NULL:
            if self.tag.owner == <void*>self:  # else another one has taken its place
                self.tag.owner = NULL
                if not self.tag.used:
                    free_tag(self.tag)

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
    def type_id(self):
        """The id of its defined type (`deftype`)."""
        return self.signature.type_id


cdef Tag tag_object(Store store, tag_t* tag):
    """The Tag of a tag instance that an exception has: the existing one, or a new one if that is gone or about to go."""
    cdef Tag made
    if tag.owner != NULL and is_alive(tag.owner):
        return <Tag>tag.owner
    made = Tag.__new__(Tag, store, (<Signature>tag.signature).type, type_id=tag.type.type_id)
    free_tag(made.tag)
    made.tag = NULL
    if tag.owner != NULL and is_alive(tag.owner):  # making it may have run code that was here before
        return <Tag>tag.owner
    made.tag = tag
    tag.owner = <void*>made
    return made
