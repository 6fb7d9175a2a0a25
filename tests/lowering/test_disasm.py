"""Register code as text: how each kind of operand is shown."""

from __future__ import annotations

import pytest

from wasmvm.isa.regop.row import Operand, RegOp
from wasmvm.isa.regop.rows import BY_NAME, ROWS
from wasmvm.lowering.disasm import instruction


def shown(operand: Operand, place: int, words: list[int]) -> str:
    """What stands for an operand whose first word is at `place`."""
    value = words[place]
    if operand.role in ("read", "written", "base"):
        return f"s{value}"
    if operand.role == "label":
        return f"-> {place + value}"
    if operand.role == "offset":
        return f"+{value}"
    if operand.letter == "K":
        return f"#0x{words[place + 1] << 32 | value:x}"
    if operand.letter == "V":
        return "#0x" + "".join(f"{word:08x}" for word in reversed(words[place : place + 4]))
    return f"#{value}" if operand.letter == "k" else str(value)


@pytest.mark.parametrize("row", [row for row in ROWS if row.name != "br_table"], ids=lambda row: str(row.name))
def test_an_instruction(row: RegOp) -> None:
    words = [row.number, *range(101, 100 + row.length)]
    text, length = instruction(words, 0)
    operands = ", ".join(shown(operand, row.position(operand.letter), words) for operand in row.operands)
    assert text == f"{row.name} {operands}".rstrip()
    assert length == row.length


def test_a_table_of_branches() -> None:
    row = BY_NAME["br_table"]
    assert instruction([row.number, 1, 2, 9, -3, 7], 0) == ("br_table s1, 2, -> 12, -> 1, -> 12", 6)
