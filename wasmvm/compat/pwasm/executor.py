"""pwasm's instances and calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from wasmvm import _core
from wasmvm import types as core_types
from wasmvm.compat.pwasm import types
from wasmvm.compat.pwasm.errors import LinkError, translated
from wasmvm.compat.pwasm.numeric import SIGN_32
from wasmvm.compat.pwasm.runtime import (
    FROM_PYTHON,
    AnyFunction,
    ExportedFunction,
    GlobalInstance,
    HostFunction,
    Limits,
    MemoryInstance,
    Shared,
    TableInstance,
    WasmFunction,
)
from wasmvm.quoting import escaped
from wasmvm.runtime.instantiate import instantiate as instantiate_core

MODES = ("interpret", "compile", "auto")
DEFAULT_MODE = "auto"
AUTO_THRESHOLD = 2
AUTO_MAX_SIZE: int | None = None


def execute(func: AnyFunction, args: list[Any]) -> Any:
    """Call with pwasm's own values, where integers are unsigned; None, a value, or a tuple."""
    return func.entry(*args)


def invoke(func: AnyFunction, args: list[Any]) -> Any:
    """The same."""
    return func.entry(*args)


def call_with_python_values(func: AnyFunction, args: tuple[Any, ...]) -> Any:
    """Call as an export is called."""
    return ExportedFunction(func)(*args)


def is_stack_exhaustion(error: BaseException) -> bool:
    """Whether Python ran out of stack."""
    return isinstance(error, RecursionError)


class ExportNamespace:
    """Exports, by name or as attributes; in an attribute ``_`` may stand for ``-``."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._exports: dict[str, Any] = {}

    def _add(self, name: str, value: Any) -> None:
        spelled = name.replace("-", "_")
        if spelled.isidentifier():
            self.__dict__[spelled] = value
        self._exports[name] = value

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._exports:
            return self._exports[name]
        raise AttributeError(f"No export named '{escaped(name)}'")

    def __getitem__(self, name: str) -> Any:
        return self._exports[name]

    def __contains__(self, name: str) -> bool:
        return name in self._exports

    def __iter__(self) -> Iterator[str]:
        return iter(self._exports)


class Instance:
    """An instance, as `instantiate` makes it.

    Attributes:
        module, limits, mode: what it was made from.
        exports: see `ExportNamespace`.
        memories, tables, globals, functions: its index spaces.
        elements, datas: its segments; those that were dropped at instantiation are empty.
        compile_errors: an empty list: nothing is compiled to Python.
    """

    core: _core.Instance
    shared: Shared

    def __init__(self, module: types.Module) -> None:
        self.module = module
        self.limits: Limits | None = None
        self.mode = DEFAULT_MODE
        self.compile_errors: list[Any] = []
        self.exports = ExportNamespace(self)

    def _begin(self, core: _core.Instance, shared: Shared) -> None:
        self.core = core
        self.shared = shared
        shared.instances.add(self)
        syntax = self.module._syntax
        imported = len(syntax.func_imports)
        for export in syntax.exports:
            if export.kind == core_types.FUNC and export.index >= imported:
                found = self._function(export.index)
            else:
                found = shared.wrap(core.export(export.name))
            self.exports._add(export.name, ExportedFunction(found, export.name) if export.kind == 0 else found)

    @property
    def count(self) -> int:
        """Functions of the index space."""
        return self.module._syntax.func_count

    def _function(self, index: int) -> Any:
        found = self.shared.wrap(self.core.func(index))
        if isinstance(found, WasmFunction) and found._instance is None and index == found.index:
            found._instance = self
        return found

    @cached_property
    def functions(self) -> list[WasmFunction | HostFunction]:
        imported = [self.shared.wrap(func) for func in self.core.funcs_imported]
        return imported + [self._function(index) for index in range(len(imported), self.count)]

    @property
    def funcs(self) -> list[WasmFunction | HostFunction]:
        return self.functions

    @cached_property
    def memories(self) -> list[MemoryInstance]:
        return list(map(self.shared.wrap, self.core.memories))

    @cached_property
    def tables(self) -> list[TableInstance]:
        return list(map(self.shared.wrap, self.core.tables))

    @cached_property
    def globals(self) -> list[GlobalInstance]:
        return list(map(self.shared.wrap, self.core.globals))

    @cached_property
    def elements(self) -> list[list[Any]]:
        def reference(item: Any) -> Any:
            if isinstance(item, int):
                return self.functions[item]
            first = item[0]
            if first.opcode == "ref.func":
                return self.functions[first.operand]
            return None if first.opcode == "ref.null" else self.globals[first.operand].value

        segments = self.module.elem
        return [[reference(item) for item in elem.init] if elem.mode == "passive" else [] for elem in segments]

    @cached_property
    def datas(self) -> list[bytes]:
        return [data.init if data.memory_idx < 0 else b"" for data in self.module.data]


def _lookup(imports: Any, import_: types.Import) -> Any:
    try:
        return imports[import_.module][import_.name]
    except (KeyError, TypeError):
        raise LinkError(f"unknown import {escaped(import_.module)}.{escaped(import_.name)}") from None


_CLASSES = {"memory": MemoryInstance, "table": TableInstance, "global": GlobalInstance}


def _importable(module: types.Module, import_: types.Import, value: Any) -> Any:
    """What is imported, as one of pwasm's objects.

    Raises:
        LinkError: if it cannot be imported there.
    """
    name = f"{escaped(import_.module)}.{escaped(import_.name)}"
    if import_.kind == "func":
        if isinstance(value, ExportedFunction):
            value = value.func
        if isinstance(value, (WasmFunction, HostFunction)):
            expected = module.types[import_.desc]
            if value.type != expected:
                raise LinkError(f"incompatible import type for {name}: expected {expected}, got {value.type}")
            return value
        if not callable(value):
            raise LinkError(f"import {name} is not callable")
        return HostFunction(module.types[import_.desc], value)
    if isinstance(value, _CLASSES.get(import_.kind, ())):
        return value
    if import_.kind == "global" and not import_.desc.mutable and isinstance(value, (int, float)):
        return GlobalInstance(import_.desc, FROM_PYTHON[import_.desc.valtype](value))
    raise LinkError(f"incompatible import type for {name}: expected a {import_.kind}, got {type(value).__name__}")


def _store_of(given: list[Any], limits: Limits | None) -> Shared:
    """The store that an instance will live in: that of the memories, tables and globals it imports, if they have one.

    Without limits it also follows a function, so that calls between instances stay within wasmvm.

    Raises:
        LinkError: if it is not that of the limits.
    """
    mine = None if limits is None else limits.shared()
    for value in given:
        if isinstance(value, (MemoryInstance, TableInstance, GlobalInstance)) and value._shared is not None:
            if mine is not None and mine is not value._shared:
                raise LinkError("what an instance with limits imports must have been made with these limits")
            return value._shared
    if mine is not None:
        return mine
    for value in given:
        if isinstance(value, WasmFunction):
            return value.home()
    return Shared(_core.Store())


def _check_memories(module: types.Module, limits: Limits | None) -> None:
    if limits is not None and limits.max_memory is not None:
        for memory in module.mems:
            if memory.limits.min > limits.max_memory // MemoryInstance.PAGE_SIZE:
                raise LinkError(f"initial memory of {memory.limits.min} pages exceeds max_memory")


def instantiate(
    module: types.Module,
    imports: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    limits: Limits | None = None,
    mode: str | None = None,
) -> Instance:
    """An instance of a module.

    Args:
        module: what `decode_module` returned.
        imports: by module name and name: callables, objects of `runtime`, exports of instances, and numbers for
            globals that are not mutable.
        limits: what it may consume.
        mode: one of `MODES`; ignored otherwise.

    Raises:
        LinkError: if an import is missing or does not match.
        TrapError: if a segment does not fit, or the start function traps.
        ValueError: if there is no such mode.
    """
    mode = mode or DEFAULT_MODE
    if mode not in MODES:
        raise ValueError(f"mode must be one of {MODES}, not {mode!r}")
    compiled = module._compiled
    if compiled is None:
        raise TypeError("only a module that was decoded can be instantiated")
    instance = Instance(module)
    instance.limits = limits
    instance.mode = mode
    given = [_importable(module, import_, _lookup(imports or {}, import_)) for import_ in module.imports]
    shared = _store_of(given, limits)
    _check_memories(module, limits)
    if shared.store.metering:
        compiled = compiled.metered(shared.store.metering)
    with translated():
        externs = [value.core_in(shared) for value in given]
        instance._begin(instantiate_core(shared.store, compiled, externs), shared)
    if limits is not None and limits.max_memory is not None:
        for memory in instance.memories[len(module._syntax.mem_imports) :]:
            memory.limit_pages = limits.max_memory // MemoryInstance.PAGE_SIZE
    return instance


__all__ = [
    "SIGN_32",
    "GlobalInstance",
    "HostFunction",
    "Instance",
    "MemoryInstance",
    "WasmFunction",
    "execute",
    "instantiate",
]
