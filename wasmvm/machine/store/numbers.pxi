# Numbers from outside become C integers here, once. `__index__` is anybody's code: it may say something else the next
# time, call into the store, grow or drop what is asked, or let other threads go on. So each number is converted before
# anything is looked at, and compared in C (`fits`); docs/invariants.md, "Numbers from outside".

cdef extern from "Python.h":
    unsigned long long PyLong_AsUnsignedLongLong(object) except? 0xFFFFFFFFFFFFFFFF
    Py_ssize_t PyNumber_AsSsize_t(object, object) except? -1
    long long PyLong_AsLongLongAndOverflow(object, int*) except? -1
    object PyNumber_Index(object)
    bint PyLong_CheckExact(object)
    unsigned long PyThread_get_thread_ident() noexcept nogil
    bint PyType_IsSubtype(type, type)


cdef uint64_t to_u64(object value, object name, object error) except? 0xFFFFFFFFFFFFFFFF:
    """An integer from outside; raises `error`, a class, if it is negative or has more than 64 bits.

    Raises:
        TypeError: it is not an integer.
    """
    if not PyLong_CheckExact(value):
        value = PyNumber_Index(value)
    try:
        return PyLong_AsUnsignedLongLong(value)
    except OverflowError:
        pass
    raise error(f"{name} must be from 0 up to 2**64 - 1, not {shown(value)}")


cdef object plain(object value):
    """The value as an exact `int`: one of a subclass may claim to equal anything."""
    return int.__pos__(value) if isinstance(value, int) else value


cdef object shown(object value):
    """An integer for a message: Python does not print those of many digits."""
    return value if -(1 << 65) < value < 1 << 65 else f"a number of {value.bit_length()} bits"


cdef inline uint64_t to_address(object value) except? 0xFFFFFFFFFFFFFFFF:
    """An offset, an index or a length; IndexError if it cannot be one."""
    return to_u64(value, "an address, index or length", IndexError)


cdef inline uint64_t to_bits(object value) except? 0xFFFFFFFFFFFFFFFF:
    """The low 64 bits of any integer."""
    return PyLong_AsUnsignedLongLongMask(value if PyLong_CheckExact(value) else PyNumber_Index(value))


cdef int outside(uint64_t offset, uint64_t size, uint64_t length) except -1:
    raise IndexError(f"{size} bytes at {offset} are outside a memory of {length} bytes")


cdef inline bint PyType_Is(object value, object cls) noexcept:
    """Whether an object is of exactly that class, whatever its `__class__` says."""
    return <void*>(<PyObject*>value).ob_type == <void*>cls


cdef int expect(object value, type cls, object name) except -1:
    """TypeError if an argument is of another class, whatever its `__class__` says."""
    if not PyType_IsSubtype(type(value), cls):
        raise TypeError(f"{name}: expected a {cls.__name__}, got {type(value).__name__}")
    return 0
