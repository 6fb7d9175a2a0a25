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
from wasmvm.cli.failure import (
    CommandError,
    UsageError,
    complain,
    describe,
    end_on_closed_pipes,
    report_trap,
    say,
)
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
    """Finds the width of the terminal itself: argparse would import shutil for that, even to make a parser."""

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

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print a message, also if there is no such stream or it is closed: then the exit code has to do."""
        if file is sys.stdout and file is not None:
            file.write(message)

    def error(self, message: str) -> NoReturn:
        say(f"{self.format_usage()}{self.prog}: error: {escaped_lines(message)}")
        sys.exit(EXIT_USAGE)


class _VersionAction(argparse.Action):
    """Prints the version, and in which form the machine was built."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from wasmvm import __version__
        from wasmvm._core import CHECKS, DISPATCH

        print(f"wasmvm {__version__} ({DISPATCH} dispatch{', check' if CHECKS else ''})")
        parser.exit()


def build_parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of the command line with these commands; loading all of them takes a while."""
    parser = _Parser(prog="wasmvm", description="Runs and examines WebAssembly.", allow_abbrev=False)
    parser.add_argument("--version", action=_VersionAction, nargs=0, help="show the version and exit")
    # Without `prog` argparse would format a usage line to find it, which takes a millisecond of imports.
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog="wasmvm")
    for command in commands:
        module = import_module(f"wasmvm.cli.{command}")
        subparser = subparsers.add_parser(command, allow_abbrev=False, **module.ABOUT)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of the process, and return the exit code."""
    if argv is not None:
        return _run(argv)
    _reserve_standard_descriptors()
    end_on_closed_pipes()
    code: Any
    try:
        code = _run(sys.argv[1:])
    except SystemExit as exit_:  # argparse
        code = exit_.code
    return _finish(code or 0)


def _run(argv: Sequence[str]) -> int:
    argv, guest_arguments = run.split_guest_arguments(list(argv))
    try:
        options = build_parser(argv[:1] if argv[:1] and argv[0] in COMMANDS else COMMANDS).parse_args(argv)
        options.guest_arguments = guest_arguments
        return int(options.run(options))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except InternalError:
        raise  # our own bug: the traceback says most
    except (Trap, WasmException, UsageError, CommandError, WasmError, OSError, MemoryError) as error:
        return _report(error)


def _report(error: BaseException) -> int:
    """Say what went wrong, and return the exit code for it."""
    if isinstance(error, (Trap, WasmException)):
        report_trap(error)
        return EXIT_TRAPPED
    if isinstance(error, UsageError):
        complain(str(error))
        return EXIT_USAGE
    complain(describe(error))
    return EXIT_FAILED


def _finish(code: int) -> int:
    """End the process: write what was printed now, since Python would exit with 120 if that fails."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError) as error:
        sys.stdout = None
        if code == 0:
            complain(f"standard output: {describe(error)}")
            code = EXIT_FAILED
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except (OSError, ValueError):
        sys.stderr = None
    return code


def _reserve_standard_descriptors() -> None:
    """Keep files from getting the descriptor of a standard stream that the process was started without."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number


if __name__ == "__main__":
    sys.exit(main())
