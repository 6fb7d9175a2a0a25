"""Builds the WebAssembly binaries of this folder and records what native builds of the same sources print.

    python -m examples.build [--check] [NAME...]

Needs the package ``ziglang`` (extra ``dev``): its clang and its WASI C library make the binaries. The native builds are
made by the C compiler of the system (``CC``, else ``cc``). Debug information is stripped; the name section stays,
for backtraces.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from examples.programs import COPY_FROM, EXPECTED, HERE, PROGRAMS, Program

WAT = HERE / "add.wat"
"""An example in the text format, which wasmvm assembles itself."""
WASM_FLAGS = ("-target", "wasm32-wasi", "-O2", "-std=gnu11", "-Wl,--strip-debug")
NATIVE_FLAGS = ("-O2", "-std=gnu11", "-ffp-contract=off")


def build_wasm(program: Program, target: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "ziglang", "cc", *WASM_FLAGS, "-o", os.fspath(target), program.source.name],
        check=True,
        cwd=program.source.parent,
    )


def native_compiler() -> str | None:
    """The path of the system's C compiler, or None where there is none."""
    return shutil.which(os.environ.get("CC", "cc"))


def build_native(program: Program, target: Path) -> None:
    """Raises OSError or CalledProcessError where there is no C compiler or it fails."""
    compiler = native_compiler()
    if compiler is None:
        raise FileNotFoundError("no C compiler found")
    subprocess.run([compiler, *NATIVE_FLAGS, "-o", target, program.source, "-lm"], check=True)


def run_native(program: Program, binary: Path, folder: Path) -> bytes:
    """What the native build prints; argv[0] is what wasmvm would give, and `folder` an empty directory to work in."""
    prepare_folder(folder)
    command = [program.wasm.name, *program.quick]
    done = subprocess.run(
        command, executable=binary, input=program.input(), stdout=subprocess.PIPE, cwd=folder, check=True
    )
    return done.stdout


def prepare_folder(folder: Path) -> None:
    """Puts the files that programs read into a working directory."""
    shutil.copy(HERE / "copy.c", folder / COPY_FROM)


def build_wat(*, write: bool) -> list[Path]:
    """Assembles `WAT`; a list of the binary if that was not what it is now."""
    from wasmvm.text import wat2wasm

    binary, target = wat2wasm(WAT.read_text()), WAT.with_suffix(".wasm")
    if target.exists() and target.read_bytes() == binary:
        return []
    if write:
        target.write_bytes(binary)
    return [target]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 if a file would change")
    parser.add_argument("names", nargs="*", metavar="NAME", help="programs to build (all)")
    options = parser.parse_args()
    changed = []
    EXPECTED.mkdir(exist_ok=True)
    for program in PROGRAMS:
        if options.names and program.name not in options.names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            wasm, native, work = (Path(folder) / name for name in (program.wasm.name, "native", "work"))
            work.mkdir()
            build_wasm(program, wasm)
            build_native(program, native)
            made = {program.wasm: wasm.read_bytes(), program.expected: run_native(program, native, work)}
        for path, content in made.items():
            if not path.exists() or path.read_bytes() != content:
                changed.append(path)
                if not options.check:
                    path.write_bytes(content)
    if not options.names or WAT.stem in options.names:
        changed += build_wat(write=not options.check)
    for path in changed:
        print(f"{'stale' if options.check else 'written'}: {path.relative_to(HERE)}")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
