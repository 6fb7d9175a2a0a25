"""The limits of the command line: options by the names that the API has, and those of ``wasmtime -W``."""

from __future__ import annotations

import argparse

from wasmvm.cli.failure import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def size(word: str) -> int:
    """A number of bytes, perhaps with K, M, G or T for powers of 1024 (``64M``, ``64MiB``)."""
    upper = word.upper()
    for ending in ("IB", "B"):
        upper = upper.removesuffix(ending)
    digits = upper.rstrip("KMGT")
    unit = _UNITS.get(upper[len(digits) :], 0)
    return _number(digits, unit, f"expected a size such as 65536, 64K, 64M or 2G: {word!r}")


def count(word: str) -> int:
    """A number of things."""
    return _number(word, 1, f"expected a number: {word!r}")


def _number(digits: str, unit: int, problem: str) -> int:
    if not (unit and digits.isascii() and digits.isdigit()):
        raise argparse.ArgumentTypeError(problem)
    if len(digits) > 20 or int(digits) * unit >= 1 << 64:
        raise argparse.ArgumentTypeError(f"{problem} is too large")
    return int(digits) * unit


def seconds(word: str) -> float:
    """Seconds: a number, perhaps with a unit (``2``, ``0.5s``, ``100ms``, ``2m``)."""
    number = word.rstrip("hms")
    unit = _SECONDS.get(word[len(number) :] or "s")
    if unit is None or not number.isascii() or not set(number) <= set("0123456789.") or number.count(".") > 1:
        raise argparse.ArgumentTypeError(f"expected a time such as 2, 0.5s or 100ms: {word!r}")
    try:
        return float(number) * unit
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a time such as 2, 0.5s or 100ms: {word!r}") from None


LIMITS: dict[str, tuple[Callable[[str], int | float], str, str]] = {
    "fuel": (count, "N", "execute at most so many instructions"),
    "timeout": (seconds, "TIME", "stop the program after so many seconds, or 100ms, 2m"),
    "max_memory": (size, "SIZE", "bytes of all memories, such as 64M (1G)"),
    "max_table": (count, "N", "elements of all tables (10000000)"),
    "max_heap": (size, "SIZE", "bytes of structures and arrays (1G)"),
    "max_stack": (size, "SIZE", "bytes of the stack of calls (8M)"),
    "max_instances": (count, "N", "instances (10000)"),
    "max_tables": (count, "N", "tables (10000)"),
    "max_memories": (count, "N", "memories (1000)"),
    "max_module_size": (size, "SIZE", "bytes of the module (1G)"),
    "max_output": (size, "SIZE", "bytes that the program may write to its two outputs together"),
    "max_threads": (count, "N", "threads besides the first (64)"),
}
"""By name: how its value is read, what that is called, and what it means (with the default)."""

WASMTIME = {
    "fuel": "fuel",
    "timeout": "timeout",
    "max-memory-size": "max_memory",
    "max-table-elements": "max_table",
    "max-wasm-stack": "max_stack",
    "max-instances": "max_instances",
    "max-tables": "max_tables",
    "max-memories": "max_memories",
}
"""The limits by their names in ``wasmtime -W``."""


def flag(name: str) -> str:
    """The option for a limit: ``--max-memory`` for ``max_memory``."""
    return "--" + name.replace("_", "-")


VALUE_OPTIONS = frozenset((*map(flag, LIMITS), "-W"))
"""The options of `add_limits`: for all, the value is the next word."""


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add an option for each limit."""
    group = parser.add_argument_group("limits")
    for name, (read, metavar, meaning) in LIMITS.items():
        group.add_argument(flag(name), type=read, metavar=metavar, help=meaning)
    group.add_argument(
        "-W", action="append", default=[], dest="wasmtime_options", metavar="NAME=VALUE,...",
        help=f"the same as wasmtime says it: {', '.join(WASMTIME)}; and NAME=yes|no for each proposal (see validate)",
    )  # fmt: skip


def add_module_size(parser: argparse.ArgumentParser) -> None:
    """Add the one limit of commands that run nothing."""
    read, metavar, meaning = LIMITS["max_module_size"]
    parser.add_argument(flag("max_module_size"), type=read, metavar=metavar, help=meaning)


def given_limits(args: argparse.Namespace) -> dict[str, int | float]:
    """The limits of the command line by name; of several the last one counts. Raises UsageError for unknown ones."""
    given = {name: value for name in LIMITS if (value := getattr(args, name)) is not None}
    for words in args.wasmtime_options:
        for word in words.split(","):
            name, equals, value = word.partition("=")
            if name not in WASMTIME:
                continue  # `given_features` knows it
            if not equals:
                raise UsageError(f"-W {word}: it needs a value, {name}=VALUE")
            limit = WASMTIME[name]
            try:
                given[limit] = LIMITS[limit][0](value)
            except argparse.ArgumentTypeError as error:
                raise UsageError(f"-W {name}: {error}") from None
    return given
