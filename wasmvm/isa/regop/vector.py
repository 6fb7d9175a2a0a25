"""Rows of the register instructions on vectors, and the functions outside of the loop that they call.

Vector instructions are many and their code is long, so each arm of the loop is one call (or a line where that is
shorter): the registers of the loop stay with the scalar instructions. A function copies its operands, works on the
lanes in a loop that the C compiler turns into vector code, and writes the result last, since the slots of the result
may be those of an operand.

An instruction that does the same to every lane is one line here, an expression over ``{a}`` and ``{b}``, or none at all
where its scalar counterpart has one in `operators`. In the functions `x` and `y` are the operands, `r` is the result,
each with the members ``u8`` to ``u64``, ``i8`` to ``i64``, ``f32`` and ``f64``: its lanes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from wasmvm.isa import wasm
from wasmvm.isa.operators import COMPARISONS
from wasmvm.isa.regop.row import trap_if
from wasmvm.types import V128

SHAPES = {"i8x16": 16, "i16x8": 8, "i32x4": 4, "i64x2": 2, "f32x4": 4, "f64x2": 2}
"""Numbers of lanes."""
INTEGER_SHAPES = {8: "i8x16", 16: "i16x8", 32: "i32x4", 64: "i64x2"}
"""By bits in a lane."""

SAME_BITS = {
    "f32x4.splat": "i32x4.splat",
    "f64x2.splat": "i64x2.splat",
    "f32x4.extract_lane": "i32x4.extract_lane",
    "f64x2.extract_lane": "i64x2.extract_lane",
    "f32x4.replace_lane": "i32x4.replace_lane",
    "f64x2.replace_lane": "i64x2.replace_lane",
    # Of what relaxed instructions may do, they do what the deterministic profile says (specification, 4.3.5 and A.6).
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
    **{f"{shape}.relaxed_laneselect": "v128.bitselect" for shape in INTEGER_SHAPES.values()},
}
"""Instructions that do on the bits what another one does."""

_SIGNED = "{a} if <{s}>{a} %s <{s}>{b} else {b}"
INTEGER_LANES = {
    "neg": "0 - {a}",
    "abs": "{a} if <{s}>{a} >= 0 else 0 - {a}",
    "min_s": _SIGNED % "<",
    "max_s": _SIGNED % ">",
    "min_u": "{a} if {a} < {b} else {b}",
    "max_u": "{a} if {a} > {b} else {b}",
    "avgr_u": "({a} + {b} + 1) >> 1",
    "add_sat_s": "saturate(<{s}>{a} + <{s}>{b}, {min}, {max})",
    "sub_sat_s": "saturate(<{s}>{a} - <{s}>{b}, {min}, {max})",
    "add_sat_u": "saturate({a} + {b}, 0, {all_ones})",
    "sub_sat_u": "saturate({a} - {b}, 0, {all_ones})",
    "popcnt": "popcount8({a})",
    "q15mulr_sat_s": "saturate((<{s}>{a} * <{s}>{b} + 0x4000) >> 15, {min}, {max})",
}
"""Operators on integer lanes (specification, 4.3.2) that no scalar instruction has. Narrow lanes become int."""
FLOAT_LANES = {
    "pmin": "{b} if y.{f}[i] < x.{f}[i] else {a}",
    "pmax": "{b} if x.{f}[i] < y.{f}[i] else {a}",
}
"""Operators on float lanes (4.3.3) that no scalar instruction has; {a} and {b} are the bits, which stay as they are."""
BITWISE = {
    "not": "~{a}",
    "and": "{a} & {b}",
    "andnot": "{a} & ~{b}",
    "or": "{a} | {b}",
    "xor": "{a} ^ {b}",
    "bitselect": "({a} & z.u64[i]) | ({b} & ~z.u64[i])",
}
SHIFTS = ("shl", "shr_s", "shr_u")


class VectorRow(NamedTuple):
    """A row for `rows`, and the text of the function that its body calls; () where it calls none of its own."""

    name: str
    operands: str
    body: tuple[str, ...]
    function: tuple[str, ...] = ()


def vector_rows(expressions: Mapping[str, str]) -> Iterator[VectorRow]:
    """The rows of all vector instructions, given `operators.EXPRESSIONS`."""
    yield VectorRow("v128.const", "dV", ("memcpy(&fp[{d}], &{V}, 16)",))
    yield VectorRow("move_v128", "da", ("memmove(&fp[{d}], &fp[{a}], 16)",))
    for shape in SHAPES:
        yield from _lanewise(shape, expressions)
    for op, expression in BITWISE.items():
        yield _computed(f"v128.{op}", [f"r.u64[i] = {_over_lanes(expression, 'u64', 'u64')}"], 2)
    yield from _conversions(expressions)
    yield from _widenings()
    yield from _narrowings()
    yield from _relaxed()
    yield from _tests()
    yield from _lane_moves()
    for row in (*_loads(), *_stores()):
        yield row
        yield VectorRow(f"{row.name}_wide", row.operands.replace("o", "K"), wide(row.body))


# --- Functions -------------------------------------------------------------------------------------------------------


def _function(name: str, result: str, params: str, *lines: str) -> tuple[str, ...]:
    return (f"cdef {result} {name}({params}) noexcept nogil:", *(f"    {line}" for line in lines))


def _name(mnemonic: str) -> str:
    return "v_" + mnemonic.replace(".", "_")


def _computed(mnemonic: str, lines: list[str], count: int, *before: str) -> VectorRow:
    """An instruction with a vector as result: `lines` are run with `i` from 0 up to `count`."""
    params = wasm.BY_MNEMONIC[mnemonic].params or ()
    vectors = [v for v, t in zip("xyz", params, strict=False) if t == V128]
    slots = "abc"[: len(vectors)]
    names = ", ".join(("d", *slots))
    text = ", ".join(("slot* d", *(f"const slot* {a}" for a in slots)))
    call = ", ".join(f"&fp[{{{a}}}]" for a in names.split(", "))
    if len(params) > len(vectors):  # a shift: the count comes last
        text, call, slots = f"{text}, uint32_t n", f"{call}, {{b:i32}}", slots + "b"
    name = _name(mnemonic)
    function = _function(
        name,
        "void",
        text,
        f"cdef v128_t {', '.join(vectors)}, r",
        "cdef int i",
        *(f"memcpy(&{v}, {a}, 16)" for v, a in zip(vectors, slots, strict=False)),
        *before,
        f"for i in range({count}):",
        *(f"    {line}" for line in lines),
        "memcpy(d, &r, 16)",
    )
    return VectorRow(mnemonic, "d" + slots, (f"{name}({call})",), function)


# --- The same for every lane -----------------------------------------------------------------------------------------


def _over_lanes(expression: str, of: str, to: str, index: str = "i") -> str:
    """The expression over lanes of the type `of` (a member of the union), for a lane of the type `to`."""
    bits = int(to[1:])
    fields = {
        "{a}": f"x.{of}[{index}]",
        "{b}": f"y.{of}[{index}]",
        "{s}": f"int{bits}_t",
        "{f}": f"f{bits}",
        "{min}": str(-(1 << bits - 1)),
        "{max}": str((1 << bits - 1) - 1),
        "{all_ones}": str((1 << bits) - 1),
    }
    for field, text in fields.items():
        expression = expression.replace(field, text)
    return f"<{_c_type(to)}>({expression})"


def _c_type(member: str) -> str:
    return {"f32": "float", "f64": "double"}.get(member) or {"u": "u", "i": ""}[member[0]] + f"int{member[1:]}_t"


def _scalar(lane: str, expressions: Mapping[str, str]) -> dict[str, str]:
    """The operators of the scalar type, or for narrower lanes those of i32 with the width of the lane."""
    type_ = lane if lane in ("i64", "f32", "f64") else "i32"
    found = {name.removeprefix(f"{type_}."): text for name, text in expressions.items() if name.startswith(f"{type_}.")}
    if lane in ("i8", "i16"):
        for name, text in found.items():
            found[name] = text.replace("int32_t", f"int{lane[1:]}_t").replace("& 31", f"& {int(lane[1:]) - 1}")
    return found


def _lanewise(shape: str, expressions: Mapping[str, str]) -> Iterator[VectorRow]:
    lane, count = shape.partition("x")[0], SHAPES[shape]
    own = FLOAT_LANES if lane[0] == "f" else INTEGER_LANES
    unsigned = "u" + lane[1:]
    for op, expression in {**_scalar(lane, expressions), **own}.items():
        mnemonic = f"{shape}.{op}"
        if mnemonic not in wasm.BY_MNEMONIC:
            continue
        on_bits = lane[0] == "i" or op in own
        of = to = unsigned if on_bits else lane
        if op in COMPARISONS:
            expression, to = f"0 - <int>({expression})", unsigned
        if op in SHIFTS:
            expression = expression.replace("{b}", "n")
        row = _computed(mnemonic, [f"r.{to}[i] = {_over_lanes(expression, of, to)}"], count)
        yield row
        if op in SHIFTS:
            # Most shift counts are constants.
            yield VectorRow(f"{mnemonic}_rk", "dak", (row.body[0].replace("{b:i32}", "{k:i32}"),))


def _conversions(expressions: Mapping[str, str]) -> Iterator[VectorRow]:
    """Those with a scalar counterpart; lanes of the result without a lane of the operand are 0."""
    table = [
        ("f32x4.demote_f64x2_zero", "f32.demote_f64", "f64", "f32", 2),
        ("f64x2.promote_low_f32x4", "f64.promote_f32", "f32", "f64", 2),
    ]
    for s in "su":
        table += [
            (f"f32x4.convert_i32x4_{s}", f"f32.convert_i32_{s}", "u32", "f32", 4),
            (f"f64x2.convert_low_i32x4_{s}", f"f64.convert_i32_{s}", "u32", "f64", 2),
            (f"i32x4.trunc_sat_f32x4_{s}", f"i32.trunc_sat_f32_{s}", "f32", "u32", 4),
            (f"i32x4.trunc_sat_f64x2_{s}_zero", f"i32.trunc_sat_f64_{s}", "f64", "u32", 2),
        ]
    for mnemonic, scalar, of, to, count in table:
        before = ("r.u64[1] = 0",) if mnemonic.endswith("_zero") else ()
        line = f"r.{to}[i] = {_over_lanes(expressions[scalar], of, to)}"
        yield _computed(mnemonic, [line], count, *before)


# --- From one width of lanes to another ------------------------------------------------------------------------------


def _widenings() -> Iterator[VectorRow]:
    for bits, narrow in list(INTEGER_SHAPES.items())[:3]:
        shape, to = INTEGER_SHAPES[2 * bits], f"u{2 * bits}"
        count = SHAPES[shape]
        for sign in "su":
            of = f"{'i' if sign == 's' else 'u'}{bits}"
            wide = _c_type(of[0] + to[1:])
            for half, index in (("low", "i"), ("high", f"i + {count}")):
                lines = [f"r.{to}[i] = {_over_lanes('{a}', of, to, index)}"]
                yield _computed(f"{shape}.extend_{half}_{narrow}_{sign}", lines, count)
                lines = [f"r.{to}[i] = {_over_lanes(f'<{wide}>{{a}} * <{wide}>{{b}}', of, to, index)}"]
                yield _computed(f"{shape}.extmul_{half}_{narrow}_{sign}", lines, count)
            if shape != "i64x2":
                lines = [f"r.{to}[i] = <{_c_type(to)}>(x.{of}[2 * i] + x.{of}[2 * i + 1])"]
                yield _computed(f"{shape}.extadd_pairwise_{narrow}_{sign}", lines, count)
    products = (f"<uint32_t>(x.i16[2 * i{j}] * y.i16[2 * i{j}])" for j in ("", " + 1"))
    yield _computed("i32x4.dot_i16x8_s", [f"r.u32[i] = {' + '.join(products)}"], 4)


def _narrowings() -> Iterator[VectorRow]:
    for bits, shape in list(INTEGER_SHAPES.items())[:2]:
        count = SHAPES[shape] // 2
        for sign, least, most in (
            ("s", -(1 << bits - 1), (1 << bits - 1) - 1),
            ("u", 0, (1 << bits) - 1),
        ):
            lines = [
                f"r.u{bits}[i{at}] = <uint{bits}_t>saturate({v}.i{2 * bits}[i], {least}, {most})"
                for v, at in (("x", ""), ("y", f" + {count}"))
            ]
            yield _computed(f"{shape}.narrow_i{2 * bits}x{count}_{sign}", lines, count)


def _relaxed() -> Iterator[VectorRow]:
    """The relaxed instructions that no other one equals; sums and products are rounded one by one."""
    for lane, shape in (("f32", "f32x4"), ("f64", "f64x2")):
        for op, sign in (("madd", ""), ("nmadd", "-")):
            line = f"r.{lane}[i] = ({sign}x.{lane}[i]) * y.{lane}[i] + z.{lane}[i]"
            yield _computed(f"{shape}.relaxed_{op}", [line], SHAPES[shape])

    def pair(of: str) -> str:
        """The sum of the products of the lanes `of` and the next."""
        products = (f"<int>x.i8[{at}] * <int>y.i8[{at}]" for at in (of, f"{of} + 1"))
        return f"saturate({' + '.join(products)}, -0x8000, 0x7FFF)"

    yield _computed("i16x8.relaxed_dot_i8x16_i7x16_s", [f"r.i16[i] = <int16_t>{pair('2 * i')}"], 8)
    line = f"r.u32[i] = z.u32[i] + <uint32_t>({pair('4 * i')} + {pair('4 * i + 2')})"
    yield _computed("i32x4.relaxed_dot_i8x16_i7x16_add_s", [line], 4)


# --- To one number ---------------------------------------------------------------------------------------------------


def _tests() -> Iterator[VectorRow]:
    yield VectorRow("v128.any_true", "da", ("fp[{d}].u64 = (fp[{a}].u64 | fp[{a} + 1].u64) != 0",))
    for bits, shape in INTEGER_SHAPES.items():
        for op, first, line in (
            ("all_true", 1, f"found &= x.u{bits}[i] != 0"),
            ("bitmask", 0, f"found |= <uint32_t>(x.u{bits}[i] >> {bits - 1}) << i"),
        ):
            mnemonic = f"{shape}.{op}"
            function = _function(
                _name(mnemonic),
                "uint32_t",
                "const slot* a",
                "cdef v128_t x",
                "cdef int i",
                f"cdef uint32_t found = {first}",
                "memcpy(&x, a, 16)",
                f"for i in range({SHAPES[shape]}):",
                f"    {line}",
                "return found",
            )
            yield VectorRow(mnemonic, "da", (f"fp[{{d}}].u64 = {_name(mnemonic)}(&fp[{{a}}])",), function)


# --- Lanes in and out ------------------------------------------------------------------------------------------------

_LOAD = {8: "{p}[0]", 16: "load_u16({p})", 32: "load_u32({p})", 64: "load_u64({p})"}
_STORE = {8: "{p}[0] = {v}", 16: "store_u16({p}, {v})", 32: "store_u32({p}, {v})", 64: "store_u64({p}, {v})"}


def _lane_moves() -> Iterator[VectorRow]:
    yield VectorRow("i8x16.shuffle", "dabV", ("v_shuffle(&fp[{d}], &fp[{a}], &fp[{b}], <const uint8_t*>&{V})",))
    yield VectorRow("i8x16.swizzle", "dab", ("v_swizzle(&fp[{d}], &fp[{a}], &fp[{b}])",))
    for bits, shape in INTEGER_SHAPES.items():
        scalar = f"<uint{bits}_t>{{value:i64}}"
        function = _function(
            f"v_{shape}_splat",
            "void",
            f"slot* d, uint{bits}_t value",
            "cdef v128_t r",
            "cdef int i",
            f"for i in range({SHAPES[shape]}):",
            f"    r.u{bits}[i] = value",
            "memcpy(d, &r, 16)",
        )
        splat = f"v_{shape}_splat(&fp[{{d}}], {scalar.replace('value', 'a')})"
        yield VectorRow(f"{shape}.splat", "da", (splat,), function)
        lane = f"(<uint8_t*>&fp[{{%s}}] + {bits // 8} * {{x}})"
        get = _LOAD[bits].replace("{p}", lane % "a")
        if bits < 32:
            for sign, cast in (("s", f"<uint32_t><int32_t><int{bits}_t>"), ("u", "")):
                yield VectorRow(f"{shape}.extract_lane_{sign}", "dax", (f"fp[{{d}}].u64 = {cast}{get}",))
        else:
            yield VectorRow(f"{shape}.extract_lane", "dax", (f"fp[{{d}}].u64 = {get}",))
        put = _STORE[bits].replace("{p}", lane % "d").replace("{v}", f"<uint{bits}_t>ea")
        body = ("ea = {b:i64}", "memmove(&fp[{d}], &fp[{a}], 16)", put)
        yield VectorRow(f"{shape}.replace_lane", "dabx", body)


# --- Memory ----------------------------------------------------------------------------------------------------------


def wide(body: tuple[str, ...]) -> tuple[str, ...]:
    """The body of a load or store, which begins with the computation and the check of an address, for 64 bits of that.

    The offset is ``{K}`` then. The sum may wrap around; what is less than the memory's length is also far from that.
    """
    check = body[1].replace("unlikely(", "unlikely(ea < {K:i64} or ea >= mem_len or ", 1)
    return ("ea = {a:i64} + {K:i64}", check, *body[2:])


def _in_bounds(width: int) -> tuple[str, ...]:
    return (
        "ea = <uint64_t>{a:i32} + <uint32_t>{o}",
        *trap_if(f"ea + {width} > mem_len", "TRAP_MEMORY_OUT_OF_BOUNDS"),
    )


def _loads() -> Iterator[VectorRow]:
    yield VectorRow("v128.load", "dao", (*_in_bounds(16), "memcpy(&fp[{d}], mem + ea, 16)"))
    for bits in (8, 16, 32):
        count = 64 // bits
        for sign, of in (("s", f"i{bits}"), ("u", f"u{bits}")):
            mnemonic, to = f"v128.load{bits}x{count}_{sign}", f"u{2 * bits}"
            function = _function(
                _name(mnemonic),
                "void",
                "slot* d, const uint8_t* p",
                "cdef v128_t x, r",
                "cdef int i",
                "memcpy(&x, p, 8)",
                f"for i in range({count}):",
                f"    r.{to}[i] = {_over_lanes('{a}', of, to)}",
                "memcpy(d, &r, 16)",
            )
            call = f"{_name(mnemonic)}(&fp[{{d}}], mem + ea)"
            yield VectorRow(mnemonic, "dao", (*_in_bounds(8), call), function)
    for bits, load in _LOAD.items():
        value = load.replace("{p}", "(mem + ea)")
        splat = f"v_i{bits}x{128 // bits}_splat(&fp[{{d}}], {value})"
        yield VectorRow(f"v128.load{bits}_splat", "dao", (*_in_bounds(bits // 8), splat))
        if bits >= 32:
            zero = ("ea = " + value, "fp[{d}].u64 = ea", "fp[{d} + 1].u64 = 0")
            yield VectorRow(f"v128.load{bits}_zero", "dao", (*_in_bounds(bits // 8), *zero))
        lane = f"(<uint8_t*>&fp[{{d}}] + {bits // 8} * {{x}})"
        put = _STORE[bits].replace("{p}", lane).replace("{v}", f"<uint{bits}_t>ea")
        body = (*_in_bounds(bits // 8), "ea = " + value, "memmove(&fp[{d}], &fp[{b}], 16)", put)
        yield VectorRow(f"v128.load{bits}_lane", "daobx", body)


def _stores() -> Iterator[VectorRow]:
    yield VectorRow("v128.store", "aob", (*_in_bounds(16), "memcpy(mem + ea, &fp[{b}], 16)"))
    for bits, load in _LOAD.items():
        value = load.replace("{p}", f"(<uint8_t*>&fp[{{b}}] + {bits // 8} * {{x}})")
        put = _STORE[bits].replace("{p}", "(mem + ea)").replace("{v}", value)
        yield VectorRow(f"v128.store{bits}_lane", "aobx", (*_in_bounds(bits // 8), put))
