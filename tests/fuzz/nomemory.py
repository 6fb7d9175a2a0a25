"""Lets one allocation fail after the other, in everything that wasmvm does.

    python -m tests.fuzz.nomemory [--allocator raw|python|all] [--scenario NAME|all] [--every N] [--most N]

Each scenario is run with its first allocation failing, then with its second, and so on, until there are no more. It must end
in `MemoryError`, a `LinkError` or a `Trap` (where a limit is the reason), or not mind; and the same once more, with memory,
must give what it always does. `raw` is what wasmvm's C code asks the system for: malloc, calloc, realloc, mmap, mprotect, by a
library that is compiled here and preloaded (Linux with a C compiler). `python` is every allocator of Python's, by
`_testcapi.set_nomemory`. A process that dies is a finding, and another one goes on after it.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import faulthandler
import gc
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import wasmvm
from tests.fuzz.api.guests import GUEST, NEIGHBOUR
from tests.patience import PATIENCE
from tests.test_leaks import allocated

ROOT = Path(__file__).resolve().parents[2]
PASSES = 4
ALLOWED = (MemoryError, wasmvm.LinkError, wasmvm.Trap)


class Scenario(NamedTuple):
    """Attributes:

    prepare: makes what `act` needs; nothing fails meanwhile.
    act: what is tested. It returns something that is equal every time.
    """

    prepare: Callable[[], Any]
    act: Callable[[Any], object]


def host() -> dict[str, dict[str, Any]]:
    return {
        "h": {
            "i": lambda x: x + 1,
            "r": lambda x: x,
            "a": lambda x, n, d: x,
            "m": lambda *args: (5, args[4], bytes(16)),
            "n": lambda: None,
        }
    }


def binary() -> bytes:
    return bytes(wasmvm.wat2wasm(GUEST))


def instance() -> wasmvm.Instance:
    return wasmvm.Instance(wasmvm.Module(binary()), host(), wasmvm.Store(max_heap=1 << 20))


def used_instance() -> wasmvm.Instance:
    """One whose functions are lowered."""
    made = instance()
    every(made)
    return made


def every(made: wasmvm.Instance) -> object:
    """Calls of all kinds."""
    exports = made.exports
    seen: list[object] = [exports.add(1, 2), exports.fib(10), exports.mix(1, 2.5, 3.5, bytes(16)), exports.loop(50)]
    seen += [exports.hi(5), exports.deep(20), exports.tail(7), exports.hm(1, 2.0, bytes(16), None, "x")]
    seen.append(exports.length(exports.list(30, "shared")))
    seen.append(exports.catch(5, "payload"))
    seen.append(exports.catchhost(3))
    return seen


def throw(made: wasmvm.Instance) -> object:
    try:
        made.exports.throw(5, "thrown")
    except wasmvm.WasmException as error:
        return error.payload
    return None


def collect(made: wasmvm.Instance) -> object:
    kept = made.exports.list(40, "kept")
    made.exports.garbage(200)
    made.store.gc()
    return made.exports.length(kept)


def grow(made: wasmvm.Instance) -> object:
    """Growing may fail, and says so; what there was stays."""
    exports = made.exports
    exports.mem.write(100, b"stays")
    exports.grow(1)
    exports.growwide(1)
    exports.growx("more", 1)
    for growing in (lambda: exports.mem.grow(1), lambda: exports.xtab.grow(1, "more")):
        with contextlib.suppress(ValueError):  # it is full after some turns
            growing()
    return exports.mem.read(100, 5)


def objects(made: wasmvm.Instance) -> object:
    """Values that go between Python and tables, globals, structures and arrays."""
    exports = made.exports
    exports.xtab[0] = thing = object()
    exports.gx.value = thing
    exports.ga.value = node = exports.make(5, thing, 6)
    array = exports.array(3, node)
    array[1] = None
    node[3] = array
    return exports.xtab[0] is thing, exports.gx.value is thing, node[0], array[1], exports.ga.value == node, len(array)


def neighbours(made: wasmvm.Instance) -> object:
    """Two instances that share what they have."""
    other = wasmvm.Instance(wasmvm.Module(NEIGHBOUR), {**host(), "o": made.exports}, made.store)
    other.exports.look()
    return other.exports.across(4), other.exports.tail(4), other.exports.catch(1, "x"), other.exports.bad.value


def stores(_: None) -> object:
    """What a store can hold without an instance."""
    from wasmvm.types import EXTERNREF, I32, Limits

    store = wasmvm.Store()
    memory = wasmvm.Memory(store, wasmvm.MemoryType(Limits(1, 2)))
    table = wasmvm.Table(store, wasmvm.TableType(EXTERNREF, Limits(2, 5)), "init")
    global_ = wasmvm.Global(store, wasmvm.GlobalType(I32, True), 5)
    func = wasmvm.Func(store, wasmvm.FuncType((I32,), (I32,)), lambda x: x)
    wasmvm.Tag(store, wasmvm.TagType(wasmvm.FuncType((I32,), ())))
    return len(memory), table[1], global_.value, func(3), len(memory.array)


def wasi(_: None) -> object:
    done = wasmvm.run(ROOT / "examples" / "hello.wasm", ["you"], capture_output=True)
    return done.returncode, done.stdout


SCENARIOS: dict[str, Scenario] = {
    "text": Scenario(lambda: None, lambda _: bytes(wasmvm.wat2wasm(GUEST)) == binary()),
    "module": Scenario(binary, lambda data: len(wasmvm.Module(data).exports)),
    "lower": Scenario(lambda: wasmvm.Module(binary()), lambda module: len(module.serialize(lower_all=True))),
    "instantiate": Scenario(
        lambda: wasmvm.Module(binary()), lambda m: len(wasmvm.Instance(m, host(), wasmvm.Store()).exports)
    ),
    "first calls": Scenario(instance, every),
    "calls": Scenario(used_instance, every),
    "first catch": Scenario(instance, lambda made: made.exports.catch(5, "payload")),
    "throw": Scenario(used_instance, throw),
    "collect": Scenario(used_instance, collect),
    "grow": Scenario(used_instance, grow),
    "objects": Scenario(used_instance, objects),
    "neighbours": Scenario(used_instance, neighbours),
    "stores": Scenario(lambda: None, stores),
    "wasi": Scenario(lambda: None, wasi),
}


class Python:
    """All allocators of Python."""

    def __init__(self) -> None:
        import _testcapi

        self.testcapi = _testcapi

    @contextlib.contextmanager
    def failing(self, at: int) -> Iterator[None]:
        self.testcapi.set_nomemory(at - 1, at)
        try:
            yield
        finally:
            self.testcapi.remove_mem_hooks()


class Raw:
    """What the C code of wasmvm allocates."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL(None)
        self.library.failing_begin.argtypes = [ctypes.c_long]
        self.seen = 0

    @contextlib.contextmanager
    def failing(self, at: int) -> Iterator[None]:
        self.library.failing_begin(at)
        try:
            yield
        finally:
            self.seen = self.library.failing_end()


def attempt(scenario: Scenario, allocator: Python | Raw, at: int, wanted: object) -> tuple[str | None, bool]:
    """Run a scenario with one allocation failing, and once more; what is wrong, and whether an exception told of it."""
    state = scenario.prepare()
    failed: BaseException | None = None
    result: object = None
    gc.disable()
    try:
        with allocator.failing(at):
            try:
                result = scenario.act(state)
            except BaseException as error:
                failed = error
    finally:
        gc.enable()
    if failed is None:
        if result != wanted:
            return f"it returned {result!r}", False
    elif not isinstance(failed, ALLOWED) or isinstance(failed, wasmvm.InternalError):
        return f"{type(failed).__name__}: {failed}", True
    was = failed is not None
    del failed
    again = scenario.act(state)
    return (None if again == wanted else f"afterwards it returned {again!r}"), was


def work(options: argparse.Namespace) -> None:
    """One scenario, from one allocation on; says which one is about to fail, and when there are no more."""
    faulthandler.enable()
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    scenario = SCENARIOS[options.scenario]
    allocator = Raw() if options.allocator == "raw" else Python()
    wanted = scenario.act(scenario.prepare())
    for _ in range(3):  # so that what is made once is made
        attempt(scenario, allocator, 1 << 40 if options.allocator == "raw" else 1 << 30, wanted)
    at = options.first
    quiet = 0
    while at < options.first + options.most:
        print("at", at, flush=True)
        if os.environ.get("WASMVM_NOMEMORY_CRASH") == str(at):
            os.abort()  # for the test that crashes are found
        wrong, was = attempt(scenario, allocator, at, wanted)
        if was:
            print("told", flush=True)
        if wrong:
            print("found", f"{options.allocator} {options.scenario} {at}: {wrong[:600]!r}", flush=True)
        # The C code's calls are counted; of Python's allocations it is only known that nothing notices any more.
        quiet = 0 if was or wrong else quiet + 1
        if isinstance(allocator, Raw) and at > allocator.seen:
            print("past", at, flush=True)
            break
        if quiet > 200:
            break
        at += options.every
    print("end", flush=True)


def kept(options: argparse.Namespace) -> None:
    """Let all allocations of a scenario fail, again and again; says by how many bytes that becomes more each time, at least."""
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    scenario = SCENARIOS[options.scenario]
    allocator = Raw() if options.allocator == "raw" else Python()
    wanted = scenario.act(scenario.prepare())
    sizes = []
    for _ in range(PASSES):
        at, quiet = 1, 0
        while quiet * options.every < 200 and not (isinstance(allocator, Raw) and at > allocator.seen > 0):
            _, was = attempt(scenario, allocator, at, wanted)
            quiet = 0 if was else quiet + 1
            at += options.every
        gc.collect()
        sizes.append(allocated())
    print("kept", min(after - before for before, after in itertools.pairwise(sizes)), flush=True)


def compiled(folder: str) -> str:
    """The library that is preloaded."""
    target = str(Path(folder) / "failing_malloc.so")
    source = Path(__file__).with_name("failing_malloc.c")
    subprocess.run([os.environ.get("CC", "cc"), "-O1", "-shared", "-fPIC", "-o", target, source, "-ldl"], check=True)
    return target


def missing(allocator: str) -> str | None:
    """Why an allocator cannot be made to fail here."""
    if allocator == "raw":
        if not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"):
            return "preloading is for Linux with glibc"
        return None if shutil.which(os.environ.get("CC", "cc")) else "there is no C compiler"
    try:
        import _testcapi
    except ImportError:
        return "this Python has no module _testcapi"
    return None if hasattr(_testcapi, "set_nomemory") else "_testcapi has no set_nomemory"


def bytes_kept(allocator: str, scenario: str, every: int = 1) -> int:
    """What is not given back each time that all allocations of a scenario, or every so many, have failed."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.nomemory", "--kept", "--allocator", allocator, "--scenario", scenario,
             "--every", str(every)],
            cwd=ROOT, env=environment_of(allocator, folder), capture_output=True, text=True, check=True,
        )  # fmt: skip
    return int(done.stdout.removeprefix("kept "))


def environment_of(allocator: str, folder: str) -> dict[str, str]:
    found = dict(os.environ, PYTHONMALLOC="malloc" if allocator == "python" else "pymalloc")
    if allocator == "raw":
        found["LD_PRELOAD"] = f"{os.environ.get('LD_PRELOAD', '')} {compiled(folder)}".strip()
    return found


class Outcome(NamedTuple):
    """Of one scenario: how many allocations failed, how many of these were told by an exception, and what is wrong."""

    tried: int
    told: int
    findings: list[str]


def run(allocator: str, scenario: str, every: int = 1, most: int = 1 << 20, first: int = 1) -> Outcome:
    """Run a scenario until all its allocations have failed once, `every`th of them, `most` of them."""
    findings: list[str] = []
    tried = told = 0
    with tempfile.TemporaryDirectory() as folder:
        environment = environment_of(allocator, folder)
        end = first + most
        while first < end and len(findings) < 40:
            done = subprocess.run(
                [sys.executable, "-m", "tests.fuzz.nomemory", "--worker", "--allocator", allocator, "--scenario",
                 scenario, "--first", str(first), "--every", str(every), "--most", str(end - first)],
                cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            at = first - every
            ended = False
            for line in done.stdout.splitlines():
                word, _, rest = line.partition(" ")
                if word == "at":
                    at = int(rest)
                    tried += 1
                elif word == "past":
                    tried -= 1
                elif word == "found":
                    findings.append(rest)
                elif word == "told":
                    told += 1
                elif word == "end":
                    ended = True
            if ended:
                break
            findings.append(f"{allocator} {scenario} {at}: exit code {done.returncode}: {done.stderr[:1500]}")
            if at < first:
                break
            first = at + every
    return Outcome(tried, told, findings)


def main() -> int:
    parser = argparse.ArgumentParser(description="Let one allocation fail after the other.")
    parser.add_argument("--allocator", choices=["raw", "python", "all"], default="all")
    parser.add_argument("--scenario", choices=[*SCENARIOS, "all"], default="all")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--most", type=int, default=1 << 20)
    parser.add_argument("--kept", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.kept:
        kept(options)
        return 0
    if options.worker:
        work(options)
        return 0
    failed = False
    for allocator in ["raw", "python"] if options.allocator == "all" else [options.allocator]:
        reason = missing(allocator)
        if reason:
            print(f"{allocator}: not tried: {reason}")
            continue
        for scenario in SCENARIOS if options.scenario == "all" else [options.scenario]:
            outcome = run(allocator, scenario, options.every, options.most, options.first)
            print(
                f"{allocator} {scenario}: {outcome.tried} allocations failed, {outcome.told} told by an exception, "
                f"{len(outcome.findings)} findings",
                flush=True,
            )
            for finding in outcome.findings:
                print("   ", finding, flush=True)
            failed = failed or bool(outcome.findings)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
