"""Lowered code as a record: Python's and the machine's are one, and what goes into the machine comes out of it."""

from __future__ import annotations

import re
from array import array
from pathlib import Path
from typing import Any

import pytest

from examples.programs import PROGRAMS
from wasmvm import lowered
from wasmvm._core import ModuleCode
from wasmvm.binary import decode
from wasmvm.errors import InternalError
from wasmvm.lowered import ARRAYS, Lowered
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context

HEADER = (Path(__file__).parent.parent / "wasmvm" / "lowered.pxd").read_text()


def fields_of(struct: str) -> list[str]:
    """The names of the fields of a struct in the header."""
    body = re.search(rf"^cdef struct {struct}:\n((?: .*\n)+)", HEADER, re.MULTILINE)
    assert body is not None
    return re.findall(r"^    int32_t (\w+)", body[1], re.MULTILINE)


def test_both_records_have_the_same_fields() -> None:
    assert fields_of("parts_t") == list(Lowered._fields)


def test_both_have_the_same_numbers() -> None:
    constants = {name: int(value) for name, value in re.findall(r"^    ([A-Z_]+) = (-?\d+)", HEADER, re.MULTILINE)}
    assert constants == {name: getattr(lowered, name) for name in constants}
    assert constants.keys() == {name for name in vars(lowered) if name.isupper()} - {"TYPE_CHECKING"}


def test_a_clause_has_its_words_in_the_order_of_the_struct() -> None:
    names = ["start", "end", "target", "tag", "ref", "slot"]
    assert [getattr(lowered, f"CLAUSE_{name.upper()}") for name in names] == list(range(lowered.CLAUSE_WORDS))
    assert [name.removesuffix("idx").removeprefix("with_") for name in fields_of("clause_t")] == names


def test_what_is_put_is_what_one_gets() -> None:
    for program in PROGRAMS:
        module = decode(program.wasm.read_bytes())
        context, code = Context(module), ModuleCode(len(module.funcs))
        for index in range(len(module.funcs)):
            made = lower(context, index)
            assert code.get(index) is None
            code.put(index, made)
            again = code.get(index)
            assert again is not None
            assert again.parts == made.parts
            assert [list(words) for words in again.arrays] == [list(words) for words in made.arrays]


def test_the_first_to_come_stays() -> None:
    code = ModuleCode(1)
    for word in (7, 8):
        code.put(0, SMALL._replace(code=array("i", [word])))
    found = code.get(0)
    assert found is not None
    assert list(found.code) == [7]


SMALL = Lowered(array("i", [7]), array("i", [0, 20]), array("i", [0, 1, 0, -1, 0, 2]), 3, 1, 2)


@pytest.mark.parametrize("piece", [1, 7, 31, 32, 33, 1000, 1 << 62])
@pytest.mark.parametrize("head", [0, 4, 56])
def test_packed_code_is_what_adopt_reads(piece: int, head: int) -> None:
    code = ModuleCode(5)
    functions = {1: SMALL, 4: SMALL._replace(code=array("i", range(1000)), clauses=array("i"))}
    for index, function in functions.items():
        code.put(index, function)
    count, pieces = code.pack(head, b"tail", 1 << 31, piece)
    assert count == 2
    assert {len(part) for part in pieces[:-1]} <= {piece}
    assert 1 <= len(pieces[-1]) <= piece
    data = b"".join(pieces)
    size = head + 2 * 32 + 4 * sum(function.size for function in functions.values())
    assert len(data) == size + 4
    assert data.endswith(b"tail")
    again = ModuleCode(5)
    again.adopt(data, head, count)
    again.refuse(1)
    assert [again.get(index) for index in range(5)] == [None, None, None, None, functions[4]]
    other = ModuleCode(5)
    other.adopt(data, head, count)
    other.accept(1)  # the other one is only offered, and is in a file all the same
    _, same = other.pack(head, b"tail", 1 << 31, piece)
    assert b"".join(same)[head:] == data[head:]


@pytest.mark.parametrize(("most", "count"), [(0, 0), (68, 0), (69, 1), (136, 1), (137, 2)])
def test_functions_that_do_not_fit_are_left_out(most: int, count: int) -> None:
    code = ModuleCode(3)
    for index in (0, 2):
        code.put(index, SMALL)
    found, pieces = code.pack(0, b"", most, 1 << 20)
    assert (found, sum(map(len, pieces))) == (count, 68 * count)


def test_what_pack_cannot_make() -> None:
    for head, piece in ((-1, 1), (0, 0), (0, -1)):
        with pytest.raises(InternalError):
            ModuleCode(1).pack(head, b"", 100, piece)
    with pytest.raises(TypeError):
        ModuleCode(1).pack(0, None, 100, 1)  # type: ignore[arg-type]
    assert ModuleCode(1).pack(0, b"", 100, 1) == (0, [])


def test_parts() -> None:
    assert SMALL.parts == (1, 2, 6, 3, 1, 2)
    assert SMALL.size == 9
    assert SMALL.arrays == SMALL[:ARRAYS]


@pytest.mark.parametrize(
    "change",
    [
        {"code": array("i")},
        {"offsets": array("i", [1])},
        {"clauses": array("i", [1] * 5)},
        {"frame_size": -1},
        {"frame_size": 1},
        {"zero_from": -1},
        {"zero_from": 3},
        {"zero_to": 4},
    ],
)
def test_what_cannot_be_lowered_code_is_refused(change: dict[str, Any]) -> None:
    code = ModuleCode(1)
    with pytest.raises(InternalError, match="lowered code for the function 0 of 1"):
        code.put(0, SMALL._replace(**change))
    for index in (-1, 1):
        with pytest.raises(InternalError):
            code.put(index, SMALL)
    with pytest.raises(InternalError):
        code.put(0, SMALL[:-1])  # type: ignore[arg-type]
    assert code.get(0) is None


@pytest.mark.parametrize("field", ["code", "offsets", "clauses"])
def test_arrays_are_of_words(field: str) -> None:
    code = ModuleCode(1)
    for wrong in (array("q", [1] * 12), bytes(12), [1] * 12):
        with pytest.raises((ValueError, TypeError)):
            code.put(0, SMALL._replace(**{field: wrong}))
    assert code.get(0) is None
