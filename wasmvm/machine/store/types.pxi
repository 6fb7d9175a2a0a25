# Defined types (spec "Validation: Conventions: Defined Types") as the loop knows them: one address each, valid while
# somebody keeps the type.

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject*) noexcept

cdef type_t extern_type  # of all objects of the host
memset(&extern_type, 0, sizeof(type_t))
extern_type.type_id = -1
extern_type.kind = KIND_EXTERN
extern_type.size = sizeof(extern_t)

cdef type_t exn_type  # of all exceptions; their tags say what they consist of
memset(&exn_type, 0, sizeof(type_t))
exn_type.type_id = -1
exn_type.kind = KIND_EXN
exn_type.ref_count = 1  # so that they are looked at


@cython.final
@cython.no_gc
cdef class GroupTypes:
    """The `type_t` of each type of a group (`typetable.Group`), in one block of memory."""

    cdef type_t* types
    cdef readonly int32_t first
    cdef int32_t size

    def __dealloc__(self):
        cdef int32_t i
        for i in range(self.size):
            forget_asked(self.first + i)
        free(self.types)


cdef GroupTypes types_of_group(group):
    """The types of a group, made on first use. Whoever keeps the group keeps them."""
    cdef GroupTypes made
    if group.machine is None:
        made = new_types(group)
        if group.machine is None:  # still
            group.machine = made
    return <GroupTypes>group.machine


cdef type_t* ctype_of(int32_t type_id) except NULL:
    """The `type_t` of a defined type; ValueError if that is gone."""
    cdef GroupTypes made = types_of_group(group_of(type_id))
    return &made.types[type_id - made.first]


cdef type_t* known_ctype(int32_t type_id) except? NULL:
    """As `ctype_of` if one of its group was asked for before, else NULL. Runs no Python if `typetable` is compiled."""
    cdef GroupTypes made
    group = find(type_id)
    if group is None or group.machine is None:
        return NULL
    made = <GroupTypes>group.machine
    return &made.types[type_id - made.first]


cdef bint find_types(type_ids, type_t** types) except -1:
    """Fill in the types of a module; returns whether there may be objects of some of them."""
    cdef const int[::1] given = type_ids
    cdef GroupTypes group = None
    cdef bint makes_objects = False
    cdef Py_ssize_t i
    cdef int32_t size = 0
    for i in range(len(given)):
        if group is None or not group.first <= given[i] < group.first + size:
            found = group_of(given[i])
            group = types_of_group(found)
            size = found.size
        types[i] = &group.types[given[i] - group.first]
        makes_objects |= types[i].kind != KIND_FUNC
    return makes_objects


cdef GroupTypes new_types(group):
    cdef GroupTypes made = GroupTypes.__new__(GroupTypes)
    cdef Py_ssize_t size = group.size
    cdef Py_ssize_t room = field_room(group, False)  # of structures and arrays
    cdef Py_ssize_t all_room = field_room(group, True)
    cdef Py_ssize_t i
    cdef int64_t super_
    cdef field_t* fields
    cdef uint32_t* refs
    cdef type_t* type
    made.first = group.first
    made.size = <int32_t>size
    # The types, then all their fields, then all their references.
    made.types = <type_t*>calloc(
        1, size * sizeof(type_t) + room * sizeof(field_t) + all_room * sizeof(uint32_t)
    )
    if made.types == NULL:
        raise MemoryError
    fields = <field_t*>(made.types + size)
    refs = <uint32_t*>(fields + room)
    for i in range(size):
        type = &made.types[i]
        type.type_id = <int32_t>(made.first + i)
        super_ = super_of(type.type_id)
        if super_ >= 0:
            if made.first <= super_ < made.first + size:
                type.super = &made.types[super_ - made.first]
            else:
                type.super = ctype_of(<int32_t>super_)
        type.fields = fields
        type.refs = refs
        fill_type(type, read_comptype(group, i))
        refs += type.field_count
        if descriptor_of(type.type_id) >= 0:
            add_descriptor(type)
            refs += 1
        if type.kind != KIND_FUNC:
            fields += type.field_count
    return made


cdef int fill_type(type_t* type, comptype) except -1:
    """Say what objects of a structure or array type consist of; `refs` of a function type are its parameters, which the
    payload of an exception consists of."""
    cdef size_t end = 0
    cdef int32_t i
    cdef size_t offset
    cdef list offsets = None
    if isinstance(comptype, FuncType):
        type.kind = KIND_FUNC
        storage = comptype.params
        for i in range(len(storage)):
            type.size += slots_of(comptype.params[i])
        for i in range(len(comptype.results)):
            end += slots_of(comptype.results[i])
        type.size = max(type.size, <uint32_t>end)
        end = 0
    elif isinstance(comptype, StructType):
        type.kind = KIND_STRUCT
        storage = []
        for field in comptype.fields:
            storage.append(field.storage)
        offsets, type.size = layout(comptype.fields)
    else:
        type.kind = KIND_ARRAY
        storage = (comptype.field.storage,)
    type.field_count = <int32_t>len(storage)
    for i in range(type.field_count):
        if type.kind == KIND_STRUCT:
            offset = offsets[i]
        else:
            offset = end
            end += slots_of(storage[i]) * sizeof(slot)
        if type.kind != KIND_FUNC:
            type.fields[i].offset = <uint32_t>offset
            type.fields[i].width = <int>storage_size(storage[i]).bit_length() - 1
            type.fields[i].storage = storage[i]
            type.fields[i].mutable = comptype.fields[i].mutable if type.kind == KIND_STRUCT else comptype.field.mutable
        if may_hold_object(storage[i]):
            type.refs[type.ref_count] = <uint32_t>offset
            type.ref_count += 1
    return 0


cdef void add_descriptor(type_t* type) noexcept:
    """Let structures of the type have a descriptor, after all fields: where it is differs between subtypes, which begin as
    structures of the type do."""
    type.descriptor = (type.size + 7) & ~7u
    type.size = type.descriptor + 8
    type.refs[type.ref_count] = type.descriptor
    type.ref_count += 1


cdef void* own(object held) noexcept:
    """A reference owned by C: its target is not freed before `disown`, whatever Python's collector does."""
    Py_INCREF(held)
    return <void*>held


cdef void disown(void* held) noexcept:
    if held != NULL:
        Py_DECREF(<object>held)


cdef inline bint is_alive(const void* object_) noexcept:
    """Whether a Python object that C has borrowed may be handed out, which is not being freed (callbacks of weak references
    run then): a reference to that would let it be freed again."""
    return Py_REFCNT(<PyObject*>object_) > 0


cdef bint may_hold_object(int valtype) except -1:
    """Whether a value of the type may refer to an object of the heap."""
    return is_reference(valtype) and hierarchy(valtype) != FUNCREF
