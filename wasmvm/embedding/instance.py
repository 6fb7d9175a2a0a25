"""Instances: a module with its imports, ready to be called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from time import monotonic

from wasmvm._core import Func, Global, Memory, SharedMemory, Store, Table, Tag
from wasmvm._core import Instance as CoreInstance
from wasmvm.compiled import CompiledModule
from wasmvm.compiled.source import Source, check_module_size, size_limit
from wasmvm.embedding.func import HostFunc
from wasmvm.embedding.module import Module
from wasmvm.errors import LinkError
from wasmvm.quoting import listed, quoted
from wasmvm.runtime.instantiate import Extern
from wasmvm.runtime.instantiate import instantiate as instantiate_core
from wasmvm.syntax import Import
from wasmvm.types import FUNC, ExternType, FuncType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object

Importable = (
    Func
    | Table
    | Memory
    | SharedMemory
    | Global
    | Tag
    | HostFunc
    | tuple[FuncType, Callable[..., Any]]
    | Callable[..., Any]
)
"""What can be imported; a tuple is a function's type and a callable that takes the `Caller` first."""
Imports = Mapping[str, Mapping[str, Importable]]


class Exports(Mapping[str, Any]):
    """The exports of an instance: a mapping by name, and attributes for names that Python can spell.

    The methods of a mapping (``keys``, ``get``, ...) come before exports of those names, which an index still finds.
    An export's object is made when it is first asked for: instances of modules with thousands of exports use a few.
    """

    def __init__(self, core: CoreInstance) -> None:
        self._core = core
        self._externs: dict[str, Extern] = {}  # those that were asked for

    def __getitem__(self, name: str) -> Any:
        extern = self._externs.get(name)
        if extern is None:
            extern = self._externs[name] = self._core.export(name)
        return extern

    def __getattr__(self, name: str) -> Any:
        if name not in _OWN:  # those are missing only in an object that was not initialized
            try:
                extern = self[name]
            except KeyError:
                pass
            else:
                self.__dict__[name] = extern  # from now on it is found without running any Python code
                return extern
        raise AttributeError(f"the instance has no export {name!r}")

    def __dir__(self) -> list[str]:
        return [*{*super().__dir__(), *self}]

    def __contains__(self, name: object) -> bool:
        return name in self._core.export_names

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.export_names)

    def __len__(self) -> int:
        return len(self._core.export_names)

    def __repr__(self) -> str:
        return f"<Exports {listed(self)}>"


_OWN = frozenset(("_core", "_externs"))


class Instance:
    """A module instance (spec "Execution: Module Instances").

    Args:
        module: the module to instantiate; its start function runs now.
        imports: what it imports, by module name and name: functions, tables, memories, globals and tags of the same
            store, or Python callables. The exports of another instance may stand for a whole module name.
        store: the store to live in; by default a new one.

    Attributes:
        module, store: as given.
        exports: its exports, by name or as attributes.

    Raises:
        LinkError: an import is missing or does not match.
        Trap: an active segment or the start function trapped.
        WasmException: the start function threw what nothing caught.
    """

    def __init__(self, module: Module, imports: Imports | None = None, store: Store | None = None) -> None:
        try:
            compiled = module.compiled
        except AttributeError:
            raise TypeError(f"module: expected a Module, got {type(module).__name__}") from None
        self.module = module
        self.store = store = Store() if store is None else store
        if store.metering:
            compiled = compiled.metered(store.metering)
        wanted = compiled.syntax.imports
        externs: list[Extern] = []
        if wanted:
            given = imports or {}
            types = zip(wanted, compiled.import_types, strict=True)
            externs = [resolve(store, compiled, given, import_, expected) for import_, expected in types]
        self.core = instantiate_core(store, compiled, externs)

    @property
    def exports(self) -> Exports:
        made: Exports | None = self.__dict__.get("_exports")
        if made is None:
            made = self.__dict__.setdefault("_exports", Exports(self.core))
        return made

    def __repr__(self) -> str:
        return f"<wasmvm.Instance of {self.module!r}>"


def resolve(store: Store, module: CompiledModule, imports: Imports, import_: Import, expected: ExternType) -> Extern:
    """The object of the store that `imports` gives for an import.

    Raises:
        LinkError: `imports` has no such name, or an object there that cannot be imported.
    """
    try:
        given = imports[import_.module][import_.name]
    except KeyError:
        raise LinkError(
            f"unknown import {quoted(import_.module)} {quoted(import_.name)}", import_.module, import_.name, expected
        ) from None
    except TypeError:
        wrong = imports if not isinstance(imports, Mapping) else imports[import_.module]
        raise TypeError(
            f"imports: expected mappings of module names to mappings of names, found {type(wrong).__name__}"
        ) from None
    if isinstance(given, (Func, Table, Memory, SharedMemory, Global, Tag)):
        return given
    if isinstance(given, tuple):
        given = HostFunc(given[1], given[0], access_caller=True)
    is_func = import_.kind == FUNC
    if isinstance(given, HostFunc):
        if is_func:
            return given.bind(store, expected, module.type_ids[import_.desc])  # type: ignore[arg-type]
        return given.bind(store, FuncType((), ()))  # instantiation will say that it is of the wrong kind
    if is_func and callable(given):
        return Func(store, expected, given, type_id=module.type_ids[import_.desc])  # type: ignore[arg-type]
    raise LinkError(
        f"incompatible import type for {quoted(import_.module)} {quoted(import_.name)}: "
        f"{type(given).__name__} is nothing that can be imported there",
        import_.module, import_.name, expected, given,
    )  # fmt: skip


def instantiate(
    source: Module | Source,
    imports: Imports | None = None,
    store: Store | None = None,
    *,
    fuel: int | None = None,
    timeout: float | None = None,
    max_memory: int | None = None,
    max_table: int | None = None,
    max_heap: int | None = None,
    max_stack: int | None = None,
    max_instances: int | None = None,
    max_tables: int | None = None,
    max_memories: int | None = None,
    max_module_size: int | None = None,
) -> Instance:
    """Compile `source`, unless it is a `Module` already, and make an `Instance` of it in a store of its own.

    Args:
        source: a module, its bytes, its text, or the path of a file.
        imports: see `Instance`.
        store: the store to live in, which has its own limits; by default a new one.
        fuel: units that it may consume, instantiation included: one per instruction (see `Store`). ``vm.store.fuel``
            is what is left, and can be set.
        timeout: seconds that a call from Python may take, and that compiling the module may take (except assembling its
            text). The time limit of a given `store`, and `Store.interrupt`, end compiling as well.
        max_memory, max_table, max_heap, max_stack, max_instances, max_tables, max_memories: see `Store`.
        max_module_size: see `Module`.

    Raises:
        DecodeError, ValidationError, TextError, OSError: see `Module`.
        LinkError, Trap: see `Instance`.
        TypeError, ValueError: a limit has the wrong type or an impossible value; a store was given along with limits.
    """
    limits: dict[str, Any] = {
        "fuel": fuel, "timeout": timeout, "max_memory": max_memory, "max_table": max_table, "max_heap": max_heap,
        "max_stack": max_stack, "max_instances": max_instances, "max_tables": max_tables, "max_memories": max_memories,
    }  # fmt: skip
    if store is None:
        store = Store(**limits)
    elif any(limit is not None for limit in limits.values()):
        raise ValueError("limits are given to the store where one is made by hand")
    return Instance(compiled_module(source, store, max_module_size), imports, store)


def compiled_module(source: Module | Source, store: Store, max_module_size: int | None = None) -> Module:
    """The `Module` of a source, or `source` itself if it is one; compiling has the time that the store gives a call.

    Raises what `Module` raises, and Trap.
    """
    if isinstance(source, Module):
        check_module_size(len(source.compiled.syntax.loaded), size_limit(max_module_size))
        return source
    made: Module = store.during_call(
        lambda: Module(source, max_module_size=max_module_size, checkpoint=store.compile_slice)
    )
    return made


class Countdown:
    """One time limit for several calls in a row, such as the start function and the exports of a program.

    It starts now, with the time that the store gives a call. If the store has no limit, it does nothing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._end = None if store.timeout is None else monotonic() + store.timeout

    def renew(self) -> None:
        """Give the store's next call the time that is left."""
        if self._end is not None:
            self._store.timeout = max(0.0, self._end - monotonic())
