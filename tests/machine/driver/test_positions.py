"""Which function a position in code belongs to: backtraces and catch clauses in modules of many functions, which are lowered in
any order, some of them in between."""

from __future__ import annotations

import random

import pytest

from tests.wat import wat2wasm
from wasmvm import Func, FuncType, Instance, Module, Store, Trap
from wasmvm.types import I32

COUNT = 700


def function(i: int) -> str:
    """Asks the host whom to call next; -1 is a trap, -2 an exception. Every seventh catches those and says so."""
    padding = "(drop (i32.add (local.get $n) (i32.const 7)))" * (i % 5)
    body = f"""(local $n i32) (local.set $n (call $next)) {padding}
      (if (i32.eq (local.get $n) (i32.const -1)) (then unreachable))
      (if (i32.eq (local.get $n) (i32.const -2)) (then (throw $tag)))"""
    if i % 7:
        return f"(func $f{i} {body} (call_indirect (local.get $n)))"
    call = "(try_table (catch_all 0) (call_indirect (local.get $n)) return)"
    return f"(func $f{i} {body} (block {call}) (call $caught (i32.const {i})))"


TEXT = f"""(module
  (import "host" "next" (func $next (result i32))) (import "host" "caught" (func $caught (param i32)))
  (tag $tag) (table {COUNT} funcref) (elem (i32.const 0) {" ".join(f"$f{i}" for i in range(COUNT))})
  {" ".join(map(function, range(COUNT)))} (func (export "run") (param i32) (call_indirect (local.get 0))))"""


class Calls:
    def __init__(self) -> None:
        store = Store()
        self.order: list[int] = []
        self.caught: list[int] = []
        imports = {
            "next": Func(store, FuncType((), (I32,)), lambda: self.order.pop()),
            "caught": Func(store, FuncType((I32,), ()), self.caught.append),
        }
        self.run = Instance(Module(wat2wasm(TEXT)), {"host": imports}, store=store).exports["run"]

    def __call__(self, order: list[int], end: int) -> None:
        self.order = [end, *reversed(order[1:])]
        self.run(order[0])


@pytest.mark.parametrize("seed", range(3))
def test_backtraces(seed: int) -> None:
    """Most functions of each call were never called before, the others lie anywhere among them."""
    chance = random.Random(seed)
    calls = Calls()
    for length in [1, 2, 3, 5, 8, 9, 10, 20, 40, *range(60, 99)]:
        order = [chance.randrange(COUNT) for _ in range(length)]
        with pytest.raises(Trap) as caught:
            calls(order, -1)
        indices = [frame.funcidx - 2 for frame in caught.value.frames]
        assert indices == [*reversed(order), COUNT]


@pytest.mark.parametrize("seed", range(3))
def test_clauses(seed: int) -> None:
    """What is thrown is caught by the innermost function that catches, whichever functions are new."""
    chance = random.Random(seed)
    calls = Calls()
    for length in [1, 2, 3, 5, 8, 9, 10, 20, 40, *range(60, 99)]:
        order = [7 * chance.randrange(COUNT // 7), *(chance.randrange(COUNT) for _ in range(length))]
        calls(order, -2)
        catching = [i for i in order[:-1] if i % 7 == 0]  # the last one throws outside of its block
        assert calls.caught.pop() == catching[-1]
        assert not calls.caught
