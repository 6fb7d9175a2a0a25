"""Every WebAssembly instruction is served, and what lowering must know of control and fuel follows from who serves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.machine.driver import test_pieces
from wasmvm.generated import forms, regopcode
from wasmvm.isa import wasm
from wasmvm.isa.regop import rows, serving
from wasmvm.isa.regop.rows import ROWS

PIECES = Path(wasm.__file__).parent.parent / "machine/driver/pieces.pxi"


def test_every_instruction_is_served() -> None:
    for row in wasm.ROWS:
        assert serving.rows_for(row.mnemonic) or row.mnemonic in serving.WRITE_NOTHING or forms.SHAPE[row.code] == 1


def test_every_row_serves_or_is_the_machine_s_own() -> None:
    own = {row.name for row in ROWS if not all(mnemonic in wasm.BY_MNEMONIC for mnemonic in row.mnemonics)}
    assert own == {
        "use_memory", "use_memory_0", "leave_instance", "fuel", "fuel_bulk", "pay", "lower", "done",
    }  # fmt: skip


def test_an_instruction_that_nobody_serves_is_found() -> None:
    with pytest.raises(ValueError, match="which register instruction serves it"):
        serving.rows_for("i32.forgotten")


def test_where_control_may_come_and_go() -> None:
    """The list that lowering once kept by hand: all instructions of blocks, branches, calls and exceptions."""
    leaving = {row.mnemonic for row in wasm.ROWS if forms.FLOW[row.code] & regopcode.FLOW_LEAVES}
    assert leaving == {
        "unreachable", "loop", "if", "else", "end", "try_table", "throw", "throw_ref", "br", "br_if", "br_table",
        "return", "call", "call_indirect", "call_ref", "return_call", "return_call_indirect", "return_call_ref",
        "br_on_null", "br_on_non_null", "br_on_cast", "br_on_cast_fail", "try", "catch", "catch_all", "delegate", "rethrow",
        "br_on_cast_desc_eq", "br_on_cast_desc_eq_fail",
    }  # fmt: skip


def test_what_costs_nothing() -> None:
    free = {row.mnemonic for row in wasm.ROWS if forms.FLOW[row.code] & regopcode.FLOW_FREE}
    assert free == serving.COST_NOTHING <= set(wasm.BY_MNEMONIC)


def test_bulk_instructions_are_charged_done_in_pieces_and_tried() -> None:
    """A row that pays by its size costs fuel by its size, the driver knows it, and `test_pieces` has one of its kind."""
    bulk = {row.name for row in ROWS if row.bulk is not None}
    assert bulk == {row.mnemonic for row in wasm.ROWS if forms.FLOW[row.code] & regopcode.FLOW_BULK}
    move = PIECES.read_text().partition("cdef int bulk_move")[2].partition("\ncdef ")[0]
    assert set(re.findall(r"op == (R_\w+)", move)) == {rows.BY_NAME[name].enum_name for name in bulk}
    assert {name.replace(".", "_") for name in bulk} <= set(test_pieces.BULK)


def test_what_takes_long_by_a_count_is_a_bulk_instruction() -> None:
    """Rows that call a function with the value of an operand as its count, and those of several operands in a row."""
    for row in ROWS:
        counted = row.raises and any(
            operand.type in ("i32", "i64") and operand.role == "read" for operand in row.operands
        )
        whole = row.raises and not counted and row.operand("d") is None
        assert bool(counted or whole) == (row.bulk is not None), row.name


def test_rows_of_a_kind_follow_each_other_by_width() -> None:
    """Lowering adds the logarithm of a field's size to the first row of a kind."""
    for mnemonic, first in (
        ("struct.get_u", "struct.get8_u"),
        ("struct.get_s", "struct.get8_s"),
        ("struct.set", "struct.set8"),
        ("array.get_u", "array.get8_u"),
        ("array.get_s", "array.get8_s"),
        ("array.set", "array.set8"),
    ):
        found = serving.rows_for(mnemonic)
        assert found[0].name == first
        assert [row.number for row in found] == [found[0].number + i for i in range(len(found))]
        assert [row.access.width for row in found if row.access is not None] == [1, 2, 4, 8, 16][: len(found)]
