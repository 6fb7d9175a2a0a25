"""What generated programs are made of: value types, constants, and instructions with their types."""

from __future__ import annotations

from typing import NamedTuple

from wasmvm.isa import imm, wasm
from wasmvm.types import VALTYPE_NAMES

INTEGERS = ("i32", "i64")

EDGES = {
    "i32": ["0", "1", "2", "3", "5", "-1", "-2", "31", "32", "0x7fffffff", "-0x80000000", "0xffff", "-32769", "65532"],
    "i64": ["0", "1", "2", "-1", "63", "64", "0x7fffffff", "0x80000000", "0xffffffff", "0x100000000", "-0x80000000",
            "0x7fffffffffffffff", "-0x8000000000000000", "0x80000000ffffffff"],
    "f32": ["0", "-0", "1", "-1.5", "inf", "-inf", "3.4e38", "0x1p-149", "16777217"],
    "f64": ["0", "-0", "1", "-1.5", "inf", "-inf", "1e308", "0x1p-1074", "4294967296.5"],
    "v128": ["i32x4 0 0 0 0", "i64x2 -1 -1", "i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "f32x4 3e9 -3e9 0.5 -1.5",
             "i8x16 16 31 3 0 127 -128 255 1 2 3 4 5 6 7 8 9", "i16x8 0x7fff -0x8000 -1 0 1 2 255 256",
             "f32x4 nan:0x200000 -inf -0 1.5", "f64x2 nan:0x4000000000000 1e300"],
}  # fmt: skip


class Vocabulary(NamedTuple):
    """Attributes:

    name: what it is called.
    valtypes: the value types that are used.
    weighted: the same, as often as they shall come.
    operators: (mnemonic, operands, result); those that can trap are left out or rare.
    loads, stores: (mnemonic, type of what is loaded or stored).
    lanes: by mnemonic, how many lane indices follow it, and what they must be less than.
    several_memories: whether modules have more than one, and addresses of 64 bits.
    """

    name: str
    valtypes: tuple[str, ...]
    weighted: tuple[str, ...]
    operators: list[tuple[str, tuple[str, ...], str]]
    loads: list[tuple[str, str]]
    stores: list[tuple[str, str]]
    lanes: dict[str, tuple[int, int]]
    several_memories: bool = False


def _operators() -> list[tuple[str, tuple[str, ...], str]]:
    """(mnemonic, operands, result) of the instructions that are used, those that can trap left out or rare."""
    made = []
    for t in INTEGERS:
        for name in "add sub mul and or xor shl shr_s shr_u rotl rotr div_s div_u rem_s rem_u".split():
            made.append((f"{t}.{name}", (t, t), t))
        for name in "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u".split():
            made += [(f"{t}.{name}", (t, t), "i32")] * 2
        made += [(f"{t}.eqz", (t,), "i32")] * 6
        for name in "clz ctz popcnt extend8_s extend16_s".split():
            made.append((f"{t}.{name}", (t,), t))
    for t in ("f32", "f64"):
        for name in "add sub mul div min max".split():
            made.append((f"{t}.{name}", (t, t), t))
        for name in "eq ne lt gt le ge".split():
            made += [(f"{t}.{name}", (t, t), "i32")] * 2
        for name in "neg abs sqrt floor".split():
            made.append((f"{t}.{name}", (t,), t))
        for u in INTEGERS:
            made.append((f"{t}.convert_{u}_s", (u,), t))
            made.append((f"{u}.trunc_sat_{t}_u", (t,), u))
            made.append((f"{u}.trunc_sat_{t}_s", (t,), u))
    made += [("i32.wrap_i64", ("i64",), "i32")] * 6
    made += [("i64.extend_i32_s", ("i32",), "i64"), ("i64.extend_i32_u", ("i32",), "i64")] * 4
    made += [("i64.extend32_s", ("i64",), "i64"), ("f32.demote_f64", ("f64",), "f32")]
    made.append(("f64.promote_f32", ("f32",), "f64"))
    return made


SCALARS = Vocabulary(
    "scalars",
    ("i32", "i64", "f32", "f64"),
    ("i32", "i32", "i32", "i32", "i64", "i64", "f64", "f32"),
    _operators(),
    [(f"i32.load{s}", "i32") for s in ("", "8_s", "8_u", "16_s", "16_u")]
    + [(f"i64.load{s}", "i64") for s in ("", "8_s", "8_u", "16_s", "32_s", "32_u")],
    [("i32.store", "i32"), ("i32.store8", "i32"), ("i32.store16", "i32"), ("i64.store", "i64"),
     ("i64.store32", "i64"), ("i64.store8", "i64")],
    {},
)  # fmt: skip

MAKES_NANS = frozenset(
    "add sub mul div min max ceil floor trunc nearest sqrt promote_low_f32x4 demote_f64x2_zero".split()
)
"""Operators on float lanes whose NaNs may differ between engines, where every bit of a vector can be seen."""


def _vectors() -> Vocabulary:
    operators, loads, stores = list(SCALARS.operators), list(SCALARS.loads), list(SCALARS.stores)
    lanes = {}
    for row in wasm.ROWS:
        shape, _, operator = row.mnemonic.partition(".")
        if not 0x300 <= row.code < 0x400 or row.imm == imm.V128 or row.params is None or row.results is None:
            continue
        if row.lanes:
            lanes[row.mnemonic] = (16 if row.imm == imm.LANES else 1, row.lanes)
        if not row.width:
            if shape[0] != "f" or operator not in MAKES_NANS:
                params = tuple(VALTYPE_NAMES[t] for t in row.params)
                operators.append((row.mnemonic, params, VALTYPE_NAMES[row.results[0]]))
        elif row.results:
            loads.append((row.mnemonic, "v128"))
        else:
            stores += [(row.mnemonic, "v128")] * (3 if row.mnemonic == "v128.store" else 1)
    weighted = (*SCALARS.weighted, "v128", "v128", "v128", "v128", "v128")
    return Vocabulary("vectors", (*SCALARS.valtypes, "v128"), weighted, operators, loads, stores, lanes)


VECTORS = _vectors()
MEMORIES = VECTORS._replace(name="memories", weighted=(*SCALARS.weighted, "i64", "i64", "v128"), several_memories=True)
VOCABULARIES = {words.name: words for words in (SCALARS, VECTORS, MEMORIES)}
