"""Instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wasmvm import _core, errors
from wasmvm.compat.wasmtime.caller import Storelike, check
from wasmvm.compat.wasmtime.error import WasmtimeError, raised
from wasmvm.compat.wasmtime.extern import core_extern, wrap_extern
from wasmvm.compat.wasmtime.managed import Managed
from wasmvm.compat.wasmtime.module import Module
from wasmvm.embedding import instance, module
from wasmvm.runtime.instantiate import instantiate


class Instance:
    """Args: store: a store. module: a `Module`. imports: what it imports, in its order."""

    _instance: _core.Instance
    _exports: InstanceExports | None = None

    def __init__(self, store: Storelike, module: Module, imports: Sequence[Any]) -> None:
        externs = [core_extern(item) for item in imports] if imports else ()
        context = store._core or store._context()
        compiled = module.ptr().compiled
        if context.metering:
            compiled = compiled.metered(True)
        if len(externs) != len(compiled.syntax.imports):
            raise WasmtimeError(f"expected {len(compiled.syntax.imports)} imports, found {len(externs)}")
        try:
            self._instance = instantiate(context, compiled, externs)
        except errors.WasmError as error:
            raise raised(error) from None

    @classmethod
    def _linked(cls, store: Storelike, linked: module.Module, imports: Any) -> Instance:
        """An instance whose imports are found by name."""
        made = cls.__new__(cls)
        try:
            made._instance = instance.Instance(linked, imports, store._context()).core
        except errors.WasmError as error:
            raise raised(error) from None
        return made

    def exports(self, store: Storelike) -> InstanceExports:
        """The exports; the same object each time."""
        if self._exports is None:
            check(store, self._instance.store)
            self._exports = InstanceExports(store, self)
        return self._exports


class InstanceExports(Mapping[str, Any]):
    """The exports of an instance by name, or in order as `by_index`; each object is made when it is first asked for."""

    def __init__(self, store: Storelike, instance: Instance) -> None:
        self._core = instance._instance
        self._externs: dict[str, Any] = {}
        self._by_index: tuple[Any, ...] | None = None

    @property
    def by_index(self) -> Sequence[Any]:
        if self._by_index is None:
            self._by_index = tuple(self.values())
        return self._by_index

    def __getitem__(self, idx: str) -> Any:
        extern = self._externs.get(idx)
        if extern is None:
            extern = self._externs[idx] = wrap_extern(self._core.export(idx))
        return extern

    def __contains__(self, idx: object) -> bool:
        return idx in self._core.export_names

    def __len__(self) -> int:
        return len(self._core.export_names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.export_names)


class InstancePre(Managed[Any]):
    """A module whose imports a `Linker` has found; made by `Linker.instantiate_pre`."""

    def instantiate(self, store: Storelike) -> Instance:
        """An instance in `store`; raises what `Instance` raises."""
        linked, imports = self.ptr()
        return Instance._linked(store, linked, imports(store))

    @property
    def module(self) -> Module:
        return Module._of(self.ptr()[0])
