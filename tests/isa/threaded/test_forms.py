"""From an opcode to rows: what a translator of register code to something else has to know."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import sequences
from wasmvm.isa.regop.rows import BY_NAME, ROWS
from wasmvm.isa.threaded import forms
from wasmvm.isa.threaded import sequences as table


def test_every_opcode_has_its_parts() -> None:
    for number in range(forms.END):
        parts = forms.parts_of(number)
        assert 1 <= len(parts) <= 4
        assert all(forms.row_of(part) in ROWS for part in parts)
        if len(parts) == 1:
            assert parts[0].number == number
        else:
            assert forms.SEQUENCES_BY_NUMBER[number - len(forms.INSTRUCTIONS)].number == number


@pytest.mark.parametrize("number", [-1, forms.END])
def test_no_opcode(number: int) -> None:
    with pytest.raises(IndexError):
        forms.parts_of(number)


def test_operands_in_registers_are_said() -> None:
    by_name = {instruction.name: instruction for instruction in forms.INSTRUCTIONS}
    (acc, _, _) = forms.REGISTERS.values()
    assert forms.sources(BY_NAME["i32.add"]) == {}
    form = next(f for f in forms.ACCUMULATOR_FORMS if f.row.name == "i32.add" and f.operand == "b")
    assert forms.sources(form) == {"b": forms.Source(acc, previous=False)}
    previous = next(f for f in forms.PREVIOUS_FORMS if f.base == form)
    assert forms.sources(previous) == {
        "a": forms.Source(acc, previous=True),
        "b": forms.Source(acc, previous=False),
    }
    assert by_name[previous.name] is previous


def test_only_numbers_of_one_slot_are_passed_on() -> None:
    for form in forms.ACCUMULATOR_FORMS:
        operand = form.row.operand(form.operand)
        assert operand is not None
        assert operand.role == "read"
        assert operand.type in ("i32", "i64", "f32", "f64", "bits", "ref")


def test_the_file_of_sequences_is_what_the_tool_prints() -> None:
    chosen = {tuple(part.number for part in made.parts) for made in forms.SEQUENCES_BY_NUMBER}
    assert sequences.module(chosen) == Path(table.__file__).read_text()
