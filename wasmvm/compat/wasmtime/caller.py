"""What can stand for a store: the store itself, and what host functions are given."""

from __future__ import annotations

from typing import Any

from wasmvm import _core as core
from wasmvm.compat.wasmtime.error import WasmtimeError
from wasmvm.compat.wasmtime.extern import wrap_extern
from wasmvm.compat.wasmtime.store import Store


class _Borrowed:
    """What stands for a store for a while: `_core`, until it is None."""

    _core: core.Store | None

    def _context(self) -> core.Store:
        if self._core is None:
            raise ValueError("caller is no longer valid")
        return self._core

    def _invalidate(self) -> None:
        self._core = None


class Caller(_Borrowed):
    """The instance that called a host function; until the function returns it also stands for its store."""

    def __init__(self, ptr: core.Caller) -> None:
        # Every call of a host function makes one of these, so it calls no method of its base.
        self._caller: core.Caller | None = ptr
        self._core = None if ptr is None else ptr.instance.store

    def __getitem__(self, name: str) -> Any:
        """The export of that name; KeyError if there is none, or the caller is gone."""
        found = self.get(name)
        if found is None:
            raise KeyError(f"failed to find export {name}")
        return found

    def get(self, name: str) -> Any:
        """The export of that name, or None."""
        name.encode()
        found = None if self._caller is None else self._caller.get(name)
        return None if found is None else wrap_extern(found)

    def _invalidate(self) -> None:
        self._caller = None
        self._core = None


class StoreContext(_Borrowed):
    """A store that is valid for a while."""

    def __init__(self, ptr: core.Store) -> None:
        self._core = ptr


Storelike = Store | Caller | StoreContext


def check(store: Storelike, owner: core.Store) -> None:
    """WasmtimeError unless `store` is the one that an object belongs to, ValueError if it is closed."""
    if store._core is not owner:
        store._context()
        raise WasmtimeError("object used with the wrong store")
