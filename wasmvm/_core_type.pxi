# Defined types (specification, 2.3.14) as the loop knows them: an address each.

cdef type_t** ctypes = NULL
cdef Py_ssize_t ctype_count = 0


cdef type_t* ctype_of(Py_ssize_t number) except NULL:
    """What the loop knows a defined type by."""
    global ctypes, ctype_count
    cdef type_t** longer
    cdef type_t* made
    while ctype_count <= number:  # supertypes have smaller numbers
        deftype = DEFTYPES[ctype_count]
        longer = <type_t**>realloc(ctypes, (ctype_count + 1) * sizeof(type_t*))
        made = <type_t*>calloc(1, sizeof(type_t))
        if longer == NULL or made == NULL:
            free(made)
            raise MemoryError
        ctypes = longer
        made.number = <int32_t>ctype_count
        made.super = NULL if deftype.super < 0 else ctypes[<Py_ssize_t>deftype.super]
        ctypes[ctype_count] = made
        ctype_count += 1
    return ctypes[number]


cdef bint is_subtype(type_t* actual, type_t* expected) noexcept nogil:
    """3.3.12; for types that are not equal, which is looked at first."""
    while actual != NULL:
        if actual == expected:
            return True
        actual = actual.super
    return False
