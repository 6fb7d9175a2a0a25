# The lowered code of a module's functions, which its instances share.

cdef Py_ssize_t MAX_COUNT = 1 << 30  # of functions
cdef Py_ssize_t PARTS = sizeof(parts_t) // sizeof(int32_t)
cdef Py_ssize_t RECORD = 2 + PARTS  # words of a function's record in a file


cdef struct packed_t:
    # A function while a file is being made.
    uint32_t index
    lowered_t lowered


cdef struct pieces_t:
    # Objects of bytes that are being filled, one after the other.
    char** pieces
    Py_ssize_t size  # of each but the last
    Py_ssize_t at  # the byte to be filled next, of all together


cdef void fill_pieces(pieces_t* to, const void* data, Py_ssize_t size) noexcept nogil:
    cdef const char* start = <const char*>data
    cdef Py_ssize_t place, count
    while size > 0:
        place = to.at % to.size
        count = min(size, to.size - place)
        memcpy(to.pieces[to.at // to.size] + place, start, <size_t>count)
        to.at += count
        start += count
        size -= count


cdef int64_t checked_words(const parts_t* parts) noexcept nogil:
    """How many words all arrays of lowered code have together; 0 where these cannot be the parts of any."""
    cdef const int32_t* numbers = <const int32_t*>parts
    cdef int64_t words = 0
    cdef Py_ssize_t i
    for i in range(PARTS):
        if numbers[i] < 0:
            return 0
        if i < ARRAYS:
            words += numbers[i]
    if (parts.code == 0 or words > 0x7FFFFFFF or parts.offsets % 2 or parts.clauses % CLAUSE_WORDS
            or parts.zero_from > parts.zero_to or parts.zero_to > parts.frame_size):
        return 0
    return words


cdef object record_of(const lowered_t* lowered, words):
    """A `Lowered` whose arrays lie in the memoryview `words`, one after the other."""
    cdef const int32_t* numbers = <const int32_t*>&lowered.parts
    cdef Py_ssize_t i
    cdef Py_ssize_t at = 0
    cdef list fields = []
    for i in range(PARTS):
        if i < ARRAYS:
            fields.append(words[at:at + numbers[i]])
            at += numbers[i]
        else:
            fields.append(numbers[i])
    return Lowered(*fields)


cdef class ModuleCode:
    """The lowered code of a module's functions, shared by its instances.

    Args:
        count: number of functions that the module defines.
    """

    def __cinit__(self, Py_ssize_t count):
        cdef Py_ssize_t i
        if not 0 <= count <= MAX_COUNT:
            raise InternalError(f"code of {count} functions")
        self.count = count
        self.funcs = <lowered_t*>calloc(max(count, 1), sizeof(lowered_t))
        self.stubs = <int32_t*>malloc(max(count, 1) * 2 * sizeof(int32_t))
        if self.funcs == NULL or self.stubs == NULL:
            raise MemoryError
        for i in range(count):
            self.stubs[2 * i] = R_LOWER
            self.stubs[2 * i + 1] = <int32_t>i

    cdef int prepare(self, syntax, type_ids) except -1:
        """What all instances have in common, made for the first."""
        cdef Py_ssize_t imported = len(syntax.func_imports)
        cdef const unsigned int[::1] typeidxs = syntax.funcs
        cdef type_t** types = <type_t**>malloc(max(len(type_ids), 1) * sizeof(type_t*))
        cdef func_t* templates = <func_t*>calloc(max(self.count, 1), sizeof(func_t))
        cdef void* held = own(syntax.hold)
        cdef Py_ssize_t i
        cdef bint makes_objects
        cdef uint64_t records
        try:
            if types == NULL or templates == NULL:
                raise MemoryError
            if not syntax.hold.alive:
                raise InternalError("the types of the module are gone")
            makes_objects = find_types(type_ids, types)
            for i in range(self.count):
                templates[i].code = &self.stubs[2 * i]
                templates[i].frame_size = <int32_t>types[typeidxs[i]].size
                templates[i].type = types[typeidxs[i]]
                templates[i].funcidx = <int32_t>(imported + i)
            self.global_count = len(syntax.global_types())
            records = 1000 + self.count * (sizeof(func_t) + sizeof(func_t*)) + len(syntax.datas) * sizeof(data_t)
            records += 200 * <uint64_t>(imported + self.global_count + len(syntax.tags))
            for elem in syntax.elems:
                records += 8 * <uint64_t>len(elem) + sizeof(elem_t)
            # Tables that others see, and values that are references to functions: by these alone can a function be
            # named after everything that Python has of its instance is gone.
            shares = len(syntax.table_imports) > 0
            for export in syntax.exports:
                shares |= export.kind == 1
            for global_type in syntax.global_types():
                shares |= names_functions(global_type.valtype)
            for type in syntax.types:
                for valtype in valtypes_of(type):
                    shares |= names_functions(valtype)
            self.shares = shares
            signatures = [None] * len(type_ids)
            if self.types == NULL:  # still: what was called may have made an instance
                self.makes_objects = makes_objects
                self.records = records
                self.type_ids = type_ids
                self.signatures = signatures
                self.held = held
                self.templates = templates
                self.types = types
                types = NULL
                templates = NULL
                held = NULL
        finally:
            free(types)
            free(templates)
            disown(held)
        return 0

    cdef int remember(self, list imports, tuple funcs) except -1:
        """Keep the signatures of functions that are imported: those of the next instance have them again, mostly."""
        for import_, func in zip(imports, funcs):
            if (<Func>func).signature.type_id == self.type_ids[import_.desc]:
                self.signatures[import_.desc] = (<Func>func).signature
        return 0

    cdef Signature signature(self, Py_ssize_t typeidx):
        """The signature of the function type with this index; `prepare` has been called."""
        found = self.signatures[typeidx]
        if found is None:
            found = self.signatures[typeidx] = signature_of_id(self.type_ids[typeidx])
        return <Signature>found

    def __dealloc__(self):
        cdef Py_ssize_t i
        if self.funcs != NULL:
            for i in range(self.count):
                if not self.is_adopted(self.funcs[i].code):
                    free(self.funcs[i].code)
        free(self.funcs)
        free(self.stubs)
        free(self.offers)
        free(self.types)
        free(self.templates)
        disown(self.held)

    def put(self, Py_ssize_t index, lowered not None):
        """Keep the code of the function `index` (counted among those defined), a `Lowered`; the first to come stays."""
        cdef lowered_t made
        cdef int32_t* numbers = <int32_t*>&made.parts
        cdef const int32_t[::1] array
        cdef int64_t words = 0
        cdef int64_t at = 0
        cdef Py_ssize_t i
        cdef tuple fields = tuple(lowered)
        if len(fields) == PARTS:
            for i in range(PARTS):
                numbers[i] = len(fields[i]) if i < ARRAYS else fields[i]
            words = checked_words(&made.parts)
        if not 0 <= index < self.count or words == 0:
            raise InternalError(f"lowered code for the function {index} of {self.count}")
        made.code = <int32_t*>malloc(words * sizeof(int32_t))
        if made.code == NULL:
            raise MemoryError
        try:
            for i in range(ARRAYS):
                array = fields[i]
                if len(array) != numbers[i]:
                    raise InternalError("lowered code that changes")
                if numbers[i] > COPIED_AT_ONCE // <int>sizeof(int32_t):
                    with nogil:
                        memcpy(made.code + at, &array[0], numbers[i] * sizeof(int32_t))
                elif numbers[i]:
                    memcpy(made.code + at, &array[0], numbers[i] * sizeof(int32_t))
                at += numbers[i]
            if self.funcs[index].code == NULL:  # still: finalizers that run meanwhile may have code lowered
                self.funcs[index].parts = made.parts  # before the code, which says that they are there
                self.funcs[index].code = made.code
                made.code = NULL
        finally:
            free(made.code)

    cdef bint is_adopted(self, const int32_t* code) noexcept:
        """Whether this code is part of what `adopt` was given."""
        return self.adopted_start <= <const char*>code < self.adopted_end

    def adopt(self, bytes data not None, Py_ssize_t at, Py_ssize_t count):
        """Offer the code of functions that `data` holds, where it is; once, and before any other is put here.

        At `at` there are `count` records of u32: the function's index, where its arrays begin in `data`, one after the
        other, and the parts of the code (`parts_t`). Functions are in ascending order, and so is their code.

        Nothing of it is used before `accept` says so: what the words of code say is not looked at here.

        Raises:
            InternalError: the records cannot be true; then nothing is offered.
        """
        cdef const uint32_t* record
        cdef const char* start = data
        cdef Py_ssize_t i
        cdef parts_t parts
        cdef uint64_t size = len(data)
        cdef uint64_t end, words
        cdef int64_t last = -1
        if (self.adopted is not None or at < 0 or at % 4 or count < 0 or at > len(data)
                or count > (len(data) - at) // (4 * RECORD)):
            raise InternalError("records of lowered code that do not fit")
        cdef Py_ssize_t wrong = -1
        cdef uint32_t* offers = <uint32_t*>calloc(max(self.count, 1), sizeof(uint32_t))
        if offers == NULL:
            raise MemoryError
        end = at + 4 * RECORD * count
        with nogil:
            for i in range(count):
                record = <const uint32_t*>(start + at) + RECORD * i
                memcpy(&parts, record + 2, sizeof(parts_t))
                words = checked_words(&parts)
                if (record[0] >= <uint64_t>self.count or record[0] <= last or record[1] % 4 or record[1] < end
                        or words == 0 or record[1] + 4 * words > size):
                    wrong = record[0]
                    break
                last = record[0]
                end = record[1] + 4 * words
                offers[record[0]] = <uint32_t>(at // 4 + RECORD * i) + 1
        if wrong >= 0 or self.adopted is not None:  # asked again: others have had their turn
            free(offers)
            if wrong < 0:
                raise InternalError("lowered code is adopted twice")
            raise InternalError(f"a record of lowered code for the function {wrong} of {self.count}")
        self.offers = offers
        self.adopted = data
        self.adopted_start = start
        self.adopted_end = start + size

    cdef bint find_offer(self, Py_ssize_t index, lowered_t* lowered) noexcept:
        """Whether `adopt` was given code for a function that is neither accepted nor refused; then `lowered` is that."""
        cdef const uint32_t* record
        if not 0 <= index < self.count or self.offers == NULL or self.offers[index] == 0:
            return False
        record = <const uint32_t*>self.adopted_start + self.offers[index] - 1
        memcpy(&lowered.parts, record + 2, sizeof(parts_t))
        lowered.code = <int32_t*>(self.adopted_start + record[1])
        return True

    def offered(self, Py_ssize_t index):
        """The `Lowered` that `adopt` was given for a function, where it lies; None where there is nothing to accept."""
        cdef lowered_t lowered
        cdef Py_ssize_t start
        if not self.find_offer(index, &lowered):
            return None
        start = <char*>lowered.code - self.adopted_start
        return record_of(&lowered, memoryview(self.adopted)[start:start + 4 * checked_words(&lowered.parts)].cast("i"))

    def accept(self, Py_ssize_t index):
        """Use what is offered for a function from now on, which somebody has verified; nothing where nothing is."""
        cdef lowered_t lowered
        if self.find_offer(index, &lowered):
            if self.funcs[index].code == NULL:
                self.funcs[index].parts = lowered.parts
                self.funcs[index].code = lowered.code
            self.offers[index] = 0

    def refuse(self, Py_ssize_t index):
        """Forget what is offered for a function."""
        if self.offers != NULL and 0 <= index < self.count:
            self.offers[index] = 0

    def get(self, Py_ssize_t index):
        """The `Lowered` of the function `index`, copied: what `put` was given, or what is offered; else None."""
        cdef lowered_t lowered
        if not 0 <= index < self.count:
            return None
        if self.funcs[index].code != NULL:
            lowered = self.funcs[index]
        elif not self.find_offer(index, &lowered):
            return None
        words = (<char*>lowered.code)[:4 * checked_words(&lowered.parts)]
        return record_of(&lowered, memoryview(words).cast("i"))

    def pack(self, Py_ssize_t head, bytes tail not None, int64_t most, Py_ssize_t piece):
        """All lowered functions, those that are offered included, as `adopt` reads them.

        Args:
            head: how many arbitrary bytes to put in front of the records.
            tail: what to put after the code.
            most: functions are left out that would make `head`, records and code as many bytes.
            piece: how many bytes each object gets, but for the last. At least 1.

        Returns:
            How many functions there are, and a list of objects of bytes.
        """
        cdef packed_t* found = NULL
        cdef packed_t* more
        cdef Py_ssize_t count = 0
        cdef Py_ssize_t room = 0
        cdef Py_ssize_t i
        cdef int64_t size = head
        cdef int64_t words
        cdef uint32_t record[2]
        cdef lowered_t lowered
        cdef const char* last = PyBytes_AS_STRING(tail)
        cdef Py_ssize_t tail_size = len(tail)
        cdef pieces_t to
        to.pieces = NULL
        if head < 0 or piece < 1:
            raise InternalError(f"a file with {head} bytes in front, in pieces of {piece}")
        try:
            for i in range(self.count):
                if i % FUNCS_PER_LOOK == FUNCS_PER_LOOK - 1:
                    with nogil:  # other threads have their turn; what was found stays where it is
                        pass
                if self.funcs[i].code != NULL:
                    lowered = self.funcs[i]
                elif not self.find_offer(i, &lowered):
                    continue
                size += 4 * (RECORD + checked_words(&lowered.parts))
                if size >= most:
                    size -= 4 * (RECORD + checked_words(&lowered.parts))
                    break
                if count == room:
                    room = 2 * room + 256
                    more = <packed_t*>realloc(found, room * sizeof(packed_t))
                    if more == NULL:
                        raise MemoryError
                    found = more
                found[count].index = <uint32_t>i
                found[count].lowered = lowered
                count += 1
            size += tail_size
            objects = []
            to.pieces = <char**>malloc((size // piece + 1) * sizeof(char*))
            if to.pieces == NULL:
                raise MemoryError
            to.size = piece
            to.at = head
            i = 0
            while i * piece < size:
                made = PyBytes_FromStringAndSize(NULL, min(piece, size - i * piece))
                to.pieces[i] = PyBytes_AS_STRING(made)
                objects.append(made)
                i += 1
            words = (head + 4 * RECORD * count) // 4
            with nogil:
                for i in range(count):
                    record[0] = found[i].index
                    record[1] = <uint32_t>(4 * words)
                    fill_pieces(&to, record, sizeof(record))
                    fill_pieces(&to, &found[i].lowered.parts, sizeof(parts_t))
                    words += checked_words(&found[i].lowered.parts)
                for i in range(count):
                    fill_pieces(&to, found[i].lowered.code, 4 * checked_words(&found[i].lowered.parts))
                fill_pieces(&to, last, tail_size)
            return count, objects
        finally:
            free(found)
            free(to.pieces)
