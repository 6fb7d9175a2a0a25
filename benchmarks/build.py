"""Builds the WebAssembly binaries of ``benchmarks/programs`` (needs the package ``ziglang``, extra ``dev``).

python -m benchmarks.build [NAME ...]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.display import expect_known
from benchmarks.programs import BY_NAME, HERE, Program
from examples.build import NATIVE_FLAGS, WASM_FLAGS, native_compiler

PLAIN = "mvp+bulk_memory+mutable_globals+nontrapping_fptoint+sign_ext"
"""WebAssembly 1.0 and those additions that wasm3 knows: more would leave it out."""


LEVELS = {
    "0": ("-O0", "-fno-sanitize=undefined", "-fno-stack-protector"),
    "2": (),
    "3": ("-Xclang", "-O3", "-funroll-loops"),
    "s": ("-Os",),
}
"""Flags by level of optimisation, after `WASM_FLAGS`. zig makes -O2 of -O3 itself, so clang is told past it."""


def build_wasm(program: Program, target: Path) -> None:
    """Compile `program` with optimisation and without names."""
    cpu = PLAIN + "+simd128" if program.simd else PLAIN
    flags = [*WASM_FLAGS, *LEVELS[program.level], f"-mcpu={cpu}", "-Wl,--strip-all"]
    compiler = "cc"
    if program.source.suffix == ".cpp":
        compiler = "c++"
        flags += ["-std=c++17", "-fno-exceptions", "-fno-rtti"]
    command = [sys.executable, "-m", "ziglang", compiler, *flags, "-o", str(target), program.source.name]
    subprocess.run(command, check=True, cwd=program.sources)
    target.chmod(0o644)


def build_tiny() -> None:
    """The program that is nothing but a call of the system: no C library, WebAssembly 1.0."""
    flags = ["-target", "wasm32-freestanding", "-mcpu=mvp", "-O2", "-nostdlib", "-Wl,--no-entry", "-Wl,--strip-all"]
    command = [sys.executable, "-m", "ziglang", "cc", *flags, "-o", "tiny.wasm", "tiny.c"]
    subprocess.run(command, check=True, cwd=HERE)
    (HERE / "tiny.wasm").chmod(0o644)


def build_native(program: Program, target: Path) -> None:
    """Compile `program` for this machine; raises OSError or CalledProcessError where that fails."""
    compiler = native_compiler()
    if compiler is None:
        raise FileNotFoundError("no C compiler found")
    flags = NATIVE_FLAGS
    libraries = ["-lm"]
    if program.source.suffix == ".cpp":
        flags = tuple(flag for flag in flags if not flag.startswith("-std="))
        libraries.append("-lstdc++")
    subprocess.run([compiler, *flags, "-o", str(target), str(program.source), *libraries], check=True)


def parse(argv: list[str] | None) -> list[str]:
    """The names of the programs to build, none for all."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.build",
        description=(__doc__ or "").partition("\n")[0],
        epilog=f"Programs: {', '.join(BY_NAME)}.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a program; without any, all are built")
    names: list[str] = parser.parse_args(argv).names
    expect_known(parser, names, BY_NAME, "no such program")
    return names


def main(argv: list[str] | None = None) -> int:
    names = parse(argv)
    if not names:
        build_tiny()
    for name in names or BY_NAME:
        build_wasm(BY_NAME[name], BY_NAME[name].wasm)
        print(f"written: {BY_NAME[name].wasm.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
