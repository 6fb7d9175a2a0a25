"""Values of two slots where control and data flow meet: branches, calls, blocks, locals, against wasmtime.

Every function is exported from i64 to i64 and makes its vectors from the argument, since wasmtime's Python API knows
no v128; `$mix` gives a vector whose lanes all differ, `$fold` an i64 that every byte of a vector counts in.
"""

from __future__ import annotations

import pytest

from tests import oracle
from tests.wat import wat2wasm
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.lowering.disasm import disassemble

COMMON = """
  (memory 1)
  (table $t funcref (elem $swap $deep))
  (global $g (mut v128) (v128.const i64x2 0x0123456789abcdef -2))
  (global $c v128 (v128.const i8x16 0x0b 0x0b 5 0x80 0xff 0x0b 0 0 0 0 0 0 0 0 0 0x0b))
  (func $mix (param $n i64) (result v128)
    (i64x2.add (i64x2.mul (i64x2.splat (local.get $n)) (v128.const i64x2 0x9e3779b97f4a7c15 0xc2b2ae3d27d4eb4f))
               (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)))
  (func $fold (param $v v128) (result i64)
    (i64.add (i64.mul (i64x2.extract_lane 0 (local.get $v)) (i64.const 1099511628211))
             (i64.rotl (i64x2.extract_lane 1 (local.get $v)) (i64.const 17))))
  (func $swap (param $a i32) (param $v v128) (param $b i64) (param $w v128) (result v128 i64 v128 i32)
    (local.get $w) (local.get $b) (local.get $v) (local.get $a))
  (func $deep (param $a i32) (param $v v128) (param $b i64) (param $w v128) (result v128 i64 v128 i32)
    (if (i32.eqz (local.get $a))
      (then (return (local.get $v) (local.get $b) (local.get $w) (i32.const 77))))
    (call $deep (i32.sub (local.get $a) (i32.const 1)) (i8x16.add (local.get $w) (local.get $v))
      (i64.add (local.get $b) (i64.const 3)) (local.get $v)))
  (func $fold4 (param v128 i64 v128 i32) (result i64)
    (i64.add (i64.mul (call $fold (local.get 0)) (i64.const 31))
      (i64.add (i64.add (local.get 1) (i64.extend_i32_u (local.get 3)))
               (i64.rotl (call $fold (local.get 2)) (i64.const 5)))))
  (func $one (param $n i64) (result v128) (call $mix (local.get $n)))
  (func $identity (param $v v128) (result v128) (local.get $v))
  (func $second (param i32) (param $v v128) (result v128) (local.get $v))
  (func $tail (param $v v128) (result v128) (i8x16.neg (local.get $v)))
  (func $early (param $i i32) (param $v v128) (result v128)
    (if (local.get $i) (then (return (i16x8.neg (local.get $v)))))
    (br_if 0 (i8x16.abs (local.get $v)) (i32.eqz (local.get $i)))
    (v128.not))
"""

PROGRAMS = {
    "call with every width": """
      (call $fold4 (call $swap (i32.wrap_i64 (local.get $n)) (call $mix (local.get $n)) (local.get $n)
        (call $mix (i64.add (local.get $n) (i64.const 1)))))""",
    "recursion": """
      (call $fold4 (call $deep (i32.wrap_i64 (i64.and (local.get $n) (i64.const 63))) (call $mix (local.get $n))
        (local.get $n) (global.get $c)))""",
    "call_indirect": """
      (call $fold4 (call_indirect (param i32 v128 i64 v128) (result v128 i64 v128 i32)
        (i32.const 5) (call $mix (local.get $n)) (i64.const 9) (global.get $g)
        (i32.wrap_i64 (i64.and (local.get $n) (i64.const 1)))))""",
    "results straight from a call": """
      (call $fold (i8x16.add (call $identity (call $tail (call $one (local.get $n))))
        (i16x8.add (call $second (i32.const 1) (call $mix (i64.const 4)))
          (call $early (i32.wrap_i64 (i64.and (local.get $n) (i64.const 1))) (call $mix (local.get $n))))))""",
    "br_table with vectors to several heights": """
      (local $i i32) (local $sum i64) (local $v v128)
      (loop $again
        (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 7)) (call $fold (block $out (result v128)
          (i32.const 5)
          (block $b (result v128)
            (i64.const 6) (call $mix (local.get $sum))
            (block $c (result v128)
              (f64.const 1)
              (local.tee $v (call $mix (i64.add (local.get $n) (i64.extend_i32_u (local.get $i)))))
              (br_table $c $b $out $c $b (local.get $i)))
            (i8x16.add) (local.set $v) (drop) (i32x4.neg (local.get $v)))
          (local.set $v) (drop) (i16x8.abs (local.get $v))))))
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 7))))
      (local.get $sum)""",
    "br_table with mixed values, also out of the function": """
      (call $fold4 (block $out (result v128 i64 v128 i32)
        (i32.const 1) (i32.const 2)
        (block $in (result v128 i64 v128 i32)
          (i64.const 3)
          (call $mix (local.get $n)) (local.get $n) (call $mix (i64.const 5)) (i32.const 8)
          (br_table $in $out $in (i32.wrap_i64 (local.get $n))))
        (br $out)))""",
    "br_if with vectors, taken or not": """
      (local $v v128) (local $w v128)
      (local.set $v (call $mix (local.get $n)))
      (call $fold (block $b (result v128)
        (i64.const 1)
        (block $c (result v128 i32)
          (br_if $b (local.get $v) (i64.eqz (local.get $n)))
          (local.set $w)
          (br_if $c (i8x16.add (local.get $v) (local.get $w)) (i32.const 3) (i64.lt_s (local.get $n) (i64.const 2))))
        (drop) (i16x8.sub (local.get $w)) (local.set $w) (drop) (local.get $w)))""",
    "loop with vector parameters": """
      (local $i i32)
      (i64.const 40) (call $mix (local.get $n)) (i32.const 2) (call $mix (i64.const 1))
      (loop $l (param v128 i32 v128) (result v128)
        (call $rotate)
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (i32.const 9)))
        (call $join))
      (call $fold) (i64.add)""",
    "if with vectors in and out": """
      (local $v v128) (local $m i32)
      (i32.const 4) (call $mix (local.get $n)) (call $mix (i64.const 8))
      (if (param v128 v128) (result v128 i32) (i64.lt_u (local.get $n) (i64.const 3))
        (then (i8x16.sub) (i32.const 1))
        (else (local.set $v) (i32x4.mul (local.get $v)) (i32.const 2)))
      (local.set $m) (local.set $v) (i32.add (local.get $m)) (i64.extend_i32_u)
      (i64.add (call $fold (local.get $v)))""",
    "a local overwritten while its old values are on the stack": """
      (local $v v128)
      (local.set $v (call $mix (local.get $n)))
      (local.get $v) (local.get $v)
      (local.set $v (i8x16.add (local.get $v) (local.get $v)))
      (local.get $v)
      (local.set $v (v128.const i32x4 1 2 3 4))
      (i16x8.sub) (i32x4.sub) (i64x2.sub (local.get $v)) (call $fold)""",
    "swapped through the stack": """
      (local $a v128) (local $b v128) (local $i i32)
      (local.set $a (call $mix (local.get $n))) (local.set $b (call $mix (i64.const 3)))
      (loop $l
        (local.get $a) (local.get $b) (local.set $a) (local.set $b)
        (local.set $a (i8x16.sub (local.get $a) (local.get $b)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
      (i64.add (call $fold (local.get $a)) (i64.mul (call $fold (local.get $b)) (i64.const 3)))""",
    "tee": """
      (local $a v128) (local $b v128)
      (call $fold (i8x16.add (local.tee $a (local.tee $b (call $mix (local.get $n))))
        (i16x8.add (local.get $a) (local.tee $a (i32x4.neg (local.get $b))))))
      (call $fold (local.get $a)) (i64.xor)""",
    "locals that nobody set are zero": """
      (local $i i32) (local $v v128) (local $x i64) (local $w v128) (local $u v128)
      (if (i64.eqz (local.get $n)) (then (local.set $v (v128.const i64x2 -1 -1)) (local.set $x (i64.const 5))))
      (local.set $u (v128.or (local.get $v) (local.get $w)))
      (if (i32.eqz (local.get $i)) (then (local.set $i (i32.const 1))))
      (i64.add (i64.add (call $fold (local.get $u)) (local.get $x)) (i64.extend_i32_u (local.get $i)))""",
    "locals zeroed again in the next call": """
      (call $dirty) (call $fold (call $clean (local.get $n)))""",
    "select": """
      (local $v v128) (local $i i32)
      (local.set $i (i64.eqz (local.get $n)))
      (local.set $v (select (call $mix (local.get $n)) (global.get $c) (local.get $i)))
      (call $fold (i8x16.add (local.get $v)
        (select (result v128) (local.get $v) (call $mix (i64.const 77)) (i64.gt_s (local.get $n) (i64.const 1)))))""",
    "globals": """
      (local $v v128)
      (local.set $v (global.get $g))
      (global.set $g (i8x16.add (global.get $g) (call $mix (local.get $n))))
      (i64.add (call $fold (global.get $g)) (i64.mul (call $fold (local.get $v)) (i64.const 3)))
      (global.set $g (v128.const i64x2 5 6))""",
    "dead code": """
      (block $b (br $b)
        (v128.const i8x16 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x0b 0x0b 0x05)
        (i8x16.shuffle 0 11 11 5 4 31 31 11 0 11 11 5 4 31 31 11 (v128.const i32x4 0 0 0 0))
        (i8x16.extract_lane_u 11) (drop)
        (drop (v128.load64_lane offset=0x80000000 1 (i32.const 0) (v128.const i32x4 0 0 0 0)))
        (v128.store8_lane offset=300 11 (i32.const 0) (v128.const i32x4 0 0 0 0))
        (block (unreachable) (i32x4.replace_lane 3) (drop))
        (unreachable))
      (call $fold (call $mix (local.get $n)))""",
    "operands beneath a block": """
      (local $v v128)
      (local.set $v (call $mix (local.get $n)))
      (local.get $v) (i32.const 9) (local.get $v)
      (block (result v128)
        (local.set $v (i8x16.neg (local.get $v)))
        (br_if 0 (local.get $v) (i64.eqz (local.get $n)))
        (i8x16.abs))
      (i16x8.add) (local.set $v) (drop) (i32x4.sub (local.get $v)) (call $fold)""",
    "lanes in and out of memory": """
      (local $v v128)
      (v128.store offset=32 (i32.const 1) (call $mix (local.get $n)))
      (local.set $v (v128.load16_lane offset=3 5 (i32.const 33) (call $mix (i64.const 2))))
      (v128.store32_lane 2 (i32.const 40) (local.get $v))
      (local.set $v (v128.load8_lane 15 (i32.const 41) (local.get $v)))
      (i64.add (call $fold (local.get $v)) (call $fold (i8x16.add (v128.load (i32.const 37))
        (i16x8.add (v128.load8x8_s (i32.const 38)) (v128.load32_zero (i32.const 40))))))""",
}
HELPERS = """
  (func $rotate (param v128 i32 v128) (result v128 i32 v128)
    (i8x16.add (local.get 2) (v128.const i8x16 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0))
    (i32.mul (local.get 1) (i32.const 3)) (local.get 0))
  (func $join (param v128 i32 v128) (result v128)
    (i32x4.replace_lane 1 (i64x2.sub (local.get 0) (local.get 2)) (local.get 1)))
  (func $dirty (local $v v128) (local $w v128)
    (local.set $v (v128.const i64x2 -1 -1)) (local.set $w (i8x16.neg (local.get $v)))
    (global.set $g (i8x16.add (local.get $v) (local.get $w))))
  (func $clean (param $n i64) (result v128) (local $v v128) (local $w v128)
    (if (i64.eqz (local.get $n)) (then (local.set $v (call $mix (i64.const 3)))))
    (v128.xor (local.get $v) (local.get $w)))
"""
ARGUMENTS = (0, 1, 2, 3, 5, -1, 0x7FFFFFFFFFFFFFFF, -0x8000000000000000, 123456789)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    source = wat2wasm(f'(module {COMMON} {HELPERS} (func (export "f") (param $n i64) (result i64) {PROGRAMS[name]}))')
    expected, actual = oracle.Instance(source), Instance(Module(source))
    seen = set()
    for argument in ARGUMENTS:
        want = expected.call("f", argument)
        assert actual.exports["f"](argument) == want
        seen.add(want)
    assert len(seen) > 1


def test_register_code() -> None:
    """A result goes straight to the local that takes it, a constant shift count into the instruction."""
    source = wat2wasm("""(module (func (param v128) (result v128) (local v128)
      (local.set 1 (i8x16.shl (local.get 0) (i32.const 3)))
      (v128.xor (local.get 1) (v128.const i64x2 0x0123456789abcdef 0x0f))))""")
    lines = disassemble(Module(source).compiled.syntax, 0).splitlines()[1:]
    assert [line.split(maxsplit=1)[1] for line in lines] == [
        "i8x16.shl_rk s2, s0, #3",
        "v128.const s6, #0x000000000000000f0123456789abcdef",
        "v128.xor s0, s2, s6",
        "return",
    ]
