"""Counts what is done rather than how long it takes: the lines of Python that run, the same on every machine.

    python -m tests.operations SEED

Prints as JSON, by the name of a curve of `benchmarks.growth`, its size and the lines that its work runs at n, 2n and 4n.
It is meant for a copy of the project that is not compiled (`tools.uncompiled`), where these are all lines but the
machine's.
"""

from __future__ import annotations

import gc
import json
import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from benchmarks.growth import CURVES
from benchmarks.growth.curve import FACTORS

SIZES = range(128, 160)
"""A seed chooses one for each curve. From 128 on indices take two bytes, which cost more lines than one."""
PARTS = ("modules", "instances", "system", "texts")
"""Of `benchmarks.growth`: in the others the machine does the work."""


def lines(work: Callable[[], object]) -> int:
    """How many lines of Python, wherever they stand, run while `work` does, comprehensions' turns included."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        if event == "line":
            count += 1
        return trace

    gc.collect()
    gc.disable()  # a collection runs finalizers of what others have left
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    return count


def main() -> None:
    chosen = random.Random(int(sys.argv[1]))
    found = {}
    for one in CURVES:
        size = chosen.choice(SIZES) // (16 if "KiB" in one.unit else 1)
        if one.prepare.__module__.rpartition(".")[2] in PARTS:
            one.prepare(size)()  # what happens only once
            found[one.name] = size, [lines(one.prepare(factor * size)) for factor in FACTORS]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
