"""The way across the boundary: calls in and out, memory, instances. Microseconds for each.

`wasmvm as wasmtime` is wasmvm behind the API of PyPI's wasmtime (`wasmvm.compat.wasmtime`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Any

from benchmarks.display import Progress, table
from benchmarks.kernels import WASM
from benchmarks.measure import in_turns
from wasmvm.text import wat2wasm

CALLS, QUICK_CALLS, ROUNDS = 20_000, 200, 7
SIZE = 16
ADDRESS = 70_000
SMALL = wat2wasm('(module (memory (export "m") 1) (func (export "f") (result i32) i32.const 1))')
"""What is instantiated, in a new store."""

Operations = dict[str, Callable[[int], object]]
"""What does each operation so many times."""


def host(value: int) -> int:
    return value


def times(operation: Callable[[], object]) -> Callable[[int], object]:
    def repeat(count: int) -> None:
        for _ in range(count):
            operation()

    return repeat


def own() -> Operations:
    from wasmvm.embedding.instance import Instance
    from wasmvm.embedding.module import Module

    exports = Instance(Module(WASM.read_bytes()), {"env": {"host": host}}).exports
    small = Module(SMALL)
    add, memory, data = exports["add"], exports["memory"], bytes(SIZE)
    return {
        "call in": times(lambda: add(1, 2)),
        "call out": exports["call_host"],
        "memory read": times(lambda: memory.read(ADDRESS, SIZE)),
        "memory write": times(lambda: memory.write(ADDRESS, data)),
        "instantiate": times(lambda: Instance(small)),
    }


def other_wasmtime() -> Operations:
    import wasmtime

    return in_the_api_of_wasmtime(wasmtime)


def as_wasmtime() -> Operations:
    from wasmvm.compat import wasmtime

    return in_the_api_of_wasmtime(wasmtime)


def in_the_api_of_wasmtime(wasmtime: Any) -> Operations:
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    func = wasmtime.Func(store, wasmtime.FuncType([wasmtime.ValType.i32()], [wasmtime.ValType.i32()]), host)
    exports = wasmtime.Instance(store, wasmtime.Module(engine, WASM.read_bytes()), [func]).exports(store)
    small = wasmtime.Module(engine, SMALL)
    add, call_host, memory, data = exports["add"], exports["call_host"], exports["memory"], bytes(SIZE)
    return {
        "call in": times(lambda: add(store, 1, 2)),
        "call out": lambda count: call_host(store, count),
        "memory read": times(lambda: memory.read(store, ADDRESS, ADDRESS + SIZE)),
        "memory write": times(lambda: memory.write(store, data, ADDRESS)),
        "instantiate": times(lambda: wasmtime.Instance(wasmtime.Store(engine), small, [])),
    }


def other_wasm3() -> Operations:
    import wasm3

    environment = wasm3.Environment()

    def instantiate(source: bytes) -> Any:
        runtime = environment.new_runtime(1 << 16)
        module = environment.parse_module(source)
        runtime.load(module)
        return runtime, module

    runtime, module = instantiate(WASM.read_bytes())
    module.link_function("env", "host", "i(i)", host)
    add, call_host, data = runtime.find_function("add"), runtime.find_function("call_host"), bytes(SIZE)

    def write() -> None:
        runtime.get_memory(0)[ADDRESS : ADDRESS + SIZE] = data

    return {
        "call in": times(lambda: add(1, 2)),
        "call out": call_host,
        "memory read": times(lambda: bytes(runtime.get_memory(0)[ADDRESS : ADDRESS + SIZE])),
        "memory write": times(write),
        "instantiate": times(lambda: instantiate(SMALL)),
    }


def other_pwasm() -> Operations:
    import pwasm

    instance = pwasm.instantiate(pwasm.decode_module(WASM.read_bytes()), {"env": {"host": host}})
    small = pwasm.decode_module(SMALL)
    memory, data = instance.memories[0], bytes(SIZE)
    return {
        "call in": times(lambda: instance.exports.add(1, 2)),
        "call out": instance.exports.call_host,
        "memory read": times(lambda: memory.read(ADDRESS, SIZE)),
        "memory write": times(lambda: memory.write(ADDRESS, data)),
        "instantiate": times(lambda: pwasm.instantiate(small)),
    }


def python() -> Operations:
    return {"call in": times(lambda: host(1))}


ENGINES: dict[str, Callable[[], Operations]] = {
    "wasmvm": own,
    "wasmvm as wasmtime": as_wasmtime,
    "wasmtime": other_wasmtime,
    "wasm3": other_wasm3,
    "pwasm": other_pwasm,
    "a Python function": python,
}
SLOW = {"instantiate": 20}
"""Operations that are done so many times less often."""


def there(progress: Progress) -> Iterator[tuple[str, Operations]]:
    for name, make in ENGINES.items():
        try:
            yield name, make()
        except ImportError as error:
            progress.note(f"skipped {name}: {error}")


def measure(progress: Progress, *, quick: bool = False) -> dict[str, Any]:
    """Seconds by operation and engine."""
    engines = dict(there(progress))
    operations = list(engines["wasmvm"])
    progress.total = len(operations)
    result: dict[str, Any] = {}
    for operation in operations:
        progress.next(operation)
        count = max((QUICK_CALLS if quick else CALLS) // SLOW.get(operation, 1), 1)
        sides = {
            name: once(functions[operation], count) for name, functions in engines.items() if operation in functions
        }
        for name in sides:
            engines[name][operation](1)  # what happens only once
        result[operation] = in_turns(sides, 1 if quick else ROUNDS, progress)
    progress.clear()
    return result


def once(operation: Callable[[int], object], count: int) -> Callable[[], float]:
    """Seconds that one of `count` operations takes, by the processor's time."""

    def seconds() -> float:
        begin = time.thread_time()
        operation(count)
        return (time.thread_time() - begin) / count

    return seconds


def summary(result: Mapping[str, Any]) -> str:
    names = list(ENGINES)
    rows = [
        [operation, *(f"{median(samples[name]) * 1e6:.2f}" if name in samples else "-" for name in names)]
        for operation, samples in result.items()
    ]
    return f"boundary: microseconds ({SIZE} bytes of memory)\n" + table(["operation", *names], rows)
