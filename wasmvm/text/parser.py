"""Modules (spec "Text Format: Modules"): text to the bytes of the binary format.

Two passes over the fields: the first only counts and gives identifiers their indices, so that the second can encode
each field at once, whatever it names. Both ask for the tokens of one field at a time.
"""

from __future__ import annotations

from array import array

from wasmvm.errors import TextError
from wasmvm.isa import codes
from wasmvm.isa.wasm import BY_MNEMONIC
from wasmvm.record import Record
from wasmvm.text import encoder
from wasmvm.text.context import Binding, Context
from wasmvm.text.cursor import Cursor, is_token
from wasmvm.text.encoder import SECTION_NAMES, Items, sized, uleb, vec
from wasmvm.text.hints import encode_hints
from wasmvm.text.instructions import Instructions
from wasmvm.text.lexer import (
    BRANCH_HINT,
    DATA_COUNT,
    Annotation,
    Lexer,
    Tokens,
    is_string,
    open_text,
    string_bytes,
)
from wasmvm.text.typedefs import read_rec, read_type
from wasmvm.types import (
    EXTERN_KINDS,
    FUNC,
    FUNCREF,
    GLOBAL,
    I32,
    I64,
    MEMORY,
    PAGE_SIZE,
    TABLE,
    TAG,
    GlobalType,
    Limits,
    TableType,
    ref,
)

_END = b"\x0b"
_REF_FUNC = BY_MNEMONIC["ref.func"].encoding
_ZERO = {I32: b"\x41\0" + _END, I64: b"\x42\0" + _END}
"""The offset 0 by address type."""
_FUNCIDX_REFTYPE = ref(FUNCREF, False)
"""The type of the elements of segments that list functions."""
_IMPORT_ORDER = {"func": "function", "table": "table", "memory": "memory", "tag": "tag", "global": "global"}
"""Definitions that no import may follow, and what the message calls them."""

_FIRST, _AT_END, _LAST = "first", "end", "last"
"""Places of custom sections: before all others, and after them, on either side of the name section."""


_INNER_COUNTS = {"table": "elem", "memory": "data"}
"""Definitions that may define a segment as well, by the keyword of what is in it."""
_TOKENS_AT_ONCE = 4096


class _Field(Record):
    """A module field: its keyword, where in the text it begins and ends, its index in its index space."""

    keyword: str
    begin: int
    end: int
    ordinal: int


class _Leftover(Record):
    """An annotation that nothing has taken: where it is, its name, whether it is in a function."""

    offset: int
    name: str
    in_function: bool


class _Elements(Record):
    """What an element segment holds: function indices, or expressions of a type."""

    reftype: int
    funcidxs: list[int] | None
    exprs: list[bytes]

    def encoded(self) -> bytes:
        return vec(map(uleb, self.funcidxs)) if self.funcidxs is not None else vec(self.exprs)


class ModuleParser:
    """Assembles one module of a text.

    It begins at `position`: after ``(module``, or before the first of the fields of a bare module. `fields` says where
    its fields begin and end, as `Lexer.fields` does.

    Attributes:
        cursor: where the text is read; at the end, it stands at what closes the module.
    """

    def __init__(self, lexer: Lexer, position: int, fields: array[int]) -> None:
        self.cursor = Cursor(lexer.window(position, position))
        self.context = Context(self.cursor)
        self._lexer = lexer
        self._extents = fields
        self._items = {id_: Items() for id_ in codes.SECTION_ORDER}
        self._start: bytes | None = None
        self._customs: dict[object, list[bytes]] = {}
        self._explicit_names = False
        self._leftover: _Leftover | None = None
        self._imports = False  # whether the field that was declared last is an import

    def parse(self, closer: str) -> list[bytes | bytearray]:
        """The bytes of the module in pieces; its fields end at `closer`: a parenthesis, or the end of the text."""
        if closer:
            self.context.names.module = self.context.bound_name("module")[1]
        fields = self._declare(closer)
        last, position = self.cursor.source, self.cursor.position
        for field in fields:
            if field.keyword in ("type", "rec"):
                self._read(field)
        # The types that type uses add come after all that are spelled out.
        for field in fields:
            if field.keyword not in ("type", "rec"):
                self._read(field)
        self.cursor.enter(last, position)
        self._take_customs()
        self._leave(last, position, None)
        self._check_annotations()
        return self._module()

    # First pass

    def _declare(self, closer: str) -> list[_Field]:
        """Finds the fields and declares what they define; leaves the cursor at `closer`."""
        cursor = self.cursor
        fields: list[_Field] = []
        last_definition = ""
        while cursor.tokens[cursor.position] != closer:
            self._take_customs()
            self._leave(cursor.source, cursor.position, None)
            cursor.expect("(")
            keyword = cursor.tokens[cursor.position]
            if keyword not in _FIELDS:
                raise cursor.unexpected()
            begin, end = self._extents[2 * len(fields)], self._extents[2 * len(fields) + 1]
            if end < 0:
                raise self._unclosed(begin)
            fields.append(self._declare_field(keyword, begin, end, last_definition))
            if keyword in _IMPORT_ORDER and not self._imports:
                last_definition = keyword
            cursor.enter(self._lexer.window(end, end))
        return fields

    def _declare_field(self, keyword: str, begin: int, end: int, last_definition: str) -> _Field:
        """Declares what a field defines, whose keyword comes next."""
        cursor, counts = self.cursor, self.context.counts
        inner_at: list[int] = []
        # Bodies of functions are only looked at if the word is somewhere in them.
        if keyword == "rec" or (
            keyword in EXTERN_KINDS and (keyword != "func" or self._lexer.source.find(b"import", begin, end) >= 0)
        ):
            cursor.enter(self._lexer.window(begin, end), 1)
            inner_at = _inner_keywords(cursor.source)
        at, tokens = cursor.position, cursor.tokens
        inner = [tokens[position] for position in inner_at]
        space, identifier_at = keyword, at + 1
        self._imports = "import" in inner and keyword in EXTERN_KINDS
        if keyword == "import":
            self._imports = True
            # import "module" "name" ( kind $id
            space, identifier_at = tokens[at + 4], at + 5
        index = counts.get(space, 0)
        if space in counts:
            self._declare_one(space, identifier_at)
        elif keyword == "rec":
            for position in inner_at:
                self._declare_one("type", position + 1)
        if self._imports and last_definition:
            raise cursor.error(f"import after {_IMPORT_ORDER[last_definition]}", at)
        if not self._imports and _INNER_COUNTS.get(keyword) in inner:
            counts[_INNER_COUNTS[keyword]] += 1
        return _Field(keyword, begin, end, index)

    def _declare_one(self, space: str, identifier_at: int) -> None:
        identifier = self.cursor.tokens[identifier_at]
        self.context.declare(space, identifier if identifier[:1] == "$" else None, identifier_at)

    def _unclosed(self, begin: int) -> TextError:
        """The error for a field that does not end: about the first thing in it that means nothing, if there is one."""
        position, more = begin, True
        while more:
            window = self._lexer.part(position, _TOKENS_AT_ONCE)
            for index, token in enumerate(window.tokens):
                if not is_token(token):
                    return Cursor(window, index).unexpected()
            position, more = self._lexer.start, window.tokens[-1] != ""
        return self._lexer.error_at(begin, "unexpected token: the text ends before what begins here")

    # Second pass

    def _read(self, field: _Field) -> None:
        window = self._lexer.window(field.begin, field.end)
        self.cursor.enter(window, 2)
        _FIELDS[field.keyword](self, field.ordinal)
        self.cursor.expect(")")
        if window.annotations:
            self._leave(window, window.count - 1, 2 if field.keyword == "func" else None)

    def _type(self, _: int) -> None:
        read_type(self.context)

    def _rec(self, _: int) -> None:
        read_rec(self.context)

    def _inline(self, kind: int, index: int) -> bytes | None:
        """spec "Text Format: Functions: Abbreviations": inline exports and an inline import.

        Returns the names of the import, or None.
        """
        cursor = self.cursor
        while cursor.open_field("export"):
            self._add_export(cursor.name(), kind, index)
            cursor.expect(")")
        if not cursor.open_field("import"):
            return None
        names = encoder.name(cursor.name()) + encoder.name(cursor.name())
        cursor.expect(")")
        return names

    def _add_export(self, name: str, kind: int, index: int) -> None:
        self._items[codes.SECTION_EXPORT].add(encoder.name(name) + bytes((kind,)) + uleb(index))

    def _add_import(self, names: bytes, kind: int, desc: bytes) -> None:
        self._items[codes.SECTION_IMPORT].add(names + bytes((kind,)) + desc)

    def _import(self, index: int) -> None:
        cursor, context = self.cursor, self.context
        names = encoder.name(cursor.name()) + encoder.name(cursor.name())
        cursor.expect("(")
        keyword = cursor.tokens[cursor.position]
        if keyword not in EXTERN_KINDS:
            raise cursor.unexpected()
        cursor.position += 1
        context.bind(keyword, index)
        kind = EXTERN_KINDS.index(keyword)
        self._add_import(names, *(self._func_import() if kind == FUNC else (kind, self._import_desc(kind))))
        cursor.expect(")")

    def _func_import(self) -> tuple[int, bytes]:
        """Reads the type of a function that is imported, perhaps as exactly that: the kind of the import, its type."""
        exact = self.cursor.open_field("exact")
        desc = uleb(self.context.defined_type([])[0])
        if exact:
            self.cursor.expect(")")
        return codes.EXACT_FUNC if exact else FUNC, desc

    def _import_desc(self, kind: int) -> bytes:
        """Reads the type of another import than a function."""
        if kind == TAG:
            return self._tagtype()
        if kind == TABLE:
            return encoder.tabletype(self._tabletype())
        if kind == MEMORY:
            return self._memorytype()
        return encoder.globaltype(self._globaltype())

    def _addrtype(self) -> int:
        if self.cursor.accept("i64"):
            return I64
        self.cursor.accept("i32")
        return I32

    def _limits(self) -> Limits:
        cursor = self.cursor
        minimum = cursor.nat(64)
        return Limits(minimum, cursor.nat(64) if cursor.at_index() else None)

    def _tabletype(self) -> TableType:
        addrtype, limits = self._addrtype(), self._limits()
        return TableType(self.context.reftype(), limits, addrtype)

    def _memorytype(self) -> bytes:
        addrtype = self._addrtype()
        limits = self._limits()
        shared = self.cursor.accept("shared")
        return encoder.memorytype(limits, addrtype, self._pagesize(), shared)

    def _pagesize(self) -> int:
        """Of the proposal custom-page-sizes; the validator says which powers of two it may be."""
        cursor = self.cursor
        if not cursor.open_field("pagesize"):
            return PAGE_SIZE
        at = cursor.position
        size = cursor.nat(64)
        if size.bit_count() != 1:
            raise cursor.error(f"invalid custom page size: {size} is no power of two", at)
        cursor.expect(")")
        return size

    def _tagtype(self) -> bytes:
        return encoder.tagtype(self.context.defined_type([])[0])

    def _globaltype(self) -> GlobalType:
        if not self.cursor.open_field("mut"):
            return GlobalType(self.context.valtype(), False)
        valtype = self.context.valtype()
        self.cursor.expect(")")
        return GlobalType(valtype, True)

    def _func(self, index: int) -> None:
        context = self.context
        context.bind("func", index)
        names = self._inline(FUNC, index)
        if names is not None:
            self._add_import(names, *self._func_import())
            return
        bindings: list[Binding | None] = []
        typeidx, functype = context.defined_type(bindings)
        if not bindings:
            bindings = [None] * len(functype.params)
        locals_ = context.locals(bindings)
        instructions = Instructions(context, index)
        instructions.bind_locals(bindings)
        body = instructions.read()
        self._items[codes.SECTION_FUNCTION].add(uleb(typeidx))
        head = _locals(locals_)
        self._items[codes.SECTION_CODE].add(sized(head + body + _END))
        if instructions.hints:
            context.hints[index] = [(len(head) + offset, hint) for offset, hint in instructions.hints]

    def _table(self, index: int) -> None:
        cursor, context = self.cursor, self.context
        context.bind("table", index)
        names = self._inline(TABLE, index)
        if names is not None:
            self._add_import(names, TABLE, self._import_desc(TABLE))
            return
        start = cursor.position
        addrtype = self._addrtype()
        if context.at_valtype():
            reftype = context.reftype()
            cursor.expect("(")
            cursor.expect("elem")
            elements = self._inline_elements(reftype)
            cursor.expect(")")
            size = len(elements.exprs if elements.funcidxs is None else elements.funcidxs)
            tabletype = TableType(reftype, Limits(size, size), addrtype)
            self._items[codes.SECTION_TABLE].add(encoder.tabletype(tabletype))
            self._items[codes.SECTION_ELEMENT].add(_active_elem(index or None, _ZERO[addrtype], elements))
            return
        cursor.position = start
        encoded = encoder.tabletype(self._tabletype())
        if cursor.tokens[cursor.position] != ")":
            encoded = b"\x40\0" + encoded + self._expr()
        self._items[codes.SECTION_TABLE].add(encoded)

    def _memory(self, index: int) -> None:
        cursor, context = self.cursor, self.context
        context.bind("memory", index)
        names = self._inline(MEMORY, index)
        if names is not None:
            self._add_import(names, MEMORY, self._import_desc(MEMORY))
            return
        start = cursor.position
        addrtype, page_size = self._addrtype(), self._pagesize()
        if cursor.open_field("data"):
            data = cursor.strings()
            cursor.expect(")")
            pages = -(-len(data) // page_size)
            self._items[codes.SECTION_MEMORY].add(encoder.memorytype(Limits(pages, pages), addrtype, page_size))
            self._items[codes.SECTION_DATA].add(*_active_data(index or None, _ZERO[addrtype], data))
            return
        cursor.position = start
        self._items[codes.SECTION_MEMORY].add(self._memorytype())

    def _tag(self, index: int) -> None:
        self.context.bind("tag", index)
        names = self._inline(TAG, index)
        if names is not None:
            self._add_import(names, TAG, self._import_desc(TAG))
        else:
            self._items[codes.SECTION_TAG].add(self._tagtype())

    def _global(self, index: int) -> None:
        self.context.bind("global", index)
        names = self._inline(GLOBAL, index)
        if names is not None:
            self._add_import(names, GLOBAL, self._import_desc(GLOBAL))
        else:
            globaltype = encoder.globaltype(self._globaltype())
            self._items[codes.SECTION_GLOBAL].add(globaltype + self._expr())

    def _export(self, _: int) -> None:
        cursor = self.cursor
        name = cursor.name()
        cursor.expect("(")
        keyword = cursor.tokens[cursor.position]
        if keyword not in EXTERN_KINDS:
            raise cursor.unexpected()
        cursor.position += 1
        self._add_export(name, EXTERN_KINDS.index(keyword), self.context.index(keyword))
        cursor.expect(")")

    def _start_field(self, _: int) -> None:
        if self._start is not None:
            raise self.cursor.error("multiple start sections", self.cursor.position - 1)
        self._start = uleb(self.context.index("func"))

    def _expr(self) -> bytes:
        return Instructions(self.context).read() + _END

    def _single(self) -> bytes:
        """Reads one folded instruction as an expression."""
        return Instructions(self.context).read(single=True) + _END

    def _offset(self) -> bytes | None:
        """Reads the offset of an active segment, if it is one."""
        if self.cursor.open_field("offset"):
            offset = self._expr()
            self.cursor.expect(")")
            return offset
        if self.cursor.tokens[self.cursor.position] == "(" and not self.cursor.at_field("ref"):
            return self._single()
        return None

    def _target(self, space: str) -> int | None:
        """Reads ``(table x)`` or ``(memory x)``."""
        if not self.cursor.open_field(space):
            return None
        index = self.context.index(space)
        self.cursor.expect(")")
        return index

    def _elem(self, index: int) -> None:
        cursor = self.cursor
        self.context.bind("elem", index)
        if cursor.accept("declare"):
            self._items[codes.SECTION_ELEMENT].add(_inactive_elem(3, self._elements()))
            return
        tableidx = self._target("table")
        offset = self._offset()
        if offset is not None:
            if tableidx is None and (cursor.at_index() or cursor.tokens[cursor.position] == ")"):
                elements = _Elements(_FUNCIDX_REFTYPE, self._funcidxs(), [])
            else:
                elements = self._elements()
            self._items[codes.SECTION_ELEMENT].add(_active_elem(tableidx, offset, elements))
        elif tableidx is not None:
            raise cursor.unexpected()
        else:
            self._items[codes.SECTION_ELEMENT].add(_inactive_elem(1, self._elements()))

    def _elements(self) -> _Elements:
        """Reads an element list (spec "Text Format: Element Segments")."""
        if self.cursor.accept("func"):
            return _Elements(_FUNCIDX_REFTYPE, self._funcidxs(), [])
        return _Elements(self.context.reftype(), None, self._element_exprs())

    def _inline_elements(self, reftype: int) -> _Elements:
        if self.cursor.tokens[self.cursor.position] == "(":
            return _Elements(reftype, None, self._element_exprs())
        funcidxs = self._funcidxs()
        if reftype == FUNCREF:
            return _Elements(_FUNCIDX_REFTYPE, funcidxs, [])
        # The segment is of the table's type, which only expressions can be.
        return _Elements(reftype, None, [_REF_FUNC + uleb(funcidx) + _END for funcidx in funcidxs])

    def _funcidxs(self) -> list[int]:
        indices = []
        while self.cursor.at_index():
            indices.append(self.context.index("func"))
        return indices

    def _element_exprs(self) -> list[bytes]:
        exprs = []
        while self.cursor.tokens[self.cursor.position] == "(":
            if self.cursor.open_field("item"):
                exprs.append(self._expr())
                self.cursor.expect(")")
            else:
                exprs.append(self._single())
        return exprs

    def _data(self, index: int) -> None:
        self.context.bind("data", index)
        memidx = self._target("memory")
        offset = self._offset()
        if offset is None and memidx is not None:
            raise self.cursor.unexpected()
        data = self.cursor.strings()
        if offset is None:
            self._items[codes.SECTION_DATA].add(b"\1" + uleb(len(data)), data)
        else:
            self._items[codes.SECTION_DATA].add(*_active_data(memidx, offset, data))

    # Custom sections

    def _take_customs(self) -> None:
        """Takes the annotations before the next token that are about sections."""
        for annotation in self.cursor.annotations("custom"):
            self._custom(annotation)
        if self.cursor.annotations(DATA_COUNT):
            self.context.needs_data_count = True

    def _custom(self, annotation: Annotation) -> None:
        def error(message: str) -> TextError:
            return self.cursor.source.error_at(annotation.offset, f"@custom annotation: {message}")

        tokens = annotation.tokens
        if not tokens or not is_string(tokens[0]):
            raise error("missing section name")
        try:
            name = string_bytes(tokens[0]).decode()
        except UnicodeDecodeError:
            raise error("malformed UTF-8 encoding") from None
        place: object = _AT_END
        rest = 1
        if len(tokens) > 1 and tokens[1] == "(":
            rest = tokens.index(")") + 1
            placement = tokens[2 : rest - 1]
            if not placement or placement[0] not in ("before", "after"):
                raise error("malformed placement")
            kinds = {"first": None} if placement[0] == "before" else {"last": None}
            if len(placement) != 2 or placement[1] not in (kinds | SECTION_NAMES):
                raise error("malformed section kind")
            place = _LAST if placement[1] in kinds else (placement[0], SECTION_NAMES[placement[1]])
            if placement[1] == "first":
                place = _FIRST
        for token in tokens[rest:]:
            if not is_string(token):
                raise error(f"unexpected token {token}")
        content = bytearray()
        for token in tokens[rest:]:
            content += string_bytes(token)
        section = encoder.custom_section(name, content)
        self._customs.setdefault(place, []).append(section)
        self._explicit_names |= name == "name"

    def _leave(self, window: Tokens, last: int, function_from: int | None) -> None:
        """Notes the first annotation, up to the token `last`, that is left; a function may begin at some token."""
        for position, left in window.annotations.items():
            if left and position <= last and (self._leftover is None or left[0].offset < self._leftover.offset):
                in_function = function_from is not None and position >= function_from
                self._leftover = _Leftover(left[0].offset, left[0].name, in_function)

    def _check_annotations(self) -> None:
        """No annotation may be left over."""
        if self._leftover is None:
            return
        offset, name, in_function = self._leftover
        if name == BRANCH_HINT and not in_function:
            raise self._lexer.error_at(offset, f"@{name} annotation: not in a function")
        raise self._lexer.error_at(offset, f"misplaced @{name} annotation")

    def _module(self) -> list[bytes | bytearray]:
        """The sections one after the other."""
        customs = self._customs
        self._items[codes.SECTION_TYPE] = Items(self.context.rectypes)
        out: list[bytes | bytearray] = [codes.MAGIC, codes.VERSION, *customs.get(_FIRST, ())]
        for id_ in codes.SECTION_ORDER:
            out += customs.get(("before", id_), ())
            items = self._items[id_]
            if id_ == codes.SECTION_CODE and self.context.hints:
                out.append(encoder.custom_section(BRANCH_HINT, encode_hints(self.context.hints)))
            if items.count:
                out += items.section(id_)
            elif id_ == codes.SECTION_START and self._start is not None:
                out.append(encoder.section(id_, self._start))
            elif id_ == codes.SECTION_DATA_COUNT and self.context.needs_data_count:
                out.append(encoder.section(id_, uleb(self._items[codes.SECTION_DATA].count)))
            out += customs.get(("after", id_), ())
        out += customs.get(_AT_END, ())
        names = self.context.names.content()
        # A name section that is written out is the one to have.
        if names and not self._explicit_names:
            out.append(encoder.custom_section(codes.NAME_SECTION, names))
        out += customs.get(_LAST, ())
        return out


_FIELDS = {
    "type": ModuleParser._type,
    "rec": ModuleParser._rec,
    "import": ModuleParser._import,
    "func": ModuleParser._func,
    "table": ModuleParser._table,
    "memory": ModuleParser._memory,
    "tag": ModuleParser._tag,
    "global": ModuleParser._global,
    "export": ModuleParser._export,
    "start": ModuleParser._start_field,
    "elem": ModuleParser._elem,
    "data": ModuleParser._data,
}


def _inner_keywords(field: Tokens) -> list[int]:
    """Where the keywords of the parentheses directly inside a field are."""
    found: list[int] = []
    depth = 0
    for position, token in enumerate(field.tokens[: field.count]):
        if token == "(":
            depth += 1
            if depth == 2:
                found.append(position + 1)
        elif token == ")":
            depth -= 1
    return found


def _locals(types: list[int]) -> bytes:
    """spec "Code Section": locals, runs of one type put together."""
    runs: list[list[int]] = []
    for valtype in types:
        if runs and runs[-1][1] == valtype:
            runs[-1][0] += 1
        else:
            runs.append([1, valtype])
    return vec(uleb(count) + encoder.valtype(valtype) for count, valtype in runs)


def _active_elem(tableidx: int | None, offset: bytes, elements: _Elements) -> bytes:
    """spec "Element Section"; one of the forms that name a table only where the text does, or has to."""
    if elements.funcidxs is not None:
        head = b"\0" + offset if tableidx is None else b"\2" + uleb(tableidx) + offset + b"\0"
    elif tableidx is None and elements.reftype == FUNCREF:
        head = b"\4" + offset
    else:
        head = b"\6" + uleb(tableidx or 0) + offset + encoder.valtype(elements.reftype)
    return head + elements.encoded()


def _inactive_elem(flags: int, elements: _Elements) -> bytes:
    """spec "Element Section": `flags` is 1 for a passive segment, 3 for a declarative one."""
    if elements.funcidxs is not None:
        return bytes((flags, 0)) + elements.encoded()
    return bytes((flags | 4,)) + encoder.valtype(elements.reftype) + elements.encoded()


def _active_data(memidx: int | None, offset: bytes, data: bytearray) -> tuple[bytes, bytearray]:
    """spec "Data Section", in two pieces; the form that names a memory only where the text does."""
    return (b"\0" if memidx is None else b"\2" + uleb(memidx)) + offset + uleb(len(data)), data


def parse_module(
    lexer: Lexer, begin: int, end: int, head: int = 2, fields: array[int] | None = None
) -> tuple[list[bytes | bytearray], Cursor]:
    """Assembles the module ``(module ...)`` in a part of a text; `head` counts the tokens before its identifier.

    `fields` says where the module's fields are, if that is known already.

    Returns the bytes, in pieces, and a cursor after the module.

    Raises:
        TextError: the text is not a module; for ``(module quote ...)``, the position counts in the quoted text.
    """
    cursor = Cursor(lexer.window(begin, begin), head)
    cursor.optional_id()
    form = cursor.tokens[cursor.position]
    if form in ("binary", "quote"):
        cursor.enter(lexer.window(begin, end), cursor.position + 1)
        content = bytes(cursor.strings())
        cursor.expect(")")
        return ([content] if form == "binary" else wat2wasm_pieces(content)), cursor
    position = cursor.source.start(head - 1) + len(cursor.tokens[head - 1])
    parser = ModuleParser(lexer, position, lexer.fields(position, 0, False) if fields is None else fields)
    module = parser.parse(")")
    parser.cursor.expect(")")
    return module, parser.cursor


def wat2wasm(text: str | bytes) -> bytes:
    """Assembles a module in the text format, which is UTF-8 if it comes as bytes, to the binary format.

    Identifiers and ``@name`` annotations end up in a name section, ``@custom`` annotations in custom sections.

    Raises:
        TextError: the text is not a module; it says where and what is wrong, in the words of the official test suite.
    """
    return b"".join(wat2wasm_pieces(text))


def wat2wasm_pieces(text: str | bytes) -> list[bytes | bytearray]:
    """The bytes that `wat2wasm` puts together."""
    lexer = open_text(text)
    is_module = Cursor(lexer.window(0, 0)).open_field("module")
    fields = lexer.check(1 if is_module else 0)
    if not is_module:
        return ModuleParser(lexer, 0, fields).parse("")
    module, cursor = parse_module(lexer, 0, lexer.size, fields=fields)
    if cursor.tokens[cursor.position]:
        raise cursor.unexpected()
    return module
