"""`wasmvm.numeric`: against examples, against the hardware's floats, and all three of it, the machine and wasmtime."""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.machine.loop.test_numeric import BITS, EDGES, EXACT_NAN, ROWS, TWO_RESULTS, check_nan, function, is_nan
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import Trap
from wasmvm.isa.wasm import Row
from wasmvm.numeric import F32_FORMAT, F64_FORMAT, OPERATORS, WIDE, evaluate, round_binary
from wasmvm.text import wat2wasm
from wasmvm.types import F32, F64

NAN32, NAN64 = 0x7FC00000, 0x7FF8000000000000
MIN32, MIN64 = 1 << 31, 1 << 63


def f32(value: float) -> int:
    bits: int = struct.unpack("<I", struct.pack("<f", value))[0]
    return bits


def f64(value: float) -> int:
    bits: int = struct.unpack("<Q", struct.pack("<d", value))[0]
    return bits


def test_there_is_a_meaning_for_every_numeric_instruction() -> None:
    assert OPERATORS.keys() | WIDE.keys() == {row.mnemonic for row in (*ROWS, *TWO_RESULTS)}


@pytest.mark.parametrize(
    ("mnemonic", "operands", "result"),
    [
        ("i32.clz", (0,), 32),
        ("i32.clz", (1,), 31),
        ("i64.clz", (0xFFFFFFFF,), 32),
        ("i32.ctz", (0,), 32),
        ("i32.ctz", (MIN32,), 31),
        ("i64.popcnt", (0xFFFFFFFFFFFFFFFF,), 64),
        ("i32.add", (0xFFFFFFFF, 1), 0),
        ("i32.sub", (0, 1), 0xFFFFFFFF),
        ("i64.mul", (MIN64, 3), MIN64),
        ("i32.div_s", (0xFFFFFFF9, 2), 0xFFFFFFFD),  # -7 / 2 = -3
        ("i32.div_u", (0xFFFFFFF9, 2), 0x7FFFFFFC),
        ("i32.rem_s", (0xFFFFFFF9, 2), 0xFFFFFFFF),  # -7 % 2 = -1
        ("i32.rem_s", (7, 0xFFFFFFFE), 1),
        ("i32.rem_s", (MIN32, 0xFFFFFFFF), 0),
        ("i32.shl", (1, 33), 2),
        ("i32.shr_s", (MIN32, 31), 0xFFFFFFFF),
        ("i32.shr_u", (MIN32, 31), 1),
        ("i32.rotl", (0x80000001, 1), 3),
        ("i32.rotl", (0x12345678, 0), 0x12345678),
        ("i64.rotr", (1, 1), MIN64),
        ("i32.extend8_s", (0x180,), 0xFFFFFF80),
        ("i64.extend32_s", (0x80000000,), 0xFFFFFFFF80000000),
        ("i32.lt_s", (0xFFFFFFFF, 0), 1),
        ("i32.lt_u", (0xFFFFFFFF, 0), 0),
        ("i64.eqz", (0,), 1),
        ("i32.wrap_i64", (0x123456789,), 0x23456789),
        ("i64.extend_i32_s", (0x80000000,), 0xFFFFFFFF80000000),
        ("i64.extend_i32_u", (0x80000000,), 0x80000000),
        ("f32.add", (f32(1.0), f32(2.0**-25)), f32(1.0)),
        ("f64.add", (f64(0.0), f64(-0.0)), f64(0.0)),
        ("f64.add", (f64(-0.0), f64(-0.0)), f64(-0.0)),
        ("f64.sub", (f64(1.5), f64(1.5)), f64(0.0)),
        ("f64.add", (f64(math.inf), f64(-math.inf)), NAN64),
        ("f32.mul", (f32(0.0), f32(math.inf)), NAN32),
        ("f32.mul", (1, f32(0.5)), 0),  # half of the least subnormal: a tie, to even
        ("f32.mul", (3, f32(0.5)), 2),
        ("f32.div", (f32(1.0), f32(-0.0)), f32(-math.inf)),
        ("f32.div", (f32(0.0), f32(0.0)), NAN32),
        ("f64.div", (f64(1.0), f64(3.0)), f64(1 / 3)),
        ("f64.sqrt", (f64(2.0),), f64(math.sqrt(2.0))),
        ("f64.sqrt", (f64(-0.0),), f64(-0.0)),
        ("f64.sqrt", (f64(-1.0),), NAN64),
        ("f32.min", (f32(0.0), f32(-0.0)), f32(-0.0)),
        ("f32.max", (f32(-0.0), f32(0.0)), f32(0.0)),
        ("f32.min", (f32(1.0), 0x7F800001), NAN32),
        ("f64.nearest", (f64(2.5),), f64(2.0)),
        ("f64.nearest", (f64(-3.5),), f64(-4.0)),
        ("f64.nearest", (f64(-0.5),), f64(-0.0)),
        ("f32.ceil", (f32(-0.25),), f32(-0.0)),
        ("f32.floor", (f32(-0.25),), f32(-1.0)),
        ("f32.trunc", (f32(-1.75),), f32(-1.0)),
        ("f32.neg", (0x7F812345,), 0xFF812345),
        ("f32.abs", (0xFF812345,), 0x7F812345),
        ("f64.copysign", (NAN64, f64(-1.0)), NAN64 | MIN64),
        ("f64.eq", (f64(0.0), f64(-0.0)), 1),
        ("f64.ne", (NAN64, NAN64), 1),
        ("f64.ge", (NAN64, NAN64), 0),
        ("f64.lt", (f64(-math.inf), f64(-1.0)), 1),
        ("i32.trunc_f64_s", (f64(-2147483648.9),), MIN32),
        ("i32.trunc_f64_u", (f64(-0.9),), 0),
        ("i32.trunc_sat_f32_s", (NAN32,), 0),
        ("i32.trunc_sat_f32_s", (f32(-math.inf),), MIN32),
        ("i32.trunc_sat_f32_u", (f32(-5.0),), 0),
        ("i64.trunc_sat_f64_u", (f64(1e30),), 0xFFFFFFFFFFFFFFFF),
        ("f32.convert_i64_u", (0xFFFFFFFFFFFFFFFF,), f32(2.0**64)),
        ("f32.convert_i32_s", (0xFFFFFFFF,), f32(-1.0)),
        ("f32.convert_i64_s", (0x7FFFFF4000000001,), 0x5EFFFFFF),  # rounding to f64 first would be a tie, and go up
        ("f32.demote_f64", (f64(1e300),), f32(math.inf)),
        ("f32.demote_f64", (0x7FF0000000000001,), NAN32),
        ("f64.promote_f32", (1,), f64(2.0**-149)),
        ("f32.reinterpret_i32", (0x7F800001,), 0x7F800001),
    ],
)
def test_example(mnemonic: str, operands: tuple[int, ...], result: int) -> None:
    assert evaluate(mnemonic, *operands) == result


@pytest.mark.parametrize(
    ("mnemonic", "operands", "code"),
    [
        ("i32.div_s", (1, 0), "integer_division_by_zero"),
        ("i32.div_u", (1, 0), "integer_division_by_zero"),
        ("i64.rem_s", (1, 0), "integer_division_by_zero"),
        ("i64.rem_u", (1, 0), "integer_division_by_zero"),
        ("i32.div_s", (MIN32, 0xFFFFFFFF), "integer_overflow"),
        ("i64.div_s", (MIN64, 0xFFFFFFFFFFFFFFFF), "integer_overflow"),
        ("i32.trunc_f32_s", (NAN32,), "invalid_conversion"),
        ("i32.trunc_f64_s", (f64(2147483648.0),), "integer_overflow"),
        ("i32.trunc_f64_u", (f64(-1.0),), "integer_overflow"),
        ("i64.trunc_f32_u", (f32(math.inf),), "integer_overflow"),
    ],
)
def test_trap(mnemonic: str, operands: tuple[int, ...], code: str) -> None:
    with pytest.raises(Trap) as caught:
        evaluate(mnemonic, *operands)
    assert caught.value.code == code


def test_unknown_operator() -> None:
    with pytest.raises(KeyError):
        evaluate("i32.extend32_s", 1)


# The hardware's floats. They round as the specification does; only NaNs are compared as such.

EDGES_AND_OTHERS = {
    valtype: st.one_of(
        st.sampled_from(EDGES[valtype]),
        st.builds(lambda edge, step, n: (edge + step) % (1 << n), st.sampled_from(EDGES[valtype]),
                  st.integers(-3, 3), st.just(BITS[valtype])),
        st.integers(0, (1 << BITS[valtype]) - 1),
    )
    for valtype in EDGES
}  # fmt: skip
"""Operands by type: edge values, what lies around them, anything."""


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv"])
@given(a=EDGES_AND_OTHERS[F64], b=EDGES_AND_OTHERS[F64])
@settings(max_examples=300)
def test_f64_arithmetic_is_that_of_the_hardware(name: str, a: int, b: int) -> None:
    meaning: Callable[[np.float64, np.float64], np.float64] = getattr(operator, name)
    with np.errstate(all="ignore"):
        x, y = np.array([a, b], np.uint64).view(np.float64)
        expected = int(np.float64(meaning(x, y)).view(np.uint64))
    result = evaluate(f"f64.{name.removeprefix('true')}", a, b)
    assert is_nan(result, F64) if is_nan(expected, F64) else result == expected


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv"])
@given(a=EDGES_AND_OTHERS[F32], b=EDGES_AND_OTHERS[F32])
@settings(max_examples=300)
def test_f32_arithmetic_is_that_of_the_hardware(name: str, a: int, b: int) -> None:
    meaning: Callable[[np.float32, np.float32], np.float32] = getattr(operator, name)
    with np.errstate(all="ignore"):
        x, y = np.array([a, b], np.uint32).view(np.float32)
        expected = int(np.float32(meaning(x, y)).view(np.uint32))
    result = evaluate(f"f32.{name.removeprefix('true')}", a, b)
    assert is_nan(result, F32) if is_nan(expected, F32) else result == expected


@given(significand=st.integers(0, 1 << 70), exponent=st.integers(-1200, 1100))
@example((1 << 53) - 1, 971)
@example((1 << 54) - 1, 970)
@example(1, -1075)
@example(3, -1076)
@settings(max_examples=500)
def test_round_binary_rounds_to_nearest(significand: int, exponent: int) -> None:
    try:
        # Python divides integers exactly and rounds once.
        exact = significand * 2**exponent if exponent >= 0 else significand / 2**-exponent
        expected: int | None = f64(float(exact))
    except OverflowError:
        expected = None
    if expected is None:
        with pytest.raises(OverflowError):
            round_binary(significand, exponent, F64_FORMAT)
    else:
        assert round_binary(significand, exponent, F64_FORMAT) == expected


def test_round_binary_overflow_is_decided_after_rounding() -> None:
    largest = (1 << 24) - 1
    assert round_binary(2 * largest, 103, F32_FORMAT) == 0x7F7FFFFF
    with pytest.raises(OverflowError):
        round_binary(2 * largest + 1, 103, F32_FORMAT)


# The machine, this module, and wasmtime.


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.mnemonic)
def test_machine_numeric_and_wasmtime_agree(row: Row) -> None:
    assert row.params and row.results
    names = [f"(local.get {len(row.params) + i})" for i in range(len(row.params))]
    binary = wat2wasm(f"(module {function('f', row, names)})")
    machine, wasmtime = Instance(Module(binary)).exports["f"], oracle.Instance(binary)
    result = row.results[0]
    mask = (1 << BITS[result]) - 1
    may_differ = not any(word in row.mnemonic for word in EXACT_NAN)

    def outcome(call: Callable[[], object]) -> object:
        try:
            value = call()
        except Trap as trap:
            return trap.code
        return value & mask if isinstance(value, int) else value

    @given(operands=st.tuples(*[EDGES_AND_OTHERS[t] for t in row.params]))
    @settings(max_examples=100)
    def check(operands: tuple[int, ...]) -> None:
        found = {
            "machine": outcome(lambda: machine(*operands)),
            "numeric": outcome(lambda: evaluate(row.mnemonic, *operands)),
            "wasmtime": outcome(lambda: wasmtime.call("f", *operands)),
        }
        if may_differ and all(isinstance(bits, int) and is_nan(bits, result) for bits in found.values()):
            for bits in found.values():
                assert isinstance(bits, int)
                check_nan(row, operands, bits)
        else:
            assert len(set(found.values())) == 1, (row.mnemonic, [hex(o) for o in operands], found)

    check()
