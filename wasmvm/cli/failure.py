"""How the command line says what went wrong: always on the standard error stream."""

from __future__ import annotations

import sys

from wasmvm.errors import Trap, WasmException


class CommandError(Exception):
    """A command cannot go on; the message is one line, but that errors in text show the place below it."""


class UsageError(Exception):
    """The command line asks for something that cannot be; the message is one line."""


def describe(error: BaseException) -> str:
    """One line about an error; what a CommandError says, as it is."""
    if isinstance(error, CommandError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    if isinstance(error, MemoryError):
        return "out of memory"
    return " ".join(str(error).split())


def report_trap(trap: Trap | WasmException) -> None:
    """Prints the message of a trap, or of an exception that nothing caught, and the wasm backtrace."""
    sys.stdout.flush()
    print(f"wasmvm: {'trap: ' if isinstance(trap, Trap) else ''}{trap.message}", file=sys.stderr)
    if trap.frames:
        print(f"wasm backtrace:\n{trap.backtrace()}", end="", file=sys.stderr)
