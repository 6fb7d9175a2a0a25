"""pwasm's runtime objects: memories, tables, globals, functions and limits.

Each can be made by itself. From when an instance imports it, it lives in one of wasmvm's stores; things of two stores
cannot come together in one instance, except functions, which can be called across.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakSet, WeakValueDictionary

from wasmvm import _core, numeric
from wasmvm import types as core_types
from wasmvm.compat.bytesview import MemoryBytes, bytes_of
from wasmvm.compat.pwasm import types
from wasmvm.compat.pwasm.errors import LinkError, Timeout, TrapError, translate, translated
from wasmvm.compat.pwasm.numeric import MASK_32, MASK_64, F32NaN, f32_round
from wasmvm.errors import WasmError
from wasmvm.quoting import escaped

PAGE_SIZE = core_types.PAGE_SIZE
MAX_PAGES = core_types.MAX_PAGES
MAX_TABLE_SIZE = 10_000_000
_UNLIMITED = 1 << 62
"""Fuel if there is no limit: what is used is counted all the same."""


def _identity(value: Any) -> Any:
    return value


def _to_f32(value: Any) -> float:
    return value if isinstance(value, F32NaN) else f32_round(float(value))


TO_PYTHON: dict[str, Callable[[Any], Any]] = {
    "i32": lambda n: numeric.signed(n, 32),
    "i64": lambda n: numeric.signed(n, 64),
    **dict.fromkeys(("f32", "f64", "funcref", "externref"), _identity),
}
"""From values as pwasm has them inside, where integers are unsigned, to Python's."""
FROM_PYTHON: dict[str, Callable[[Any], Any]] = {
    "i32": lambda n: int(n) & MASK_32,
    "i64": lambda n: int(n) & MASK_64,
    "f32": _to_f32,
    "f64": float,
    **dict.fromkeys(("funcref", "externref"), _identity),
}
ZERO: dict[str, Any] = {"i32": 0, "i64": 0, "f32": 0.0, "f64": 0.0, "funcref": None, "externref": None}


class Shared:
    """What instances that import from each other have in common: a store, and pwasm's objects for what is in it.

    It keeps none of these objects alive.
    """

    def __init__(self, store: _core.Store, limits: Limits | None = None) -> None:
        self.store = store
        self.limits = limits
        self.instances: WeakSet[Any] = WeakSet()
        self._wrappers: WeakValueDictionary[Any, Any] = WeakValueDictionary()

    def know(self, core: Any, wrapper: Any) -> None:
        """Let `wrapper` stand for one of wasmvm's objects."""
        self._wrappers[core] = wrapper

    def wrap(self, core: Any) -> Any:
        """pwasm's object for one of wasmvm's, always the same one; values stay as they are."""
        if not isinstance(core, (_core.Func, _core.Memory, _core.Table, _core.Global)):
            return core
        found = self._wrappers.get(core)
        if found is None:
            classes: dict[type, Any] = {
                _core.Func: WasmFunction,
                _core.Memory: MemoryInstance,
                _core.Table: TableInstance,
                _core.Global: GlobalInstance,
            }
            found = self._wrappers[core] = classes[type(core)]._of(core, self)
        return found

    def reference(self, value: Any) -> Any:
        """wasmvm's value for a reference: one of pwasm's functions becomes a function of the store."""
        value = getattr(value, "func", value) if not isinstance(value, (WasmFunction, HostFunction)) else value
        return value.core_in(self) if isinstance(value, (WasmFunction, HostFunction)) else value


class _Shareable:
    """Something that lives in a store from when it is needed there.

    Attributes:
        _shared, _core: the store and wasmvm's object in it; None before.
    """

    _shared: Shared | None
    _core: Any

    def core_in(self, shared: Shared) -> Any:
        """wasmvm's object, in that store.

        Raises:
            LinkError: if it lives in another one.
        """
        if self._shared is None:
            self._shared = shared
            with translated():
                self._core = self._make(shared)
            shared.know(self._core, self)
        elif self._shared is not shared:
            raise LinkError(f"a {type(self).__name__} of instances that share nothing with the others imported from")
        return self._core

    def _make(self, shared: Shared) -> Any:
        raise NotImplementedError

    def core(self) -> Any:
        """wasmvm's object, in any store."""
        return self.core_in(Shared(_core.Store()) if self._shared is None else self._shared)


class MemoryInstance(_Shareable):
    """A memory; `data` are its bytes, `size` its pages, `limit_pages` the embedder's limit or None."""

    PAGE_SIZE = PAGE_SIZE

    def __init__(self, min_pages: int, max_pages: int | None = None) -> None:
        self._shared = None
        self._core = None
        self._bytes = bytearray(min_pages * PAGE_SIZE)  # until it lives in a store
        self._view: MemoryBytes | None = None
        self.max_pages = max_pages
        self.limit_pages: int | None = None

    @classmethod
    def _of(cls, core: _core.Memory, shared: Shared) -> MemoryInstance:
        made = cls(0, core.type.limits.max)
        made._core, made._shared = core, shared
        return made

    def _make(self, shared: Shared) -> _core.Memory:
        limits = core_types.Limits(self.size, self.max_pages)
        made = _core.Memory(shared.store, core_types.MemoryType(limits))
        made.write(0, self._bytes)
        self._bytes = bytearray()
        return made

    @property
    def data(self) -> Any:
        if self._core is None:
            return self._bytes
        self._view = bytes_of(self._core, self._view)
        return self._view

    @property
    def size(self) -> int:
        return len(self._bytes) // PAGE_SIZE if self._core is None else int(self._core.pages)

    def grow(self, delta: int) -> int:
        """The old size in pages, or -1 if it cannot grow."""
        if self.limit_pages is not None and self.size + delta > self.limit_pages:
            return -1
        try:
            return int(self.core().grow(delta))
        except ValueError:
            return -1

    def views(self, namespace: dict[str, Any] | None = None) -> dict[str, memoryview]:
        """The memory as arrays of integers of 8, 16, 32 and 64 bits and of doubles, added to `namespace` too."""
        whole = memoryview(self.core())
        found = {"_M8": whole, **{f"_M{8 * whole.cast(c).itemsize}": whole.cast(c) for c in "HIQ"}}  # type: ignore[call-overload]
        found["_MD"] = whole.cast("d")
        if namespace is not None:
            namespace.update(found)
        return found

    def _check(self, ptr: int, length: int) -> None:
        if ptr < 0 or length < 0 or ptr + length > self.size * PAGE_SIZE:
            raise TrapError("out of bounds memory access")

    def read(self, ptr: int, length: int) -> bytes:
        """TrapError if that is outside of the memory."""
        self._check(ptr, length)
        return bytes(self._bytes[ptr : ptr + length]) if self._core is None else bytes(self._core.read(ptr, length))

    def write(self, ptr: int, data: Any) -> None:
        """TrapError if that is outside of the memory."""
        self._check(ptr, len(data))
        if self._core is None:
            self._bytes[ptr : ptr + len(data)] = data
        else:
            self._core.write(ptr, data)


class _Elements:
    """A table's elements, as a list has them."""

    def __init__(self, table: TableInstance) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table.core())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        table = self._table
        core = table.core()
        assert table._shared is not None
        return table._shared.wrap(core[index])

    def __setitem__(self, index: int, value: Any) -> None:
        table = self._table
        core = table.core()
        assert table._shared is not None
        core[index] = table._shared.reference(value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))


class TableInstance(_Shareable):
    """A table of functions or of the host's objects; `elements` is what it holds."""

    def __init__(self, element_type: str, min_size: int, max_size: int | None = None) -> None:
        self._shared = None
        self._core = None
        self._min_size = min_size
        self.element_type = element_type
        self.max_size = max_size
        self.elements = _Elements(self)

    @classmethod
    def _of(cls, core: _core.Table, shared: Shared) -> TableInstance:
        made = cls(core_types.valtype_text(core.type.reftype), 0, core.type.limits.max)
        made._core, made._shared = core, shared
        return made

    def _make(self, shared: Shared) -> _core.Table:
        limits = core_types.Limits(self._min_size, self.max_size)
        return _core.Table(shared.store, core_types.TableType(core_types.VALTYPES[self.element_type], limits))

    @property
    def size(self) -> int:
        return len(self.elements)

    def grow(self, delta: int, init: Any = None) -> int:
        """The old size, or -1 if it cannot grow."""
        core = self.core()
        assert self._shared is not None
        try:
            return int(core.grow(delta, self._shared.reference(init)))
        except ValueError:
            return -1

    def _check(self, end: int, length: int | None = None) -> None:
        if not 0 <= end <= (self.size if length is None else length):
            raise TrapError("out of bounds table access")

    def get(self, index: int) -> Any:
        """TrapError if there is no such element."""
        self._check(index, self.size - 1)
        return self.elements[index]

    def set(self, index: int, value: Any) -> None:
        """TrapError if there is no such element."""
        self._check(index, self.size - 1)
        self.elements[index] = value

    def fill(self, index: int, value: Any, n: int) -> None:
        self._check(index + n)
        for i in range(index, index + n):
            self.elements[i] = value

    def init(self, dest: int, refs: list[Any], src: int, n: int) -> None:
        """Copy `n` of `refs`, from `src` on."""
        self._check(src + n, len(refs))
        self._check(dest + n)
        for i in range(n):
            self.elements[dest + i] = refs[src + i]


class GlobalInstance(_Shareable):
    """A global; `value` is its value as a Python value, and can be set if it is `mutable`.

    Args:
        type: a `pwasm.types.GlobalType`.
        value: its value, an integer unsigned; by default zero or null.
    """

    def __init__(self, type: types.GlobalType, value: Any = None) -> None:
        self._shared = None
        self._core = None
        self.type = type
        self._given = ZERO[type.valtype] if value is None else value

    @classmethod
    def _of(cls, core: _core.Global, shared: Shared) -> GlobalInstance:
        made = cls(types.GlobalType._of(core.type))
        made._core, made._shared = core, shared
        return made

    def _make(self, shared: Shared) -> _core.Global:
        return _core.Global(shared.store, self.type._core, shared.reference(self._given))

    @property
    def mutable(self) -> bool:
        return self.type.mutable

    @property
    def value(self) -> Any:
        core = self.core()
        assert self._shared is not None
        return self._shared.wrap(core.value)

    @value.setter
    def value(self, v: Any) -> None:
        if not self.type.mutable:
            raise AttributeError("global is immutable")
        core = self.core()
        assert self._shared is not None
        core.value = self._shared.reference(FROM_PYTHON[self.type.valtype](v))

    @property
    def _value(self) -> Any:
        """The value as pwasm has it inside."""
        return FROM_PYTHON[self.type.valtype](self.value)

    @_value.setter
    def _value(self, v: Any) -> None:
        self.value = v


class Limits:
    """What an instance may consume.

    Args:
        fuel: units; every call and every turn of a loop costs one. None is no limit.
        max_memory: bytes of a memory.
        check_interval: accepted and ignored: fuel is counted exactly, and time is looked at often.

    Attributes:
        deadline: see `set_deadline`.
        max_memory, check_interval: as given.
    """

    def __init__(self, fuel: int | None = None, max_memory: int | None = None, check_interval: int = 1000) -> None:
        self.max_memory = max_memory
        self.check_interval = check_interval
        self.deadline: float | None = None
        self._fuel = fuel
        self._base = 0
        self._shared: Shared | None = None

    def shared(self) -> Shared:
        """The store whose instances these limits hold for."""
        if self._shared is None:
            store = _core.Store(metering=core_types.METER_CALLS)
            if self.max_memory is not None:
                store.set_limits(max_memory=1 << 40)
                store.limit_each(memory=self.max_memory)
            self._shared = Shared(store, self)
            self._grant(0)
            self.set_deadline(self.deadline)
        return self._shared

    def _grant(self, consumed: int) -> None:
        if self._shared is not None:
            store = self._shared.store
            store.fuel = granted = _UNLIMITED if self._fuel is None else max(self._fuel - consumed, 0)
            self._base = consumed + granted

    @property
    def fuel(self) -> int | None:
        """What was granted altogether; None is no limit."""
        return self._fuel

    @fuel.setter
    def fuel(self, fuel: int | None) -> None:
        consumed = self.fuel_consumed
        self._fuel = fuel
        self._grant(consumed)

    @property
    def fuel_consumed(self) -> int:
        left = None if self._shared is None else self._shared.store.fuel
        return 0 if left is None else self._base - left

    @property
    def fuel_remaining(self) -> int | None:
        return None if self._fuel is None else self._fuel - self.fuel_consumed

    def set_fuel(self, fuel: int | None) -> None:
        """Replace what is left."""
        self.fuel = None if fuel is None else self.fuel_consumed + fuel

    def set_deadline(self, deadline: float | None) -> None:
        """Stop what still runs when ``time.monotonic()`` is past `deadline`; None is no limit."""
        self.deadline = deadline
        if self._shared is not None:
            self._shared.store.set_deadline(None if deadline is None else max(deadline - time.monotonic(), 0.0))


class AnyFunction(_Shareable):
    """A function; a call takes and returns Python values, `entry` takes and returns pwasm's own."""

    type: types.FuncType
    n_params: int
    n_results: int

    def _set_type(self, type: types.FuncType) -> None:
        self.type = type
        self.n_params = len(type.params)
        self.n_results = len(type.results)

    def call_python(self, args: tuple[Any, ...]) -> Any:
        """Call with Python values: None, a value, or a tuple of several."""
        core = self._core or self.core()
        shared = self._shared
        assert shared is not None
        params = self.type.params
        values = [
            shared.reference(n) if t[-1] == "f" else float(n) if t[0] == "f" else int(n)
            for t, n in zip(params, args, strict=True)
        ]
        limits = shared.limits
        if limits is not None and limits.deadline is not None and time.monotonic() >= limits.deadline:
            raise Timeout("execution timed out")  # which wasmvm looks at only if a call takes longer than a moment
        try:
            found = core(*values)
        except WasmError as error:
            raise translate(error, None if limits is None else limits.fuel) from error
        except RecursionError:
            raise TrapError("call stack exhausted") from None
        if isinstance(found, tuple):
            return tuple(map(shared.wrap, found))
        return shared.wrap(found)

    def __call__(self, *args: Any) -> Any:
        return ExportedFunction(self)(*args)

    def entry(self, *args: Any) -> Any:
        """Call with pwasm's own values: None, a value, or a tuple of several."""
        found = self.call_python(args)
        results = self.type.results
        if len(results) > 1:
            return tuple(FROM_PYTHON[t](n) for t, n in zip(results, found, strict=True))
        return FROM_PYTHON[results[0]](found) if results else None


class WasmFunction(AnyFunction):
    """A function of an instance: `index` in its index space, `func` in its module."""

    def __init__(self, type: types.FuncType, instance: Any, func: types.Function | None, index: int) -> None:
        self._set_type(type)
        self._shared = None
        self._core = None
        self._instance = instance
        self._func = func
        self.index = index

    @classmethod
    def _of(cls, core: _core.Func, shared: Shared) -> WasmFunction:
        made = cls(types.FuncType._of(core.type), None, None, core.funcidx or 0)
        made._core, made._shared = core, shared
        return made

    def _make(self, shared: Shared) -> Any:
        return self._instance.core.func(self.index)

    def core_in(self, shared: Shared) -> Any:
        """In another store it is a host function."""
        if self._shared is not None and self._shared is not shared:
            return HostFunction(self.type, self).core_in(shared)
        return super().core_in(shared)

    def home(self) -> Shared:
        """The store that it lives in."""
        shared: Shared = self._instance.shared if self._shared is None else self._shared
        return shared

    def core(self) -> Any:
        return self.core_in(self.home())

    @property
    def instance(self) -> Any:
        if self._instance is None and self._shared is not None:
            for instance in self._shared.instances:
                if self.index < instance.count and instance.core.func(self.index) is self._core:
                    self._instance = instance
        return self._instance

    @property
    def func(self) -> types.Function:
        if self._func is None:
            module = self.instance.module
            self._func = module.funcs[self.index - (self.instance.count - len(module.funcs))]
        return self._func

    def __repr__(self) -> str:
        return f"<WasmFunction {self.index} {self.type}>"


class HostFunction(AnyFunction):
    """A host function with a type.

    `fn` takes Python values and returns None, a value or several. With `raw` it takes and returns pwasm's own values,
    where integers are unsigned.
    """

    def __init__(self, type: types.FuncType, fn: Callable[..., Any], raw: bool = False) -> None:
        self._set_type(type)
        self._shared = None
        self._core = None
        self.fn = fn
        self.raw = raw

    def call(self, args: Any) -> Any:
        """Call with pwasm's own values."""
        return self.entry(*args)

    def _results(self, found: Any) -> Any:
        """What `fn` returned, as wasmvm wants it."""
        results = self.type.results
        if not results:
            return None
        if len(results) == 1:
            if isinstance(found, (tuple, list)):
                (found,) = found
            return FROM_PYTHON[results[0]](found)
        if not isinstance(found, (tuple, list)) or len(found) != len(results):
            raise TypeError(f"host function must return {len(results)} values")
        return [FROM_PYTHON[t](n) for t, n in zip(results, found, strict=True)]

    def _make(self, shared: Shared) -> _core.Func:
        fn, params = self.fn, self.type.params
        converters = [FROM_PYTHON[t] if self.raw else shared.wrap for t in params]
        plain = not self.raw and not any(t == "funcref" for t in params)

        def host(*args: Any) -> Any:
            if not plain:
                args = tuple(convert(n) for convert, n in zip(converters, args, strict=True))
            found = self._results(fn(*args))
            return [shared.reference(n) for n in found] if isinstance(found, list) else shared.reference(found)

        host.__name__ = getattr(fn, "__name__", "host")
        return _core.Func(shared.store, self.type._core, host)

    def core_in(self, shared: Shared) -> Any:
        """In another store it is another function of wasmvm's."""
        if self._shared is not None and self._shared is not shared:
            return HostFunction(self.type, self.fn, self.raw).core_in(shared)
        return super().core_in(shared)

    def __repr__(self) -> str:
        return f"<HostFunction {getattr(self.fn, '__name__', self.fn)} {self.type}>"


class ExportedFunction:
    """An exported function: `func`, and the `name` it is exported by."""

    __slots__ = ("func", "name")

    def __init__(self, func: AnyFunction, name: str = "") -> None:
        self.func = func
        self.name = name

    def __call__(self, *args: Any) -> Any:
        """Call with Python values: None, a value, or a tuple of several; integers come back signed.

        Raises:
            TypeError: if the number of arguments is wrong.
            TrapError, and the classes derived from it: if the call traps.
        """
        func = self.func
        if len(args) != func.n_params:
            raise TypeError(f"{escaped(self.name or 'function')}() takes {func.n_params} arguments ({len(args)} given)")
        return func.call_python(args)

    @property
    def type(self) -> types.FuncType:
        return self.func.type

    def __repr__(self) -> str:
        return f"<ExportedFunction {escaped(self.name)} {self.func.type}>"
