"""`Val`, and conversions of values."""

from __future__ import annotations

import ctypes
from typing import Any

from wasmvm import _core, types
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


def to_core(valtype: int, val: Any) -> Any:
    """The value as wasmvm takes it; TypeError unless wasmtime would take it for that type.

    Two kinds of values are taken that wasmtime refuses: anything with ``__index__`` for an integer, and 16 bytes for
    a v128.
    """
    if isinstance(val, Val):
        if val._kind != valtype:
            raise TypeError("wrong type of `Val` provided")
        return _unwrapped(val._val)
    if valtype == types.EXTERNREF or (types.is_reftype(valtype) and _top(valtype) != types.FUNCREF):
        return val
    if valtype in (types.I32, types.I64):
        accepted = hasattr(val, "__index__")
    elif valtype in (types.F32, types.F64):
        accepted = isinstance(val, float)
    elif valtype == types.V128:
        accepted = isinstance(val, (bytes, bytearray, memoryview)) and len(val) == 16
    else:
        func = _unwrapped(val)
        if val is None or func is not val:
            return func
        accepted = False
    if not accepted:
        raise TypeError(f"don't know how to convert {val!r} to {ValType._of(valtype)}")
    return val


def _unwrapped(val: Any) -> Any:
    """wasmvm's function for a `Func`; anything else as it is."""
    core = val._wrapped() if isinstance(val, Extern) else None
    return core if isinstance(core, _core.Func) else val


def _top(reftype: int) -> int:
    return top_of(types.heaptype_of(reftype))


def from_core(value: Any) -> Any:
    """A value as users of wasmtime get it: functions are wrapped, the rest is as it is."""
    return wrap_extern(value) if isinstance(value, _core.Func) else value
