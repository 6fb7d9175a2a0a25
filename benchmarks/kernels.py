"""The kernels of kernels.c: their binary, and ``python -m benchmarks.kernels`` to build it (needs ``ziglang``).

The binary keeps to WebAssembly 1.0, since some of the engines that are measured know nothing newer.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
WASM = HERE / "kernels.wasm"
FLAGS = ("-target", "wasm32-freestanding", "-mcpu=mvp", "-O2", "-nostdlib", "-fno-builtin", "-Wl,--no-entry")


class Kernel(NamedTuple):
    """An exported function, an argument that keeps an interpreter busy for 0.1 to 0.2 s, and what it returns."""

    name: str
    argument: int
    result: int | float


KERNELS = (
    Kernel("fib", 35, 9227465),
    Kernel("sieve", 128, 6542),
    Kernel("arx", 12_000_000, 0xE2B304AA),
    Kernel("matmul", 256, 150507.75),
)


def build(target: Path = WASM) -> None:
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-Wl,--strip-debug", "-o", str(target), "kernels.c"]
    subprocess.run(command, check=True, cwd=HERE)


if __name__ == "__main__":
    build()
    print(f"written: {WASM}")
