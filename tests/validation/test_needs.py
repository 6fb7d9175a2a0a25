"""Which proposals a module needs; and that it is refused by name where one of them is switched off."""

from __future__ import annotations

import pytest

import wasmvm
from tests.fuzz.verdict import by_wasm_tools
from tests.wat import wat2wasm
from wasmvm.binary import decode
from wasmvm.features import SUPPORTED, WHOLE
from wasmvm.validation.needs import needs

PAIR = "(rec (type (descriptor 1) (struct)) (type (describes 0) (struct)))"
NEEDS: dict[str, str] = {
    "": "",
    "(func (param f32))": "floats",
    "(func (drop (f64.const 1)))": "floats",
    "(func (local f64))": "floats",
    "(func (block (result f32) unreachable) drop)": "floats",
    "(global f32 (f32.const 0))": "floats",
    '(global (export "g") (mut i32) (i32.const 0))': "mutable-global",
    '(import "m" "g" (global (mut i32)))': "mutable-global",
    '(global (export "g") i32 (i32.const 0)) (global (mut i32) (i32.const 0))': "",
    "(func (drop (i32.extend8_s (i32.const 0))))": "sign-extension",
    "(func (drop (i32.trunc_sat_f32_s (f32.const 0))))": "saturating-float-to-int floats",
    "(func (param i32 i64) (result i32 i64) local.get 0 local.get 1)": "multi-value",
    "(func i32.const 1 (block (param i32) drop))": "multi-value",
    "(func (block (result i32 i32) unreachable) drop drop)": "multi-value",
    "(func (param externref))": "reference-types",
    "(func (param funcref))": "reference-types",
    "(func (local externref))": "reference-types",
    "(table 1 funcref)": "",
    "(table 1 externref)": "reference-types",
    '(import "m" "t" (table 1 externref))': "reference-types",
    "(table 1 funcref) (table 1 funcref)": "reference-types",
    '(import "m" "t" (table 1 funcref)) (table 1 funcref)': "reference-types",
    "(table 1 funcref) (func (drop (table.size 0)))": "reference-types",
    "(func (drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3))))": "reference-types",
    "(table 1 funcref) (elem (i32.const 0) funcref (ref.null func))": "reference-types",
    "(table 1 funcref) (func $f) (elem (i32.const 0) $f)": "",
    "(func $f) (elem func $f)": "bulk-memory",
    "(func $f) (elem declare func $f) (func (drop (ref.func $f)))": "bulk-memory reference-types",
    '(data "x")': "bulk-memory",
    '(memory 1) (data (i32.const 0) "x")': "",
    '(memory 1) (data "x") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))': "bulk-memory",
    "(memory 1) (func (memory.copy (i32.const 0) (i32.const 0) (i32.const 0)))": "bulk-memory-opt",
    "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))": "bulk-memory-opt",
    "(table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 0)))": "bulk-memory",
    "(func (local v128))": "simd",
    "(func (drop (v128.const i32x4 0 0 0 0)))": "simd",
    "(func (drop (f32x4.splat (f32.const 0))))": "simd floats",
    "(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))": "simd relaxed-simd",
    "(func (return_call 0))": "tail-call",
    "(type (func)) (table 1 funcref) (func (return_call_indirect (type 0) (i32.const 0)))": "tail-call",
    "(memory 1) (memory 1)": "multi-memory",
    '(import "m" "m" (memory 1)) (memory 1)': "multi-memory",
    "(memory i64 1)": "memory64",
    "(memory 1 (pagesize 1))": "custom-page-sizes",
    "(func (param i64 i64) (local.get 0) (local.get 1) (i64.mul_wide_u) (drop) (drop))": "wide-arithmetic",
    '(import "m" "m" (memory 1 (pagesize 1)))': "custom-page-sizes",
    "(table i64 1 funcref)": "memory64",
    '(import "m" "m" (memory i64 1))': "memory64",
    "(tag)": "exceptions",
    '(import "m" "t" (tag))': "exceptions",
    "(func (param exnref) (throw_ref (local.get 0)))": "exceptions reference-types",
    "(func (try_table))": "exceptions",
    "(global i32 (i32.add (i32.const 1) (i32.const 2)))": "extended-const",
    "(memory 1) (data (i32.mul (i32.const 1) (i32.const 2)))": "extended-const",
    "(func (drop (i32.add (i32.const 1) (i32.const 2))))": "",
    "(func (param (ref func)))": "function-references reference-types",
    "(type (func)) (func (param (ref 0)) (call_ref 0 (local.get 0)))": "function-references reference-types",
    "(func (param funcref) (drop (ref.as_non_null (local.get 0))))": "function-references reference-types",
    "(table 1 funcref (ref.null func))": "function-references reference-types",
    "(type (struct))": "gc",
    "(type (array i8))": "gc",
    "(type (sub (func)))": "gc",
    "(rec (type (func)) (type (func)))": "gc",
    "(func (param anyref))": "gc reference-types",
    "(func (drop (ref.i31 (i32.const 0))))": "gc",
    "(func (drop (ref.null none)))": "gc reference-types",
    "(global i32 (i32.const 1)) (global i32 (global.get 0))": "gc",
    '(import "m" "g" (global i32)) (global i32 (global.get 0))': "",
    "(func (param externref) (drop (any.convert_extern (local.get 0))))": "gc reference-types",
    f"{PAIR}": "gc custom-descriptors",
    "(type (func)) (func (param (ref (exact 0))))": "reference-types custom-descriptors",
    "(type (func)) (func (local (ref null (exact 0))))": "reference-types custom-descriptors",
    "(type (func)) (func (drop (ref.null (exact 0))))": "reference-types custom-descriptors",
    "(type (func)) (global (ref null (exact 0)) (ref.null nofunc))": "reference-types custom-descriptors gc",
    "(type (func)) (table 1 (ref null (exact 0)))": "reference-types custom-descriptors",
    '(type (func)) (import "m" "f" (func (exact (type 0))))': "custom-descriptors",
    f"{PAIR} (func (drop (struct.new_desc 0 (struct.new 1))))": "gc custom-descriptors",
    f"{PAIR} (global anyref (struct.new_default_desc 0 (struct.new 1)))": "gc custom-descriptors reference-types",
    "(func (result anyref) (br_on_cast 0 eqref anyref (unreachable)))": "gc custom-descriptors reference-types",
    "(func (result anyref) (br_on_cast_fail 0 structref arrayref (unreachable)))": "gc custom-descriptors reference-types",
}
"""By the fields of a module, all that it needs."""
MODULES = pytest.mark.parametrize(("fields", "expected"), NEEDS.items(), ids=NEEDS)


@MODULES
def test_what_a_module_needs(fields: str, expected: str) -> None:
    module = decode(wat2wasm(f"(module {fields})"))
    found = needs(module)
    assert set(found) == set(expected.split())
    offsets = [need.offset for need in found.values()]
    assert offsets == sorted(offsets)
    assert all(8 < offset < len(module.source) for offset in offsets)


@MODULES
def test_an_independent_validator_agrees(fields: str, expected: str) -> None:
    data = wat2wasm(f"(module {fields})")
    assert by_wasm_tools(data, ",".join(["all", "-all", "gc-types", *expected.split()]))  # wasmvm always has their heap
    for feature in expected.split():
        assert not by_wasm_tools(data, f"all,-{feature}"), feature


@MODULES
def test_what_is_off_is_named(fields: str, expected: str) -> None:
    data = wat2wasm(f"(module {fields})")
    wasmvm.Module(data, features=",".join(["all", "-all", *expected.split()]))
    first = next(iter(needs(decode(data)).items()), None)
    for feature in expected.split():
        whole = WHOLE.get(feature, feature)
        advice = f"needs the {whole} proposal, .*Config.{whole.replace('-', '_')}=True"
        with pytest.raises(wasmvm.ValidationError, match=advice):
            wasmvm.Module(data, features=f"all,-{feature}")
    if first is not None:
        with pytest.raises(wasmvm.ValidationError) as raised:
            wasmvm.Module(data, features="-all")
        assert raised.value.offset == first[1].offset


def test_everything_is_on() -> None:
    every = wat2wasm(f"(module {'(func (param v128 anyref exnref)) (memory i64 1) (memory 1)'})")
    wasmvm.Module(every)
    wasmvm.Module(every, features=SUPPORTED)
    assert wasmvm.Module(every).features == ["simd", "reference-types", "gc", "exceptions", "memory64", "multi-memory"]
