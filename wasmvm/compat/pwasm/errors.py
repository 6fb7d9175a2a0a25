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


class Exit(WasmError):
    """The guest called ``proc_exit``; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit with code {code}")
        self.code = code


@contextmanager
def translated() -> Iterator[None]:
    """Raise wasmvm's exceptions as those of pwasm."""
    try:
        yield
    except errors.ExitTrap as error:
        raise Exit(error.exit_code) from None
    except errors.Trap as error:
        special = {"out_of_fuel": OutOfFuel, "deadline": Timeout}
        raise special.get(error.code or "", TrapError)(error.message) from None
    except errors.WasmException as error:
        raise TrapError(error.message) from None
    except errors.DecodeError as error:
        raise DecodeError(str(error)) from None
    except errors.ValidationError as error:
        raise ValidationError(str(error)) from None
    except errors.LinkError as error:
        raise LinkError(str(error)) from None
