"""Instances: a module with its imports, ready to be called."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wasmvm._core import Func, Global, Memory, Store, Table
from wasmvm.embedding.func import HostFunc
from wasmvm.embedding.module import Module
from wasmvm.errors import LinkError
from wasmvm.runtime.instantiate import Extern
from wasmvm.runtime.instantiate import instantiate as instantiate_core
from wasmvm.syntax import Import
from wasmvm.types import FUNC, FuncType

Importable = Func | Table | Memory | Global | HostFunc | Callable[..., Any]
Imports = Mapping[str, Mapping[str, Importable]]


class Exports(Mapping[str, Any]):
    """The exports of an instance: a mapping by name, and attributes for names that Python can spell."""

    def __init__(self, externs: dict[str, Extern]) -> None:
        self._externs = externs

    def __getitem__(self, name: str) -> Any:
        return self._externs[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._externs[name]
        except KeyError:
            raise AttributeError(f"the instance has no export {name!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._externs)

    def __len__(self) -> int:
        return len(self._externs)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._externs]

    def __repr__(self) -> str:
        return f"<Exports {', '.join(self._externs)}>"


class Instance:
    """A module instance (specification, 4.2.5).

    Args:
        module: the module to instantiate; its start function runs now.
        imports: what it imports, by module name and name: functions, tables, memories and globals of the same store,
            or Python callables. The exports of another instance may stand for a whole module name.
        store: the store to live in; a new one where it is None.

    Attributes:
        module, store: as given.
        exports: its exports, by name or as attributes.

    Raises:
        LinkError: an import is missing or does not match.
        Trap: an active segment or the start function trapped.
    """

    def __init__(self, module: Module, imports: Imports | None = None, store: Store | None = None) -> None:
        self.module = module
        self.store = Store() if store is None else store
        externs = [self._resolve(import_, imports or {}) for import_ in module.compiled.syntax.imports]
        self.core = instantiate_core(self.store, module.compiled, externs)
        self.exports = Exports(self.core.exports)

    def _resolve(self, import_: Import, imports: Imports) -> Extern:
        try:
            given = imports[import_.module][import_.name]
        except KeyError:
            raise LinkError(f'unknown import "{import_.module}" "{import_.name}"') from None
        if isinstance(given, (Func, Table, Memory, Global)):
            return given
        if not isinstance(given, HostFunc):
            if import_.kind != FUNC or not callable(given):
                raise LinkError(
                    f'incompatible import type for "{import_.module}" "{import_.name}": '
                    f"{type(given).__name__} is nothing that can be imported there"
                )
            given = HostFunc(given)
        expected = self.module.compiled.syntax.import_type(import_) if import_.kind == FUNC else FuncType((), ())
        return given.bind(self.store, expected)  # type: ignore[arg-type]


def instantiate(
    source: Module | bytes | bytearray | memoryview | str | os.PathLike[str],
    imports: Imports | None = None,
    store: Store | None = None,
) -> Instance:
    """Compile `source` (bytes, or a path), unless it is a `Module` already, and make an `Instance` of it."""
    return Instance(source if isinstance(source, Module) else Module(source), imports, store)
