"""WebAssembly values as words of a command line: arguments of ``--invoke``, and the results that it prints."""

from __future__ import annotations

import struct

from wasmvm.cli.failure import UsageError
from wasmvm.types import F32, F64, I32, I64, FuncType, is_reftype, valtype_text

_WIDTHS = {I32: 32, I64: 64}


def parse_arguments(words: list[str], functype: FuncType) -> list[int | float]:
    """The arguments of a call, parsed by the types of the parameters; raises UsageError."""
    if len(words) != len(functype.params):
        raise UsageError(f"the function takes {len(functype.params)} arguments, {len(words)} given: {functype}")
    return [parse_value(word, valtype) for word, valtype in zip(words, functype.params, strict=True)]


def parse_value(word: str, valtype: int) -> int | float:
    """A number in decimal or hexadecimal notation; integers may be given as signed or as unsigned."""
    if valtype in _WIDTHS:
        return _parse_int(word, valtype)
    if valtype in (F32, F64):
        return _parse_float(word, valtype)
    raise UsageError(f"arguments of type {valtype_text(valtype)} cannot be given on the command line")


def _parse_int(word: str, valtype: int) -> int:
    width = _WIDTHS[valtype]
    digits = word.lstrip("+-")
    try:
        value = int(word, 16 if digits[:2].lower() == "0x" else 10)
    except ValueError:
        raise UsageError(f"not an integer: {word!r}") from None
    if not -(1 << width - 1) <= value < 1 << width:
        raise UsageError(f"{word} does not fit into {valtype_text(valtype)}")
    return value


def _parse_float(word: str, valtype: int) -> float:
    digits = word.lstrip("+-")
    try:
        return float.fromhex(word) if digits[:2].lower() == "0x" else float(word)
    except (ValueError, OverflowError):
        raise UsageError(f"not a number of type {valtype_text(valtype)}: {word!r}") from None


def format_value(value: object, valtype: int) -> str:
    """A result for people: integers signed, floats with the fewest digits that identify them."""
    if valtype == F32 and isinstance(value, float):
        return _format_f32(value)
    if is_reftype(valtype):
        return "null" if value is None else f"<{valtype_text(valtype)}>"
    return repr(value)


def _format_f32(value: float) -> str:
    packed = struct.pack("f", value)
    for digits in range(1, 9):
        short = float(f"{value:.{digits}g}")
        try:
            if struct.pack("f", short) == packed:
                return repr(short)
        except OverflowError:  # rounded up beyond the greatest f32
            continue
    return repr(float(f"{value:.9g}"))
