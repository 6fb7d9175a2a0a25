# The lowered code of a module's functions, which its instances share.

cdef Py_ssize_t MAX_COUNT = 1 << 30  # of functions
cdef Py_ssize_t HANDLER_WORDS = sizeof(clause_t) // sizeof(int32_t)


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

    cdef int prepare(self, syntax, numbers) except -1:
        """What all instances have in common, made for the first."""
        cdef Py_ssize_t imported = len(syntax.func_imports)
        cdef const unsigned int[::1] typeidxs = syntax.funcs
        cdef type_t** types = <type_t**>malloc(max(len(numbers), 1) * sizeof(type_t*))
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
            makes_objects = find_types(numbers, types)
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
            signatures = [None] * len(numbers)
            if self.types == NULL:  # still: what was called may have made an instance
                self.makes_objects = makes_objects
                self.records = records
                self.numbers = numbers
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
            if (<Func>func).signature.number == self.numbers[import_.desc]:
                self.signatures[import_.desc] = (<Func>func).signature
        return 0

    cdef Signature signature(self, Py_ssize_t typeidx):
        """The signature of the function type with this index; `prepare` has been called."""
        found = self.signatures[typeidx]
        if found is None:
            found = self.signatures[typeidx] = signature_of_number(self.numbers[typeidx])
        return <Signature>found

    def __dealloc__(self):
        cdef Py_ssize_t i
        if self.funcs != NULL:
            for i in range(self.count):
                if not self.is_adopted(self.funcs[i].code):
                    free(self.funcs[i].code)
                    free(self.funcs[i].offsets)
                    free(self.funcs[i].handlers)
        free(self.funcs)
        free(self.stubs)
        free(self.offers)
        free(self.types)
        free(self.templates)
        disown(self.held)

    def put(self, Py_ssize_t index, const int32_t[::1] code, int frame_size, int zero_from, int zero_to,
            const int32_t[::1] offsets, const int32_t[::1] handlers):
        """Keep the code of the function `index` (counted among those defined); the first to come stays."""
        cdef lowered_t* lowered
        if not 0 <= index < self.count or len(code) == 0:
            raise InternalError(f"lowered code for the function {index} of {self.count}")
        lowered = &self.funcs[index]
        if lowered.code != NULL:
            return
        cdef int32_t* words = <int32_t*>malloc(len(code) * sizeof(int32_t))
        cdef int32_t* pairs = <int32_t*>malloc(max(len(offsets), 1) * sizeof(int32_t))
        cdef clause_t* clauses = <clause_t*>malloc(max(len(handlers), 1) * sizeof(int32_t))
        if words == NULL or pairs == NULL or clauses == NULL:
            free(words)
            free(pairs)
            free(clauses)
            raise MemoryError
        memcpy(words, &code[0], len(code) * sizeof(int32_t))
        if len(offsets):
            memcpy(pairs, &offsets[0], len(offsets) * sizeof(int32_t))
        if len(handlers):
            memcpy(clauses, &handlers[0], len(handlers) * sizeof(int32_t))
        lowered.length = <int32_t>len(code)
        lowered.frame_size = frame_size
        lowered.zero_from = zero_from
        lowered.zero_to = zero_to
        lowered.offsets = pairs
        lowered.offset_count = <int32_t>(len(offsets) // 2)
        lowered.handlers = clauses
        lowered.handler_count = <int32_t>(len(handlers) // HANDLER_WORDS)
        lowered.code = words

    cdef bint is_adopted(self, const int32_t* code) noexcept:
        """Whether this code is part of what `adopt` was given."""
        return self.adopted_start <= <const char*>code < self.adopted_end

    def adopt(self, bytes data not None, Py_ssize_t at, Py_ssize_t count):
        """Offer the code of functions that `data` holds, where it is; once, and before any other is put here.

        At `at` there are `count` records of eight u32: the function's index, where its code begins in `data`, how many
        words it has, frame size, first and last slot to be zeroed, and how many words of offsets follow the code, and
        how many of handlers follow these. Functions are in ascending order, and so is their code.

        Nothing of it is used before `accept` says so: what the words of code say is not looked at here.

        Raises:
            InternalError: the records cannot be true; then nothing is offered.
        """
        cdef const uint32_t* record
        cdef const char* start = data
        cdef Py_ssize_t i
        cdef uint64_t size = len(data)
        cdef uint64_t end, words
        cdef int64_t last = -1
        if self.adopted is not None or at < 0 or at % 4 or count < 0 or at > len(data) or count > (len(data) - at) // 32:
            raise InternalError("records of lowered code that do not fit")
        end = at + 32 * count
        for i in range(count):
            record = <const uint32_t*>(start + at + 32 * i)
            words = <uint64_t>record[2] + record[6] + record[7]
            if (record[0] >= <uint64_t>self.count or record[0] <= last or record[1] % 4 or record[1] < end
                    or record[2] == 0 or words > 0x7FFFFFFF or record[1] + 4 * words > size
                    or record[3] > 0x7FFFFFFF or record[4] > record[5] or record[5] > record[3]
                    or record[6] % 2 or record[7] % HANDLER_WORDS):
                raise InternalError(f"a record of lowered code for the function {record[0]} of {self.count}")
            last = record[0]
            end = record[1] + 4 * words
        self.offers = <uint32_t*>calloc(max(self.count, 1), sizeof(uint32_t))
        if self.offers == NULL:
            raise MemoryError
        for i in range(count):
            record = <const uint32_t*>(start + at + 32 * i)
            self.offers[record[0]] = <uint32_t>(at // 4 + 8 * i) + 1
        self.adopted = data
        self.adopted_start = start
        self.adopted_end = start + size

    cdef bint offered_code(self, Py_ssize_t index, lowered_t* lowered) noexcept:
        """What `adopt` was given for a function, if that is neither accepted nor refused."""
        cdef const uint32_t* record
        if not 0 <= index < self.count or self.offers == NULL or self.offers[index] == 0:
            return False
        record = <const uint32_t*>self.adopted_start + self.offers[index] - 1
        lowered.length = <int32_t>record[2]
        lowered.frame_size = <int32_t>record[3]
        lowered.zero_from = <int32_t>record[4]
        lowered.zero_to = <int32_t>record[5]
        lowered.offset_count = <int32_t>(record[6] // 2)
        lowered.offsets = <int32_t*>(self.adopted_start + record[1]) + record[2]
        lowered.handlers = <clause_t*>(lowered.offsets + record[6])
        lowered.handler_count = <int32_t>(record[7] // HANDLER_WORDS)
        lowered.code = <int32_t*>(self.adopted_start + record[1])
        return True

    def offered(self, Py_ssize_t index):
        """The arguments of `put` behind the first, as `adopt` was given them; None where there is nothing to accept."""
        cdef lowered_t lowered
        if not self.offered_code(index, &lowered):
            return None
        cdef Py_ssize_t code = <char*>lowered.code - self.adopted_start
        cdef Py_ssize_t offsets = <char*>lowered.offsets - self.adopted_start
        cdef Py_ssize_t handlers = <char*>lowered.handlers - self.adopted_start
        cdef Py_ssize_t end = handlers + lowered.handler_count * <Py_ssize_t>sizeof(clause_t)
        words = memoryview(self.adopted)
        return (words[code:offsets].cast("i"), lowered.frame_size, lowered.zero_from, lowered.zero_to,
                words[offsets:handlers].cast("i"), words[handlers:end].cast("i"))

    def accept(self, Py_ssize_t index):
        """Use what is offered for a function from now on, which somebody has verified; nothing where nothing is."""
        cdef lowered_t lowered
        if self.offered_code(index, &lowered):
            if self.funcs[index].code == NULL:
                self.funcs[index] = lowered
            self.offers[index] = 0

    def refuse(self, Py_ssize_t index):
        """Forget what is offered for a function."""
        if self.offers != NULL and 0 <= index < self.count:
            self.offers[index] = 0

    def get(self, Py_ssize_t index):
        """What `put` was given for the function `index`, or what is offered for it, the arrays as bytes; else None."""
        cdef lowered_t lowered
        if not 0 <= index < self.count:
            return None
        if self.funcs[index].code != NULL:
            lowered = self.funcs[index]
        elif not self.offered_code(index, &lowered):
            return None
        return (
            (<char*>lowered.code)[:lowered.length * sizeof(int32_t)],
            lowered.frame_size, lowered.zero_from, lowered.zero_to,
            (<char*>lowered.offsets)[:2 * lowered.offset_count * sizeof(int32_t)],
            (<char*>lowered.handlers)[:lowered.handler_count * sizeof(clause_t)],
        )
