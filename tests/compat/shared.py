"""What the scripts have in common that run on an original and on its replacement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FUNCTIONS = """
  (elem (i32.const 1) func $seven) (elem $passive funcref (ref.func $seven) (ref.null func)) (elem declare func $self)
  (data (i32.const 8) "hello") (data $later "later")
  (export "memory" (memory 0)) (export "table" (table 0)) (export "f" (func $f))
  (func $seven (export "seven") (result i32) i32.const 7)
  (func (export "host") (param i32 i64 f32 f64) (result i32 f64)
    local.get 0 local.get 1 local.get 2 local.get 3 call $f)
  (func (export "div") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)
  (func (export "rem") (param i64 i64) (result i64) local.get 0 local.get 1 i64.rem_u)
  (func (export "trunc") (param f64) (result i32) local.get 0 i32.trunc_f64_s)
  (func (export "load") (param i32) (result i32) local.get 0 i32.load)
  (func (export "indirect") (param i32) (result i32) local.get 0 call_indirect (result i32))
  (func (export "trap") unreachable)
  (func (export "pair") (param i64 f32) (result f32 i64) local.get 1 local.get 0)
  (func $self (export "ref") (param externref) (result externref) local.get 0)
  (func (export "self") (result funcref) ref.func $self)
  (func (export "null") (result funcref) ref.null func)
  (func (export "global") (result i64) global.get $g)
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)
  (func $fac (export "fac") (param i64) (result i64) (local i32 f64 f64)
    (if (result i64) (i64.eqz (local.get 0)) (then i64.const 1)
      (else (block (loop (br_if 1 (i32.const 1)) (br 0))) (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0)
        (i64.const 1)))))))"""
"""A part of a guest that has a function $f, a memory 0, a table 0 of three functions, and a global $g, an i64."""


def attempt(what: Callable[[], Any], *expected: type[BaseException]) -> None:
    """Print the result, or which of the exceptions caught it."""
    try:
        print("  gave", what())
    except expected as error:
        print("  raised", next(kind.__name__ for kind in expected if isinstance(error, kind)))
