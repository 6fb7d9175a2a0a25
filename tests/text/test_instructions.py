"""Instructions of WebAssembly 3.0: the bytes that an independent assembler makes of them, and there and back."""

from __future__ import annotations

import pytest

from tests.wat import wat2wasm as reference
from wasmvm.binary import decode
from wasmvm.embedding.text import wasm2wat
from wasmvm.errors import TextError
from wasmvm.text import wat2wasm

FIELDS = """
  (type $void (func)) (type $i (func (param i32) (result i32)))
  (rec (type $s (sub (struct (field $x (mut i32)) (field i8) (field $y (mut i16)) (field $r (ref null $a)))))
       (type $a (sub (array (mut i8)))))
  (type $other (struct (field i64) (field $x f64))) (type $v (array (mut (ref null $s))))
  (import "m" "e" (tag $e (type $void))) (tag $p (param i32))
  (memory $m 1) (memory $n i64 1)
  (table $t 1 funcref) (table $u i64 1 (ref null $s)) (table $w 1 (ref func) (ref.func $f))
  (data $d "d") (elem $l (ref null $s)) (elem $k (ref func) (ref.func $f)) (elem declare func $f)
"""

CODE = [
    # tail calls, calls through references
    "return_call $f",
    "(return_call_indirect (type $i) (i32.const 1) (i32.const 0))",
    "(return_call_indirect $u (param i32) (result i32) (i32.const 1) (i32.const 0))",
    "(call_ref $i (i32.const 1) (unreachable)) (return_call_ref $i)",
    # references
    "ref.null $s ref.null any ref.null none ref.null exn ref.null noexn ref.null 300 ref.null nofunc",
    "ref.eq ref.as_non_null br_on_null 0 br_on_non_null 0",
    "ref.test (ref $s) ref.test (ref null $s) ref.test i31ref ref.test (ref i31) ref.test nullref",
    "ref.cast (ref null struct) ref.cast (ref struct) ref.cast structref ref.cast (ref null 2) ref.cast (ref 2)",
    "(block $x (result anyref) (br_on_cast $x anyref (ref null $s) (unreachable)))",
    "block $x br_on_cast $x (ref any) (ref $s) br_on_cast_fail 1 (ref null any) nullref end",
    "br_on_cast_fail 0 (ref $s) (ref null $s)",
    # aggregates
    "struct.new $s struct.new_default $s struct.get $s $x struct.set $s $y struct.get_s $s 1 struct.get_u $s $y",
    "struct.get $other $x struct.get 5 0",
    "array.new $a array.new_default $a array.new_fixed $a 3 array.get_u $a array.get_s $a array.set $a array.len",
    "array.get $v array.new_data $a $d array.init_data $a $d array.new_elem $v $l array.init_elem $v $l",
    "array.fill $a array.copy $a $a array.copy $v 3",
    "ref.i31 i31.get_s i31.get_u any.convert_extern extern.convert_any",
    # exceptions
    "throw $e throw 1 throw_ref",
    "try_table end try_table $l (result i32) br $l end",
    "try_table (catch $e 0) (catch_ref $p 0) (catch_all 0) (catch_all_ref 0) end",
    "block $l (try_table $l (param i32) (result i32) (catch $e $l) (catch_all 1) (br $l) (nop)) end",
    "(try_table (nop))",
    # memories
    "i32.load $n offset=1 align=2 i64.store $n i32.load 1 offset=0x100000000 i32.load8_u $m",
    "v128.load8_lane $n 3 v128.load8_lane $n offset=1 align=1 3 v128.load8_lane 1 3 v128.load8_lane 3",
    "memory.size $n memory.grow $n memory.fill $n memory.copy $n $m memory.copy $m $n memory.init $n $d memory.init $d",
    # tables
    "table.get $u table.set $u table.size $u table.grow $u table.fill $u table.copy $t $w table.init $u $l",
    # types in blocks and locals
    "(select (result (ref null $s)) (unreachable)) select (result anyref)",
    "block (result (ref $s)) end loop (result (ref null any)) end if (result funcref) else end",
    "block (param (ref $s)) end",
]


def module(code: str) -> str:
    return f"(module {FIELDS} (func $f (type $i) (local (ref $s) (ref $s) anyref (ref null $s)) {code}))"


def code_section(binary: bytes) -> bytes:
    decoded = decode(binary)
    start, end = decoded.section(10) or (0, 0)
    return binary[start:end]


@pytest.mark.parametrize("code", CODE)
def test_code_is_what_an_independent_assembler_makes_of_it(code: str) -> None:
    assert code_section(wat2wasm(module(code))) == code_section(reference(module(code)))


@pytest.mark.parametrize("code", CODE)
def test_there_and_back(code: str) -> None:
    binary = wat2wasm(module(code))
    assert wat2wasm(wasm2wat(binary)) == binary


def test_labels_of_clauses_are_those_around_the_block() -> None:
    inside = code_section(wat2wasm("(tag) (func block $l try_table $l (catch 0 $l) br $l end end)"))
    assert inside == code_section(wat2wasm("(tag) (func block try_table (catch 0 0) br 0 end end)"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("throw $x", "unknown tag $x"),
        ("struct.get $s $z", "unknown field $z"),
        ("struct.get $other $y", "unknown field $y"),
        ("call_ref $x", "unknown type $x"),
        ("call_ref", "unexpected token"),
        ("try_table (catch $e)", "unexpected token"),
        ("try_table (catch_all $x) end", "unknown label $x"),
        ("try_table $x (catch_all $x) end", "unknown label $x"),
        ("try_table (nop) (catch_all 0) end", "unexpected token"),
        ("ref.test $s", "unexpected token $s"),
        ("ref.test i32", "unexpected token i32"),
        ("ref.test_null any", "unknown operator ref.test_null"),
        ("ref.cast_null any", "unknown operator ref.cast_null"),
        ("ref.null i32", "unexpected token i32"),
        ("array.new_fixed $a", "unexpected token"),
        ("br_on_cast 0 anyref", "unexpected token"),
        ("memory.copy $m", "unexpected token"),
        ("i32.load $x", "unknown memory $x"),
    ],
)
def test_error(code: str, message: str) -> None:
    with pytest.raises(TextError) as caught:
        wat2wasm(module(code))
    assert caught.value.message.startswith(message)
