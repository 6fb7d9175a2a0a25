"""How the command line says what went wrong: always on the standard error stream, and never in a module's own words."""

from __future__ import annotations

import sys

from wasmvm.errors import Trap, WasmException
from wasmvm.quoting import cut, escaped, escaped_lines

_MOST = 4000
"""Characters of a line that are shown."""


class CommandError(Exception):
    """A command cannot go on; the message is one line, but that errors in text show the place below it."""


class UsageError(Exception):
    """The command line asks for something that cannot be; the message is one line."""


def describe(error: BaseException) -> str:
    """One line about an error; what a CommandError says, as it is."""
    if isinstance(error, CommandError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror if error.filename is None else f"{escaped(str(error.filename))}: {error.strerror}"
    if isinstance(error, MemoryError):
        return "out of memory"
    return escaped(" ".join(str(error).split()), _MOST)


def complain(message: str) -> None:
    """Print a message, which may have several lines, on the standard error stream."""
    print(f"wasmvm: {escaped_lines(message)}", file=sys.stderr)


def report_trap(trap: Trap | WasmException) -> None:
    """Prints the message of a trap, or of an exception that nothing caught, and the wasm backtrace."""
    sys.stdout.flush()
    complain(("trap: " if isinstance(trap, Trap) else "") + cut(trap.message, _MOST))
    if trap.frames:
        print(f"wasm backtrace:\n{trap.backtrace()}", end="", file=sys.stderr)
