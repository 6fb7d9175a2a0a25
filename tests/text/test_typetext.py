"""Types as text, with the names of types and fields."""

from __future__ import annotations

import pytest

from wasmvm.embedding.text import wasm2wat
from wasmvm.isa import codes
from wasmvm.text import wat2wasm
from wasmvm.text.encoder import Names, custom_section


def test_listing() -> None:
    text = """(module
  (type (;0;) (sub (array (mut i8))))
  (rec
    (type $s (;1;) (sub (struct (field $x (mut i32)) (field i8 (mut i16)) (field $next (ref null $s)))))
    (type $t (;2;) (sub final $s (struct (field (mut i32) i8 (mut i16) (ref null $s)) (field $more (ref 0)))))
  )
  (type $f (;3;) (func (param (ref $s) anyref (ref none)) (result (ref null $t))))
  (rec
  )
  (type (;4;) (func (param (ref null $f))))
  (import "m" "t" (table (;0;) i64 1 2 (ref null $s)))
  (import "m" "m" (memory (;0;) i64 1))
  (import "m" "g" (global (;0;) (mut (ref i31))))
  (import "m" "e" (tag $e (;0;) (type 4) (param (ref null $f))))
  (table (;1;) 1 (ref $s) (struct.new_default $s))
  (table (;2;) 1 (ref null 0) ref.null any ref.null 0)
  (memory $m (;1;) 1 2)
  (tag (;1;) (type 4) (param (ref null $f)))
  (global (;1;) nullref (ref.null none))
  (export "e" (tag $e))
  (elem (;0;) (table 1) (i32.const 0) (ref $s) (struct.new_default $s))
  (elem (;1;) declare func)
  (elem (;2;) (ref func))
  (func (;0;) (type $f) (param $p (ref $s)) (param anyref (ref none)) (result (ref null $t))
    (local (ref null 0)) (local $l (ref null $t))
    try_table $l (result (ref null $t)) (catch $e 0 (;@0;)) (catch_all 0 (;@0;))
      local.get $p
      struct.get $s $x
      i64.load $m offset=1
      struct.get_u $s 1
      struct.get $t 3
      br_on_cast $l (ref null $s) (ref $t)
      throw $e
    end
    call_ref $f
    ref.cast (ref null $t)
    array.new_fixed 0 3
    ref.null $t
  )
)
"""
    assert wasm2wat(wat2wasm(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "(rec) (rec) (type (func)) (rec (type (func))) (rec)",
        '(type (struct (field $a i32) (field $b (@name "a") i32) (field (@name "") i32) (field $"two words" i32)))',
        '(type $t (@name "other") (struct)) (tag $e (@name "f")) (tag (@name "f"))',
        "(memory i64 (data \"x\")) (memory i64 0 1) (memory i32 1)",
        "(table i64 funcref (elem)) (table i64 0 1 externref) (type $t (func)) (table (ref null $t) (elem 0)) (func)",
        "(type $t (func)) (func) (elem (ref null $t)) (elem (ref $t) (ref.func 0)) (elem declare func 0)"
        "(table $u 1 (ref null $t)) (elem (table $u) (i32.const 0) (ref null $t) (ref.func 0) (item ref.null $t))"
        "(elem (table $u) (i32.const 0) func 0) (elem (i32.const 0) (ref func) (ref.func 0))",
        "(memory 1) (func memory.size) (@wasmvm.data_count) (data \"x\")",
        "(@wasmvm.data_count)",
        "(global (mut (ref 7)) (ref.null 9)) (func (type 8))",
    ],
)  # fmt: skip
def test_there_and_back(text: str) -> None:
    binary = wat2wasm(text)
    assert wat2wasm(wasm2wat(binary)) == binary


def test_names_of_fields_that_are_not_there_are_kept_apart() -> None:
    names = Names()
    names.add_indirect(codes.NAME_FIELD, 0, 1, "x")
    names.add_indirect(codes.NAME_FIELD, 1, 0, "y")
    binary = wat2wasm("(type (struct (field i32))) (type (func))") + custom_section("name", names.content())
    text = wasm2wat(binary)
    assert '(@custom "name"' in text
    assert wat2wasm(text) == binary
