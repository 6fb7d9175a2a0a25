# Structures, arrays, and other references as Python sees them.

cdef object MAKING = object()
"""Token that only internal constructors pass; a Reference needs a target."""
cdef tuple MAKING_ARGS = (MAKING,)

cdef extern from *:
    """
    static PyObject *wvm_new(PyObject *type, PyObject *args) { return ((PyTypeObject *)type)->tp_new((PyTypeObject *)type, args, NULL); }
    """
    object wvm_new(object type, object args)  # `type.__new__(type, *args)`, without looking for `__new__`


@cython.no_gc_clear  # what it stands for is the store's, which must outlive it
cdef class Reference:
    """What `StructRef`, `ArrayRef` and `ExceptionRef` have in common: an object of a store, which stays as long as one of
    these does. Two are equal if they stand for the same object.

    Attributes:
        store: the store that it lives in.
    """

    def __cinit__(self, making=None):
        if making is not MAKING:
            raise TypeError(f"{type(self).__name__} is made by wasm only")

    def __dealloc__(self):
        if self.target != NULL and self.target.pins != MANY_PINS:
            self.target.pins -= 1

    def __eq__(self, other):
        return isinstance(other, Reference) and (<Reference>other).target == self.target

    def __hash__(self):
        return hash(<size_t>self.target)


@cython.no_gc_clear
cdef class Aggregate(Reference):
    """A structure or an array."""

    @property
    def type_id(self):
        """The id of its defined type (`deftype`)."""
        return self.target.type.type_id

    @property
    def type(self):
        """The `StructType` or `ArrayType`, closed (`deftype`)."""
        return comptype_of(self.target.type.type_id)

    def __repr__(self):
        return f"<wasmvm.{type(self).__name__} {self.type}>"

    cdef object get(self, const field_t* field, size_t offset):
        """The value of a field; packed ones are read unsigned."""
        cdef slot value[2]
        self.store.check_thread()
        memset(value, 0, sizeof(value))
        memcpy(value, <char*>self.target + offset, 1 << field.width)
        if field.width < 2:
            return <object>value[0].u64
        return from_slot(self.store, field.storage, value)

    cdef int set(self, const field_t* field, size_t offset, object value, str what, Py_ssize_t i) except -1:
        cdef slot bits[2]
        if not field.mutable:
            raise TypeError(f"{what.format(i)} is immutable")
        cdef int storage = I32 if field.width < 2 else field.storage
        self.store.enter()
        try:
            to_slot(self.store, storage, value, bits, what, i)
            memcpy(<char*>self.target + offset, bits, 1 << field.width)
        finally:
            self.store.leave()
        return 0


@cython.no_gc_clear
cdef class StructRef(Aggregate):
    """A structure: its fields by index, in the order of its type; ``len`` is their number.

    Values are converted as those of calls are; an i8 or i16 is read without a sign. What is no field raises IndexError,
    writing a field that is immutable TypeError.
    """

    def __len__(self):
        return self.target.type.field_count

    cdef uint64_t field(self, index) except? 0xFFFFFFFFFFFFFFFF:
        """A field index; IndexError if it is out of range."""
        cdef uint64_t i = to_address(index)
        if i >= <uint64_t>self.target.type.field_count:
            raise IndexError(f"field index {i} out of range")
        return i

    def __getitem__(self, index):
        cdef uint64_t i = self.field(index)
        cdef field_t* field = &self.target.type.fields[i]
        return self.get(field, field.offset)

    def __setitem__(self, index, value):
        cdef uint64_t i = self.field(index)
        cdef field_t* field = &self.target.type.fields[i]
        self.set(field, field.offset, value, FIELD, i)


@cython.no_gc_clear
cdef class ArrayRef(Aggregate):
    """An array: its elements by index, as the fields of a `StructRef`; ``len`` is their number."""

    def __len__(self):
        return self.target.length

    cdef size_t offset(self, index) except 0:
        cdef uint64_t i = to_address(index)
        if i >= self.target.length:
            raise IndexError(f"array index {i} out of range")
        return OBJECT_HEADER + (<size_t>i << self.target.type.fields[0].width)

    def __getitem__(self, index):
        return self.get(self.target.type.fields, self.offset(index))

    def __setitem__(self, index, value):
        self.set(self.target.type.fields, self.offset(index), value, ELEMENT, 0)


cdef enum:
    MANY_PINS = 0xFFFF  # from here on an object stays


cdef object object_value(Store store, uint64_t bits):
    """The Python value of a reference that is neither null nor to a function."""
    cdef object_t* o = <object_t*><size_t>bits
    if bits & 1:
        return PyLong_FromLongLong(<int32_t><uint32_t>bits >> 1)
    check_object(o)
    if o.type.kind == KIND_EXTERN:
        if holds_externs(store):
            return <object>(<extern_t*>o).value
        # Python's collector has emptied the dict, and finalizers ask for the value: it may have been put there anew.
        known = None if store.externs is None else store.externs.get(<size_t>(<extern_t*>o).value)
        return None if known is None else known[0]
    if o.type.kind == KIND_EXN:
        return exception_ref(store, <exn_t*>o)
    return new_reference(StructRef if o.type.kind == KIND_STRUCT else ArrayRef, store, o)


cdef Reference new_reference(class_, Store store, object_t* o):
    cdef Reference made
    if o.pins != MANY_PINS:
        o.pins += 1  # at once: making a Python object may run others' code
    try:
        made = <Reference>wvm_new(class_, MAKING_ARGS)
    except MemoryError:
        if o.pins != MANY_PINS:
            o.pins -= 1
        raise
    made.store = store
    made.target = o
    return made


cdef inline bint is_i31(int64_t number) noexcept:
    return -(1 << 30) <= number < 1 << 30


cdef inline uint64_t i31_bits(int64_t number) noexcept:
    return <uint32_t>(<uint64_t>number << 1 | 1)


cdef uint64_t object_slot(Store store, int reftype, object value, str what, Py_ssize_t i) except 0:
    """The bits of a reference that is not null, of a type in the hierarchies of any and extern."""
    cdef int heaptype = heaptype_of(reftype)
    cdef Aggregate aggregate
    if isinstance(value, Aggregate):
        aggregate = <Aggregate>value
        if aggregate.store is not store:
            of_other_store(what, i, "object")
        if heaptype == EXTERNREF or match_heaptype(ref_typeidx(aggregate.target.type.type_id, True, True), heaptype):
            return <size_t>aggregate.target
    elif heaptype == EXTERNREF:
        return extern_slot(store, value)
    elif PyLong_Check(value) and match_heaptype(I31REF, heaptype):  # where it fits, `put_reference` has taken it
        raise ValueError(f"{what.format(i)}: {shown(value)} does not fit into the 31 bits of an i31")
    elif heaptype == ANYREF:
        return extern_slot(store, value)
    wrong_type(what, i, valtype_text(reftype), value)
