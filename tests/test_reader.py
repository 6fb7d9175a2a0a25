"""The cursor: integers, names and opcodes, and what it says where they are malformed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.encode import sleb, uleb
from wasmvm.errors import DecodeError
from wasmvm.generated import flat
from wasmvm.isa import imm, wasm
from wasmvm.isa.missing import HEAPTYPES, missing_opcode, named
from wasmvm.reader import MAX_NAME, Reader
from wasmvm.types import (
    CONCRETE,
    EXTERNREF,
    FUNCREF,
    HEAPTYPE_NAMES,
    I8,
    I16,
    I64,
    MAX_TYPES,
    NON_NULL,
    VALTYPE_NAMES,
)

UNEXPECTED_END = "unexpected end of section or function"
TOO_LONG = "integer representation too long"
TOO_LARGE = "integer too large"


def reader(data: bytes, pos: int = 0) -> Reader:
    made = Reader(data)
    made.pos = pos
    return made


# --- integers ---------------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(0, 3))
def test_u32(value: int, padding: int) -> None:
    encoded = padded(uleb(value), 5, padding)
    r = reader(b"?" + encoded + b"?", 1)
    assert r.u32() == value
    assert r.pos == 1 + len(encoded)


@given(st.integers(0, 2**64 - 1), st.integers(0, 3))
def test_u64(value: int, padding: int) -> None:
    encoded = padded(uleb(value), 10, padding)
    r = reader(encoded)
    assert r.u64() == value
    assert r.pos == len(encoded)


@pytest.mark.parametrize("bits", [32, 33, 64])
@given(st.data())
def test_signed(bits: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    r = reader(sleb(value))
    assert r.sint(bits) == value
    assert r.pos == len(sleb(value))


def padded(encoded: bytes, longest: int, padding: int) -> bytes:
    """The same number with up to `padding` more groups of zeros."""
    count = min(padding, longest - len(encoded))
    if count == 0:
        return encoded
    return encoded[:-1] + bytes([encoded[-1] | 0x80]) + b"\x80" * (count - 1) + b"\0"


@pytest.mark.parametrize(
    ("bits", "data", "message", "offset"),
    [
        (32, b"", UNEXPECTED_END, 0),
        (32, b"\x80", UNEXPECTED_END, 1),
        (32, b"\x80\x80\x80\x80\x80\0", TOO_LONG, 4),
        (32, b"\xff\xff\xff\xff\x1f", TOO_LARGE, 4),
        (32, b"\x82\x80\x80\x80\x70", TOO_LARGE, 4),
        (64, b"\x80" * 10 + b"\0", TOO_LONG, 9),
        (64, b"\x80" * 9 + b"\x02", TOO_LARGE, 9),
    ],
)
def test_malformed_unsigned(bits: int, data: bytes, message: str, offset: int) -> None:
    check_error(lambda: reader(data).uint(bits), message, offset)


@pytest.mark.parametrize(
    ("bits", "data", "message", "offset"),
    [
        (32, b"\xff\xff", UNEXPECTED_END, 2),
        (32, b"\x80\x80\x80\x80\x80\0", TOO_LONG, 4),
        (32, b"\x80\x80\x80\x80\x70", TOO_LARGE, 4),
        (32, b"\xff\xff\xff\xff\x0f", TOO_LARGE, 4),
        (33, b"\xff\xff\xff\xff\x1f", TOO_LARGE, 4),
        (64, b"\xff" * 10 + b"\x7f", TOO_LONG, 9),
        (64, b"\x80" * 9 + b"\x7e", TOO_LARGE, 9),
        (64, b"\xff" * 9 + b"\x01", TOO_LARGE, 9),
    ],
)
def test_malformed_signed(bits: int, data: bytes, message: str, offset: int) -> None:
    check_error(lambda: reader(data).sint(bits), message, offset)


def check_error(call: object, message: str, offset: int) -> None:
    assert callable(call)
    with pytest.raises(DecodeError) as caught:
        call()
    assert (caught.value.message, caught.value.offset) == (message, offset)


@pytest.mark.parametrize("value", [0x0BAD, 0x0BAD + (1 << 40)])
def test_number_that_c_code_returns_when_it_raised(value: int) -> None:
    """Compiled, an unsigned number stands for "look whether there is an exception": it must stay a number."""
    assert reader(uleb(value)).u64() == value


# --- vectors and names ------------------------------------------------------------------------------------------------


def test_length_is_bounded_by_what_is_left() -> None:
    assert reader(b"\2ab").length() == 2
    check_error(reader(b"\4ab").length, "length out of bounds", 0)
    check_error(reader(b"\xff\xff\xff\xff\x0f").length, "length out of bounds", 0)


def test_end_hides_the_rest() -> None:
    r = reader(b"\1\2\3")
    r.end = 2
    assert (r.byte(), r.byte()) == (1, 2)
    check_error(r.byte, UNEXPECTED_END, 2)
    r.pos = 1
    check_error(lambda: r.skip(2), UNEXPECTED_END, 2)


@given(st.text())
def test_name(text: str) -> None:
    encoded = text.encode()
    assert reader(uleb(len(encoded)) + encoded).name() == text


@pytest.mark.parametrize(
    "encoded", [b"\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xc3"]
)
def test_malformed_name(encoded: bytes) -> None:
    check_error(reader(uleb(2 + len(encoded)) + b"ab" + encoded).name, "malformed UTF-8 encoding", 3)


@pytest.mark.parametrize(("length", "fits"), [(MAX_NAME, True), (MAX_NAME + 1, False), (10 * MAX_NAME, False)])
def test_names_are_bounded(length: int, fits: bool) -> None:
    """As in browsers and wasmtime; a name that ends after its section is said to do that."""
    data = uleb(length) + b"x" * length
    if fits:
        assert reader(data).name() == "x" * length
    else:
        check_error(reader(data).name, f"name is too long (limit {MAX_NAME} bytes)", 3)
    check_error(reader(data[:1000]).name, "length out of bounds", 0)


# --- types and instructions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("byte", range(256))
def test_types(byte: int) -> None:
    data = bytes([byte])
    wrong = TOO_LONG if byte >= 0x80 else "malformed {} type" + named(HEAPTYPES.get(byte))
    if byte in (0x63, 0x64):
        # The heap type that must follow is not there.
        check_error(reader(data).valtype, UNEXPECTED_END, 1)
        check_error(reader(data).reftype, UNEXPECTED_END, 1)
        return
    if byte in VALTYPE_NAMES:
        assert reader(data).valtype() == byte
    else:
        check_error(reader(data).valtype, wrong.format("value"), 0)
    if byte in HEAPTYPE_NAMES:
        assert reader(data).reftype() == byte
    else:
        check_error(reader(data).reftype, wrong.format("reference"), 0)


TYPEIDXS = {
    0: 0,
    1: 1,
    63: 63,
    64: 64,
    128: 128,
    133: 133,
    MAX_TYPES: MAX_TYPES,
    MAX_TYPES + 1: MAX_TYPES,
    2**32 - 1: MAX_TYPES,
}
"""Each with that which stands for it: there is no type of a higher number than MAX_TYPES - 1."""
NULLABLE, NOT_NULLABLE = b"\x63", b"\x64"


@pytest.mark.parametrize("typeidx", TYPEIDXS)
def test_types_that_are_defined(typeidx: int) -> None:
    encoded, nullable = sleb(typeidx), CONCRETE + 4 * TYPEIDXS[typeidx] + 1
    for method, data, found in (
        (Reader.heaptype, encoded, nullable),
        (Reader.valtype, NULLABLE + encoded, nullable),
        (Reader.reftype, NULLABLE + encoded, nullable),
        (Reader.valtype, NOT_NULLABLE + encoded, nullable - 1),
        (Reader.reftype, NOT_NULLABLE + encoded, nullable - 1),
        (Reader.storagetype, NOT_NULLABLE + encoded, nullable - 1),
        (Reader.blocktype, NOT_NULLABLE + encoded, -2 - (nullable - 1)),
        (Reader.blocktype, encoded, TYPEIDXS[typeidx]),
    ):
        r = reader(b"?" + data + b"?", 1)
        assert method(r) == found
        assert r.pos == 1 + len(data)


@pytest.mark.parametrize(
    ("method", "data", "found"),
    [
        (Reader.heaptype, b"\x70", FUNCREF),
        (Reader.valtype, NULLABLE + b"\x6f", EXTERNREF),
        (Reader.reftype, NULLABLE + b"\x6f", EXTERNREF),
        (Reader.valtype, NOT_NULLABLE + b"\x6f", EXTERNREF + NON_NULL),
        (Reader.reftype, NOT_NULLABLE + b"\x70", FUNCREF + NON_NULL),
        (Reader.storagetype, b"\x78", I8),
        (Reader.storagetype, b"\x77", I16),
        (Reader.storagetype, b"\x7e", I64),
        (Reader.blocktype, b"\x40", -1),
        (Reader.blocktype, b"\x7e", -2 - I64),
        (Reader.blocktype, NOT_NULLABLE + b"\x70", -2 - (FUNCREF + NON_NULL)),
    ],
)
def test_types_that_are_not(method: Callable[[Reader], int], data: bytes, found: int) -> None:
    r = reader(b"?" + data + b"?", 1)
    assert method(r) == found
    assert r.pos == 1 + len(data)


@pytest.mark.parametrize(
    ("method", "data", "message", "offset"),
    [
        (Reader.heaptype, b"\x40", "malformed heap type", 0),
        (Reader.heaptype, b"\x7f", "malformed heap type", 0),
        (Reader.heaptype, sleb(-65), "malformed heap type", 0),
        (Reader.heaptype, b"\xf0\x7f", "malformed heap type", 0),  # -16 in two bytes
        (Reader.heaptype, sleb(2**32), TOO_LARGE, 4),
        (Reader.valtype, NULLABLE + b"\x40", "malformed heap type", 1),
        (Reader.reftype, NOT_NULLABLE + b"\x7f", "malformed heap type", 1),
        (Reader.storagetype, b"\x79", "malformed storage type", 0),
        (Reader.blocktype, b"\x41", "malformed value type", 0),
        (Reader.blocktype, b"\x78", "malformed value type", 0),
        (Reader.blocktype, sleb(-65), "malformed block type", 0),
        (Reader.blocktype, b"\xc0\x7f", "malformed block type", 0),  # -64 in two bytes
    ],
)
def test_malformed_types(method: Callable[[Reader], int], data: bytes, message: str, offset: int) -> None:
    check_error(lambda: method(reader(data)), message, offset)


@pytest.mark.parametrize(
    ("method", "data"),
    [
        (Reader.heaptype, b""),
        (Reader.heaptype, b"\x85"),
        (Reader.blocktype, b"\x85"),
        *(
            (method, data)
            for method in (Reader.valtype, Reader.reftype, Reader.storagetype, Reader.blocktype)
            for data in (b"", NULLABLE, NULLABLE + b"\x85", NOT_NULLABLE)
        ),
    ],
)
def test_types_that_are_cut(method: Callable[[Reader], int], data: bytes) -> None:
    r = reader(data + b"\x70")
    r.end = len(data)
    check_error(lambda: method(r), UNEXPECTED_END, len(data))


@pytest.mark.parametrize("row", wasm.ROWS, ids=lambda row: row.mnemonic)
def test_opcode(row: wasm.Row) -> None:
    assert reader(row.encoding).opcode() == row.code
    assert flat.IMM_OF[row.code] == row.imm
    assert flat.LANES_OF[row.code] == row.lanes


def test_illegal_opcodes() -> None:
    legal = {row.code for row in wasm.ROWS}
    for byte in range(256):
        if byte not in legal and byte not in wasm.PREFIX_BASE:
            check_error(reader(bytes([byte])).opcode, f"illegal opcode {byte:02x}{missing_opcode(byte, -1)}", 0)
    for prefix, base in wasm.PREFIX_BASE.items():
        for number in range(0x300):
            # What lies beyond the numbers of a prefix belongs to the next prefix, and is not reached through this one.
            if base + number not in legal or number >= flat.PREFIX_END[prefix] - base:
                data = bytes([prefix]) + uleb(number)
                shown = f"{prefix:02x} {number:02x}{missing_opcode(prefix, number)}"
                check_error(reader(data).opcode, f"illegal opcode {shown}", 0)
        check_error(reader(bytes([prefix]) + uleb(2**32 - 1)).opcode, f"illegal opcode {prefix:02x} ffffffff", 0)


IMMEDIATES = {
    imm.NONE: b"",
    imm.BLOCKTYPE: b"\xc0\0",
    imm.LABELIDX: b"\x85\0",
    imm.LABELS: b"\2\0\x81\0\3",
    imm.FUNCIDX: b"\x85\0",
    imm.CALL_INDIRECT: b"\x81\0\x82\0",
    imm.VALTYPES: b"\3\x7f\x70\x63\x81\0",
    imm.LOCALIDX: b"\x85\0",
    imm.GLOBALIDX: b"\x85\0",
    imm.TABLEIDX: b"\x85\0",
    imm.MEMARG: b"\x42\x81\0\xff\xff\xff\xff\x0f",
    imm.MEMIDX: b"\0",
    imm.I32: b"\xff\x7f",
    imm.I64: b"\x80" * 9 + b"\x7f",
    imm.F32: b"\xff\xff\xff\xff",
    imm.F64: b"\xff" * 8,
    imm.HEAPTYPE: b"\x81\0",
    imm.MEMORY_INIT: b"\x80\1\0",
    imm.DATAIDX: b"\x80\1",
    imm.MEMORY_COPY: b"\0\0",
    imm.TABLE_INIT: b"\x80\1\x81\0",
    imm.ELEMIDX: b"\x80\1",
    imm.TABLE_COPY: b"\x80\1\x81\0",
    imm.V128: b"\xff" * 16,
    imm.LANEIDX: b"\x80",
    imm.MEMARG_LANEIDX: b"\0\x80\1\x80",
    imm.LANES: b"\x80" * 16,
    imm.TYPEIDX: b"\x85\0",
    imm.TAGIDX: b"\x85\0",
    imm.TRY_TABLE: b"\x64\x6e\4\0\x81\0\2\1\1\2\2\3\3\0",
    imm.CAST: b"\3\x81\0\x6e\x80\1",
    imm.FIELDIDX: b"\x81\0\x82\0",
    imm.ARRAY_LENGTH: b"\0\x81\0",
    imm.ARRAY_DATA: b"\0\x81\0",
    imm.ARRAY_ELEM: b"\0\x81\0",
    imm.ARRAY_COPY: b"\0\x81\0",
    imm.FENCE: b"\0",
}


OTHERS = [
    (imm.BLOCKTYPE, b"\x40"),
    (imm.BLOCKTYPE, b"\x64\x81\0"),
    (imm.LABELS, b"\0\x85\0"),
    (imm.VALTYPES, b"\0"),
    (imm.MEMARG, b"\2\x81\0"),
    (imm.MEMARG, b"\x3f\xff\xff\xff\xff\x0f"),
    (imm.MEMARG_LANEIDX, b"\x40\x81\0\x81\0\x80"),
    (imm.MEMARG_LANEIDX, b"\x80\1\5\x80"),
    (imm.TRY_TABLE, b"\x40\0"),
    (imm.TRY_TABLE, b"\x81\0\1\1\5\x85\0"),
    (imm.CAST, b"\3\5\x81\0\x6e"),
    (imm.CAST, b"\x81\5\x6e\x81\0"),
]
"""More forms of some, so that each part is seen to be as long as it is."""


def test_every_kind_of_immediates_is_known() -> None:
    assert IMMEDIATES.keys() == {value for name, value in vars(imm).items() if name.isupper()}


@pytest.mark.parametrize(("kind", "data"), [*IMMEDIATES.items(), *OTHERS])
def test_skip_immediates(kind: int, data: bytes) -> None:
    r = reader(data + b"\0")
    r.skip_immediates(kind)
    assert r.pos == len(data)
    for cut in range(len(data)):
        with pytest.raises(DecodeError):
            reader(data[:cut]).skip_immediates(kind)


@pytest.mark.parametrize(
    ("code", "message", "offset"),
    [
        (b"\x0b", None, 1),
        (b"\x02\x40\x41\x0b\x0b\x0b", None, 6),
        (b"\x04\x40\x05\x0b\x0b", None, 5),
        (b"\x41\0", UNEXPECTED_END, 2),
        (b"\x02\x40\x0b", UNEXPECTED_END, 3),
        (b"\x41\0\x05\x0b", "END opcode expected", 2),
        (b"\xf3\x0b", "illegal opcode f3", 0),
    ],
)
def test_skip_expr(code: bytes, message: str | None, offset: int) -> None:
    r = reader(code)
    if message is None:
        r.skip_expr(len(code))
        assert r.pos == offset
    else:
        check_error(lambda: r.skip_expr(len(code)), message, offset)


def test_catch_clauses() -> None:
    for kind, data in enumerate((b"\0\x81\0\x82\0", b"\1\x81\0\x82\0", b"\2\x81\0", b"\3\x81\0")):
        r = reader(data + b"\0")
        assert (r.catch(), r.pos) == (kind, len(data))
    for byte in (4, 0x80, 0xFF):
        check_error(reader(b"\0" + bytes([byte, 0, 0]), 1).catch, "malformed catch clause", 1)


@pytest.mark.parametrize("locals_", [b"\0", b"\1\x85\0\x7f", b"\2\1\x64\x85\0\3\x7e"])
def test_skip_func(locals_: bytes) -> None:
    data = locals_ + b"\x41\0\x1a\x0b"
    r = reader(b"?" + data + b"?", 1)
    r.skip_func()
    assert r.pos == 1 + len(data)
    for cut in range(1, 1 + len(data)):
        r = reader(b"?" + data, 1)
        r.end = cut
        with pytest.raises(DecodeError):
            r.skip_func()


def test_skip_expr_stops_at_its_limit() -> None:
    check_error(lambda: reader(b"\x01\x01\x0b").skip_expr(2), UNEXPECTED_END, 2)
