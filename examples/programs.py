"""The table of example programs: what each is run with, in tests and in benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "expected"
"""What each program prints for its `quick` arguments, recorded from native builds by ``python -m examples.build``."""


class Program(NamedTuple):
    """One program.

    Attributes:
        quick: arguments that make it run a million to a hundred million instructions, for tests.
        long: arguments for benchmarks: about a second in an interpreter.
        stdin: the file (of this folder) that it reads as its standard input, or None.
    """

    name: str
    quick: tuple[str, ...] = ()
    long: tuple[str, ...] = ()
    stdin: str | None = None

    @property
    def source(self) -> Path:
        return HERE / f"{self.name}.c"

    @property
    def wasm(self) -> Path:
        return HERE / f"{self.name}.wasm"

    @property
    def expected(self) -> Path:
        return EXPECTED / f"{self.name}.txt"

    def input(self) -> bytes:
        return (HERE / self.stdin).read_bytes() if self.stdin else b""


COPY_FROM, COPY_TO = "from.txt", "to.txt"
"""The names that `copy` is run with: the first is a copy of its own source in an empty folder."""

PROGRAMS = (
    Program("hello", ("one", "two words", "-3", "--", "\u00e9")),
    Program("fib", ("22",), ("32",)),
    Program("sieve", ("200000",), ("5000000",)),
    Program("matmul", ("64",), ("240",)),
    Program("nbody", ("5000",), ("150000",)),
    Program("sha256", ("64", "", "abc", "message digest"), ("2000",)),
    Program("quicksort", ("20000",), ("600000",)),
    Program("wordcount", ("12",), ("12",), stdin="bytecode.c"),
    Program("copy", (COPY_FROM, COPY_TO)),
    Program("bytecode", ("1500",), ("12000",)),
    Program("strings", ("2000",), ("60000",)),
    Program("format", ("400",), ("8000",)),
    Program("indirect", ("100000",), ("5000000",)),
)
BY_NAME = {program.name: program for program in PROGRAMS}
