# Function types prepared for calls.

cdef dict SIGNATURES = {}
"""Weak references to the Signatures that exist, by the id of a defined type and by closed function type."""

cdef int* new_valtypes(tuple valtypes) except NULL:
    cdef int* made = <int*>malloc(max(len(valtypes), 1) * sizeof(int))
    cdef Py_ssize_t i
    if made == NULL:
        raise MemoryError
    for i in range(len(valtypes)):
        made[i] = valtypes[i]
    return made


@cython.no_gc
cdef class Signature:
    """A function type prepared for calls; there is one for each defined type, which it keeps. It holds nothing that
    could hold it, so Python's collector need not look at it, and never empties it."""

    def __cinit__(self, held, int type_id):
        self.held = held
        self.type = comptype_of(type_id)
        self.type_id = type_id
        self.ctype = ctype_of(type_id)
        self.params = new_valtypes(self.type.params)
        self.results = new_valtypes(self.type.results)
        self.param_count = len(self.type.params)
        self.result_count = len(self.type.results)
        self.param_slots = slots_in(self.params, self.param_count)
        self.result_slots = slots_in(self.results, self.result_count)

    def __dealloc__(self):
        if self.params != NULL:  # it is complete
            forget_signature(self.type_id)
            forget_signature(self.type)
        free(self.params)
        free(self.results)


cdef int forget_signature(object key) except -1:
    """Remove an entry of SIGNATURES whose Signature is gone."""
    known = SIGNATURES.get(key)
    if known is not None and known() is None:
        del SIGNATURES[key]
    return 0


cdef Signature known_signature(object key):
    """What SIGNATURES has, or None."""
    known = SIGNATURES.get(key)
    return None if known is None else known()


cdef Signature signature_of_id(object type_id):
    """The one signature of a defined function type; ValueError where that is gone."""
    cdef Signature found = known_signature(type_id)
    if found is None:
        found = known_or_made(hold(type_id), type_id)
    return found


cdef Signature known_or_made(object held, object type_id):
    cdef Signature made = Signature.__new__(Signature, held, type_id)
    cdef object reference = PyWeakref_NewRef(made, None)
    cdef Signature found = known_signature(type_id)  # making objects may have run code that was here before
    if found is None:
        SIGNATURES[type_id] = reference
        return made
    return found


cdef Signature signature_of(object type):
    """The signature of a closed function type that is declared on its own.

    Raises TypeError if it is not a function type, ValueError if it names an unknown value type.
    """
    cdef Signature found
    try:
        found = known_signature(type) if isinstance(type, FuncType) else None
    except TypeError:  # lists, for example, have no hash
        found = None
    if found is None:
        held = define_functype(checked_functype(type))
        found = known_signature(held.first)
        if found is None:
            found = known_or_made(held, held.first)
        SIGNATURES[found.type] = PyWeakref_NewRef(found, None)
    return found
