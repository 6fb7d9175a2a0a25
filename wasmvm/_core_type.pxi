# Defined types (specification, 2.3.14) as the loop knows them: an address each.

cdef type_t** ctypes = NULL
cdef Py_ssize_t ctype_count = 0

cdef type_t extern_type  # of all objects of the host
memset(&extern_type, 0, sizeof(type_t))
extern_type.number = -1
extern_type.kind = KIND_EXTERN
extern_type.size = sizeof(extern_t)

cdef type_t exn_type  # of all exceptions; their tags say what they consist of
memset(&exn_type, 0, sizeof(type_t))
exn_type.number = -1
exn_type.kind = KIND_EXN
exn_type.ref_count = 1  # so that they are looked at


cdef type_t* ctype_of(Py_ssize_t number) except NULL:
    """What the loop knows a defined type by."""
    global ctypes, ctype_count
    cdef type_t** longer
    cdef type_t* made
    while ctype_count <= number:  # supertypes have smaller numbers
        deftype = DEFTYPES[ctype_count]
        longer = <type_t**>realloc(ctypes, (ctype_count + 1) * sizeof(type_t*))
        if longer == NULL:
            raise MemoryError
        ctypes = longer
        made = new_ctype(deftype.comptype)
        made.number = <int32_t>ctype_count
        made.super = NULL if deftype.super < 0 else ctypes[<Py_ssize_t>deftype.super]
        ctypes[ctype_count] = made
        ctype_count += 1
    return ctypes[number]


cdef type_t* new_ctype(comptype) except NULL:
    """A type whose objects have the fields of a structure or array type; `refs` of a function type are its parameters,
    which the payload of an exception consists of."""
    cdef type_t* made = <type_t*>calloc(1, sizeof(type_t))
    cdef Py_ssize_t i
    cdef size_t end = 0
    if made == NULL:
        raise MemoryError
    if isinstance(comptype, FuncType):
        made.kind = KIND_FUNC
        storage = comptype.params
        offsets = []
        for valtype in storage:
            offsets.append(end)
            end += slots_of(valtype) * sizeof(slot)
    elif isinstance(comptype, StructType):
        made.kind = KIND_STRUCT
        storage = [field.storage for field in comptype.fields]
        offsets, made.size = layout(comptype.fields)
    else:
        made.kind = KIND_ARRAY
        storage = (comptype.field.storage,)
        offsets = [0]
    made.field_count = <int32_t>len(storage)
    made.fields = <field_t*>calloc(len(storage) + 1, sizeof(field_t))
    made.refs = <uint32_t*>calloc(len(storage) + 1, sizeof(uint32_t))
    if made.fields == NULL or made.refs == NULL:
        free(made.fields)
        free(made.refs)
        free(made)
        raise MemoryError
    for i in range(len(storage)):
        made.fields[i].offset = offsets[i]
        made.fields[i].width = <int>storage_size(storage[i]).bit_length() - 1
        if names_objects(storage[i]):
            made.refs[made.ref_count] = offsets[i]
            made.ref_count += 1
    return made


cdef bint names_objects(int valtype) except -1:
    """Whether values of the type may be references to what the collector looks after."""
    return is_reference(valtype) and hierarchy(valtype) != FUNCREF


cdef bint is_subtype(type_t* actual, type_t* expected) noexcept nogil:
    """3.3.12; for types that are not equal, which is looked at first."""
    while actual != NULL:
        if actual == expected:
            return True
        actual = actual.super
    return False
