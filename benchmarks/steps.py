"""How long other threads wait while a module is loaded, lowered, written and read, step by step.

    python -m benchmarks.steps [FILE ...] [--kinds NAME ...] [--size BYTES] [--rounds N]

Printed is the most processor time, in milliseconds, that a step took between two turns of another Python thread that
asks all the time; and that of the whole step. Without FILE, modules are made: those of `benchmarks.worst` whose names
contain a NAME, or all.
"""

from __future__ import annotations

import argparse
import gc
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import thread_time

import wasmvm
from benchmarks.stops import ticking
from benchmarks.worst import chosen
from wasmvm.binary import decode
from wasmvm.binary.names import read_names
from wasmvm.compiled import CompiledModule, look_around
from wasmvm.compiled.cache import Cache
from wasmvm.validation import validate

Work = Callable[[], object]


def waited(work: Work, rounds: int) -> tuple[float, float]:
    """The most processor time between two turns of another thread, and that of all; of the best round, in seconds."""
    gaps, times = [], []
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # so that the other thread never waits for Python itself
    try:
        for _ in range(rounds):
            gc.collect()
            gc.disable()
            with ticking() as ticker:
                begin = thread_time()
                kept = work()  # noqa: F841  # what frees it is not measured
                times.append(thread_time() - begin)
            gc.enable()
            gaps.append(ticker.busiest)
    finally:
        gc.enable()
        sys.setswitchinterval(interval)
    return min(gaps), min(times)


def steps(data: bytes) -> Iterator[tuple[str, Work]]:
    """What there is to do with a module, each after what it needs."""
    yield "decode", lambda: decode(data, None, look_around)
    decoded = decode(data)

    def validate_anew() -> None:
        decoded.type_ids = decoded.hold = None
        validate(decoded, look_around)

    yield "validate", validate_anew
    yield "names", lambda: read_names(decoded).func_names
    module = wasmvm.Module(data)
    lowered: list[CompiledModule] = []

    def lower_all() -> None:
        lowered.append(CompiledModule(data, valid=True))
        lowered[-1].lower_all()

    yield "lower", lower_all
    module.compiled.lower_all()
    yield "serialize", module.serialize
    packed = module.serialize()
    yield "deserialize", lambda: wasmvm.Module.deserialize(packed)
    yield "pickle", lambda: pickle.dumps(module)
    pickled = pickle.dumps(module)
    yield "unpickle", lambda: pickle.loads(pickled)
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(folder)
        yield "save", lambda: cache.open(data).save(decoded, module.compiled.code, 1 << 40)
        yield "from the cache", lambda: CompiledModule(data, entry=cache.open(data))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", metavar="FILE", type=Path)
    parser.add_argument("--kinds", nargs="*", metavar="NAME", default=[], help="modules to be made")
    parser.add_argument("--size", type=int, default=4_000_000, help="about how many bytes these get")
    parser.add_argument("--rounds", type=int, default=2, help="the best of so many rounds is taken")
    options = parser.parse_args(argv)
    modules: list[tuple[str, Callable[[], bytes]]] = [(path.name, path.read_bytes) for path in options.files]
    if options.kinds or not options.files:
        for name, make in chosen(options.kinds):
            modules.append((name, lambda make=make: make(options.size)))  # type: ignore[misc]
    print(f"{'':32}{'step':16}{'waited':>10}{'all':>10}")
    for name, make_one in modules:
        for step, work in steps(make_one()):
            gap, took = waited(work, options.rounds)
            print(f"{name:32}{step:16}{1000 * gap:10.1f}{1000 * took:10.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
