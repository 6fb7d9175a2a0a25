"""What identifiers mean: a module's index spaces and types, and the names to be kept (spec "Text Format: Contexts")."""

from __future__ import annotations

from wasmvm.record import Record
from wasmvm.text import encoder
from wasmvm.text.cursor import Cursor
from wasmvm.text.encoder import NAME_SUBSECTIONS, Names
from wasmvm.text.hints import Hints
from wasmvm.text.lexer import is_string, string_bytes
from wasmvm.types import HEAPTYPES, VALTYPES, CompType, FuncType, SubType, is_reftype, ref, ref_typeidx

_NOUNS = {
    "func": "function",
    "elem": "elem segment",
    "data": "data segment",
}
"""What messages call the things in an index space, where that is not the space's own name."""


class Binding(Record):
    """A parameter or local with a name; `token` is the index of the token that gives it."""

    identifier: str | None
    name: str
    token: int


class Context:
    """One module being assembled.

    Attributes:
        cursor: where the text is read.
        spaces: identifiers by index space, each a map to indices.
        counts: how many there are in each index space.
        types: the types, explicit ones first, then those that type uses add.
        rectypes: the encoded groups of types.
        fields: identifiers of fields by the typeidx of their structure, each a map to indices.
        names: what goes into the name section.
        hints: what goes into the branch hint section, with offsets from the beginning of the code.
        needs_data_count: whether there is to be a data count section; any instruction that names a data segment asks.
    """

    __slots__ = (
        "_typeidx",
        "counts",
        "cursor",
        "fields",
        "hints",
        "names",
        "needs_data_count",
        "rectypes",
        "spaces",
        "types",
    )

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.spaces: dict[str, dict[str, int]] = {space: {} for space in NAME_SUBSECTIONS}
        self.counts = dict.fromkeys(NAME_SUBSECTIONS, 0)
        self.types: list[CompType] = []
        self.rectypes: list[bytes] = []
        self.fields: dict[int, dict[str, int]] = {}
        self._typeidx: dict[FuncType, int] = {}
        self.names = Names()
        self.hints: Hints = {}
        self.needs_data_count = False

    def declare(self, space: str, identifier: str | None, index: int) -> None:
        """Counts a definition, and gives it its identifier; `index` is the token to blame if that is taken."""
        if identifier is not None:
            if identifier in self.spaces[space]:
                raise self.cursor.error(f"duplicate {space} {identifier}", index)
            self.spaces[space][identifier] = self.counts[space]
        self.counts[space] += 1

    def index(self, space: str) -> int:
        """Reads an index into a space of the module."""
        return self.lookup(space, self.spaces[space])

    def lookup(self, space: str, names: dict[str, int]) -> int:
        """Reads an index, where identifiers mean what `names` says."""
        cursor = self.cursor
        token = cursor.tokens[cursor.position]
        if token[:1] == "$":
            if token not in names:
                raise cursor.error(f"unknown {_NOUNS.get(space, space)} {token}")
            cursor.position += 1
            return names[token]
        return cursor.nat(32)

    def bind(self, space: str, index: int) -> None:
        """Reads the optional identifier of a definition and the name it is to have."""
        name = self.bound_name(space)[1]
        if name is not None:
            self.names.add(NAME_SUBSECTIONS[space], index, name)

    def bound_name(self, what: str) -> tuple[str | None, str | None]:
        """Reads an optional identifier and ``@name`` annotation: the identifier, and the name that is to be kept."""
        identifier = self.cursor.optional_id()
        name = identifier[1:] if identifier is not None else None
        annotations = self.cursor.annotations("name")
        if len(annotations) > 1:
            raise self.cursor.source.error_at(annotations[1].offset, f"@name annotation: multiple {what}")
        if annotations:
            annotation = annotations[0]
            if len(annotation.tokens) != 1 or not is_string(annotation.tokens[0]):
                raise self.cursor.source.error_at(annotation.offset, "@name annotation: unexpected token")
            try:
                name = string_bytes(annotation.tokens[0]).decode()
            except UnicodeDecodeError:
                raise self.cursor.source.error_at(
                    annotation.offset, "@name annotation: malformed UTF-8 encoding"
                ) from None
        return identifier, name

    # spec "Text Format: Types"

    def valtype(self) -> int:
        cursor = self.cursor
        token = cursor.tokens[cursor.position]
        if token in VALTYPES:
            cursor.position += 1
            return VALTYPES[token]
        if cursor.open_field("ref"):
            nullable = cursor.accept("null")
            found = ref(self.heaptype(), nullable)
            cursor.expect(")")
            return found
        raise cursor.unexpected()

    def at_valtype(self) -> bool:
        return self.cursor.tokens[self.cursor.position] in VALTYPES or self.cursor.at_field("ref")

    def reftype(self) -> int:
        start = self.cursor.position
        found = self.valtype()
        if not is_reftype(found):
            raise self.cursor.unexpected(start)
        return found

    def heaptype(self) -> int:
        """Reads a heap type, as the nullable reference to it."""
        cursor = self.cursor
        token = cursor.tokens[cursor.position]
        if token in HEAPTYPES:
            cursor.position += 1
            return HEAPTYPES[token]
        if cursor.at_index():
            return ref_typeidx(self.index("type"), True)
        if cursor.open_field("exact"):
            if not cursor.at_index():
                raise cursor.unexpected()
            found = ref_typeidx(self.index("type"), True, True)
            cursor.expect(")")
            return found
        raise cursor.unexpected()

    def params(self, names: list[Binding | None] | None) -> list[int]:
        """Reads any number of ``(param ...)``; identifiers go to `names`, and are errors where that is None."""
        return self._typed_list("param", names)

    def locals(self, names: list[Binding | None]) -> list[int]:
        return self._typed_list("local", names)

    def results(self) -> list[int]:
        return self._typed_list("result", None)

    def _typed_list(self, keyword: str, names: list[Binding | None] | None) -> list[int]:
        cursor = self.cursor
        types: list[int] = []
        while cursor.open_field(keyword):
            start = cursor.position
            if names is None:
                while cursor.tokens[cursor.position] != ")":
                    types.append(self.valtype())
            else:
                identifier, name = self.bound_name(keyword)
                if name is not None:
                    types.append(self.valtype())
                    names.append(Binding(identifier, name, start))
                else:
                    while cursor.tokens[cursor.position] != ")":
                        types.append(self.valtype())
                        names.append(None)
            cursor.expect(")")
        return types

    def functype(self, names: list[Binding | None] | None = None) -> FuncType:
        return FuncType(tuple(self.params(names)), tuple(self.results()))

    def add_types(self, group: list[SubType], declared: bool) -> None:
        """Appends a group of types; `declared` says that the text has a ``rec`` around it."""
        if len(group) == 1:
            of = group[0]
            # Only such types are what a type use without index may stand for.
            if isinstance(of.comptype, FuncType) and of.is_plain:
                self._typeidx.setdefault(of.comptype, len(self.types))
        self.rectypes.append(encoder.rectype(group) if declared else encoder.subtype(group[0]))
        self.types += [of.comptype for of in group]

    def typeidx(self, functype: FuncType) -> int:
        """spec "Text Format: Type Uses: Abbreviations": the index of the first type that is this one.

        It is appended if there is none.
        """
        found = self._typeidx.get(functype)
        if found is None:
            found = len(self.types)
            self.add_types([SubType(True, (), functype)], False)
        return found

    def typeuse(self, names: list[Binding | None] | None = None) -> tuple[int | None, FuncType]:
        """Reads a type use (spec "Text Format: Type Uses"): the index if ``(type x)`` is there, and the type."""
        cursor = self.cursor
        start = cursor.position
        if not cursor.open_field("type"):
            return None, self.functype(names)
        typeidx = self.index("type")
        cursor.expect(")")
        inline = self.functype(names)
        known = self.types[typeidx] if typeidx < len(self.types) else None
        if cursor.at_field("type") or cursor.at_field("param"):  # rather this than a complaint about the order's result
            raise cursor.unexpected(cursor.position + 1)
        if inline.params or inline.results:
            if known is None:
                raise cursor.error(f"unknown type {typeidx}", start + 2)
            if inline != known:
                raise cursor.error("inline function type differs from the type that is named", start)
        # The validator refuses what is not a function type, or not a type at all.
        return typeidx, known if isinstance(known, FuncType) else FuncType((), ())

    def defined_type(self, names: list[Binding | None] | None = None) -> tuple[int, FuncType]:
        """A type use as an index, the type defined if need be."""
        typeidx, functype = self.typeuse(names)
        return (self.typeidx(functype) if typeidx is None else typeidx), functype
