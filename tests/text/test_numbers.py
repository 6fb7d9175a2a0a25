"""Number literals: every form, ranges, rounding."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.growth import FACTOR, assert_in_proportion
from wasmvm.numeric import F32_FORMAT, F64_FORMAT, FloatFormat
from wasmvm.text.numbers import float_text, is_number, parse_float, parse_int, parse_nat


@pytest.mark.parametrize(
    ("text", "bits", "expected"),
    [
        ("0", 32, 0),
        ("007", 32, 7),
        ("1_000", 32, 1000),
        ("0xFf_0", 32, 0xFF0),
        ("4294967295", 32, 0xFFFFFFFF),
        ("-1", 32, 0xFFFFFFFF),
        ("-2147483648", 32, 0x80000000),
        ("-0x80000000", 32, 0x80000000),
        ("+5", 32, 5),
        ("-0", 64, 0),
        ("18446744073709551615", 64, 0xFFFFFFFFFFFFFFFF),
        ("-128", 8, 0x80),
        ("255", 8, 0xFF),
    ],
)
def test_integer(text: str, bits: int, expected: int) -> None:
    assert parse_int(text, bits) == expected


@pytest.mark.parametrize(
    "text", ["", "-", "0x", "1_", "_1", "1__0", "0x_1", "0xg", "1.0", "$1", "0b1", "0o7", "1 ", "x"]
)
def test_no_integer(text: str) -> None:
    assert parse_int(text, 32) is None
    assert parse_nat(text, 32) is None


@pytest.mark.parametrize(
    ("text", "bits"),
    [("4294967296", 32), ("-2147483649", 32), ("256", 8), ("-129", 8), ("1" * 10_000, 64), ("-" + "9" * 10_000, 64),
     ("0x1" + "0" * 10_000, 64)],
)  # fmt: skip
def test_integer_out_of_range(text: str, bits: int) -> None:
    with pytest.raises(OverflowError):
        parse_int(text, bits)


def test_naturals_have_no_sign() -> None:
    assert parse_nat("-1", 32) is None
    assert parse_nat("+1", 32) is None
    with pytest.raises(OverflowError):
        parse_nat("4294967296", 32)


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("0", F32_FORMAT, 0),
        ("-0.0", F32_FORMAT, 0x80000000),
        ("1.", F32_FORMAT, 0x3F800000),
        ("1.e0", F32_FORMAT, 0x3F800000),
        ("0x1.8p1", F32_FORMAT, 0x40400000),
        ("0x1.", F32_FORMAT, 0x3F800000),
        ("0x.8", F32_FORMAT, None),
        (".5", F32_FORMAT, None),
        ("1e", F32_FORMAT, None),
        ("0x1p", F32_FORMAT, None),
        ("1_0.0_1e+0_1", F64_FORMAT, 0x4059066666666666),
        ("inf", F32_FORMAT, 0x7F800000),
        ("-inf", F64_FORMAT, 0xFFF0000000000000),
        ("nan", F32_FORMAT, 0x7FC00000),
        ("-nan:0x1", F32_FORMAT, 0xFF800001),
        ("nan:0x7f_ffff", F32_FORMAT, 0x7FFFFFFF),
        ("nan:1", F32_FORMAT, None),
        ("infinity", F32_FORMAT, None),
        # Ties and what lies a hair beside them: f64 has no room for the difference.
        ("1.000000059604644775390625", F32_FORMAT, 0x3F800000),
        ("1.00000005960464477539062500000000000000000000000000000001", F32_FORMAT, 0x3F800001),
        ("1.00000005960464477539062499999999999999999999999999999999", F32_FORMAT, 0x3F800000),
        ("0x1.000001", F32_FORMAT, 0x3F800000),
        ("0x1.00000100000000000000000000000000000001", F32_FORMAT, 0x3F800001),
        ("0x1.000003", F32_FORMAT, 0x3F800002),
        ("7.0064923216240853546186479164495e-46", F32_FORMAT, 0),  # half the least subnormal
        ("7.0064923216240853546186479164496e-46", F32_FORMAT, 1),
        ("0x1p-150", F32_FORMAT, 0),
        ("0x1.8p-150", F32_FORMAT, 1),
        ("3.4028235e38", F32_FORMAT, 0x7F7FFFFF),
        ("340282356779733661637539395458142568447", F32_FORMAT, 0x7F7FFFFF),
        ("0x1.fffffefp127", F32_FORMAT, 0x7F7FFFFF),
        ("1e-99999999999999999999", F64_FORMAT, 0),
        ("0x1p-99999999999999999999", F64_FORMAT, 0),
        ("0x0p99999999999999999999", F64_FORMAT, 0),
        ("0." + "0" * 10_000 + "1e10001", F32_FORMAT, 0x3F800000),
        ("1" + "0" * 10_000 + "e-10000", F32_FORMAT, 0x3F800000),
    ],
)
def test_float(text: str, form: FloatFormat, expected: int | None) -> None:
    assert parse_float(text, form) == expected


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("340282356779733661637539395458142568448", F32_FORMAT),
        ("0x1.ffffffp127", F32_FORMAT),
        ("1e39", F32_FORMAT),
        ("1e309", F64_FORMAT),
        ("0x1p1024", F64_FORMAT),
        ("0x1p99999999999999999999", F64_FORMAT),
        ("1e99999999999999999999", F64_FORMAT),
        ("nan:0x0", F32_FORMAT),
        ("nan:0x80_0000", F32_FORMAT),
    ],
)
def test_float_out_of_range(text: str, form: FloatFormat) -> None:
    with pytest.raises(OverflowError):
        parse_float(text, form)


def nearest_f32(exact: Fraction) -> int:
    """The f32 nearest to a fraction from 0 to 2**100, found by comparing its neighbours."""
    near: int = struct.unpack("<I", struct.pack("<f", float(exact)))[0]
    candidates = [bits for bits in (near - 1, near, near + 1) if bits >= 0]

    def value(bits: int) -> Fraction:
        return Fraction(struct.unpack("<f", struct.pack("<I", bits))[0])

    return min(candidates, key=lambda bits: (abs(value(bits) - exact), bits & 1))


@given(bits=st.integers(0, 0x70000000), beside=st.integers(-3, 3), digits=st.integers(1, 300))
@settings(max_examples=300)
def test_f32_from_decimals_beside_a_tie(bits: int, beside: int, digits: int) -> None:
    low = Fraction(struct.unpack("<f", struct.pack("<I", bits))[0])
    high = Fraction(struct.unpack("<f", struct.pack("<I", bits + 1))[0])
    exact = (low + high) / 2
    scaled = exact * 10**digits
    number = max(scaled.numerator // scaled.denominator + beside, 0)
    assert parse_float(f"{number}e-{digits}", F32_FORMAT) == nearest_f32(Fraction(number, 10**digits))


@given(bits=st.integers(0, 0x70000000), extra=st.integers(0, 1 << 60))
@settings(max_examples=300)
def test_f32_from_hexadecimal(bits: int, extra: int) -> None:
    value = struct.unpack("<f", struct.pack("<I", bits))[0]
    mantissa, exponent = int(Fraction(value) * 2**149), -149
    text = f"0x{mantissa:x}.{extra:016x}p{exponent}"
    exact = (Fraction(mantissa) + Fraction(extra, 16**16)) * Fraction(2) ** exponent
    assert parse_float(text, F32_FORMAT) == nearest_f32(exact)


@given(bits=st.integers(0, 0xFFFFFFFF))
@settings(max_examples=500)
def test_f32_there_and_back(bits: int) -> None:
    assert parse_float(float_text(bits, F32_FORMAT), F32_FORMAT) == bits


@given(bits=st.integers(0, 0xFFFFFFFFFFFFFFFF))
@settings(max_examples=500)
def test_f64_there_and_back(bits: int) -> None:
    assert parse_float(float_text(bits, F64_FORMAT), F64_FORMAT) == bits


@pytest.mark.parametrize(
    ("bits", "text"),
    [(0x3F800000, "1"), (0x80000000, "-0"), (0x3DCCCCCD, "0.1"), (0x7F800001, "nan:0x1"), (0xFFC00000, "-nan"),
     (0x7F800000, "inf"), (1, "1e-45"), (0x7F7FFFFF, "3.4028235e+38")],
)  # fmt: skip
def test_float_text(bits: int, text: str) -> None:
    assert float_text(bits, F32_FORMAT) == text


def test_what_is_a_number() -> None:
    assert all(map(is_number, ["1", "-0x1", "1.5", "nan", "-inf", "nan:0x1"]))
    assert not any(map(is_number, ["nan:canonical", "i32", "1x", "--1", ""]))


@pytest.mark.parametrize(
    "text",
    [lambda n: "1" * n + f"e-{n}", lambda n: "0x" + "f" * n + f"p-{4 * n}", lambda n: "0." + "3" * n],
    ids=lambda text: text(1),
)
def test_long_literals_take_little_time(text: Callable[[int], str]) -> None:
    """In proportion to their length, where `int` of that many digits would not be."""
    assert_in_proportion(lambda size: partial(parse_float, text(size), F32_FORMAT), 100_000 // FACTOR)
