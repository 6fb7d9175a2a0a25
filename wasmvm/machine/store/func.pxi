# Functions (spec "Function Instances") and the way across the boundary, in both directions.

@cython.no_gc_clear  # finalizers may still have it then, and wasm: it must be whole as long as it is there
cdef class Func:
    """A function instance, of a module or of the host; call it with Python values.

    Integers come back signed, several results as a tuple. Arguments are converted by type: anything with
    ``__index__`` for integers (which wrap), any number for floats, 16 bytes for a v128, None or a `Func` for a
    funcref, any object for an externref or anyref, of which integers of 31 bits are i31 for an anyref.

    Args:
        store: the store that it belongs to.
        type: a `FuncType`.
        callable: the Python function of a host function; it is called with one argument per parameter and returns
            None, a value, or for several results a sequence.
        access_caller: pass the calling `Caller` as first argument.
        type_id: the id of its defined type (`deftype`), if that is not just `type` declared alone.

    Raises when called:
        TypeError: wrong number or types of arguments.
        Trap: execution trapped.
        WasmException: wasm threw what nothing caught.
        RuntimeError: another thread is using the store.
    """

    def __cinit__(self, Store store not None, type, callable, *, access_caller=False, type_id=None):
        self.store = store
        self.signature = signature_of(type) if type_id is None else signature_of_id(type_id)
        self.callable = callable
        self.access_caller = access_caller
        self.quiet = not isinstance(callable, (FunctionType, MethodType))
        self.func = &self.host
        self.host.inst = NULL
        self.host.code = done_code
        self.host.type = self.signature.ctype
        self.host.frame_size = max(self.signature.param_slots, self.signature.result_slots)
        self.host.owner = <void*>self

    @property
    def type(self):
        """The `FuncType`."""
        return self.signature.type

    @property
    def type_id(self):
        """The id of its defined type (`deftype`)."""
        return self.signature.type_id

    @property
    def actual_type(self):
        """The `FuncType`, under the name that memories and tables have for what imports are matched against."""
        return self.signature.type

    @property
    def funcidx(self):
        """Index in the module's function index space; None for a host function."""
        return None if self.func.inst == NULL else self.func.funcidx

    def __repr__(self):
        return f"<wasmvm.Func {None if self.name is None else escaped(self.name)} {self.signature.type}>"

    @property
    def name(self):
        """The name in the module's name section or of the Python function, if there is one."""
        if self.func.inst == NULL:
            return getattr(self.callable, "__name__", None)
        return (<Instance>self.func.inst.owner).module.frame(self.func.funcidx, 0).name

    cdef int keep(self) except -1:
        """Let the store keep the function: a slot is about to refer to it."""
        if self.func.inst != NULL:
            return (<Instance>self.func.owner).keep()
        if not self.kept:
            self.store.kept.append(self)
            self.kept = True
        return 0

    def __call__(self, *args):
        cdef Signature signature = self.signature
        cdef Store store = self.store
        cdef slot* base = execution_of(store).now.top
        cdef Py_ssize_t i
        cdef slot* target = base
        cdef const int* types = signature.params
        cdef int valtype
        self.check_call(base, len(args))
        for i in range(signature.param_count):
            valtype = types[i]
            value = args[i]
            if valtype == I32 and PyLong_CheckExact(value):
                target.u64 = <uint32_t>PyLong_AsUnsignedLongLongMask(value)
            elif valtype == F64 and PyFloat_CheckExact(value):
                target.f64 = PyFloat_AS_DOUBLE(value)
            else:
                # Converting may run Python code, which may call into this store, or let another thread try to.
                store.enter()
                store.execution.now.top = target + 2
                try:
                    to_slot(store, valtype, value, target, f"parameter {i}")
                finally:
                    store.execution.now.top = base
                    store.leave()
            target += slots_of(valtype)
        self.call(base)
        if signature.result_count == 0:
            return None
        types = signature.results
        if signature.result_count == 1:
            return from_slot(store, types[0], base)
        store.enter()
        store.execution.now.top = base + signature.result_slots  # making objects may run a finalizer that calls this store
        try:
            return self.values(base, types, signature.result_count)
        finally:
            store.execution.now.top = base
            store.leave()

    def call_bits(self, args):
        """Call with raw bits: a sequence in and a list out, of which each item is a value's bits.

        The bits are an unsigned integer, 32 of them for an i32 or f32, 64 for an i64 or f64, 128 for a v128 (the first
        byte lowest); a float's go through unchanged, signalling NaNs too, which a Python float cannot carry. References
        are the Python values that a call has. Integers wrap.

        Raises:
            As a call does.
        """
        cdef Signature signature = self.signature
        cdef Store store = self.store
        cdef list given = list(args)
        cdef list results = []
        cdef const int* types = signature.params
        cdef slot* base
        cdef slot* target
        cdef int i
        store.enter()
        try:
            base = target = execution_of(store).now.top
            self.check_call(base, len(given))
            store.execution.now.top = base + signature.param_slots  # what runs meanwhile must spare the last arguments
            try:
                for i in range(signature.param_count):
                    bits_to_slot(store, types[i], given[i], target, f"parameter {i}")
                    target += slots_of(types[i])
            finally:
                store.execution.now.top = base
            self.call(base)
            target = base
            types = signature.results
            store.execution.now.top = base + signature.result_slots  # as above
            try:
                for i in range(signature.result_count):
                    results.append(bits_from_slot(store, types[i], target))
                    target += slots_of(types[i])
            finally:
                store.execution.now.top = base
        finally:
            store.leave()
        return results

    cdef int check_call(self, slot* base, Py_ssize_t count) except -1:
        """Raise where the number of arguments is wrong, there is no room for the frame, or another thread runs."""
        self.store.check_thread()
        if count != self.signature.param_count:
            raise TypeError(f"{escaped(self.name or 'function')}() takes {self.signature.param_count} arguments, got {count}")
        if base + self.func.frame_size + self.signature.param_slots + 2 > self.store.execution.stack_end:
            raise trap(TRAP_CALL_STACK_EXHAUSTED, ())
        return 0

    cdef int call(self, slot* base) except -1:
        """Call with the arguments at `base`, which is where the results will be."""
        if self.func.inst != NULL:
            return call_wasm(self.store, self.func, base)
        self.store.enter()
        self.store.execution.now.top = base + self.func.frame_size + 1
        try:
            return self.call_python(base, None)
        finally:
            self.store.execution.now.top = base
            self.store.leave()

    cdef tuple values(self, slot* source, const int* types, int count):
        cdef tuple made = PyTuple_New(count)
        cdef int i
        for i in range(count):
            value = from_slot(self.store, types[i], source)
            Py_INCREF(value)
            PyTuple_SET_ITEM(made, i, value)
            source += slots_of(types[i])
        return made

    cdef int call_python(self, slot* base, Instance caller) except -1:
        """Call the Python function with the arguments at `base` and put its results there."""
        cdef Signature signature = self.signature
        cdef const int* types = signature.params
        cdef slot* target = base
        cdef tuple args
        cdef int i
        cdef int offset = 1 if self.access_caller else 0
        args = PyTuple_New(signature.param_count + offset)
        if offset:
            value = None if caller is None else Caller.__new__(Caller, caller)
            Py_INCREF(value)
            PyTuple_SET_ITEM(args, 0, value)
        for i in range(signature.param_count):
            value = from_slot(self.store, types[i], target)
            Py_INCREF(value)
            PyTuple_SET_ITEM(args, i + offset, value)
            target += slots_of(types[i])
        result = self.callable(*args)
        types = signature.results
        if signature.result_count == 1:
            if types[0] == I32 and PyLong_CheckExact(result):
                base.u64 = <uint32_t>PyLong_AsUnsignedLongLongMask(result)
            else:
                to_slot(self.store, types[0], result, base, "result of a host function")
        elif signature.result_count == 0:
            if result is not None:
                raise TypeError(f"a host function of type {signature.type} returned a value")
        else:
            self.put_results(base, result)
        return 0

    cdef int put_results(self, slot* base, object results) except -1:
        cdef Signature signature = self.signature
        cdef const int* types = signature.results
        cdef int i
        results = list(results)
        if len(results) != signature.result_count:
            raise TypeError(f"a host function of type {signature.type} returned {len(results)} values")
        for i in range(signature.result_count):
            to_slot(self.store, types[i], results[i], base, f"result {i} of a host function")
            base += slots_of(types[i])
        return 0


cdef object func_object(func_t* func):
    """The Func of a function instance; always the same object."""
    if func.inst == NULL:
        return <object>func.owner
    return (<Instance>func.owner).func(func.funcidx)
