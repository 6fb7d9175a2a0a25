"""`Val`, and conversions of values."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from wasmvm import types
from wasmvm._core import Func as CoreFunc
from wasmvm.compat.wasmtime.error import WasmtimeError
from wasmvm.compat.wasmtime.extern import Extern, wrap_extern
from wasmvm.compat.wasmtime.types import ValType
from wasmvm.deftype import top_of


class Val:
    """A value with its type."""

    def __init__(self, kind: int, val: Any) -> None:
        self._kind = kind
        self._val = val

    @classmethod
    def i32(cls, val: int) -> Val:
        """Wraps."""
        return Val(types.I32, ctypes.c_int32(_integer(val)).value)

    @classmethod
    def i64(cls, val: int) -> Val:
        """Wraps."""
        return Val(types.I64, ctypes.c_int64(_integer(val)).value)

    @classmethod
    def f32(cls, val: float) -> Val:
        """Rounds."""
        return Val(types.F32, ctypes.c_float(_float(val)).value)

    @classmethod
    def f64(cls, val: float) -> Val:
        return Val(types.F64, _float(val))

    @classmethod
    def externref(cls, extern: Any) -> Val:
        return Val(types.EXTERNREF, extern)

    @classmethod
    def funcref(cls, f: Extern | None) -> Val:
        """`f` is a `Func`, or None."""
        return Val(types.FUNCREF, f)

    @classmethod
    def ref_null(cls, ty: ValType) -> Val:
        """A null reference; WasmtimeError unless `ty` is a type of references."""
        if not types.is_reftype(ty.ptr()):
            raise WasmtimeError(f"Invalid reference type for `ref_null`: {ty}")
        return Val(ty.ptr(), None)

    def __eq__(self, rhs: object) -> Any:
        if isinstance(rhs, Val):
            return self._kind == rhs._kind and self._val == rhs._val
        return self._val == rhs

    __hash__ = None  # type: ignore[assignment]

    @property
    def value(self) -> Any:
        return self._val

    @property
    def type(self) -> ValType:
        return ValType._of(self._kind)

    def _as(self, kind: int) -> Any:
        return self._val if self._kind == kind else None

    def as_i32(self) -> int | None:
        return self._as(types.I32)  # type: ignore[no-any-return]

    def as_i64(self) -> int | None:
        return self._as(types.I64)  # type: ignore[no-any-return]

    def as_f32(self) -> float | None:
        return self._as(types.F32)  # type: ignore[no-any-return]

    def as_f64(self) -> float | None:
        return self._as(types.F64)  # type: ignore[no-any-return]

    def as_externref(self) -> Any:
        return self._as(types.EXTERNREF)

    def as_funcref(self) -> Extern | None:
        """A `Func`; None for another type, and for null."""
        return self._as(types.FUNCREF)  # type: ignore[no-any-return]


def _integer(val: Any) -> int:
    if not isinstance(val, int):
        raise TypeError("expected an integer")
    return val


def _float(val: Any) -> float:
    if not isinstance(val, float):
        raise TypeError("expected a float")
    return val


EXACT: dict[int, type] = {types.I32: int, types.I64: int, types.F32: float, types.F64: float}
"""By value type: objects of which class are the same for wasmvm and for wasmtime, whatever their value."""


def to_core(valtype: int, val: Any) -> Any:
    """The value as wasmvm takes it; TypeError unless wasmtime would take it for that type.

    Two kinds of values are taken that wasmtime refuses: anything with ``__index__`` for an integer, and 16 bytes for
    a v128.
    """
    return converter(valtype)(valtype, val)


def converter(valtype: int) -> Callable[[int, Any], Any]:
    """What does `to_core` for a value type, and is called as that is."""
    found = _CONVERTERS.get(valtype)
    if found is None:
        found = _function if top_of(types.heaptype_of(valtype)) == types.FUNCREF else _reference
    return found


def _wrong(valtype: int, val: Any) -> TypeError:
    return TypeError(f"don't know how to convert {val!r} to {ValType._of(valtype)}")


def _unpacked(valtype: int, val: Val) -> Any:
    if val._kind != valtype:
        raise TypeError("wrong type of `Val` provided")
    return _unwrapped(val._val)


def _number(valtype: int, val: Any) -> Any:
    if isinstance(val, float) if valtype in (types.F32, types.F64) else hasattr(val, "__index__"):
        return val
    if isinstance(val, Val):
        return _unpacked(valtype, val)
    raise _wrong(valtype, val)


def _vector(valtype: int, val: Any) -> Any:
    if isinstance(val, (bytes, bytearray, memoryview)) and len(val) == 16:
        return val
    if isinstance(val, Val):
        return _unpacked(valtype, val)
    raise _wrong(valtype, val)


def _reference(valtype: int, val: Any) -> Any:
    return _unpacked(valtype, val) if isinstance(val, Val) else val


def _function(valtype: int, val: Any) -> Any:
    if val is None:
        return None
    if isinstance(val, Val):
        return _unpacked(valtype, val)
    func = _unwrapped(val)
    if func is val:
        raise _wrong(valtype, val)
    return func


_CONVERTERS: dict[int, Callable[[int, Any], Any]] = {
    types.I32: _number,
    types.I64: _number,
    types.F32: _number,
    types.F64: _number,
    types.V128: _vector,
    types.EXTERNREF: _reference,
    types.FUNCREF: _function,
}


def _unwrapped(val: Any) -> Any:
    """wasmvm's function for a `Func`; anything else as it is."""
    core = val._wrapped() if isinstance(val, Extern) else None
    return core if isinstance(core, CoreFunc) else val


def from_core(value: Any) -> Any:
    """A value as users of wasmtime get it: functions are wrapped, the rest is as it is."""
    return wrap_extern(value) if isinstance(value, CoreFunc) else value
