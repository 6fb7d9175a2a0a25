"""Sections: what they decode to, and what is said of malformed ones, where."""

from __future__ import annotations

import tracemalloc
from array import array

import pytest

from tests.encode import (
    CODE,
    CUSTOM,
    DATA,
    DATA_COUNT,
    ELEM,
    EXPORT,
    EXTERNREF,
    F32,
    F64,
    FUNCREF,
    FUNCTION,
    GLOBAL,
    HEADER,
    I32,
    I64,
    IMPORT,
    MEMORY,
    START,
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
from wasmvm import types
from wasmvm.binary import decode
from wasmvm.binary import sections as decoder
from wasmvm.binary.sections import INDICES_AT_ONCE, SHORT, read_indices
from wasmvm.errors import DecodeError
from wasmvm.reader import Reader
from wasmvm.syntax import ACTIVE, DECLARATIVE, PASSIVE, Export, Extent, Section
from wasmvm.types import FuncType, GlobalType, Limits, MemoryType, TableType

COMPILED = not (decoder.__file__ or "").endswith(".py")
END = "unexpected end of section or function"
I32_0 = b"\x41\0\x0b"
"""The constant expression ``i32.const 0``."""
EMPTY_FUNCTION = section(TYPE, vec([functype()])) + section(FUNCTION, vec([b"\0"]))
EMPTY_BODY = section(CODE, vec([body(b"\x0b")]))


def refused(data: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(data)
    return caught.value


def check_refused(data: bytes, message: str, offset: int) -> None:
    error = refused(data)
    assert (error.message, error.offset) == (message, offset)


# --- what is decoded --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, lambda data: array("B", data)])
def test_any_bytes(make: type) -> None:
    decoded = decode(make(module(section(TYPE, vec([functype([I32])])))))
    assert type(decoded.source) is bytes
    assert decoded.types == [FuncType((types.I32,), ())]


@pytest.mark.parametrize("data", ["\0asm\1\0\0\0", 8, None, [0]])
def test_not_bytes(data: object) -> None:
    with pytest.raises(TypeError):
        decode(data)  # type: ignore[arg-type]


def test_types_are_shared() -> None:
    decoded = decode(module(section(TYPE, vec([functype([I32, F64], [I64, F32]), functype(), functype()]))))
    assert decoded.types == [
        FuncType((types.I32, types.F64), (types.I64, types.F32)),
        FuncType((), ()),
        FuncType((), ()),
    ]
    assert decoded.types[1] is decoded.types[2]


def test_imports() -> None:
    start = len(HEADER) + 3
    items = [
        name("m") + name("f") + b"\0" + uleb(300),
        name("") + name("t") + b"\1" + EXTERNREF + b"\1\2\3",
        name("m") + name("mem") + b"\2" + b"\0\1",
        name("m") + name("g") + b"\3" + F64 + b"\1",
    ]
    decoded = decode(module(section(IMPORT, vec(items))))
    function, table, memory, global_ = decoded.imports
    assert (function.module, function.name, function.kind, function.desc) == ("m", "f", types.FUNC, 300)
    assert (table.module, table.kind, table.desc) == ("", types.TABLE, TableType(types.EXTERNREF, Limits(2, 3)))
    assert (memory.kind, memory.desc) == (types.MEMORY, MemoryType(Limits(1, None)))
    assert (global_.kind, global_.desc) == (types.GLOBAL, GlobalType(types.F64, True))
    assert decoded.func_imports == [function]
    assert decoded.table_imports == [table]
    assert decoded.mem_imports == [memory]
    assert decoded.global_imports == [global_]
    assert [i.offset for i in decoded.imports] == [start + sum(map(len, items[:n])) for n in range(4)]


def test_definitions() -> None:
    data = module(
        section(TYPE, vec([functype()])),
        section(FUNCTION, vec([b"\0", b"\x80\0"])),
        section(TABLE, vec([FUNCREF + b"\0\1", EXTERNREF + b"\1\0\xff\xff\xff\xff\x0f"])),
        section(MEMORY, vec([b"\1\1\2"])),
        section(GLOBAL, vec([I32 + b"\0" + I32_0, FUNCREF + b"\1\xd0\x70\x0b"])),
        section(EXPORT, vec([name("é") + b"\0\1", name("m") + b"\2\0"])),
        section(START, b"\1"),
        section(DATA_COUNT, b"\0"),
        section(CODE, vec([body(b"\x0b", [b"\1\x7f"]), body(b"\x01\x0b")])),
    )
    decoded = decode(data)
    assert decoded.funcs == array("I", [0, 0])
    assert [t.type for t in decoded.tables] == [
        TableType(types.FUNCREF, Limits(1, None)),
        TableType(types.EXTERNREF, Limits(0, 2**32 - 1)),
    ]
    assert [m.type for m in decoded.mems] == [MemoryType(Limits(1, 2))]
    assert [g.type for g in decoded.globals] == [GlobalType(types.I32, False), GlobalType(types.FUNCREF, True)]
    assert [data[g.init.start : g.init.end] for g in decoded.globals] == [I32_0, b"\xd0\x70\x0b"]
    assert decoded.exports[0] == Export("é", types.FUNC, 1, decoded.exports[0].offset)
    assert data[decoded.exports[0].offset :].startswith(name("é"))
    assert decoded.start == 1
    assert data[decoded.start_offset] == 1
    assert decoded.data_count == 0
    assert len(decoded.code) == 4
    bodies = [data[decoded.code[i] : decoded.code[i + 1]] for i in (0, 2)]
    assert bodies == [b"\1\1\x7f\x0b", b"\0\x01\x0b"]
    assert [s.id for s in decoded.sections] == [1, 3, 4, 5, 6, 7, 8, 12, 10]


def test_integers_may_be_padded() -> None:
    decoded = decode(module(section(MEMORY, b"\1\1\x82\0" + b"\x82" + b"\x80" * 8 + b"\0")))
    assert decoded.mems[0].type.limits == Limits(2, 2)


FUNC_REF = types.ref(types.FUNCREF, False)

ELEMENTS = {
    0: (I32_0 + b"\2\7\x08", ACTIVE, 0, FUNC_REF),
    1: (b"\0\2\7\x08", PASSIVE, 0, FUNC_REF),
    2: (b"\5" + I32_0 + b"\0\2\7\x08", ACTIVE, 5, FUNC_REF),
    3: (b"\0\2\7\x08", DECLARATIVE, 0, FUNC_REF),
    4: (I32_0 + b"\1\xd2\7\x0b", ACTIVE, 0, types.FUNCREF),
    5: (EXTERNREF + b"\1\xd0\x6f\x0b", PASSIVE, 0, types.EXTERNREF),
    6: (b"\5" + I32_0 + EXTERNREF + b"\1\xd0\x6f\x0b", ACTIVE, 5, types.EXTERNREF),
    7: (EXTERNREF + b"\1\xd0\x6f\x0b", DECLARATIVE, 0, types.EXTERNREF),
}


@pytest.mark.parametrize("flags", ELEMENTS)
def test_element_segments(flags: int) -> None:
    content, mode, tableidx, reftype = ELEMENTS[flags]
    data = module(section(ELEM, vec([bytes([flags]) + content])))
    (elem,) = decode(data).elems
    assert (elem.mode, elem.tableidx, elem.reftype) == (mode, tableidx, reftype)
    assert data[elem.offset] == flags
    offset = None if elem.offset_expr is None else data[elem.offset_expr.start : elem.offset_expr.end]
    assert offset == (I32_0 if mode == ACTIVE else None)
    if flags & 4:
        assert elem.funcidxs is None
        assert elem.exprs is not None
        assert [data[e.start : e.end] for e in elem.exprs] == [content[-3:]]
    else:
        assert elem.exprs is None
        assert elem.funcidxs == array("I", [7, 8])
        assert data[elem.init_offset :].startswith(b"\2\7\x08")
    for cut in range(len(content)):
        assert refused(module(section(ELEM, vec([bytes([flags]) + content[:cut]]))))


def test_data_segments() -> None:
    items = [b"\0" + I32_0 + vec([b"a", b"b"]), b"\1" + vec([b"c"]), b"\2\3" + I32_0 + vec([])]
    data = module(section(DATA_COUNT, b"\3"), section(DATA, vec(items)))
    decoded = decode(data)
    assert [(d.mode, d.memidx) for d in decoded.datas] == [(ACTIVE, 0), (PASSIVE, 0), (ACTIVE, 3)]
    assert [data[d.init.start : d.init.end] for d in decoded.datas] == [b"ab", b"c", b""]
    assert decoded.datas[1].offset_expr is None
    assert [data[d.offset] for d in decoded.datas] == [0, 1, 2]


def test_custom_sections_may_be_anywhere() -> None:
    custom = section(CUSTOM, name("x") + b"content")
    data = module(custom, EMPTY_FUNCTION, custom, EMPTY_BODY, custom, custom)
    decoded = decode(data)
    assert [(c.name, c.after) for c in decoded.customs] == [("x", 0), ("x", FUNCTION), ("x", CODE), ("x", CODE)]
    assert {data[c.content.start : c.content.end] for c in decoded.customs} == {b"content"}
    assert decoded.sections[0] == Section(CUSTOM, Extent(10, 10 + len(custom) - 2))


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message", "offset"),
    [
        (b"", "unexpected end", 0),
        (b"\0as", "unexpected end", 3),
        (b"\0asm\1\0\0", "unexpected end", 7),
        (b"asm\0", "magic header not detected", 0),
        (b"(module)", "magic header not detected", 0),
        (b"\0asm\2\0\0\0", "unknown binary version", 4),
        (b"\0asm\x0d\0\1\0", "unknown binary version: this is a component, not a core module", 4),
    ],
)
def test_header(data: bytes, message: str, offset: int) -> None:
    check_refused(data, message, offset)


@pytest.mark.parametrize(
    ("sections", "message", "offset"),
    [
        (b"\x0e\1\0", "malformed section id", 8),
        (b"\x80\0", "malformed section id", 8),
        (b"\1", END, 9),
        (b"\1\x05\0", "length out of bounds", 9),
        (b"\1\xff\xff\xff\xff\x0f", "length out of bounds", 9),
        (b"\1\x80\x80\x80\x80\x80\0", "integer representation too long", 13),
        (b"\1\2\0\0", "section size mismatch", 11),
        (section(FUNCTION, b"\0") + section(TYPE, b"\0"), "unexpected content after last section", 11),
        (section(TYPE, b"\0") * 2, "unexpected content after last section", 11),
        (section(DATA_COUNT, b"\0") + section(ELEM, b"\0"), "unexpected content after last section", 11),
        (section(CODE, b"\0") + section(DATA_COUNT, b"\0"), "unexpected content after last section", 11),
        (section(CUSTOM, b""), END, 10),
        (section(CUSTOM, b"\2a") + section(TYPE, b"\0"), END, 12),
        (section(CUSTOM, b"\1\xff"), "malformed UTF-8 encoding", 11),
        # types
        (section(TYPE, b"\1\x5d\0\0"), "malformed definition type", 11),
        (section(TYPE, b"\1\x4e\1\x50\0\x40"), "malformed definition type", 15),
        (section(TYPE, b"\1\x5e\x7f\2"), "malformed mutability", 13),
        (section(TYPE, b"\1\x5f\x91\x4e" + b"\x7f\0" * 10_001), "too many fields", 13),
        (section(TYPE, b"\1\x60\1\x64\x7f\0"), "malformed heap type", 14),
        (section(TYPE, b"\1\xe0\x7f\0\0"), "integer representation too long", 11),
        (section(TYPE, b"\1\x60\1\x40\0"), "malformed value type", 13),
        (section(TYPE, b"\1\x60\xe9\x07" + b"\x7f" * 1001 + b"\0"), ARITY := "too many parameters or results", 13),
        (section(TYPE, b"\1\x60\0\xe9\x07" + b"\x7f" * 1001), ARITY, 14),
        # imports
        (section(IMPORT, b"\1\0\0\5\0"), "malformed import kind", 13),
        (section(IMPORT, b"\1\0\0\4\1\0"), "malformed tag attribute", 14),
        (section(IMPORT, b"\1\0\0\1\x7f\0\0"), "malformed reference type", 14),
        (section(IMPORT, b"\1\0\0\3\x7f\2"), "malformed mutability", 15),
        (section(IMPORT, b"\1\0\0\2\x10\0"), "malformed limits flags", 14),
        (section(IMPORT, b"\1\0\0\0"), END, 14),
        # definitions
        (section(TABLE, b"\1\x70\x81\0\0"), "malformed limits flags", 12),
        (section(MEMORY, b"\1\1\0"), END, 13),
        (section(GLOBAL, b"\1\x7f\0\x41\0"), END, 15),
        (section(GLOBAL, b"\1\x7f\0\x41\0") + section(CODE, b"\0"), END, 15),
        (section(GLOBAL, b"\1\x7f\0\xff\x0b"), "illegal opcode ff", 13),
        (section(TABLE, b"\1\x40\1\x70\0\0"), "malformed table", 11),
        (section(EXPORT, b"\1\0\5\0"), "malformed export kind", 12),
        (section(START, b""), END, 10),
        # segments
        (section(ELEM, b"\1\x08"), "malformed elements segment kind", 11),
        (section(ELEM, b"\1\1\1\0"), "malformed element kind", 12),
        (section(ELEM, b"\1\5\x7f\0"), "malformed reference type", 12),
        (section(DATA, b"\1\3\0"), "malformed data segment kind", 11),
        (section(DATA, b"\1\1\2a"), END, 14),
        (section(DATA, b"\1\1\3a"), "length out of bounds", 12),
        # sections that must agree
        (EMPTY_FUNCTION, LENGTHS := "function and code section have inconsistent lengths", 18),
        (EMPTY_BODY, LENGTHS, 10),
        (EMPTY_FUNCTION + section(CODE, vec([body(b"\x0b")] * 2)), LENGTHS, 20),
        (section(DATA_COUNT, b"\1"), COUNTS := "data count and data section have inconsistent lengths", 11),
        (section(DATA_COUNT, b"\1") + section(DATA, b"\0"), COUNTS, 13),
        # function bodies that are not as long as they say
        (EMPTY_FUNCTION + section(CODE, b"\1\x05\0\x0b"), "length out of bounds", 21),
        (EMPTY_FUNCTION + section(CODE, b"\1\4\0\x0b"), "length out of bounds", 21),
        (EMPTY_FUNCTION + section(CODE, b"\1\2\0\x0b\0"), "section size mismatch", 24),
    ],
)
def test_malformed(sections: bytes, message: str, offset: int) -> None:
    error = refused(module(sections))
    assert error.message.startswith(message)
    assert error.offset == offset


def test_malformed_body_is_the_reason_for_what_comes_after_it() -> None:
    """The code section's size is wrong because a body has an immediate that is too long; the body is what is shown."""
    code = b"\1\5\0\x41" + b"\x80" * 6
    check_refused(module(EMPTY_FUNCTION, bytes([CODE, 6]) + code), "integer representation too long", 28)
    # The body ends later than its size says.
    check_refused(module(EMPTY_FUNCTION, b"\x0a\4\1\2\0\1\x0b"), "section size mismatch", 25)


@pytest.mark.parametrize("section_id", [TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, ELEM, CODE, DATA])
def test_count_that_lies(section_id: int) -> None:
    """Four billion entries: no memory is taken for them."""
    data = module(section(section_id, b"\xff\xff\xff\xff\x0f"))
    tracemalloc.start()
    try:
        check_refused(data, "length out of bounds", 10)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "content",
    [
        b"\1\x60\xff\xff\xff\xff\x0f",
        b"\1\x60\0\xff\xff\xff\xff\x0f",
    ],
)
def test_length_of_types_that_lies(content: bytes) -> None:
    assert refused(module(section(TYPE, content))).message == "length out of bounds"


def test_every_prefix_of_a_module_is_refused() -> None:
    data = module(
        section(TYPE, vec([functype([I32], [I32])])),
        section(IMPORT, vec([name("m") + name("f") + b"\0\0"])),
        section(FUNCTION, vec([b"\0"])),
        section(TABLE, vec([FUNCREF + b"\0\1"])),
        section(GLOBAL, vec([I32 + b"\0" + I32_0])),
        section(EXPORT, vec([name("f") + b"\0\0"])),
        section(ELEM, vec([b"\0" + I32_0 + b"\1\0"])),
        section(DATA_COUNT, b"\1"),
        section(CODE, vec([body(b"\x20\0\x0b")])),
        section(DATA, vec([b"\1" + vec([b"x"])])),
    )
    decode(data)
    for cut in range(len(data)):
        # A module may end where a section ends, as long as no later section is missing.
        if cut in (8, 16, 25):
            decode(data[:cut])
        else:
            assert refused(data[:cut]).offset <= cut


def test_a_million_functions_are_no_objects() -> None:
    count = 1_000_000 if COMPILED else 20_000
    data = module(
        section(TYPE, vec([functype()])),
        section(FUNCTION, uleb(count) + b"\0" * count),
        section(CODE, uleb(count) + b"\2\0\x0b" * count),
    )
    tracemalloc.start()
    try:
        decoded = decode(data)
        current, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(decoded.funcs) == count
    assert len(decoded.code) == 2 * count
    assert current < 25 * count  # four bytes for the type, sixteen for the extent, and the slack of two growing arrays
    assert peak < 50 * count


@pytest.mark.parametrize(
    "count", [0, 1, SHORT, SHORT + 1, INDICES_AT_ONCE - 1, INDICES_AT_ONCE, INDICES_AT_ONCE + 1, 50_000]
)
def test_lists_of_indices_of_all_lengths(count: int) -> None:
    indices = [(7919 * i) % 70_000 for i in range(count)]
    reader = Reader(vec([uleb(idx) for idx in indices]) + b"\1")
    assert read_indices(reader) == array("I", indices)
    assert reader.pos == len(reader.source) - 1
    if count:
        cut = Reader(uleb(count) + b"\0" * (count - 1) + b"\x80")
        with pytest.raises(DecodeError, match="unexpected end"):
            read_indices(cut)


def test_long_lists_of_indices_let_others_have_their_turn() -> None:
    """And are the same as short ones."""
    for count, turns in ((0, 0), (1, 0), (16, 0), (17, 0), (1000, 0), (1 << 20, (1 << 20) // INDICES_AT_ONCE)):
        looked: list[int] = []
        encoded = bytes(number & 0x7F for number in range(count))
        reader = Reader(uleb(count) + encoded + b"?", lambda looked=looked: looked.append(1))
        assert read_indices(reader).tobytes() == array("I", list(encoded)).tobytes()
        assert reader.pos == len(uleb(count)) + count
        assert len(looked) >= turns
