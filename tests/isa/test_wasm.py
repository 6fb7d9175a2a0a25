"""The table of instructions as the eye reads it: columns, order, headings."""

import itertools
import re
from pathlib import Path

import pytest

from wasmvm.isa import wasm

TABLE = (
    Path(wasm.__file__).with_suffix(".py").read_text().partition("ROWS: tuple[Row, ...] = (\n")[2].partition("\n)\n")[0]
)
LINES = TABLE.split("\n")
ROW = re.compile(r'    _row\((0x[0-9A-F]{3}), "([^"]+)", *imm\.(\w+), *"([^"]*)"(?:, (\d+))?\),')
HEADING = re.compile(r'    # spec "Binary Format: [A-Z][a-z]+ Instructions"')


def rows() -> list[str]:
    return [line for line in LINES if not HEADING.fullmatch(line)]


def test_every_line_is_a_row_or_a_heading() -> None:
    assert [line for line in rows() if not ROW.fullmatch(line)] == []
    assert len(rows()) == len(wasm.ROWS)
    assert HEADING.fullmatch(LINES[0])


@pytest.mark.parametrize("column", [", imm.", ', "'], ids=["immediates", "signature"])
def test_columns(column: str) -> None:
    """Every field begins where it begins in the other rows, and one row at least leaves no more than a space."""
    pattern = r", *(?=imm\.)" if column == ", imm." else r'(?<=imm\.)(?:\w+), *(?=")'
    ends = {match.end() for line in rows() if (match := re.search(pattern, line))}
    assert len(ends) == 1
    (end,) = ends
    assert any(not line[end - 2].isspace() for line in rows())


def test_rows_are_in_the_order_of_opcodes() -> None:
    codes = [row.code for row in wasm.ROWS]
    assert codes == sorted(set(codes))


def test_headings_are_where_they_say_something_new() -> None:
    headings = [(i, line) for i, line in enumerate(LINES) if HEADING.fullmatch(line)]
    for (i, line), (following, other) in itertools.pairwise(headings):
        assert following > i + 1, line
        assert other != line
    assert len({line for _, line in headings}) == 8


def test_encoding() -> None:
    assert wasm.BY_MNEMONIC["i32.add"].encoding == b"\x6a"
    assert wasm.BY_MNEMONIC["ref.eq"].encoding == b"\xd3"
    assert wasm.BY_MNEMONIC["struct.new"].encoding == b"\xfb\0"
    assert wasm.BY_MNEMONIC["memory.fill"].encoding == b"\xfc\x0b"
    assert wasm.BY_MNEMONIC["i64x2.abs"].encoding == b"\xfd\xc0\x01"
    assert wasm.BY_MNEMONIC["i8x16.relaxed_swizzle"].encoding == b"\xfd\x80\x02"
    assert len({row.encoding for row in wasm.ROWS}) == len(wasm.ROWS)
