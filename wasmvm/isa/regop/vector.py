"""Rows of the register instructions on vectors, and the functions outside of the loop that they call.

Vector instructions are many and their code is long, so each arm of the loop is one call (or a line where that is
shorter): the registers of the loop stay with the scalar instructions. A function copies its operands, works on the
lanes in a loop that the C compiler turns into vector code, and writes the result last, since the slots of the result
may be those of an operand.

An instruction that does the same to every lane is one operator here, or none at all where its scalar counterpart is in
`operators`. In the functions `x`, `y` and `z` are the operands, `r` is the result, each with the members ``u8`` to
``u64``, ``i8`` to ``i64``, ``f32`` and ``f64``: its lanes.
"""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa import wasm
from wasmvm.isa.operators import OPERATORS, Operator, type_fields
from wasmvm.isa.regop.arm import function_name
from wasmvm.isa.regop.memory import WIDE
from wasmvm.isa.regop.row import NOTHING, Access, Address, Lanes, Operand, RegOp, operands, touched
from wasmvm.isa.regop.statements import Result, Statements
from wasmvm.types import V128

SHAPES = {"i8x16": 16, "i16x8": 8, "i32x4": 4, "i64x2": 2, "f32x4": 4, "f64x2": 2}
"""Numbers of lanes."""
LANES = {"i8x16": "i8", "i16x8": "i16", "i32x4": "i32", "i64x2": "i64", "f32x4": "f32", "f64x2": "f64"}
"""Their types."""
INTEGER_SHAPES = {8: "i8x16", 16: "i16x8", 32: "i32x4", 64: "i64x2"}
"""By bits in a lane."""

_LEAST, _GREATEST = "{a} if <{s}>{a} < <{s}>{b} else {b}", "{a} if <{s}>{a} > <{s}>{b} else {b}"
INTEGER_LANES = {
    "neg": "0 - {a}",
    "abs": "{a} if <{s}>{a} >= 0 else 0 - {a}",
    "min_s": _LEAST,
    "max_s": _GREATEST,
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
"""Operators on integer lanes that no scalar instruction has. Narrow lanes become int."""
FLOAT_LANES = {
    "pmin": "{b} if y.{f}[i] < x.{f}[i] else {a}",
    "pmax": "{b} if x.{f}[i] < y.{f}[i] else {a}",
}
"""Operators on float lanes that no scalar instruction has; {a} and {b} are the bits, which stay as they are."""
BITWISE = {
    "not": "~{a}",
    "and": "{a} & {b}",
    "andnot": "{a} & ~{b}",
    "or": "{a} | {b}",
    "xor": "{a} ^ {b}",
    "bitselect": "({a} & z.u64[i]) | ({b} & ~z.u64[i])",
}


def vector_rows() -> Iterator[RegOp]:
    """The rows of all vector instructions."""
    yield RegOp("v128.const", operands("d:v128 V"), text=("memcpy(&fp[{d}], &{V}, 16)",), touches=NOTHING)
    yield RegOp(
        "move_v128",
        operands("d:v128 a:v128"),
        text=("memmove(&fp[{d}], &fp[{a}], 16)",),
        touches=NOTHING,
        serves=("local.get", "local.set", "local.tee"),
    )
    for shape in SHAPES:
        yield from _lanewise(shape)
    for name, expression in BITWISE.items():
        yield _computed(f"v128.{name}", Lanes(2, of="u64", to="u64"), Operator("i64", name, expression))
    yield from _conversions()
    yield from _widenings()
    yield from _narrowings()
    yield from _relaxed()
    yield from _tests()
    yield from _lane_moves()
    for row in (*_loads(), *_stores()):
        yield row
        yield _wide(row)


# --- Functions -------------------------------------------------------------------------------------------------------


def function(row: RegOp) -> tuple[str, ...]:
    """The text of the function that the arm calls; () where it calls none of its own."""
    if row.lanes is None or row.form == "rk":
        return row.function
    slots = [operand.letter for operand in row.operands if operand.type == "v128" and operand.role == "read"]
    vectors = "xyz"[: len(slots)]
    params = ["slot* d", *(f"const slot* {a}" for a in slots)]
    if len(row.operands) > 1 + len(slots):  # a shift: the count comes last
        params.append("uint32_t n")
    return _function(
        function_name(row),
        "void",
        ", ".join(params),
        f"cdef v128_t {', '.join(vectors)}, r",
        "cdef int i",
        *(f"memcpy(&{v}, {a}, 16)" for v, a in zip(vectors, slots, strict=True)),
        *row.lanes.before,
        f"for i in range({row.lanes.times}):",
        *(f"    {line}" for line in row.lanes.each or (_lane(row, row.lanes),)),
        "memcpy(d, &r, 16)",
    )


def _function(name: str, result: str, params: str, *lines: str) -> tuple[str, ...]:
    return (f"cdef {result} {name}({params}) noexcept nogil:", *(f"    {line}" for line in lines))


def _name(mnemonic: str) -> str:
    return "v_" + mnemonic.replace(".", "_")


def _lane(row: RegOp, lanes: Lanes) -> str:
    """The line that applies the row's operator to one lane."""
    operator = row.operator
    if operator is None:
        raise ValueError(f"{row.name}: what does it do to a lane?")
    count = row.operand("b")
    index = f"i + {lanes.start}" if lanes.start else "i"
    values = {
        "a": f"x.{lanes.of}[{index}]",
        "b": "n" if count is not None and count.type == "i32" else f"y.{lanes.of}[{index}]",
    }
    text = operator.text(values, lanes.to)
    if operator.compares:  # all bits of the lane say the truth
        text = f"0 - <int>({text})"
    return f"r.{lanes.to}[i] = <{_c_type(lanes.to)}>({text})"


def _computed(mnemonic: str, lanes: Lanes, operator: Operator | None = None) -> RegOp:
    """An instruction with a vector as result."""
    params = wasm.BY_MNEMONIC[mnemonic].params or ()
    read = tuple(
        Operand(letter, "read", "v128" if type_ == V128 else "i32")
        for letter, type_ in zip("abc", params, strict=False)
    )
    form = "r" * len(read)
    return RegOp(
        mnemonic,
        (*operands("d:v128"), *read),
        operator=operator,
        form=form,
        lanes=lanes,
        touches=NOTHING,
    )


def _c_type(member: str) -> str:
    """The C type of a member of `v128_t`."""
    fields = type_fields(member)
    return fields["c"] if member[0] == "f" else fields["u"] if member[0] == "u" else fields["s"]


# --- The same for every lane -----------------------------------------------------------------------------------------


def _lane_operators(lane: str) -> dict[str, Operator]:
    """The operators of the scalar type, or for narrower lanes those of i32 with the width of the lane; then the lanes'
    own."""
    type_ = lane if lane in ("i64", "f32", "f64") else "i32"
    found = {operator.name: operator for operator in OPERATORS.values() if operator.type == type_}
    own = FLOAT_LANES if lane[0] == "f" else INTEGER_LANES
    return {**found, **{name: Operator(lane, name, expression) for name, expression in own.items()}}


def _lanewise(shape: str) -> Iterator[RegOp]:
    lane = LANES[shape]
    unsigned = "u" + lane[1:]
    for name, operator in _lane_operators(lane).items():
        mnemonic = f"{shape}.{name}"
        if mnemonic not in wasm.BY_MNEMONIC:
            continue
        on_bits = lane[0] == "i" or name in FLOAT_LANES
        of = to = unsigned if on_bits else lane
        row = _computed(mnemonic, Lanes(SHAPES[shape], of=of, to=unsigned if operator.compares else to), operator)
        yield row
        if operator.name in ("shl", "shr_s", "shr_u"):
            # Most shift counts are constants.
            constant = operands("d:v128 a:v128 k")
            yield row._replace(name=f"{mnemonic}_rk", operands=constant, form="rk", serves=(mnemonic,))


def _conversions() -> Iterator[RegOp]:
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
        before = ("r.u64[1] = 0",) if of == "f64" else ()
        yield _computed(mnemonic, Lanes(count, before=before, of=of, to=to), OPERATORS[scalar])


# --- From one width of lanes to another ------------------------------------------------------------------------------

_WIDENED = Operator("", "extend", "{a}")
_PRODUCTS = {"i": Operator("", "extmul", "<{s}>{a} * <{s}>{b}"), "u": Operator("", "extmul", "<{u}>{a} * <{u}>{b}")}


def _widenings() -> Iterator[RegOp]:
    for bits, narrow in list(INTEGER_SHAPES.items())[:3]:
        shape, to = INTEGER_SHAPES[2 * bits], f"u{2 * bits}"
        count = SHAPES[shape]
        for sign, kind in (("s", "i"), ("u", "u")):
            of = f"{kind}{bits}"
            for half, start in (("low", 0), ("high", count)):
                lanes = Lanes(count, of=of, to=to, start=start)
                yield _computed(f"{shape}.extend_{half}_{narrow}_{sign}", lanes, _WIDENED)
                yield _computed(f"{shape}.extmul_{half}_{narrow}_{sign}", lanes, _PRODUCTS[kind])
            if shape != "i64x2":
                line = f"r.{to}[i] = <{_c_type(to)}>(x.{of}[2 * i] + x.{of}[2 * i + 1])"
                yield _computed(f"{shape}.extadd_pairwise_{narrow}_{sign}", Lanes(count, (line,)))
    products = (f"<uint32_t>(x.i16[2 * i{j}] * y.i16[2 * i{j}])" for j in ("", " + 1"))
    yield _computed("i32x4.dot_i16x8_s", Lanes(4, (f"r.u32[i] = {' + '.join(products)}",)))


def _narrowings() -> Iterator[RegOp]:
    for bits, shape in list(INTEGER_SHAPES.items())[:2]:
        count = SHAPES[shape] // 2
        fields = type_fields(f"i{bits}")
        for sign, least, most in (("s", fields["min"], fields["max"]), ("u", "0", fields["all_ones"])):
            lines = (
                f"r.u{bits}[i{at}] = <uint{bits}_t>saturate({v}.i{2 * bits}[i], {least}, {most})"
                for v, at in (("x", ""), ("y", f" + {count}"))
            )
            yield _computed(f"{shape}.narrow_i{2 * bits}x{count}_{sign}", Lanes(count, tuple(lines)))


def _relaxed() -> Iterator[RegOp]:
    """The relaxed instructions that no other one equals; sums and products are rounded one by one."""
    for lane, shape in (("f32", "f32x4"), ("f64", "f64x2")):
        for name, sign in (("madd", ""), ("nmadd", "-")):
            line = f"r.{lane}[i] = ({sign}x.{lane}[i]) * y.{lane}[i] + z.{lane}[i]"
            yield _computed(f"{shape}.relaxed_{name}", Lanes(SHAPES[shape], (line,)))

    def pair(of: str) -> str:
        """The sum of the products of the lanes `of` and the next."""
        products = (f"<int>x.i8[{at}] * <int>y.i8[{at}]" for at in (of, f"{of} + 1"))
        return f"saturate({' + '.join(products)}, -0x8000, 0x7FFF)"

    line = f"r.i16[i] = <int16_t>{pair('2 * i')}"
    yield _computed("i16x8.relaxed_dot_i8x16_i7x16_s", Lanes(8, (line,)))
    line = f"r.u32[i] = z.u32[i] + <uint32_t>({pair('4 * i')} + {pair('4 * i + 2')})"
    yield _computed("i32x4.relaxed_dot_i8x16_i7x16_add_s", Lanes(4, (line,)))


# --- To one number ---------------------------------------------------------------------------------------------------


def _tests() -> Iterator[RegOp]:
    yield RegOp(
        "v128.any_true",
        operands("d:i32 a:v128"),
        text=(Result("bits", "(fp[{a}].u64 | fp[{a} + 1].u64) != 0"),),
        touches=NOTHING,
    )
    for bits, shape in INTEGER_SHAPES.items():
        for test, first, line in (
            ("all_true", 1, f"found &= x.u{bits}[i] != 0"),
            ("bitmask", 0, f"found |= <uint32_t>(x.u{bits}[i] >> {bits - 1}) << i"),
        ):
            mnemonic = f"{shape}.{test}"
            lines = _function(
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
            call = Result("bits", f"{_name(mnemonic)}(&fp[{{a}}])")
            yield RegOp(mnemonic, operands("d:i32 a:v128"), text=(call,), function=lines, touches=NOTHING)


# --- Lanes in and out ------------------------------------------------------------------------------------------------

_LOAD = {8: "{p}[0]", 16: "load_u16({p})", 32: "load_u32({p})", 64: "load_u64({p})"}
_STORE = {8: "{p}[0] = {v}", 16: "store_u16({p}, {v})", 32: "store_u32({p}, {v})", 64: "store_u64({p}, {v})"}


def _lane_index(bits: int) -> Operand:
    return Operand("x", "index", "laneidx", 128 // bits)


def _lane_at(slot: str, bits: int) -> str:
    """Where the lane of the operand ``x`` is in the vector that begins at a slot, as text."""
    return f"(<uint8_t*>&fp[{{{slot}}}] + {bits // 8} * {{x}})"


def _lane_moves() -> Iterator[RegOp]:
    yield RegOp(
        "i8x16.shuffle",
        operands("d:v128 a:v128 b:v128 V:lanes"),
        text=("v_shuffle(&fp[{d}], &fp[{a}], &fp[{b}], <const uint8_t*>&{V})",),
        touches=NOTHING,
    )
    yield RegOp(
        "i8x16.swizzle",
        operands("d:v128 a:v128 b:v128"),
        text=("v_swizzle(&fp[{d}], &fp[{a}], &fp[{b}])",),
        touches=NOTHING,
    )
    for bits, shape in INTEGER_SHAPES.items():
        lines = _function(
            f"v_{shape}_splat",
            "void",
            f"slot* d, uint{bits}_t value",
            "cdef v128_t r",
            "cdef int i",
            f"for i in range({SHAPES[shape]}):",
            f"    r.u{bits}[i] = value",
            "memcpy(d, &r, 16)",
        )
        splat = f"v_{shape}_splat(&fp[{{d}}], <uint{bits}_t>{{a:i64}})"
        yield RegOp(f"{shape}.splat", operands("d:v128 a:i64"), text=(splat,), function=lines, touches=NOTHING)
        got = _LOAD[bits].format(p=_lane_at("a", bits))
        casts = {"": ""} if bits >= 32 else {"_s": f"<uint32_t><int32_t><int{bits}_t>", "_u": ""}
        for suffix, cast in casts.items():
            yield RegOp(
                f"{shape}.extract_lane{suffix}",
                (*operands("d:i64 a:v128"), _lane_index(bits)),
                text=(Result("bits", cast + got),),
                touches=NOTHING,
            )
        put = _STORE[bits].format(p=_lane_at("d", bits), v=f"<uint{bits}_t>{{ea}}")
        yield RegOp(
            f"{shape}.replace_lane",
            (*operands("d:v128 a:v128 b:i64"), _lane_index(bits)),
            text=("{ea} = {b:i64}", "memmove(&fp[{d}], &fp[{a}], 16)", put),
            touches=NOTHING,
        )


# --- Memory ----------------------------------------------------------------------------------------------------------

_ADDRESS = Address(base="a")
_THERE = "(mem + {ea})"


def _accessing(
    name: str, read: tuple[Operand, ...], access: Access, text: Statements, function: tuple[str, ...] = ()
) -> RegOp:
    return RegOp(name, read, text=text, address=_ADDRESS, access=access, function=function, touches=touched("memory"))


def _wide(row: RegOp) -> RegOp:
    """The same for memories of 64-bit addresses."""
    wide = {"a": operands("a:i64"), "o": operands("K")}
    changed = tuple(new for operand in row.operands for new in wide.get(operand.letter, (operand,)))
    return row._replace(name=f"{row.name}_wide", operands=changed, address=WIDE, function=(), serves=(row.name,))


def _loads() -> Iterator[RegOp]:
    loaded = operands("d:v128 a:i32 o")
    yield _accessing("v128.load", loaded, Access("load", 16), ("memcpy(&fp[{d}], mem + {ea}, 16)",))
    for bits in (8, 16, 32):
        count = 64 // bits
        for sign, of in (("s", f"i{bits}"), ("u", f"u{bits}")):
            mnemonic, to = f"v128.load{bits}x{count}_{sign}", f"u{2 * bits}"
            lines = _function(
                _name(mnemonic),
                "void",
                "slot* d, const uint8_t* p",
                "cdef v128_t x, r",
                "cdef int i",
                "memcpy(&x, p, 8)",
                f"for i in range({count}):",
                f"    r.{to}[i] = <{_c_type(to)}>(x.{of}[i])",
                "memcpy(d, &r, 16)",
            )
            call = f"{_name(mnemonic)}(&fp[{{d}}], mem + {{ea}})"
            yield _accessing(mnemonic, loaded, Access("load", 8), (call,), lines)
    for bits, load in _LOAD.items():
        value, access = load.format(p=_THERE), Access("load", bits // 8)
        splat = f"v_i{bits}x{128 // bits}_splat(&fp[{{d}}], {value})"
        yield _accessing(f"v128.load{bits}_splat", loaded, access, (splat,))
        if bits >= 32:
            zero = ("{ea} = " + value, "fp[{d}].u64 = {ea}", "fp[{d} + 1].u64 = 0")
            yield _accessing(f"v128.load{bits}_zero", loaded, access, zero)
        put = _STORE[bits].format(p=_lane_at("d", bits), v=f"<uint{bits}_t>{{ea}}")
        read = (*operands("d:v128 a:i32 o b:v128"), _lane_index(bits))
        text = ("{ea} = " + value, "memmove(&fp[{d}], &fp[{b}], 16)", put)
        yield _accessing(f"v128.load{bits}_lane", read, access, text)


def _stores() -> Iterator[RegOp]:
    read = operands("a:i32 o b:v128")
    yield _accessing("v128.store", read, Access("store", 16), ("memcpy(mem + {ea}, &fp[{b}], 16)",))
    for bits, load in _LOAD.items():
        put = _STORE[bits].format(p=_THERE, v=load.format(p=_lane_at("b", bits)))
        yield _accessing(f"v128.store{bits}_lane", (*read, _lane_index(bits)), Access("store", bits // 8), (put,))
