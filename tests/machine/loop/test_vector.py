"""Every vector instruction on edge values, against wasmtime: with its result in each slot that could be an operand's.

Vectors cross the boundary as pairs of i64. Where the specification leaves the payload of a NaN open (spec "NaN Propagation"), what it
does demand is checked instead of equality.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from random import Random

import pytest
import wasmtime

from tests import oracle
from tests.machine.loop.test_numeric import BITS, EDGES, from_bits, is_canonical, is_nan, to_bits
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import Trap
from wasmvm.isa import imm, wasm
from wasmvm.types import F32, F64, I32, I64, V128, VALTYPE_NAMES

ROWS = [row for row in wasm.ROWS if 0x300 <= row.code < 0x400]
COMPUTING = [row for row in ROWS if row.imm in (imm.NONE, imm.LANEIDX, imm.LANES)]
ACCESSING = [row for row in ROWS if row.width]
RELAXED = [row for row in wasm.ROWS if 0x400 <= row.code < 0x500]

LANE_EDGES = {
    "i8": (0, 1, 2, 0x7F, 0x80, 0x81, 0xFF, 0x55, 16, 15, 31, 0xF0),
    "i16": (0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0xFF, 0x100, 0xFF7F, 0x1234, 0x4000),
    "i32": EDGES[I32],
    "i64": EDGES[I64],
    "f32": EDGES[F32],
    "f64": EDGES[F64],
}
FLOATS = {"f32": F32, "f64": F64}
EXACT_NAN = ("abs", "neg", "pmin", "pmax", "splat", "lane")
"""Words in the names of the instructions that keep the bits of a NaN."""
LOW = (1 << 64) - 1


def test_there_are_236() -> None:
    assert len(ROWS) == 236
    assert len(COMPUTING) + len(ACCESSING) + 1 == 236  # and v128.const


def lane_type(row: wasm.Row) -> str:
    """What the lanes of the operands are, by the shape that the name says last."""
    shapes: list[str] = re.findall(r"([if]\d+)x\d+", row.mnemonic.replace("i7x16", "i8x16"))
    return shapes[-1] if shapes else "i64"


def vectors(lane: str) -> list[int]:
    """The edge values of a type in vectors, each at several places beside different ones."""
    edges, width = LANE_EDGES[lane], int(lane[1:])
    count = 128 // width
    rng = Random(width)
    columns = [rng.sample(edges, len(edges)) for _ in range(count)]
    made = [sum(column[i] << (n * width) for n, column in enumerate(columns)) for i in range(len(edges))]
    return [0, (1 << 128) - 1, *made][:14]


def vector(first: int) -> str:
    """A v128 of two parameters of the function."""
    return f"(i64x2.replace_lane 1 (i64x2.splat (local.get {first})) (local.get {first + 1}))"


def from_parameter(first: int, valtype: int) -> str:
    if valtype == V128:
        return vector(first)
    return from_bits(f"(local.get {first})", valtype)


def parameters(valtype: int) -> list[str]:
    return ["i64", "i64"] if valtype == V128 else [f"i{BITS[valtype]}"]


def pair(name: str, valtype: int) -> str:
    """The value of a local as integers: what a function gives back."""
    get = f"(local.get {name})"
    if valtype == V128:
        return f"(i64x2.extract_lane 0 {get}) (i64x2.extract_lane 1 {get})"
    return to_bits(get, valtype)


def function(name: str, row: wasm.Row, lanes: str, operands: Sequence[str], target: str) -> str:
    """A function that computes `row` on `operands` into the local `target`, and nothing into the one that follows `$r`."""
    assert row.params and row.results
    types = [p for t in row.params for p in parameters(t)]
    locals_ = " ".join(f"(local ${n} {VALTYPE_NAMES[t]})" for n, t in zip("xyz", row.params, strict=False))
    sets, first = [], 0
    for n, t in zip("xyz", row.params, strict=False):
        sets.append(f"(local.set ${n} {from_parameter(first, t)})")
        first += len(parameters(t))
    (result,) = row.results
    value = f"({row.mnemonic}{lanes} {' '.join(operands)})"
    beyond = -name.startswith("locals")  # whatever another byte would be, it is not both
    return f"""(func (export "{name}") (param {" ".join(types)}) (result {" ".join(parameters(result))})
      {locals_} (local $r {VALTYPE_NAMES[result]}) (local $beyond i64) {" ".join(sets)}
      (local.set $beyond (i64.const {beyond})) (local.set {target} {value})
      (if (i64.ne (local.get $beyond) (i64.const {beyond})) (then unreachable)) {pair(target, result)})"""


def immediates(row: wasm.Row) -> Iterator[str]:
    """The lane indices to try, as text."""
    if row.imm == imm.LANES:
        rng = Random(1)
        for _ in range(8):
            yield "".join(f" {rng.randrange(32)}" for _ in range(16))
    elif row.lanes:
        yield from (f" {lane}" for lane in range(row.lanes))
    else:
        yield ""


def functions(row: wasm.Row) -> Iterator[tuple[str, str]]:
    """(name, text) of a function for each form; a name that ends in a number says the constant shift count."""
    assert row.params and row.results
    names = [f"${n}" for n, _ in zip("xyz", row.params, strict=False)]
    gets = [f"(local.get {name})" for name in names]
    blocks = [f"(block (result {VALTYPE_NAMES[t]}) {get})" for get, t in zip(gets, row.params, strict=True)]
    for lanes in immediates(row):
        yield f"locals{lanes}", function(f"locals{lanes}", row, lanes, gets, "$r")
        yield f"temporaries{lanes}", function(f"temporaries{lanes}", row, lanes, blocks, "$r")
    for name, t in zip(names, row.params, strict=True):
        if t == row.results[0]:  # the result replaces an operand
            yield f"into {name}", function(f"into {name}", row, lanes, gets, name)
    if row.params == (V128, I32) and row.imm == imm.NONE:
        for count in (0, 1, 7, 8, 31, 32, 63, 64, 0x80000001):
            name = f"constant {count}"
            yield name, function(name, row, "", [gets[0], f"(i32.const {count})"], "$r")


def arguments(row: wasm.Row) -> Iterator[tuple[int, ...]]:
    """Argument lists by operand, vectors as one integer each."""
    assert row.params
    lane = lane_type(row)
    pools = []
    for t in row.params:
        if t == V128:
            pools.append(vectors(lane))
        else:
            pools.append(list(EDGES[t]) if len(row.params) == 1 else list(EDGES[t][:10]))
    if len(pools) == 3:
        pools = [pool[:6] for pool in pools]
    return product(*pools)


def flattened(row: wasm.Row, args: tuple[int, ...]) -> list[int]:
    assert row.params
    flat: list[int] = []
    for value, t in zip(args, row.params, strict=True):
        flat += (value & LOW, value >> 64) if t == V128 else (value,)
    return flat


def bits_of(values: object, results: tuple[int, ...]) -> int:
    """What a function gave back, as the unsigned integer of its bits."""
    if results == (V128,):
        assert isinstance(values, (list, tuple))
        low, high = values
        return (low & LOW) | (high & LOW) << 64
    assert isinstance(values, int)
    return values & ((1 << BITS[results[0]]) - 1)


def lanes_of(bits: int, width: int) -> list[int]:
    return [bits >> at & ((1 << width) - 1) for at in range(0, 128, width)]


def agree(row: wasm.Row, args: tuple[int, ...], got: int, want: int) -> bool:
    """Whether the results are equal, or are both what spec "NaN Propagation" demands."""
    if got == want:
        return True
    to = row.mnemonic.partition("x")[0]
    if to not in FLOATS or any(word in row.mnemonic for word in EXACT_NAN):
        return False
    of, width = lane_type(row), int(to[1:])
    for i, (mine, theirs) in enumerate(zip(lanes_of(got, width), lanes_of(want, width), strict=True)):
        if mine == theirs:
            continue
        if not (is_nan(mine, FLOATS[to]) and is_nan(theirs, FLOATS[to])) or of not in FLOATS:
            return False
        operands = [lanes_of(arg, int(of[1:]))[i] for arg in args]
        nans = [operand for operand in operands if is_nan(operand, FLOATS[of])]
        quiet = mine & 1 << (22 if width == 32 else 51)
        if not quiet or (all(is_canonical(nan, FLOATS[of]) for nan in nans) and not is_canonical(mine, FLOATS[to])):
            return False
    return True


@pytest.mark.parametrize("row", COMPUTING, ids=lambda row: row.mnemonic)
def test_instruction(row: wasm.Row) -> None:
    forms = dict(functions(row))
    binary = bytes(wasmtime.wat2wasm(f"(module {' '.join(forms.values())})"))
    compare(row, forms, oracle.Instance(binary), Instance(Module(binary)))


PRODUCTS = "(i16x8.extmul_low_i8x16_s {a} {b}) (i16x8.extmul_high_i8x16_s {a} {b})"
DOT = f"""(i16x8.add_sat_s (i8x16.shuffle 0 1 4 5 8 9 12 13 16 17 20 21 24 25 28 29 {PRODUCTS})
  (i8x16.shuffle 2 3 6 7 10 11 14 15 18 19 22 23 26 27 30 31 {PRODUCTS}))"""
MEANT = {
    "relaxed_swizzle": "(i8x16.swizzle {a} {b})",
    "relaxed_trunc_f32x4_s": "(i32x4.trunc_sat_f32x4_s {a})",
    "relaxed_trunc_f32x4_u": "(i32x4.trunc_sat_f32x4_u {a})",
    "relaxed_trunc_f64x2_s_zero": "(i32x4.trunc_sat_f64x2_s_zero {a})",
    "relaxed_trunc_f64x2_u_zero": "(i32x4.trunc_sat_f64x2_u_zero {a})",
    "relaxed_madd": "({shape}.add ({shape}.mul {a} {b}) {c})",
    "relaxed_nmadd": "({shape}.add ({shape}.mul ({shape}.neg {a}) {b}) {c})",
    "relaxed_laneselect": "(v128.bitselect {a} {b} {c})",
    "relaxed_min": "({shape}.min {a} {b})",
    "relaxed_max": "({shape}.max {a} {b})",
    "relaxed_q15mulr_s": "(i16x8.q15mulr_sat_s {a} {b})",
    "relaxed_dot_i8x16_i7x16_s": DOT,
    "relaxed_dot_i8x16_i7x16_add_s": f"(i32x4.add (i32x4.extadd_pairwise_i16x8_s {DOT}) {{c}})",
}
"""What relaxed instructions do in the deterministic profile, said with others."""


@pytest.mark.parametrize("row", RELAXED, ids=lambda row: row.mnemonic)
def test_relaxed_instruction(row: wasm.Row) -> None:
    assert row.params
    forms = dict(functions(row))
    shape, _, name = row.mnemonic.partition(".")
    body = MEANT[name].format(shape=shape, a="(local.get 0)", b="(local.get 1)", c="(local.get 2)")
    meant = f"(func $meant (param{' v128' * len(row.params)}) (result v128) {body})"
    text = " ".join(forms.values())
    expected = wasmtime.wat2wasm(f"(module {text.replace(f'({row.mnemonic} ', '(call $meant ')} {meant})")
    compare(row, forms, oracle.Instance(bytes(expected)), Instance(Module(wasmtime.wat2wasm(f"(module {text})"))))


def test_there_are_20_relaxed_ones() -> None:
    assert len(RELAXED) == 20


def compare(row: wasm.Row, forms: dict[str, str], expected: oracle.Instance, actual: Instance) -> None:
    """Call all forms of an instruction with all arguments in both."""
    assert row.params and row.results
    checked = 0
    for number, name in enumerate(forms):
        call = actual.exports[name]
        for count, args in enumerate(arguments(row)):
            if number and count % 3 != number % 3:
                continue  # all of them once is enough
            flat = flattened(row, args)
            want = bits_of(expected.call(name, *flat), row.results)
            got = bits_of(call(*flat), row.results)
            checked += 1
            assert agree(row, args, got, want), f"{name}: {row.mnemonic}{tuple(map(hex, args))} {got:#x} not {want:#x}"
    assert checked > 14


MEMORY = 65536
ADDRESSES = (0, 1, 3, 8, 100, *range(MEMORY - 20, MEMORY + 2), 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
OFFSETS = (0, 1, 5, 0xFFF0, 0xFFFFFFFF)
WIDE_ADDRESSES = (0x1_0000_0000, 1 << 63, (1 << 64) - 16, (1 << 64) - 1)
WIDE_OFFSETS = (0x1_0000_0000, (1 << 64) - 16)


def accesses(row: wasm.Row, t: str) -> Iterator[tuple[str, str]]:
    """(name, text) of functions that take an address and a vector, and give back a vector: what was loaded."""
    assert row.params
    for lanes in immediates(row):
        for offset in OFFSETS if t == "i32" else (*OFFSETS, *WIDE_OFFSETS):
            name = f"{offset:x}{lanes}"
            value = " (local.get $v)" if V128 in row.params else ""
            text = f"({row.mnemonic} offset={offset}{lanes} (local.get 0){value})"
            made = f"(local.set $v {text})" if row.results else text
            head = f'(func (export "{name}") (param {t} i64 i64) (result i64 i64) (local $v v128)'
            yield name, f"{head} (local.set $v {vector(1)}) {made} {pair('$v', V128)})"


@pytest.mark.parametrize("t", ["i32", "i64"])
@pytest.mark.parametrize("row", ACCESSING, ids=lambda row: row.mnemonic)
def test_access(row: wasm.Row, t: str) -> None:
    pattern = "".join(f"\\{(i * 73 + 5) % 256:02x}" for i in range(128))
    forms = dict(accesses(row, t))
    binary = bytes(
        wasmtime.wat2wasm(
            f"""(module (memory (export "memory") {t} 1) (data ({t}.const 0) "{pattern}")
              (data ({t}.const {MEMORY - 128}) "{pattern}") {" ".join(forms.values())})"""
        )
    )
    expected, actual = oracle.Instance(binary), Instance(Module(binary))
    theirs = expected.exports["memory"]
    assert isinstance(theirs, wasmtime.Memory)
    trapped = 0
    for name in forms:
        for address in ADDRESSES if t == "i32" else (*ADDRESSES, *WIDE_ADDRESSES):
            args = (address, 0x8877665544332211, 0xFFEEDDCCBBAA9988)
            want = expected.call(name, *args)
            try:
                got: object = [value & LOW for value in actual.exports[name](*args)]
            except Trap as trap:
                got = trap.code
                trapped += 1
                assert trap.fault is not None
                reached = address + int(name.split()[0], 16) & ((1 << 64) - 1)
                assert trap.fault.split()[5] == hex(max(reached, MEMORY))
            if isinstance(want, list):
                want = [value & LOW for value in want]
            assert got == want, f"{row.mnemonic} {name} at {address:#x}: {got!r}, not {want!r}"
    assert trapped > 20
    assert bytes(memoryview(actual.exports["memory"])) == bytes(theirs.read(expected.store, 0, MEMORY))
