"""Executions: calls inside of one another, and several executions in one store, each with stacks of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.wat import wat2wasm
from wasmvm import Func, FuncType, Instance, Module, Store, Trap, WasmException
from wasmvm._core import on_own_stacks
from wasmvm.types import I32

TEXT = """(module
  (import "host" "f" (func $f (param i32) (result i32)))
  (tag $tag (export "tag") (param i32))
  (type $node (struct (field (mut i32)) (field (ref null $node))))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "host") (param i32) (result i32) (i32.add (local.get 0) (call $f (local.get 0))))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (else (call $f (i32.const 0)))))
  (func $honest (export "honest") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $honest (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "list") (param $n i32) (result i32) (local $list (ref null $node)) (local $sum i32)
    (loop
      (local.set $list (struct.new $node (local.get $n) (local.get $list)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.set $sum (call $f (i32.const 0)))
    (loop
      (local.set $sum (i32.add (local.get $sum) (struct.get $node 0 (local.get $list))))
      (local.set $list (struct.get $node 1 (local.get $list)))
      (br_if 0 (i32.eqz (ref.is_null (local.get $list)))))
    (local.get $sum))
  (func (export "throw") (param i32) (throw $tag (local.get 0)))
  (func (export "catch") (result i32) (block (result i32)
    (try_table (catch $tag 0) (drop (call $f (i32.const 0)))) (i32.const -1))))"""


class Guest:
    """An instance whose host function is `f`."""

    def __init__(self) -> None:
        self.store = Store()
        self.f: Callable[[int], Any] = lambda n: n
        host = Func(self.store, FuncType((I32,), (I32,)), lambda n: self.f(n))
        self.instance = Instance(Module(wat2wasm(TEXT)), {"host": {"f": host}}, store=self.store)
        self.call = self.instance.exports

    def apart(self, name: str, *args: int) -> Any:
        return on_own_stacks(self.store, self.call[name], *args)


@pytest.fixture
def guest() -> Guest:
    return Guest()


def test_results_and_locals(guest: Guest) -> None:
    guest.f = lambda n: guest.apart("add", n, 5)
    assert guest.call.host(3) == 11
    assert guest.apart("host", 4) == 13
    assert guest.call.add(1, 2) == 3


def test_executions_inside_of_executions(guest: Guest) -> None:
    guest.f = lambda n: guest.apart("host", n - 1) if n else 100
    assert guest.call.host(6) == 6 + 5 + 4 + 3 + 2 + 1 + 100


def test_each_has_a_whole_stack(guest: Guest) -> None:
    """What does not fit on top of a deep call fits beside it."""
    deepest = 0
    with pytest.raises(Trap):
        while True:
            deepest += 10_000
            guest.call.honest(deepest)
    depth = deepest - 10_000
    guest.f = lambda n: guest.call.honest(depth)
    with pytest.raises(Trap) as caught:
        guest.call.deep(depth)
    assert caught.value.code == "call_stack_exhausted"
    guest.f = lambda n: guest.apart("honest", depth)
    assert guest.call.deep(depth) == 2 * depth


@pytest.mark.parametrize("stress", [False, True])
def test_objects_of_waiting_executions_stay(guest: Guest, stress: bool) -> None:
    """A collection marks from all stacks, whichever execution asks for it."""
    guest.store.stress = stress

    def collect(n: int) -> int:
        guest.store.gc()
        return n

    def inside(n: int) -> int:
        guest.f = collect
        return int(guest.apart("list", 30))

    guest.f = inside
    assert guest.call.list(40) == sum(range(41)) + sum(range(31))
    assert guest.store.heap_size > 0
    guest.store.gc()
    assert guest.store.heap_size == 0


def test_exceptions_go_from_one_to_the_other(guest: Guest) -> None:
    guest.f = lambda n: guest.apart("throw", 77)
    assert guest.call.catch() == 77
    with pytest.raises(WasmException) as caught:
        guest.apart("throw", 5)
    assert caught.value.payload == (5,)
    assert guest.call.add(1, 1) == 2


def test_errors_end_it(guest: Guest) -> None:
    """Whatever ends the work, calls are on the stacks from before, and its own are free again."""
    for _ in range(50):
        with pytest.raises(ZeroDivisionError):
            on_own_stacks(guest.store, lambda: 1 // 0)
    guest.f = lambda n: on_own_stacks(guest.store, divmod, 1, n)
    with pytest.raises(ZeroDivisionError):
        guest.call.host(0)
    guest.f = lambda n: 1
    assert guest.call.host(0) == 1


def test_it_is_one_threads(guest: Guest) -> None:
    """Another execution does not let another thread in."""
    import threading

    found: list[BaseException] = []

    def other() -> None:
        try:
            guest.call.add(1, 2)
        except BaseException as error:
            found.append(error)

    def work(n: int) -> int:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return n

    guest.f = lambda n: on_own_stacks(guest.store, work, n)
    assert guest.call.host(2) == 4
    assert isinstance(found[0], RuntimeError)
