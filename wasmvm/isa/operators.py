"""What the numeric operators are: expressions, checks, which are the same on bits, and which mirror or negate which."""

from __future__ import annotations

EXPRESSIONS: dict[str, str] = {}
CHECKS: dict[str, tuple[tuple[str, str], ...]] = {}
SAME_BITS: dict[str, str | None] = {}
"""Instructions that do on the bits of a slot what another one does; None for those that do nothing at all."""


def _numeric(mnemonic: str, expression: str, *checks: tuple[str, str]) -> None:
    EXPRESSIONS[mnemonic] = expression
    CHECKS[mnemonic] = checks


_DIVISION_BY_ZERO = ("{b} == 0", "TRAP_INTEGER_DIVISION_BY_ZERO")


def _integers() -> None:
    for t, u, s, mask, least in (
        ("i32", "uint32_t", "int32_t", 31, "0x80000000u"),
        ("i64", "uint64_t", "int64_t", 63, "0x8000000000000000u"),
    ):
        n = t[1:]
        _numeric(f"{t}.add", "{a} + {b}")
        _numeric(f"{t}.sub", "{a} - {b}")
        _numeric(f"{t}.mul", "{a} * {b}")
        _numeric(
            f"{t}.div_s",
            f"<{u}>(<{s}>{{a}} // <{s}>{{b}})",
            _DIVISION_BY_ZERO,
            (f"{{a}} == {least} and {{b}} == <{u}>-1", "TRAP_INTEGER_OVERFLOW"),
        )
        _numeric(f"{t}.div_u", "{a} // {b}", _DIVISION_BY_ZERO)
        _numeric(f"{t}.rem_s", f"i{n}_rem_s({{a}}, {{b}})", _DIVISION_BY_ZERO)
        _numeric(f"{t}.rem_u", "{a} % {b}", _DIVISION_BY_ZERO)
        _numeric(f"{t}.and", "{a} & {b}")
        _numeric(f"{t}.or", "{a} | {b}")
        _numeric(f"{t}.xor", "{a} ^ {b}")
        _numeric(f"{t}.shl", f"{{a}} << ({{b}} & {mask})")
        _numeric(f"{t}.shr_s", f"<{u}>(<{s}>{{a}} >> ({{b}} & {mask}))")
        _numeric(f"{t}.shr_u", f"{{a}} >> ({{b}} & {mask})")
        _numeric(f"{t}.rotl", f"i{n}_rotl({{a}}, {{b}})")
        _numeric(f"{t}.rotr", f"i{n}_rotr({{a}}, {{b}})")
        _numeric(f"{t}.clz", f"i{n}_clz({{a}})")
        _numeric(f"{t}.ctz", f"i{n}_ctz({{a}})")
        _numeric(f"{t}.popcnt", f"i{n}_popcnt({{a}})")
        _numeric(f"{t}.eq", "{a} == {b}")
        _numeric(f"{t}.ne", "{a} != {b}")
        for name, operator in (("lt", "<"), ("gt", ">"), ("le", "<="), ("ge", ">=")):
            _numeric(f"{t}.{name}_s", f"<{s}>{{a}} {operator} <{s}>{{b}}")
            _numeric(f"{t}.{name}_u", f"{{a}} {operator} {{b}}")
        for width in (8, 16, 32)[: 2 if t == "i32" else 3]:
            _numeric(f"{t}.extend{width}_s", f"<{u}><{s}><int{width}_t>{{a}}")
    _numeric("i64.eqz", "{a} == 0")
    SAME_BITS["i32.eqz"] = "i64.eqz"  # an i32 is stored zero-extended


def _floats() -> None:
    for t, c in (("f32", "float"), ("f64", "double")):
        _numeric(f"{t}.add", "{a} + {b}")
        _numeric(f"{t}.sub", "{a} - {b}")
        _numeric(f"{t}.mul", "{a} * {b}")
        _numeric(f"{t}.div", "{a} / {b}")
        _numeric(f"{t}.min", f"{t}_min({{a}}, {{b}})")
        _numeric(f"{t}.max", f"{t}_max({{a}}, {{b}})")
        # These change nothing but the sign, of a signalling NaN too: compilers make operations on bits of them.
        _numeric(f"{t}.abs", f"{t}_abs({{a}})")
        _numeric(f"{t}.neg", "-{a}")
        _numeric(f"{t}.copysign", f"{t}_copysign({{a}}, {{b}})")
        for name in ("ceil", "floor", "trunc", "nearest", "sqrt"):
            _numeric(f"{t}.{name}", f"{t}_{name}({{a}})")
        for name, operator in (("eq", "=="), ("ne", "!="), ("lt", "<"), ("gt", ">"), ("le", "<="), ("ge", ">=")):
            _numeric(f"{t}.{name}", f"{{a}} {operator} {{b}}")
        for from_, cast in (
            ("i32_s", "<int32_t>"),
            ("i32_u", "<uint32_t>"),
            ("i64_s", "<int64_t>"),
            ("i64_u", "<uint64_t>"),
        ):
            _numeric(f"{t}.convert_{from_}", f"<{c}>{cast}{{a}}")
        # The bounds are exclusive; each is the nearest float outside the range, which differs by width.
        for to, sc, lo_s, hi_s, hi_u in (
            (
                "i32",
                "int32_t",
                "-2147483904.0" if t == "f32" else "-2147483649.0",
                "2147483648.0",
                "4294967296.0",
            ),
            (
                "i64",
                "int64_t",
                "-9223373136366403584.0" if t == "f32" else "-9223372036854777856.0",
                "9223372036854775808.0",
                "18446744073709551616.0",
            ),
        ):
            nan = ("{a} != {a}", "TRAP_INVALID_CONVERSION")
            _numeric(
                f"{to}.trunc_{t}_s",
                f"<u{sc}><{sc}>{{a}}",
                nan,
                (f"not ({{a}} > {lo_s} and {{a}} < {hi_s})", "TRAP_INTEGER_OVERFLOW"),
            )
            _numeric(
                f"{to}.trunc_{t}_u",
                f"<u{sc}>{{a}}",
                nan,
                (f"not ({{a}} > -1.0 and {{a}} < {hi_u})", "TRAP_INTEGER_OVERFLOW"),
            )
            for sx in "su":
                _numeric(f"{to}.trunc_sat_{t}_{sx}", f"{to}_trunc_sat_{sx}({{a}})")


def _conversions() -> None:
    _numeric("i32.wrap_i64", "{a}")
    _numeric("i64.extend_i32_s", "<uint64_t><int64_t><int32_t>{a}")
    _numeric("f32.demote_f64", "<float>{a}")
    _numeric("f64.promote_f32", "<double>{a}")
    for name in ("i64.extend_i32_u", "i32.reinterpret_f32", "i64.reinterpret_f64", "f32.reinterpret_i32"):
        SAME_BITS[name] = None
    SAME_BITS["f64.reinterpret_i64"] = None
    SAME_BITS["ref.is_null"] = "i64.eqz"
    SAME_BITS["ref.eq"] = "i64.eq"


_integers()
_floats()
_conversions()

# --- What follows ------------------------------------------------------------------------------------------------

COMPARISONS = frozenset("eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u lt gt le ge".split())
_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
_COMMUTATIVE = frozenset("add mul and or xor eq ne".split())
_NEGATED = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
CONSTANT_LEFT = frozenset("sub shl shr_s shr_u div".split())
"""Operators worth a form with the constant on the left; elsewhere it is put into a slot first."""


def mirrored(mnemonic: str) -> str | None:
    """The operator that gives the same with its operands swapped; None where there is none.

    Float `add` and `mul` are not among them: which NaN is propagated would not matter to the specification, but
    keeping the order costs nothing.
    """
    type_, _, name = mnemonic.partition(".")
    base, _, sign = name.partition("_")
    if name in _COMMUTATIVE and (type_[0] == "i" or name in COMPARISONS):
        return mnemonic
    if base in _MIRRORED:
        return f"{type_}.{_MIRRORED[base]}{f'_{sign}' if sign else ''}"
    return None


def negated(mnemonic: str) -> str | None:
    """The comparison that is true where this one is not; None for ordered comparisons of floats, because of NaN."""
    type_, _, name = mnemonic.partition(".")
    base, _, sign = name.partition("_")
    if name not in COMPARISONS or (type_[0] == "f" and base not in ("eq", "ne")):
        return None
    return f"{type_}.{_NEGATED[base]}{f'_{sign}' if sign else ''}"
