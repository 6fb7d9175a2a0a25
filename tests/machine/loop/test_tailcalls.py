"""Tail calls: the stack stays as it is, by every road; arguments that overlap; the ways to stop."""

from __future__ import annotations

import pytest

from tests.wat import wat2wasm
from wasmvm import Func, FuncType, Instance, Limits, Module, Store, Table, TableType, Trap, instantiate
from wasmvm.types import FUNCREF, I32, I64

SMALL = 65536
"""Bytes of stack: a call that did not give its frame away would run out of it soon."""

LOOPS = """(module (type $t (func (param i64) (result i64))) (table $table funcref (elem $indirect $ref))
  (global $ref (ref $t) (ref.func $ref))
  (func $direct (export "direct") (param i64) (result i64)
    (if (i64.eqz (local.get 0)) (then (return (i64.const 1))))
    (return_call $other (i64.sub (local.get 0) (i64.const 1))))
  (func $other (param i64) (result i64) (local i64 i64 i64)
    (if (i64.eqz (local.get 0)) (then (return (i64.add (local.get 1) (i64.const 2)))))
    (local.set 1 (i64.const 99))
    (return_call $direct (i64.sub (local.get 0) (i64.const 1))))
  (func $indirect (export "indirect") (type $t)
    (if (i64.eqz (local.get 0)) (then (return (i64.const 1))))
    (return_call_indirect $table (type $t) (i64.sub (local.get 0) (i64.const 1)) (i32.const 0)))
  (func $ref (export "ref") (type $t)
    (if (i64.eqz (local.get 0)) (then (return (i64.const 1))))
    (return_call_ref $t (i64.sub (local.get 0) (i64.const 1)) (global.get $ref))))"""


@pytest.mark.parametrize("name", ["direct", "indirect", "ref"])
def test_the_stack_stays_constant(name: str) -> None:
    exports = instantiate(wat2wasm(LOOPS), max_stack=SMALL).exports
    assert exports[name](200_000) == 1
    assert exports[name](3) == (2 if name == "direct" else 1)


def test_arguments_overlap_with_where_they_come_from() -> None:
    rotate = instantiate(
        wat2wasm("""(module (func $f (export "f") (param i32 i32 i32 i32 v128) (result i32 i32 i32 i64)
      (if (i32.eqz (local.get 3))
        (then (return (local.get 0) (local.get 1) (local.get 2) (i64x2.extract_lane 0 (local.get 4)))))
      (return_call $f (local.get 1) (local.get 2) (local.get 0) (i32.sub (local.get 3) (i32.const 1))
        (i64x2.add (local.get 4) (v128.const i64x2 1 1))))
      (func (export "g") (param i32) (result i32 i32 i32 i64)
        (return_call $f (i32.const 1) (i32.const 2) (i32.const 3) (local.get 0) (v128.const i64x2 0 0))))""")
    ).exports.g
    assert [rotate(n) for n in range(4)] == [(1, 2, 3, 0), (2, 3, 1, 1), (3, 1, 2, 2), (1, 2, 3, 3)]


def test_instances_that_call_each_other_for_long() -> None:
    store = Store(max_stack=SMALL)
    table = Table(store, TableType(FUNCREF, Limits(2, 2)))
    module = Module(
        wat2wasm("""(module (type $t (func (param i64) (result i64)))
      (import "" "table" (table $table 2 funcref)) (import "" "host" (func $host (param i64) (result i64)))
      (memory 1) (global $calls (mut i64) (i64.const 0))
      (func $f (export "f") (type $t)
        (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
        (if (i64.eqz (local.get 0)) (then (return_call $host (global.get $calls))))
        (return_call_indirect $table (type $t) (i64.sub (local.get 0) (i64.const 1))
          (i32.wrap_i64 (i64.and (local.get 0) (i64.const 1)))))
      (func (export "g") (param i64) (result i64 i64 i32)
        (call $f (local.get 0)) (global.get $calls) (drop (memory.grow (i32.const 1))) (memory.size)))""")
    )
    imports = {"": {"table": table, "host": Func(store, FuncType((I64,), (I64,)), lambda calls: calls * 10)}}
    first, second = (Instance(module, imports, store).exports for _ in range(2))
    table[0], table[1] = first.f, second.f
    # Each call goes to the instance that the number says, odd or even, so that they take turns.
    assert first.g(100_001) == (500_010, 50_001, 2)
    assert second.g(1) == (500_030, 50_003, 2), "whoever was called, the caller is back in its own instance"


def test_host_functions_called_last() -> None:
    seen: list[int] = []

    def host(a: int, b: int) -> tuple[int, int, int]:
        seen.append(a)
        return b, a, a + b

    exports = instantiate(
        wat2wasm("""(module (import "" "host" (func $host (param i32 i32) (result i32 i32 i32)))
      (func $tail (param i32) (result i32 i32 i32) (return_call $host (i32.const 5) (local.get 0)))
      (func (export "f") (param i32) (result i32 i32 i32 i32) (call $tail (local.get 0)) (i32.const 77))
      (func (export "bare") (result i32 i32 i32) (return_call $host (i32.const 1) (i32.const 2))))"""),
        {"": {"host": host}},
    ).exports
    assert exports.f(3) == (3, 5, 8, 77)
    assert exports.bare() == (2, 1, 3)
    assert seen == [5, 1]


def test_a_larger_frame_may_not_fit() -> None:
    locals_ = " ".join(["i64"] * 9000)
    exports = instantiate(
        wat2wasm(f"""(module
      (func $large (param i32) (result i32) (local {locals_}) (local.get 0) (local.set 9000 (i64.const 1)))
      (func (export "f") (param i32) (result i32) (return_call $large (local.get 0))))"""),
        max_stack=SMALL,
    ).exports
    for _ in range(2):
        with pytest.raises(Trap, match="call stack exhausted"):
            exports.f(1)


def test_endless_tail_calls_can_be_stopped() -> None:
    vm = instantiate(wat2wasm('(module (func $f (export "f") (return_call $f)))'), timeout=0.05)
    with pytest.raises(Trap, match="time limit") as caught:
        vm.exports.f()
    assert len(caught.value.frames) == 1
    vm = instantiate(wat2wasm('(module (func $f (export "f") (return_call $f)))'), fuel=1000)
    with pytest.raises(Trap, match="fuel"):
        vm.exports.f()


def test_traps_of_the_call_are_in_the_frame_that_calls() -> None:
    exports = instantiate(
        wat2wasm("""(module (type $t (func)) (table $table 1 funcref)
      (func (export "outside") (return_call_indirect $table (type $t) (i32.const 1)))
      (func (export "empty") (return_call_indirect $table (type $t) (i32.const 0)))
      (func (export "null") (return_call_ref $t (ref.null $t)))
      (func $trap unreachable)
      (func (export "gone") (return_call $trap)))""")
    ).exports
    for name, code, funcidx in (
        ("outside", "undefined_element", 0),
        ("empty", "uninitialized_element", 1),
        ("null", "null_function_reference", 2),
        ("gone", "unreachable", 3),
    ):
        with pytest.raises(Trap) as caught:
            exports[name]()
        assert (caught.value.code, [frame.funcidx for frame in caught.value.frames]) == (code, [funcidx])


def test_results_may_be_more_than_the_frame_that_calls_needs() -> None:
    exports = instantiate(
        wat2wasm("""(module
      (func $many (result i32 i32 i32 i32 i32) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5))
      (func $tail (result i32 i32 i32 i32 i32) (return_call $many))
      (func (export "f") (param i32) (result i32 i32 i32 i32 i32 i32) (local.get 0) (call $tail)))""")
    ).exports
    assert exports.f(9) == (9, 1, 2, 3, 4, 5)
    assert exports.f.type == FuncType((I32,), (I32,) * 6)
