"""The meaning of each scalar numeric operator (spec "Numerics"), in plain Python and exact.

Operands and results are bit patterns: unsigned integers of the width of their type, for floats as well. Floats are
computed as exact integers and rounded once, so nothing here depends on the machine's own arithmetic. Where the
specification leaves a NaN open, the positive canonical NaN is the result.

The machine is tested against this.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isqrt

from wasmvm.errors import Trap
from wasmvm.record import Record


class FloatFormat(Record):
    """A binary format of IEEE 754: its bits, those of them that store the significand, the bias of the exponent."""

    bits: int
    mantissa: int
    bias: int

    @property
    def sign(self) -> int:
        """The sign bit."""
        return 1 << (self.bits - 1)

    @property
    def infinity(self) -> int:
        """Positive infinity; larger magnitudes are NaNs."""
        return ((1 << (self.bits - 1 - self.mantissa)) - 1) << self.mantissa

    @property
    def canonical_nan(self) -> int:
        """The positive one."""
        return self.infinity | 1 << (self.mantissa - 1)


F32_FORMAT = FloatFormat(32, 23, 127)
F64_FORMAT = FloatFormat(64, 52, 1023)


def round_binary(significand: int, exponent: int, form: FloatFormat) -> int:
    """The bits of ``significand * 2**exponent``, not negative, rounded to nearest, ties to even (spec "Rounding").

    Raises:
        OverflowError: it rounds to infinity.
    """
    if significand == 0:
        return 0
    top = significand.bit_length() + exponent  # the value lies in [2**(top-1), 2**top)
    if top > form.bias + 1:
        raise OverflowError
    lowest = 1 - form.bias - form.mantissa  # exponent of the last bit of a subnormal
    if top < lowest:
        return 0
    last = max(top - 1 - form.mantissa, lowest)  # exponent of the last bit that is kept
    shift = last - exponent
    if shift <= 0:
        kept = significand << -shift
    else:
        kept = significand >> shift
        half = 1 << (shift - 1)
        rest = significand & ((1 << shift) - 1)
        if rest > half or (rest == half and kept & 1):
            kept += 1
    # A carry out of the significand moves into the exponent by itself, from subnormal to normal as well.
    bits = kept + ((last - lowest) << form.mantissa)
    if bits >= form.infinity:
        raise OverflowError
    return bits


def signed(bits: int, width: int) -> int:
    """spec "Sign Interpretation": a bit pattern read as two's complement."""
    return bits - (1 << width) if bits >> (width - 1) else bits


# spec "Integer Operations". The result is cut to the width by `evaluate`.


def _divide_signed(n: int, a: int, b: int) -> int:
    if b == 0:
        raise Trap("integer divide by zero", "integer_division_by_zero")
    x, y = signed(a, n), signed(b, n)
    if y == -1 and x == -1 << (n - 1):
        raise Trap("integer overflow", "integer_overflow")
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


def _remainder_signed(n: int, a: int, b: int) -> int:
    if b == 0:
        raise Trap("integer divide by zero", "integer_division_by_zero")
    x, y = signed(a, n), signed(b, n)
    remainder = abs(x) % abs(y)
    return -remainder if x < 0 else remainder


def _divide_unsigned(_: int, a: int, b: int) -> int:
    if b == 0:
        raise Trap("integer divide by zero", "integer_division_by_zero")
    return a // b


def _remainder_unsigned(_: int, a: int, b: int) -> int:
    if b == 0:
        raise Trap("integer divide by zero", "integer_division_by_zero")
    return a % b


INTEGER: dict[str, Callable[..., int]] = {
    "clz": lambda n, a: n - a.bit_length(),
    "ctz": lambda n, a: (a & -a).bit_length() - 1 if a else n,
    "popcnt": lambda _, a: bin(a).count("1"),
    "add": lambda _, a, b: a + b,
    "sub": lambda _, a, b: a - b,
    "mul": lambda _, a, b: a * b,
    "div_s": _divide_signed,
    "div_u": _divide_unsigned,
    "rem_s": _remainder_signed,
    "rem_u": _remainder_unsigned,
    "and": lambda _, a, b: a & b,
    "or": lambda _, a, b: a | b,
    "xor": lambda _, a, b: a ^ b,
    "shl": lambda n, a, b: a << (b % n),
    "shr_s": lambda n, a, b: signed(a, n) >> (b % n),
    "shr_u": lambda n, a, b: a >> (b % n),
    "rotl": lambda n, a, b: a << (b % n) | a >> (n - b % n),
    "rotr": lambda n, a, b: a >> (b % n) | a << (n - b % n),
    "extend8_s": lambda _, a: signed(a & 0xFF, 8),
    "extend16_s": lambda _, a: signed(a & 0xFFFF, 16),
    "extend32_s": lambda _, a: signed(a & 0xFFFFFFFF, 32),
    "eqz": lambda _, a: a == 0,
    "eq": lambda _, a, b: a == b,
    "ne": lambda _, a, b: a != b,
    "lt_s": lambda n, a, b: signed(a, n) < signed(b, n),
    "lt_u": lambda _, a, b: a < b,
    "gt_s": lambda n, a, b: signed(a, n) > signed(b, n),
    "gt_u": lambda _, a, b: a > b,
    "le_s": lambda n, a, b: signed(a, n) <= signed(b, n),
    "le_u": lambda _, a, b: a <= b,
    "ge_s": lambda n, a, b: signed(a, n) >= signed(b, n),
    "ge_u": lambda _, a, b: a >= b,
}
"""By operator: the width, then the operands."""


# spec "Floating-Point Operations"


def is_nan(bits: int, form: FloatFormat) -> bool:
    return bits & ~form.sign > form.infinity


def _finite(bits: int, form: FloatFormat) -> tuple[int, int]:
    """A finite number as a signed significand and the exponent of its last bit."""
    magnitude = bits & ~form.sign
    field = magnitude >> form.mantissa
    significand = magnitude & ((1 << form.mantissa) - 1) | (1 << form.mantissa if field else 0)
    exponent = max(field, 1) - form.bias - form.mantissa
    return (-significand if bits & form.sign else significand), exponent


def _is_finite(bits: int, form: FloatFormat) -> bool:
    return bits & ~form.sign < form.infinity


def _rounded(sign: int, significand: int, exponent: int, form: FloatFormat) -> int:
    try:
        return sign | round_binary(significand, exponent, form)
    except OverflowError:
        return sign | form.infinity


def _add(form: FloatFormat, a: int, b: int) -> int:
    if is_nan(a, form) or is_nan(b, form):
        return form.canonical_nan
    if not _is_finite(a, form):
        return form.canonical_nan if not _is_finite(b, form) and a != b else a
    if not _is_finite(b, form):
        return b
    (x, x_exponent), (y, y_exponent) = _finite(a, form), _finite(b, form)
    exponent = min(x_exponent, y_exponent)
    total = (x << (x_exponent - exponent)) + (y << (y_exponent - exponent))
    if total == 0:
        return a & b & form.sign  # a sum of zero is negative only if both operands are
    return _rounded(form.sign if total < 0 else 0, abs(total), exponent, form)


def _multiply(form: FloatFormat, a: int, b: int) -> int:
    sign = (a ^ b) & form.sign
    if is_nan(a, form) or is_nan(b, form):
        return form.canonical_nan
    zero = not a & ~form.sign or not b & ~form.sign
    if not _is_finite(a, form) or not _is_finite(b, form):
        return form.canonical_nan if zero else sign | form.infinity
    (x, x_exponent), (y, y_exponent) = _finite(a, form), _finite(b, form)
    return _rounded(sign, abs(x * y), x_exponent + y_exponent, form)


def _divide(form: FloatFormat, a: int, b: int) -> int:
    sign = (a ^ b) & form.sign
    if is_nan(a, form) or is_nan(b, form):
        return form.canonical_nan
    if not _is_finite(a, form):
        return sign | form.infinity if _is_finite(b, form) else form.canonical_nan
    if not _is_finite(b, form):
        return sign
    (x, x_exponent), (y, y_exponent) = _finite(a, form), _finite(b, form)
    if y == 0:
        return sign | form.infinity if x else form.canonical_nan
    # More bits than are kept, and one below them that says whether anything follows: enough to round once.
    shift = 2 * form.mantissa + 4
    quotient, remainder = divmod(abs(x) << shift, abs(y))
    return _rounded(sign, quotient << 1 | (remainder != 0), x_exponent - y_exponent - shift - 1, form)


def _square_root(form: FloatFormat, a: int) -> int:
    if is_nan(a, form) or (a & form.sign and a != form.sign):
        return form.canonical_nan
    if not _is_finite(a, form) or a == form.sign:
        return a
    significand, exponent = _finite(a, form)
    shift = 2 * form.mantissa + 4
    if (exponent - shift) % 2:
        shift += 1
    root = isqrt(significand << shift)
    inexact = root * root != significand << shift
    return _rounded(0, root << 1 | inexact, (exponent - shift) // 2 - 1, form)


def _key(bits: int, form: FloatFormat) -> int:
    """An integer that orders numbers as they are ordered; both zeros are 0."""
    return -(bits ^ form.sign) if bits & form.sign else bits


def _minimum(form: FloatFormat, a: int, b: int) -> int:
    if is_nan(a, form) or is_nan(b, form):
        return form.canonical_nan
    if _key(a, form) == _key(b, form):
        return a | b  # of two zeros the negative one
    return a if _key(a, form) < _key(b, form) else b


def _maximum(form: FloatFormat, a: int, b: int) -> int:
    if is_nan(a, form) or is_nan(b, form):
        return form.canonical_nan
    if _key(a, form) == _key(b, form):
        return a & b
    return a if _key(a, form) > _key(b, form) else b


def _to_integral(direction: Callable[[int, int], int], form: FloatFormat, a: int) -> int:
    """ceil, floor, trunc, nearest: `direction` divides a signed number by a power of two, given as its exponent."""
    if is_nan(a, form):
        return form.canonical_nan
    if not _is_finite(a, form):
        return a
    significand, exponent = _finite(a, form)
    if exponent >= 0:
        return a
    # The sign is kept even if nothing else is.
    return _rounded(a & form.sign, abs(direction(significand, -exponent)), 0, form)


def _towards_zero(x: int, shift: int) -> int:
    return -(-x >> shift) if x < 0 else x >> shift


def _to_nearest(x: int, shift: int) -> int:
    whole, rest, half = x >> shift, x & ((1 << shift) - 1), 1 << (shift - 1)
    return whole + (rest > half or (rest == half and whole & 1))


def _compare(holds: Callable[[int, int], bool], if_nan: bool, form: FloatFormat, a: int, b: int) -> bool:
    if is_nan(a, form) or is_nan(b, form):
        return if_nan
    return holds(_key(a, form), _key(b, form))


FLOAT: dict[str, Callable[..., int]] = {
    "abs": lambda form, a: a & ~form.sign,
    "neg": lambda form, a: a ^ form.sign,
    "copysign": lambda form, a, b: a & ~form.sign | b & form.sign,
    "ceil": partial(_to_integral, lambda x, shift: -(-x >> shift)),
    "floor": partial(_to_integral, lambda x, shift: x >> shift),
    "trunc": partial(_to_integral, _towards_zero),
    "nearest": partial(_to_integral, _to_nearest),
    "sqrt": _square_root,
    "add": _add,
    "sub": lambda form, a, b: _add(form, a, b ^ form.sign),
    "mul": _multiply,
    "div": _divide,
    "min": _minimum,
    "max": _maximum,
    "eq": partial(_compare, lambda x, y: x == y, False),
    "ne": partial(_compare, lambda x, y: x != y, True),
    "lt": partial(_compare, lambda x, y: x < y, False),
    "gt": partial(_compare, lambda x, y: x > y, False),
    "le": partial(_compare, lambda x, y: x <= y, False),
    "ge": partial(_compare, lambda x, y: x >= y, False),
}
"""By operator: the format, then the operands."""


# spec "Conversions"


def _truncate(width: int, is_signed: bool, form: FloatFormat, a: int) -> int:
    """The integer towards zero; OverflowError where the type does not hold it."""
    if not _is_finite(a, form):
        raise OverflowError
    significand, exponent = _finite(a, form)
    value = significand << exponent if exponent >= 0 else _towards_zero(significand, -exponent)
    if is_signed:
        in_range = -1 << (width - 1) <= value < 1 << (width - 1)
    else:
        in_range = 0 <= value < 1 << width
    if not in_range:
        raise OverflowError
    return value


def _truncate_or_trap(width: int, is_signed: bool, form: FloatFormat, a: int) -> int:
    if is_nan(a, form):
        raise Trap("invalid conversion to integer", "invalid_conversion")
    try:
        return _truncate(width, is_signed, form, a)
    except OverflowError:
        raise Trap("integer overflow", "integer_overflow") from None


def _truncate_saturating(width: int, is_signed: bool, form: FloatFormat, a: int) -> int:
    if is_nan(a, form):
        return 0
    try:
        return _truncate(width, is_signed, form, a)
    except OverflowError:
        if a & form.sign:
            return -1 << (width - 1) if is_signed else 0
        return (1 << (width - is_signed)) - 1


def _convert(width: int, is_signed: bool, form: FloatFormat, a: int) -> int:
    value = signed(a, width) if is_signed else a
    return _rounded(form.sign if value < 0 else 0, abs(value), 0, form)


def _resize(source: FloatFormat, target: FloatFormat, a: int) -> int:
    """demote and promote."""
    sign = target.sign if a & source.sign else 0
    if is_nan(a, source):
        return target.canonical_nan
    if not _is_finite(a, source):
        return sign | target.infinity
    significand, exponent = _finite(a, source)
    return _rounded(sign, abs(significand), exponent, target)


def _conversions() -> dict[str, Callable[[int], int]]:
    found: dict[str, Callable[[int], int]] = {
        "i32.wrap_i64": lambda a: a,
        "i64.extend_i32_s": lambda a: signed(a, 32),
        "i64.extend_i32_u": lambda a: a,
        "f32.demote_f64": partial(_resize, F64_FORMAT, F32_FORMAT),
        "f64.promote_f32": partial(_resize, F32_FORMAT, F64_FORMAT),
    }
    for form in (F32_FORMAT, F64_FORMAT):
        found[f"f{form.bits}.reinterpret_i{form.bits}"] = lambda a: a
        found[f"i{form.bits}.reinterpret_f{form.bits}"] = lambda a: a
        for width in (32, 64):
            for suffix, is_signed in (("s", True), ("u", False)):
                to_integer = f"f{form.bits}_{suffix}"
                found[f"i{width}.trunc_{to_integer}"] = partial(_truncate_or_trap, width, is_signed, form)
                found[f"i{width}.trunc_sat_{to_integer}"] = partial(_truncate_saturating, width, is_signed, form)
                found[f"f{form.bits}.convert_i{width}_{suffix}"] = partial(_convert, width, is_signed, form)
    return found


def _operators() -> dict[str, Callable[..., int]]:
    found: dict[str, Callable[..., int]] = dict(_conversions())
    for width in (32, 64):
        found |= {f"i{width}.{name}": partial(meaning, width) for name, meaning in INTEGER.items()}
    for form in (F32_FORMAT, F64_FORMAT):
        found |= {f"f{form.bits}.{name}": partial(meaning, form) for name, meaning in FLOAT.items()}
    del found["i32.extend32_s"]  # there is none
    return found


OPERATORS: dict[str, Callable[..., int]] = _operators()
"""By mnemonic: what takes the operands and gives the result, not yet cut to its width."""


def evaluate(mnemonic: str, *operands: int) -> int:
    """The result of a numeric instruction, as bits; `operands` are bits of the widths it takes.

    Raises:
        Trap: the instruction traps on these operands.
        KeyError: no numeric instruction has that name.
    """
    result = OPERATORS[mnemonic](*operands)
    # Comparisons give a bool, which is 0 or 1; everything else has the width that the mnemonic begins with.
    return int(result) & (0xFFFFFFFF if mnemonic[1] == "3" else 0xFFFFFFFFFFFFFFFF)


def _wide(number: int) -> tuple[int, int]:
    return number & _MASK_64, number >> 64 & _MASK_64


_MASK_64 = (1 << 64) - 1
WIDE: dict[str, Callable[..., tuple[int, int]]] = {
    "i64.add128": lambda a, b, c, d: _wide((b << 64 | a) + (d << 64 | c)),
    "i64.sub128": lambda a, b, c, d: _wide((b << 64 | a) - (d << 64 | c)),
    "i64.mul_wide_s": lambda a, b: _wide(signed(a, 64) * signed(b, 64)),
    "i64.mul_wide_u": lambda a, b: _wide(a * b),
}
"""By mnemonic, the instructions of the proposal wide-arithmetic: the low half of the result comes first."""
