"""Number literals (spec "Text Format: Values"): text to bits and back, each rounded once, from the exact value.

Integers and floats alike are handed on as unsigned integers that hold the bit pattern.
"""

from __future__ import annotations

import re
import struct

from wasmvm.numeric import F64_FORMAT, FloatFormat, round_binary

_DEC = r"[0-9](?:_?[0-9])*"
_HEX = r"[0-9A-Fa-f](?:_?[0-9A-Fa-f])*"

_NAT = re.compile(rf"(?:0x{_HEX}|{_DEC})\Z")
_INT = re.compile(rf"[+-]?(?:0x{_HEX}|{_DEC})\Z")
_FLOAT = re.compile(
    rf"([+-]?)(?:0x({_HEX})(?:\.((?:{_HEX})?))?(?:[pP]([+-]?{_DEC}))?"
    rf"|({_DEC}(?:\.(?:{_DEC})?)?(?:[eE][+-]?{_DEC})?)"
    rf"|(inf)|(nan)(?::0x({_HEX}))?)\Z"
)

_DIGITS_OF_A_64_BIT_NUMBER = 20
_HUGE = 1 << 40
"""Stands for exponents so large that their sign alone decides."""


def is_nat(token: str) -> bool:
    return _NAT.match(token) is not None


def is_number(token: str) -> bool:
    """Whether a token is a number literal of any kind."""
    return _INT.match(token) is not None or _FLOAT.match(token) is not None


def _integer(digits: str) -> int:
    """The value of unsigned digits; too many of them give some value that no type holds."""
    digits = digits.replace("_", "")
    if digits[:2] == "0x":
        return int(digits, 16)
    digits = digits.lstrip("0")
    if len(digits) > _DIGITS_OF_A_64_BIT_NUMBER:
        return 1 << 128
    return int(digits or "0")


def parse_nat(token: str, bits: int) -> int | None:
    """The value of an unsigned literal, or None if it is not one; OverflowError if it needs more than `bits` bits."""
    if token.isdecimal() and token.isascii() and len(token) < 10 and bits >= 32:
        return int(token)
    if _NAT.match(token) is None:
        return None
    value = _integer(token)
    if value >> bits:
        raise OverflowError
    return value


def parse_int(token: str, bits: int) -> int | None:
    """The bits of an integer literal, or None if it is not one; OverflowError if it needs more than `bits` bits."""
    if token.isdecimal() and token.isascii() and len(token) < 10 and bits >= 32:
        return int(token)
    if _INT.match(token) is None:
        return None
    if token[0] == "-":
        value = _integer(token[1:])
        if value > 1 << (bits - 1):
            raise OverflowError
        return -value & ((1 << bits) - 1)
    value = _integer(token.lstrip("+"))
    if value >> bits:
        raise OverflowError
    return value


def parse_float(token: str, form: FloatFormat) -> int | None:
    """The bits of a float literal, or None if it is not one; OverflowError if it is out of range."""
    match = _FLOAT.match(token)
    if match is None:
        return None
    sign, hex_whole, hex_part, hex_exponent, decimal, infinity, _, payload = match.groups()
    if hex_whole is not None:
        fraction = (hex_part or "").replace("_", "")
        significand = int(hex_whole.replace("_", "") + fraction, 16)
        bits = round_binary(significand, _exponent(hex_exponent or "0") - 4 * len(fraction), form)
    elif decimal is not None:
        bits = _round_decimal(decimal.replace("_", ""), form)
    elif infinity is not None:
        bits = form.infinity
    elif payload is None:
        bits = form.canonical_nan
    else:
        value = int(payload.replace("_", ""), 16)
        if value == 0 or value >> form.mantissa:
            raise OverflowError
        bits = form.infinity | value
    return bits | form.sign if sign == "-" else bits


def _exponent(digits: str) -> int:
    """An exponent, or a number beyond every exponent that matters, of the same sign."""
    digits = digits.replace("_", "")
    size = digits.lstrip("+-").lstrip("0")
    value = int(size or "0") if len(size) < 13 else _HUGE
    return -value if digits[0] == "-" else value


def _round_decimal(text: str, form: FloatFormat) -> int:
    """Rounds an unsigned decimal literal; OverflowError past the largest number."""
    double: int = struct.unpack("<Q", struct.pack("<d", float(text)))[0]  # Python rounds to f64 correctly
    if double == F64_FORMAT.infinity:
        raise OverflowError
    if form is F64_FORMAT:
        return double
    # To f32 by way of f64, which may have rounded the value to a tie: then the digits say on which side it was.
    exponent = max(double >> 52, 1) - 1075
    significand = double & ((1 << 52) - 1) | (1 << 52 if double >> 52 else 0)
    if significand:
        order = _compare_decimal(text, significand, exponent)
        # One bit more, below all of f64's, that says on which side of it the exact value lies.
        significand, exponent = 2 * significand + order, exponent - 1
    return round_binary(significand, exponent, form)


def _compare_decimal(text: str, significand: int, exponent: int) -> int:
    """-1, 0 or 1 as a decimal literal is less than, equal to or greater than ``significand * 2**exponent``."""
    mantissa, _, power = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    scale = _exponent(power or "0") - len(fraction)
    digits = (whole + fraction).lstrip("0")
    if exponent < 0:
        # 2**e = 5**-e / 10**-e, so every such number has a finite decimal expansion.
        other, other_scale = str(significand * 5**-exponent), exponent
    else:
        other, other_scale = str(significand << exponent), 0
    if len(digits) + scale != len(other) + other_scale:  # the places of the first digits
        return 1 if len(digits) + scale > len(other) + other_scale else -1
    digits, other = digits.rstrip("0"), other.rstrip("0")
    return (digits > other) - (digits < other)


def float_text(bits: int, form: FloatFormat) -> str:
    """The literal for a bit pattern: decimal where that is exact and short, hexadecimal for NaN payloads."""
    sign = "-" if bits & form.sign else ""
    magnitude = bits & ~form.sign
    if magnitude == form.infinity:
        return sign + "inf"
    if magnitude > form.infinity:
        payload = magnitude - form.infinity
        return sign + ("nan" if payload == 1 << (form.mantissa - 1) else f"nan:0x{payload:x}")
    if form is F64_FORMAT:
        value: float = struct.unpack("<d", struct.pack("<Q", magnitude))[0]
        return sign + repr(value).removesuffix(".0")
    value = struct.unpack("<f", struct.pack("<I", magnitude))[0]
    for precision in range(1, 10):  # nine digits always tell one f32 from the next
        text = f"{value:.{precision}g}"
        if _round_or_none(text, form) == magnitude:
            return sign + text
    return sign + value.hex()


def _round_or_none(text: str, form: FloatFormat) -> int | None:
    try:
        return _round_decimal(text, form)
    except OverflowError:
        return None
