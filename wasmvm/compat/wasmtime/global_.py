"""Globals."""

from __future__ import annotations

from typing import Any

from wasmvm import _core
from wasmvm.compat.wasmtime.caller import Storelike, check
from wasmvm.compat.wasmtime.error import WasmtimeError
from wasmvm.compat.wasmtime.extern import Extern
from wasmvm.compat.wasmtime.types import GlobalType
from wasmvm.compat.wasmtime.val import Val, from_core, to_core


class Global(Extern, wraps=_core.Global, held_in="_global"):
    """Args: store: a store. ty: a `GlobalType`. val: the first value."""

    _global: _core.Global

    def __init__(self, store: Storelike, ty: GlobalType, val: Any) -> None:
        if not isinstance(ty, GlobalType):
            raise TypeError("expected a GlobalType")
        globaltype = ty.ptr()
        self._global = _core.Global(store._context(), globaltype, to_core(globaltype.valtype, val))

    def type(self, store: Storelike) -> GlobalType:
        check(store, self._global.store)
        return GlobalType._of(self._global.type)

    def value(self, store: Storelike) -> Any:
        """The value; a null reference is a `Val`."""
        check(store, self._global.store)
        value = self._global.value
        return Val(self._global.type.valtype, None) if value is None else from_core(value)

    def set_value(self, store: Storelike, val: Any) -> None:
        """WasmtimeError if the global is immutable."""
        check(store, self._global.store)
        value = to_core(self._global.type.valtype, val)
        if not self._global.type.mutable:
            raise WasmtimeError("immutable global cannot be set")
        self._global.value = value
