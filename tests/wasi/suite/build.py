"""Builds the WebAssembly binaries of this folder from the C files beside them.

    python -m tests.wasi.suite.build [NAME...]

Needs the package ``ziglang`` (extra ``dev``). The names of programs are those of their files without ``.c``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = ("-target", "wasm32-wasi", "-Oz", "-s", "-std=gnu11", "-Wall", "-Wno-unused-result")


def build(name: str) -> None:
    """Compile one program. Raises CalledProcessError with the compiler's messages on stderr."""
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", f"{name}.wasm", f"{name}.c"]
    subprocess.run(command, check=True, cwd=HERE)


def main(names: list[str]) -> None:
    for name in names or sorted(path.stem for path in HERE.glob("*.c")):
        build(name)
        print(f"{name}.wasm: {(HERE / f'{name}.wasm').stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
