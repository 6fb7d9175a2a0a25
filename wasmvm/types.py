"""Types (specification, 2.3 and 5.3): value types as small integers, the rest as named tuples.

A value type is the byte of the binary format, so that decoder, validator and lowering compare plain integers.
"""

from __future__ import annotations

from typing import NamedTuple

I32 = 0x7F
I64 = 0x7E
F32 = 0x7D
F64 = 0x7C
V128 = 0x7B
FUNCREF = 0x70
EXTERNREF = 0x6F

VALTYPE_NAMES: dict[int, str] = {
    I32: "i32",
    I64: "i64",
    F32: "f32",
    F64: "f64",
    V128: "v128",
    FUNCREF: "funcref",
    EXTERNREF: "externref",
}
VALTYPES: dict[str, int] = {name: valtype for valtype, name in VALTYPE_NAMES.items()}
NUMTYPES = frozenset((I32, I64, F32, F64))
REFTYPES = frozenset((FUNCREF, EXTERNREF))

PAGE_SIZE = 1 << 16
"""Bytes in a page of linear memory."""
MAX_PAGES = 1 << 16
"""Pages in a memory whose addresses are i32."""
MAX_TABLE = (1 << 32) - 1
"""Elements in a table whose indices are i32, as the binary format can state them."""


MAX_LOCALS = 50_000
"""Parameters and locals of a function, as in the limits of web browsers: a few bytes can ask for billions."""


def valtype_slots(valtype: int) -> int:
    """Number of 8-byte slots that a value of this type takes in a frame."""
    return 2 if valtype == V128 else 1


NO_METERING, METER_INSTRUCTIONS, METER_CALLS = range(3)
"""What wasm costs fuel for: nothing; instructions; or only calls and turns of loops, one unit each."""


class FuncType(NamedTuple):
    """2.3.6: a function type; both parts are tuples of value types."""

    params: tuple[int, ...]
    results: tuple[int, ...]

    def __str__(self) -> str:
        params = "".join(f" {VALTYPE_NAMES[t]}" for t in self.params)
        results = "".join(f" {VALTYPE_NAMES[t]}" for t in self.results)
        return f"(func{f' (param{params})' if params else ''}{f' (result{results})' if results else ''})"


class Limits(NamedTuple):
    """2.3.7: sizes in pages for memories, in elements for tables; `max` is None where there is none."""

    min: int
    max: int | None


class MemoryType(NamedTuple):
    """2.3.8."""

    limits: Limits


class TableType(NamedTuple):
    """2.3.9."""

    reftype: int
    limits: Limits


class GlobalType(NamedTuple):
    """2.3.10."""

    valtype: int
    mutable: bool


ExternType = FuncType | TableType | MemoryType | GlobalType
"""2.3.11: the type of an import or export."""

FUNC, TABLE, MEMORY, GLOBAL = range(4)
"""Kinds of external values, as the binary format numbers them (5.5.5, 5.5.10)."""
EXTERN_KINDS = ("func", "table", "memory", "global")


def match_limits(actual: Limits, expected: Limits) -> bool:
    """3.2.7 "Limits": whether `actual` may be given where `expected` is imported."""
    return actual.min >= expected.min and (
        expected.max is None or (actual.max is not None and actual.max <= expected.max)
    )
