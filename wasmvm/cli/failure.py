"""Messages of the command line: always on the standard error stream, with text of modules escaped."""

from __future__ import annotations

import sys

from wasmvm.errors import Trap, WasmException
from wasmvm.quoting import cut, escaped, escaped_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MAX_SHOWN = 4000
"""The most characters of a line that are shown."""


class CommandError(Exception):
    """A command cannot go on; the message is one line, except that errors in text also quote the source line."""


class UsageError(Exception):
    """The command line asks for something impossible; the message is one line."""


def describe(error: BaseException) -> str:
    """An error in one line; the message of a CommandError is left as it is."""
    if isinstance(error, CommandError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror if error.filename is None else f"{escaped(str(error.filename))}: {error.strerror}"
    if isinstance(error, MemoryError):
        return "out of memory"
    return escaped(" ".join(str(error).split()), _MAX_SHOWN) + advice(error)


def about_file(path: str, error: BaseException) -> CommandError:
    """The error to raise if something is wrong with a file: one line, which names the file."""
    reason = str(error.strerror or error) if isinstance(error, OSError) else describe(error)
    return CommandError(f"{escaped(path)}: {reason}")


def advice(error: BaseException) -> str:
    """Which option allows more, for an error due to a limit; otherwise nothing."""
    limit: str | None = getattr(error, "limit", None)
    return "" if limit is None else f" (--{limit.replace('_', '-')} allows more)"


_signal: Any = None
"""The module `_signal`, if closed pipes end this process."""


def end_on_closed_pipes() -> None:
    """Let a closed pipe end the process, as it ends other filters; Python ignores the signal by default. POSIX only.

    Messages are an exception (`say`): the exit code says more than they do.
    """
    global _signal
    try:
        # `signal` itself makes enumerations of all numbers, which takes a millisecond.
        import _signal as signal  # type: ignore[import-not-found]
    except ImportError:
        import signal

    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        _signal = signal


def say(text: str) -> None:
    """Print text on the standard error stream; if there is none, or it is closed or full, only the text is lost.

    The exit code must not depend on whether messages can be read.
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
    """Print the message of a trap, or of an exception that nothing caught, and the wasm backtrace."""
    if sys.stdout is not None:
        try:  # noqa: SIM105 - contextlib would take a millisecond of every start
            sys.stdout.flush()
        except (OSError, ValueError):
            pass  # `main` says so at the end, if nothing worse happened
    complain(("trap: " if isinstance(trap, Trap) else "") + cut(trap.message, _MAX_SHOWN) + advice(trap))
    if trap.frames:
        say(f"wasm backtrace:\n{trap.backtrace()}".rstrip("\n"))
