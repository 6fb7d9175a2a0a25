"""Two threads, each with an instance of its own: how much more they do than one, with the GIL free while wasm runs.

Each thread has work for a second or more, and a core of its own where the system lets one say so: Linux leaves new
threads on one core for tenths of a second, even where another is idle. The best of several rounds counts.

Where other programs keep the cores busy the wall clock says little. But what two threads cost each other (locks, shared
cache lines, the GIL) shows in the processor time, of which two threads should take twice as much as one; and in
``perf stat -e cycles:u,instructions:u``, which counts both twice as high for two threads of wasmvm (within 0.5 %).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from threading import Thread
from typing import Any

from benchmarks.display import Progress, table
from benchmarks.kernels import WASM
from benchmarks.measure import in_turns

QUICK_ARGUMENT = 20
ROUNDS = 5


def host(value: int) -> int:
    return value


def own() -> Callable[[int], object]:
    from wasmvm.embedding.instance import Instance
    from wasmvm.embedding.module import Module

    function: Callable[[int], object] = Instance(Module(WASM.read_bytes()), {"env": {"host": host}}).exports["fib"]
    return function


SHARED = """(module (memory (import "env" "memory") 2 2 shared)
  (func (export "sum") (param $passes i32) (result i32) (local $i i32) (local $sum i32)
    (loop $pass
      (local.set $i (i32.const 0))
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (i32.load offset=8 (local.get $i))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 65536))))
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (br_if $pass (local.tee $passes (i32.sub (local.get $passes) (i32.const 1)))))
    (local.get $sum)))"""
"""Reads the same 64 KiB again and again, and counts that at one address."""


@cache
def shared_memory() -> Any:
    from wasmvm import Limits, MemoryType, SharedMemory

    return SharedMemory(MemoryType(Limits(2, 2), shared=True))


def own_shared() -> Callable[[int], object]:
    """All that are made have one memory."""
    from wasmvm.embedding.instance import Instance
    from wasmvm.embedding.module import Module

    function: Callable[[int], object] = Instance(Module(SHARED), {"env": {"memory": shared_memory()}}).exports["sum"]
    return function


def other_wasmtime() -> Callable[[int], object]:
    import wasmtime

    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    functype = wasmtime.FuncType([wasmtime.ValType.i32()], [wasmtime.ValType.i32()])
    module = wasmtime.Module(engine, WASM.read_bytes())
    function = wasmtime.Instance(store, module, [wasmtime.Func(store, functype, host)]).exports(store)["fib"]
    assert isinstance(function, wasmtime.Func)
    return lambda argument: function(store, argument)


def other_wasm3() -> Callable[[int], object]:
    import wasm3

    environment = wasm3.Environment()
    runtime = environment.new_runtime(1 << 20)
    module = environment.parse_module(WASM.read_bytes())
    runtime.load(module)
    module.link_function("env", "host", "i(i)", host)
    function = runtime.find_function("fib")
    keep = (environment, module)  # wasm3's objects do not keep each other
    return lambda argument: (function(argument), keep)[0]


ENGINES: dict[str, tuple[Callable[[], Callable[[int], object]], int]] = {
    "wasmvm": (own, 41),
    "wasmvm, one shared memory": (own_shared, 25_000),
    "wasmtime": (other_wasmtime, 43),
    "wasm3": (other_wasm3, 39),
}
"""By name: what makes a function of an instance, and its argument: a Fibonacci number, or how often to sum up."""


def on_core(number: int, function: Callable[[int], object], argument: int) -> None:
    """Call the function on the core of that number, among those that this process may use."""
    if sys.platform == "linux":
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number % len(cores)]})  # of this thread
    function(argument)


def wall(functions: list[Callable[[int], object]], argument: int) -> float:
    """Seconds on the wall until each function has returned, each called in a thread of its own."""
    threads = [Thread(target=on_core, args=(i, function, argument)) for i, function in enumerate(functions)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin


def measure(progress: Progress, *, quick: bool = False) -> dict[str, Any]:
    """Seconds of one thread and of two, by engine; and the same under "NAME, COUNT, processor"."""
    progress.total = 1
    progress.next("threads")
    sides: dict[str, Callable[[], float]] = {}
    processor: dict[str, list[float]] = {}

    def side(name: str, functions: list[Callable[[int], object]], argument: int) -> float:
        begin = time.process_time()
        elapsed = wall(functions, argument)
        processor.setdefault(f"{name}, processor", []).append(time.process_time() - begin)
        return elapsed

    for name, (make, argument) in ENGINES.items():
        try:
            functions = [make(), make()]
        except ImportError as error:
            progress.note(f"skipped {name}: {error}")
            continue
        for function in functions:
            function(QUICK_ARGUMENT)  # lowers it
        for count in (1, 2):
            case = f"{name}, {count}"
            sides[case] = partial(side, case, functions[:count], QUICK_ARGUMENT if quick else argument)
    samples = in_turns(sides, 1 if quick else ROUNDS, progress)
    progress.clear()
    return samples | processor


def summary(result: Mapping[str, Any]) -> str:
    rows = []
    for name in ENGINES:
        if f"{name}, 1" in result:
            one, two = (min(result[f"{name}, {count}"]) for count in (1, 2))
            cost, costs = (min(result[f"{name}, {count}, processor"]) for count in (1, 2))
            rows.append(
                [name, f"{one * 1e3:.0f}", f"{two * 1e3:.0f}", f"{2 * one / two:.2f}", f"{costs / cost / 2:.2f}"]
            )
    return "threads: the same work in one thread and in each of two\n" + table(
        ["engine", "one ms", "two ms", "times as much done", "processor time, 1 = none lost"], rows
    )
