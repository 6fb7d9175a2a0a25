"""No instruction is forgotten by a stage: each is assembled, decoded, validated, lowered in both forms, listed, assembled again.

What its operands give is for the tests of the machine and for the specification's own.
"""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.validation.test_instructions import TYPED, gets, immediates, make
from wasmvm import Instance, Module, Trap, WasmException
from wasmvm.binary import decode
from wasmvm.embedding.text import wasm2wat
from wasmvm.isa import wasm
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context
from wasmvm.lowering.disasm import disassemble
from wasmvm.text import wat2wasm
from wasmvm.types import METER_INSTRUCTIONS, NO_METERING
from wasmvm.validation import validate

CONTEXTUAL = {
    "unreachable": "unreachable",
    "block": "(block)",
    "loop": "(loop)",
    "if": "(if (local.get $i) (then))",
    "else": "(if (local.get $i) (then) (else (nop)))",
    "throw": "(throw $t (i32.const 1))",
    "throw_ref": "(throw_ref (ref.null exn))",
    "end": "(block)",
    "br": "(br 0)",
    "br_if": "(br_if 0 (local.get $i))",
    "br_table": "(br_table 0 0 0 (local.get $i))",
    "return": "return",
    "call": "(call $f)",
    "call_indirect": "(call_indirect $table (type $v) (local.get $i))",
    "return_call": "(return_call $f)",
    "return_call_indirect": "(return_call_indirect $table (type $v) (local.get $i))",
    "call_ref": "(call_ref $v (ref.func $f))",
    "return_call_ref": "(return_call_ref $v (ref.func $f))",
    "drop": "(drop (local.get $i))",
    "select": "(drop (select (local.get $i) (i32.const 2) (local.get $i)))",
    "select_t": "(drop (select (result anyref) (ref.null any) (ref.null any) (local.get $i)))",
    "try_table": "(block $h (result i32) (try_table (catch $t $h) (call $f)) (i32.const 0)) drop",
    "try": "(try (do (call $f)))",
    "catch": "(try (result i32) (do (call $f) (i32.const 1)) (catch $t)) drop",
    "catch_all": "(try (do (call $f)) (catch_all (nop)))",
    "delegate": "(block $h (try (do (call $f)) (delegate $h)))",
    "rethrow": "(try (do (throw $t (i32.const 1))) (catch $t drop (rethrow 0)))",
    "local.get": "(drop (local.get $i))",
    "local.set": "(local.set $i (i32.const 1))",
    "local.tee": "(drop (local.tee $i (i32.const 1)))",
    "global.get": "(drop (global.get $g))",
    "global.set": "(global.set $g (i32.const 1))",
    "table.get": "(drop (table.get $table (local.get $i)))",
    "table.set": "(table.set $table (local.get $i) (ref.null func))",
    "table.grow": "(drop (table.grow $table (ref.null func) (local.get $i)))",
    "table.fill": "(table.fill $table (i32.const 0) (ref.null func) (local.get $i))",
    "ref.null": "(drop (ref.null func))",
    "ref.is_null": "(drop (ref.is_null (ref.null func)))",
    "ref.func": "(drop (ref.func $f))",
    "ref.as_non_null": "(drop (ref.as_non_null (ref.null any)))",
    "br_on_null": "(drop (br_on_null 0 (ref.null any)))",
    "br_on_non_null": "(block (result (ref any)) (br_on_non_null 0 (ref.null any)) unreachable) drop",
    "struct.new": "(drop (struct.new $s (i32.const 1) (i32.const 2)))",
    "struct.new_default": "(drop (struct.new_default $s))",
    "struct.get": "(drop (struct.get $s 0 (struct.new_default $s)))",
    "struct.get_s": "(drop (struct.get_s $s 1 (struct.new_default $s)))",
    "struct.get_u": "(drop (struct.get_u $s 1 (struct.new_default $s)))",
    "struct.set": "(struct.set $s 0 (struct.new_default $s) (i32.const 1))",
    "array.new": "(drop (array.new $a (i32.const 1) (local.get $i)))",
    "array.new_default": "(drop (array.new_default $a (local.get $i)))",
    "array.new_fixed": "(drop (array.new_fixed $a 2 (i32.const 1) (i32.const 2)))",
    "array.new_data": "(drop (array.new_data $a $data (i32.const 0) (i32.const 1)))",
    "array.new_elem": "(drop (array.new_elem $refs $elem (i32.const 0) (i32.const 1)))",
    "array.get": "(drop (array.get $words (array.new_default $words (local.get $i)) (i32.const 0)))",
    "array.get_s": "(drop (array.get_s $a (array.new_default $a (local.get $i)) (i32.const 0)))",
    "array.get_u": "(drop (array.get_u $a (array.new_default $a (local.get $i)) (i32.const 0)))",
    "array.set": "(array.set $a (array.new_default $a (local.get $i)) (i32.const 0) (i32.const 1))",
    "array.fill": "(array.fill $a (array.new_default $a (local.get $i)) (i32.const 0) (i32.const 1) (i32.const 2))",
    "array.copy": "(array.copy $a $a (local.get $x) (i32.const 0) (local.get $x) (i32.const 1) (i32.const 2))",
    "array.init_data": "(array.init_data $a $data (local.get $x) (i32.const 0) (i32.const 0) (i32.const 1))",
    "array.init_elem": "(array.init_elem $refs $elem (local.get $y) (i32.const 0) (i32.const 0) (i32.const 1))",
    "ref.test": "(drop (ref.test (ref $s) (local.get $x)))",
    "ref.test_null": "(drop (ref.test (ref null $a) (local.get $x)))",
    "ref.cast": "(drop (ref.cast (ref $a) (local.get $x)))",
    "ref.cast_null": "(drop (ref.cast (ref null $a) (local.get $x)))",
    "br_on_cast": "(block (result (ref $a)) (drop (br_on_cast 0 anyref (ref $a) (local.get $z))) unreachable) drop",
    "br_on_cast_fail": "(block (result anyref) (drop (br_on_cast_fail 0 anyref (ref $a) (local.get $z))) unreachable) drop",
    "any.convert_extern": "(drop (any.convert_extern (ref.null extern)))",
    "extern.convert_any": "(drop (extern.convert_any (ref.null any)))",
    "ref.i31": "(drop (ref.i31 (local.get $i)))",
    "struct.new_desc": "(drop (struct.new_desc $d (i32.const 1) (struct.new $e)))",
    "struct.new_default_desc": "(drop (struct.new_default_desc $d (struct.new $e)))",
    "ref.get_desc": "(drop (ref.get_desc $d (struct.new_default_desc $d (struct.new $e))))",
    "ref.cast_desc_eq": "(drop (ref.cast_desc_eq (ref $d) (local.get $z) (struct.new $e)))",
    "ref.cast_desc_eq_null": "(drop (ref.cast_desc_eq (ref null (exact $d)) (local.get $z) (struct.new $e)))",
    "br_on_cast_desc_eq": """(block (result (ref $d))
      (drop (br_on_cast_desc_eq 0 anyref (ref $d) (local.get $z) (struct.new $e))) unreachable) drop""",
    "br_on_cast_desc_eq_fail": """(block (result anyref)
      (drop (br_on_cast_desc_eq_fail 0 anyref (ref $d) (local.get $z) (struct.new $e))) unreachable) drop""",
}
"""Each instruction without a signature of its own, in a function without results."""


def text(code: str) -> str:
    return f"""(module
      (type $v (func)) (type $s (struct (field (mut i32)) (field (mut i8)))) (type $a (array (mut i8)))
      (type $words (array i32)) (type $refs (array (mut funcref)))
      (rec (type $d (descriptor $e) (struct (field i32))) (type $e (describes $d) (struct)))
      (tag $t (param i32)) (global $g (mut i32) (i32.const 0)) (table $table 1 10 funcref) (memory 1)
      (func $run (export "run") (param $i i32) (param $x (ref null $a)) (param $y (ref null $refs)) (param $z anyref) {code})
      (func $f) (elem $elem func $f) (data $data "abc"))"""


def check(binary: bytes, row: wasm.Row) -> None:
    module = decode(binary)
    validate(module)
    for metering in (NO_METERING, METER_INSTRUCTIONS):
        for accumulators in (False, True):
            assert len(lower(Context(module, metering=metering, accumulators=accumulators), 0).code) > 0
    assert disassemble(module, 0)
    listing = wasm2wat(binary)
    assert row.mnemonic.removesuffix("_t").removesuffix("_null") in listing
    assert wat2wasm(listing) == binary


def test_examples_are_complete() -> None:
    assert {row.mnemonic for row in wasm.ROWS if row.params is None} == CONTEXTUAL.keys()


@pytest.mark.parametrize("mnemonic", CONTEXTUAL)
def test_a_contextual_instruction(mnemonic: str) -> None:
    row = wasm.BY_MNEMONIC[mnemonic]
    binary = wat2wasm(text(CONTEXTUAL[mnemonic]))
    assert row.encoding in binary
    check(binary, row)
    run = Instance(Module(binary, features="all")).exports.run
    for arguments in ((1, None, None, None), (0, None, None, None)):
        with suppress(Trap, WasmException):
            assert run(*arguments) is None


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row.mnemonic)
def test_an_instruction_with_a_signature(row: wasm.Row) -> None:
    params, results = list(row.params or ()), list(row.results or ())
    check(make(gets(len(params)) + row.encoding + immediates(row), params, results), row)
