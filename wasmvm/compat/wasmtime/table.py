"""Tables."""

from __future__ import annotations

from operator import index
from typing import Any

from wasmvm import _core
from wasmvm.compat.wasmtime.caller import Storelike, check
from wasmvm.compat.wasmtime.error import WasmtimeError, translated
from wasmvm.compat.wasmtime.extern import Extern
from wasmvm.compat.wasmtime.types import TableType
from wasmvm.compat.wasmtime.val import Val, from_core, to_core


class Table(Extern, wraps=_core.Table, held_in="_table"):
    """Args: store: a store. ty: a `TableType`. init: what each element is at first."""

    _table: _core.Table

    def __init__(self, store: Storelike, ty: TableType, init: Any) -> None:
        tabletype = ty.ptr()
        value = to_core(tabletype.reftype, init)
        with translated():
            self._table = _core.Table(store._context(), tabletype, value)

    def type(self, store: Storelike) -> TableType:
        check(store, self._table.store)
        return TableType._of(self._table.type)

    def size(self, store: Storelike) -> int:
        check(store, self._table.store)
        return len(self._table)

    def grow(self, store: Storelike, amt: int, init: Any) -> int:
        """Grow by `amt` elements and return the old size; WasmtimeError if it cannot."""
        check(store, self._table.store)
        value = to_core(self._table.type.reftype, init)
        amt = index(amt)
        try:
            return self._table.grow(amt, value)
        except ValueError:
            raise WasmtimeError(f"failed to grow table by `{amt & 0xFFFFFFFFFFFFFFFF}`") from None

    def get(self, store: Storelike, idx: int) -> Any:
        """An element: a `Func`, the object of an externref, a null `Val`, or None if there is no such index."""
        check(store, self._table.store)
        idx = index(idx)
        if not 0 <= idx < len(self._table):
            return None
        value = self._table[idx]
        return from_core(value) if value else Val(self._table.type.reftype, value)

    def set(self, store: Storelike, idx: int, val: Any) -> None:
        """WasmtimeError if there is no such index."""
        check(store, self._table.store)
        value = to_core(self._table.type.reftype, val)
        idx = index(idx)
        if not 0 <= idx < len(self._table):
            raise WasmtimeError("wasm trap: undefined element: out of bounds table access")
        self._table[idx] = value
