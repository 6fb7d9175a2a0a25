"""What a decoded module is (spec "Structure: Modules"): frozen records, and offsets into the bytes they came from.

Function bodies and constant expressions stay bytes: an `Extent` says where. The naming legend: a name that ends in
`idx` is an index into an index space (imports first, then definitions); `offset` is a byte offset in the module.

Titles after the word spec are headings of the WebAssembly core specification 3.0 (CONTRIBUTING.md).
"""

from __future__ import annotations

from array import array

from wasmvm.errors import InternalError
from wasmvm.record import Record
from wasmvm.types import (
    FUNC,
    GLOBAL,
    MEMORY,
    TABLE,
    TAG,
    CompType,
    ExternType,
    FuncType,
    GlobalType,
    MemoryType,
    SubType,
    TableType,
    TagType,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol
else:
    Protocol = object


class Extent(Record):
    """Bytes `start` up to and without `end` of the module."""

    start: int
    end: int


class Import(Record):
    """spec "Structure: Imports"; `desc` is a typeidx for functions and tags, else the type that `kind` says.

    `exact`: whether a function is to have that very type.
    """

    module: str
    name: str
    kind: int
    desc: Any
    offset: int
    exact: bool = False


class Export(Record):
    """spec "Structure: Exports"; `index` counts in the index space that `kind` names."""

    name: str
    kind: int
    index: int  # type: ignore[assignment]  # hides tuple.index
    offset: int


class RecType(Record):
    """spec "Structure: Recursive Types": a group of `count` types from `start` on, which may refer to each other."""

    start: int
    count: int  # type: ignore[assignment]  # hides tuple.count


class Table(Record):
    """spec "Structure: Tables"; `init` is a constant expression, or None where the elements begin as null."""

    type: TableType
    offset: int
    init: Extent | None = None


class Memory(Record):
    """spec "Structure: Memories"."""

    type: MemoryType
    offset: int


class Global(Record):
    """spec "Structure: Globals"; `init` is a constant expression."""

    type: GlobalType
    init: Extent
    offset: int


class Tag(Record):
    """spec "Structure: Tags"."""

    typeidx: int
    offset: int


ACTIVE, PASSIVE, DECLARATIVE = range(3)
"""Modes of segments."""


class Elem(Record):
    """spec "Structure: Element Segments"; the elements are either function indices or constant expressions, never both.

    Attributes:
        funcidxs: an ``array("I")``, or None where `exprs` is given.
        exprs: extents of constant expressions, or None where `funcidxs` is given.
        offset_expr: for active segments, the constant expression of the first index.
        init_offset: where the vector of the elements lies.
    """

    reftype: int
    mode: int
    tableidx: int
    offset_expr: Extent | None
    funcidxs: array[int] | None
    exprs: list[Extent] | None
    offset: int
    init_offset: int

    def __len__(self) -> int:
        return len(self.funcidxs if self.funcidxs is not None else self.exprs or ())


class Data(Record):
    """spec "Structure: Data Segments"; `init` is where the bytes lie."""

    mode: int
    memidx: int
    offset_expr: Extent | None
    init: Extent
    offset: int


class Custom(Record):
    """spec "Custom Section"; `after` is the id of the last non-custom section before it (0 for none)."""

    name: str
    content: Extent
    after: int


class Section(Record):
    """A section as it lies in the file, for tools that print."""

    id: int
    content: Extent


class Partial(Protocol):
    """What stands in for those bytes of a module that are not read yet: function bodies, contents of custom sections.

    Attributes:
        code: where function bodies lie, as in `Module`.
    """

    code: array[int]

    def load(self, start: int, end: int) -> None:
        """Read bytes `start` up to `end`, a custom section's content or all, if they are missing; raises OSError if
        they cannot be had any more."""

    def body(self, index: int) -> None:
        """Read a function's body, counted among those defined here; likewise."""

    def is_of(self, module: Module) -> bool:
        """Whether nothing was missing that a module was decoded from."""


class Module:
    """spec "Structure: Modules": a decoded module; `binary.decode` makes it and nothing changes it afterwards.

    Attributes:
        loaded: the module's bytes. Where function bodies and contents of custom sections are not loaded yet, they are
            arbitrary: `load`, `load_body` and `source` load them.
        partial: what loads those, or None where all is loaded.
        types: composite types by typeidx.
        subtypes: by typeidx, those declared by ``sub``, or with descriptors; all others are final without supertype.
        rectypes: the groups declared by ``rec``, ascending; every other type is a group of its own.
        type_offsets: ``array("I")``, where each type lies.
        imports, tables, mems, tags, globals, exports, elems, datas, customs: lists of the records above.
        funcs: ``array("I")``, the typeidx of each function defined here.
        code: ``array("I")``, for the function `i` defined here its body (locals and expression) lies from
            ``code[2*i]`` up to ``code[2*i+1]``.
        start: funcidx of the start function, or None.
        data_count: what the data count section says, or None without one.
        sections: every section in the order of the file.
        descriptors_at: the offset of something that belongs to the custom-descriptors proposal; or -1: what was
            validated has nothing of it.
        may_have_descriptors: whether functions that are validated late may use that proposal.
        type_ids, hold: what `deftype.define` has found for the types, and what keeps that; None before.
    """

    __slots__ = (
        "code",
        "customs",
        "data_count",
        "datas",
        "descriptors_at",
        "elems",
        "exports",
        "func_imports",
        "funcs",
        "global_imports",
        "globals",
        "hold",
        "imports",
        "loaded",
        "may_have_descriptors",
        "mem_imports",
        "mems",
        "partial",
        "rectypes",
        "sections",
        "start",
        "start_offset",
        "subtypes",
        "table_imports",
        "tables",
        "tag_imports",
        "tags",
        "type_ids",
        "type_offsets",
        "types",
    )

    def __init__(self, source: bytes, partial: Partial | None = None) -> None:
        self.loaded = source
        self.partial = partial
        self.types: list[CompType] = []
        self.subtypes: dict[int, SubType] = {}
        self.rectypes: list[RecType] = []
        self.type_offsets: array[int] = array("I")
        self.imports: list[Import] = []
        self.func_imports: list[Import] = []
        self.table_imports: list[Import] = []
        self.mem_imports: list[Import] = []
        self.global_imports: list[Import] = []
        self.tag_imports: list[Import] = []
        self.funcs: array[int] = array("I")
        self.tables: list[Table] = []
        self.mems: list[Memory] = []
        self.tags: list[Tag] = []
        self.globals: list[Global] = []
        self.exports: list[Export] = []
        self.start: int | None = None
        self.start_offset = 0
        self.elems: list[Elem] = []
        self.data_count: int | None = None
        self.code: array[int] = array("I")
        self.datas: list[Data] = []
        self.customs: list[Custom] = []
        self.sections: list[Section] = []
        self.descriptors_at = -1
        self.may_have_descriptors = False
        self.type_ids: array[int] | None = None
        self.hold: object = None

    @property
    def source(self) -> bytes:
        """The module's bytes, all of them loaded; raises OSError where some cannot be read any more."""
        return self.load(0, len(self.loaded))

    def load(self, start: int, end: int) -> bytes:
        """`loaded`, after bytes `start` up to `end` are: a custom section's content, or all; raises OSError."""
        if self.partial is not None:
            self.partial.load(start, end)
        return self.loaded

    def load_body(self, index: int) -> None:
        """Load the body of a function, counted among those defined here; raises OSError."""
        if self.partial is not None:
            self.partial.body(index)

    def section(self, section_id: int) -> Extent | None:
        """The content of the first section with this id."""
        return next((section.content for section in self.sections if section.id == section_id), None)

    # Index spaces: imports come first (spec "Structure: Indices").

    @property
    def func_count(self) -> int:
        return len(self.func_imports) + len(self.funcs)

    def func_typeidx(self, funcidx: int) -> int:
        """The typeidx of a function of the index space; IndexError where there is none."""
        imported = len(self.func_imports)
        if funcidx < imported:
            return int(self.func_imports[funcidx].desc)
        return self.funcs[funcidx - imported]

    def func_type(self, funcidx: int) -> FuncType:
        return self.functype(self.func_typeidx(funcidx))

    def functype(self, typeidx: int) -> FuncType:
        """The function type with this index; validation has seen to it that it is one."""
        functype = self.types[typeidx]
        if not isinstance(functype, FuncType):
            raise InternalError(f"type {typeidx} of a validated function is {functype}")
        return functype

    def table_types(self) -> list[TableType]:
        return [i.desc for i in self.table_imports] + [t.type for t in self.tables]

    def mem_types(self) -> list[MemoryType]:
        return [i.desc for i in self.mem_imports] + [m.type for m in self.mems]

    def global_types(self) -> list[GlobalType]:
        return [i.desc for i in self.global_imports] + [g.type for g in self.globals]

    def tag_typeidxs(self) -> list[int]:
        return [i.desc for i in self.tag_imports] + [t.typeidx for t in self.tags]

    def import_type(self, import_: Import) -> ExternType:
        if import_.kind == FUNC:
            return self.functype(import_.desc)
        if import_.kind == TAG:
            return TagType(self.functype(import_.desc))
        type_: ExternType = import_.desc
        return type_

    def export_type(self, export: Export) -> ExternType:
        if export.kind == FUNC:
            return self.func_type(export.index)
        if export.kind == TABLE:
            return self.table_types()[export.index]
        if export.kind == MEMORY:
            return self.mem_types()[export.index]
        if export.kind == GLOBAL:
            return self.global_types()[export.index]
        return TagType(self.functype(self.tag_typeidxs()[export.index]))
