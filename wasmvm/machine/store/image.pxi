# What the memory of each instance of a module begins with, kept once (spec "Execution: Modules: Instantiation"): the
# active data segments whose offsets are constants, and an image of what they write, which memories map copy-on-write.

cdef enum:
    MIN_IMAGE = 16 << 10  # bytes of segments: fewer are copied before an image is mapped
    MAX_IMAGES = 64  # in the process, since each has a descriptor
    MAX_MAPPED = 4096  # memories that have one: the system bounds the mappings of a process
    MAX_SPREAD = 4  # an image may be so many times as long as the segments that it consists of
    IMAGE_PIECE = 1 << 20  # bytes between two looks around

cdef int max_images = MAX_IMAGES
cdef int image_count = 0
cdef int mapped_count = 0
cdef uint64_t last_image = 0


cdef class InitialData:
    """The first active data segments of a module, as long as their offsets are constants.

    Args:
        source: the module's bytes, which have theirs.
    """

    def __cinit__(self, bytes source not None):
        self.source = source

    def __dealloc__(self):
        free(self.segments)

    def add(self, Py_ssize_t dataidx, Py_ssize_t memidx, uint64_t offset, Py_ssize_t start, Py_ssize_t end):
        """Append a segment, whose bytes lie from `start` to `end`."""
        cdef segment_t* longer
        cdef segment_t* segment
        if not 0 <= start <= end <= len(self.source) or dataidx < 0 or memidx < 0:
            raise InternalError(f"data segment from {start} to {end}")
        if self.count == self.room:
            longer = <segment_t*>realloc(self.segments, (2 * self.room + 4) * sizeof(segment_t))
            if longer == NULL:
                raise MemoryError
            self.segments = longer
            self.room = 2 * self.room + 4
        segment = &self.segments[self.count]
        segment.offset = offset
        segment.data = <const uint8_t*>PyBytes_AS_STRING(self.source) + start
        segment.length = end - start
        segment.dataidx = dataidx
        segment.memidx = memidx
        self.count += 1

    @property
    def memidx(self):
        """The memory that the first one is for; -1 where there is none."""
        return self.segments[0].memidx if self.count else -1

    def plan_image(self, uint64_t pages, uint64_t page_size):
        """Let an image stand for the first segments, all those for one memory that fit in that many pages; whether it pays."""
        cdef uint64_t page = wvm_page()
        cdef uint64_t size = min(pages, <uint64_t>MAX_MEMORY_PAGES * PAGE_SIZE // page_size) * page_size
        cdef uint64_t low = size
        cdef uint64_t high = 0
        cdef uint64_t bytes = 0
        cdef Py_ssize_t i
        cdef segment_t* segment
        if page == 0 or size % page:
            return False
        self.imaged = 0
        for i in range(self.count):
            segment = &self.segments[i]
            if segment.memidx != self.segments[0].memidx or not fits(segment.offset, segment.length, size):
                break
            if segment.length:
                low = min(low, segment.offset)
                high = max(high, segment.offset + segment.length)
            bytes += segment.length
            self.imaged = i + 1
        if bytes < MIN_IMAGE or (high - low) // MAX_SPREAD > bytes:
            self.imaged = 0
            return False
        self.image_start = low - low % page
        self.image_size = (high + page - 1) // page * page - self.image_start
        return True


cdef class MemoryImage:
    """What a memory begins with, as a file in memory that nothing can change; `image_of` makes it."""

    def __cinit__(self):
        self.fd = -1

    def __dealloc__(self):
        global image_count
        if self.fd >= 0:
            wvm_image_close(self.fd, self.device, self.inode)
            image_count -= 1
            forget_image(self.id)

    cdef int map(self, mem_t* mem) noexcept:
        """Let a memory that nobody has written to begin with the image.

        0 where it stays as it was; -1 where the addresses are gone.
        """
        global mapped_count
        cdef int done
        if mapped_count >= MAX_MAPPED:
            return 0
        done = wvm_image_map(mem.data + self.start, self.size, self.fd, self.device, self.inode)
        if done > 0:
            mapped_count += 1
            mem.image = self.id
            mem.image_start = self.start
            mem.image_size = self.size
        return done


def image_of(Store store not None, InitialData data not None):
    """The `MemoryImage` that `data` has planned; None where the host has no such thing, or the process has enough.

    Raises:
        Trap: the store was interrupted, or the deadline of the call has come.
    """
    global image_count, last_image
    cdef MemoryImage made = MemoryImage.__new__(MemoryImage)
    cdef uint8_t* target = NULL
    cdef segment_t* segment
    cdef uint64_t done, count
    cdef uint64_t size = data.image_size
    cdef Py_ssize_t i
    cdef int fd
    cdef bint sealed = False
    if not data.imaged or image_count >= max_images:
        return None
    with nogil:
        fd = wvm_image_begin(size, &target)
    if fd < 0:
        return None
    image_count += 1  # from here on it is closed by `made`
    made.fd = fd
    last_image += 1
    made.id = last_image
    made.start = data.image_start
    made.size = size
    try:
        for i in range(data.imaged):
            done = 0
            while done < data.segments[i].length:
                count = min(data.segments[i].length - done, <uint64_t>IMAGE_PIECE)
                store.spend(1 + (count >> BYTES_PER_UNIT))
                segment = &data.segments[i]
                with nogil:
                    memcpy(target + (segment.offset - made.start) + done, segment.data + done, count)
                done += count
    finally:
        sealed = wvm_image_end(fd, target, size, &made.device, &made.inode)
    return made if sealed else None


def limit_images(int count):
    """Set how many images this process may have, 0 for none; the number before. For tests of what is done without."""
    global max_images
    before = max_images
    max_images = count
    return before
