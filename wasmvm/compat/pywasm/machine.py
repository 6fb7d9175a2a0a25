"""pywasm's machine and runtime: instantiation and calls, which wasmvm does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wasmvm import _core, types
from wasmvm.compat.pywasm import log, opcode
from wasmvm.compat.pywasm.errors import failure, translated
from wasmvm.compat.pywasm.store import (
    ExportInst,
    Extern,
    FuncHost,
    FuncInst,
    GlobalInst,
    MemInst,
    ModuleInst,
    Store,
    TableInst,
)
from wasmvm.compat.pywasm.syntax import FuncType, GlobalType, Inst, MemType, ModuleDesc, TableType
from wasmvm.compat.pywasm.values import ValInst, ValType
from wasmvm.errors import WasmError
from wasmvm.runtime.instantiate import instantiate


class LocalsInst:
    """A function's locals."""

    def __init__(self, data: list[ValInst]) -> None:
        self.data = data

    def __repr__(self) -> str:
        return repr(self.data)


class Label:
    """A label."""

    def __init__(self, arity: int, frame: int, value: int, carry: int, instr: list[Inst], index: int) -> None:
        assert carry in (0, 1, 3)
        self.arity = arity
        self.frame = frame
        self.value = value
        self.carry = carry
        self.instr = instr
        self.index = index

    def __repr__(self) -> str:
        return f"{self.arity}"


class Frame:
    """An activation; in the one that a host function sees, `module` is the instance that called it."""

    def __init__(self, module: ModuleInst, locals: LocalsInst, arity: int, label: int, value: int) -> None:
        self.module = module
        self.locals = locals
        self.arity = arity
        self.label = label
        self.value = value

    def __repr__(self) -> str:
        return f"{self.arity}"


class Stack:
    """What pywasm's interpreter works on. Here `frame` ends with the caller of the host function that is running."""

    def __init__(self) -> None:
        self.value: list[ValInst] = []
        self.label: list[Label] = []
        self.frame: list[Frame] = []


class Machine:
    """A store, and what instantiates modules in it and calls their functions."""

    def __init__(self) -> None:
        self.store = Store()
        self.store._machine = self
        self.stack = Stack()
        self._modules: dict[_core.Instance, ModuleInst] = {}
        self._pending: list[tuple[ModuleDesc, list[Extern]]] = []

    def frame_of(self, core: _core.Instance) -> Frame:
        """What a host function sees of the instance that called it."""
        module = self._modules.get(core)
        if module is None:  # its start function is running
            module = self._adopt(core)
        return module._frame  # type: ignore[no-any-return]

    def _adopt(self, core: _core.Instance) -> ModuleInst:
        """Give addresses to what a new instance has made."""
        desc, externs = self._pending[-1]
        store = self.store
        module = self._modules[core] = ModuleInst()
        module._core = core
        module._frame = Frame(module, LocalsInst([]), 0, 0, 0)
        module.type = desc.type
        spaces = (module.func, module.tabl, module.mems, module.glob)
        for extern in externs:
            spaces[extern.kind].append(extern.data)
        for func in desc.func:
            address = store.allocate_func_wasm(module, func)
            made = store.func[address]
            assert isinstance(made, FuncInst)
            made._funcidx = len(module.func)
            module.func.append(address)
        for table, core_table in zip(desc.tabl, core.tables[len(module.tabl) :], strict=True):
            module.tabl.append(len(store.tabl))
            store.tabl.append(TableInst(table, core_table, store))
        for memory, core_memory in zip(desc.mems, core.memories[len(module.mems) :], strict=True):
            module.mems.append(len(store.mems))
            store.mems.append(MemInst(memory, core_memory))
        for global_, core_global in zip(desc._syntax.globals, core.globals[len(module.glob) :], strict=True):
            module.glob.append(len(store.glob))
            zero = ValInst.zero(ValType(global_.type.valtype))
            store.glob.append(GlobalInst(zero, int(global_.type.mutable), core_global, store))
        module.exps = [ExportInst(e.name, Extern(e.kind, spaces[e.kind][e.desc])) for e in desc.exps]
        for elem in desc.elem:
            left = self._passive(module, elem) if elem.kind & 3 == 1 else []
            module.elem.append(store.allocate_elem(elem.type, left))
        for data in desc.data:
            module.data.append(store.allocate_data(data.init if data.kind == 1 else bytearray()))
        return module

    def _passive(self, module: ModuleInst, elem: Any) -> list[ValInst]:
        """The references of a passive segment."""
        found = []
        for expr in elem.init:
            inst = expr.data[0]
            if inst.opcode == opcode.number(0xD2):
                found.append(ValInst.from_ref(elem.type, module.func[inst.args[0]]))
            elif inst.opcode == opcode.number(0xD0):
                found.append(ValInst.zero(elem.type))
            else:
                found.append(self.store.glob[module.glob[inst.args[0]]].data)
        return found

    def instance(self, module: ModuleDesc, extern: list[Extern]) -> ModuleInst:
        """Instantiate a module whose imports are `extern`, in its order; AssertionError if they do not match."""
        assert len(module.imps) == len(extern)
        store = self.store
        spaces: tuple[list[Any], ...] = (store.func, store.tabl, store.mems, store.glob)
        given = [spaces[e.kind][e.data]._core for e in extern]
        compiled = module.compiled()
        self._pending.append((module, extern))
        try:
            with translated():
                core = instantiate(store._core, compiled, given)
            found = self._modules.get(core)
            return self._adopt(core) if found is None else found
        finally:
            self._pending.pop()

    def invocate(self, addr: int, args: list[ValInst]) -> list[ValInst]:
        """Call the function of that address."""
        func = self.store.func[addr]
        assert isinstance(func, FuncInst)
        assert len(func.type.args) == len(args)
        for type, value in zip(func.type.args, args, strict=True):
            assert type == value.type
        log.debugln("invocate", addr, args)
        is_ref = types.is_reftype
        bits = [self.store.referred(v) if is_ref(v.type.data) else int.from_bytes(v.data, "little") for v in args]
        with translated():
            found = func._core.call_bits(bits)
        values = zip(func.type.rets, found, strict=True)
        return [self.store.reference(t, n) if is_ref(t.data) else ValInst.from_bits(t, n) for t, n in values]


class Runtime:
    """A machine, and what modules can import, by module name and name."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.imports: dict[str, dict[str, Extern]] = {}

    def allocate_func_host(self, type: FuncType, func: Callable[..., Any]) -> Extern:
        """A host function: ``func(machine, args)`` takes a list of values and returns a list."""
        return Extern(types.FUNC, self.machine.store.allocate_func_host(FuncHost(type, func)))

    def allocate_table(self, type: TableType) -> Extern:
        return Extern(types.TABLE, self.machine.store.allocate_table(type))

    def allocate_memory(self, type: MemType) -> Extern:
        return Extern(types.MEMORY, self.machine.store.allocate_memory(type))

    def allocate_global(self, type: GlobalType, data: ValInst) -> Extern:
        return Extern(types.GLOBAL, self.machine.store.allocate_global(type, data))

    @staticmethod
    def _export(module: ModuleInst, name: str) -> Extern:
        """IndexError if there is no such export, as in pywasm."""
        return [export for export in module.exps if export.name == name][0].data  # noqa: RUF015

    def exported_memory(self, module: ModuleInst, name: str) -> MemInst:
        extern = self._export(module, name)
        assert extern.kind == types.MEMORY
        return self.machine.store.mems[extern.data]

    def exported_global(self, module: ModuleInst, name: str) -> GlobalInst:
        extern = self._export(module, name)
        assert extern.kind == types.GLOBAL
        return self.machine.store.glob[extern.data]

    def instance(self, module: ModuleDesc) -> ModuleInst:
        """Instantiate a module; KeyError for an import that is not in `imports`."""
        return self.machine.instance(module, [self.imports[i.module][i.name] for i in module.imps])

    def instance_from_file(self, path: str) -> ModuleInst:
        with open(path, "rb") as file:
            return self.instance(ModuleDesc.from_reader(file))

    def _call(self, module: ModuleInst, name: str) -> Any:
        """What `invocate` needs, made once for each export."""
        store = self.machine.store
        func = store.func[self._export(module, name).data]
        assert isinstance(func, FuncInst)
        plain = all(t.data in types.NUMTYPES for t in func.type.rets)
        found = (func._core, store.arguments(func.type.args), None if plain else func.type.rets)
        module._calls[name] = found
        return found

    def invocate(self, module: ModuleInst, func: str, args: list[Any]) -> list[Any]:
        """Call an export: a list of Python values in, and one out.

        Raises:
            IndexError: if there is no export of that name.
            AssertionError: if the number of arguments is wrong; a trap (see `errors`).
            OverflowError: for an integer that does not fit in the type as a signed one.
        """
        core, conversions, results = module._calls.get(func) or self._call(module, func)
        assert len(conversions) == len(args)
        try:
            found = core(*[convert(n) for convert, n in zip(conversions, args, strict=True)])
        except WasmError as error:
            raise failure(error) from error
        values: list[Any] = [] if found is None else list(found) if isinstance(found, tuple) else [found]
        if results is not None:
            values = [] if not results else values or [None]
            values = [self.machine.store.from_core(t, n).into_all() for t, n in zip(results, values, strict=True)]
        return values
