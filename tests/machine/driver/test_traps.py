"""Traps against wasmtime: the reason, and the frames with their functions and byte offsets."""

from __future__ import annotations

import pytest

from tests import oracle
from tests.wat import wat2wasm
from wasmvm import Instance, Module, Trap

ARITHMETIC = """(module
  (func (export "i32.div_s") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "i64.rem_u") (param i64 i64) (result i64) (i64.rem_u (local.get 0) (local.get 1)))
  (func (export "i64.div_s") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1)))
  (func (export "i32.trunc_f64_s") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "dropped") (param i32 i32) (drop (i32.rem_s (local.get 0) (local.get 1))))
  (func (export "by constant") (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 0)))
  (func (export "constants") (result i32) (i32.div_s (i32.const 0x80000000) (i32.const -1))))"""

MEMORY = """(module (memory 1 2)
  (data "abcd")
  (func (export "i32.load8_u") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "i64.load") (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "i64.load offset") (param i32) (result i64) (i64.load offset=0xffffffff (local.get 0)))
  (func (export "i32.store16") (param i32) (i32.store16 offset=2 (local.get 0) (i32.const 1)))
  (func (export "f64.store") (param i32) (f64.store (local.get 0) (f64.const 1)))
  (func (export "memory.fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 1) (local.get 1)))
  (func (export "memory.copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "memory.init") (param i32 i32 i32) (memory.init 0 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "after drop") (param i32) (data.drop 0) (memory.init 0 (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "grow, then load") (param i32) (result i32)
    (drop (memory.grow (i32.const 1))) (i32.load (local.get 0))))"""

TABLES = """(module (table $t 4 funcref) (elem $e func $zero) (elem (i32.const 0) $zero $one)
  (type $void (func)) (type $i32 (func (result i32)))
  (func $zero) (func $one (result i32) (i32.const 1))
  (func (export "call_indirect") (param i32) (call_indirect (type $void) (local.get 0)))
  (func (export "call_indirect i32") (param i32) (result i32) (call_indirect (type $i32) (local.get 0)))
  (func (export "table.get") (param i32) (drop (table.get $t (local.get 0))))
  (func (export "table.set") (param i32) (table.set $t (local.get 0) (ref.null func)))
  (func (export "table.fill") (param i32 i32) (table.fill $t (local.get 0) (ref.null func) (local.get 1)))
  (func (export "table.copy") (param i32 i32 i32) (table.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table.init") (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2))))"""

CONTROL = """(module
  (func $leaf (param i32) (drop (i32.div_u (i32.const 7) (local.get 0))))
  (func $middle (param i32) (nop) (call $leaf (local.get 0)) (nop))
  (func $top (export "nested") (param i32) (loop (call $middle (local.get 0)) (br 0)))
  (func (export "unreachable") unreachable)
  (func $down (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.div_s (i32.const 7) (local.get 0)))))
  (func (export "recursion") (result i32) (call $down (i32.const 9))))"""

RUNAWAY = """(module
  (table 1 funcref) (elem (i32.const 0) $indirect)
  (func $direct (export "direct") (call $direct))
  (func $indirect (export "indirect") (call_indirect (i32.const 0)))
  (func $even (export "mutual") (param i64) (result i64) (i64.add (call $odd (local.get 0)) (i64.const 1)))
  (func $odd (param i64) (result i64) (i64.mul (call $even (local.get 0)) (i64.const 3))))"""

NAN, INF = float("nan"), float("inf")
EDGE = 65536

CASES = [
    (ARITHMETIC, "i32.div_s", (1, 0)),
    (ARITHMETIC, "i32.div_s", (-(2**31), -1)),
    (ARITHMETIC, "i64.rem_u", (1, 0)),
    (ARITHMETIC, "i64.div_s", (-(2**63), -1)),
    (ARITHMETIC, "i64.div_s", (5, 0)),
    (ARITHMETIC, "i32.trunc_f64_s", (NAN,)),
    (ARITHMETIC, "i32.trunc_f64_s", (INF,)),
    (ARITHMETIC, "i32.trunc_f64_s", (2147483648.0,)),
    (ARITHMETIC, "dropped", (1, 0)),
    (ARITHMETIC, "by constant", (1,)),
    (ARITHMETIC, "constants", ()),
    (MEMORY, "i32.load8_u", (EDGE,)),
    (MEMORY, "i32.load8_u", (-1,)),
    (MEMORY, "i64.load", (EDGE - 7,)),
    (MEMORY, "i64.load offset", (0,)),
    (MEMORY, "i64.load offset", (-1,)),
    (MEMORY, "i32.store16", (EDGE - 3,)),
    (MEMORY, "i32.store16", (-3,)),
    (MEMORY, "f64.store", (EDGE - 1,)),
    (MEMORY, "memory.fill", (EDGE - 1, 2)),
    (MEMORY, "memory.fill", (EDGE + 1, 0)),
    (MEMORY, "memory.copy", (0, EDGE - 1, 2)),
    (MEMORY, "memory.copy", (EDGE - 1, 0, 2)),
    (MEMORY, "memory.copy", (0, 0, -1)),
    (MEMORY, "memory.init", (0, 3, 2)),
    (MEMORY, "memory.init", (EDGE, 0, 1)),
    (MEMORY, "after drop", (1,)),
    (MEMORY, "grow, then load", (2 * EDGE - 3,)),
    (TABLES, "call_indirect", (1,)),
    (TABLES, "call_indirect i32", (0,)),
    (TABLES, "call_indirect", (2,)),
    (TABLES, "call_indirect", (4,)),
    (TABLES, "call_indirect", (-1,)),
    (TABLES, "table.get", (4,)),
    (TABLES, "table.set", (-1,)),
    (TABLES, "table.fill", (3, 2)),
    (TABLES, "table.copy", (0, 3, 2)),
    (TABLES, "table.init", (0, 0, 2)),
    (TABLES, "table.init", (4, 0, 1)),
    (CONTROL, "unreachable", ()),
    (CONTROL, "nested", (0,)),
    (CONTROL, "recursion", ()),
]

FINE = [
    (ARITHMETIC, "i32.div_s", (-(2**31), 1)),
    (ARITHMETIC, "i32.trunc_f64_s", (2147483647.9,)),
    (MEMORY, "i64.load", (EDGE - 8,)),
    (MEMORY, "i32.store16", (EDGE - 4,)),
    (MEMORY, "memory.fill", (EDGE, 0)),
    (MEMORY, "memory.copy", (EDGE, 0, 0)),
    (MEMORY, "memory.init", (EDGE - 4, 0, 4)),
    (MEMORY, "after drop", (0,)),
    (MEMORY, "grow, then load", (2 * EDGE - 4,)),
    (TABLES, "call_indirect i32", (1,)),
    (TABLES, "table.fill", (4, 0)),
    (TABLES, "table.init", (3, 0, 1)),
]
"""The last thing that does not trap, beside many of the above."""


def identify(value: object) -> str | None:
    return str(value) if isinstance(value, str) and not value.startswith("(module") else None


def our_code(trap: Trap) -> str | None:
    return "table_out_of_bounds" if trap.code == "undefined_element" else trap.code


@pytest.mark.parametrize(("wat", "name", "args"), CASES, ids=identify)
def test_trap(wat: str, name: str, args: tuple[int | float, ...]) -> None:
    binary = wat2wasm(wat)
    expected = oracle.Instance(binary)
    reason = expected.call(name, *args)
    assert expected.trap is not None
    with pytest.raises(Trap) as caught:
        Instance(Module(binary)).exports[name](*args)
    assert our_code(caught.value) == reason
    frames = [(frame.funcidx, frame.name, frame.offset) for frame in caught.value.frames]
    assert frames == [(frame.func_index, frame.func_name, frame.module_offset) for frame in expected.trap.frames]


@pytest.mark.parametrize(("wat", "name", "args"), FINE, ids=identify)
def test_the_last_that_does_not_trap(wat: str, name: str, args: tuple[int | float, ...]) -> None:
    binary = wat2wasm(wat)
    expected = oracle.Instance(binary)
    result = expected.call(name, *args)
    assert expected.trap is None
    assert Instance(Module(binary)).exports[name](*args) == result


@pytest.mark.parametrize(("name", "args"), [("direct", ()), ("indirect", ()), ("mutual", (1,))], ids=identify)
def test_runaway_recursion(name: str, args: tuple[int, ...]) -> None:
    binary = wat2wasm(RUNAWAY)
    assert oracle.Instance(binary).call(name, *args) == "call_stack_exhausted"
    function = Instance(Module(binary)).exports[name]
    for _ in range(2):  # the stack is whole again afterwards
        with pytest.raises(Trap) as caught:
            function(*args)
        assert caught.value.code == "call_stack_exhausted"
        assert caught.value.frames


def test_nothing_is_written_by_a_store_that_traps() -> None:
    """An access is checked as a whole: no byte of it happens (spec "Execution: Memory Instructions")."""
    exports = Instance(Module(wat2wasm(MEMORY))).exports
    with pytest.raises(Trap):
        exports["f64.store"](EDGE - 1)
    assert exports["i32.load8_u"](EDGE - 1) == 0
    with pytest.raises(Trap):
        exports["memory.fill"](EDGE - 1, 2)
    assert exports["i32.load8_u"](EDGE - 1) == 0
