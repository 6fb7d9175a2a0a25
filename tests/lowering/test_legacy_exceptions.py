"""Legacy exception handling in lowered code: which clauses there are, in which order, and that a try executes nothing."""

from __future__ import annotations

import pytest

from tests.fuzz.legacy import program
from tests.lowering.test_unpaid import MAX_UNPAID, ONE_INSTRUCTION, unpaid
from wasmvm.binary import decode
from wasmvm.generated.forms import NAMES
from wasmvm.lowered import (
    CAUGHT_BY_ANY,
    CLAUSE_END,
    CLAUSE_REF,
    CLAUSE_SLOT,
    CLAUSE_START,
    CLAUSE_TAG,
    CLAUSE_TARGET,
    CLAUSE_WORDS,
    DELEGATES,
    REF_FIRST,
    REF_LAST,
    Lowered,
)
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context
from wasmvm.lowering.disasm import disassemble, instruction
from wasmvm.lowering.verify import Verifier
from wasmvm.text import wat2wasm

HEAD = "(module (tag $e) (tag $i (param i32)) (tag $v (param v128 i64)) (func $f)"


def lowered(body: str, accumulators: bool = False) -> Lowered:
    module = decode(wat2wasm(f"{HEAD} (func {body}))"))
    return lower(Context(module, accumulators=accumulators), 1)


def clauses(made: Lowered) -> list[list[int]]:
    return [list(made.clauses[i : i + CLAUSE_WORDS]) for i in range(0, len(made.clauses), CLAUSE_WORDS)]


def names(made: Lowered) -> list[str]:
    found, position = [], 0
    while position < len(made.code):
        text, length = instruction(made.code, position)
        found.append(text.split()[0])
        position += length
    return found


def test_entering_and_leaving_executes_nothing() -> None:
    assert names(lowered("call $f")) == ["call", "return"]
    for body in ("try call $f end", "try call $f delegate 0", "try try call $f delegate 0 end"):
        assert names(lowered(body)) == ["call", "return"], body
    assert names(lowered("try call $f catch $e end")) == ["call", "br", "return"]
    assert names(lowered("try call $f catch $e call $f catch_all end")) == ["call", "br", "call", "br", "return"]
    body = "(local i32) local.get 0 i32.eqz if i32.const 1 local.set 0 end"
    assert lowered(body).code == lowered(f"{body[:11]} try {body[11:]} delegate 0").code


def test_a_try_without_handlers_has_no_clause() -> None:
    assert clauses(lowered("try call $f end")) == []
    assert clauses(lowered("unreachable try call $f catch_all end")) == [], "nor one that is never reached"


def test_clauses_of_one_try_stand_in_their_order_and_cover_its_body() -> None:
    made = lowered("call $f try call $f catch $e call $f catch $i drop catch_all end call $f")
    found = clauses(made)
    assert [clause[CLAUSE_TAG] for clause in found] == [0, 1, CAUGHT_BY_ANY]
    assert {(clause[CLAUSE_START], clause[CLAUSE_END]) for clause in found} == {(3, 6)}
    assert [clause[CLAUSE_REF] for clause in found] == [0, 0, 0]
    targets = [clause[CLAUSE_TARGET] for clause in found]
    assert targets == sorted(set(targets)) and targets[0] > 6


def test_clauses_of_inner_blocks_come_first_of_either_kind() -> None:
    made = lowered("""
      block $h try_table (catch $e $h)
        try
          try_table (catch_all $h) call $f end
        catch $i drop
          try call $f catch $v drop drop end
        end
      end end""")
    found = clauses(made)
    assert [clause[CLAUSE_TAG] for clause in found] == [CAUGHT_BY_ANY, 1, 2, 0]
    inner, middle, handler, outer = [(clause[CLAUSE_START], clause[CLAUSE_END]) for clause in found]
    assert outer[0] <= middle[0] <= inner[0] < inner[1] <= middle[1] < handler[0] < handler[1] <= outer[1]


def test_what_delegates_passes_by_the_clauses_inside_of_its_label() -> None:
    made = lowered(
        """
      try $a
        try
          try_table (catch $i 1)
            try call $f delegate $a
          end
          unreachable
        catch $v drop drop
        end
      catch $e
      end""".replace("(catch $i 1)", "")
    )
    found = clauses(made)
    assert [clause[CLAUSE_TAG] for clause in found] == [DELEGATES, 2, 0]
    assert found[0][CLAUSE_TARGET] == 2
    made = lowered("try try call $f delegate 1 catch $e catch_all end")
    assert [clause[CLAUSE_TAG] for clause in clauses(made)] == [DELEGATES, 0, CAUGHT_BY_ANY]
    assert clauses(made)[0][CLAUSE_TARGET] == 3, "to the caller"


def test_only_a_handler_with_rethrow_has_the_exception() -> None:
    made = lowered(
        "(param i32) (local i64) i32.const 7 try call $f catch $i drop catch $v drop drop rethrow 0 end drop"
    )
    one, two = clauses(made)
    assert (one[CLAUSE_REF], one[CLAUSE_SLOT]) == (0, 4), (
        "above a slot that nothing is in, the parameters and an operand"
    )
    assert (two[CLAUSE_REF], two[CLAUSE_SLOT]) == (REF_FIRST, 3)
    assert "throw_ref" in names(made)
    assert made.frame_size >= 3 + 1 + 3
    outer = clauses(lowered("try call $f catch_all try call $f catch_all rethrow 1 end end"))
    assert [clause[CLAUSE_REF] for clause in outer] == [REF_FIRST, 0]


def test_a_clause_of_try_table_has_its_reference_last() -> None:
    made = lowered("block $h (result i32 exnref) try_table (catch_ref $i $h) call $f end return end drop drop")
    assert [clause[CLAUSE_REF] for clause in clauses(made)] == [REF_LAST]


def test_the_listing_says_what_a_clause_does() -> None:
    module = decode(wat2wasm(f"{HEAD} (func try try call $f delegate 1 catch_all rethrow 0 end))"))
    listing = disassemble(module, 1)
    assert "clause 0 delegates to clause 2" in listing
    assert "catch, after its reference, all -> " in listing


@pytest.mark.parametrize("accumulators", [False, True])
def test_code_without_rethrow_can_be_kept(accumulators: bool) -> None:
    body = """(param i32) (result i32) (local i64)
      local.get 0
      try (result i32)
        try call $f i32.const 3 local.set 0 delegate 0
        try call $f delegate 1
        local.get 0
      catch $i
        i32.const 1 i32.add
      catch $v
        local.set 1 drop local.get 1 i32.wrap_i64
      catch_all
        local.get 0 br_if 0 (drop) i32.const 9
      end
      i32.sub""".replace("local.get 0 br_if 0 (drop)", "i32.const 2 local.get 0 br_if 0 drop")
    text = f"{HEAD} (func {body}))"
    module = decode(wat2wasm(text))
    made = lower(Context(module, accumulators=accumulators), 1)
    verifier = Verifier(module, accumulators)
    assert verifier.accepts(1, made)
    assert any(clause[CLAUSE_TAG] == DELEGATES for clause in clauses(made))
    with_rethrow = decode(wat2wasm(text.replace("i32.const 9", "rethrow 0")))
    made = lower(Context(with_rethrow, accumulators=accumulators), 1)
    assert not Verifier(with_rethrow, accumulators).accepts(1, made), "it works on a reference"


def test_changed_clauses_are_refused_or_mean_what_is_safe() -> None:
    """Each word of the clauses, set to numbers of all kinds: a search that does not end, or a place outside, is refused."""
    module = decode(wat2wasm(f"{HEAD} (func try try call $f delegate 1 try call $f delegate 0 catch $e end))"))
    made = lower(Context(module), 1)
    verifier = Verifier(module, False)
    assert verifier.accepts(1, made)
    count = len(made.clauses) // CLAUSE_WORDS
    assert count == 3
    for i in range(count):
        tag = made.clauses[CLAUSE_WORDS * i + CLAUSE_TAG]
        for target in (-1, 0, 1, 2, 3, 4, 1 << 30, -(1 << 31)):
            words = made.clauses[:]
            words[CLAUSE_WORDS * i + CLAUSE_TARGET] = target
            if tag == DELEGATES:
                assert verifier.accepts(1, made._replace(clauses=words)) == (i < target <= count), (i, target)
        for word, value in (
            (CLAUSE_REF, 1),
            (CLAUSE_REF, 2),
            (CLAUSE_TAG, -3),
            (CLAUSE_END, 1 << 20),
            (CLAUSE_START, -1),
        ):
            words = made.clauses[:]
            words[CLAUSE_WORDS * i + word] = value
            assert not verifier.accepts(1, made._replace(clauses=words)), (i, word, value)


def test_no_way_is_long_without_paying() -> None:
    for seed in range(12):
        assert unpaid(wat2wasm(program(seed))) <= MAX_UNPAID + ONE_INSTRUCTION, seed
    plain = "(local.set 0 (i32.mul (local.get 0) (i32.const 3)))" * 150
    text = f"(module (tag $e) (func (param i32) {f'(try (do {plain} (throw $e)) (catch_all {plain}))' * 20}))"
    assert unpaid(wat2wasm(text)) <= MAX_UNPAID + ONE_INSTRUCTION


def test_many_delegates_make_code_in_proportion() -> None:
    """A clause for each, however many handlers it passes by."""
    depth = 300
    text = f"{HEAD} (func {'try ' * depth} {'try call $f delegate 299 ' * 300} {'catch $e end ' * depth}))"
    made = lower(Context(decode(wat2wasm(text))), 1)
    assert len(clauses(made)) == depth + 300
    assert len(made.code) < 20 * depth + 300 * 10


def test_results_of_a_handler_go_down_to_those_of_the_body() -> None:
    """The slot for the exception is below them: a vector by one slot, many by one instruction."""
    made = lowered("""(result v128 i64)
      try (result v128 i64) v128.const i32x4 1 2 3 4 i64.const 5 catch $v rethrow 0 catch_all unreachable end""")
    assert "move_v128" not in names(made)
    made = lowered("(result v128 i64) try (result v128 i64) call $f unreachable catch $v end")
    assert [name for name in names(made) if name.startswith(("move", "copy"))] != []
    many = " ".join(["i32"] * 40)
    made = lowered(f"(result {many}) try (result {many}) call $f unreachable catch_all {'i32.const 1 ' * 40} end")
    assert "copy" in names(made)


def test_names_of_rows() -> None:
    """No instruction of the machine's own: what there is for try_table is enough."""
    assert not {name for name in NAMES if name.startswith(("try", "catch", "delegate", "rethrow"))}
