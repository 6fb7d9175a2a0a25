"""Two threads, each with an instance of its own: how much more they do than one, with the GIL free while wasm runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median
from threading import Thread
from typing import Any

from benchmarks.display import Progress, table
from benchmarks.kernels import WASM
from benchmarks.measure import in_turns

ARGUMENT, QUICK_ARGUMENT = 33, 20
ROUNDS = 5


def host(value: int) -> int:
    return value


def own() -> Callable[[int], object]:
    from wasmvm.embedding.instance import Instance
    from wasmvm.embedding.module import Module

    function: Callable[[int], object] = Instance(Module(WASM.read_bytes()), {"env": {"host": host}}).exports["fib"]
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


ENGINES: dict[str, Callable[[], Callable[[int], object]]] = {
    "wasmvm": own,
    "wasmtime": other_wasmtime,
    "wasm3": other_wasm3,
}


def wall(functions: list[Callable[[int], object]], argument: int) -> float:
    """Seconds on the wall until each function has returned, each called in a thread of its own."""
    threads = [Thread(target=function, args=(argument,)) for function in functions]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin


def measure(progress: Progress, *, quick: bool = False) -> dict[str, Any]:
    """Seconds of one thread and of two, by engine."""
    progress.total = 1
    progress.next("threads")
    argument = QUICK_ARGUMENT if quick else ARGUMENT
    sides: dict[str, Callable[[], float]] = {}
    for name, make in ENGINES.items():
        try:
            functions = [make(), make()]
        except ImportError as error:
            progress.note(f"skipped {name}: {error}")
            continue
        for count in (1, 2):
            sides[f"{name}, {count}"] = lambda functions=functions[:count]: wall(functions, argument)  # type: ignore[misc]
    samples = in_turns(sides, 1 if quick else ROUNDS, progress)
    progress.clear()
    return samples


def summary(result: Mapping[str, Any]) -> str:
    rows = []
    for name in ENGINES:
        if f"{name}, 1" in result:
            one, two = (median(result[f"{name}, {count}"]) for count in (1, 2))
            rows.append([name, f"{one * 1e3:.0f}", f"{two * 1e3:.0f}", f"{2 * one / two:.2f}"])
    return "threads: the same work in one thread and in each of two\n" + table(
        ["engine", "one ms", "two ms", "times as much done"], rows
    )
