"""What lowering makes of a few idioms: snapshots, few on purpose, of what the design promises."""

from __future__ import annotations

import pytest

import wasmvm
from tests.wat import wat2wasm
from wasmvm.binary import decode
from wasmvm.lowering.disasm import disassemble

IDIOMS = {
    "locals are operands, results are returned in place": (
        "(func (param i32 i32) (result i32) local.get 0  local.get 1  i32.add)",
        ["i32.add s0, s0, s1", "return"],
    ),
    "a result goes straight to its local, a constant into the instruction": (
        "(func (param i32) (local i32) local.get 0  i32.const 3  i32.mul  local.set 1)",
        ["i32.mul_rk s1, s0, #3", "return"],
    ),
    "an older value is saved once, before the local changes": (
        "(func (param i32 i32) (result i32) local.get 0  local.get 0  local.get 1  local.set 0  i32.sub"
        "  local.get 0  i32.add)",
        ["move s3, s0", "move s2, s0", "move s0, s1", "i32.sub s2, s2, s3", "i32.add s0, s2, s0", "return"],
    ),
    "a comparison and its branch are one": (
        "(func (param i32 i32) (result i32) local.get 0  local.get 1  i32.lt_s  if  i32.const 1  return  end"
        "  i32.const 2)",
        ["br_if_i32.ge_s s0, s1, -> 6", "return32 #1", "return32 #2"],
    ),
    "a constant address is in the offset": (
        "(memory 1) (func (param i32) i32.const 8  local.get 0  i32.store offset=4)",
        ["i32.store_k +12, s0", "return"],
    ),
    "another memory is named once for all that use it in a row, and memory 0 again before what jumps": (
        "(memory 1) (memory 1) (func (param i32) (result i32) local.get 0  i32.load 1  local.get 0  i32.load 1 offset=4"
        "  i32.add  i32.load offset=8  local.get 0  i32.load 1  br_if 0  drop  i32.const 1)",
        [
            "use_memory 1", "i32.load s1, s0, +0", "i32.load s2, s0, +4", "i32.add s1, s1, s2", "use_memory_0",
            "i32.load s1, s1, +8", "use_memory 1", "i32.load s2, s0, +0", "use_memory_0", "br_unless s2, -> 32",
            "return_copy s1, 1", "return32 #1",
        ],
    ),
    "addresses of 64 bits have a form of their own, but for constant ones that are small": (
        "(memory i64 1) (func (param i64) (result i32) local.get 0  i64.const 8  i32.load offset=4"
        "  i32.store8 offset=0x100000001  i64.const 0x1_0000_0000  i32.load)",
        ["i32.load_k s2, +12", "i32.store8_wide s0, #0x100000001, s2", "const64 s1, #0x100000000",
         "i32.load_wide s0, s1, #0x0", "return"],
    ),
    "arguments are put where the callee's frame begins": (
        "(func $f (param i32 i32) (result i32) local.get 1  local.get 0  i32.const 7  call $f  i32.add)",
        ["move s3, s0", "const32 s4, #7", "call 0, s3", "i32.add s0, s1, s3", "return"],
    ),
    "a branch that moves nothing needs no stub": (
        "(func (param i32) (result i32) block  block  local.get 0  br_table 0 1 0  end  i32.const 3  return  end"
        "  i32.const 4)",
        ["br_table s0, 2, -> 6, -> 8, -> 6", "return32 #3", "return32 #4"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("idiom", IDIOMS)
def test_idiom(idiom: str) -> None:
    text, expected = IDIOMS[idiom]
    lines = disassemble(decode(wat2wasm(f"(module {text})")), 0).splitlines()[1:]
    assert [line.partition("  ;")[0][9:] for line in lines] == expected


def test_a_shift_that_is_kept_is_not_taken_into_the_sum() -> None:
    """Its result is in a local that lives on; once the sum was lost with it."""
    text = """(module (func (export "f") (param i32 i32) (result i32)
      (i32.add (i32.mul (local.get 0) (i32.const 3)) (local.tee 1 (i32.shl (local.get 0) (i32.const 2)))))
     (func (export "g") (param i32 i32) (result i32)
      (i32.sub (i32.add (i32.mul (local.get 0) (i32.const 3)) (local.tee 1 (i32.shl (local.get 0) (i32.const 2))))
       (local.get 1))))"""
    exports = wasmvm.instantiate(wat2wasm(text)).exports
    assert exports.f(5, 0) == 35
    assert exports.g(5, 0) == 15
