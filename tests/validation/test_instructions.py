"""Every instruction whose types the table gives: accepted with its operands, refused with any other."""

from __future__ import annotations

import pytest

from tests.encode import (
    CODE,
    DATA,
    DATA_COUNT,
    ELEM,
    EXPORT,
    FUNCTION,
    MEMORY,
    TABLE,
    TYPE,
    body,
    functype,
    module,
    name,
    section,
    uleb,
    vec,
)
from wasmvm.binary import decode
from wasmvm.deftype import match_valtype
from wasmvm.errors import DecodeError, ValidationError
from wasmvm.isa import imm, wasm
from wasmvm.types import VALTYPES
from wasmvm.validation import validate

TYPED = [row for row in wasm.ROWS if row.params is not None]

IMMEDIATES = {
    imm.NONE: b"",
    imm.MEMARG: b"\0\0",
    imm.MEMIDX: b"\0",
    imm.I32: b"\0",
    imm.I64: b"\0",
    imm.F32: bytes(4),
    imm.F64: bytes(8),
    imm.FUNCIDX: b"\0",
    imm.TABLEIDX: b"\0",
    imm.MEMORY_INIT: b"\0\0",
    imm.DATAIDX: b"\0",
    imm.MEMORY_COPY: b"\0\0",
    imm.TABLE_INIT: b"\0\0",
    imm.ELEMIDX: b"\0",
    imm.TABLE_COPY: b"\0\0",
    imm.V128: bytes(16),
    imm.LANEIDX: b"\0",
    imm.MEMARG_LANEIDX: b"\0\0\0",
    imm.LANES: bytes(16),
    imm.FENCE: b"\0",
}


def immediates(row: wasm.Row) -> bytes:
    """Some immediates of an instruction; an atomic access has to name its natural alignment."""
    if is_atomic(row) and row.imm == imm.MEMARG:
        return bytes([row.width.bit_length() - 1, 0])
    return IMMEDIATES[row.imm]


def is_atomic(row: wasm.Row) -> bool:
    return row.code >= wasm.PREFIX_BASE[0xFE]


def make(code: bytes, params: list[int], results: list[int], *, memory: bool = True, table: bool = True) -> bytes:
    """A module with one of everything and one function; `code` has no ``end``."""
    signature = functype([bytes([t]) for t in params], [bytes([t]) for t in results])
    return module(
        section(TYPE, vec([signature])),
        section(FUNCTION, vec([b"\0"])),
        section(TABLE, vec([b"\x70\0\0"] * table)),
        section(MEMORY, vec([b"\0\0"] * memory)),
        section(EXPORT, vec([name("f") + b"\0\0"])),
        section(ELEM, vec([b"\1\0\0"])),
        section(DATA_COUNT, b"\1"),
        section(CODE, vec([body(code + b"\x0b")])),
        section(DATA, vec([b"\1\0"])),
    )


def gets(count: int) -> bytes:
    return b"".join(b"\x20" + uleb(i) for i in range(count))


def refusal(data: bytes) -> tuple[str, int]:
    """The message, and the offset from the start of the body's instructions."""
    decoded = decode(data)
    with pytest.raises((ValidationError, DecodeError)) as caught:
        validate(decoded)
    return caught.value.message, caught.value.offset - decoded.code[0] - 1


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row.mnemonic)
def test_signature(row: wasm.Row) -> None:
    params, results = list(row.params or ()), list(row.results or ())
    instruction = row.encoding + immediates(row)
    at = len(gets(len(params)))
    code = gets(len(params)) + instruction
    validate(decode(make(code, params, results)))

    for i in range(len(params)):
        for other in VALTYPES.values():
            if match_valtype(other, params[i]):
                continue
            message, offset = refusal(make(code, [*params[:i], other, *params[i + 1 :]], results))
            assert message.startswith("type mismatch: instruction requires ")
            assert offset == at
    for other in VALTYPES.values():
        if results and match_valtype(results[0], other):
            continue
        message, offset = refusal(make(code, params, [other]))
        assert message.startswith("type mismatch: instruction requires ")
        assert offset == at + len(instruction)
    if params:
        fewer = gets(len(params) - 1)
        message, offset = refusal(make(fewer + instruction, params, results))
        assert message.startswith("type mismatch: instruction requires ")
        assert offset == len(fewer)
        # Unreachable code gives the operands that are missing, and only those.
        validate(decode(make(b"\0" + instruction, params, results)))
        wrong = next(t for t in VALTYPES.values() if not match_valtype(t, params[-1]))
        message, offset = refusal(make(b"\0\x20\0" + instruction, [wrong], results))
        assert message.startswith("type mismatch: instruction requires ")
        assert offset == 3
    # One operand more stays on the stack.
    extra = make(b"\x20\0" + instruction if not params else b"\x20\0" + code, params or [VALTYPES["i32"]], results)
    assert refusal(extra)[0].startswith("type mismatch: block requires ")


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row.mnemonic)
def test_what_the_module_lacks(row: wasm.Row) -> None:
    params, results = list(row.params or ()), list(row.results or ())
    code = gets(len(params)) + row.encoding + immediates(row)
    needs_memory = row.mnemonic.startswith("memory.") or row.width > 0
    needs_table = row.mnemonic in ("table.size", "table.copy", "table.init")
    for space, needed, data in (
        ("memory", needs_memory, make(code, params, results, memory=False)),
        ("table", needs_table, make(code, params, results, table=False)),
    ):
        if needed:
            assert refusal(data) == (f"unknown {space} 0", len(gets(len(params))))
        else:
            validate(decode(data))


@pytest.mark.parametrize("row", [row for row in wasm.ROWS if row.width], ids=lambda row: row.mnemonic)
def test_alignment(row: wasm.Row) -> None:
    params, results = list(row.params or ()), list(row.results or ())
    natural = row.width.bit_length() - 1
    for align in range(0x82):
        with_memidx = 0x40 <= align < 0x80
        memarg = uleb(align) + b"\0" * with_memidx + IMMEDIATES[row.imm][1:]
        data = make(gets(len(params)) + row.encoding + memarg, params, results)
        at = len(gets(len(params)))
        if align - 0x40 * with_memidx < natural and is_atomic(row):
            assert refusal(data) == ("atomic alignment must be natural", at)
        elif align - 0x40 * with_memidx <= natural:
            validate(decode(data))
        elif align < 0x80:
            assert refusal(data) == ("alignment must not be larger than natural", at)
        else:
            assert refusal(data) == ("malformed memop flags", at + len(row.encoding))


@pytest.mark.parametrize("row", [row for row in wasm.ROWS if row.lanes], ids=lambda row: row.mnemonic)
def test_lanes(row: wasm.Row) -> None:
    params, results = list(row.params or ()), list(row.results or ())
    before = gets(len(params)) + row.encoding
    for lane in range(256):
        data = make(before + IMMEDIATES[row.imm][:-1] + bytes([lane]), params, results)
        if lane < row.lanes:
            validate(decode(data))
        else:
            assert refusal(data) == ("invalid lane index", len(gets(len(params))))


def test_every_other_instruction_has_a_rule() -> None:
    """An instruction without a signature that the validator forgot would be taken for one without operands."""
    from pathlib import Path

    from tools.generate import constant_name
    from wasmvm.validation import module as neighbour

    source = Path(neighbour.__file__).with_name("body.py").read_text()
    chain = source[source.index("def instructions") : source.index("def missing_end")]
    source = Path(neighbour.__file__).with_name("aggregates.py").read_text()
    chain += source[source.index("def aggregate") : source.index("def struct_new")]
    for row in wasm.ROWS:
        has_rule = f"OP_{constant_name(row.mnemonic)}:" in chain or f"OP_{constant_name(row.mnemonic)}," in chain
        has_rule = has_rule or f"OP_{constant_name(row.mnemonic)})" in chain
        assert has_rule == (row.params is None or len(row.results or ()) > 1), row.mnemonic


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (b"\x3f\1\x1a", "unknown memory 1"),
        (b"\x3f\x81\0\x1a", "unknown memory 1"),
        (b"\0\x40\1", "unknown memory 1"),
        (b"\0\xfc\x08\0\1", "unknown memory 1"),
        (b"\0\xfc\x0a\1\0", "unknown memory 1"),
        (b"\0\xfc\x0a\0\1", "unknown memory 1"),
        (b"\0\xfc\x0b\1", "unknown memory 1"),
        (b"\0\x28\x42\1\0", "unknown memory 1"),
        (b"\0\xfc\x08\1\0", "unknown data segment 1"),
        (b"\0\xfc\x09\1", "unknown data segment 1"),
        (b"\0\xfc\x0c\1\0", "unknown elem segment 1"),
        (b"\0\xfc\x0c\0\1", "unknown table 1"),
        (b"\0\xfc\x0d\1", "unknown elem segment 1"),
        (b"\0\xfc\x0e\1\0", "unknown table 1"),
        (b"\0\xfc\x0e\0\1", "unknown table 1"),
        (b"\0\xfc\x10\1", "unknown table 1"),
        (b"\0\x28\2\x80\x80\x80\x80\x10", "offset out of range"),
        (b"\0\x28\2" + b"\x80" * 9 + b"\2", "integer too large"),
        (b"\xd2\1", "unknown function 1"),
    ],
)
def test_immediates(code: bytes, message: str) -> None:
    assert refusal(make(code, [], []))[0] == message
