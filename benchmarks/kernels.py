"""The kernels of kernels.c: their binary, and ``python -m benchmarks.kernels`` to build it (needs ``ziglang``).

The binary keeps to WebAssembly 1.0, since some of the engines that are measured know nothing newer.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
WASM = HERE / "kernels.wasm"
FLAGS = ("-target", "wasm32-freestanding", "-mcpu=mvp", "-O2", "-nostdlib", "-fno-builtin", "-Wl,--no-entry")


def build(target: Path = WASM) -> None:
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-Wl,--strip-debug", "-o", str(target), "kernels.c"]
    subprocess.run(command, check=True, cwd=HERE)


if __name__ == "__main__":
    build()
    print(f"written: {WASM}")
