"""Instructions on structures, arrays and references. Each row's verdict is also compared with wasmtime's."""

from __future__ import annotations

import pytest

from tests.fuzz import verdict
from tests.wat import wat2wasm
from wasmvm.binary import decode
from wasmvm.errors import ValidationError
from wasmvm.validation import validate

MODULE = """(module
    (type (func (param i32 i64) (result f32))) (type (array f64)) (type (struct (field f32)))
    (type $s (struct (field $c i32) (field $m (mut i64)) (field $p (mut i8)) (field $r (mut (ref null $s)))))
    (type $n (struct (field (ref func))))
    (type $bytes (array (mut i8))) (type $ints (array (mut i32))) (type $const (array i32))
    (type $refs (array (mut (ref null $s)))) (type $anys (array (mut anyref)))
    (type $full (array (mut (ref func)))) (type $funcs (array (mut funcref)))
    (type $f (func))
    (data $d "abc") (elem $e funcref) (elem $x externref) (elem declare func $callee)
    (func $callee)
    (func (local $S (ref null $s)) (local $B (ref null $bytes)) (local $I (ref null $ints)) (local $C (ref null $const))
      (local $R (ref null $refs)) (local $A (ref null $anys)) (local $L (ref null $full)) (local $any anyref)
      (local $ext externref) (local $F (ref null $funcs)) {}))"""

ZERO = "(i32.const 0)"
SEGMENT = f"{ZERO} {ZERO}"
VALID = [
    "(drop (struct.new $s (i32.const 1) (i64.const 2) (i32.const 3) (local.get $S)))",
    "(drop (struct.new_default $s))",
    "(drop (struct.new $n (ref.func $callee)))",
    "(local.set $S (struct.new_default $s))",
    "(drop (i32.eqz (struct.get $s $c (local.get $S))))",
    "(drop (i64.eqz (struct.get $s $m (local.get $S))))",
    "(drop (i32.add (struct.get_s $s $p (local.get $S)) (struct.get_u $s $p (local.get $S))))",
    "(struct.set $s $m (local.get $S) (i64.const 1))",
    "(struct.set $s $p (local.get $S) (i32.const 1))",
    "(struct.set $s $r (local.get $S) (struct.get $s $r (local.get $S)))",
    f"(drop (array.new $ints {SEGMENT})) (drop (array.new_default $ints {ZERO}))",
    f"(drop (array.new $full (ref.func $callee) {ZERO})) (drop (array.new_default $anys {ZERO}))",
    f"(local.set $I (array.new_fixed $ints 2 {SEGMENT}))",
    "(drop (array.new_fixed $ints 0)) (drop (array.new_fixed $full 1 (ref.func $callee)))",
    f"(local.set $B (array.new_data $bytes $d {SEGMENT})) (local.set $C (array.new_data $const $d {SEGMENT}))",
    f"(local.set $F (array.new_elem $funcs $e {SEGMENT}))",
    f"(array.init_data $bytes $d (local.get $B) {ZERO} {SEGMENT})",
    f"(array.init_elem $funcs $e (local.get $F) {ZERO} {SEGMENT})",
    f"(drop (array.get $ints (local.get $I) {ZERO})) (drop (array.get $const (local.get $C) {ZERO}))",
    f"(drop (i32.add (array.get_s $bytes (local.get $B) {ZERO}) (array.get_u $bytes (local.get $B) {ZERO})))",
    f"(array.set $bytes (local.get $B) {SEGMENT}) (array.set $refs (local.get $R) {ZERO} (ref.null none))",
    f"(array.fill $ints (local.get $I) {ZERO} {SEGMENT})",
    f"(array.copy $ints $ints (local.get $I) {ZERO} (local.get $I) {SEGMENT})",
    f"(array.copy $ints $const (local.get $I) {ZERO} (local.get $C) {SEGMENT})",
    f"(array.copy $anys $refs (local.get $A) {ZERO} (local.get $R) {SEGMENT})",
    f"(array.copy $funcs $full (local.get $F) {ZERO} (local.get $L) {SEGMENT})",
    "(drop (array.len (local.get $I))) (drop (array.len (ref.null array)))",
    "(drop (i32.eqz (ref.test (ref $s) (local.get $any)))) (local.set $S (ref.cast (ref null $s) (local.get $any)))",
    "(local.set $any (any.convert_extern (local.get $ext))) (local.set $ext (extern.convert_any (local.get $S)))",
    "(drop (i31.get_s (ref.i31 (i32.const 1)))) (drop (i31.get_u (ref.null i31)))",
    "(drop (ref.eq (local.get $S) (local.get $I)))",
    "(drop (block (result (ref any)) (any.convert_extern (ref.as_non_null (local.get $ext)))))",
    "(drop (block (result (ref extern)) (extern.convert_any (struct.new_default $s))))",
    "(drop (block (result (ref $s)) (struct.new_default $s)))",
    "(drop (block (result (ref $n)) (struct.new $n (ref.func $callee))))",
    f"(drop (block (result (ref $ints)) (array.new_default $ints {ZERO})))",
    "(unreachable) array.new_fixed $ints 10000 drop",
    # where operands are missing, after an instruction that does not return
    "(unreachable) struct.get $s $c i32.eqz drop",
    "(unreachable) array.new_fixed $ints 3 drop",
    "(unreachable) i32.const 0 array.new_fixed $ints 3 drop",
    "(unreachable) any.convert_extern drop",
    "(unreachable) array.copy $ints $const",
]

MISMATCH = "type mismatch"
INVALID = [
    ("(drop (struct.new $s (i32.const 1) (i64.const 2) (i64.const 3) (local.get $S)))", MISMATCH),
    ("(drop (struct.new $s (i64.const 2) (i32.const 3) (local.get $S)))", MISMATCH),
    ("(drop (struct.new $n (ref.null func)))", MISMATCH),
    ("(drop (struct.new_default $n))", "type mismatch: (ref func) has no default value"),
    ("(drop (struct.new_default $ints))", ""),
    ("(drop (struct.get $s 4 (local.get $S)))", "unknown field 4"),
    ("(drop (struct.get $s $c (local.get $any)))", MISMATCH),
    ("(drop (struct.get $s $p (local.get $S)))", "type mismatch: field is packed"),
    ("(drop (struct.get_s $s $c (local.get $S)))", "type mismatch: field is not packed"),
    ("(drop (struct.get_u $s $m (local.get $S)))", "type mismatch: field is not packed"),
    ("(drop (i64.eqz (struct.get $s $c (local.get $S))))", MISMATCH),
    ("(struct.set $s $c (local.get $S) (i32.const 1))", "immutable field"),
    ("(struct.set $s $m (local.get $S) (i32.const 1))", MISMATCH),
    ("(struct.set $s $p (local.get $S) (i64.const 1))", MISMATCH),
    ("(struct.set $s $r (local.get $S) (local.get $any))", MISMATCH),
    ("(struct.set $s $m (local.get $I) (i64.const 1))", MISMATCH),
    (f"(drop (array.new $ints (i64.const 0) {ZERO}))", MISMATCH),
    ("(drop (array.new $ints (i32.const 0) (i64.const 0)))", MISMATCH),
    (f"(drop (array.new $full (ref.null func) {ZERO}))", MISMATCH),
    (f"(drop (array.new_default $full {ZERO}))", "type mismatch: (ref func) has no default value"),
    ("(drop (array.new_default $ints (i64.const 0)))", MISMATCH),
    (f"(drop (array.new_default $s {ZERO}))", ""),
    ("(drop (array.new_fixed $ints 2 (i32.const 0) (i64.const 0)))", MISMATCH),
    ("(drop (array.new_fixed $ints 2 (i32.const 0)))", MISMATCH),
    ("(drop (array.new_fixed $full 1 (ref.null func)))", MISMATCH),
    ("(unreachable) i64.const 0 array.new_fixed $ints 3 drop", MISMATCH),
    (f"(local.set $I (array.new_fixed $bytes 2 {SEGMENT}))", MISMATCH),
    (f"(drop (array.new_data $refs $d {SEGMENT}))", "array type is not numeric or vector"),
    (f"(drop (array.new_data $bytes 1 {SEGMENT}))", "unknown data segment 1"),
    (f"(drop (array.new_data $bytes $d {ZERO} (i64.const 0)))", MISMATCH),
    (f"(drop (array.new_data $bytes $d (i64.const 0) {ZERO}))", MISMATCH),
    (f"(drop (array.new_elem $funcs $x {SEGMENT}))", MISMATCH),
    (f"(drop (array.new_elem $ints $e {SEGMENT}))", MISMATCH),
    (f"(drop (array.new_elem $full $e {SEGMENT}))", MISMATCH),
    (f"(drop (array.new_elem $funcs 3 {SEGMENT}))", "unknown elem segment 3"),
    (f"(array.init_data $const $d (local.get $C) {ZERO} {SEGMENT})", "immutable array"),
    (f"(array.init_data $refs $d (local.get $R) {ZERO} {SEGMENT})", "array type is not numeric or vector"),
    (f"(array.init_data $bytes $d (local.get $I) {ZERO} {SEGMENT})", MISMATCH),
    (f"(array.init_data $bytes $d (local.get $B) (i64.const 0) {SEGMENT})", MISMATCH),
    (f"(array.init_elem $funcs $x (local.get $F) {ZERO} {SEGMENT})", MISMATCH),
    (f"(array.init_elem $full $e (local.get $L) {ZERO} {SEGMENT})", MISMATCH),
    (f"(drop (array.get $bytes (local.get $B) {ZERO}))", "type mismatch: array is packed"),
    (f"(drop (array.get_s $ints (local.get $I) {ZERO}))", "type mismatch: array is not packed"),
    (f"(drop (array.get $ints (local.get $B) {ZERO}))", MISMATCH),
    ("(drop (array.get $ints (local.get $I) (i64.const 0)))", MISMATCH),
    (f"(array.set $const (local.get $C) {SEGMENT})", "immutable array"),
    (f"(array.set $ints (local.get $I) {ZERO} (i64.const 0))", MISMATCH),
    (f"(array.set $ints (local.get $I) (i64.const 0) {ZERO})", MISMATCH),
    (f"(array.set $ints (local.get $B) {SEGMENT})", MISMATCH),
    (f"(array.fill $const (local.get $C) {ZERO} {SEGMENT})", "immutable array"),
    (f"(array.fill $ints (local.get $I) {ZERO} (i64.const 0) {ZERO})", MISMATCH),
    (f"(array.fill $ints (local.get $I) {SEGMENT} (i64.const 0))", MISMATCH),
    (f"(array.copy $const $ints (local.get $C) {ZERO} (local.get $I) {SEGMENT})", "immutable array"),
    (f"(array.copy $ints $bytes (local.get $I) {ZERO} (local.get $B) {SEGMENT})", "array types do not match"),
    (f"(array.copy $bytes $ints (local.get $B) {ZERO} (local.get $I) {SEGMENT})", "array types do not match"),
    (f"(array.copy $refs $anys (local.get $R) {ZERO} (local.get $A) {SEGMENT})", "array types do not match"),
    (f"(array.copy $full $funcs (local.get $L) {ZERO} (local.get $F) {SEGMENT})", "array types do not match"),
    (f"(array.copy $ints $const (local.get $C) {ZERO} (local.get $I) {SEGMENT})", MISMATCH),
    (f"(array.copy $ints $ints (local.get $I) {ZERO} (local.get $I) {ZERO} (i64.const 0))", MISMATCH),
    (f"(array.copy $ints $ints (local.get $I) (i64.const 0) (local.get $I) {SEGMENT})", MISMATCH),
    ("(drop (array.len (local.get $S)))", MISMATCH),
    ("(drop (block (result (ref any)) (any.convert_extern (local.get $ext))))", MISMATCH),
    ("(drop (block (result (ref extern)) (extern.convert_any (local.get $S))))", MISMATCH),
    ("(drop (block (result (ref $n)) (struct.new_default $s)))", MISMATCH),
    ("(drop (block (result (ref $s)) (struct.new $n (ref.func $callee))))", MISMATCH),
    (f"(drop (block (result (ref $const)) (array.new_default $ints {ZERO})))", MISMATCH),
    ("(drop (struct.get $s $c (struct.new $n (ref.func $callee))))", MISMATCH),
    ("(struct.set $s $m (struct.new $n (ref.func $callee)) (i64.const 1))", MISMATCH),
    ("(drop (ref.test (ref $s) (local.get $ext)))", MISMATCH),
    ("(drop (ref.test (ref $f) (local.get $any)))", MISMATCH),
    ("(drop (ref.cast (ref extern) (local.get $any)))", MISMATCH),
    ("(local.set $S (ref.cast (ref null $n) (local.get $any)))", MISMATCH),
    ("(drop (any.convert_extern (local.get $any)))", MISMATCH),
    ("(drop (extern.convert_any (local.get $ext)))", MISMATCH),
    ("(drop (i31.get_s (local.get $any)))", MISMATCH),
    ("(drop (ref.i31 (i64.const 0)))", MISMATCH),
    ("(drop (ref.eq (local.get $any) (local.get $I)))", MISMATCH),
    ("(drop (ref.eq (local.get $S) (ref.null extern)))", MISMATCH),
]


@pytest.mark.parametrize("text", VALID)
def test_valid(text: str) -> None:
    data = wat2wasm(MODULE.format(text))
    assert verdict.by_wasmtime(data)
    validate(decode(data))


@pytest.mark.parametrize(("text", "message"), INVALID)
def test_invalid(text: str, message: str) -> None:
    data = wat2wasm(MODULE.format(text))
    assert not verdict.by_wasmtime(data)
    decoded = decode(data)
    with pytest.raises(ValidationError) as caught:
        validate(decoded)
    assert caught.value.message.startswith(message)


def test_so_many_operands_are_allowed() -> None:
    """Our own limit, which wasmtime does not have."""
    decoded = decode(wat2wasm(MODULE.format("(unreachable) array.new_fixed $ints 10001 drop")))
    with pytest.raises(ValidationError, match=r"^too many operands of array.new_fixed \(limit 10000\)"):
        validate(decoded)


def test_the_type_names_a_structure_or_an_array() -> None:
    for text in ("(drop (struct.new_default $f))", "(drop (array.new_fixed $f 0))", "(drop (array.new_fixed $s 0))"):
        decoded = decode(wat2wasm(MODULE.format(text)))
        with pytest.raises(ValidationError, match="type"):
            validate(decoded)
