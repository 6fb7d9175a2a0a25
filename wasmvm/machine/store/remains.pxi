# What stores, memories and tables leave, where it is so much that giving it back takes milliseconds.

cdef enum:
    MANY_OBJECTS = 1 << 14
    MUCH_MEMORY = 1 << 20  # bytes


@cython.final
cdef class Remains:
    """Memory that nothing refers to any more; it is given back without the GIL.

    What leaves it has it in an attribute, where it is freed after all weak references to the former are gone: nobody can
    come by them meanwhile.
    """

    cdef heap_t heap
    cdef void* block
    cdef void* range
    cdef size_t reserved

    def __dealloc__(self):
        with nogil:
            free_objects(&self.heap)
            free(self.block)
            wvm_release(self.range, self.reserved)


cdef Remains remains_of_heap(heap_t* heap):
    """Take the objects of a heap where they are many; None where they are not."""
    cdef Remains made
    if heap.count < MANY_OBJECTS:
        return None
    try:
        made = Remains.__new__(Remains)
    except MemoryError:
        return None
    made.heap.objects, made.heap.kept, made.heap.swept, made.heap.count = heap.objects, heap.kept, heap.swept, heap.count
    heap.objects = NULL
    heap.kept = heap.swept = heap.count = 0
    return made


cdef Remains remains_of_block(void** block, size_t size):
    """Likewise what `malloc` has made."""
    cdef Remains made
    if size < MUCH_MEMORY:
        return None
    try:
        made = Remains.__new__(Remains)
    except MemoryError:
        return None
    made.block = block[0]
    block[0] = NULL
    return made


cdef Remains remains_of_memory(mem_t* mem):
    """Likewise the addresses of a memory that would not be kept for another one."""
    cdef Remains made
    if mem.length <= MAX_TO_CLEAR:
        return None
    try:
        made = Remains.__new__(Remains)
    except MemoryError:
        return None
    made.range = mem.data
    made.reserved = mem.reserved
    mem.data = NULL
    return made
