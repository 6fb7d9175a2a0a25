"""The stacks of a store: honest depth, exhaustion by every road, large frames."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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
