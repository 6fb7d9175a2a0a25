"""The programs of the throughput family: WASI commands that print a checksum. Some sources are those of `examples`.

A program gets its size by arguments. The binaries keep to what every engine here can read (`benchmarks.build`); a name
with ``-simd`` is the same source compiled with vector instructions.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from examples.programs import HERE as EXAMPLES

HERE = Path(__file__).resolve().parent
UNSEEN_FOLDER = HERE / "unseen"


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
        binaries: the folder of its binary.
        level: how much the compiler is to optimise.
    """

    name: str
    what: str
    large: tuple[str, ...]
    small: tuple[str, ...]
    sources: Path = HERE
    simd: bool = False
    rounded: bool = False
    binaries: Path = HERE
    level: str = "2"

    @property
    def source(self) -> Path:
        source = self.sources / f"{self.name.removesuffix('-simd')}.c"
        return source if source.exists() else source.with_suffix(".cpp")

    @property
    def wasm(self) -> Path:
        return self.binaries / f"{self.name}.wasm"


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


def _unseen(name: str, what: str, large: str, small: str, level: str = "2") -> Program:
    return Program(name, what, (large,), (small,), UNSEEN_FOLDER, binaries=UNSEEN_FOLDER, level=level)


UNSEEN = (
    _unseen("fannkuch", "permutations in small arrays", "9", "5"),
    _unseen("spectral", "f64 division in the inner loop", "480", "10", "3"),
    _unseen("fft64", "f64 Fourier transform", "20", "1"),
    _unseen("lu32", "f32 decomposition through row pointers", "340", "10", "3"),
    _unseen("nbody32", "f32 structs by value", "5000", "5"),
    _unseen("qsortcmp", "the C library's qsort with callbacks", "20000", "50"),
    _unseen("base64", "not optimised", "60", "1", "0"),
    _unseen("blake2b", "i64 rotations", "140", "1", "3"),
    _unseen("bigint", "long multiplication and division", "5000", "20"),
    _unseen("life", "a torus of bytes", "120", "1", "3"),
    _unseen("brainfuck", "an interpreter's switch", "8", "1"),
    _unseen("exprtree", "tree walk through function pointers", "90000", "50"),
    _unseen("regex", "recursive backtracking", "900", "1", "s"),
    _unseen("sudoku", "backtracking", "30", "1", "s"),
    _unseen("ray", "ray tracing, f64 structs", "450", "8"),
    _unseen("utf8", "decoding UTF-8", "80", "1", "s"),
    _unseen("imgfilter", "float images, conversions", "30", "1"),
    _unseen("wordcount", "C++ maps of strings", "55000", "100"),
    _unseen("shapes", "C++ virtual calls", "110", "1"),
    _unseen("strbuild", "C++ strings", "14000", "20"),
    _unseen("dlx", "C++ exact cover", "12", "1"),
)
"""Programs that `tools/sequences.py` must not count. (`nbody32` and `lu32` once showed that f32 had no accumulator.)"""
BY_NAME = {program.name: program for program in (*PROGRAMS, *UNSEEN)}
