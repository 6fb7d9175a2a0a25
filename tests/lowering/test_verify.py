"""The verifier of register code: all that lowering makes of numbers passes, and nothing that could do harm."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from pathlib import Path

import pytest

from examples.programs import PROGRAMS
from tests.isa.regop.texts import text as text_of
from tests.wat import wat2wasm
from wasmvm.binary import decode
from wasmvm.generated import wordkinds
from wasmvm.isa.regop import rows
from wasmvm.isa.regop.row import RegOp
from wasmvm.isa.threaded import forms
from wasmvm.lowered import Lowered
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context
from wasmvm.lowering.verify import Verifier
from wasmvm.syntax import Module

MODULE = """(module
  (type $none (func)) (type $two (func (param i32 i64) (result i32))) (type $ref (func (param funcref)))
  (type $vector (func (param v128) (result v128))) (type $three (func (result i32 i32 i32)))
  (import "" "f" (func $f (type $two)))
  (func $two (type $two) i32.const 1)
  (func $none (type $none))
  (func $ref (type $ref))
  (func $vector (type $vector) local.get 0)
  (func $three (type $three) unreachable)
  (memory 1) (memory 1)
  (table 1 funcref) (table 1 externref)
  (global i32 (i32.const 1)) (global (mut i64) (i64.const 1)) (global (mut funcref) (ref.null func))
  (global (mut v128) (v128.const i64x2 0 0))
  (tag (param i32 i32)) (tag (param funcref))
  (data "x") (elem funcref))"""
TWO, NONE, REF, VECTOR, THREE = range(5)
HOSTILE = decode(wat2wasm(MODULE))
VERIFIER = Verifier(HOSTILE, True)
NUMBERS = {instruction.name: instruction.number for instruction in forms.INSTRUCTIONS}
RETURN = "return_slot 0"


def words(text: str) -> list[int]:
    """Instructions, one after the other with ``;`` between, as words."""
    found = []
    for instruction in filter(str.strip, text.split(";")):
        name, *operands = instruction.split()
        found += [NUMBERS[name], *(int(operand, 0) for operand in operands)]
    return found


def accepts(
    code: str | list[int],
    *,
    func: int = TWO,
    frame: int = 8,
    zero: tuple[int, int] = (2, 2),
    offsets: Iterable[int] = (),
    clauses: Iterable[int] = (),
) -> bool:
    code = array("i", words(code) if isinstance(code, str) else code)
    return VERIFIER.accepts(func, Lowered(code, array("i", offsets), array("i", clauses), frame, *zero))


def check_all(module: Module, accumulators: bool) -> None:
    context = Context(module, accumulators=accumulators)
    verifier = Verifier(module, accumulators)
    for index in range(len(module.funcs)):
        lowered = lower(context, index)
        assert verifier.accepts(index, lowered), f"function {index} of those defined"


@pytest.mark.parametrize("accumulators", [False, True])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_what_lowering_makes_is_accepted(program: object, accumulators: bool) -> None:
    path: Path = program.wasm  # type: ignore[attr-defined]
    check_all(decode(path.read_bytes()), accumulators)


@pytest.mark.parametrize("accumulators", [False, True])
def test_what_is_rare_is_accepted(accumulators: bool) -> None:
    text = """(module (type $t (func (param i32) (result i64 v128)))
      (import "" "h" (func $h (type $t))) (table 3 funcref) (memory 1) (memory i64 1) (data $d "abc")
      (global $g (mut v128) (v128.const i64x2 1 2)) (global $n (mut f32) (f32.const 1)) (tag $e (param i64 v128))
      (func $many (param i32 i64) (result i32 v128 i64) (local v128 f64) (local $c i32)
        (block $b (result i32 v128 i64)
          (br_table $b $b (i32.const 7) (v128.const i64x2 3 4) (i64.const 5) (local.get 0))))
      (func (export "loops") (param i32) (result i32) (local $i i32) (local $s i32)
        (loop $l
          (local.set $s (i32.add (local.get $s) (call $leaf (local.get $i))))
          (br_if $l (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0)))) (local.get $s))
      (func $leaf (param i32) (result i32) (i32.load 1 offset=8 (i64.extend_i32_u (local.get 0))))
      (func (param i32) (result i64 v128) (block $out (block $c (result i64 v128) (try_table (catch $e $c)
        (call $h (local.get 0)) (global.set $g) (drop)) (br $out)) (return)) (return_call $h (i32.const 1)))
      (func (param i32) (result i64 v128) (return_call_indirect (type $t) (local.get 0) (local.get 0)))
      (func (param v128 i32) (result v128) (select (local.get 0) (v128.const i8x16 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1)
        (local.get 1)) (local.get 0) (i8x16.shuffle 31 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14)
        (i32x4.replace_lane 3 (i32.const 4)) (i64x2.extract_lane 1) (i64x2.splat))
      (func (param i32) (memory.init $d (local.get 0) (i32.const 0) (i32.const 3)) (data.drop $d)
        (memory.copy 1 0 (i64.const 0) (local.get 0) (i32.const 9)) (drop (memory.grow 1 (i64.const 1)))
        (memory.fill (i32.const 1) (memory.size) (i32.shl (local.get 0) (i32.const 3))) (drop (table.size 0)))
      (func (param f32) (result f32) (global.set $n (f32.add (local.get 0) (global.get $n))) (global.get $n)))"""
    check_all(decode(wat2wasm(text)), accumulators)


def test_functions_with_references_are_refused() -> None:
    text = """(module (type $f (func)) (table 1 funcref) (global (mut externref) (ref.null extern)) (elem declare func 0)
      (type $s (struct (field (mut i32)))) (tag $e (param externref))
      (func) (func (param externref)) (func (result funcref) ref.null func) (func (drop (ref.func 0)))
      (func (call_ref $f (ref.func 0))) (func (param i32) (drop (table.get 0 (local.get 0))))
      (func (table.set 0 (i32.const 0) (ref.null func))) (func (call 1 (ref.null extern)))
      (func (drop (struct.new $s (i32.const 1)))) (func (global.set 0 (ref.null extern)))
      (func (drop (call 2))) (func (throw $e (ref.null extern)))
      (func (block (result exnref) (try_table (catch_all_ref 0) (call 0)) (return)) (drop)))"""
    module = decode(wat2wasm(text))
    verifier = Verifier(module, False)
    found = [verifier.accepts(i, lower(Context(module), i)) for i in range(len(module.funcs))]
    assert found == [True] + 12 * [False]


GOOD = (
    RETURN,
    "return32 7",
    "i32.add 0 0 1; return_slot 0",
    "move 7 0; return_slot 7",
    "br_if 0 3; return32 1; return32 2",
    "loop_br_if 0 -2; return32 2",
    "loop_br -1",
    "br_table 0 1 2 -4; return32 1",
    "move2 2 0 3 1; call 0 2; return_slot 2",
    "move2 2 0 3 1; call_import 0 2; return_slot 2",
    "move2 2 0 3 1; call_indirect 0 1 0 2; return_slot 2",
    "call 1 8; return32 1",
    "return_call 0 0 2",
    "global.get 5 0; global.set 1 1; return_slot 5",
    "global.get_v128 6 3; global.set_v128 6 3; return_slot 7",
    "use_memory 1; i32.load 2 0 8; use_memory_0; return_slot 2",
    "memory.init 0 0 0 0 1; memory.copy 0 0 0 1 0; data.drop 0; elem.drop 0; table.size 2 1; return_slot 2",
    "throw 0 0",
    "unreachable",
    "i32.shl_add 2 0 0 31; return_slot 2",
    "i64x2.splat 6 1; i64x2.extract_lane 7 6 1; return_slot 7",
    "copy 4 0 2; return_copy 4 1",
    "move2 3 0 4 3; return_slot 4",
)


@pytest.mark.parametrize("code", GOOD)
def test_harmless_code(code: str) -> None:
    assert accepts(code)


HARMFUL = {
    "no code": [],
    "no opcode": [-1, *words(RETURN)],
    "no opcode of this machine": [wordkinds.OPCODE_COUNT, *words(RETURN)],
    "the largest number": [2**31 - 1],
    "an instruction that is cut": words("i32.add 0 0 1")[:-1],
    "an operand that is missing": words("return32 1")[:-1],
    "a word too many": [*words(RETURN), 5],
    "falls off the end": words("i32.add 0 0 1"),
    "a call at the end": words("call 1 7"),
    "a branch at the end": words("loop_br_if 0 -2"),
    "reads below the frame": words("move 2 -1; return32 1"),
    "reads above the frame": words("move 2 8; return32 1"),
    "reads far away": words(f"move 2 {2**31 - 1}; return32 1"),
    "reads far below": words(f"move 2 {-(2**31)}; return32 1"),
    "writes below the frame": words("const32 -1 7; return32 1"),
    "writes above the frame": words("const32 8 7; return32 1"),
    "half a vector": words("v128.const 7 1 2 3 4; return32 1"),
    "half a vector read": words("global.get 7 0; i64x2.extract_lane 2 7 0; return32 1"),
    "a slot that holds nothing yet": words("move 2 3; return32 1"),
    "an own result": words("i32.add 2 2 0; return_slot 2"),
    "a slot set on one path only": words("br_if 0 4; const32 2 1; return_slot 2"),
    "a slot that the loop's callee has used": words("const32 3 1; move 4 3; call 1 2; loop_br_if 0 -7; return32 1"),
    "a slot of a callee": words("const32 3 1; call 1 2; return_slot 3"),
    "a result that is not there": words("const32 2 1; return_slot 3"),
    "copies what is not there": words("copy 4 0 3; return32 1"),
    "copies less than nothing": words("copy 4 0 -1; return32 1"),
    "copies beyond the frame": words("copy 7 0 2; return32 1"),
    "copies from beyond the frame": words("copy 2 7 2; return32 1"),
    "copies all there is": words(f"copy 2 0 {2**31 - 1}; return32 1"),
    "returns beyond the frame": words("return_copy 0 9"),
    "a branch before the code": words("loop_br_if 0 -3; return32 1"),
    "a branch past the code": words("br_if 0 3; return32 1"),
    "a branch far away": words(f"br_if 0 {2**31 - 1}; return32 1"),
    "a branch far back": words(f"loop_br_if 0 {-(2**31)}; return32 1"),
    "a branch into an instruction": words("br_if 0 2; return32 1"),
    "a branch back that is not paid for": words("br_if 0 -2; return32 1"),
    "a jump back that is not paid for": words("br -1"),
    "a jump to itself": words("return32 1; br -1"),
    "a table that is cut": words("br_table 0 1 2"),
    "a table that is cut after good labels": words("br_table 0 1 -3"),
    "a table that is cut after several": words("br_table 0 3 -3 -4 -5"),
    "a table whose index is not there": words("br_table 5 1 2 -4; return32 1"),
    "a table with less than nothing": words("br_table 0 -1; return32 1"),
    "a table with too much": words(f"br_table 0 {2**31 - 1} 1; return32 1"),
    "a table into an instruction": words("br_table 0 0 2; return32 1"),
    "a table to nowhere": words("br_table 0 0 90; return32 1"),
    "a function that there is not": words("call 5 7; return32 1"),
    "a negative function": words("call -1 7; return32 1"),
    "an import that there is not": words("call_import 6 7; return32 1"),
    "a callee with references": words("call 2 1; return32 1"),
    "a frame on the caller's": words("call 1 0; return32 1"),
    "a frame below the caller's": words("call 1 -1; return32 1"),
    "a frame above the caller's end": words("call 1 9; return32 1"),
    "arguments that are not there": words("call 0 2; return32 1"),
    "results beyond the frame": words("call 4 6; return32 1"),
    "a table that there is not": words("call_indirect 0 0 2 7; return32 1"),
    "a negative table": words("move2 2 0 3 1; call_indirect 0 1 -2 2; return_slot 2"),
    "a table of no functions": words("call_indirect 0 0 1 7; return32 1"),
    "a type that there is not": words("call_indirect 0 5 0 7; return32 1"),
    "a type with references": words("call_indirect 0 2 0 7; return32 1"),
    "arguments of a tail call that are gone": words("call 1 1; const32 2 1; return_call 0 1 2"),
    "a tail call with other results": words("return_call 1 0 0"),
    "a tail call with more arguments": words("const32 2 1; return_call 0 0 3"),
    "a tail call with fewer arguments": words("return_call 0 0 1"),
    "a global that there is not": words("global.get 2 4; return32 1"),
    "a negative global": words("global.get 2 -1; return32 1"),
    "a reference as a number": words("global.get 2 2; return32 1"),
    "a number as a reference": words("global.set 1 2; return32 1"),
    "a vector as a number": words("global.get 2 3; return32 1"),
    "a number as a vector": words("global.set_v128 0 1; return32 1"),
    "a constant that is set": words("global.set 0 0; return32 1"),
    "a memory that there is not": words("memory.size 2 2; return32 1"),
    "a negative memory": words("memory.fill 0 0 0 -1; return32 1"),
    "another memory that there is not": words("use_memory 2; use_memory_0; return32 1"),
    "data that there is not": words("memory.init 0 0 0 1 0; return32 1"),
    "elements that there are not": words("elem.drop 1; return32 1"),
    "the size of no table": words("table.size 2 2; return32 1"),
    "returns with another memory": words("use_memory 1; return32 1"),
    "calls with another memory": words("use_memory 1; call 1 7; use_memory_0; return32 1"),
    "branches with another memory": words("use_memory 1; br_if 0 2; use_memory_0; return32 1"),
    "a label with another memory": words("br_if 0 3; use_memory 1; use_memory_0; return32 1"),
    "a shift that is too far": words("i32.shl_add 2 0 0 32; return32 1"),
    "a shift that is negative": words("i32.load_shl 2 0 0 -1 0; return32 1"),
    "a lane that there is not": words("i64x2.splat 6 1; i64x2.extract_lane 2 6 2; return32 1"),
    "a negative lane": words("i64x2.splat 6 1; i8x16.extract_lane_u 2 6 -1; return32 1"),
    "lanes that there are not": words("i64x2.splat 6 1; i8x16.shuffle 6 6 6 0 0x20 0 0; return32 1"),
    "a tag that there is not": words("throw 2 0"),
    "a tag with a reference": words("throw 1 0"),
    "a payload that is not there": words("throw 0 1"),
    "a number that is called": words("call_ref 1 7; return32 1"),
    "a number that is a structure": words("struct.get32 2 1 16; return32 1"),
    "a reference to a function": words("ref.func 2 0; return32 1"),
    "elements of a table": words("table.get 2 0 0; return32 1"),
    "an element set to a number": words("table.set 0 1 0; return32 1"),
    "elements that are copied": words("table.copy 0 0 0 1 0; return32 1"),
    "the end of the machine": words("done"),
    "a frame of another instance": words("leave_instance"),
    "a function to be lowered": words("lower 0"),
    "fuel that is not metered": words("fuel 1; return32 1"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful_code(name: str) -> None:
    assert not accepts(HARMFUL[name])
    assert accepts(RETURN), "nothing is left of it"


@pytest.mark.parametrize(
    ("frame", "zero"),
    [(1, (1, 1)), (-1, (0, 0)), (2**31 - 1, (2, 2)), (8, (-1, 2)), (8, (3, 2)), (8, (2, 9)), (8, (2, 2**31 - 1)), (0, (0, 0))],
)  # fmt: skip
def test_frames_that_cannot_be(frame: int, zero: tuple[int, int]) -> None:
    assert not accepts(RETURN, frame=frame, zero=zero)


def test_zeroed_locals_are_there() -> None:
    assert not accepts("return_slot 3")
    assert accepts("return_slot 3", zero=(3, 4))


def test_more_results_than_slots() -> None:
    assert not accepts("unreachable", func=THREE, frame=2)
    assert accepts("unreachable", func=THREE, frame=3)
    assert not accepts("const32 3 1; return_slot 3", func=THREE)
    assert not accepts("return", func=THREE)
    assert accepts("return", func=THREE, zero=(0, 3))
    assert not accepts("return", func=VECTOR, zero=(0, 0), frame=1)
    assert not accepts("return", func=REF)
    for index in (-1, 5, 2**31 - 1):
        assert not accepts("return", func=index)


@pytest.mark.parametrize("type_", ["(param funcref)", "(result funcref)", "(param i32) (result i32 externref)"])
def test_functions_with_references_are_refused_whatever_they_do(type_: str) -> None:
    """Also where they give no results, so that nothing else would tell."""
    module = decode(wat2wasm(f"(module (func {type_} unreachable) (func unreachable))"))
    code = array("i", words("unreachable"))
    found = [Verifier(module, True).accepts(i, Lowered(code, array("i"), array("i"), 8, 2, 2)) for i in range(2)]
    assert found == [False, True]


def test_offsets() -> None:
    start, end = HOSTILE.code[0], HOSTILE.code[1]
    assert accepts("return_slot 0", offsets=(0, start, 0, end - 1))
    for offsets in ((0,), (0, start - 1), (0, end), (2, start), (-1, start), (1, start, 0, start), (0, -1)):
        assert not accepts("return_slot 0", offsets=offsets)


CALL = "move2 4 0 5 1; call 0 4; return_slot 4; return_slot 2"  # at 0, 5, 8 and 10


@pytest.mark.parametrize(
    ("clause", "fine"),
    [
        ((5, 8, 10, 0, 0, 2), True),
        ((5, 8, 10, -1, 0, 2), False),
        ((0, 8, 10, -1, 0, 2), False),
        ((0, 8, 10, 0, 0, 7), False),
        ((0, 8, 10, 0, 0, 2, 0, 8, 10, -1, 0, 2), False),
        ((0, 8, 10, 0, 0, 2, 0, 8, 8, 0, 0, 2), False),
        ((0, 12, 10, 0, 0, 2), True),
        ((8, 10, 10, 0, 0, 7), False),
        ((5, 8, 10, 0, 0, 7), False),
        ((5, 8, 10, 0, 0, -1), False),
        ((5, 8, 10, 0, 1, 2), False),
        ((5, 8, 10, 1, 0, 2), False),
        ((5, 8, 10, 2, 0, 2), False),
        ((5, 8, 10, -2, 0, 2), False),
        ((5, 8, 9, 0, 0, 2), False),
        ((5, 8, 12, 0, 0, 2), False),
        ((5, 8, -1, 0, 0, 2), False),
        ((6, 8, 10, 0, 0, 2), False),
        ((5, 7, 10, 0, 0, 2), False),
        ((8, 5, 10, 0, 0, 2), False),
        ((5, 13, 10, 0, 0, 2), False),
        ((-1, 8, 10, 0, 0, 2), False),
        ((5, 8, 10, 0, 0), False),
        ((5, 8, 10, 0, 0, 4), False),
    ],
)
def test_catch_clauses(clause: tuple[int, ...], fine: bool) -> None:
    assert accepts(CALL, clauses=clause) == fine


def test_what_is_caught_keeps_nothing_of_the_callee() -> None:
    code = "move2 4 0 5 1; const32 6 1; call 0 4; return_slot 4; return_slot 6"
    assert not accepts(code, clauses=(8, 11, 13, -1, 0, 0))
    assert accepts(code.replace("return_slot 6", "return_slot 1"), clauses=(8, 11, 13, -1, 0, 0))


def test_what_is_not_caught_finds_all_as_it_was() -> None:
    """Below the callee's frame; a catch clause says nothing about what comes after a call that returns."""
    code = "const32 2 1; move2 4 0 5 1; call 0 4; i32.add 4 4 2; return_slot {}; return_slot 2"
    clauses = (8, 11, 17, 0, 0, 2)
    assert accepts(code.format(4), clauses=clauses)
    assert accepts(code.format(2), clauses=clauses)
    assert not accepts(code.format(3), clauses=clauses), "where the payload goes if it is caught"
    twice = "move2 4 0 5 1; const32 2 1; call 0 4; const32 3 1; call 1 4; i32.add 2 2 3; return_slot 2; return_slot 3"
    assert accepts(twice, clauses=(0, 17, 23, 0, 0, 2))
    assert not accepts(twice, clauses=(0, 17, 23, -1, 0, 0)), "slot 3 is not set yet where the first call throws"


def test_each_clause_leads_to_its_own_target() -> None:
    """The first one here to what reads its payload, the second to what reads only parameters, from slots of their own."""
    code = "call 1 6; return32 1; return_slot 2; return_slot 4; return_slot 0"  # at 0, 3, 5, 7 and 9
    good = [(0, 3, 5, 0, 0, 2), (0, 3, 7, 0, 0, 4), (0, 3, 9, -1, 0, 0)]
    for one in good:
        assert accepts(code, clauses=one)
        for other in good:
            assert accepts(code, clauses=(*one, *other))
    assert accepts(code, clauses=[word for clause in good for word in clause])
    for at, target in ((0, 7), (1, 5)):
        wrong = [list(clause) for clause in good]
        wrong[at][2] = target
        assert not accepts(code, clauses=wrong[at]), "its payload goes elsewhere"
        assert not accepts(code, clauses=[word for clause in wrong for word in clause])
    assert not accepts(code, clauses=(0, 3, 5, -1, 0, 0)), "without a payload"


@pytest.mark.parametrize("covered", [(0, 3), (0, 10), (3, 3), (3, 6), (6, 9), (3, 9)])
def test_clauses_hold_for_what_they_cover(covered: tuple[int, int]) -> None:
    """What is gone to if a call throws must hold for the calls in the range, and for no others."""
    code = "call 1 6; call 1 6; call 1 6; return32 1; return_slot 4"  # at 0, 3, 6, 9 and 11
    start, end = covered
    if end == 10:
        end = 9
    assert accepts(code, clauses=(start, end, 11, 0, 0, 4))
    assert accepts(code, clauses=(start, end, 11, 0, 0, 3))
    assert accepts(code, clauses=(start, end, 11, -1, 0, 0)) == (start == end), "then nothing leads there"
    later = "call 1 6; const32 4 1; call 1 6; return32 1; return_slot 4"  # at 0, 3, 6, 9 and 11
    assert accepts(later, clauses=(start, end, 11, -1, 0, 0)) == (start >= 3)


@pytest.mark.parametrize("base", [3, 63, 64, 65, 127, 128, 129, 199])
def test_a_callee_leaves_what_is_below_its_frame(base: int) -> None:
    """Where slots are in one word of bits with the beginning of its frame, and where in another."""
    for slot in {2, base - 1, base, base + 1, 62, 63, 64, 65, 126, 127, 128, 129, 191, 192, 199}:
        if slot < 200:
            code = f"const32 {slot} 1; call 1 {base}; return_slot {slot}"
            assert accepts(code, frame=200) == (slot < base), slot
            caught = f"const32 {slot} 1; call 1 {base}; return32 1; return_slot {slot}"
            assert accepts(caught, frame=200, clauses=(3, 6, 8, -1, 0, 0)) == (slot < base), slot


@pytest.mark.parametrize("slot", [62, 63, 64, 65, 127, 128])
def test_slots_of_large_frames(slot: int) -> None:
    assert accepts(f"const32 {slot} 1; return_slot {slot}", frame=slot + 1)
    assert not accepts(f"const32 {slot} 1; return_slot {slot}", frame=slot)
    for other in (slot - 1, slot + 1, slot - 64, slot + 64):
        if other >= 2:
            assert not accepts(f"const32 {slot} 1; return_slot {other}", frame=300), other
    join = f"br_if 0 4; const32 {slot} 1; return_slot {slot}"
    assert not accepts(join, frame=300)
    assert accepts(f"const32 {slot} 1; {join}", frame=300)


def test_labels_know_nothing_of_other_functions() -> None:
    """In large frames and with many labels, in a verifier that is new and in one that has seen others."""
    clean = words("const32 150 1; " + "br_if 0 1; " * 9 + "return_slot 150")
    other = words("const32 2 1; " + "br_if 0 1; " * 9 + "return_slot 2")
    verifier = Verifier(HOSTILE, True)
    for code in (clean, other, clean):
        assert verifier.accepts(TWO, Lowered(array("i", code), array("i"), array("i"), 200, 2, 2))


def test_one_function_at_a_time() -> None:
    """What is asked of an object may run anything, and that may want a function verified, too."""
    inside: list[bool] = []

    class Meddling:
        def __init__(self, error: Exception | None = None) -> None:
            self.error = error

        def __getattr__(self, name: str) -> object:
            good = Lowered(array("i", words(RETURN)), array("i"), array("i"), 8, 2, 2)
            if name in ("code", "offsets") and verifying:
                inside.append(VERIFIER.accepts(TWO, good))
                if self.error:
                    raise self.error
            return getattr(good, name)

    verifying = True
    assert VERIFIER.accepts(TWO, Meddling())  # type: ignore[arg-type]
    assert inside
    assert inside[-1] is False
    with pytest.raises(KeyError):
        VERIFIER.accepts(TWO, Meddling(KeyError()))  # type: ignore[arg-type]
    verifying = False
    assert accepts(RETURN)
    assert Verifier(HOSTILE, True).accepts(TWO, Lowered(array("i", words(RETURN)), array("i"), array("i"), 8, 2, 2))


def plain_words(row: int) -> list[int] | None:
    """The words of an instruction after its opcode, all in order; None if it has a rule of its own, or leads elsewhere."""
    kinds = wordkinds.KINDS[wordkinds.STRIDE * row :][: wordkinds.LENGTH[row] - 1]
    if wordkinds.RULE[row] != wordkinds.RULE_PLAIN or {wordkinds.WORD_LABEL, wordkinds.WORD_LOOP_LABEL} & set(kinds):
        return None
    return [2 if kind in (wordkinds.WORD_WRITE, wordkinds.WORD_WRITE_V128) else 0 for kind in kinds]


def test_each_sequence_stands_before_its_parts() -> None:
    """Whatever the sequence is, from the first to the last: all parts must follow it, in their order."""
    seen = set()
    stop = words("unreachable")
    for op in range(wordkinds.SEQUENCES_FROM, wordkinds.OPCODE_COUNT):
        at = wordkinds.MAX_FOLLOWING * (op - wordkinds.SEQUENCES_FROM)
        following = [row for row in wordkinds.FOLLOWING[at : at + wordkinds.MAX_FOLLOWING] if row != wordkinds.NO_ROW]
        parts = [plain_words(row) for row in (wordkinds.ROW[op], *following)]
        assert following
        if None in parts:
            continue
        first, *rest = [part for part in parts if part is not None]
        whole = [[op, *first], *([row, *part] for row, part in zip(following, rest, strict=True))]
        assert accepts([word for part in whole for word in part] + stop), op
        for cut in range(1, len(whole)):
            changed = [*whole[:cut], stop, *whole[cut + 1 :]]
            assert not accepts([word for part in changed for word in part] + stop), op
            assert not accepts([word for part in whole[:cut] for word in part] + stop), op
        seen.add((len(whole), op))
    assert {length for length, _ in seen} >= {2, 3}
    assert (2, wordkinds.SEQUENCES_FROM) in seen


def test_sequences_stand_before_their_parts() -> None:
    made = next(f for f in forms.SEQUENCES_BY_NUMBER if [part.name for part in f.parts] == ["move", "i32.add"])
    assert accepts([made.number, 2, 0, *words("i32.add 3 2 0; return_slot 3")])
    assert not accepts([made.number, 2, 0, *words("i32.sub 3 2 0; return_slot 3")])
    assert not accepts([made.number, 2, 0, *words("return_slot 2")])
    code = array("i", [made.number, 2, 0, *words("i32.add 3 2 0; return_slot 3")])
    assert not Verifier(HOSTILE, False).accepts(TWO, Lowered(code, array("i"), array("i"), 8, 2, 2))


def test_forms_that_read_registers_are_what_they_are_made_of() -> None:
    assert accepts("i32.add_acc_i_a 2 0 1; return_slot 2")
    assert not accepts("i32.add_acc_i_a 2 0 9; return_slot 2")
    assert not accepts("i32.add_acc_i_a 9 0 1; return_slot 0")


def test_code_that_would_take_long_is_refused() -> None:
    branches = 2000
    code = [word for i in range(branches) for word in (NUMBERS["br_if"], 0, 3 * (branches - i) - 2)]
    assert accepts(code + words(f"pay 1; {RETURN}"))
    labels = [word for _ in range(branches) for word in words("br_if 0 1")]
    assert accepts(labels + words(f"pay 1; {RETURN}"))
    assert not accepts(labels + words(f"pay 1; {RETURN}"), frame=1 << 16), "what is known of 2^16 slots at 2000 labels"
    assert not accepts(RETURN, frame=(1 << 16) + 1)
    assert accepts("copy 0 0 2000; return_slot 0", frame=5000, zero=(0, 5000))
    assert not accepts("copy 0 0 2001; return_slot 0", frame=5000, zero=(0, 5000))
    assert not accepts("return_copy 0 2001", frame=5000, zero=(0, 5000))


def test_clauses_cost_what_they_take_to_look_at() -> None:
    """Every call looks at all of them: so many are fine in a function of this length, and far more are not."""
    code = "call 1 7; " * 100 + "return32 1; return32 2"
    for count, fine in ((1, True), (150, True), (400, True), (3000, False)):
        for covered in ((0, 300), (0, 0)):  # those that do not cover a call are passed over, which is half the work
            clauses = (*covered, 302, -1, 0, 0) * (count if covered[1] else 2 * count)
            assert accepts(code, clauses=clauses) == fine, count


def test_long_code_pays_on_its_way() -> None:
    run, end = "move 2 0; " * 2700, "pay 1; " + RETURN
    assert accepts(run + end)
    assert not accepts(run + run + end)
    assert accepts(run + "pay 3; " + run + end)
    assert not accepts(run + "pay 0; " + run + end)
    assert not accepts(run + "pay -1; " + run + end)
    assert accepts(run + "call 1 7; " + run + end)
    assert not accepts(run + "loop_br_if 0 -2; " + run + end), "which may not be taken"
    skipped = words(run)
    over = [NUMBERS["br_if"], 0, len(skipped) + 1, *skipped]
    assert accepts(over + words(end))
    assert not accepts(over + skipped + words(end)), "whoever is not led there by the branch has run more"
    assert not accepts(skipped + over + words(end))
    assert accepts(skipped + words("pay 1") + over + words(end))
    assert not accepts(
        [*words(run), NUMBERS["br_if"], 0, len(skipped) + 3, *skipped, *words("pay 1"), *words(run + end)]
    )
    assert accepts([*words(run), NUMBERS["br_if"], 0, 3, *words("pay 1; pay 1; " + run[:9000] + end)])


def test_little_is_done_before_a_return() -> None:
    """A deep recursion comes back through all of its frames without a call, so that nothing else pays there."""
    run = "move 2 0; " * 340
    assert accepts(run + RETURN)
    assert accepts("call 1 7; " + run + RETURN)
    assert not accepts("call 1 7; " + run + "move 2 0; " * 4 + RETURN)
    assert accepts("call 1 7; " + run + "pay 1; " + run + RETURN)


def test_a_loop_inside_of_loops_is_looked_at_again() -> None:
    """What the innermost loop takes away is missing at the beginning of the outer ones."""
    code = "const32 5 1; " + "move 6 5; " * 3 + "call 1 4; loop_br_if 0 -2; loop_br_if 0 -{}; return32 1"
    for distance, fine in ((5, True), (8, True), (11, False), (14, False), (17, False), (20, True)):
        assert accepts(code.format(distance)) == fine


WITH_INDICES = frozenset(
    "memory.size memory.grow memory.fill memory.copy memory.init data.drop elem.drop table.size".split()
)
WAITING = frozenset("memory.atomic.wait32 memory.atomic.wait64 memory.atomic.notify".split())
"""Plain instructions that look at the memory in use itself, which is there whatever the code says."""
"""Plain instructions that touch more than the memory in use, by an index that is checked."""


@pytest.mark.parametrize("row", rows.ROWS, ids=lambda row: row.name)
def test_what_touches_more_than_numbers_is_known_or_refused(row: RegOp) -> None:
    """The other way round than the tables are made: by what the machine could do wrong."""
    rule = wordkinds.RULE[row.number]
    text = text_of(row)
    dangerous = ("{inst}", "machine.", "heap", ".ptr", "object_t", "_t*>", "frame", "EXIT_LOWER", "is_of_heaptype",
                 "{callee}", "{table}", "{base}")  # fmt: skip
    if rule == wordkinds.RULE_PLAIN and row.name not in WITH_INDICES:
        assert row.touches is not None and row.touches <= {"memory"}
        text = text.replace("memory_in_use({inst}, machine.now.other_mem)", "") if row.name in WAITING else text
        text = text.replace("<uint8_t*>&.waiting", "")
        assert not any(word in text.replace("<uint8_t*>&fp", "").replace("<const uint8_t*>&", "") for word in dangerous)
    if rule in (wordkinds.RULE_PLAIN, wordkinds.RULE_BR):
        kinds = wordkinds.KINDS[8 * row.number : 8 * row.number + row.length - 1]
        assert len(kinds) == row.length - 1
        assert all(kinds)
        assert not wordkinds.KINDS[8 * row.number + row.length - 1]
        assert ("fp[{d}" not in text) or any(
            kind in (wordkinds.WORD_WRITE, wordkinds.WORD_WRITE_V128) for kind in kinds
        )
