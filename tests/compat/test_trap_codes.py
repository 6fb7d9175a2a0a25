"""Each reason to trap in `compat.wasmtime`: the code and the words that wasmtime has for it."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.wat import wat2wasm
from wasmvm._core import TRAPS

BODIES = {
    "unreachable": "unreachable",
    "memory_out_of_bounds": "(drop (i32.load (i32.const -1)))",
    "table_out_of_bounds": "(drop (table.get $t (i32.const 9)))",
    "undefined_element": "(call_indirect $t (type $f) (i32.const 9))",
    "uninitialized_element": "(call_indirect $t (type $f) (i32.const 0))",
    "indirect_call_type_mismatch": "(drop (call_indirect $t (type $g) (i32.const 1)))",
    "integer_overflow": "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
    "integer_division_by_zero": "(drop (i32.div_s (i32.const 1) (i32.const 0)))",
    "invalid_conversion": "(drop (i32.trunc_f32_s (f32.const nan)))",
    "call_stack_exhausted": "(call $run)",
    "out_of_fuel": "(loop (br 0))",
    "interrupt": "(loop (br 0))",
    "null_function_reference": "(call_ref $f (ref.null $f))",
    "null_reference": "(drop (ref.as_non_null (ref.null any)))",
    "null_exception_reference": "(throw_ref (ref.null exn))",
    "null_structure_reference": "(drop (struct.get $s 0 (ref.null $s)))",
    "null_array_reference": "(drop (array.len (ref.null array)))",
    "null_i31_reference": "(drop (i31.get_s (ref.null i31)))",
    "array_out_of_bounds": "(drop (array.get $a (array.new_default $a (i32.const 1)) (i32.const 1)))",
    "cast_failure": "(drop (ref.cast (ref struct) (ref.i31 (i32.const 1))))",
    "allocation_failed": "(drop (array.new_default $a (i32.const -1)))",
    "unaligned_atomic": "(drop (i32.atomic.load (i32.const 2)))",
    "expected_shared_memory": "(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0)))",
}
"""By wasmvm's code, what traps so. In that API a deadline is an interruption, so it has no body of its own."""
NOT_THERE = {"deadline", "null_descriptor_reference", "descriptor_cast_failure"}
"""What wasmtime has not: it does not know descriptors."""


def trap_of(package: str, code: str) -> tuple[str, str]:
    """The trap code's name, and the last line of the message."""
    wasmtime: Any = importlib.import_module(package)
    config = wasmtime.Config()
    config.wasm_gc = config.wasm_function_references = config.wasm_exceptions = True
    config.consume_fuel = code == "out_of_fuel"
    config.epoch_interruption = code == "interrupt"
    engine = wasmtime.Engine(config)
    store = wasmtime.Store(engine)
    if code == "out_of_fuel":
        store.set_fuel(1000)
    if code == "interrupt":
        store.set_epoch_deadline(1)
        engine.increment_epoch()
    text = f"""(module
      (type $f (func)) (type $g (func (result i32))) (type $s (struct (field i32))) (type $a (array (mut i64)))
      (memory 1) (table $t 2 funcref) (elem (table $t) (i32.const 1) func $run)
      (func $run (export "run") {BODIES[code]}))"""
    instance = wasmtime.Instance(store, wasmtime.Module(engine, wat2wasm(text)), [])
    with pytest.raises(wasmtime.Trap) as caught:
        instance.exports(store)["run"](store)
    return caught.value.trap_code.name, caught.value.message.strip().splitlines()[-1].strip()


@pytest.mark.parametrize("code", BODIES)
def test_traps_as_wasmtime(code: str) -> None:
    assert trap_of("wasmvm.compat.wasmtime", code) == trap_of("wasmtime", code)


def test_no_reason_is_forgotten() -> None:
    from wasmvm.compat.wasmtime.trap import REASONS, TrapCode

    assert set(REASONS) >= {code for code, _ in TRAPS}
    assert {code for code, _ in TRAPS} - set(BODIES) <= NOT_THERE
    assert all(name in TrapCode.__members__ for name, _ in REASONS.values())
