# Values between Python and slots. Integers come out signed and wrap on the way in; a v128 is 16 bytes; a reference is
# None, a Func, or for an externref any object.

cdef extern from "Python.h":
    bint PyLong_CheckExact(object)
    bint PyLong_Check(object)
    object PyNumber_Index(object)
    object PyLong_FromLongLong(long long)
    object PyFloat_FromDouble(double)

cdef enum:
    I32 = 0x7F
    I64 = 0x7E
    F32 = 0x7D
    F64 = 0x7C
    V128 = 0x7B
    FUNCREF = 0x70
    EXTERNREF = 0x6F


cdef int wrong_type(object name, object expected, object value) except -1:
    raise TypeError(f"{name}: expected {expected}, got {type(value).__name__}")


cdef uint64_t reference_slot(Store store, int reftype, object value, object name) except? 0xFFFFFFFFFFFFFFFF:
    cdef Func func
    if value is None:
        return 0
    if reftype == FUNCREF:
        if not isinstance(value, Func):
            wrong_type(name, "a wasmvm function or None", value)
        func = <Func>value
        if func.store is not store:
            raise ValueError(f"{name}: the function belongs to another store")
        func.keep()
        return <uint64_t><size_t>func.func
    return store.handle(value)


cdef object reference_value(Store store, int reftype, uint64_t bits):
    if bits == 0:
        return None
    if reftype == FUNCREF:
        return func_object(<func_t*><size_t>bits)
    return store.externs[bits - 1]


cdef int to_slot(Store store, int valtype, object value, slot* target, object name) except -1:
    """Write a Python value of a value type; TypeError that begins with `name` where it has the wrong type."""
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
    if valtype == FUNCREF or valtype == EXTERNREF:
        target.u64 = reference_slot(store, valtype, value, name)
        return 0
    target.u64 = PyLong_AsUnsignedLongLongMask(value)
    if valtype == I32 or valtype == F32:
        target.u64 = <uint32_t>target.u64
    elif valtype == V128:
        target[1].u64 = PyLong_AsUnsignedLongLongMask(value >> 64)
    return 0


cdef object bits_from_slot(Store store, int valtype, slot* source):
    if valtype == FUNCREF or valtype == EXTERNREF:
        return reference_value(store, valtype, source.u64)
    if valtype == V128:
        return source[0].u64 | (<object>source[1].u64 << 64)
    return source.u64


cdef int slots_of(int valtype) noexcept:
    return 2 if valtype == V128 else 1


SIGNATURES = {}
"""Signature by FuncType: equal types share one, so that calls compare a number (specification, 4.2.6)."""


cdef class Signature:
    """A function type prepared for calls."""

    def __cinit__(self, type):
        self.type = type
        self.type_id = len(SIGNATURES)
        self.params = bytes(type.params)
        self.results = bytes(type.results)
        self.param_count = len(self.params)
        self.result_count = len(self.results)
        self.param_slots = sum([slots_of(t) for t in self.params])
        self.result_slots = sum([slots_of(t) for t in self.results])


cdef Signature signature_of(object type):
    """The one signature of a function type."""
    cdef object found = SIGNATURES.get(type)
    if found is None:
        found = SIGNATURES.setdefault(type, Signature(type))
    return <Signature>found
