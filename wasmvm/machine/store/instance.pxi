# Instances (spec "Execution: Module Instances"): the arrays that code indexes. The algorithm of instantiation is in
# `runtime/instantiate.py`, which fills them through the methods here.

cdef mem_t no_memory
memset(&no_memory, 0, sizeof(mem_t))

cdef enum:
    FUNCS_PER_LOOK = 1 << 18  # references to functions that are written without polling: a millisecond

@cython.no_gc_clear  # the store has to be told when it goes
cdef class Instance:
    """A module instance, as `runtime.instantiate` makes it.

    Args:
        store: the store it will live in. The store keeps it from now on if its functions can get into tables or
            globals that others see; otherwise it lives as long as somebody has it or something of it.
        module: the compiled module: `.syntax` (the decoded module), `.code` (a `ModuleCode`), `.lower(index)` and
            `.frame(funcidx, offset)`, `.type_ids` (of its types, see `deftype`).
        funcs: the imported functions; likewise all tables, memories and tags (imported ones first).
    """

    def __cinit__(self, Store store not None, module, tuple funcs not None, tuple tables not None,
                  tuple memories not None, tuple tags not None):
        cdef Py_ssize_t i
        cdef Py_ssize_t imported = len(funcs)
        cdef func_t* func
        cdef inst_t* inst = &self.inst
        cdef Signature signature
        store.check_thread()
        syntax = module.syntax
        self.store = store
        self.module = module
        self.code = module.code
        self.func_list = funcs
        self.table_list = tables
        self.memory_list = memories
        self.global_list = []
        self.tag_list = tags
        self.funcs = {}
        self.defined = self.code.count
        self.elem_count = len(syntax.elems)
        self.data_count = len(syntax.datas)
        for i in range(imported):
            self.check((<Func?>funcs[i]).store)
        for i in range(len(tables)):
            self.check((<Table?>tables[i]).store)
        for i in range(len(memories)):
            self.check((<Memory?>memories[i]).store)
        for i in range(len(tags)):
            self.check((<Tag?>tags[i]).store)
        if self.code.types == NULL:
            self.code.prepare(syntax, module.type_ids)
            self.code.remember(syntax.func_imports, funcs)
        store.count_instance(self)
        if self.code.makes_objects:
            store.keep_types(syntax.hold)
        inst.owner = <void*>self
        inst.lowered = self.code.funcs
        inst.stubs = self.code.stubs
        inst.defined = <int32_t>self.defined
        inst.types = self.code.types
        inst.funcs = <func_t*>malloc(max(self.defined, 1) * sizeof(func_t))
        inst.all_funcs = <func_t**>malloc(max(imported + self.defined, 1) * sizeof(func_t*))
        inst.tables = <table_t**>malloc(max(len(tables), 1) * sizeof(table_t*))
        inst.mems = <mem_t**>malloc(max(len(memories), 1) * sizeof(mem_t*))
        inst.globals = <slot**>malloc(max(self.code.global_count, 1) * sizeof(slot*))
        inst.datas = <data_t*>calloc(max(len(syntax.datas), 1), sizeof(data_t))
        inst.elems = <elem_t*>calloc(max(self.elem_count, 1), sizeof(elem_t))
        inst.tags = <tag_t**>malloc(max(len(tags), 1) * sizeof(tag_t*))
        if (inst.funcs == NULL or inst.all_funcs == NULL or inst.tables == NULL or inst.mems == NULL
                or inst.globals == NULL or inst.datas == NULL or inst.elems == NULL or inst.tags == NULL):
            raise MemoryError
        for i in range(imported):
            if self.code.shares:
                (<Func>funcs[i]).keep()
            inst.all_funcs[i] = (<Func>funcs[i]).func
        memcpy(inst.funcs, self.code.templates, self.defined * sizeof(func_t))
        for i in range(self.defined):
            inst.funcs[i].inst = inst
            inst.funcs[i].owner = <void*>self
            inst.all_funcs[imported + i] = &inst.funcs[i]
        for i in range(len(tables)):
            inst.tables[i] = (<Table>tables[i]).table
        inst.mems[0] = &no_memory
        for i in range(len(memories)):
            inst.mems[i] = (<Memory>memories[i]).mem
        inst.mem = inst.mems[0]
        for i in range(len(tags)):
            inst.tags[i] = (<Tag>tags[i]).tag
        if self.code.shares:
            self.keep()

    cdef int check(self, Store store) except -1:
        if store is not self.store:
            raise InternalError("something of another store")
        return 0

    cdef int change(self) except -1:
        """Raise unless the instance is being instantiated: what follows trusts bits and indices."""
        self.store.check_thread()
        if self.finished:
            raise InternalError("the instance is finished")
        return 0

    cpdef finish(self):
        """End instantiation: from now on only wasm changes the instance."""
        self.evaluated = 0
        self.finished = True
        if not self.has_references:
            remove_root(&self.root)
        self.global_list = tuple(self.global_list)

    cdef int keep(self) except -1:
        """Let the store keep this instance: references to its functions may outlive all else."""
        if not self.kept:
            self.store.kept.append(self)
            self.kept = True
        return 0

    def __dealloc__(self):
        cdef Py_ssize_t i
        cdef inst_t* inst = &self.inst
        remove_root(&self.root)
        if self.records:
            self.store.counts[INSTANCES] -= 1
            self.store.records -= self.records
        if inst.elems != NULL:
            for i in range(self.elem_count):
                free(inst.elems[i].refs)
        free(inst.funcs)
        free(inst.all_funcs)
        free(inst.tables)
        free(inst.mems)
        free(inst.globals)
        free(inst.datas)
        free(inst.elems)
        free(inst.tags)
        free(inst.ranges)

    cdef func_t* lowered(self, Py_ssize_t index) except NULL:
        """Make sure that the function `index` (among those defined) is lowered, here and in the module."""
        cdef lowered_t* lowered = &self.code.funcs[index]
        cdef func_t* func = &self.inst.funcs[index]
        if lowered.code == NULL:
            self.module.lower(index, self.store.lower_slice)
            if lowered.code == NULL:
                raise InternalError(f"function {func.funcidx} was not lowered")
        func.frame_size = max(func.frame_size, lowered.parts.frame_size)
        func.zero_from = lowered.parts.zero_from
        func.zero_to = lowered.parts.zero_to
        if func.code != lowered.code and not add_range(&self.inst, <int32_t>index):
            raise MemoryError
        func.code = lowered.code
        return func

    @property
    def exports(self):
        """A new dict of every export by name: `Func`, `Table`, `Memory`, `Global` or `Tag`."""
        return {e.name: self.extern(e.kind, e.index) for e in self.module.syntax.exports}

    cdef object extern(self, int kind, Py_ssize_t index):
        if kind == 0:
            return self.func(index)
        return (self.table_list, self.memory_list, self.global_list, self.tag_list)[kind - 1][index]

    cdef dict named_exports(self):
        """Kind and index of each export by name, in their order; made for the first instance that is asked."""
        if self.code.exports is None:
            self.code.exports = {e.name: (e.kind, e.index) for e in self.module.syntax.exports}
        return self.code.exports

    def export(self, name):
        """The export of that name; KeyError where there is none."""
        kind, index = self.named_exports()[name]
        return self.extern(kind, index)

    @property
    def export_names(self):
        """The names of the exports, in their order: the keys of a dict."""
        return self.named_exports().keys()

    @property
    def memory(self):
        """The export "memory" if that is a memory, else None."""
        if not self.looked_for_memory:
            kind, index = self.named_exports().get("memory", (0, 0))
            self.exported_memory = self.memory_list[index] if kind == 2 else None
            self.looked_for_memory = True
        return self.exported_memory

    @property
    def funcs_imported(self):
        """The imported functions, a tuple."""
        return self.func_list

    @property
    def tables(self):
        """The table index space, a tuple."""
        return self.table_list

    @property
    def memories(self):
        """The memory index space, a tuple."""
        return self.memory_list

    @property
    def globals(self):
        """The global index space, a tuple."""
        return tuple(self.global_list)

    @property
    def tags(self):
        """The tag index space, a tuple."""
        return self.tag_list

    cpdef object func(self, Py_ssize_t funcidx):
        """The `Func` of the function index space at `funcidx`; IndexError where there is none."""
        cdef Func made
        cdef Py_ssize_t imported = len(self.func_list)
        if not 0 <= funcidx < imported + self.defined:
            raise IndexError(f"function index {funcidx} out of range")
        if funcidx < imported:
            return self.func_list[funcidx]
        known = self.funcs.get(funcidx)  # held weakly, since it holds this instance
        found = None if known is None else known()
        if found is None:
            signature = self.code.signature(self.module.syntax.func_typeidx(funcidx))
            made = Func.__new__(Func, self.store, None, None, type_id=signature.type_id)
            made.func = &self.inst.funcs[funcidx - imported]
            made.instance = self
            reference = PyWeakref_NewRef(made, None)
            known = self.funcs.get(funcidx)  # again: making objects may have run code that was here before
            found = None if known is None else known()
            if found is None:
                self.funcs[funcidx] = reference
                return made
        return found

    # What follows is for instantiation alone, which knows that indices and bits are right (validation): `change`.

    def evaluate(self, const int32_t[::1] code, int frame_size, int valtype):
        """spec "Execution: Expressions": run the code of a constant expression whose result takes one slot; its bits.

        An object that only this value refers to stays until the next one, or until `finish`.
        """
        cdef func_t func
        cdef slot* base
        self.change()
        if len(code) == 0:
            raise InternalError("a constant expression without code")
        memset(&func, 0, sizeof(func_t))
        func.code = <int32_t*>&code[0]
        func.frame_size = frame_size
        func.inst = &self.inst
        func.owner = <void*>self
        cdef execution_t* x = execution_of(self.store)
        self.store.enter()
        base = x.now.top
        cdef const int32_t* expr = x.expr
        cdef const int32_t* expr_end = x.expr_end
        x.now.top = base + frame_size  # a signal's handler may run wasm in the middle of it
        x.expr = func.code
        x.expr_end = func.code + len(code)
        try:
            call_wasm(self.store, &func, base)
        finally:
            x.now.top = base
            x.expr = expr
            x.expr_end = expr_end
            self.store.leave()
        if may_hold_object(valtype):
            self.evaluated = base[0].u64
            if self.root.next == NULL:
                add_root(&self.store.state.heap, &self.root, ROOT_INSTANCE, <void*>self, <void*>self)
        return base[0].u64

    cpdef object global_bits(self, Py_ssize_t globalidx):
        """`Global.bits` of the global index space at `globalidx`."""
        return (<Global>self.global_list[self.index(globalidx, len(self.global_list))]).bits

    def add_global(self, Global value not None):
        """Append to the global index space."""
        self.change()
        self.check(value.store)
        self.inst.globals[self.index(len(self.global_list), self.code.global_count)] = value.value_
        (<list>self.global_list).append(value)

    def define_global(self, type, bits):
        """Append a new global of that `GlobalType`, closed, with these bits: 128 of them for a v128."""
        cdef Global made
        self.change()
        made = Global.__new__(Global, self.store, type, MAKING)
        made.value_[0].u64 = bits & 0xFFFFFFFFFFFFFFFF
        if made.valtype == V128:
            made.value_[1].u64 = bits >> 64
        self.add_global(made)

    def ref_func(self, Py_ssize_t funcidx):
        """The bits of a reference to a function."""
        return <size_t>self.inst.all_funcs[self.index(funcidx, len(self.func_list) + self.defined)]

    cdef Py_ssize_t index(self, Py_ssize_t index, Py_ssize_t count) except -1:
        if not 0 <= index < count:
            raise InternalError(f"index {index} of {count}")
        return index

    def set_elem_funcs(self, Py_ssize_t elemidx, const unsigned int[::1] funcidxs):
        """Give an element segment its references, as functions."""
        cdef Py_ssize_t i
        cdef Py_ssize_t count = len(self.func_list) + self.defined
        cdef elem_t* elem
        self.change()
        elem = self.new_elem(elemidx, len(funcidxs))
        for i in range(len(funcidxs)):
            elem.refs[i] = <uint64_t><size_t>self.inst.all_funcs[self.index(funcidxs[i], count)]
            if i % FUNCS_PER_LOOK == FUNCS_PER_LOOK - 1:
                spend(execution_of(self.store), FIRST_SLICE)

    def set_elem_size(self, Py_ssize_t elemidx, Py_ssize_t count, reftype):
        """Give an element segment of that type `count` references, which are null until `set_elem_bits`."""
        cdef elem_t* elem
        cdef bint may_hold = may_hold_object(reftype)
        self.change()
        elem = self.new_elem(elemidx, count)
        elem.may_hold_objects = may_hold
        self.has_references |= may_hold
        if may_hold and self.root.next == NULL:
            add_root(&self.store.state.heap, &self.root, ROOT_INSTANCE, <void*>self, <void*>self)

    def set_elem_bits(self, Py_ssize_t elemidx, Py_ssize_t i, uint64_t bits):
        """Set a reference in an element segment to the bits of a value."""
        cdef elem_t* elem
        self.change()
        elem = &self.inst.elems[self.index(elemidx, self.elem_count)]
        elem.refs[self.index(i, elem.length)] = bits

    cdef elem_t* new_elem(self, Py_ssize_t elemidx, Py_ssize_t count) except NULL:
        """Give a segment `count` null references; it must have none yet."""
        cdef elem_t* elem = &self.inst.elems[self.index(elemidx, self.elem_count)]
        if elem.refs != NULL or count < 0:
            raise InternalError(f"element segment {elemidx} of {count}")
        elem.refs = <uint64_t*>calloc(max(count, 1), sizeof(uint64_t))
        if elem.refs == NULL:
            raise MemoryError
        elem.length = count
        return elem

    def set_data(self, Py_ssize_t dataidx, bytes source not None, Py_ssize_t start, Py_ssize_t end):
        """Give a data segment its bytes, which lie in the module's source, `source`."""
        cdef data_t* data
        self.change()
        if not 0 <= start <= end <= len(source):
            raise InternalError(f"data segment from {start} to {end}")
        data = &self.inst.datas[self.index(dataidx, self.data_count)]
        data.data = <const uint8_t*>PyBytes_AS_STRING(source) + start if end > start else NULL
        data.length = end - start

    def table_init(self, Py_ssize_t elemidx, Py_ssize_t tableidx, uint64_t offset):
        """Copy a whole element segment into a table, as an active segment does, then drop it."""
        cdef elem_t* elem
        cdef uint64_t done = 0
        cdef move_t move
        cdef int reason
        self.change()
        elem = &self.inst.elems[self.index(elemidx, self.elem_count)]
        self.index(tableidx, len(self.table_list))
        while True:
            spend(execution_of(self.store), 1 + ((elem.length - done) >> ELEMENTS_PER_UNIT))
            reason = table_init_move(&move, self.inst.tables[tableidx], elem, offset, 0, elem.length)
            if reason:
                raise trap(reason, ())
            if move_some(&self.store.state, &move, &done):
                break
        elem.length = 0

    def fill_table(self, Py_ssize_t tableidx, uint64_t bits):
        """Give every element of a table this value."""
        cdef table_t* table
        cdef uint64_t done = 0
        cdef slot value
        cdef move_t move
        self.change()
        table = self.inst.tables[self.index(tableidx, len(self.table_list))]
        value.u64 = bits
        while True:
            spend(execution_of(self.store), 1 + ((table.size - done) >> ELEMENTS_PER_UNIT))
            table_fill_move(&move, table, 0, &value, table.size)
            if move_some(&self.store.state, &move, &done):
                break

    def memory_init(self, Py_ssize_t dataidx, Py_ssize_t memidx, uint64_t offset):
        """Copy a whole data segment into a memory, as an active segment does, then drop it."""
        self.change()
        self.index(dataidx, self.data_count)
        self.index(memidx, len(self.memory_list))
        self.init_memory(dataidx, memidx, offset)

    cdef int init_memory(self, Py_ssize_t dataidx, Py_ssize_t memidx, uint64_t offset) except -1:
        cdef data_t* data = &self.inst.datas[dataidx]
        cdef uint64_t done = 0
        cdef move_t move
        cdef int reason
        while True:
            spend(execution_of(self.store), 1 + ((data.length - done) >> BYTES_PER_UNIT))
            reason = memory_init_move(&move, self.inst.mems[memidx], data, offset, 0, data.length)
            if reason:
                raise trap(reason, ())
            if move_some(&self.store.state, &move, &done):
                break
        data.length = 0
        return 0

    def set_initial_data(self, InitialData initial not None, Py_ssize_t first):
        """Give the segments from `first` on their bytes; those before it were written and dropped already."""
        cdef Py_ssize_t i
        cdef segment_t* segment
        self.change()
        for i in range(max(first, 0), initial.count):
            segment = &initial.segments[i]
            self.index(segment.dataidx, self.data_count)
            self.index(segment.memidx, len(self.memory_list))
            self.inst.datas[segment.dataidx].data = segment.data
            self.inst.datas[segment.dataidx].length = segment.length

    def run_initial_data(self, InitialData initial not None, Py_ssize_t first):
        """Copy the segments that `set_initial_data` was given into memories, in order, and drop them."""
        cdef Py_ssize_t i
        cdef segment_t* segment
        for i in range(max(first, 0), initial.count):
            self.change()  # again: what was looked at meanwhile may have run Python
            segment = &initial.segments[i]
            self.index(segment.dataidx, self.data_count)
            self.index(segment.memidx, len(self.memory_list))
            self.init_memory(segment.dataidx, segment.memidx, segment.offset)

    def drop_elem(self, Py_ssize_t elemidx):
        """spec "Execution: Table Instructions", ``elem.drop``: forget the references of an element segment."""
        self.change()
        self.inst.elems[self.index(elemidx, self.elem_count)].length = 0
