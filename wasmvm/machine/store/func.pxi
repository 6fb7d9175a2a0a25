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
        self.vectorcall = call_func
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

    def __dealloc__(self):
        if self.store is not None and self.func != NULL and self.store.recent_funcs[func_place(self.func)] == <void*>self:
            self.store.recent_funcs[func_place(self.func)] = NULL

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

    cdef bint is_kept(self) noexcept:
        """Whether `keep` has nothing to do."""
        return (<Instance>self.func.owner).kept if self.func.inst != NULL else self.kept

    def __call__(self, *args):
        return call_func(<PyObject*>self, (<PyTupleObject*>args).ob_item, len(args), NULL)  # CPython itself uses `vectorcall`

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
            if not self.is_callable(base, len(given)):
                self.refuse_call(len(given))
            store.execution.now.top = base + signature.param_slots  # what runs meanwhile must spare the last arguments
            try:
                for i in range(signature.param_count):
                    bits_to_slot(store, types[i], given[i], target, PARAMETER, i)
                    target += slots_of(types[i])
            finally:
                store.execution.now.top = base
            if self.func.inst != NULL:
                call_wasm(store, self.func, base)
            else:
                self.call_directly(base)
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

    cdef bint is_callable(self, const slot* base, Py_ssize_t count) noexcept:
        """Whether the number of arguments is right and there is room for the frame."""
        return (count == self.signature.param_count
                and base + self.func.frame_size + self.signature.param_slots + 2 <= self.store.execution.stack_end)

    cdef int refuse_call(self, Py_ssize_t count) except -1:
        """Raise what is wrong where a Func is not `is_callable`."""
        if count != self.signature.param_count:
            raise TypeError(f"{escaped(self.name or 'function')}() takes {self.signature.param_count} arguments, got {count}")
        raise trap(TRAP_CALL_STACK_EXHAUSTED, ())

    cdef int call_directly(self, slot* base) except -1:
        """Call a host function with the arguments at `base`, which is where the results will be; not by wasm."""
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
        if signature.param_count <= FEW_ARGS:
            result = self.ask(base, caller)
        else:
            result = self.ask_many(base, caller)
        if signature.result_count == 1:
            to_slot(self.store, signature.results[0], result, base, HOST_RESULT, 0)
        elif signature.result_count == 0:
            if result is not None:
                raise TypeError(f"a host function of type {signature.type} returned a value")
        else:
            self.put_results(base, result)
        return 0

    cdef object ask(self, slot* source, Instance caller):
        """Call the Python function, which has `FEW_ARGS` parameters at most, with the arguments at `source`."""
        cdef const int* types = self.signature.params
        cdef PyObject* args[FEW_ARGS + 2]  # one more for the caller; the first place is CPython's
        cdef size_t count = 1
        cdef bint deeper = False
        cdef int i
        try:
            if self.access_caller:
                value = None if caller is None else Caller.__new__(Caller, caller)
                Py_INCREF(value)
                args[count] = <PyObject*>value
                count += 1
            for i in range(self.signature.param_count):
                value = from_slot(self.store, types[i], source)
                Py_INCREF(value)
                args[count] = <PyObject*>value
                count += 1
                source += slots_of(types[i])
            Py_EnterRecursiveCall(" while calling a host function")  # CPython's limit of recursion is for these as well
            deeper = True
            result = PyObject_Vectorcall(self.callable, args + 1, (count - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL)
        finally:
            if deeper:
                Py_LeaveRecursiveCall()
            while count > 1:
                count -= 1
                Py_XDECREF(args[count])
        return result

    cdef object ask_many(self, slot* source, Instance caller):
        """As `ask`, for any number of arguments."""
        cdef const int* types = self.signature.params
        cdef int first = 1 if self.access_caller else 0
        cdef tuple args = PyTuple_New(self.signature.param_count + first)
        cdef int i
        if first:
            value = None if caller is None else Caller.__new__(Caller, caller)
            Py_INCREF(value)
            PyTuple_SET_ITEM(args, 0, value)
        for i in range(self.signature.param_count):
            value = from_slot(self.store, types[i], source)
            Py_INCREF(value)
            PyTuple_SET_ITEM(args, i + first, value)
            source += slots_of(types[i])
        return self.callable(*args)

    cdef int put_results(self, slot* base, object results) except -1:
        cdef Signature signature = self.signature
        cdef const int* types = signature.results
        cdef int i
        if type(results) is not tuple:
            results = list(results)
        if len(results) != signature.result_count:
            raise TypeError(f"a host function of type {signature.type} returned {len(results)} values")
        for i in range(signature.result_count):
            to_slot(self.store, types[i], results[i], base, HOST_RESULTS, i)
            base += slots_of(types[i])
        return 0


cdef enum:
    FEW_ARGS = 6  # arguments of a host function that need no tuple; each takes 8 bytes of the C stack

cdef extern from "Python.h":
    ctypedef struct PyTupleObject:
        PyObject* ob_item[1]
    const size_t PY_VECTORCALL_ARGUMENTS_OFFSET
    object PyObject_Vectorcall(object, PyObject* const*, size_t, PyObject*)
    Py_ssize_t PyVectorcall_NARGS(size_t) noexcept
    int Py_EnterRecursiveCall(const char*) except -1
    void Py_LeaveRecursiveCall() noexcept
    void Py_XDECREF(PyObject*) noexcept

cdef extern from *:
    """
    static void wvm_set_vectorcall(PyObject *type, Py_ssize_t offset) {
        ((PyTypeObject *)type)->tp_vectorcall_offset = offset;
        ((PyTypeObject *)type)->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        PyType_Modified((PyTypeObject *)type);
    }
    """
    void wvm_set_vectorcall(object type, Py_ssize_t offset)


cdef object call_func(PyObject* callable, PyObject* const* args, size_t flags, PyObject* names):
    """What CPython calls for `func(...)`: the protocol that makes no tuple of the arguments (PEP 590), which the caller keeps.

    One function, since calls within calls have its frame on the C stack.
    """
    cdef Func self = <Func>callable
    cdef Signature signature = self.signature
    cdef Store store = self.store
    cdef slot* base
    cdef slot* target
    cdef int i
    cdef int valtype
    if names != NULL and len(<tuple>names):
        raise TypeError(f"__call__() got an unexpected keyword argument '{(<tuple>names)[0]}'")
    base = target = execution_of(store).now.top
    store.enter()
    try:
        if not self.is_callable(base, PyVectorcall_NARGS(flags)):
            self.refuse_call(PyVectorcall_NARGS(flags))
        for i in range(signature.param_count):
            valtype = signature.params[i]
            if not put_plain(store, valtype, args[i], target):
                # Converting may run Python code, which may call into this store, or let another thread try to.
                store.execution.now.top = target + 2
                to_slot(store, valtype, <object>args[i], target, PARAMETER, i)
                store.execution.now.top = base
            target += slots_of(valtype)
        if self.func.inst != NULL:
            call_wasm(store, self.func, base)
        else:
            self.call_directly(base)
        if signature.result_count == 0:
            return None
        store.execution.now.top = base + signature.result_slots  # making objects may run a finalizer that calls this store
        if signature.result_count == 1:
            return from_slot(store, signature.results[0], base)
        return self.values(base, signature.results, signature.result_count)
    finally:
        store.execution.now.top = base
        store.leave()


cdef int offer_vectorcall(Func any_) except -1:
    """Tell CPython where a Func has its `vectorcall`; `any_` is not looked at."""
    wvm_set_vectorcall(Func, <char*>&any_.vectorcall - <char*><void*>any_)
    return 0


offer_vectorcall(<Func>None)


cdef inline size_t func_place(const func_t* func) noexcept:
    return <size_t>func // sizeof(void*) % 16  # records of functions are an odd number of pointers long


cdef object func_object(Store store, func_t* func):
    """The Func of a function instance; always the same object."""
    cdef void** known
    if func.inst == NULL:
        return <object>func.owner
    known = &store.recent_funcs[func_place(func)]
    if known[0] == NULL or (<Func>known[0]).func != func or not is_alive(known[0]):
        found = (<Instance>func.owner).func(func.funcidx)
        store.recent_funcs[func_place(func)] = <void*>found
        return found
    return <object>known[0]
