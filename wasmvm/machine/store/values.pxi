# Values between Python and slots. Integers come out signed and wrap on the way in; a v128 is 16 bytes; a reference is
# None, a Func, a StructRef, an ArrayRef, an integer for an i31, or for an externref or anyref any object.
#
# Each way in comes twice. `put_plain` takes what most callers pass, runs no Python and cannot fail, so that nothing need
# be protected meanwhile; what it leaves alone goes to `to_slot`, which says what is wrong with a value.

cdef extern from "Python.h":
    bint PyLong_Check(object)
    object PyLong_FromLongLong(long long)
    object PyFloat_FromDouble(double)
    # As they are for a value that nobody counts a reference to.
    bint is_int "PyLong_Check"(PyObject*) noexcept
    bint is_float "PyFloat_Check"(PyObject*) noexcept
    bint is_bytes "PyBytes_CheckExact"(PyObject*) noexcept
    uint64_t low_64_bits "PyLong_AsUnsignedLongLongMask"(PyObject*) noexcept
    int64_t as_int64 "PyLong_AsLongLongAndOverflow"(PyObject*, int*) noexcept
    double float_value "PyFloat_AS_DOUBLE"(PyObject*) noexcept
    Py_ssize_t bytes_length "PyBytes_GET_SIZE"(PyObject*) noexcept
    char* bytes_start "PyBytes_AS_STRING"(PyObject*) noexcept

# What a value is for, where something is wrong with it; `{}` is the number that comes with it. Only a message formats them.
cdef str PARAMETER = "parameter {}"
cdef str HOST_RESULT = "result of a host function"
cdef str HOST_RESULTS = "result {} of a host function"
cdef str PAYLOAD = "payload {}"
cdef str FIELD = "field {}"
cdef str ELEMENT = "element"
cdef str VALUE = "value"


cdef int wrong_type(str what, Py_ssize_t i, object expected, object value) except -1:
    raise TypeError(f"{what.format(i)}: expected {expected}, got {type(value).__name__}")


cdef int of_other_store(str what, Py_ssize_t i, str kind) except -1:
    raise ValueError(f"{what.format(i)}: the {kind} belongs to another store")


cdef bint is_reference(int valtype) noexcept:
    return valtype >= NON_NULL or EXNREF <= valtype <= NULLEXNREF


cdef bint names_functions(int valtype) noexcept:
    """Whether a value of the type may be, or lead to, a reference to a function."""
    return is_reference(valtype) and valtype != EXTERNREF and valtype != EXTERNREF | NON_NULL


cdef int hierarchy(int reftype) except -1:
    """The greatest heap type above a closed reference type: FUNCREF, EXTERNREF, ANYREF or EXNREF.

    No Python where something of the type exists, so that a value may be at hand which nothing protects.
    """
    cdef int heaptype
    cdef type_t* type
    if reftype < CONCRETE:
        heaptype = reftype & ~NON_NULL
        if heaptype == FUNCREF or heaptype == NULLFUNCREF:
            return FUNCREF
        if heaptype == EXTERNREF or heaptype == NULLEXTERNREF:
            return EXTERNREF
        return EXNREF if heaptype == EXNREF or heaptype == NULLEXNREF else ANYREF
    type = known_ctype((reftype - CONCRETE) >> 2)
    if type != NULL:
        return FUNCREF if type.kind == KIND_FUNC else ANYREF
    return top_of(heaptype_of(reftype))


cdef bint is_at_or_below(const type_t* type, int reftype) noexcept:
    """Whether a defined type is the one that a concrete reference type names, or declared below it, if that is not exact."""
    cdef int32_t type_id = (reftype - CONCRETE) >> 2
    if reftype & EXACT_BIT:
        return type.type_id == type_id
    while type != NULL:
        if type.type_id == type_id:
            return True
        type = type.super
    return False


cdef bint put_reference(Store store, int reftype, PyObject* value, slot* target) noexcept:
    """`put_plain` of a reference."""
    cdef int heaptype = reftype if reftype >= CONCRETE else reftype & ~NON_NULL
    cdef Func func
    cdef object_t* o
    cdef int64_t number
    cdef int overflow
    if value == <PyObject*>None:
        target.u64 = 0
        return reftype & 1 if reftype >= CONCRETE else reftype == heaptype
    if heaptype == FUNCREF or (heaptype >= CONCRETE and value.ob_type == <void*>Func):
        if value.ob_type != <void*>Func:
            return False
        func = <Func>value
        if func.store is not store or not func.is_kept():
            return False
        if heaptype != FUNCREF and not is_at_or_below(func.signature.ctype, heaptype):
            return False
        target.u64 = <uint64_t><size_t>func.func
        return True
    if value.ob_type == <void*>StructRef or value.ob_type == <void*>ArrayRef:
        o = (<Reference>value).target
        if (<Reference>value).store is not store:
            return False
        if heaptype == STRUCTREF or heaptype == ARRAYREF:
            if (o.type.kind == KIND_STRUCT) != (heaptype == STRUCTREF):
                return False
        elif heaptype >= CONCRETE:
            if not is_at_or_below(o.type, heaptype):
                return False
        elif heaptype != ANYREF and heaptype != EQREF and heaptype != EXTERNREF:
            return False
        target.u64 = <uint64_t><size_t>o
        return True
    if heaptype == EXNREF:
        if value.ob_type != <void*>ExceptionRef or (<Reference>value).store is not store:
            return False
        target.u64 = <uint64_t><size_t>(<Reference>value).target
        return True
    if heaptype == ANYREF or heaptype == EQREF or heaptype == I31REF:
        if is_int(value):
            number = as_int64(value, &overflow)
            if overflow or not is_i31(number):
                return False
            target.u64 = i31_bits(number)
            return True
    if heaptype == EXTERNREF or heaptype == ANYREF:
        o = recent_extern(store, value)
        target.u64 = <uint64_t><size_t>o
        return o != NULL
    return False


cdef inline bint put_plain(Store store, int valtype, PyObject* value, slot* target) noexcept:
    """Write a Python value of a value type if that needs no Python code of anybody and cannot fail; else False."""
    cdef int64_t number
    cdef int overflow
    if valtype == I32:
        if is_int(value):
            target.u64 = <uint32_t>low_64_bits(value)
            return True
    elif valtype == F64 or valtype == F32:
        if is_float(value):
            if valtype == F64:
                target.f64 = float_value(value)
            else:
                set_f32(target, <float>float_value(value))
            return True
        if value.ob_type == <void*>int:
            number = as_int64(value, &overflow)
            if not overflow:
                if valtype == F64:
                    target.f64 = <double>number
                else:
                    set_f32(target, <float><double>number)
                return True
    elif valtype == I64:
        if is_int(value):
            target.u64 = low_64_bits(value)
            return True
    elif valtype == V128:
        if is_bytes(value) and bytes_length(value) == 16:
            memcpy(target, bytes_start(value), 16)
            return True
    else:
        return put_reference(store, valtype, value, target)
    return False


cdef uint64_t reference_slot(Store store, int reftype, object value, str what, Py_ssize_t i) except? 0xFFFFFFFFFFFFFFFF:
    """The bits of a reference; `reftype` is closed. `what` and `i` as for `to_slot`."""
    cdef slot bits
    if put_reference(store, reftype, <PyObject*>value, &bits):
        return bits.u64
    cdef int top = hierarchy(reftype)
    cdef Func func
    if value is None:
        if not is_nullable(reftype):
            wrong_type(what, i, f"a reference that is not null ({valtype_text(reftype)})", value)
        return 0
    if top == FUNCREF:
        if not isinstance(value, Func):
            wrong_type(what, i, "a wasmvm function or None", value)
        func = <Func>value
        if func.store is not store:
            of_other_store(what, i, "function")
        if reftype != FUNCREF and not match_heaptype(ref_typeidx(func.signature.type_id, True, True), heaptype_of(reftype)):
            raise TypeError(
                f"{what.format(i)}: expected {valtype_text(reftype)}, got a function of type {func.signature.type}"
            )
        func.keep()
        return <uint64_t><size_t>func.func
    if top == EXNREF and heaptype_of(reftype) == EXNREF and isinstance(value, ExceptionRef):
        if (<ExceptionRef>value).store is not store:
            of_other_store(what, i, "exception")
        return <uint64_t><size_t>(<ExceptionRef>value).target
    if top == EXTERNREF or top == ANYREF:
        return object_slot(store, reftype, value, what, i)
    wrong_type(what, i, valtype_text(reftype), value)


cdef object reference_value(Store store, int reftype, uint64_t bits):
    if bits == 0:
        return None
    if refers_to_function(reftype):
        return func_object(store, <func_t*><size_t>bits)
    return object_value(store, bits)


# Of what a reference type means, the answer for those asked last: looking up a defined type takes longer than all else.
cdef struct asked_t:
    int reftype  # 0 for none
    bint function

cdef asked_t asked[64]


cdef bint refers_to_function(int reftype) except -1:
    """Whether the values of a closed reference type, of which there is one, are functions."""
    if reftype < CONCRETE:
        return hierarchy(reftype) == FUNCREF
    cdef asked_t* known = &asked[(reftype >> 2) & 63]
    if known.reftype != reftype:
        known.function = hierarchy(reftype) == FUNCREF
        known.reftype = reftype
    return known.function


cdef void forget_asked(int32_t type_id) noexcept:
    """Forget a defined type that is gone: another one may get its id."""
    cdef asked_t* known = &asked[((type_id * 4 + CONCRETE) >> 2) & 63]
    if (known.reftype - CONCRETE) >> 2 == type_id:
        known.reftype = 0


cdef int to_slot(Store store, int valtype, object value, slot* target, str what, Py_ssize_t i) except -1:
    """Write a Python value of a value type; TypeError that begins with `what`, with `i` in it, where it has the wrong type.

    What it writes is the last thing it does: nothing that runs Python comes after.
    """
    if put_plain(store, valtype, <PyObject*>value, target):
        return 0
    cdef uint8_t lanes[16]
    cdef double number
    if valtype == I32 or valtype == I64:
        if not hasattr(value, "__index__"):
            wrong_type(what, i, "an integer", value)
        value = PyNumber_Index(value)
        target.u64 = PyLong_AsUnsignedLongLongMask(value)
        if valtype == I32:
            target.u64 = <uint32_t>target.u64
    elif valtype == F64 or valtype == F32:
        if isinstance(value, (str, bytes)) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
            wrong_type(what, i, "a number", value)
        number = PyFloat_AsDouble(value)
        if valtype == F64:
            target.f64 = number
        else:
            set_f32(target, <float>number)
    elif valtype == V128:
        read_lanes(value, lanes, what, i)
        memcpy(target, lanes, 16)
    else:
        target.u64 = reference_slot(store, valtype, value, what, i)
    return 0


cdef int read_lanes(object value, uint8_t* lanes, str what, Py_ssize_t i) except -1:
    """The 16 bytes of a v128, from any object with a contiguous buffer of so many."""
    cdef const uint8_t[::1] view
    try:
        view = memoryview(value).cast("B")
    except TypeError:
        wrong_type(what, i, "16 bytes", value)
    if len(view) != 16:
        raise TypeError(f"{what.format(i)}: expected 16 bytes, got {len(view)}")
    memcpy(lanes, &view[0], 16)
    return 0


cdef object from_slot(Store store, int valtype, slot* source):
    if valtype == I32:
        return PyLong_FromLongLong(<int32_t>source.u64)
    if valtype == I64:
        return PyLong_FromLongLong(source.i64)
    if valtype == F64:
        return PyFloat_FromDouble(source.f64)
    if valtype == F32:
        return PyFloat_FromDouble(<double>source.f32)
    if valtype == V128:
        return PyBytes_FromStringAndSize(<const char*>source, 16)
    return reference_value(store, valtype, source.u64)


cdef int bits_to_slot(Store store, int valtype, object value, slot* target, str what, Py_ssize_t i) except -1:
    """Write a value that is given as the integer of its bits, or as the Python value of a reference."""
    if is_reference(valtype):
        target.u64 = reference_slot(store, valtype, value, what, i)
        return 0
    cdef uint64_t low
    value = plain(PyNumber_Index(value))
    low = PyLong_AsUnsignedLongLongMask(value)
    if valtype == V128:
        target[1].u64 = PyLong_AsUnsignedLongLongMask(value >> 64)
    target.u64 = <uint32_t>low if valtype == I32 or valtype == F32 else low
    return 0


cdef object bits_from_slot(Store store, int valtype, slot* source):
    if is_reference(valtype):
        return reference_value(store, valtype, source.u64)
    if valtype == V128:
        return source[0].u64 | (<object>source[1].u64 << 64)
    return source.u64


cdef int slots_of(int valtype) noexcept:
    return 2 if valtype == V128 else 1


cdef int slots_in(const int* valtypes, int count) noexcept:
    cdef int found = 0
    cdef int i
    for i in range(count):
        found += slots_of(valtypes[i])
    return found
