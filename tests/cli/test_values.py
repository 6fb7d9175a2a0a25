"""Values as words: what ``--invoke`` takes and prints."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasmvm.cli.failure import UsageError
from wasmvm.cli.values import format_value, parse_arguments, parse_value
from wasmvm.types import EXTERNREF, F32, F64, FUNCREF, I32, I64, FuncType


@pytest.mark.parametrize(
    ("word", "valtype", "value"),
    [
        ("0", I32, 0),
        ("-1", I32, -1),
        ("+7", I32, 7),
        ("4294967295", I32, 4294967295),
        ("-2147483648", I32, -2147483648),
        ("0xff", I32, 255),
        ("-0X10", I64, -16),
        ("18446744073709551615", I64, 2**64 - 1),
        ("1_000", I64, 1000),
        ("1.5", F64, 1.5),
        ("-3", F32, -3.0),
        ("1e400", F64, math.inf),
        ("-inf", F64, -math.inf),
        ("0x1.8p1", F64, 3.0),
        ("0x10", F32, 16.0),
    ],
)
def test_parse(word: str, valtype: int, value: float) -> None:
    assert parse_value(word, valtype) == value
    assert isinstance(parse_value(word, valtype), int if valtype in (I32, I64) else float)


def test_parse_nan() -> None:
    assert math.isnan(parse_value("nan", F32))


@pytest.mark.parametrize(
    ("word", "valtype"),
    [
        ("", I32), ("x", I32), ("1.5", I32), ("0x", I32), ("--1", I32), ("+-1", I32), ("0b1", I32), ("4294967296", I32),
        ("-2147483649", I32), ("18446744073709551616", I64), ("-9223372036854775809", I64), ("", F64), ("one", F32),
        ("0x1p99999", F64), ("0xg", F64), ("1", EXTERNREF), ("1", FUNCREF),
    ],
)  # fmt: skip
def test_parse_refuses(word: str, valtype: int) -> None:
    with pytest.raises(UsageError):
        parse_value(word, valtype)


def test_arguments_are_counted() -> None:
    functype = FuncType((I32, F64), ())
    assert parse_arguments(["1", "2"], functype) == [1, 2.0]
    with pytest.raises(UsageError, match="takes 2 arguments, 1 given"):
        parse_arguments(["1"], functype)


@pytest.mark.parametrize(
    ("value", "valtype", "text"),
    [
        (-5, I32, "-5"),
        (1.0, F64, "1.0"),
        (0.1, F64, "0.1"),
        (struct.unpack("f", struct.pack("f", 0.1))[0], F32, "0.1"),
        (16777217.0 - 1, F32, "16777216.0"),
        (3.4028234663852886e38, F32, "3.4028235e+38"),
        (-3.4028234663852886e38, F32, "-3.4028235e+38"),
        (3.4027e38, F32, "3.4027e+38"),
        (1.1754943508222875e-38, F32, "1.1754944e-38"),
        (8589973504.0, F32, "8589974000.0"),
        (0.3, F32, "0.3"),
        (1.3644169484905433e-05, F32, "1.36441695e-05"),
        (1.401298464324817e-45, F32, "1e-45"),
        (math.inf, F32, "inf"),
        (-math.inf, F64, "-inf"),
        (math.nan, F32, "nan"),
        (-0.0, F32, "-0.0"),
        (None, EXTERNREF, "null"),
        (object(), FUNCREF, "<funcref>"),
    ],
)
def test_format(value: object, valtype: int, text: str) -> None:
    if valtype == F32:
        assert isinstance(value, float)
        (value,) = struct.unpack("f", struct.pack("f", value))
    assert format_value(value, valtype) == text


@given(st.floats(width=32, allow_nan=False))
def test_f32_text_says_which_one_it_is(value: float) -> None:
    assert struct.pack("f", float(format_value(value, F32))) == struct.pack("f", value)
