"""The stacks of a store: honest depth, exhaustion by every road, large frames."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref

import pytest

from tests.patience import PATIENCE
from tests.wat import wat2wasm
from wasmvm import Instance, Module, Store, Trap
from wasmvm._core import CHECKS, DISPATCH

DEEP = """(module (table 1 funcref) (elem (i32.const 0) $indirect)
  (func $direct (export "direct") (param i32) (result i32)
    local.get 0  if (result i32)  local.get 0  i32.const 1  i32.sub  call $direct  i32.const 1  i32.add
      else  i32.const 0  end)
  (func $indirect (export "indirect") (param i32) (result i32)
    local.get 0  if (result i32)  local.get 0  i32.const 1  i32.sub  i32.const 0  call_indirect (param i32) (result i32)
      i32.const 1  i32.add  else  i32.const 0  end))"""

MUTUAL = """(module (import "other" "f" (func $other (param i32) (result i32)))
  (memory 1) (global $calls (export "calls") (mut i32) (i32.const 0))
  (func (export "f") (param i32) (result i32)
    global.get $calls  i32.const 1  i32.add  global.set $calls
    local.get 0  if (result i32)  local.get 0  i32.const 1  i32.sub  call $other  i32.const 1  i32.add
    else  memory.size  end))"""

RUNAWAY = """(module (table 1 funcref) (elem (i32.const 0) $indirect)
  (func $nothing (export "nothing") call $nothing)
  (func $indirect (export "indirect") i32.const 0  call_indirect)
  (func $wide (export "wide") (param i64 i64 i64 i64) (result i64 i64 i64 i64) (local i64 i64 i64 i64)
    local.get 0  local.get 1  local.get 2  local.get 3  call $wide)
  (func (export "fine") (result i32) i32.const 1))"""


@pytest.mark.parametrize("name", ["direct", "indirect"])
def test_ten_thousand_honest_levels(name: str) -> None:
    call = Instance(Module(wat2wasm(DEEP))).exports[name]
    assert call(10_000) == 10_000
    assert call(100_000) == 100_000
    with pytest.raises(Trap) as caught:
        call(10_000_000)
    assert caught.value.code == "call_stack_exhausted"
    assert len(caught.value.frames) == 100, "a backtrace is bounded"
    assert call(10_000) == 10_000


def test_max_stack_bounds_the_depth() -> None:
    small = Instance(Module(wat2wasm(DEEP)), store=Store(max_stack=65536)).exports.direct
    assert small(500) == 500
    with pytest.raises(Trap, match="call stack exhausted"):
        small(100_000)
    with pytest.raises(ValueError, match="max_stack"):
        Store(max_stack=1)


@pytest.mark.parametrize("name", ["nothing", "indirect", "wide"])
def test_runaway_recursion(name: str) -> None:
    instance = Instance(Module(wat2wasm(RUNAWAY)))
    call = instance.exports[name]
    for _ in range(3):
        with pytest.raises(Trap) as caught:
            call(*[1] * len(call.type.params))
        assert caught.value.code == "call_stack_exhausted"
        assert caught.value.frames
    assert instance.exports.fine() == 1


def test_across_instances() -> None:
    """Two instances call each other: memory and globals are those of the function that runs."""
    store = Store()
    module = Module(wat2wasm(MUTUAL))
    partner: list[Instance] = []
    first = Instance(module, {"other": {"f": lambda x: partner[0].exports.f(x)}}, store)
    second = Instance(module, {"other": first.exports}, store)
    partner.append(second)
    assert second.exports.f(1) == 2
    assert (first.exports.calls.value, second.exports.calls.value) == (1, 1)


def test_mutual_recursion_through_a_table() -> None:
    """Without the host in between: two instances that reach each other through a shared table."""
    text = """(module (import "t" "t" (table 2 funcref)) (global $mine i32 (i32.const {mine}))
      (memory {pages}) (elem (i32.const {mine}) $f)
      (func $f (export "f") (param i32) (result i32)
        local.get 0  i32.eqz  if  memory.size  return  end
        local.get 0  i32.const 1  i32.sub  i32.const {other}  call_indirect (param i32) (result i32)
        memory.size  i32.add))"""
    store = Store()
    owner = Instance(Module(wat2wasm('(module (table (export "t") 2 funcref))')), store=store)
    first = Instance(Module(wat2wasm(text.format(mine=0, other=1, pages=1))), {"t": owner.exports}, store)
    second = Instance(Module(wat2wasm(text.format(mine=1, other=0, pages=100))), {"t": owner.exports}, store)
    assert first.exports.f(2) == 1 + 100 + 1
    assert second.exports.f(9) == 5 * 101
    assert first.exports.f(20_000) == 10_000 * 101 + 1
    for _ in range(2):
        with pytest.raises(Trap) as caught:
            first.exports.f(-1)
        assert caught.value.code == "call_stack_exhausted"
        assert len(caught.value.frames) == 100
    assert first.exports.f(2) == 102


def test_start_function_that_never_returns_from_its_calls() -> None:
    with pytest.raises(Trap, match="call stack exhausted"):
        Instance(Module(wat2wasm("(module (func $f call $f) (start $f))")))


def test_a_thousand_arguments_and_results() -> None:
    types = " ".join(["i64"] * 1000)
    gets = "\n".join(f"local.get {i}" for i in range(1000))
    backwards = "\n".join(f"local.get {i}" for i in reversed(range(1000)))
    text = f"""(module (func $back (param {types}) (result {types}) {backwards})
      (func (export "twice") (param {types}) (result {types}) {gets} call $back call $back)
      (func (export "once") (param {types}) (result {types}) {gets} call $back))"""
    exports = Instance(Module(wat2wasm(text))).exports
    numbers = tuple(range(-500, 500))
    assert exports.once(*numbers) == numbers[::-1]
    assert exports.twice(*numbers) == numbers


def test_fifty_thousand_locals() -> None:
    locals_ = " ".join(["i64"] * 49_999)
    text = f"""(module (func $f (export "f") (param i32) (result i64) (local {locals_})
        i64.const 7  local.set 49999
        local.get 0  if (result i64)  local.get 0  i32.const 1  i32.sub  call $f  local.get 25000  i64.add
        else  local.get 49998  local.get 49999  i64.add  end))"""
    instance = Instance(Module(wat2wasm(text)))
    assert instance.exports.f(10) == 7
    with pytest.raises(Trap, match="call stack exhausted"):
        instance.exports.f(100)
    roomy = Instance(Module(wat2wasm(text)), store=Store(max_stack=128 << 20))
    assert roomy.exports.f(100) == 7


def test_frame_that_does_not_fit_is_found_when_the_function_is_lowered() -> None:
    """What a function needs is known when it is first called: the trap is that of the call, with the caller's frame."""
    locals_ = " ".join(["i64"] * 20_000)
    text = f"""(module $m (func $big (export "big") (param i32) (result i64) (local {locals_}) local.get 9)
      (func $caller (export "caller") (result i64) i32.const 1  call $big))"""
    store = Store(max_stack=65536)
    exports = Instance(Module(wat2wasm(text)), store=store).exports
    for _ in range(2):
        with pytest.raises(Trap, match="call stack exhausted") as caught:
            exports.caller()
        assert [frame.name for frame in caught.value.frames] == ["caller"]
        with pytest.raises(Trap, match="call stack exhausted"):
            exports.big(1)


def test_constant_expression_whose_operands_do_not_fit() -> None:
    text = f"""(module (type $a (array i64))
      (global (ref $a) (array.new_fixed $a 9000 {"(i64.const 1)" * 9000})))"""
    module = Module(wat2wasm(text))
    with pytest.raises(Trap, match="call stack exhausted"):
        Instance(module, store=Store(max_stack=65536))
    Instance(module, store=Store(max_stack=2 * 65536))


def test_host_function_between_wasm_frames_has_room_of_its_own() -> None:
    """A nested call begins after the frame that waits for the host."""
    text = """(module (import "h" "f" (func $f (param i32) (result i32)))
      (func (export "run") (param i32) (result i32) (local i32 i32 i32)
        i32.const 10  local.set 1  i32.const 20  local.set 2  i32.const 30  local.set 3
        i32.const 100  i32.const 1000  local.get 0  call $f  i32.add  i32.add
        local.get 1  i32.add  local.get 2  i32.add  local.get 3  i32.add))"""

    def f(x: int) -> int:
        return int(instance.exports.run(x - 1)) if x else 0

    instance = Instance(Module(wat2wasm(text)), {"h": {"f": f}})
    assert instance.exports.run(20) == 21 * 1160


def test_frame_of_another_instance_that_does_not_fit() -> None:
    """Likewise across instances: the trap is in the caller, and the caller's memory is its own again."""
    locals_ = " ".join(["i64"] * 20_000)
    big = f'(module $other (memory 7) (func $big (export "f") (param i32) (result i64) (local {locals_}) local.get 9))'
    text = """(module (import "o" "f" (func $f (param i32) (result i64))) (memory 1)
      (func $caller (export "caller") (result i64) i32.const 1  call $f)
      (func (export "size") (result i32) memory.size))"""
    store = Store(max_stack=65536)
    other = Instance(Module(wat2wasm(big)), store=store)
    exports = Instance(Module(wat2wasm(text)), {"o": other.exports}, store).exports
    for _ in range(2):
        with pytest.raises(Trap, match="call stack exhausted") as caught:
            exports.caller()
        assert [frame.name for frame in caught.value.frames] == ["caller"]
        assert exports.size() == 1


NESTED = """
import sys, threading
from wasmvm import Func, FuncType, Instance, Module, Store, Trap
from wasmvm.types import I32

class Again:
    depth = 0
    def __call__(self, n):
        Again.depth += 1
        return again(n)

store = Store()
module = Module('(module (import "h" "f" (func $f (param i32) (result i32)))'
                ' (func (export "f") (param i32) (result i32) (call $f (local.get 0))))')
again = Instance(module, {"h": {"f": Func(store, FuncType((I32,), (I32,)), Again())}}, store=store).exports["f"]

def nest():
    try:
        again(1)
    except Trap as error:
        print(Again.depth, error.code)

sys.setrecursionlimit(10_000)
threading.stack_size(1 << 20)
thread = threading.Thread(target=nest)
thread.start()
thread.join()
"""


@pytest.mark.skipif(
    DISPATCH != "threaded" or CHECKS or "ASAN_OPTIONS" in os.environ,
    reason="how large the C frames are is looked at in the form that is released: other builds are made to be built quickly",
)
def test_calls_within_calls_fit_into_a_thread_of_one_mebibyte() -> None:
    """As many as there may be, with a host function that is an object with `__call__`, which takes more than a function."""
    done = subprocess.run([sys.executable, "-c", NESTED], capture_output=True, text=True, check=False)
    assert done.stdout == "450 call_stack_exhausted\n", (done.returncode, done.stderr[-1000:])


# Stores in which nothing runs have no stacks of their own.

RESIDENT = """
import sys
from tests.machine.driver.test_stacks import DEEP
from tests.wat import wat2wasm
from wasmvm import Instance, Module, Store

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

text = '(module (memory (export "m") 1) (func (export "f") (param i32) (result i32) local.get 0))'
module, kept = Module(wat2wasm(text)), []

def make(count):
    for i in range(count):
        instance = Instance(module, store=Store(**options))
        assert instance.exports.f(i) == i
        kept.append(instance)

options = eval(sys.argv[1])
make(200)
before = resident()
make(2000)
print((resident() - before) // 2000)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("options", [{}, {"max_stack": 1 << 20}, {"max_stack": 64 << 20}])
def test_a_store_that_was_called_takes_8_kilobytes(options: dict[str, int]) -> None:
    """With its instance, of a module with a memory in which nothing was written."""
    done = subprocess.run([sys.executable, "-c", RESIDENT, repr(options)], capture_output=True, text=True, check=False)
    assert 0 <= int(done.stdout) <= 8000, done.stderr


MANY = 40
"""Stores, of which fewer keep their stacks at a time."""


@pytest.mark.parametrize("options", [{}, {"max_stack": 1 << 20}])
def test_many_stores_in_turn(options: dict[str, int]) -> None:
    """What one store left on stacks is nothing to the next one."""
    module = Module(wat2wasm(DEEP))
    stores = [Store(**options) for _ in range(MANY)]
    exports = [Instance(module, store=store).exports for store in stores]
    for turn in range(3):
        for i, each in enumerate(exports):
            assert each.direct(1000 + i) == 1000 + i
            if i % 7 == turn:
                with pytest.raises(Trap, match="call stack exhausted"):
                    each.direct(-1)
    for store in stores:
        store.gc()
    assert [each.indirect(9) for each in exports] == [9] * MANY


def test_stores_that_wait_for_one_another_keep_their_stacks() -> None:
    text = """(module (import "h" "next" (func $next (param i32) (result i32)))
      (func (export "f") (param i32) (result i32) (local i32)
        (local.set 1 (i32.mul (local.get 0) (i32.const 3)))
        (i32.add (local.get 1) (i32.add (call $next (local.get 0)) (local.get 1)))))"""
    module = Module(wat2wasm(text))
    chain: list[Instance] = []

    def next_(level: int) -> int:
        return int(chain[level + 1].exports.f(level + 1)) if level + 1 < len(chain) else 0

    chain += [Instance(module, {"h": {"next": next_}}, Store()) for _ in range(MANY)]
    for _ in range(3):
        assert chain[0].exports.f(0) == sum(6 * level for level in range(MANY))


def test_stacks_of_stores_that_wait_are_not_taken_away_while_arguments_are_converted() -> None:
    text = """(module (func (export "f") (param i32 i64 f64 i32) (result i64 f64)
      (i64.add (local.get 1) (i64.extend_i32_u (i32.add (local.get 0) (local.get 3)))) (local.get 2)))"""
    module = Module(wat2wasm(text))
    others = [Instance(module, store=Store()).exports for _ in range(MANY)]

    class Number:
        def __init__(self, value: int) -> None:
            self.value = value

        def __index__(self) -> int:
            for other in others:
                assert other.f(1, 2, 3.0, 4) == (7, 3.0)
            return self.value

        def __float__(self) -> float:
            return float(self.__index__())

    exports = Instance(module, store=Store()).exports
    for _ in range(3):
        assert exports.f(Number(10), Number(20), Number(30), Number(40)) == (70, 30.0)


def test_objects_of_a_store_without_stacks_stay() -> None:
    text = """(module (type $box (struct (field i32))) (global $kept (mut (ref null $box)) (ref.null $box))
      (func (export "keep") (param i32) (global.set $kept (struct.new $box (local.get 0))))
      (func (export "kept") (result i32) (struct.get $box 0 (global.get $kept)))
      (func (export "box") (param i32) (result (ref $box)) (struct.new $box (local.get 0))))"""
    module = Module(wat2wasm(text))
    instances = [Instance(module, store=Store()) for _ in range(MANY)]
    boxes = []
    for i, instance in enumerate(instances):
        instance.exports.keep(i)
        boxes.append(instance.exports.box(100 + i))
    for i, instance in enumerate(instances):
        instance.store.gc()
        assert (instance.exports.kept(), boxes[i][0]) == (i, 100 + i)
    boxes.clear()
    for instance in instances:
        instance.store.gc()
        with_kept = instance.store.heap_size
        instance.exports.keep(1)
        instance.store.gc()
        assert instance.store.heap_size == with_kept


def test_stacks_of_a_store_that_goes() -> None:
    """They may be taken away while callbacks of weak references to it are called."""
    module = Module(wat2wasm(DEEP))
    others = [Instance(module, store=Store()).exports for _ in range(MANY)]
    called: list[list[int]] = []

    def callback(_: object) -> None:
        called.append([other.direct(10) for other in others])

    for count in range(1, 21):
        store = Store()
        instance = Instance(module, store=store)
        assert instance.exports.direct(100) == 100
        reference = weakref.ref(store, callback)
        del instance, store
        gc.collect()
        assert called == [[10] * MANY] * count
        assert reference() is None


def test_threads_with_stores_while_others_take_turns() -> None:
    """Stacks on which wasm runs without the GIL, or that wait in a host function, are nobody else's."""
    text = """(module (import "h" "wait" (func $wait))
      (func $down (param i32) (result i32) (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
        (else (call $wait) (i32.const 0))))
      (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (call $down (i32.const 20000)))))"""
    module, deep = Module(wat2wasm(text)), Module(wat2wasm(DEEP))
    inside, done = threading.Semaphore(0), threading.Event()
    results: list[int] = []

    def wait() -> None:
        inside.release()
        assert done.wait(PATIENCE)

    def run(number: int) -> None:
        results.append(Instance(module, {"h": {"wait": wait}}, Store()).exports.f(number))

    threads = [threading.Thread(target=run, args=(i,)) for i in range(24)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=PATIENCE)
    for _ in range(2):
        for each in [Instance(deep, store=Store()).exports for _ in range(MANY)]:
            assert each.direct(1000) == 1000
    done.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(results) == [20_000 + i for i in range(24)]


NO_ROOM = """
import resource
from wasmvm import Func, FuncType, Instance, Module, Store
small, large = Store(max_stack=65536), Store(max_stack=1 << 32)
run = [Func(store, FuncType((), ()), lambda: print("called")) for store in (small, large)]
run[0]()
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
for _ in range(2):
    try:
        run[1]()
    except MemoryError as error:
        print(error)
    run[0]()
"""


@pytest.mark.skipif(sys.platform != "linux" or "ASAN_OPTIONS" in os.environ, reason="limits the addresses of a process")
def test_no_room_for_the_stacks_of_a_store() -> None:
    done = subprocess.run([sys.executable, "-c", NO_ROOM], capture_output=True, text=True, check=False)
    message = "cannot reserve the stacks of a store, max_stack=4294967296: the system has no room for them"
    assert done.stdout.splitlines() == ["called", *[message, "called"] * 2], done.stderr
