"""The exceptions of pwasm, and how wasmvm's become them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from wasmvm import errors


class WasmError(Exception):
    """Base of all."""


class DecodeError(WasmError):
    """The bytes are no module."""


class ValidationError(WasmError):
    """The module is not valid."""


class TrapError(WasmError):
    """Execution was aborted."""


class LinkError(WasmError):
    """An import is missing or of another type."""


class OutOfFuel(TrapError):
    """The fuel is used up."""


class Timeout(TrapError):
    """The time limit has passed."""


_BY_CODE = {"out_of_fuel": OutOfFuel, "deadline": Timeout}


def translate(error: errors.WasmError) -> Exception:
    """The exception for one of wasmvm's, which stays its cause."""
    made: Exception
    if isinstance(error, errors.Trap):
        made = _BY_CODE.get(error.code or "", TrapError)(error.message)
    elif isinstance(error, errors.DecodeError):
        made = DecodeError(str(error))
    elif isinstance(error, errors.ValidationError):
        made = ValidationError(str(error))
    elif isinstance(error, errors.LinkError):
        made = LinkError(str(error))
    else:
        return error
    made.__cause__ = error
    return made


@contextmanager
def translated() -> Iterator[None]:
    """Raise wasmvm's exceptions as those of pwasm."""
    try:
        yield
    except errors.WasmError as error:
        raise translate(error) from error
