"""The functions of WASI in a linker, which serves many stores: each store has a configuration of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wasmvm.compat.wasmtime.caller import Storelike
from wasmvm.compat.wasmtime.error import WasmtimeError
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.function import functype_of
from wasmvm.wasi.preview1.link import bind


class WasiFunction:
    """A function of WASI that is not yet bound to a store."""

    __slots__ = ("name", "type")

    def __init__(self, name: str, functype: Any) -> None:
        self.name = name
        self.type = functype

    def bind(self, store: Storelike) -> tuple[Any, Callable[..., Any]]:
        """Type and callable for a store; without `Store.set_wasi` the callable raises WasmtimeError."""
        owner: Any = store
        if getattr(owner, "_wasi", None) is None:
            return self.type, _not_configured
        return bind(owner._wasi, self.name, abi.MODULE)


def _not_configured(caller: Any, *params: Any) -> Any:
    raise WasmtimeError("the store has no WASI: call `Store.set_wasi`")


def wasi_functions() -> dict[str, WasiFunction]:
    """Every function of WASI, by name."""
    return {name: WasiFunction(name, functype_of(name)) for name in abi.FUNCTIONS}


class Bound(dict[str, Any]):
    """What a linker has for one import module, with the functions of WASI bound to a store when they are asked for."""

    def __init__(self, items: dict[str, Any], store: Storelike) -> None:
        super().__init__()
        self._items = items
        self._store = store

    def __missing__(self, name: str) -> Any:
        item = self._items[name]
        if isinstance(item, WasiFunction):
            item = item.bind(self._store)
        self[name] = item
        return item
