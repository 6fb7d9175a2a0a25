"""Lowering stays in proportion: of code to the body, of time to the body, of depth to nothing at all."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

import wasmvm
from tests.growth import assert_in_proportion
from tests.wat import wat2wasm
from wasmvm import Instance, Module, syntax
from wasmvm.binary import decode
from wasmvm.lowered import Lowered
from wasmvm.lowering import body
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context


def lowered(text: str, index: int = 0) -> Lowered:
    return lower(Context(decode(wat2wasm(text))), index)


def words(text: str) -> int:
    return len(lowered(text).code)


def many_br_ifs(values: int, branches: int) -> str:
    """`values` are carried by each of the branches and must be moved, since one more lies beneath them."""
    results = "(result" + " i32" * values + ")"
    consts = "i32.const 7 " * values
    br_ifs = "local.get 0 br_if 0 " * branches
    return f"(module (func (param i32) (block {results} i32.const 1 {consts} {br_ifs} return) {'drop ' * values}))"


def many_tables(values: int, entries: int) -> str:
    results = "(result" + " i32" * values + ")"
    consts = "i32.const 7 " * values
    table = "br_table " + "0 1 " * entries + "0"
    return f"""(module (func (param i32) (block {results} (block {results}
        i32.const 1 {consts} local.get 0 {table}) return) {"drop " * values}))"""


def many_brs(values: int, branches: int) -> str:
    results = "i32 " * values
    arms = "(if (type $t) (then (br 1)))"
    return f"""(module (type $t (func (param i32 {results}) (result i32 {results})))
      (func (param i32) (block (result {results}) i32.const 1 {"i32.const 7 " * values}
        {f"local.get 0 {arms} " * branches} return) {"drop " * values}))"""


@pytest.mark.parametrize("make", [many_br_ifs, many_brs, many_tables])
def test_values_are_not_copied_for_each_branch(make: Callable[[int, int], str]) -> None:
    """M values and N branches give code of the order M + N."""
    one, many = words(make(1, 200)), words(make(100, 200))
    assert many - one < 20 * 100
    twice = words(make(100, 400))
    assert twice < 2 * many + 100


def test_stub_of_a_table_is_shared_by_entries() -> None:
    few, many = words(many_tables(3, 10)), words(many_tables(3, 1000))
    assert many - few <= 2 * 990 + 4, "a word for each entry"


HAZARDS: dict[str, Callable[[int], str]] = {
    "br_if with 1000 values": lambda n: many_br_ifs(1000, n),
    "br_table entries": lambda n: many_tables(2, 20 * n),
    "many br_tables": lambda n: (
        "(module (func (param i32) "
        + "(block (block local.get 0 br_table 0 1 0)) " * n + "))"
    ),
    "nested loops with branches to the outermost": lambda n: (
        "(module (func (param i32) " + "loop " * n
        + "".join(f"local.get 0 br_if {n - 1} " for _ in range(n)) + "end " * n + "))"
    ),
    "operands on the stack": lambda n: "(module (func " + "i32.const 1 " * 20 * n + "drop " * 20 * n + "))",
    "one local on the stack again and again, then set": lambda n: (
        "(module (func (param i32) " + "local.get 0 " * 20 * n + "i32.const 1 local.set 0 " + "drop " * 20 * n + "))"
    ),
    "a local deep in the stack, blocks above": lambda n: (
        "(module (func (param i32) local.get 0 " + "i32.const 1 block end " * 10 * n + "drop " * 10 * n + "drop))"
    ),
    "sets of a local with others on the stack": lambda n: (
        "(module (func (param i32 i32) " + "local.get 1 " * 10 * n + "i32.const 1 local.set 0 " * 10 * n
        + "drop " * 10 * n + "))"
    ),
    "blocks with 1000 parameters": lambda n: (
        "(module (type $t (func (param" + " i32" * 1000 + ") (result" + " i32" * 1000 + "))) (func "
        + "i32.const 1 " * 1000 + "block (type $t) " * (n // 10) + "end " * (n // 10) + "drop " * 1000 + "))"
    ),
    "blocks with 1000 results in dead code": lambda n: (
        "(module (type $t (func (result" + " i32" * 1000 + "))) (func unreachable "
        + "block (type $t) unreachable end " * n + "))"
    ),
    "dead code": lambda n: "(module (func return " + "i32.add drop " * 20 * n + "))",
    "ifs with assignments in both arms": lambda n: (
        "(module (func (param i32) (local i32 i32) "
        + "local.get 0 if i32.const 1 local.set 1 else i32.const 2 local.set 2 end " * 5 * n + "))"
    ),
    "nested ifs with assignments": lambda n: (
        "(module (func (param i32) (local i32) " + "i32.const 1 local.set 1 local.get 0 if " * n + "end " * n + "))"
    ),
}  # fmt: skip


@pytest.mark.parametrize("hazard", HAZARDS)
def test_time_is_linear(hazard: str) -> None:

    @functools.cache
    def module(size: int) -> syntax.Module:
        return decode(wat2wasm(HAZARDS[hazard](size)))

    size = 20 if body.__file__.endswith(".py") else 600
    assert_in_proportion(lambda size: functools.partial(lower, Context(module(size)), 0), size)


@pytest.mark.parametrize("opener", ["block", "loop", "local.get 0 if"])
def test_a_hundred_thousand_levels(opener: str) -> None:
    depth = 100_000
    text = f'(module (func (export "f") (param i32) (result i32) {f"{opener} " * depth} {"end " * depth} i32.const 5))'
    exports = Instance(Module(wat2wasm(text))).exports
    assert exports.f(1) == 5
    assert exports.f(0) == 5


def test_a_hundred_thousand_levels_and_a_branch_out_of_all() -> None:
    depth = 100_000
    text = f"""(module (func (export "f") (param i32) (result i32)
      {"block " * depth} local.get 0 br_if {depth - 1} local.get 0 br_table 5 {depth - 1} 7
      {"end " * depth} i32.const 5))"""
    exports = Instance(Module(wat2wasm(text))).exports
    assert [exports.f(x) for x in (0, 1, 2)] == [5, 5, 5]


def test_frame_is_as_large_as_the_stack_was_deep() -> None:
    text = "(module (func (param i32 i64) (local f64) (i32.const 1) (i32.const 2) (i32.const 3) drop drop drop))"
    assert lowered(text).frame_size == 6
    assert lowered("(module (func))").frame_size == 1, "frames of nested calls must differ"


def test_only_locals_that_may_be_read_first_are_zeroed() -> None:
    def zeroed(body: str) -> range:
        made = lowered(f"(module (func (param i32) (local i32 i32 i32) {body}))")
        return range(made.zero_from, made.zero_to)

    assert not zeroed("")
    assert not zeroed("i32.const 1 local.set 1 local.get 1 drop")
    assert list(zeroed("local.get 2 drop")) == [2]
    assert list(zeroed("local.get 0 if i32.const 1 local.set 1 end local.get 1 drop")) == [1]
    assert list(zeroed("local.get 3 drop local.get 1 drop")) == [1, 2, 3]


def test_another_function_is_lowered_meanwhile() -> None:
    """By another thread, or the handler of a signal, while the first lowering looks around."""
    ops = "local.get 0 local.get 1 i32.add local.set 0 " * 5000
    text = f"(module (func (param i32 i32) {ops}) (func (param i32) (local i64 i32) (local.set 2 (local.get 0))))"
    module = decode(wat2wasm(text))
    alone = [lower(Context(module), index) for index in range(2)]
    context = Context(module)
    inner: list[Lowered] = []

    def checkpoint() -> None:
        if len(inner) < 3:
            inner.append(lower(context, 1))

    for _ in range(2):
        inner.clear()
        assert lower(context, 0, checkpoint) == alone[0]
        assert inner == [alone[1]] * 3
    assert [lower(context, index) for index in (1, 0, 1)] == [alone[1], alone[0], alone[1]]


def test_what_ends_lowering_leaves_nothing_behind() -> None:
    ops = "local.get 0 local.get 1 i32.add local.set 2 local.get 2 local.set 0 " * 5000
    module = decode(wat2wasm(f"(module (func (param i32 i32) (local i32) {ops}) (func (param i32) (local i32 i32)))"))
    alone = [lower(Context(module), index) for index in range(2)]
    context = Context(module)

    def checkpoint() -> None:
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            lower(context, 0, checkpoint)
        assert [lower(context, index) for index in (1, 0)] == [alone[1], alone[0]]


def test_locals_that_few_bytes_declare() -> None:
    """More locals than the body has bytes, of both widths: each has its slot, is zero at first, and keeps its value."""
    text = f"""(module (func (export "f") (param i32 v128 i64) (result i64)
      (local {"i64 " * 20_000}) (local {"v128 " * 3}) (local {"f64 " * 20_000})
      (local.set 19000 (i64.const 7)) (local.set 20004 (v128.const i64x2 1 2)) (local.set 40005 (f64.const 3))
      (i64.add (local.get 2)
       (i64.add (local.get 19000) (i64.add (local.get 18999) (i64.add (i64x2.extract_lane 1 (local.get 20004))
        (i64.add (i64x2.extract_lane 0 (local.get 20003)) (i64.trunc_f64_s (f64.add (local.get 40005) (local.get 40000)))))))))
     (func (export "g") (param i64) (result i64) (local i64) (i64.add (local.get 0) (local.get 1))))"""
    store = wasmvm.Store(max_stack=16 << 20)
    exports = Instance(Module(wat2wasm(text)), store=store).exports
    assert exports.f(1, bytes(16), 100) == 112
    assert exports.g(5) == 5
    assert exports.f(1, bytes(16), 100) == 112
