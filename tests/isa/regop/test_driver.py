"""What the driver knows of register instructions without asking their rows, is so."""

from __future__ import annotations

import re
from pathlib import Path

from wasmvm.isa.regop import arm
from wasmvm.isa.regop.rows import ROWS
from wasmvm.isa.threaded import forms

PACKAGE = Path(arm.__file__).parent.parent.parent
MACHINE = "\n".join(path.read_text() for path in sorted((PACKAGE / "machine").rglob("*.pxi")))


def function(name: str) -> str:
    """The text of a function of the machine, without its first line."""
    found = re.search(rf"^( *)cdef [\w*]+ {name}\(.*:\n((?:\1 +.*\n|\n)*)", MACHINE, re.MULTILINE)
    assert found, name
    return found[2]


def test_lengths() -> None:
    text = (PACKAGE / "generated/rowlength.pxd").read_text()
    lengths = [int(word) for word in re.findall(r"\d+(?=,)", text)]
    assert lengths == [row.length for row in ROWS]


def test_what_spares_the_frame_when_it_collects_is_the_second_operand() -> None:
    allocating = [row for row in ROWS if "EXIT_COLLECT" in arm.reasons(row)]
    assert {row.position("s") for row in allocating} == {2}
    assert all(row.position("d") == 1 for row in allocating)


def test_the_element_that_a_call_has_looked_up_is_its_first_operand() -> None:
    looking = [row for row in ROWS if arm.reasons(row) & {"TRAP_UNDEFINED_ELEMENT", "TRAP_UNINITIALIZED_ELEMENT"}]
    assert looking
    assert {(row.operands[0].letter, row.operands[0].type) for row in looking} == {("a", "elemaddr")}


def test_tail_calls_of_host_functions_return_from_their_caller() -> None:
    tail_calls = {row.enum_name for row in ROWS if row.control == "tail_call" and "EXIT_HOST" in arm.reasons(row)}
    body = function("after_call").partition("return return_code")[0]
    assert set(re.findall(r"R_\w+", body)) == tail_calls


def test_growing_is_done_where_its_operands_are() -> None:
    """memory.grow and table.grow leave their operands to the driver, which reads these words."""
    for name, words in (("grow_memory", {"x": 3, "a": 2, "d": 1}), ("grow_table", {"x": 4, "b": 3, "a": 2, "d": 1})):
        kind = name.partition("_")[2]
        (row,) = (row for row in ROWS if f"EXIT_{kind.upper()}_GROW" in arm.reasons(row))
        assert {letter: row.position(letter) for letter in words} == words
        assert set(map(int, re.findall(r"pc\[(\d)\]", function(name)))) - {0} == set(words.values())


def test_the_driver_finds_rows_where_it_asks_for_their_length() -> None:
    """No form of these instructions has a number of its own, and no sequence begins with one."""
    asked = {"EXIT_HOST", "EXIT_MEMORY_GROW", "EXIT_TABLE_GROW"}
    assert any(arm.reasons(row) & asked for row in ROWS)
    for instruction in forms.INSTRUCTIONS:
        assert instruction.number < len(ROWS) or not arm.reasons(forms.row_of(instruction)) & asked
    for sequence in forms.SEQUENCES_BY_NUMBER:
        assert not arm.reasons(forms.row_of(sequence.parts[0])) & asked
