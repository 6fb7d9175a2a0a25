# What a store may take (docs/security.md has the table). Numbers of embedders become C integers here, once.

cdef enum:
    INSTANCES = 0
    TABLES = 1
    MEMORIES = 2

cdef uint64_t UNLIMITED = 0xFFFFFFFFFFFFFFFF
cdef uint64_t MAX_STACK = <uint64_t>1 << 32
cdef uint64_t MIN_STACK = 65536

# An instance has records of its functions, imports, globals and segments: a module of 4 MB can make 80 MB of them.
cdef uint64_t RECORDS_PER_INSTANCE = 65536
cdef uint64_t MIN_RECORDS = <uint64_t>1 << 30  # which is allowed however few instances are
# Addresses that all memories of a store may reserve: of 128 TiB that a process has.
cdef uint64_t MAX_RESERVED = <uint64_t>1 << 42

LIMITS = {
    "max_memory": 1 << 30,
    "max_table": 10_000_000,
    "max_heap": 1 << 30,
    "max_stack": 8 << 20,
    "max_instances": 10_000,
    "max_tables": 10_000,
    "max_memories": 1_000,
}
"""The default limits of a `Store`, by the names of its arguments."""

cdef uint64_t DEFAULT_MEMORY = LIMITS["max_memory"]
cdef uint64_t DEFAULT_TABLE = LIMITS["max_table"]
cdef uint64_t DEFAULT_HEAP = LIMITS["max_heap"]
cdef uint64_t DEFAULT_STACK = LIMITS["max_stack"]
cdef uint64_t DEFAULT_INSTANCES = LIMITS["max_instances"]
cdef uint64_t DEFAULT_TABLES = LIMITS["max_tables"]
cdef uint64_t DEFAULT_MEMORIES = LIMITS["max_memories"]


cdef uint64_t limit_of(object value, uint64_t default, str name, uint64_t low=0, uint64_t high=UNLIMITED) except? 0:
    """The number that an embedder gave for an option; the default for None.

    Raises:
        TypeError: it is no integer, or a bool.
        ValueError: it is not from `low` to `high`.
    """
    cdef uint64_t number
    if value is None:
        return default
    try:
        if isinstance(value, bool):
            raise TypeError
        index = PyNumber_Index(value)
    except TypeError:
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}") from None
    try:
        number = index
        if low <= number <= high:
            return number
    except OverflowError:
        pass
    shown = index if index.bit_length() < 128 else f"a number of {index.bit_length()} bits"
    raise ValueError(f"{name} must be from {low} to {high}, not {shown}")


cdef double seconds_of(object value, str name="timeout") except -1:
    """Seconds that an embedder gave, infinity for None.

    Raises:
        TypeError: it is no number, or a bool.
        ValueError: it is negative, or none (NaN), or over what a double holds.
    """
    cdef double seconds
    if value is None:
        return INFINITY
    try:
        if isinstance(value, (bool, str, bytes)):
            raise TypeError
        seconds = PyFloat_AsDouble(value)
    except TypeError:
        raise TypeError(f"{name}: expected seconds, got {type(value).__name__}") from None
    except OverflowError:
        raise ValueError(f"{name}: no number of seconds that a float holds") from None
    if not seconds >= 0:
        raise ValueError(f"{name} must not be negative: {seconds!r}")
    return seconds


def check_limit(str name not None, value, uint64_t low=0, uint64_t high=UNLIMITED):
    """`value` as an int, or None for None; for options outside of stores. Raises TypeError or ValueError, naming it."""
    return None if value is None else limit_of(value, 0, name, low, high)


cdef object over_limit(str name, str message):
    """The exception for what does not fit in a store; its `limit` is the name of the option that would allow it."""
    error = MemoryError(message)
    error.limit = name
    return error
