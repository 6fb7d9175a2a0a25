"""How the command line says what went wrong: always on the standard error stream, and never in a module's own words."""

from __future__ import annotations

import sys

from wasmvm.errors import Trap, WasmException
from wasmvm.quoting import cut, escaped, escaped_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
    return escaped(" ".join(str(error).split()), _MOST) + advice(error)


def about_file(path: str, error: BaseException) -> CommandError:
    """The error to raise where something is wrong with a file; one line, which names it."""
    reason = str(error.strerror or error) if isinstance(error, OSError) else describe(error)
    return CommandError(f"{escaped(path)}: {reason}")


def advice(error: BaseException) -> str:
    """Which option allows more, for an error that a limit has made; else nothing."""
    limit: str | None = getattr(error, "limit", None)
    return "" if limit is None else f" (--{limit.replace('_', '-')} allows more)"


_signal: Any = None
"""The module, where closed pipes end this process."""


def end_on_closed_pipes() -> None:
    """Lets a closed pipe end the process, as it ends other filters: Python alone ignores the signal. POSIX only.

    Not so messages (`say`): the exit code says more than they do.
    """
    global _signal
    try:
        # `signal` itself makes enumerations of all the numbers, which takes a millisecond.
        import _signal as signal  # type: ignore[import-not-found]
    except ImportError:
        import signal

    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        _signal = signal


def say(text: str) -> None:
    """Print text on the standard error stream; where there is none, or it takes no more, it is lost, and nothing else.

    What the command ends with must not depend on whether its messages can be read.
    """
    if sys.stderr is None:
        return
    if _signal is not None:
        _signal.signal(_signal.SIGPIPE, _signal.SIG_IGN)
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):  # full or broken; closed
        pass
    finally:
        if _signal is not None:
            _signal.signal(_signal.SIGPIPE, _signal.SIG_DFL)


def complain(message: str) -> None:
    """Print a message, which may have several lines, on the standard error stream."""
    say(f"wasmvm: {escaped_lines(message)}")


def report_trap(trap: Trap | WasmException) -> None:
    """Prints the message of a trap, or of an exception that nothing caught, and the wasm backtrace."""
    if sys.stdout is not None:
        try:  # noqa: SIM105 - contextlib would take a millisecond of every start
            sys.stdout.flush()
        except (OSError, ValueError):
            pass  # told at the end, where nothing worse happened
    complain(("trap: " if isinstance(trap, Trap) else "") + cut(trap.message, _MOST) + advice(trap))
    if trap.frames:
        say(f"wasm backtrace:\n{trap.backtrace()}".rstrip("\n"))
