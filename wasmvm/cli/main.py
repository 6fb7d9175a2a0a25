"""``wasmvm``: parses the command line, runs a subcommand, and turns what went wrong into a message and an exit code.

====  ==============================================================
code  meaning
====  ==============================================================
0     done
n     the guest's own exit code
1     a file is bad, missing or does not fit; a function is not there
2     the command line is wrong
130   interrupted by Ctrl-C
134   the guest trapped
====  ==============================================================
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from wasmvm.cli import run
from wasmvm.cli.failure import CommandError, UsageError, complain, describe, report_trap
from wasmvm.errors import InternalError, Trap, WasmError, WasmException
from wasmvm.quoting import escaped_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
"""128 + SIGINT, as shells say it."""
EXIT_TRAPPED = 134
"""128 + SIGABRT: what other runtimes exit with."""

COMMANDS = ("run", "validate", "inspect", "wat2wasm", "wasm2wat", "wast", "cache")
"""The subcommands, each a module of this package."""


class _Formatter(argparse.HelpFormatter):
    """Finds the width of the terminal itself: argparse imports shutil for that, even to make a parser."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS", "")) or 80
        except ValueError:
            try:
                columns = os.get_terminal_size().columns or 80
            except OSError:
                columns = 80
        super().__init__(prog, width=columns - 2)


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Formatter, **options)

    def error(self, message: str) -> NoReturn:
        super().error(escaped_lines(message))


class _VersionAction(argparse.Action):
    """Prints the version, and which of its two forms the machine was built in."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from wasmvm import __version__
        from wasmvm._core import DISPATCH

        print(f"wasmvm {__version__} ({DISPATCH} dispatch)")
        parser.exit()


def build_parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of the whole command line, or of some commands: loading all of them takes a while."""
    parser = _Parser(prog="wasmvm", description="Runs and examines WebAssembly.", allow_abbrev=False)
    parser.add_argument("--version", action=_VersionAction, nargs=0, help="show the version and exit")
    # Without `prog` argparse would format a usage line to find it, which takes a millisecond of imports.
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog="wasmvm")
    for command in commands:
        import_module(f"wasmvm.cli.{command}").add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (that of the process where it is None) and returns the exit code."""
    if argv is None:
        _end_quietly_on_closed_pipes()
        argv = sys.argv[1:]
    argv, guest_arguments = run.split_guest_arguments(list(argv))
    options = build_parser(argv[:1] if argv[:1] and argv[0] in COMMANDS else COMMANDS).parse_args(argv)
    options.guest_arguments = guest_arguments
    try:
        return int(options.run(options))
    except (Trap, WasmException) as trap:
        report_trap(trap)
        return EXIT_TRAPPED
    except UsageError as error:
        complain(str(error))
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except InternalError:
        raise  # our own bug: the traceback is the best that can be said
    except (CommandError, WasmError, OSError, MemoryError) as error:
        complain(describe(error))
        return EXIT_FAILED


def _end_quietly_on_closed_pipes() -> None:
    """Lets a closed pipe end the process, as it ends other filters: Python alone ignores the signal. POSIX only."""
    try:
        # `signal` itself makes enumerations of all the numbers, which takes a millisecond.
        import _signal as signal  # type: ignore[import-not-found]
    except ImportError:
        import signal

    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main())
