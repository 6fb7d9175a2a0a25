"""What crossing the boundary costs: calls, callbacks, memory reads and instances, against PyPI's wasmtime in one run.

    python -m benchmarks.dropin

Three columns of microseconds (wasmtime; wasmvm's own API; `wasmvm.compat.wasmtime`) and how many times faster the
latter two are. Each number is the best of several rounds in which the three take turns.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from types import ModuleType

import wasmtime as original

import wasmvm
from wasmvm.compat import wasmtime as shim

WAT = """(module
  (import "env" "callback" (func $callback (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "callbacks") (param $n i32) (result i32) (local $sum i32)
    (loop (local.set $sum (call $callback (local.get $sum) (local.get $n)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    local.get $sum))"""
SMALL = '(module (memory (export "memory") 1) (func (export "f") (result i32) i32.const 1))'
CALLBACKS = 100

Cases = dict[str, tuple[Callable[[], object], int]]
"""By name: what to time, and how many operations one call of it is."""


def callback(a: int, b: int) -> int:
    return a + b


def cases_of_wasmtime(wasmtime: ModuleType) -> Cases:
    """The cases in the API of wasmtime, for the original and the replacement."""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    i32 = wasmtime.ValType.i32
    host = wasmtime.Func(store, wasmtime.FuncType([i32(), i32()], [i32()]), callback)
    exports = wasmtime.Instance(store, wasmtime.Module(engine, WAT), [host]).exports(store)
    add, callbacks, memory = exports["add"], exports["callbacks"], exports["memory"]
    small = wasmtime.Module(engine, SMALL)
    return {
        "export call": (lambda: add(store, 2, 3), 1),
        "host callback": (lambda: callbacks(store, CALLBACKS), CALLBACKS),
        "memory.read 16 bytes": (lambda: memory.read(store, 100, 116), 1),
        "store + instance": (lambda: wasmtime.Instance(wasmtime.Store(engine), small, []), 1),
    }


def cases_of_wasmvm() -> Cases:
    exports = wasmvm.instantiate(WAT, {"env": {"callback": callback}}).exports
    memory = exports.memory
    small = wasmvm.Module(SMALL)
    return {
        "export call": (lambda: exports.add(2, 3), 1),
        "host callback": (lambda: exports.callbacks(CALLBACKS), CALLBACKS),
        "memory.read 16 bytes": (lambda: memory.read(100, 16), 1),
        "store + instance": (lambda: wasmvm.Instance(small), 1),
    }


def seconds(operation: Callable[[], object], count: int) -> float:
    """Seconds for `count` calls."""
    begin = perf_counter()
    for _ in range(count):
        operation()
    return perf_counter() - begin


def measure(rounds: int = 7, duration: float = 0.02) -> dict[str, tuple[float, float, float]]:
    """Seconds per operation by case: of wasmtime, of wasmvm, of the replacement."""
    columns = (cases_of_wasmtime(original), cases_of_wasmvm(), cases_of_wasmtime(shim))
    found = {}
    for name in columns[0]:
        best = [float("inf")] * 3
        for column in columns:  # functions are lowered when they are first called
            seconds(column[name][0], 100)
        counts = [max(1, int(duration / seconds(column[name][0], 1))) for column in columns]
        for _ in range(rounds):
            for i, column in enumerate(columns):
                operation, operations = column[name]
                best[i] = min(best[i], seconds(operation, counts[i]) / counts[i] / operations)
        found[name] = (best[0], best[1], best[2])
    return found


def main() -> None:
    print(f"{'microseconds':24}{'wasmtime':>10}{'wasmvm':>10}{'compat':>10}{'wasmvm':>10}{'compat':>10}")
    for name, (reference, own, compat) in measure().items():
        times = "".join(f"{1e6 * t:10.3f}" for t in (reference, own, compat))
        print(f"{name:24}{times}{reference / own:9.1f}x{reference / compat:9.1f}x")


if __name__ == "__main__":
    main()
