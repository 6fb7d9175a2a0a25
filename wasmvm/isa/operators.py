"""What each numeric operator is, as data (spec "Numerics"): expression, checks, and which are related to which.

A plain numeric instruction costs one row here, besides its row in `isa.wasm`: its forms with constants, its branches,
its vector instruction, the arms of both loops and the tables of the lowerer are made of it.

An expression is Cython text over ``{a}`` and ``{b}``, and what its type says: ``{u}`` and ``{s}`` are the unsigned and
the signed C type of its width, ``{n}`` the width in bits, ``{mask}`` what a shift count is taken modulo, less one,
``{least}`` the least signed number, ``{t}`` the type's name, ``{c}`` the C type of a float. Integers are read as
unsigned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from wasmvm.isa import wasm
from wasmvm.types import VALTYPE_NAMES


class Check(NamedTuple):
    """Where the condition holds, the instruction traps (a constant of `_core.pxd`)."""

    condition: str
    trap: str


class Operator(NamedTuple):
    """A numeric operator.

    Attributes:
        type, name: its mnemonic's two halves; the type is the one it is named after, or that of a lane ("i8").
        expression: what it computes.
        checks: what it traps on, in order.
        compares: whether the result is a truth value that a branch may be decided by.
        mirror: the name of the operator (of this type) that gives the same with the operands swapped, or "".
        negation: the name of the one that is true where this one is not, or "".
        constant_left: whether a form with the first operand constant is worth it; elsewhere it is put into a slot
        first.
    """

    type: str
    name: str
    expression: str
    checks: tuple[Check, ...] = ()
    compares: bool = False
    mirror: str = ""
    negation: str = ""
    constant_left: bool = False

    @property
    def mnemonic(self) -> str:
        return f"{self.type}.{self.name}"

    @property
    def params(self) -> tuple[str, ...]:
        """The types of its operands."""
        if self is NONZERO:
            return EQZ.params
        row = wasm.BY_MNEMONIC[self.mnemonic]
        if row.params is None:
            raise ValueError(f"{self.mnemonic} has operands of any type")
        return tuple(VALTYPE_NAMES[t] for t in row.params)

    @property
    def result(self) -> str:
        """The type of its result."""
        row = wasm.BY_MNEMONIC[self.mnemonic]
        if row.results is None:
            raise ValueError(f"{self.mnemonic} has a result of any type")
        return VALTYPE_NAMES[row.results[0]]

    def text(self, values: Mapping[str, str], lane: str = "") -> str:
        """The expression over what stands for ``a`` and ``b``; for lanes of a type that is not its own, of that
        width."""
        return self.expression.format(**values, **type_fields(lane or self.type), t=self.type)

    def check_texts(self, values: Mapping[str, str]) -> Iterator[Check]:
        for check in self.checks:
            yield Check(check.condition.format(**values, **type_fields(self.type)), check.trap)


def type_fields(type_: str) -> dict[str, str]:
    """What the fields of an expression stand for, by the type of a number or a lane."""
    bits = int(type_[1:])
    return {
        "n": str(bits),
        "u": f"uint{bits}_t",
        "s": f"int{bits}_t",
        "c": "float" if bits == 32 else "double",
        "f": f"f{bits}",
        "mask": str(bits - 1),
        "least": f"0x{1 << bits - 1:x}u",
        "min": str(-(1 << bits - 1)),
        "max": str((1 << bits - 1) - 1),
        "all_ones": str((1 << bits) - 1),
    }


BY_ZERO = Check("{b} == 0", "TRAP_INTEGER_DIVISION_BY_ZERO")
OVERFLOW = Check("{a} == {least} and {b} == <{u}>-1", "TRAP_INTEGER_OVERFLOW")
_ORDERED = (("lt", "<", "gt", "ge"), ("gt", ">", "lt", "le"), ("le", "<=", "ge", "gt"), ("ge", ">=", "le", "lt"))
"""Name, operator of Cython, mirror, negation."""


def _integers(t: str) -> Iterator[Operator]:
    yield Operator(t, "add", "{a} + {b}", mirror="add")
    yield Operator(t, "sub", "{a} - {b}", constant_left=True)
    yield Operator(t, "mul", "{a} * {b}", mirror="mul")
    yield Operator(t, "div_s", "<{u}>(<{s}>{a} // <{s}>{b})", (BY_ZERO, OVERFLOW))
    yield Operator(t, "div_u", "{a} // {b}", (BY_ZERO,))
    yield Operator(t, "rem_s", "i{n}_rem_s({a}, {b})", (BY_ZERO,))
    yield Operator(t, "rem_u", "{a} % {b}", (BY_ZERO,))
    yield Operator(t, "and", "{a} & {b}", mirror="and")
    yield Operator(t, "or", "{a} | {b}", mirror="or")
    yield Operator(t, "xor", "{a} ^ {b}", mirror="xor")
    yield Operator(t, "shl", "{a} << ({b} & {mask})", constant_left=True)
    yield Operator(t, "shr_s", "<{u}>(<{s}>{a} >> ({b} & {mask}))", constant_left=True)
    yield Operator(t, "shr_u", "{a} >> ({b} & {mask})", constant_left=True)
    yield Operator(t, "rotl", "i{n}_rotl({a}, {b})")
    yield Operator(t, "rotr", "i{n}_rotr({a}, {b})")
    yield Operator(t, "clz", "i{n}_clz({a})")
    yield Operator(t, "ctz", "i{n}_ctz({a})")
    yield Operator(t, "popcnt", "i{n}_popcnt({a})")
    yield Operator(t, "eq", "{a} == {b}", compares=True, mirror="eq", negation="ne")
    yield Operator(t, "ne", "{a} != {b}", compares=True, mirror="ne", negation="eq")
    for name, sign, mirror, negation in _ORDERED:
        for s, cast in (("s", "<{s}>"), ("u", "")):
            text = f"{cast}{{a}} {sign} {cast}{{b}}"
            yield Operator(t, f"{name}_{s}", text, compares=True, mirror=f"{mirror}_{s}", negation=f"{negation}_{s}")
    for width in (8, 16, 32)[: 2 if t == "i32" else 3]:
        yield Operator(t, f"extend{width}_s", f"<{{u}}><{{s}}><int{width}_t>{{a}}")


def _floats(t: str) -> Iterator[Operator]:
    """Those with results of a float's type, or about one.

    `add` and `mul` have no mirror: which NaN is propagated would not matter to the specification, but keeping the order
    costs nothing. Ordered comparisons have no negation, because of NaN.
    """
    yield Operator(t, "add", "{a} + {b}")
    yield Operator(t, "sub", "{a} - {b}", constant_left=True)
    yield Operator(t, "mul", "{a} * {b}")
    yield Operator(t, "div", "{a} / {b}", constant_left=True)
    yield Operator(t, "min", "{t}_min({a}, {b})")
    yield Operator(t, "max", "{t}_max({a}, {b})")
    # These change nothing but the sign, of a signalling NaN too: compilers make operations on bits of them.
    yield Operator(t, "abs", "{t}_abs({a})")
    yield Operator(t, "neg", "-{a}")
    yield Operator(t, "copysign", "{t}_copysign({a}, {b})")
    for name in ("ceil", "floor", "trunc", "nearest", "sqrt"):
        yield Operator(t, name, f"{{t}}_{name}({{a}})")
    yield Operator(t, "eq", "{a} == {b}", compares=True, mirror="eq", negation="ne")
    yield Operator(t, "ne", "{a} != {b}", compares=True, mirror="ne", negation="eq")
    for name, sign, mirror, _ in _ORDERED:
        yield Operator(t, name, f"{{a}} {sign} {{b}}", compares=True, mirror=mirror)
    for bits in (32, 64):
        yield Operator(t, f"convert_i{bits}_s", f"<{{c}}><int{bits}_t>{{a}}")
        yield Operator(t, f"convert_i{bits}_u", f"<{{c}}><uint{bits}_t>{{a}}")
    yield from _truncations(t)


def _truncations(t: str) -> Iterator[Operator]:
    """From the float type `t`. The bounds are exclusive; each is the nearest float outside the range."""
    nan = Check("{a} != {a}", "TRAP_INVALID_CONVERSION")
    for to, below_s, above_s, above_u in (
        ("i32", "-2147483904.0" if t == "f32" else "-2147483649.0", "2147483648.0", "4294967296.0"),
        (
            "i64",
            "-9223373136366403584.0" if t == "f32" else "-9223372036854777856.0",
            "9223372036854775808.0",
            "18446744073709551616.0",
        ),
    ):
        signed = Check(f"not ({{a}} > {below_s} and {{a}} < {above_s})", "TRAP_INTEGER_OVERFLOW")
        unsigned = Check(f"not ({{a}} > -1.0 and {{a}} < {above_u})", "TRAP_INTEGER_OVERFLOW")
        yield Operator(to, f"trunc_{t}_s", "<{u}><{s}>{a}", (nan, signed))
        yield Operator(to, f"trunc_{t}_u", "<{u}>{a}", (nan, unsigned))
        yield Operator(to, f"trunc_sat_{t}_s", "{t}_trunc_sat_s({a})")
        yield Operator(to, f"trunc_sat_{t}_u", "{t}_trunc_sat_u({a})")


EQZ = Operator("i64", "eqz", "{a} == 0", negation="nonzero")
NONZERO = Operator("i64", "nonzero", "{a} != 0", negation="eqz")
"""What `br_if` branches on; no instruction computes it."""

_CONVERSIONS = (
    Operator("i32", "wrap_i64", "{a}"),
    Operator("i64", "extend_i32_s", "<uint64_t><int64_t><int32_t>{a}"),
    Operator("f32", "demote_f64", "<float>{a}"),
    Operator("f64", "promote_f32", "<double>{a}"),
)

OPERATORS: dict[str, Operator] = {
    operator.mnemonic: operator
    for operator in (*_integers("i32"), *_integers("i64"), EQZ, *_floats("f32"), *_floats("f64"), *_CONVERSIONS)
}
"""By mnemonic. Register instructions are numbered in this order."""

SAME_BITS: dict[str, str | None] = {
    "i32.eqz": "i64.eqz",  # an i32 is stored zero-extended
    "ref.is_null": "i64.eqz",
    "ref.eq": "i64.eq",
    "i64.extend_i32_u": None,
    "i32.reinterpret_f32": None,
    "i64.reinterpret_f64": None,
    "f32.reinterpret_i32": None,
    "f64.reinterpret_i64": None,
    "i64.load8_u": "i32.load8_u",
    "i64.load16_u": "i32.load16_u",
    "i64.load32_u": "i32.load",
    "i64.store8": "i32.store8",
    "i64.store16": "i32.store16",
    "i64.store32": "i32.store",
    "f32x4.splat": "i32x4.splat",
    "f64x2.splat": "i64x2.splat",
    "f32x4.extract_lane": "i32x4.extract_lane",
    "f64x2.extract_lane": "i64x2.extract_lane",
    "f32x4.replace_lane": "i32x4.replace_lane",
    "f64x2.replace_lane": "i64x2.replace_lane",
    # Of what relaxed instructions may do, they do what the deterministic profile says (spec "Appendix: Profiles").
    "i8x16.relaxed_swizzle": "i8x16.swizzle",
    "i32x4.relaxed_trunc_f32x4_s": "i32x4.trunc_sat_f32x4_s",
    "i32x4.relaxed_trunc_f32x4_u": "i32x4.trunc_sat_f32x4_u",
    "i32x4.relaxed_trunc_f64x2_s_zero": "i32x4.trunc_sat_f64x2_s_zero",
    "i32x4.relaxed_trunc_f64x2_u_zero": "i32x4.trunc_sat_f64x2_u_zero",
    "f32x4.relaxed_min": "f32x4.min",
    "f32x4.relaxed_max": "f32x4.max",
    "f64x2.relaxed_min": "f64x2.min",
    "f64x2.relaxed_max": "f64x2.max",
    "i16x8.relaxed_q15mulr_s": "i16x8.q15mulr_sat_s",
    "i8x16.relaxed_laneselect": "v128.bitselect",
    "i16x8.relaxed_laneselect": "v128.bitselect",
    "i32x4.relaxed_laneselect": "v128.bitselect",
    "i64x2.relaxed_laneselect": "v128.bitselect",
}
"""Instructions that do on the bits of a slot what another one does; None for those that do nothing at all."""
