"""Bytes of the binary format (spec "Binary Format"): integers, names, lists, sections, the name section."""

from __future__ import annotations

from collections.abc import Iterable

from wasmvm.isa import codes
from wasmvm.types import (
    CONCRETE,
    I64,
    NON_NULL,
    PAGE_SIZE,
    ArrayType,
    CompType,
    FieldType,
    FuncType,
    GlobalType,
    Limits,
    StructType,
    SubType,
    TableType,
    heaptype_of,
    is_exact,
    is_nullable,
    typeidx_of,
)

SECTION_NAMES: dict[str, int] = {
    "type": codes.SECTION_TYPE,
    "import": codes.SECTION_IMPORT,
    "func": codes.SECTION_FUNCTION,
    "table": codes.SECTION_TABLE,
    "memory": codes.SECTION_MEMORY,
    "tag": codes.SECTION_TAG,
    "global": codes.SECTION_GLOBAL,
    "export": codes.SECTION_EXPORT,
    "start": codes.SECTION_START,
    "elem": codes.SECTION_ELEMENT,
    "datacount": codes.SECTION_DATA_COUNT,
    "code": codes.SECTION_CODE,
    "data": codes.SECTION_DATA,
}
"""How ``@custom`` annotations name the sections."""

NAME_SUBSECTIONS: dict[str, int] = {
    "func": codes.NAME_FUNC,
    "type": codes.NAME_TYPE,
    "table": codes.NAME_TABLE,
    "memory": codes.NAME_MEM,
    "global": codes.NAME_GLOBAL,
    "elem": codes.NAME_ELEM,
    "data": codes.NAME_DATA,
    "tag": codes.NAME_TAG,
}
"""Index spaces of a module, each with its subsection of the name section."""

CATCHES = ("catch", "catch_ref", "catch_all", "catch_all_ref")
"""Catch clauses as the binary format numbers them."""
_SMALL = tuple(bytes((n,)) for n in range(128))


def uleb(value: int) -> bytes:
    """spec "Binary Format: Integers": an unsigned integer."""
    if value < 128:
        return _SMALL[value]
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def sleb(value: int) -> bytes:
    """spec "Binary Format: Integers": a signed integer."""
    out = bytearray()
    while True:
        byte = value & 127
        value >>= 7
        if value == (-1 if byte & 64 else 0):
            out.append(byte)
            return bytes(out)
        out.append(byte | 128)


def sized(content: bytes | bytearray) -> bytes:
    """Bytes, after their count."""
    return uleb(len(content)) + content


def name(text: str) -> bytes:
    """spec "Binary Format: Names"."""
    return sized(text.encode())


def vec(items: Iterable[bytes]) -> bytes:
    """spec "Binary Format: Lists"."""
    encoded = list(items)
    return uleb(len(encoded)) + b"".join(encoded)


def section(id_: int, content: bytes) -> bytes:
    return _SMALL[id_] + sized(content)


def custom_section(custom_name: str, content: bytes | bytearray) -> bytes:
    named = name(custom_name)
    return b"".join((_SMALL[codes.SECTION_CUSTOM], uleb(len(named) + len(content)), named, content))


class Items:
    """The items of a section as they come, in pieces that are put together only once.

    Attributes:
        count: the number of items.
    """

    __slots__ = ("_pieces", "_size", "count")

    def __init__(self, items: Iterable[bytes] = ()) -> None:
        self._pieces: list[bytes | bytearray] = []
        self._size = 0
        self.count = 0
        for item in items:
            self.add(item)

    def add(self, *pieces: bytes | bytearray) -> None:
        """Adds an item."""
        self.count += 1
        self._pieces += pieces
        for piece in pieces:
            self._size += len(piece)

    def section(self, id_: int) -> list[bytes | bytearray]:
        """The section, in pieces."""
        count = uleb(self.count)
        return [_SMALL[id_] + uleb(len(count) + self._size) + count, *self._pieces]


# spec "Binary Format: Types"


def heaptype(of: int) -> bytes:
    """spec "Binary Format: Heap Types"; `of` is the nullable reference to it."""
    if of < CONCRETE:
        return _SMALL[of]
    return _SMALL[codes.EXACT] + uleb(typeidx_of(of)) if is_exact(of) else sleb(typeidx_of(of))


def valtype(of: int) -> bytes:
    """spec "Binary Format: Value Types", and packed types; the short form of a reference type wherever it has one."""
    if of < NON_NULL:
        return _SMALL[of]
    return _SMALL[codes.REF_NULL if is_nullable(of) else codes.REF] + heaptype(heaptype_of(of))


def valtypes(of: Iterable[int]) -> bytes:
    """spec "Binary Format: Result Types"."""
    return vec(map(valtype, of))


def fieldtype(of: FieldType) -> bytes:
    return valtype(of.storage) + _SMALL[of.mutable]


def comptype(of: CompType) -> bytes:
    """spec "Binary Format: Composite Types"."""
    if isinstance(of, FuncType):
        return _SMALL[codes.FORM_FUNC] + valtypes(of.params) + valtypes(of.results)
    if isinstance(of, StructType):
        return _SMALL[codes.FORM_STRUCT] + vec(map(fieldtype, of.fields))
    if isinstance(of, ArrayType):
        return _SMALL[codes.FORM_ARRAY] + fieldtype(of.field)
    raise TypeError(of)


def subtype(of: SubType) -> bytes:
    """spec "Binary Format: Recursive Types"; the short form if it says nothing about subtyping."""
    parts = []
    if not of.final or of.supers:
        parts += [_SMALL[codes.FORM_SUB_FINAL if of.final else codes.FORM_SUB], vec(map(uleb, of.supers))]
    if of.describes is not None:
        parts += [_SMALL[codes.FORM_DESCRIBES], uleb(of.describes)]
    if of.descriptor is not None:
        parts += [_SMALL[codes.FORM_DESCRIPTOR], uleb(of.descriptor)]
    return b"".join((*parts, comptype(of.comptype)))


def rectype(of: list[SubType]) -> bytes:
    """spec "Binary Format: Recursive Types": a group that was declared as one."""
    return _SMALL[codes.FORM_REC] + vec(map(subtype, of))


def limits(of: Limits, addrtype: int, flags: int = 0) -> bytes:
    """spec "Binary Format: Limits"; `flags` are those that there are besides."""
    flags |= (of.max is not None) * codes.LIMITS_MAX | (addrtype == I64) * codes.LIMITS_I64
    return _SMALL[flags] + uleb(of.min) + (b"" if of.max is None else uleb(of.max))


def memorytype(of: Limits, addrtype: int, page_size: int, shared: bool = False) -> bytes:
    """spec "Binary Format: Memory Types"; custom-page-sizes adds the logarithm of a page's size."""
    flags = codes.LIMITS_SHARED * shared
    if page_size == PAGE_SIZE:
        return limits(of, addrtype, flags)
    return limits(of, addrtype, flags | codes.LIMITS_PAGE_SIZE) + uleb(page_size.bit_length() - 1)


def tabletype(of: TableType) -> bytes:
    return valtype(of.reftype) + limits(of.limits, of.addrtype)


def globaltype(of: GlobalType) -> bytes:
    return valtype(of.valtype) + _SMALL[of.mutable]


def tagtype(typeidx: int) -> bytes:
    """spec "Binary Format: Tag Types"."""
    return b"\0" + uleb(typeidx)


def name_map(names: dict[int, str]) -> bytes:
    return vec(uleb(index) + name(names[index]) for index in sorted(names))


class Names:
    """What the name section says: the module's name, and a map from indices to names per subsection.

    Attributes:
        module: the module's name, or None.
        direct: by subsection id, names by index.
        indirect: by subsection id, names by function (or type) and index.
    """

    __slots__ = ("direct", "indirect", "module")

    def __init__(self) -> None:
        self.module: str | None = None
        self.direct: dict[int, dict[int, str]] = {}
        self.indirect: dict[int, dict[int, dict[int, str]]] = {}

    def add(self, subsection: int, index: int, text: str) -> None:
        self.direct.setdefault(subsection, {})[index] = text

    def add_indirect(self, subsection: int, outer: int, index: int, text: str) -> None:
        self.indirect.setdefault(subsection, {}).setdefault(outer, {})[index] = text

    def content(self) -> bytes:
        """The content of the name section; empty if there are no names."""
        parts: dict[int, bytes] = {}
        if self.module is not None:
            parts[codes.NAME_MODULE] = name(self.module)
        for subsection, names in self.direct.items():
            parts[subsection] = name_map(names)
        for subsection, maps in self.indirect.items():
            parts[subsection] = vec(uleb(outer) + name_map(maps[outer]) for outer in sorted(maps))
        return b"".join(section(subsection, parts[subsection]) for subsection in sorted(parts))
