"""pwasm's numeric functions, on its internal values; `wasmvm.numeric` says what the operators mean.

An i32 or i64 is an unsigned integer, an f32 or f64 a float, and the f32 that are NaN are `F32NaN`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from wasmvm import types
from wasmvm.compat.instructions import ROWS_2_0
from wasmvm.compat.pwasm.errors import translated
from wasmvm.numeric import OPERATORS, evaluate, signed

MASK_32 = 0xFFFFFFFF
MASK_64 = 0xFFFFFFFFFFFFFFFF
SIGN_32 = 0x80000000
SIGN_64 = 0x8000000000000000
INF = float("inf")
NAN = float("nan")

_F32, _F64, _U32, _U64 = (struct.Struct(f"<{letter}") for letter in "fdIQ")


class F32NaN(float):
    """An f32 that is a NaN, with its `bits`."""

    __slots__ = ("bits",)
    bits: int

    def __new__(cls, bits: int) -> F32NaN:
        self = float.__new__(cls, "-nan" if bits & SIGN_32 else "nan")
        self.bits = bits
        return self

    def __repr__(self) -> str:
        return f"F32NaN(0x{self.bits:08x})"


def f32_round(x: float) -> float:
    """The nearest f32; infinity for larger numbers."""
    try:
        return float(_F32.unpack(_F32.pack(x))[0])
    except OverflowError:
        return INF if x > 0 else -INF


def f32_from_bits(bits: int) -> float:
    value = float(_F32.unpack(_U32.pack(bits))[0])
    return value if value == value else F32NaN(bits)


def f32_to_bits(value: float) -> int:
    return value.bits if isinstance(value, F32NaN) else int(_U32.unpack(_F32.pack(value))[0])


def f64_reinterpret_i64(a: int) -> float:
    return float(_F64.unpack(_U64.pack(a))[0])


def i64_reinterpret_f64(a: float) -> int:
    return int(_U64.unpack(_F64.pack(a))[0])


def i32_signed(v: int) -> int:
    return signed(v, 32)


def i64_signed(v: int) -> int:
    return signed(v, 64)


_TO_BITS: dict[int, Callable[[Any], int]] = {
    types.I32: lambda n: n & MASK_32,
    types.I64: lambda n: n & MASK_64,
    types.F32: lambda n: f32_to_bits(n if isinstance(n, F32NaN) else f32_round(n)),
    types.F64: i64_reinterpret_f64,
}
_FROM_BITS: dict[int, Callable[[int], Any]] = {types.F32: f32_from_bits, types.F64: f64_reinterpret_i64}

_SHORT = {
    "i32_trunc": "i32.trunc_f64", "i64_trunc": "i64.trunc_f64",
    "i32_trunc_sat": "i32.trunc_sat_f64", "i64_trunc_sat": "i64.trunc_sat_f64",
}  # fmt: skip
"""pwasm's conversions to integers take any float, so their names do not say which."""


def _function(name: str, mnemonic: str) -> Callable[..., Any]:
    row = next(row for row in ROWS_2_0 if row.mnemonic == mnemonic)
    assert row.params is not None and row.results is not None
    to_bits = [_TO_BITS[t] for t in row.params]
    from_bits = _FROM_BITS.get(row.results[0], int)

    def function(*operands: Any) -> Any:
        with translated():
            return from_bits(evaluate(mnemonic, *(convert(n) for convert, n in zip(to_bits, operands, strict=True))))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"``{mnemonic}`` on internal values; TrapError where it traps."
    return function


for _mnemonic in OPERATORS:
    _name = _mnemonic.replace(".", "_")
    if _name not in globals():
        globals()[_name] = _function(_name, _mnemonic)
for _name, _mnemonic in _SHORT.items():
    for _suffix in ("_s", "_u"):
        globals()[_name + _suffix] = _function(_name + _suffix, _mnemonic + _suffix)
globals()["f64_convert_u"] = _function("f64_convert_u", "f64.convert_i64_u")
