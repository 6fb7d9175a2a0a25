# Values between Python and slots. Integers come out signed and wrap on the way in; a v128 is 16 bytes; a reference is
# None, a Func, a StructRef, an ArrayRef, an integer for an i31, or for an externref or anyref any object.

cdef extern from "Python.h":
    bint PyLong_Check(object)
    object PyLong_FromLongLong(long long)
    object PyFloat_FromDouble(double)


cdef int wrong_type(object name, object expected, object value) except -1:
    raise TypeError(f"{name}: expected {expected}, got {type(value).__name__}")


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
    type = known_ctype((reftype - CONCRETE) >> 1)
    if type != NULL:
        return FUNCREF if type.kind == KIND_FUNC else ANYREF
    return top_of(heaptype_of(reftype))


cdef uint64_t reference_slot(Store store, int reftype, object value, object name) except? 0xFFFFFFFFFFFFFFFF:
    """The bits of a reference; `reftype` is closed."""
    cdef int top = hierarchy(reftype)
    cdef Func func
    if value is None:
        if not is_nullable(reftype):
            wrong_type(name, f"a reference that is not null ({valtype_text(reftype)})", value)
        return 0
    if top == FUNCREF:
        if not isinstance(value, Func):
            wrong_type(name, "a wasmvm function or None", value)
        func = <Func>value
        if func.store is not store:
            raise ValueError(f"{name}: the function belongs to another store")
        if reftype != FUNCREF and not match_heaptype(ref_typeidx(func.signature.type_id, True), heaptype_of(reftype)):
            raise TypeError(f"{name}: expected {valtype_text(reftype)}, got a function of type {func.signature.type}")
        func.keep()
        return <uint64_t><size_t>func.func
    if top == EXNREF and heaptype_of(reftype) == EXNREF and isinstance(value, ExceptionRef):
        if (<ExceptionRef>value).store is not store:
            raise ValueError(f"{name}: the exception belongs to another store")
        return <uint64_t><size_t>(<ExceptionRef>value).target
    if top == EXTERNREF or top == ANYREF:
        return object_slot(store, reftype, value, name)
    wrong_type(name, valtype_text(reftype), value)


cdef object reference_value(Store store, int reftype, uint64_t bits):
    if bits == 0:
        return None
    if hierarchy(reftype) == FUNCREF:
        return func_object(<func_t*><size_t>bits)
    return object_value(store, bits)


cdef int to_slot(Store store, int valtype, object value, slot* target, object name) except -1:
    """Write a Python value of a value type; TypeError that begins with `name` where it has the wrong type.

    What it writes is the last thing it does: nothing that runs Python comes after.
    """
    cdef const uint8_t[::1] lanes
    if valtype == I32 or valtype == I64:
        if not PyLong_Check(value):
            if not hasattr(value, "__index__"):
                wrong_type(name, "an integer", value)
            value = PyNumber_Index(value)
        target.u64 = PyLong_AsUnsignedLongLongMask(value)
        if valtype == I32:
            target.u64 = <uint32_t>target.u64
    elif valtype == F64 or valtype == F32:
        if not PyFloat_CheckExact(value):
            if isinstance(value, (str, bytes)) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
                wrong_type(name, "a number", value)
        if valtype == F64:
            target.f64 = PyFloat_AsDouble(value)
        else:
            set_f32(target, <float>PyFloat_AsDouble(value))
    elif valtype == V128:
        try:
            lanes = memoryview(value).cast("B")
        except TypeError:
            wrong_type(name, "16 bytes", value)
        if len(lanes) != 16:
            raise TypeError(f"{name}: expected 16 bytes, got {len(lanes)}")
        memcpy(target, &lanes[0], 16)
    else:
        target.u64 = reference_slot(store, valtype, value, name)
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
        return (<char*>source)[:16]
    return reference_value(store, valtype, source.u64)


cdef int bits_to_slot(Store store, int valtype, object value, slot* target, object name) except -1:
    """Write a value that is given as the integer of its bits, or as the Python value of a reference."""
    if is_reference(valtype):
        target.u64 = reference_slot(store, valtype, value, name)
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
