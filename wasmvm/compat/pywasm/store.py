"""pywasm's store: what has been allocated; the address of each thing is its number there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from wasmvm import _core, types
from wasmvm.compat.bytesview import MemoryBytes, bytes_of
from wasmvm.compat.pywasm import arith
from wasmvm.compat.pywasm.errors import Failure
from wasmvm.compat.pywasm.syntax import FuncDesc, FuncType, GlobalType, Limits, MemType, TableType
from wasmvm.compat.pywasm.values import ValInst, ValType
from wasmvm.quoting import escaped

_KINDS = ("func", "table", "mem", "global")


def _grow(core: Any, *arguments: Any) -> None:
    """Grow a memory or table; AssertionError if that is impossible."""
    try:
        core.grow(*arguments)
    except ValueError as error:
        raise Failure(str(error)) from error


class MemInst:
    """A memory; `data` are its bytes, `size` its pages."""

    def __init__(self, type: MemType, core: _core.Memory | None = None) -> None:
        self.type = type
        self._core = core if core is not None else _core.Memory(_core.Store(), type._core)
        self._data: MemoryBytes | None = None

    @property
    def data(self) -> MemoryBytes:
        self._data = bytes_of(self._core, self._data)
        return self._data

    @property
    def size(self) -> int:
        return self._core.pages

    def get_i32(self, addr: int) -> int:
        return self._core.load_i32(addr)

    def get_i64(self, addr: int) -> int:
        return self._core.load_i64(addr)

    def get_u8(self, addr: int) -> int:
        return self._core.load_u8(addr)

    def get_u16(self, addr: int) -> int:
        return self._core.load_u16(addr)

    def get_u32(self, addr: int) -> int:
        return self._core.load_u32(addr)

    def get_u64(self, addr: int) -> int:
        return self._core.load_u64(addr)

    def get(self, addr: int, size: int) -> bytearray:
        return bytearray(self._core.read(addr, size))

    def grow(self, n: int) -> None:
        _grow(self._core, n)

    def put_i32(self, addr: int, data: int) -> None:
        self._core.store_i32(addr, data)

    def put_i64(self, addr: int, data: int) -> None:
        self._core.store_i64(addr, data)

    def put_u8(self, addr: int, data: int) -> None:
        self._core.store_u8(addr, data)

    def put_u16(self, addr: int, data: int) -> None:
        self._core.store_u16(addr, data)

    def put_u32(self, addr: int, data: int) -> None:
        self._core.store_u32(addr, data)

    def put_u64(self, addr: int, data: int) -> None:
        self._core.store_u64(addr, data)

    def put(self, addr: int, data: bytearray) -> None:
        assert isinstance(data, bytearray)
        self._core.write(addr, data)

    def suit(self, l: Limits) -> bool:  # noqa: E741  # pywasm's name
        return Limits(self.size, self.type.limits.m).suit(l)


class Elements:
    """A table's elements as `ValInst`; the length is the table's."""

    def __init__(self, table: TableInst) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table._core)

    def __getitem__(self, index: int) -> ValInst:
        return self._table._store.reference(self._table.type.type, self._table._core[index])

    def __setitem__(self, index: int, value: ValInst) -> None:
        self._table._core[index] = self._table._store.referred(value)

    def __iter__(self) -> Iterator[ValInst]:
        return (self[index] for index in range(len(self)))


class TableInst:
    """A table; `elem` are its elements, `size` their number."""

    def __init__(self, type: TableType, core: _core.Table | None = None, store: Store | None = None) -> None:
        self.type = type
        self._store = Store() if store is None else store
        self._core = core if core is not None else _core.Table(self._store._core, type._core)
        self.elem = Elements(self)

    @property
    def size(self) -> int:
        return len(self._core)

    def grow(self, n: int, v: ValInst) -> None:
        assert v.type == self.type.type
        _grow(self._core, n, self._store.referred(v))

    def suit(self, l: Limits) -> bool:  # noqa: E741  # pywasm's name
        return Limits(self.size, self.type.limits.m).suit(l)


class GlobalInst:
    """A global; `data` is its value, a `ValInst`, and `mut` is 1 if it can be changed."""

    def __init__(self, data: ValInst, mut: int, core: _core.Global | None = None, store: Store | None = None) -> None:
        assert mut in (0, 1)
        self.mut = mut
        self._store = Store() if store is None else store
        if core is None:
            type = GlobalType(data.type, mut)._core
            core = _core.Global(self._store._core, type, self._store.into_core(data))
        self._core = core

    def __repr__(self) -> str:
        return f"{self.data}"

    @property
    def data(self) -> ValInst:
        type = ValType(self._core.type.valtype)
        if types.is_reftype(type.data):
            return self._store.reference(type, self._core.value)
        return ValInst.from_bits(type, self._core.bits)

    @data.setter
    def data(self, value: ValInst) -> None:
        self._core.value = self._store.into_core(value)


class ElemInst:
    """An element segment: what is left of it."""

    def __init__(self, type: ValType, data: list[ValInst]) -> None:
        assert types.is_reftype(type.data)
        self.type = type
        self.data = data

    def __repr__(self) -> str:
        return f"{self.type}"


class DataInst:
    """A data segment: what is left of it."""

    def __init__(self, data: bytearray) -> None:
        self.data = data

    def __repr__(self) -> str:
        return "data"


class Extern:
    """Something that can be imported or exported: its kind, and its address in the store."""

    def __init__(self, kind: int, data: int) -> None:
        assert kind in (0, 1, 2, 3)
        self.kind = kind
        self.data = data

    def __repr__(self) -> str:
        return f"{_KINDS[self.kind]} {self.data}"


class ExportInst:
    """An export of an instance."""

    def __init__(self, name: str, data: Extern) -> None:
        self.name = name
        self.data = data

    def __repr__(self) -> str:
        return f"{escaped(self.name)} {self.data}"


class ModuleInst:
    """A module instance: its function types, addresses of what is in its index spaces, and its exports."""

    _core: _core.Instance
    _frame: Any

    def __init__(self) -> None:
        self.type: list[FuncType] = []
        self.func: list[int] = []
        self.tabl: list[int] = []
        self.mems: list[int] = []
        self.glob: list[int] = []
        self.elem: list[int] = []
        self.data: list[int] = []
        self.exps: list[ExportInst] = []
        self._calls: dict[str, Any] = {}


class FuncInst:
    """A function of an instance."""

    kind = 0

    def __init__(self, type: FuncType, module: ModuleInst, code: FuncDesc) -> None:
        self.type = type
        self.module = module
        self.code = code
        self._funcidx: int | None = None

    def __repr__(self) -> str:
        return f"{self.type}"

    @property
    def _core(self) -> _core.Func:
        if self._funcidx is None:
            raise TypeError("only a function that was instantiated can be called")
        return self.module._core.func(self._funcidx)


class FuncHost:
    """A host function: `hostcode` is called with the machine and the list of arguments, and returns a list."""

    kind = 1
    _core: _core.Func

    def __init__(self, type: FuncType, hostcode: Callable[..., Any]) -> None:
        self.type = type
        self.hostcode = hostcode

    def __repr__(self) -> str:
        return self.hostcode.__name__


class Store:
    """All that was allocated: lists; an address is an index."""

    def __init__(self) -> None:
        self._core = _core.Store()
        self._machine: Any = None
        self._addresses: dict[_core.Func, int] = {}
        self._indexed = 0
        self.func: list[FuncInst | FuncHost] = []
        self.tabl: list[TableInst] = []
        self.mems: list[MemInst] = []
        self.glob: list[GlobalInst] = []
        self.elem: list[ElemInst] = []
        self.data: list[DataInst] = []

    def allocate_func_wasm(self, module: ModuleInst, func: FuncDesc) -> int:
        """A function that can only be looked at: instantiating its module makes those that can be called."""
        self.func.append(FuncInst(module.type[func.type], module, func))
        return len(self.func) - 1

    def allocate_func_host(self, func: FuncHost) -> int:
        takes, gives = func.type.args, self.arguments(func.type.rets)
        plain = all(t.data in types.NUMTYPES for t in takes)

        def call(caller: _core.Caller | None, *args: Any) -> Any:
            given = list(args)
            if not plain:
                given = [self.from_core(*pair).into_all() for pair in zip(takes, args, strict=True)]
            machine = self._machine
            frames = machine.stack.frame
            if caller is not None:
                frames.append(machine.frame_of(caller.instance))
            try:
                results = func.hostcode(machine, given)
            finally:
                if caller is not None and frames:  # pywasm's users clear the stack after a failure
                    frames.pop()
            made = [convert(n) for convert, n in zip(gives, results, strict=False)]
            return made[0] if len(made) == 1 else made or None

        call.__name__ = getattr(func.hostcode, "__name__", "host")
        func._core = _core.Func(self._core, func.type._core, call, access_caller=True)
        self.func.append(func)
        return len(self.func) - 1

    def allocate_table(self, type: TableType) -> int:
        self.tabl.append(TableInst(type, store=self))
        return len(self.tabl) - 1

    def allocate_memory(self, type: MemType) -> int:
        self.mems.append(MemInst(type, _core.Memory(self._core, type._core)))
        return len(self.mems) - 1

    def allocate_global(self, type: GlobalType, data: ValInst) -> int:
        self.glob.append(GlobalInst(data, type.mut, store=self))
        return len(self.glob) - 1

    def allocate_elem(self, type: ValType, data: list[ValInst]) -> int:
        self.elem.append(ElemInst(type, data))
        return len(self.elem) - 1

    def allocate_data(self, data: bytearray) -> int:
        self.data.append(DataInst(data))
        return len(self.data) - 1

    # Values to wasmvm and back

    def reference(self, type: ValType, found: Any) -> ValInst:
        """wasmvm's reference as a value: a function is its address; what a host passes on is a number already."""
        if found is None:
            return ValInst.zero(type)
        return ValInst.from_ref(type, self.address(found) if isinstance(found, _core.Func) else found)

    def referred(self, value: ValInst) -> Any:
        """wasmvm's value for a reference."""
        if not value.data[4]:
            return None
        number = value.into_ref()
        return self.func[number]._core if value.type.data == types.FUNCREF else number

    def address(self, func: _core.Func) -> int:
        """The address of a function."""
        while func not in self._addresses:
            address = self._indexed
            self._addresses.setdefault(self.func[address]._core, address)
            self._indexed = address + 1
        return self._addresses[func]

    def into_core(self, value: ValInst) -> Any:
        """wasmvm's Python value for one of pywasm's."""
        if types.is_reftype(value.type.data):
            return self.referred(value)
        return value.into_v128() if value.type.data == types.V128 else value.into_all()

    def from_core(self, type: ValType, found: Any) -> ValInst:
        """pywasm's value for one of wasmvm's."""
        return self.reference(type, found) if types.is_reftype(type.data) else ValInst.from_all(type, found)

    def arguments(self, func_types: Iterable[ValType]) -> list[Callable[[Any], Any]]:
        """For each parameter a function that turns a Python value, as `ValInst.from_all` takes it, into wasmvm's."""
        return [_CHECKS.get(t.data) or _through(self, t) for t in func_types]


def _integer(kind: arith.I) -> Callable[[int], int]:
    low, high = kind.min, kind.max

    def check(n: int) -> int:
        if not low <= n <= high:
            kind.into_bytearray(n)  # raises
        return n

    return check


def _through(store: Store, type: ValType) -> Callable[[Any], Any]:
    return lambda n: store.into_core(ValInst.from_all(type, n))


_CHECKS: dict[int, Callable[[Any], Any]] = {
    types.I32: _integer(arith.i32),
    types.I64: _integer(arith.i64),
    types.F32: arith.f32.fit,
    types.F64: arith.f64.fit,
}
