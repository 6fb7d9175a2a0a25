"""``wasmvm run``: runs a WASI command, or calls one exported function."""

from __future__ import annotations

import argparse
import os
import sys

from wasmvm.cli import limits
from wasmvm.cli.failure import CommandError, UsageError, complain, say
from wasmvm.cli.load import load_module
from wasmvm.quoting import cut, escaped, listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasmvm.embedding.func import Func
    from wasmvm.embedding.instance import Countdown, Instance
    from wasmvm.wasi import HostDirectory
    from wasmvm.wasi.threads import Threads

VALUE_OPTIONS = limits.VALUE_OPTIONS | {
    "--dir", "--dir-ro", "--env", "--invoke", "--argv0", "--tcplisten", "--deterministic", "--trace",
}  # fmt: skip
"""Options whose value is the next word: one has to know them to find where the guest's arguments begin."""


def split_guest_arguments(argv: list[str]) -> tuple[list[str], list[str]]:
    """Split a command line of ``wasmvm run`` after the module: the rest is the guest's, unchanged.

    argparse cannot do that: it removes ``--``, and takes the guest's options and negative numbers for its own.
    """
    if argv[:1] != ["run"]:
        return argv, []
    at = 1
    while at < len(argv) and argv[at].startswith("-") and argv[at] != "--":
        at += 2 if argv[at] in VALUE_OPTIONS else 1
    at += argv[at : at + 1] == ["--"]
    return argv[: at + 1], argv[at + 1 :]


ABOUT = {
    "help": "run a program",
    "usage": "%(prog)s [OPTION...] MODULE [ARGUMENT...]",
    "description": "Runs a WASI command: calls its _initialize if there is one, then _start "
    "or else the export with the empty name. "
    "Options stand before the module; all that follows the module belongs to the guest.",
    "epilog": "The guest's exit code is that of the process. A trap exits with 134, a bad file with 1.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dir",
        action="append",
        default=[],
        dest="dirs",
        metavar="HOST[::GUEST]",
        help="let the guest use the directory HOST, as GUEST (or by the same name)",
    )
    parser.add_argument(
        "--dir-ro",
        action="append",
        default=[],
        dest="read_only_dirs",
        metavar="HOST[::GUEST]",
        help="the same, for reading only",
    )
    parser.add_argument(
        "--env", action="append", default=[], metavar="NAME[=VALUE]", help="set a variable, or pass one on"
    )
    parser.add_argument("--invoke", metavar="NAME", help="call this export instead of _start, print its results")
    parser.add_argument("--argv0", metavar="NAME", help="the program's own name for itself (the file's name)")
    parser.add_argument(
        "--tcplisten", action="append", default=[], metavar="ADDR:PORT", help="let the guest accept connections there"
    )
    parser.add_argument(
        "--deterministic", type=int, metavar="SEED", help="virtual time, and the same random bytes in every run"
    )
    parser.add_argument(
        "--trace", action="append", default=[], choices=["wasi"], help="print each call of a WASI function on stderr"
    )
    parser.add_argument(
        "--no-cache", action="store_false", dest="cache", help="neither use nor keep lowered code (see `wasmvm cache`)"
    )
    limits.add_limits(parser)
    parser.add_argument("module", metavar="MODULE", help="the file to run")


def run(args: argparse.Namespace) -> int:
    """Returns the guest's exit code; raises Trap, CommandError and UsageError."""
    from wasmvm.errors import ExitTrap

    _use_binary_streams()
    arguments: list[str] = args.guest_arguments
    try:
        instance, countdown, threads = instantiate(args)
        if threads is None:
            call(instance, countdown, args.invoke, arguments)
        else:
            with threads:
                call(instance, countdown, args.invoke, arguments)
    except ExitTrap as exit_trap:
        return exit_trap.exit_code & 0xFF
    return 0


def call(instance: Instance, countdown: Countdown, name: str | None, arguments: list[str]) -> None:
    """Call what the program is, or the export of this name."""
    from wasmvm.programs import entry

    initialized = entry.initialize(instance.exports)
    if initialized:
        countdown.renew()
    if name is not None:
        invoke(instance, name, arguments)
    else:
        entry.start(instance.exports, initialized=initialized)


def instantiate(args: argparse.Namespace) -> tuple[Instance, Countdown, Threads | None]:
    """An instance of the module with its WASI imports, the countdown of the time limit, and the program's threads."""
    from wasmvm._core import Store
    from wasmvm.embedding.instance import Countdown, Instance
    from wasmvm.programs import entry
    from wasmvm.wasi import INHERIT, Wasi, WasiConfig, link

    given: dict[str, Any] = limits.given_limits(args)
    features = None
    if args.wasmtime_options:
        from wasmvm.cli.features import given_features

        features = given_features(args)
    max_output, max_module_size = given.pop("max_output", None), given.pop("max_module_size", None)
    max_threads = given.pop("max_threads", None)
    name = args.argv0 if args.argv0 is not None else os.path.basename(args.module)
    config = WasiConfig(
        args=[name, *([] if args.invoke is not None else args.guest_arguments)],
        env=environment(args.env),
        stdin=INHERIT,
        stdout=INHERIT,
        stderr=INHERIT,
        dirs={**directories(args.dirs, read_only=False), **directories(args.read_only_dirs, read_only=True)},
        tcplisten=args.tcplisten,
        deterministic=args.deterministic,
        trace=say if "wasi" in args.trace else None,
        max_output=max_output,
    )
    try:
        store = Store(**given)
    except ValueError as error:
        raise UsageError(str(error)) from None
    countdown = Countdown(store)
    module = store.during_call(
        lambda: load_module(
            args.module,
            cache=args.cache,
            max_module_size=max_module_size,
            features=features,
            checkpoint=store.compile_slice,
        )
    )
    countdown.renew()
    try:
        wasi = Wasi(config)
    except ValueError as error:
        raise UsageError(f"--tcplisten: {error}") from None
    threads = entry.threads_of(module, wasi, store, lambda: Store(**given), max_threads=max_threads)
    instance = Instance(module, link(wasi) if threads is None else threads.imports, store)
    countdown.renew()
    return instance, countdown, threads


def environment(words: list[str]) -> dict[str, str]:
    """The variables: ``NAME=VALUE`` sets one, ``NAME`` passes on that of this process, if it is set."""
    made = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name:
            raise UsageError(f"--env needs a name: {word!r}")
        if equals:
            made[name] = value
        elif name in os.environ:
            made[name] = os.environ[name]
    return made


def directories(words: list[str], *, read_only: bool) -> dict[str, HostDirectory]:
    """The directory of each ``HOST[::GUEST]``, by the guest's name; raises CommandError if it does not exist."""
    if not words:
        return {}
    from wasmvm.wasi import HostDirectory
    from wasmvm.wasi.host.exposure import exposure

    made = {}
    for word in words:
        host, separator, guest = word.partition("::")
        if not os.path.isdir(host):
            raise CommandError(f"{escaped(host)}: not a directory")
        danger = exposure(host)
        if danger is not None:
            complain(f"warning: {danger}")
        made[guest if separator else host] = HostDirectory(host, read_only)
    return made


def exported_function(instance: Instance, name: str) -> Func:
    """The exported function of this name; raises CommandError, which lists those that exist."""
    from wasmvm.embedding.func import Func

    function = instance.exports.get(name)
    if isinstance(function, Func):
        return function
    names = [other for other, export in instance.exports.items() if isinstance(export, Func)]
    raise CommandError(f"there is no exported function {cut(name)!r}; there are: {listed(names)}")


def invoke(instance: Instance, name: str, words: list[str]) -> None:
    """Call an exported function with words of the command line, and print its results, one a line."""
    from wasmvm.cli.values import format_value, parse_arguments

    function = exported_function(instance, name)
    functype = function.type
    result = function(*parse_arguments(words, functype))
    results = result if len(functype.results) > 1 else (result,) * len(functype.results)
    for value, valtype in zip(results, functype.results, strict=True):
        print(format_value(value, valtype))
    if sys.stdout is not None:
        sys.stdout.flush()


def _use_binary_streams() -> None:
    """Keep Windows from changing line ends in what the guest writes."""
    if sys.platform == "win32":
        import msvcrt

        for descriptor in range(3):
            msvcrt.setmode(descriptor, os.O_BINARY)
