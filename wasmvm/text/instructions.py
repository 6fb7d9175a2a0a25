"""Instructions (spec "Text Format: Instructions"): text to the bytes of an expression.

One loop reads plain and folded instructions alike; what is still open lies on a stack of its own, so nesting
needs no recursion. A plain instruction needs no line here: its row says which immediates follow, and `_IMMEDIATES` says
how each kind is read.
"""

from __future__ import annotations

from collections.abc import Callable

from wasmvm.isa import codes, imm
from wasmvm.isa.wasm import BY_MNEMONIC, ROWS, Row
from wasmvm.numeric import F32_FORMAT, F64_FORMAT, FloatFormat, signed
from wasmvm.text import encoder
from wasmvm.text.context import Binding, Context
from wasmvm.text.cursor import TEXT_MNEMONICS
from wasmvm.text.encoder import CATCHES, sleb, uleb
from wasmvm.text.hints import take_hint
from wasmvm.text.numbers import is_nat, is_number, parse_nat
from wasmvm.types import FuncType, heaptype_of, is_nullable

_EMPTY_BLOCKTYPE = bytes((codes.EMPTY_BLOCK,))

LANE_TYPES: dict[str, tuple[int, int, FloatFormat | None]] = {
    "i8x16": (16, 8, None),
    "i16x8": (8, 16, None),
    "i32x4": (4, 32, None),
    "i64x2": (2, 64, None),
    "f32x4": (4, 32, F32_FORMAT),
    "f64x2": (2, 64, F64_FORMAT),
}
"""Shapes of vectors: number of lanes, bits in a lane, the format of float lanes."""

# What can be open while instructions are read.
_PLAIN = 0  # (op ...                         its bytes come after those of its operands
_FOLDED_IF = 1  # (if ...                     before (then
_AFTER_THEN = 2  # (if ... (then ...)
_AFTER_ELSE = 3  # (if ... (then ...) (else ...)
_FOLDED_TRY = 4  # (try ...                   before (do
_AFTER_DO = 5  # (try (do ...)
_AFTER_CATCH = 6  # (try (do ...) (catch ...)
_AFTER_CATCH_ALL = 7  # (try (do ...) (catch_all ...)
_AFTER_DELEGATE = 8  # (try (do ...) (delegate ...)
_FOLDED_BLOCK = 9  # (block ..., (loop ... and (try_table ...
_FOLDED_ARM = 10  # (then ..., (else ..., (do ..., (catch ... and (catch_all ...
_BLOCK = 11  # block ..., loop ..., try_table ..., if ... else ..., try ... catch_all ...
_IF = 12  # if ...                            an else may come
_TRY = 13  # try ...                          a catch, catch_all or delegate may come
_HANDLER = 14  # try ... catch ...            another catch or a catch_all may come

_FIRST_ARMS_ONLY = _AFTER_THEN
_LAST_FOLDED_ONLY = _AFTER_DELEGATE
"""Up to here, only folded instructions can stand inside; from `_FIRST_ARMS_ONLY` up to here, only arms."""


class _Open:
    """Something open: its kind, the token at which it began, bytes that are still to come, its label, a hint for it."""

    __slots__ = ("head", "hint", "identifier", "kind", "name", "token")

    def __init__(
        self,
        kind: int,
        token: int,
        head: bytes | bytearray,
        identifier: str | None,
        name: str | None,
        hint: bytes | None = None,
    ) -> None:
        self.kind = kind
        self.token = token
        self.head = head
        self.hint = hint
        self.identifier = identifier
        self.name = name


class Instructions:
    """Reads the expression of one function, or one constant expression.

    Attributes:
        op: the bytes of the instruction that is being read.
        hints: branch hints, by the offset of the instruction in the expression.
    """

    __slots__ = (
        "_funcidx",
        "_label_count",
        "_label_depths",
        "_labels",
        "_locals",
        "_out",
        "_stack",
        "context",
        "cursor",
        "hints",
        "op",
    )

    def __init__(self, context: Context, funcidx: int = -1) -> None:
        self.context = context
        self.cursor = context.cursor
        self.op = bytearray()
        self.hints: list[tuple[int, bytes]] = []
        self._funcidx = funcidx
        self._locals: dict[str, int] = {}
        self._out = bytearray()
        self._stack: list[_Open] = []
        self._labels: list[tuple[str | None, int]] = []  # identifier, and the depth it named outside
        self._label_depths: dict[str, int] = {}
        self._label_count = 0

    def bind_locals(self, bindings: list[Binding | None]) -> None:
        """Gives parameters and locals, in order, their identifiers and names."""
        for index, binding in enumerate(bindings):
            if binding is None:
                continue
            if binding.identifier is not None:
                if binding.identifier in self._locals:
                    raise self.cursor.error(f"duplicate local {binding.identifier}", binding.token)
                self._locals[binding.identifier] = index
            self.context.names.add_indirect(codes.NAME_LOCAL, self._funcidx, index, binding.name)

    def read(self, single: bool = False) -> bytes:
        """The bytes of the instructions up to the parenthesis that closes what is around them, or of one folded one."""
        cursor, tokens, stack = self.cursor, self.cursor.tokens, self._stack
        annotations = self.cursor.source.annotations if self._funcidx >= 0 else {}
        while True:
            token = tokens[cursor.position]
            hint = take_hint(cursor) if cursor.position in annotations and self._at_instruction() else None
            if token == "(":
                self._open(hint)
            elif token == ")":
                if not stack:
                    break
                self._close()
            elif not token or single or (stack and stack[-1].kind <= _LAST_FOLDED_ONLY):
                raise cursor.unexpected()
            elif token in _CODES:
                self._note(hint)
                self._plain(token)
                self._out += self.op
            elif token in _BLOCK_CODES:
                self._note(hint)
                self._plain_block(token)
            elif token == "end":
                self._end()
            elif token == "else":
                self._else()
            elif token in _TRY_CODES:
                self._plain_part(token)
            else:
                raise cursor.unexpected()
            if single and not stack:
                break
        return bytes(self._out)

    def _at_instruction(self) -> bool:
        """Whether an instruction begins here, rather than an arm of a folded one or what ends others."""
        cursor = self.cursor
        token = cursor.tokens[cursor.position + (cursor.tokens[cursor.position] == "(")]
        return token in _CODES or token in _BLOCK_CODES

    def _note(self, hint: bytes | None) -> None:
        """Keeps a branch hint, if there is one, for the instruction whose bytes come next."""
        if hint is not None:
            self.hints.append((len(self._out), hint))

    def _plain(self, mnemonic: str) -> None:
        """Reads an instruction up to its operands, and leaves its bytes in `op`."""
        self.cursor.position += 1
        self.op = bytearray(_CODES[mnemonic])
        reader = _READERS.get(mnemonic)
        if reader is not None:
            reader(self, BY_MNEMONIC[mnemonic])

    # spec "Folded Instructions"

    def _open(self, hint: bytes | None) -> None:
        """Reads ``( op`` and its immediates; `hint` is for the instruction."""
        cursor, stack = self.cursor, self._stack
        start = cursor.position
        cursor.position += 1
        token = cursor.tokens[cursor.position]
        inside = stack[-1].kind if stack else -1
        if token in ("then", "else"):
            self._open_arm(token)
        elif token == "do" or token in _TRY_CODES:
            self._open_part(token)
        elif _FIRST_ARMS_ONLY <= inside <= _LAST_FOLDED_ONLY:
            raise cursor.unexpected()
        elif token in _CODES:
            self._plain(token)
            if cursor.tokens[cursor.position] == ")":  # no operands: spare the stack the trouble
                self._note(hint)
                self._out += self.op
                cursor.position += 1
            else:
                stack.append(_Open(_PLAIN, start, self.op, None, None, hint))
        elif token in _BLOCK_CODES:
            identifier, name, head = self._block_head(token)
            if token == "if":  # the label is not in scope in the condition
                stack.append(_Open(_FOLDED_IF, start, head, identifier, name, hint))
            else:
                self._note(hint)
                self._out += head
                self._open_label(identifier, name)
                kind = _FOLDED_TRY if token == "try" else _FOLDED_BLOCK
                stack.append(_Open(kind, start, b"", identifier, name))
        else:
            raise cursor.unexpected()

    def _open_arm(self, keyword: str) -> None:
        """Reads ``( then`` or ``( else``."""
        owner = self._stack[-1] if self._stack else None
        if owner is None or owner.kind != (_FOLDED_IF if keyword == "then" else _AFTER_THEN):
            raise self.cursor.unexpected()
        if keyword == "then":
            self._note(owner.hint)
            self._out += owner.head
            self._open_label(owner.identifier, owner.name)
            owner.kind = _AFTER_THEN
        else:
            self._out += _CODE_ELSE
            owner.kind = _AFTER_ELSE
        self._stack.append(_Open(_FOLDED_ARM, self.cursor.position - 1, b"", None, None))
        self.cursor.position += 1

    # Legacy exception handling: ``try`` and its parts

    def _open_part(self, keyword: str) -> None:
        """Reads ``( do``, ``( catch tag``, ``( catch_all`` or all of ``( delegate label )``."""
        owner = self._stack[-1] if self._stack else None
        if owner is None or owner.kind not in _PARTS_AFTER[keyword]:
            raise self.cursor.unexpected()
        start = self.cursor.position - 1
        if keyword == "do":
            self.cursor.position += 1
        else:
            self._part(keyword)
        owner.kind = _AFTER_PART[keyword]
        if keyword == "delegate":
            self.cursor.expect(")")
        else:
            self._stack.append(_Open(_FOLDED_ARM, start, b"", None, None))

    def _plain_part(self, keyword: str) -> None:
        """Reads ``catch tag``, ``catch_all`` or ``delegate label``, the last of which ends the block."""
        if not self._stack or self._stack[-1].kind not in _PLAIN_PARTS_AFTER[keyword]:
            raise self.cursor.unexpected()
        self._part(keyword)
        if keyword == "delegate":
            self._stack.pop()
        else:
            self._stack[-1].kind = _HANDLER if keyword == "catch" else _BLOCK

    def _part(self, keyword: str) -> None:
        self.cursor.position += 1
        self.op = bytearray(_TRY_CODES[keyword])
        if keyword == "catch":
            self.index("tag")
        elif keyword == "delegate":
            self._close_label()  # its own label is not in scope
            self.labelidx()
        self._out += self.op

    def _close(self) -> None:
        """Reads the parenthesis that closes the innermost folded instruction."""
        top = self._stack[-1]
        if top.kind == _PLAIN:
            self._note(top.hint)
            self._out += top.head
        elif top.kind in _END_WHEN_CLOSED:
            self._out += _CODE_END
            self._close_label()
        elif top.kind not in (_FOLDED_ARM, _AFTER_DELEGATE):
            raise self.cursor.unexpected()
        self._stack.pop()
        self.cursor.position += 1

    # Structured instructions (spec "Text Format: Control Instructions")

    def _block_head(self, keyword: str) -> tuple[str | None, str | None, bytes]:
        self.cursor.position += 1
        identifier, name = self.context.bound_name("label")
        head = _BLOCK_CODES[keyword] + self._blocktype()
        return identifier, name, head + self._catches() if keyword == "try_table" else head

    def _plain_block(self, keyword: str) -> None:
        start = self.cursor.position
        identifier, name, head = self._block_head(keyword)
        self._out += head
        self._open_label(identifier, name)
        kind = _PLAIN_KINDS.get(keyword, _BLOCK)
        self._stack.append(_Open(kind, start, b"", identifier, name))

    def _else(self) -> None:
        if not self._stack or self._stack[-1].kind != _IF:
            raise self.cursor.unexpected()
        self._repeated_label()
        self._stack[-1].kind = _BLOCK
        self._out += _CODE_ELSE

    def _end(self) -> None:
        if not self._stack or self._stack[-1].kind < _BLOCK:
            raise self.cursor.unexpected()
        self._repeated_label()
        self._stack.pop()
        self._close_label()
        self._out += _CODE_END

    def _repeated_label(self) -> None:
        """Reads the identifier that may follow ``else`` and ``end``."""
        self.cursor.position += 1
        identifier = self.cursor.optional_id()
        if identifier is not None and identifier != self._stack[-1].identifier:
            raise self.cursor.error(f"mismatching label {identifier}", self.cursor.position - 1)

    def _open_label(self, identifier: str | None, name: str | None) -> None:
        if name is not None:
            self.context.names.add_indirect(codes.NAME_LABEL, self._funcidx, self._label_count, name)
        self._label_count += 1
        if identifier is None:
            self._labels.append((None, 0))
        else:
            self._labels.append((identifier, self._label_depths.get(identifier, 0)))
            self._label_depths[identifier] = len(self._labels)

    def _close_label(self) -> None:
        identifier, outer = self._labels.pop()
        if identifier is not None:
            if outer:
                self._label_depths[identifier] = outer
            else:
                del self._label_depths[identifier]

    def _blocktype(self) -> bytes:
        typeidx, functype = self.context.typeuse()
        if typeidx is None:
            if functype == FuncType((), ()):
                return _EMPTY_BLOCKTYPE
            if not functype.params and len(functype.results) == 1:
                return encoder.valtype(functype.results[0])
            typeidx = self.context.typeidx(functype)
        return sleb(typeidx)

    def _catches(self) -> bytes:
        """Reads the clauses of a try_table, in whose labels its own is not in scope."""
        cursor = self.cursor
        count = 0
        self.op = bytearray()
        while cursor.tokens[cursor.position] == "(":
            keyword = cursor.tokens[cursor.position + 1]
            if keyword not in CATCHES:
                break
            cursor.position += 2
            self.op.append(CATCHES.index(keyword))
            if "all" not in keyword:
                self.index("tag")
            self.labelidx()
            cursor.expect(")")
            count += 1
        return uleb(count) + bytes(self.op)

    # Immediates, one reader per kind; each appends to `op`.

    def index(self, space: str) -> None:
        self.op += uleb(self.context.index(space))

    def optional_index(self, space: str) -> None:
        self.op += uleb(self.context.index(space) if self.cursor.at_index() else 0)

    def labelidx(self) -> None:
        cursor = self.cursor
        token = cursor.tokens[cursor.position]
        if token[:1] != "$":
            self.op += uleb(cursor.nat(32))
            return
        depth = self._label_depths.get(token)
        if depth is None:
            raise cursor.error(f"unknown label {token}")
        cursor.position += 1
        self.op += uleb(len(self._labels) - depth)

    def labels(self) -> None:
        prefix, self.op = self.op, bytearray()
        self.labelidx()
        count = 0
        while self.cursor.at_index():
            self.labelidx()
            count += 1
        self.op = prefix + uleb(count) + self.op

    def localidx(self) -> None:
        self.op += uleb(self.context.lookup("local", self._locals))

    def memarg(self, row: Row, with_memidx: bool) -> None:
        memidx = self.context.index("memory") if with_memidx else 0
        cursor = self.cursor
        offset, align = 0, row.width
        value = self._argument("offset=")
        if value is not None:
            offset = value
        value = self._argument("align=")
        if value is not None:
            if value == 0 or value & (value - 1):
                raise cursor.error("alignment must be a power of two", cursor.position - 1)
            align = value
        exponent = align.bit_length() - 1
        self.op += uleb(exponent | codes.MEMIDX_FLAG) + uleb(memidx) if memidx else uleb(exponent)
        self.op += uleb(offset)

    def _argument(self, prefix: str) -> int | None:
        """Reads ``offset=n`` or ``align=n`` if it comes next."""
        cursor = self.cursor
        token = cursor.tokens[cursor.position]
        if not token.startswith(prefix):
            return None
        try:
            value = parse_nat(token[len(prefix) :], 64)
        except OverflowError:
            raise cursor.error("i64 constant out of range") from None
        if value is None:
            raise cursor.unexpected()
        cursor.position += 1
        return value

    def memarg_laneidx(self, row: Row) -> None:
        following = self.cursor.tokens[self.cursor.position + 1]
        more = following[:1].isdigit() or following.startswith(("offset=", "align="))
        self.memarg(row, more and self.cursor.at_index())
        self.laneidx()

    def laneidx(self) -> None:
        self.op.append(self.cursor.nat(8))

    def lanes(self) -> None:
        cursor = self.cursor
        for _ in range(16):
            token = cursor.tokens[cursor.position]
            if token in ("(", ")", ""):
                raise cursor.error("invalid lane length")
            if is_number(token) and not is_nat(token):
                raise cursor.error("i8 constant out of range")
            self.laneidx()
        if cursor.at_index():
            raise cursor.error("invalid lane length")

    def vector(self) -> bytes:
        """Reads the immediate of ``v128.const``."""
        cursor = self.cursor
        shape = LANE_TYPES.get(cursor.tokens[cursor.position])
        if shape is None:
            raise cursor.unexpected()
        cursor.position += 1
        count, bits, form = shape
        lanes = cursor.tokens[cursor.position : cursor.position + count + 1]
        literals = next((i for i, token in enumerate(lanes) if not is_number(token)), len(lanes))
        if literals != count and (literals > count or lanes[literals] in ("(", ")", "")):
            raise cursor.error("wrong number of lane literals")
        out = bytearray()
        for _ in range(count):
            value = cursor.literal(bits, form)
            out += value.to_bytes(bits // 8, "little")
        return bytes(out)

    def select(self) -> None:
        if self.cursor.at_field("result"):
            self.op = bytearray(_CODE_SELECT_T)
            types = self.context.results()
            self.op += encoder.valtypes(types)

    def call_indirect(self) -> None:
        tableidx = self.context.index("table") if self.cursor.at_index() else 0
        typeidx, _ = self.context.defined_type()
        self.op += uleb(typeidx) + uleb(tableidx)

    def segment(self, space: str, segments: str) -> None:
        """``memory.init`` and ``table.init``: an optional index into `space`, then one into `segments`."""
        target = 0
        if self.cursor.at_index() and self.cursor.at_index(1):
            target = self.context.index(space)
        self.index(segments)
        self.op += uleb(target)

    def two_indices(self, space: str) -> None:
        if self.cursor.at_index():
            self.index(space)
            self.index(space)
        else:
            self.op += b"\0\0"

    def cast(self, if_null: bytes) -> None:
        """``ref.test`` and casts: the type says which opcode it is."""
        reftype = self.context.reftype()
        if is_nullable(reftype):
            self.op = bytearray(if_null)
        self.op += encoder.heaptype(heaptype_of(reftype))

    def branch_on_cast(self) -> None:
        opcode, self.op = self.op, bytearray()
        self.labelidx()
        source, target = self.context.reftype(), self.context.reftype()
        flags = is_nullable(source) | is_nullable(target) << 1
        heaptypes = encoder.heaptype(heaptype_of(source)) + encoder.heaptype(heaptype_of(target))
        self.op = opcode + bytes((flags,)) + self.op + heaptypes

    def fieldidx(self) -> None:
        typeidx = self.context.index("type")
        self.op += uleb(typeidx) + uleb(self.context.lookup("field", self.context.fields.get(typeidx, {})))

    def of_type(self, space: str) -> None:
        """An index of a type, then one into `space`."""
        self.index("type")
        self.index(space)

    def data_used(self) -> None:
        if self._funcidx >= 0:  # constant expressions do not ask for the section
            self.context.needs_data_count = True


_Reader = Callable[[Instructions, Row], None]


def _memory_init(i: Instructions, _: Row) -> None:
    i.data_used()
    i.segment("memory", "data")


def _data_drop(i: Instructions, _: Row) -> None:
    i.data_used()
    i.index("data")


def _array_data(i: Instructions, _: Row) -> None:
    i.data_used()
    i.of_type("data")


def _array_length(i: Instructions, _: Row) -> None:
    i.index("type")
    i.op += uleb(i.cursor.nat(32))


def _heaptype(i: Instructions, row: Row) -> None:
    if_null = _CODES_IF_NULL.get(row.mnemonic)
    if if_null is None:
        i.op += encoder.heaptype(i.context.heaptype())
    else:
        i.cast(if_null)


def _constant(bits: int, form: FloatFormat | None) -> _Reader:
    if form is None:
        return lambda i, _: i.op.extend(sleb(signed(i.cursor.literal(bits), bits)))
    return lambda i, _: i.op.extend(i.cursor.literal(bits, form).to_bytes(bits // 8, "little"))


_IMMEDIATES: dict[int, _Reader] = {
    imm.LABELIDX: lambda i, _: i.labelidx(),
    imm.LABELS: lambda i, _: i.labels(),
    imm.FUNCIDX: lambda i, _: i.index("func"),
    imm.CALL_INDIRECT: lambda i, _: i.call_indirect(),
    imm.LOCALIDX: lambda i, _: i.localidx(),
    imm.GLOBALIDX: lambda i, _: i.index("global"),
    imm.TABLEIDX: lambda i, _: i.optional_index("table"),
    imm.MEMARG: lambda i, row: i.memarg(row, i.cursor.at_index()),
    imm.MEMIDX: lambda i, _: i.optional_index("memory"),
    imm.I32: _constant(32, None),
    imm.I64: _constant(64, None),
    imm.F32: _constant(32, F32_FORMAT),
    imm.F64: _constant(64, F64_FORMAT),
    imm.HEAPTYPE: _heaptype,
    imm.MEMORY_INIT: _memory_init,
    imm.DATAIDX: _data_drop,
    imm.MEMORY_COPY: lambda i, _: i.two_indices("memory"),
    imm.TABLE_INIT: lambda i, _: i.segment("table", "elem"),
    imm.ELEMIDX: lambda i, _: i.index("elem"),
    imm.TABLE_COPY: lambda i, _: i.two_indices("table"),
    imm.V128: lambda i, _: i.op.extend(i.vector()),
    imm.LANEIDX: lambda i, _: i.laneidx(),
    imm.MEMARG_LANEIDX: lambda i, row: i.memarg_laneidx(row),
    imm.LANES: lambda i, _: i.lanes(),
    imm.TYPEIDX: lambda i, _: i.index("type"),
    imm.TAGIDX: lambda i, _: i.index("tag"),
    imm.CAST: lambda i, _: i.branch_on_cast(),
    imm.FIELDIDX: lambda i, _: i.fieldidx(),
    imm.ARRAY_LENGTH: _array_length,
    imm.ARRAY_DATA: _array_data,
    imm.ARRAY_ELEM: lambda i, _: i.of_type("elem"),
    imm.FENCE: lambda i, _: i.op.append(0),
    imm.ARRAY_COPY: lambda i, _: i.of_type("type"),
}
"""How each kind of immediates is read (those of structured instructions are part of the loop above)."""

_BLOCK_CODES = {row.mnemonic: row.encoding for row in ROWS if row.imm in (imm.BLOCKTYPE, imm.TRY_TABLE)}
_CODE_ELSE = BY_MNEMONIC["else"].encoding
_CODE_END = BY_MNEMONIC["end"].encoding
_CODE_SELECT_T = BY_MNEMONIC["select_t"].encoding
_TRY_CODES = {keyword: BY_MNEMONIC[keyword].encoding for keyword in ("catch", "catch_all", "delegate")}

_PLAIN_KINDS = {"if": _IF, "try": _TRY}
_END_WHEN_CLOSED = (_FOLDED_BLOCK, _AFTER_THEN, _AFTER_ELSE, _AFTER_DO, _AFTER_CATCH, _AFTER_CATCH_ALL)
_PARTS_AFTER = {
    "do": (_FOLDED_TRY,),
    "catch": (_AFTER_DO, _AFTER_CATCH),
    "catch_all": (_AFTER_DO, _AFTER_CATCH),
    "delegate": (_AFTER_DO,),
}
"""What each part of a folded ``try`` comes after, and in `_AFTER_PART` what it leaves open."""
_AFTER_PART = {"do": _AFTER_DO, "catch": _AFTER_CATCH, "catch_all": _AFTER_CATCH_ALL, "delegate": _AFTER_DELEGATE}
_PLAIN_PARTS_AFTER = {"catch": (_TRY, _HANDLER), "catch_all": (_TRY, _HANDLER), "delegate": (_TRY,)}

_STRUCTURED = _BLOCK_CODES.keys() | _TRY_CODES.keys() | {"else", "end"}
_CODES = {
    row.mnemonic: row.encoding for row in ROWS if row.mnemonic not in _STRUCTURED and row.mnemonic not in TEXT_MNEMONICS
}
_CODES_IF_NULL = {
    "ref.test": BY_MNEMONIC["ref.test_null"].encoding,
    "ref.cast": BY_MNEMONIC["ref.cast_null"].encoding,
    "ref.cast_desc_eq": BY_MNEMONIC["ref.cast_desc_eq_null"].encoding,
}
_READERS: dict[str, _Reader] = {
    row.mnemonic: _IMMEDIATES[row.imm] for row in ROWS if row.mnemonic in _CODES and row.imm != imm.NONE
}
_READERS["select"] = lambda i, _: i.select()
