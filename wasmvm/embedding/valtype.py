"""Value types by name."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from wasmvm import types
from wasmvm.types import FuncType


class ValType(IntEnum):
    """A value type (spec "Structure: Value Types"). Each is its number in the binary format."""

    I32 = types.I32
    I64 = types.I64
    F32 = types.F32
    F64 = types.F64
    V128 = types.V128
    FUNCREF = types.FUNCREF
    EXTERNREF = types.EXTERNREF
    ANYREF = types.ANYREF
    EQREF = types.EQREF
    I31REF = types.I31REF
    STRUCTREF = types.STRUCTREF
    ARRAYREF = types.ARRAYREF
    EXNREF = types.EXNREF
    NULLREF = types.NULLREF
    NULLFUNCREF = types.NULLFUNCREF
    NULLEXTERNREF = types.NULLEXTERNREF
    NULLEXNREF = types.NULLEXNREF

    def __str__(self) -> str:
        return types.valtype_text(self)


def valtype(given: int | str) -> int:
    """`given` as a value type: a name such as "i32", or its number.

    Raises:
        ValueError: there is no such type.
    """
    if isinstance(given, str):
        if given not in types.VALTYPES:
            raise ValueError(f"there is no value type {given!r}")
        return types.VALTYPES[given]
    if not (given in types.VALTYPE_NAMES or types.is_reftype(given)):
        raise ValueError(f"there is no value type {given!r}")
    return int(given)


def functype(params: str | Iterable[int | str] = (), results: str | Iterable[int | str] = ()) -> FuncType:
    """A function type; `params` and `results` are value types, or names of them in one string or several.

    >>> str(functype("i32 i64", "f64"))
    '(func (param i32 i64) (result f64))'
    """
    parts = (part.split() if isinstance(part, str) else part for part in (params, results))
    return FuncType(*(tuple(valtype(given) for given in part) for part in parts))
