"""The programs of the throughput family: WASI commands that print a checksum. Some sources are those of `examples`.

A program gets its size by arguments. The binaries keep to what every engine here can read (`benchmarks.build`); a name
with ``-simd`` is the same source compiled with vector instructions.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from examples.programs import HERE as EXAMPLES

HERE = Path(__file__).resolve().parent


class Program(NamedTuple):
    """One program.

    Attributes:
        what: what it exercises.
        large: arguments that keep a fast interpreter busy for some tenths of a second.
        small: arguments for engines that are written in Python, ten to a thousand times less work; also the quick mode.
        simd: whether it was compiled with vector instructions.
        rounded: its last digits depend on how a compiler orders float arithmetic, and grow: what the native build
            prints is not compared.
        sources: the folder of its source.
    """

    name: str
    what: str
    large: tuple[str, ...]
    small: tuple[str, ...]
    sources: Path = HERE
    simd: bool = False
    rounded: bool = False

    @property
    def source(self) -> Path:
        return self.sources / f"{self.name.removesuffix('-simd')}.c"

    @property
    def wasm(self) -> Path:
        return HERE / f"{self.name}.wasm"


PROGRAMS = (
    Program("fib", "recursion", ("32",), ("17",), EXAMPLES),
    Program("sieve", "byte loads and stores", ("9000000",), ("20000",), EXAMPLES),
    Program("matmul", "f64 matrix product", ("320",), ("16",), EXAMPLES),
    Program("imatmul", "i32 matrix product", ("160", "7"), ("24", "1")),
    Program("nbody", "f64 arithmetic", ("150000",), ("300",), EXAMPLES, rounded=True),
    Program("mandelbrot", "f64 arithmetic, branches", ("700",), ("14",)),
    Program("sha256", "i32 arithmetic", ("2000",), ("4",), EXAMPLES),
    Program("lz", "compression", ("1200",), ("8",)),
    Program("json", "tokenizing", ("2000", "50"), ("40", "1")),
    Program("hashtable", "hash table", ("200000",), ("600",)),
    Program("quicksort", "sorting", ("300000",), ("2000",), EXAMPLES),
    Program("strings", "string work", ("60000",), ("200",), EXAMPLES),
    Program("search", "string search", ("500",), ("3",)),
    Program("bytecode", "an interpreter's switch", ("8000",), ("100",), EXAMPLES),
    Program("indirect", "indirect calls", ("3000000",), ("4000",), EXAMPLES),
    Program("chase", "memory latency", ("32", "2000000"), ("1", "4000")),
    Program("mix", "small embedded work", ("1200",), ("1",)),
    Program("imatmul-simd", "i32 matrix product, vectors", ("160", "16"), ("24", "1"), simd=True),
    Program("mandelbrot-simd", "f64 arithmetic, vectors", ("700",), ("14",), simd=True),
    Program("search-simd", "string search, vectors", ("500",), ("3",), simd=True),
)
BY_NAME = {program.name: program for program in PROGRAMS}
