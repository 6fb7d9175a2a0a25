# Structures and arrays as the loop works on them (spec "Aggregate Instances"): no Python here. Functions that may
# fail return a trap, EXIT_COLLECT or 0.

cdef enum:
    # Kinds of `type_t` besides those of composite types, `KIND_FUNC` (no object: a func_t), `KIND_STRUCT`, `KIND_ARRAY`.
    KIND_EXTERN = 3  # an object of the host, whatever reference the guest has to it
    KIND_EXN = 4
    # Abstract heap types as code has them: the byte of the binary format as a signed number of 7 bits.
    HEAP_ANY = ANYREF - 0x80
    HEAP_EQ = EQREF - 0x80
    HEAP_I31 = I31REF - 0x80
    HEAP_STRUCT = STRUCTREF - 0x80
    HEAP_ARRAY = ARRAYREF - 0x80
    HEAP_EXN = EXNREF - 0x80
    HEAP_FUNC = FUNCREF - 0x80
    HEAP_EXTERN = EXTERNREF - 0x80
    # Flags of a cast.
    CAST_NULLABLE = 1
    CAST_FUNC = 2
    CAST_EXACT = 4
    OBJECT_OVERHEAD = 24  # bytes that an object costs besides its own
    LARGE_OBJECT = 4096  # from here on the system has zeroed pages


cdef int allocate(heap_t* heap, type_t* type, uint64_t size, object_t** made) noexcept nogil:
    """An object of `size` bytes, all fields zero. EXIT_COLLECT: the driver should make room and try again."""
    if heap.allocated + size + OBJECT_OVERHEAD > heap.threshold:
        heap.wanted = size + OBJECT_OVERHEAD
        return EXIT_COLLECT
    return new_object(heap, type, size, made)


cdef int new_object(heap_t* heap, type_t* type, uint64_t size, object_t** made) noexcept nogil:
    """Allocate without checking the collection threshold."""
    cdef object_t* o
    cdef object_t** longer
    if heap.count == heap.capacity:
        longer = <object_t**>realloc(heap.objects, (2 * heap.capacity + 64) * sizeof(object_t*))
        if longer == NULL:
            return TRAP_ALLOCATION_FAILED
        heap.objects = longer
        heap.capacity = 2 * heap.capacity + 64
    if size < LARGE_OBJECT:
        o = <object_t*>malloc(size)
        if o != NULL:
            memset(o, 0, size)
    else:
        o = <object_t*>calloc(1, size)
    if o == NULL:
        return TRAP_ALLOCATION_FAILED
    o.type = type
    heap.objects[heap.count] = o
    heap.count += 1
    heap.allocated += size + OBJECT_OVERHEAD
    made[0] = o
    return 0


cdef inline uint8_t* elements(object_t* o) noexcept nogil:
    return <uint8_t*>o + OBJECT_HEADER


cdef inline void put_field(uint8_t* p, int width, const slot* value) noexcept nogil:
    """Store the low bytes of a value, as many as the logarithm `width` says; the C compiler knows each of the sizes."""
    if width == 3:
        memcpy(p, value, 8)
    elif width == 2:
        memcpy(p, value, 4)
    elif width == 0:
        memcpy(p, value, 1)
    elif width == 1:
        memcpy(p, value, 2)
    else:
        memcpy(p, value, 16)


cdef inline uint8_t* descriptor_at(uint64_t bits) noexcept nogil:
    """Where an object has its descriptor, whose type has descriptors."""
    cdef object_t* o = <object_t*><size_t>bits
    return <uint8_t*>o + o.type.descriptor


cdef bint is_described_by(uint64_t bits, uint64_t descriptor, int32_t nullable) noexcept nogil:
    """Whether a reference of the hierarchy of any is to an object with this descriptor."""
    if bits == 0:
        return nullable != 0
    if bits & 1 or (<object_t*><size_t>bits).type.descriptor == 0:
        return False
    return load_u64(descriptor_at(bits)) == descriptor


cdef int struct_new(heap_t* heap, type_t* type, const slot* values, slot* result) noexcept nogil:
    """Of `values` in a row, or where that is NULL, of zeros."""
    cdef object_t* o
    cdef int32_t i
    cdef int reason = allocate(heap, type, type.size, &o)
    if reason:
        return reason
    if values != NULL:
        for i in range(type.field_count):
            put_field(<uint8_t*>o + type.fields[i].offset, type.fields[i].width, values)
            values += 2 if type.fields[i].width == 4 else 1
    result.u64 = <size_t>o
    return 0


cdef int struct_new_desc(heap_t* heap, type_t* type, const slot* values, uint64_t descriptor, slot* result) noexcept nogil:
    """The same of a type with descriptors."""
    cdef int reason
    if descriptor == 0:
        return TRAP_NULL_DESCRIPTOR_REFERENCE
    reason = struct_new(heap, type, values, result)
    if reason == 0:
        store_u64(descriptor_at(result.u64), descriptor)
    return reason


cdef int new_array(heap_t* heap, type_t* type, uint32_t length, object_t** made) noexcept nogil:
    cdef int reason = allocate(heap, type, OBJECT_HEADER + (<uint64_t>length << type.fields[0].width), made)
    if reason == 0:
        made[0].length = length
    return reason


cdef inline void fill(uint8_t* p, int width, const slot* value, uint64_t count) noexcept nogil:
    cdef uint64_t i
    if width == 0:
        memset(p, <int>(value.u64 & 0xFF), count)
        return
    for i in range(count):
        put_field(p + (i << width), width, value)


cdef int array_new(heap_t* heap, type_t* type, const slot* value, uint32_t length, slot* result) noexcept nogil:
    cdef object_t* o
    cdef int reason = new_array(heap, type, length, &o)
    if reason:
        return reason
    if value != NULL:
        fill(elements(o), type.fields[0].width, value, length)
    result.u64 = <size_t>o
    return 0


cdef int array_new_fixed(heap_t* heap, type_t* type, const slot* values, uint32_t length, slot* result) noexcept nogil:
    cdef object_t* o
    cdef uint64_t i
    cdef int width = type.fields[0].width
    cdef int reason = new_array(heap, type, length, &o)
    if reason:
        return reason
    for i in range(length):
        put_field(elements(o) + (i << width), width, values)
        values += 2 if width == 4 else 1
    result.u64 = <size_t>o
    return 0


cdef inline int array_data_fits(type_t* type, data_t* data, uint64_t s, uint32_t length) noexcept nogil:
    return 0 if fits(s, <uint64_t>length << type.fields[0].width, data.length) else TRAP_MEMORY_OUT_OF_BOUNDS


cdef int array_new_data(heap_t* heap, type_t* type, data_t* data, uint64_t s, uint32_t length,
                        slot* result) noexcept nogil:
    cdef object_t* o
    cdef int reason = array_data_fits(type, data, s, length)
    if reason == 0:
        reason = new_array(heap, type, length, &o)
    if reason:
        return reason
    if length:
        memcpy(elements(o), data.data + s, <uint64_t>length << type.fields[0].width)
    result.u64 = <size_t>o
    return 0


cdef inline int array_elem_fits(elem_t* elem, uint64_t s, uint32_t length) noexcept nogil:
    return 0 if fits(s, length, elem.length) else TRAP_TABLE_OUT_OF_BOUNDS


cdef int array_new_elem(heap_t* heap, type_t* type, elem_t* elem, uint64_t s, uint32_t length,
                        slot* result) noexcept nogil:
    cdef object_t* o
    cdef int reason = array_elem_fits(elem, s, length)
    if reason == 0:
        reason = new_array(heap, type, length, &o)
    if reason:
        return reason
    if length:
        memcpy(elements(o), elem.refs + s, length * sizeof(uint64_t))
    result.u64 = <size_t>o
    return 0


# Operands in a row: the array, an index, and what else there is. Each is checked in a function of its own, as those on
# memories are.

cdef inline uint64_t fill_count(const slot* operands) noexcept nogil:
    """How many elements an array.fill is about."""
    cdef object_t* o = <object_t*>operands[0].ptr
    if o == NULL:
        return 0
    return <uint32_t>operands[4 if o.type.fields[0].width == 4 else 3].u64


cdef int array_fill_move(move_t* move, const slot* operands) noexcept nogil:
    cdef object_t* o = <object_t*>operands[0].ptr
    cdef uint64_t d = <uint32_t>operands[1].u64
    cdef uint64_t n = fill_count(operands)
    cdef int width
    if o == NULL:
        return TRAP_NULL_ARRAY_REFERENCE
    if not fits(d, n, o.length):
        return TRAP_ARRAY_OUT_OF_BOUNDS
    width = o.type.fields[0].width
    set_fill(move, elements(o) + (d << width), &operands[2], n, width)
    return 0


cdef int array_copy_move(move_t* move, const slot* operands) noexcept nogil:
    cdef object_t* to = <object_t*>operands[0].ptr
    cdef object_t* from_ = <object_t*>operands[2].ptr
    cdef uint64_t d = <uint32_t>operands[1].u64
    cdef uint64_t s = <uint32_t>operands[3].u64
    cdef uint64_t n = <uint32_t>operands[4].u64
    cdef int width
    if to == NULL or from_ == NULL:
        return TRAP_NULL_ARRAY_REFERENCE
    if not fits(d, n, to.length) or not fits(s, n, from_.length):
        return TRAP_ARRAY_OUT_OF_BOUNDS
    width = to.type.fields[0].width
    set_copy(move, elements(to) + (d << width), elements(from_) + (s << width), n, width, to == from_ and d > s)
    return 0


cdef int array_init_data_move(move_t* move, const slot* operands, data_t* data) noexcept nogil:
    cdef object_t* o = <object_t*>operands[0].ptr
    cdef uint64_t d = <uint32_t>operands[1].u64
    cdef uint64_t s = <uint32_t>operands[2].u64
    cdef uint64_t n = <uint32_t>operands[3].u64
    cdef int width
    if o == NULL:
        return TRAP_NULL_ARRAY_REFERENCE
    width = o.type.fields[0].width
    if not fits(d, n, o.length):
        return TRAP_ARRAY_OUT_OF_BOUNDS
    if not fits(s, n << width, data.length):
        return TRAP_MEMORY_OUT_OF_BOUNDS
    set_copy(move, elements(o) + (d << width), data.data + s if n else elements(o), n, width, False)
    return 0


cdef int array_init_elem_move(move_t* move, const slot* operands, elem_t* elem) noexcept nogil:
    cdef object_t* o = <object_t*>operands[0].ptr
    cdef uint64_t d = <uint32_t>operands[1].u64
    cdef uint64_t s = <uint32_t>operands[2].u64
    cdef uint64_t n = <uint32_t>operands[3].u64
    if o == NULL:
        return TRAP_NULL_ARRAY_REFERENCE
    if not fits(d, n, o.length):
        return TRAP_ARRAY_OUT_OF_BOUNDS
    if not fits(s, n, elem.length):
        return TRAP_TABLE_OUT_OF_BOUNDS
    set_copy(move, elements(o) + d * sizeof(uint64_t), <uint8_t*>(elem.refs + s) if n else elements(o), n, 3, False)
    return 0


cdef int array_fill(slot* operands) noexcept nogil:
    cdef move_t move
    cdef int reason = array_fill_move(&move, operands)
    if reason == 0:
        move_part(&move, 0, move.count)
    return reason


cdef int array_copy(slot* operands) noexcept nogil:
    cdef move_t move
    cdef int reason = array_copy_move(&move, operands)
    if reason == 0:
        move_part(&move, 0, move.count)
    return reason


cdef int array_init_data(slot* operands, data_t* data) noexcept nogil:
    cdef move_t move
    cdef int reason = array_init_data_move(&move, operands, data)
    if reason == 0:
        move_part(&move, 0, move.count)
    return reason


cdef int array_init_elem(slot* operands, elem_t* elem) noexcept nogil:
    cdef move_t move
    cdef int reason = array_init_elem_move(&move, operands, elem)
    if reason == 0:
        move_part(&move, 0, move.count)
    return reason


cdef bint is_subtype(type_t* actual, type_t* expected) noexcept nogil:
    """spec "Matching: Defined Types"; for types that are not equal, which is looked at first."""
    while actual != NULL:
        if actual == expected:
            return True
        actual = actual.super
    return False


cdef bint is_of_heaptype(uint64_t bits, type_t** types, int32_t heaptype, int32_t flags) noexcept nogil:
    """spec "Matching: Heap Types": whether a reference is to something of the heap type; that they are of one hierarchy is known."""
    cdef type_t* actual
    cdef int kind
    if bits == 0:
        return (flags & CAST_NULLABLE) != 0
    if heaptype >= 0:
        if flags & CAST_FUNC:
            actual = (<func_t*><size_t>bits).type
        elif bits & 1:
            return False
        else:
            actual = (<object_t*><size_t>bits).type
        return actual == types[heaptype] or (not flags & CAST_EXACT and is_subtype(actual, types[heaptype]))
    if heaptype == HEAP_ANY or heaptype == HEAP_FUNC or heaptype == HEAP_EXTERN or heaptype == HEAP_EXN:
        return True
    if heaptype != HEAP_EQ and heaptype != HEAP_I31 and heaptype != HEAP_STRUCT and heaptype != HEAP_ARRAY:
        return False  # the bottom types
    if bits & 1:
        return heaptype == HEAP_EQ or heaptype == HEAP_I31
    kind = (<object_t*><size_t>bits).type.kind
    if heaptype == HEAP_EQ:
        return kind == KIND_STRUCT or kind == KIND_ARRAY
    return (heaptype == HEAP_STRUCT and kind == KIND_STRUCT) or (heaptype == HEAP_ARRAY and kind == KIND_ARRAY)
