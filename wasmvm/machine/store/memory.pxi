# Memories (spec "Memory Instances"): a reserved range of addresses, of which the first `length` bytes are the memory.
#
# Reserving the whole range that a memory can ever grow to means that growing never moves it: views made by users stay
# valid and the loop need not look its base up again. Pages that nobody touched cost no memory.

cdef enum:
    PAGE_SHIFT = 16
    SPARE_MEMORIES = 8  # address ranges kept for the next memory
    MAX_TO_CLEAR = 16 << 20  # bytes; a larger memory is given back to the system
    MAX_MEMORY_PAGES = 1 << 24  # of any memory, a terabyte: some reserve as much as they may grow to

cdef uint64_t max_pages = MAX_PAGES
cdef uint64_t SPARE_RESERVED = <uint64_t>PAGE_SIZE * MAX_PAGES
# Addresses that all memories of the process may reserve as if there were plenty. Beyond that each reserves no more than its store
# allows it: 8,000 memories are served, and 90,000 more with the default limit.
cdef uint64_t PLENTY = <uint64_t>1 << 45
cdef uint64_t all_reserved = 0
cdef uint64_t memory_count = 0
cdef mem_t spare_memories[SPARE_MEMORIES]
cdef int spare_memory_count = 0


cdef object frombuffer = None  # numpy's, as what follows, from the first use on
cdef object empty = None
cdef object uint8 = None


cdef bint take_spare(mem_t* mem, uint64_t image) noexcept:
    """Use an address range that was kept: one that begins with this image already, else one that holds zeros (0 for that)."""
    global spare_memory_count
    cdef int best = -1
    cdef int i
    for i in range(spare_memory_count - 1, -1, -1):
        if spare_memories[i].image == image:
            best = i
            break
        if best < 0 or (spare_memories[best].image and not spare_memories[i].image):
            best = i
    if best < 0:
        return False
    mem[0] = spare_memories[best]
    spare_memory_count -= 1
    spare_memories[best] = spare_memories[spare_memory_count]
    return mem.image == image or drop_image(mem)


cdef bint drop_image(mem_t* mem) noexcept:
    """Let a range hold zeros again where it begins with an image; where that fails, it is given back, and False."""
    global mapped_count
    if mem.image == 0:
        return True
    if wvm_image_unmap(mem.data + mem.image_start, mem.image_size):
        mapped_count -= 1
        mem.image = 0
        return True
    give_memory_back(mem)
    return False


cdef void give_memory_back(mem_t* mem) noexcept:
    global mapped_count
    if mem.image:
        mapped_count -= 1
    wvm_release(mem.data, mem.reserved)
    mem.data = NULL
    mem.image = 0


cdef void forget_image(uint64_t image) noexcept:
    """Free the pages of an image in ranges that are kept, since no other memory will begin with it."""
    global spare_memory_count
    cdef int i
    for i in range(spare_memory_count - 1, -1, -1):
        if spare_memories[i].image == image and not drop_image(&spare_memories[i]):
            spare_memory_count -= 1
            spare_memories[i] = spare_memories[spare_memory_count]


cdef void release_memory(mem_t* mem) noexcept:
    """Give a range of addresses back, or keep it for the next memory."""
    global spare_memory_count, all_reserved, memory_count
    all_reserved -= mem.reserved
    memory_count -= 1
    if (mem.reserved == SPARE_RESERVED and mem.length <= MAX_TO_CLEAR and spare_memory_count < SPARE_MEMORIES
            and wvm_clear(mem.data, mem.length)):  # an image is whole again after that
        spare_memories[spare_memory_count] = mem[0]
        spare_memory_count += 1
    else:
        give_memory_back(mem)


cdef mem_t* new_mem(uint64_t minimum, uint64_t maximum, uint64_t reserved, MemoryImage image) noexcept:
    """Memory of `minimum` bytes that can grow up to `reserved`; NULL where the system refuses.

    Where the system does not give the whole range, what it gives is halved until it does: a memory may fail to grow. But
    what it has left when there are many memories is for others of the process.
    It begins with the image if it has that afterwards; otherwise, as without one, with zeros.
    """
    global all_reserved, memory_count
    cdef mem_t* mem = <mem_t*>calloc(1, sizeof(mem_t))
    cdef uint64_t wanted = 0 if image is None else image.id
    reserved = max(reserved, <uint64_t>PAGE_SIZE)
    if mem == NULL:
        return NULL
    if reserved != SPARE_RESERVED or not take_spare(mem, wanted):
        mem.image = 0
        while True:
            mem.data = <uint8_t*>wvm_reserve(reserved)
            if mem.data != NULL or reserved <= max(minimum, <uint64_t>PAGE_SIZE) or all_reserved > PLENTY:
                break
            reserved = max(reserved // 2, max(minimum, <uint64_t>PAGE_SIZE))
    mem.reserved = reserved
    mem.shared = False
    if mem.data != NULL and (not wvm_commit(mem.data, minimum) or (mem.image != wanted and image.map(mem) < 0)):
        give_memory_back(mem)
    if mem.data == NULL:
        free(mem)
        return NULL
    mem.length = minimum
    mem.maximum = maximum
    all_reserved += reserved
    memory_count += 1
    return mem


cdef int read_limits(object limits, uint64_t most, uint64_t* low, uint64_t* high) except -1:
    """spec "Validation: Types: Limits": the limits, where no maximum means `most`.

    Raises:
        ValueError: the minimum is over the maximum, or either over what the kind of extern allows.
        TypeError: they are no `Limits`, or not of integers.
    """
    expect(limits, Limits, "limits")
    minimum, maximum = <tuple>limits
    expect(minimum, int, "minimum")
    if maximum is not None:
        expect(maximum, int, "maximum")
    try:
        low[0] = minimum
        high[0] = most if maximum is None else maximum
    except OverflowError:  # negative, or of more than 64 bits
        low[0] = 1
        high[0] = 0
    if not low[0] <= high[0] <= most:
        raise ValueError(f"invalid limits: {minimum} up to {maximum}")
    return 0


cdef bint is_plain(limits):
    """Whether limits that were read are of no class of somebody else's, nor their integers."""
    minimum, maximum = <tuple>limits
    return PyType_Is(limits, Limits) and PyLong_CheckExact(minimum) and (maximum is None or PyLong_CheckExact(maximum))


cdef object plain_limits(limits, uint64_t low, uint64_t high):
    """Limits that were read, of integers that are no more than that."""
    return Limits(low, None if limits.max is None else high)


cdef object read_memory_type(object type, memory_type_t* found):
    """Read a `MemoryType`; the same type, of integers and limits that are no more than that.

    Raises:
        TypeError, ValueError: no such memory is valid (spec "Validation: Types: Memory Types").
    """
    expect(type, MemoryType, "type")
    cdef uint64_t most
    cdef int addrtype
    cdef bint shared
    limits, addrtype, page_size, is_shared = <tuple>type
    expect(page_size, int, "page_size")
    shared = bool(is_shared)
    if page_size not in PAGE_SIZES:
        raise ValueError(f"invalid custom page size: {page_size} bytes; it can be 1 or {PAGE_SIZE}")
    found.page_shift = 0
    most = 0xFFFFFFFFFFFFFFFF if addrtype == I64 else 0xFFFFFFFF
    if page_size == PAGE_SIZE:
        found.page_shift = PAGE_SHIFT
        most = <uint64_t>MAX_PAGES_64 if addrtype == I64 else max_pages
    read_limits(limits, most, &found.low, &found.high)
    if shared and limits.max is None:
        raise ValueError("shared memory must have maximum")
    found.addrtype = addrtype
    found.shared = shared
    if is_plain(limits) and PyType_Is(type, MemoryType) and isinstance(is_shared, bool):
        return type
    return MemoryType(plain_limits(limits, found.low, found.high), addrtype, int(page_size), shared)


cdef uint64_t MOST_BYTES = <uint64_t>MAX_MEMORY_PAGES * PAGE_SIZE
cdef uint64_t last_shared = 0  # the id of the last shared memory


cdef uint64_t check_minimum(Store store, const memory_type_t* wanted) except? 0:
    """The bytes that a memory begins with, if the store (or None) and the machine allow that many.

    Raises:
        MemoryError: they do not.
    """
    cdef uint64_t low = wanted.low
    cdef uint64_t most = MOST_BYTES >> wanted.page_shift
    cdef uint64_t minimum = low << wanted.page_shift
    if low > most or (store is not None and minimum > store.max_each_memory):
        raise MemoryError(f"memory minimum size of {low} pages exceeds memory limits")
    if store is not None and not fits(store.memory_size, minimum, store.max_memory):
        raise over_limit("max_memory", (
            f"memory minimum size of {low} pages exceeds memory limits: {minimum} bytes, with {store.memory_size} in "
            f"other memories of the store, are over max_memory={store.max_memory}"
        ))
    return minimum


cdef class AnyMemory:
    """The bytes of a memory instance (spec "Memory Instances"): what `Memory` and `SharedMemory` have in common.

    It has the buffer protocol, writable: ``memoryview(memory)`` shows the bytes as they are now. A view stays valid,
    with the length it had, when the memory grows.
    """

    def __len__(self):
        """Size in bytes."""
        return wvm_get_length(&self.mem.length)

    @property
    def pages(self):
        """Size in pages, of 64 KiB unless the type says that a page is a byte."""
        return wvm_get_length(&self.mem.length) >> self.mem.page_shift

    @property
    def actual_type(self):
        """The type with the present size as minimum, which is what an import is matched against (spec "External Typing")."""
        return MemoryType(Limits(self.pages, self.type.limits.max), self.addrtype, 1 << self.mem.page_shift, self.mem.shared)

    @property
    def array(self):
        """The present bytes as a writable numpy array of uint8, not copied."""
        global frombuffer, empty, uint8
        if frombuffer is None:
            import numpy

            uint8, empty = numpy.dtype(numpy.uint8), numpy.empty
            frombuffer = numpy.frombuffer
        return frombuffer(self, uint8) if self.mem.length else empty(0, uint8)

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        cdef Py_ssize_t* shape = <Py_ssize_t*>malloc(sizeof(Py_ssize_t))
        if shape == NULL:
            raise MemoryError
        shape[0] = <Py_ssize_t>wvm_get_length(&self.mem.length)
        buffer.buf = self.mem.data
        buffer.obj = self
        buffer.len = shape[0]
        buffer.readonly = 0
        buffer.itemsize = 1
        buffer.ndim = 1
        buffer.format = NULL
        if flags & PyBUF_FORMAT:
            buffer.format = "B"
        buffer.shape = shape
        buffer.strides = NULL
        if flags & PyBUF_STRIDES == PyBUF_STRIDES:
            buffer.strides = &buffer.itemsize
        buffer.suboffsets = NULL
        buffer.internal = shape

    def __releasebuffer__(self, Py_buffer* buffer):
        free(buffer.internal)

    cdef uint8_t* at(self, uint64_t offset, uint64_t size) except NULL:
        """Where the bytes are. Nothing that runs Python may come between this and their use."""
        cdef uint64_t length = wvm_get_length(&self.mem.length)
        if not fits(offset, size, length):
            outside(offset, size, length)
        return self.mem.data + offset

    @property
    def address(self):
        """Where the first byte is in this process's address space; it never moves."""
        return <size_t>self.mem.data

    def read(self, offset, size):
        """A copy of `size` bytes from `offset` on; IndexError where they are not all inside the memory."""
        cdef uint64_t at = to_address(offset)
        cdef uint64_t count = to_address(size)
        return PyBytes_FromStringAndSize(<char*>self.at(at, count), <Py_ssize_t>count)

    def read_bytearray(self, offset, size):
        """As `read`, but the copy can be changed."""
        cdef uint64_t at = to_address(offset)
        cdef uint64_t count = to_address(size)
        return PyByteArray_FromStringAndSize(<char*>self.at(at, count), <Py_ssize_t>count)

    def write(self, offset, data):
        """Copy the bytes-like `data` to `offset`; IndexError where it does not fit, and then nothing is written."""
        cdef uint64_t at = to_address(offset)
        cdef uint8_t* target
        cdef Py_buffer view
        try:
            PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        except (BufferError, ValueError) as error:
            raise TypeError(f"data: {error}") from error
        try:
            target = self.at(at, view.len)
            if view.len:  # a buffer of no bytes may be NULL
                memmove(target, view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    def read_cstring(self, offset, limit=1 << 20):
        """The bytes from `offset` up to and without the next zero byte, as `bytes`.

        Raises:
            IndexError: the memory ends before a zero byte.
            ValueError: there is none among the next `limit` bytes.
        """
        cdef uint64_t at = to_address(offset)
        cdef uint64_t most = to_u64(limit, "limit", ValueError)
        cdef uint8_t* start = self.at(at, 1)
        cdef uint64_t room = wvm_get_length(&self.mem.length) - at
        cdef uint8_t* end = <uint8_t*>memchr(start, 0, min(room, most))
        if end == NULL:
            if most < room:
                raise ValueError(f"no zero byte within {most} bytes from {at}")
            raise IndexError(f"the memory ends before the string at {at} does")
        return (<char*>start)[:end - start]

    def write_cstring(self, offset, text):
        """Write `text` (bytes-like, or a str as UTF-8) and a zero byte; IndexError where it does not fit."""
        if isinstance(text, str):
            text = text.encode()
        elif type(text) is not bytes:
            text = bytes(text)
        self.write(offset, text + b"\0")

    # Typed access: little-endian whatever the host, at any address. Each is IndexError where it is not all inside.

    def load_i8(self, offset):
        return <int8_t>self.at(to_address(offset), 1)[0]

    def load_u8(self, offset):
        return self.at(to_address(offset), 1)[0]

    def load_i16(self, offset):
        return <int16_t>load_u16(self.at(to_address(offset), 2))

    def load_u16(self, offset):
        return <uint16_t>load_u16(self.at(to_address(offset), 2))

    def load_i32(self, offset):
        return <int32_t>load_u32(self.at(to_address(offset), 4))

    def load_u32(self, offset):
        return <uint32_t>load_u32(self.at(to_address(offset), 4))

    def load_i64(self, offset):
        return <int64_t>load_u64(self.at(to_address(offset), 8))

    def load_u64(self, offset):
        return <uint64_t>load_u64(self.at(to_address(offset), 8))

    def load_f32(self, offset):
        cdef slot value
        value.u64 = load_u32(self.at(to_address(offset), 4))
        return <double>value.f32

    def load_f64(self, offset):
        cdef slot value
        value.u64 = load_u64(self.at(to_address(offset), 8))
        return value.f64

    def store_u8(self, offset, value):
        """Store the low 8 bits of an integer; likewise 16, 32, 64. Signedness makes no difference."""
        cdef uint64_t at = to_address(offset)
        cdef uint64_t bits = to_bits(value)
        self.at(at, 1)[0] = <uint8_t>bits

    def store_u16(self, offset, value):
        cdef uint64_t at = to_address(offset)
        cdef uint64_t bits = to_bits(value)
        store_u16(self.at(at, 2), <uint16_t>bits)

    def store_u32(self, offset, value):
        cdef uint64_t at = to_address(offset)
        cdef uint64_t bits = to_bits(value)
        store_u32(self.at(at, 4), <uint32_t>bits)

    def store_u64(self, offset, value):
        cdef uint64_t at = to_address(offset)
        cdef uint64_t bits = to_bits(value)
        store_u64(self.at(at, 8), bits)

    store_i8 = store_u8
    store_i16 = store_u16
    store_i32 = store_u32
    store_i64 = store_u64

    def store_f32(self, offset, value):
        cdef uint64_t at = to_address(offset)
        cdef slot bits
        set_f32(&bits, <float>PyFloat_AsDouble(value))
        store_u32(self.at(at, 4), <uint32_t>bits.u64)

    def store_f64(self, offset, value):
        cdef uint64_t at = to_address(offset)
        cdef slot bits
        bits.f64 = PyFloat_AsDouble(value)
        store_u64(self.at(at, 8), bits.u64)


@cython.no_gc  # it refers to a type and a weak reference only
cdef class SharedMemory(AnyMemory):
    """A memory that many stores use, each in a thread of its own (proposal threads).

    It can be imported wherever a `Memory` can, and it never moves. Plain accesses of several threads to the same bytes may
    race: each byte is what one of them has written.

    Args:
        type: a `MemoryType` with ``shared=True``, and so with a maximum.
        store: whose ``max_memory`` it counts for, as one that a module of that store defines does. Where that is None, its
            maximum is all that limits it.

    Raises:
        MemoryError: the system has no room for it.
        ValueError: the type is not shared, or no such memory is valid.
    """

    def __cinit__(self, type, Store store=None):
        global last_shared
        cdef memory_type_t wanted
        self.type = read_memory_type(type, &wanted)
        if not wanted.shared:
            raise ValueError("the type is not shared: MemoryType(Limits(1, 10), shared=True) is")
        cdef int shift = wanted.page_shift
        cdef uint64_t maximum = min(wanted.high, MOST_BYTES >> shift) << shift
        cdef uint64_t minimum = check_minimum(store, &wanted)
        cdef uint64_t reserved
        self.most = maximum if store is None else min(store.max_memory, store.max_each_memory)
        reserved = max(minimum, min(maximum, self.most))
        self.addrtype = wanted.addrtype
        self.mem = new_mem(minimum, maximum, reserved, None)
        if self.mem == NULL:
            raise MemoryError(f"cannot reserve a shared memory: the system has no room for {reserved} bytes of addresses")
        last_shared += 1
        self.mem.id = last_shared
        self.mem.page_shift = shift
        self.mem.shared = True
        if store is not None:
            self.creator = PyWeakref_NewRef(store, None)
            store.memory_size += minimum
            store.reserved += self.mem.reserved

    def __dealloc__(self):
        cdef object creator = None if self.creator is None else self.creator()
        if self.mem == NULL:
            return
        if creator is not None:
            (<Store>creator).memory_size -= self.mem.length
            (<Store>creator).reserved -= self.mem.reserved
        self.remains = remains_of_memory(self.mem)
        release_memory(self.mem)
        free(self.mem)

    def __repr__(self):
        return f"<wasmvm.SharedMemory of {self.pages} {'pages' if self.mem.page_shift else 'bytes'}>"

    cdef int64_t grow_by(self, uint64_t delta) noexcept:
        """The old size in pages, or -1 where it cannot grow. With the GIL, so that one thread does at a time."""
        cdef int shift = self.mem.page_shift
        cdef uint64_t old = self.mem.length >> shift
        cdef uint64_t length
        cdef object creator = None if self.creator is None else self.creator()
        if delta > self.mem.maximum >> shift:
            return -1
        length = (old + delta) << shift
        if length > self.mem.maximum or length > self.mem.reserved or length > self.most:
            return -1
        if creator is not None and delta and not fits((<Store>creator).memory_size, delta << shift, (<Store>creator).max_memory):
            return -1
        if not wvm_commit(self.mem.data, length):
            return -1
        wvm_set_length(&self.mem.length, length)
        if creator is not None:
            (<Store>creator).memory_size += delta << shift
        return old

    def grow(self, delta):
        """Grow by `delta` pages and return the old size in pages; from any thread.

        Raises:
            ValueError: the type, the limits of the store that has made it, or the system do not allow that size.
        """
        cdef uint64_t pages = to_u64(delta, "cannot grow: the number", ValueError)
        cdef int64_t old = self.grow_by(pages)
        if old < 0:
            raise ValueError(f"cannot grow a memory of {self.pages} pages by {delta}")
        return old

    def wait(self, offset, expected, timeout=None, bits=32):
        """Wait until somebody notifies the address, as ``memory.atomic.wait32`` does, or ``wait64`` for 64 `bits`.

        Args:
            offset: the address, a multiple of the bytes that are compared.
            expected: what must be there for it to wait.
            timeout: seconds, or None for ever.

        Returns:
            "ok" if it was notified, "not-equal" if something else was there, "timed-out" if the time was over.

        Raises:
            IndexError: the address is not inside the memory.
            ValueError: it is not aligned, `bits` is neither 32 nor 64, `timeout` is negative.
        """
        cdef int width = 8 if bits == 64 else 4 if bits == 32 else 0
        cdef uint64_t at = to_address(offset)
        cdef uint64_t value = to_bits(expected)
        cdef double seconds = seconds_of(timeout)
        if width == 0:
            raise ValueError(f"bits must be 32 or 64, not {bits!r}")
        self.at(at, width)
        if at % width:
            raise ValueError(f"address {at} is no multiple of {width}")
        return WAITED[wait_at(self.mem, at, width, value, wvm_monotonic() + seconds, NULL)]

    def notify(self, offset, count=None):
        """Wake at most `count` of those that wait for the address, all for None; return how many.

        Raises:
            IndexError: the address is not inside the memory.
            ValueError: it is no multiple of 4.
        """
        cdef uint64_t at = to_address(offset)
        cdef uint64_t most = 0xFFFFFFFF if count is None else to_u64(count, "count", ValueError)
        self.at(at, 4)
        if at % 4:
            raise ValueError(f"address {at} is no multiple of 4")
        return wake(self.mem, at, most)


    def waiters(self, offset):
        """How many wait for the address at the moment, in wasm or in Python."""
        cdef uint64_t at = to_address(offset)
        cdef waiter_t* waiter = self.mem.first_waiter
        found = 0
        while waiter != NULL:
            found += waiter.address == at
            waiter = waiter.next
        return found


cdef tuple WAITED = ("ok", "not-equal", "timed-out")


@cython.no_gc_clear  # the store has to be told when it goes
cdef class Memory(AnyMemory):
    """A memory instance (spec "Memory Instances") of a store.

    It has the buffer protocol, writable: ``memoryview(memory)`` shows the bytes as they are now. A view stays valid,
    with the length it had, when the memory grows.

    Args:
        store: the store that it belongs to.
        type: a `MemoryType`, of addresses of 32 or 64 bits; sizes are in its pages, of 64 KiB or one byte. Or a
            `SharedMemory`, which the store is to use.
        image: what it begins with, if the system allows that (`has_image`); zeros where that is None.

    Raises:
        MemoryError: the store's limit or the system does not allow the initial size.
        ValueError: no such memory is valid (spec "Validation: Types: Memory Types").
    """

    def __cinit__(self, Store store not None, type, MemoryImage image=None):
        cdef memory_type_t wanted
        store.check_thread()
        if isinstance(type, SharedMemory):
            self.shared = type
            self.store = store
            self.mem = self.shared.mem
            self.addrtype = self.shared.addrtype
            self.type = self.shared.type
            return
        self.type = read_memory_type(type, &wanted)
        store.check_thread()
        self.addrtype = wanted.addrtype
        cdef int shift = wanted.page_shift
        cdef uint64_t low = wanted.low
        cdef uint64_t maximum = min(wanted.high, MOST_BYTES >> shift) << shift
        cdef uint64_t minimum = check_minimum(store, &wanted)
        if image is not None and (wanted.shared or not fits(image.start, image.size, minimum)):
            raise InternalError(f"an image of {image.size} bytes in a memory of {low} pages")
        self.store = store
        self.image = image
        store.count(MEMORIES)
        self.counted = True
        if wanted.shared:
            self.shared = SharedMemory(self.type, store)
            self.mem = self.shared.mem
            return
        cdef uint64_t reserved = min(store.max_memory, store.max_each_memory)
        reserved = min(maximum, reserved if all_reserved > PLENTY else max(SPARE_RESERVED, reserved))
        reserved = min(reserved, MAX_RESERVED - min(store.reserved, MAX_RESERVED))
        self.mem = new_mem(minimum, maximum, max(minimum, reserved), image)
        if self.mem == NULL:
            raise MemoryError(
                f"cannot reserve a memory of {low} pages: the system has no room for {max(minimum, reserved)} bytes of addresses, "
                f"with {all_reserved} in {memory_count} memories of this process; those with a maximum, or of a store with a lower "
                f"max_memory, take less, and those that are gone none"
            )
        self.mem.page_shift = shift
        store.memory_size += minimum
        store.reserved += self.mem.reserved

    def __dealloc__(self):
        if self.counted:
            self.store.counts[MEMORIES] -= 1
        if self.mem != NULL and self.shared is None:
            self.store.memory_size -= self.mem.length
            self.store.reserved -= self.mem.reserved
            self.remains = remains_of_memory(self.mem)
            release_memory(self.mem)
            free(self.mem)

    def __repr__(self):
        return f"<wasmvm.Memory of {self.pages} {'pages' if self.mem.page_shift else 'bytes'}>"

    @property
    def has_image(self):
        """Whether it began with an image."""
        return self.mem.image != 0

    cdef int64_t grow_by(self, uint64_t delta) noexcept:
        """The old size in pages, or -1 where it cannot grow."""
        if self.shared is not None:
            return self.shared.grow_by(delta)
        cdef int shift = self.mem.page_shift
        cdef uint64_t old = self.mem.length >> shift
        cdef uint64_t length
        if delta > self.mem.maximum >> shift:
            return -1
        length = (old + delta) << shift
        if length > self.mem.maximum or length > self.mem.reserved or length > self.store.max_each_memory:
            return -1
        if delta and not fits(self.store.memory_size, delta << shift, self.store.max_memory):
            return -1
        if not wvm_commit(self.mem.data, length):
            return -1
        self.mem.length = length
        self.store.memory_size += delta << shift
        return old

    def grow(self, delta):
        """Grow by `delta` pages and return the old size in pages.

        Raises:
            ValueError: the type, the store's limit or the system does not allow that size.
            RuntimeError: another thread is using the store.
        """
        cdef uint64_t pages = to_u64(delta, "cannot grow: the number", ValueError)
        self.store.check_thread()
        cdef int64_t old = self.grow_by(pages)
        if old < 0:
            raise ValueError(f"cannot grow a memory of {self.pages} pages by {delta}")
        return old
