"""The exceptions of pwasm, and how wasmvm's become them."""

from __future__ import annotations

from wasmvm import errors
from wasmvm.compat.translating import translating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class WasmError(Exception):
    """Base of all these."""


class DecodeError(WasmError):
    """The bytes are not a module."""


class ValidationError(WasmError):
    """The module is not valid."""


class TrapError(WasmError):
    """Execution was aborted."""


class LinkError(WasmError):
    """An import is missing or has another type."""


class OutOfFuel(TrapError):
    """The fuel is used up."""


class Timeout(TrapError):
    """The time limit has passed."""


def translate(error: errors.WasmError, fuel: int | None = None) -> Exception:
    """The exception for one of wasmvm's, which becomes its cause; `fuel` is what was granted."""
    made: Exception
    if isinstance(error, errors.Trap):
        if error.code == "out_of_fuel":
            made = OutOfFuel(f"fuel budget of {fuel} units exhausted")
        elif error.code == "deadline":
            made = Timeout("execution timed out")
        else:
            made = TrapError(error.message)
    elif isinstance(error, errors.WasmException):
        made = TrapError(error.message)
    elif isinstance(error, errors.DecodeError):
        made = DecodeError(str(error))
    elif isinstance(error, errors.ValidationError):
        made = ValidationError(str(error))
    elif isinstance(error, errors.LinkError):
        made = LinkError(str(error))
    else:
        made = WasmError(str(error))
    made.__cause__ = error
    return made


def translated() -> AbstractContextManager[None]:
    """Raise wasmvm's exceptions as those of pwasm."""
    return translating(translate)
