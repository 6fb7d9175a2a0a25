"""The script runner: what holds passes, and what does not is reported with its line and what happened instead."""

from __future__ import annotations

import pytest

from wasmvm.programs.wast import Failure, Report, run_script


def failures(text: str) -> list[Failure]:
    return run_script(text).failures


def test_a_script_of_every_kind() -> None:
    report = run_script(
        """
        (module $m
          (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
          (func (export "swap") (param f32 i64) (result i64 f32) (local.get 1) (local.get 0))
          (func (export "div") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
          (func $loop (export "loop") (call $loop))
          (func (export "id") (param externref) (result externref) (local.get 0))
          (func $self (export "self") (result funcref) (ref.func $self))
          (global (export "g") f32 (f32.const nan:0x1)))
        (assert_return (invoke "add" (i32.const 1) (i32.const -2)) (i32.const -1))
        (assert_return (invoke "swap" (f32.const nan:0x1) (i64.const -1)) (i64.const -1) (f32.const nan:0x1))
        (assert_return (get "g") (f32.const nan:0x1))
        (assert_return (invoke $m "id" (ref.extern 3)) (ref.extern 3))
        (assert_return (invoke "id" (ref.extern 3)) (ref.extern))
        (assert_return (invoke "id" (ref.null extern)) (ref.null extern))
        (assert_return (invoke "self") (ref.func))
        (assert_return (invoke "add" (i32.const 1) (i32.const 1)) (either (i32.const 3) (i32.const 2)))
        (assert_trap (invoke "div" (i32.const 0)) "integer divide")
        (assert_exhaustion (invoke "loop") "call stack exhausted")
        (register "m" $m)
        (module (import "m" "add" (func (param i32 i32) (result i32)))
                (import "spectest" "print_i32" (func $p (param i32)))
                (import "spectest" "global_f32" (global f32))
                (import "spectest" "memory" (memory 1 2)) (import "spectest" "table" (table 10 20 funcref))
                (func (export "f") (result f32) (call $p (i32.const 1)) (global.get 0)))
        (assert_return (invoke "f") (f32.const 666.6))
        (module definition $d (memory (export "m") 1) (data (i32.const 0) "a"))
        (module instance $i1 $d)
        (module instance $i2 $d)
        (assert_trap (module (memory 1) (data (i32.const 65536) "a")) "out of bounds memory access")
        (assert_invalid (module (func (result i32))) "type mismatch")
        (assert_malformed (module binary "\\00asm") "unexpected end")
        (assert_malformed (module quote "(func") "unexpected token")
        (assert_unlinkable (module (import "m" "none" (func))) "unknown import")
        (assert_unlinkable (module (import "m" "add" (func))) "incompatible import type")
        """
    )
    assert report.failures == []
    assert report.total == sum(report.assertions.values()) == 17
    assert report.assertions["assert_return"] == 9


MODULE = """(module (func (export "one") (result i32) (i32.const 1)) (func (export "trap") unreachable)
  (func (export "f") (param f32)) (func (export "null") (result funcref) (ref.null func)) (global (export "g") i32 (i32.const 1)))
"""


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ('(assert_return (invoke "one") (i32.const 2))', "expected"),
        ('(assert_return (invoke "one"))', "expected 0 results, got 1"),
        ('(assert_return (invoke "one") (i64.const 1))', "expected"),
        ('(assert_return (invoke "null") (ref.func))', "expected"),
        ('(assert_return (invoke "trap"))', "Trap: unreachable"),
        ('(assert_return (invoke "none"))', "no export 'none'"),
        ('(assert_return (invoke $none "one"))', "no instance $none"),
        ('(assert_return (get "one"))', "'one' is not a global"),
        ('(assert_return (invoke "g") (i32.const 1))', "'g' is not a function"),
        ('(invoke "f")', "0 arguments"),
        ('(invoke "f" (i32.const 1))', "an argument"),
        ('(assert_trap (invoke "one") "x")', 'expected "x", but nothing is wrong'),
        ('(assert_trap (invoke "trap") "integer overflow")', 'expected "integer overflow", got "unreachable"'),
        ('(assert_trap (invoke "trap") "unreachable executed")', 'expected "unreachable executed", got "unreachable"'),
        ('(assert_invalid (module) "x")', 'expected "x", but nothing is wrong'),
        ('(assert_invalid (module quote "(func") "x")', "TextError"),
        ('(assert_malformed (module (func (result i32))) "x")', "ValidationError"),
        ('(assert_unlinkable (module (func unreachable) (start 0)) "x")', "Trap"),
        ("(module (func (result i32)))", "ValidationError: type mismatch"),
        ("(module instance $i $none)", "no module definition $none"),
        ('(register "x" $none)', "no instance $none"),
    ],
)
def test_what_does_not_hold_is_reported(command: str, message: str) -> None:
    (found,) = failures(f"{MODULE}\n{command}")
    assert found.line == 4
    assert found.message.startswith(message)


def test_after_a_module_that_fails_there_is_no_instance() -> None:
    found = failures(f'{MODULE} (module (func (bad)))\n(assert_return (invoke "one") (i32.const 1))')
    assert [f.message.partition(" ")[0] for f in found] == ["TextError:", "no"]


def test_failed_commands_do_not_hide_others() -> None:
    report: Report = run_script('(assert_return (invoke "f"))' * 3)
    assert len(report.failures) == report.total == 3
