"""Limits and instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wasmvm import _core
from wasmvm.compat.pwasm.errors import translated
from wasmvm.embedding import instance, module


class Limits:
    """What an instance may consume.

    Args:
        fuel: units; wasmvm's are instructions, where pwasm counts calls and turns of loops.
        max_memory: bytes of a memory.
        check_interval: accepted and ignored.
    """

    def __init__(
        self, fuel: int | None = None, max_memory: int | None = None, check_interval: int | None = None
    ) -> None:
        self.store = instance.limited_store(fuel=fuel, max_memory=max_memory)
        self._granted = fuel

    @property
    def fuel_remaining(self) -> int | None:
        return None if self._granted is None else self.store.fuel

    @property
    def fuel_consumed(self) -> int:
        return 0 if self._granted is None else self._granted - self.store.fuel

    def set_fuel(self, fuel: int | None) -> None:
        """Replace what is left; ValueError where the instance was made without fuel."""
        if fuel is None or not self.store.metering:
            raise ValueError("whether fuel is counted is decided when the limits are made")
        self._granted = self.fuel_consumed + fuel
        self.store.fuel = fuel


class Memory:
    """A memory."""

    def __init__(self, core: _core.Memory) -> None:
        self._core = core

    @property
    def data(self) -> memoryview:
        return memoryview(self._core)

    @property
    def size(self) -> int:
        """Size in pages."""
        return self._core.pages

    def grow(self, delta: int) -> int:
        """The old size in pages, or -1 where it cannot grow."""
        try:
            return self._core.grow(delta)
        except ValueError:
            return -1

    def read(self, ptr: int, length: int) -> bytes:
        return self._core.read(ptr, length)

    def write(self, ptr: int, data: bytes) -> None:
        self._core.write(ptr, data)


class Table:
    """A table."""

    def __init__(self, core: _core.Table) -> None:
        self._core = core

    @property
    def size(self) -> int:
        return len(self._core)

    def get(self, index: int) -> Any:
        return wrap(self._core[index])


class Function:
    """An exported function."""

    def __init__(self, core: _core.Func) -> None:
        self._core = core

    @property
    def type(self) -> Any:
        return self._core.type

    def __call__(self, *args: Any) -> Any:
        with translated():
            return self._core(*args)


def wrap(extern: Any) -> Any:
    """The class of pwasm for an object of wasmvm; a global is one that it could be already."""
    wrappers: dict[type, Any] = {_core.Func: Function, _core.Memory: Memory, _core.Table: Table}
    wrapper = wrappers.get(type(extern))
    return extern if wrapper is None else wrapper(extern)


class Exports(Mapping[str, Any]):
    """The exports, as attributes or by name."""

    def __init__(self, externs: Mapping[str, Any]) -> None:
        self._externs = {name: wrap(extern) for name, extern in externs.items()}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_externs"][name]
        except KeyError:
            raise AttributeError(f"no export {name!r}") from None

    def __getitem__(self, name: str) -> Any:
        return self._externs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._externs)

    def __len__(self) -> int:
        return len(self._externs)


class Instance:
    """An instance; `exports` are its exports."""

    def __init__(self, module: module.Module, imports: Any, limits: Limits | None) -> None:
        unwrapped = {
            name: {key: getattr(item, "_core", item) for key, item in items.items()}
            for name, items in (imports or {}).items()
        }
        self.module = module
        self.limits = limits
        with translated():
            self._instance = instance.Instance(module, unwrapped, None if limits is None else limits.store)
        self.exports = Exports(self._instance.exports)
        self.memories = [Memory(memory) for memory in self._instance.core.memories]
        self.tables = [Table(table) for table in self._instance.core.tables]


def decode_module(data: bytes) -> module.Module:
    """A module of the binary format, decoded and validated."""
    with translated():
        return module.Module(bytes(data))


def instantiate(
    module: module.Module, imports: Any = None, *, limits: Limits | None = None, mode: str | None = None
) -> Instance:
    """An instance of a module. `mode` ("interpret", "compile", "auto") is accepted and ignored."""
    if mode not in (None, "interpret", "compile", "auto"):
        raise ValueError(f"mode must be one of ('auto', 'compile', 'interpret'), not {mode!r}")
    return Instance(module, imports, limits)
