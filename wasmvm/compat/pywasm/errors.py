"""What pywasm raises: it has no exceptions of its own, but lets assertions and Python's own operations fail.

So a trap is an AssertionError in both, and if one of Python's own operations fails in pywasm, it is that error as
well: ``except AssertionError`` and ``except ZeroDivisionError`` both catch a division by zero. The exception of wasmvm,
with the frames of the guest, is its ``__cause__``.
"""

from __future__ import annotations

from wasmvm import errors
from wasmvm.compat.translating import translating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Failure(AssertionError):
    """A module that cannot be decoded, validated or linked, or a trap."""


class DivisionByZero(Failure, ZeroDivisionError):
    """A trap: the divisor is zero."""


class OutOfBounds(Failure, IndexError):
    """A trap: an access outside of a table or memory."""


class Overflow(Failure, OverflowError):
    """A trap: a number that the result's type cannot hold."""


class InvalidConversion(Failure, ValueError):
    """A trap: a NaN that was to become an integer."""


_BY_CODE = {
    "integer_division_by_zero": DivisionByZero,
    "integer_overflow": Overflow,
    "invalid_conversion": InvalidConversion,
    "memory_out_of_bounds": OutOfBounds,
    "table_out_of_bounds": OutOfBounds,
    "undefined_element": OutOfBounds,
}


def failure(error: errors.WasmError) -> Failure:
    """The exception for one of wasmvm's."""
    code = error.code if isinstance(error, errors.Trap) else None
    made = _BY_CODE.get(code or "", Failure)(str(error))
    made.__cause__ = error
    return made


def translated() -> AbstractContextManager[None]:
    """Raise wasmvm's exceptions as those of pywasm."""
    return translating(failure)
