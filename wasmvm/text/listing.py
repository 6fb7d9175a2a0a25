"""Function bodies and constant expressions as text, one plain instruction a line (spec "Text Format: Instructions")."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wasmvm.errors import DecodeError
from wasmvm.generated.opcode import (
    OP_BLOCK,
    OP_CATCH,
    OP_CATCH_ALL,
    OP_DELEGATE,
    OP_ELSE,
    OP_END,
    OP_IF,
    OP_LOOP,
    OP_REF_NULL,
    OP_TRY,
    OP_TRY_TABLE,
)
from wasmvm.isa import codes, imm
from wasmvm.isa.wasm import BY_CODE, Row
from wasmvm.numeric import F32_FORMAT, F64_FORMAT
from wasmvm.reader import Reader
from wasmvm.syntax import Extent, Module
from wasmvm.text.cursor import TEXT_MNEMONICS
from wasmvm.text.encoder import CATCHES
from wasmvm.text.hints import annotation
from wasmvm.text.identifiers import Space
from wasmvm.text.numbers import float_text
from wasmvm.text.typetext import TypeTexts
from wasmvm.types import MAX_LOCALS, FuncType, ref

_DEEPEST_INDENT = 40
"""Blocks nested deeper are not indented further: a line's length must not grow with the depth."""
_OPENERS = (OP_BLOCK, OP_LOOP, OP_IF, OP_TRY_TABLE, OP_TRY)
_PARTS = {
    OP_ELSE: ((OP_IF,), "else outside of an if"),
    OP_CATCH: ((OP_TRY, OP_CATCH), "catch outside of a try"),
    OP_CATCH_ALL: ((OP_TRY, OP_CATCH), "catch_all outside of a try"),
    OP_DELEGATE: ((OP_TRY,), "delegate outside of a try"),
}
"""By the instruction that begins another part of a block, or delegates: what may be open, and what else is said."""


class Listing:
    """Prints the instructions of one module.

    Attributes:
        types: how types are printed.
        spaces: the members of the index spaces, by the text format's name for the space.
        uses_data: whether an instruction of a function body named a data segment.
        bound_labels: names of labels that the last function body has used, by number of the block.
    """

    def __init__(self, module: Module, types: TypeTexts, spaces: dict[str, Space]) -> None:
        self.types = types
        self.spaces = spaces
        self.uses_data = False
        self.bound_labels: dict[int, str] = {}
        self._reader = Reader(module.source)
        self._locals = Space({}, 0)
        self._label_names: dict[int, str] = {}
        self._hints: dict[int, str] = {}
        self._labels: list[tuple[str | None, int]] = []  # identifier, and the depth it named outside
        self._openers: list[int] = []  # of each label, what began the part of the block that is open
        self._label_depths: dict[str, int] = {}
        self._label_count = 0

    # Expressions

    def expr(self, extent: Extent) -> list[str]:
        """The instructions of a constant expression, without its ``end``."""
        self._begin(extent, Space({}, 0), {})
        uses_data = self.uses_data
        lines = [line.strip() for line in self._instructions(extent.end)]
        self.uses_data = uses_data
        return lines

    def folded(self, extent: Extent, keyword: str) -> str:
        """An expression as an operand: one instruction in parentheses, several after a keyword."""
        instructions = self.expr(extent)
        return f"({instructions[0]})" if len(instructions) == 1 else f"({' '.join([keyword, *instructions])})"

    def body(
        self,
        extent: Extent,
        names: dict[int, str],
        labels: dict[int, str],
        functype: FuncType,
        hints: list[tuple[int, bytes]],
    ) -> Iterator[str]:
        """A function body: first the rest of the line that introduces the function, then lines of instructions.

        `hints` are branch hints by their offset in the code.

        Raises:
            DecodeError: the bytes are not a function body, or it has too many locals.
        """
        self._begin(extent, Space({}, 0), labels)
        self._hints = {extent.start + offset: annotation(hint) + " " for offset, hint in hints}
        params = list(functype.params)
        locals_ = self._read_locals(len(params))
        self._locals = Space(names, len(params) + len(locals_))
        types = self.types
        yield types.bindings("param", params, 0, self._locals) + types.typed("result", functype.results)
        if locals_:
            yield "   " + types.bindings("local", locals_, len(params), self._locals)
        yield from self._instructions(extent.end)

    @property
    def bound_locals(self) -> dict[int, str]:
        """Names of locals that the last function body has used."""
        return self._locals.names

    def _begin(self, extent: Extent, locals_: Space, labels: dict[int, str]) -> None:
        self._reader.pos, self._reader.end = extent
        self._locals = locals_
        self._label_names = labels
        self._hints = {}
        self._labels = []
        self._openers = []
        self._label_depths = {}
        self._label_count = 0
        self.bound_labels = {}

    def _read_locals(self, params: int) -> list[int]:
        reader = self._reader
        types: list[int] = []
        for _ in range(reader.length()):
            at = reader.pos
            count = reader.u32()
            if count > MAX_LOCALS - params - len(types):
                raise DecodeError(f"too many locals (limit {MAX_LOCALS})", at)
            types += [reader.valtype()] * count
        return types

    def _instructions(self, end: int) -> Iterator[str]:
        reader = self._reader
        while True:
            at = reader.pos
            op = reader.opcode()
            row = BY_CODE[op]
            if op in _OPENERS:
                self._openers.append(op)
            elif op in _PARTS:
                openers, complaint = _PARTS[op]
                if not self._openers or self._openers[-1] not in openers:
                    raise DecodeError(complaint, at)
                self._openers[-1] = op
                if op == OP_DELEGATE:
                    self._close_label()
            elif op == OP_END:
                if not self._labels:
                    break
                self._close_label()
            indent = "    " + "  " * min(len(self._labels) - (op in _PARTS and op != OP_DELEGATE), _DEEPEST_INDENT)
            mnemonic = TEXT_MNEMONICS.get(row.mnemonic, row.mnemonic)
            yield f"{indent}{self._hints.get(at, '')}{mnemonic}{_IMMEDIATES[row.imm](self, row)}"
        if reader.pos != end:
            raise DecodeError("instructions after the end of an expression", reader.pos)

    # Labels

    def _block(self, _: Row) -> str:
        blocktype = self._blocktype()
        return self._open_label() + blocktype + self._label_number()

    def _try_table(self, _: Row) -> str:
        blocktype = self._blocktype()
        # The clauses' labels are those around the block, whose own comes before them in the text.
        catches = "".join([self._catch() for _ in range(self._reader.length())])
        return self._open_label() + blocktype + catches + self._label_number()

    def _blocktype(self) -> str:
        blocktype = self._reader.blocktype()
        if blocktype == -1:
            return ""
        if blocktype < 0:
            return self.types.typed("result", (-2 - blocktype,))
        return " " + self.types.typeuse(blocktype)

    def _label_number(self) -> str:
        """The number of the label that was just opened, as a comment, if it has no name."""
        return "" if self._labels[-1][0] else f" (;@{len(self._labels)};)"

    def _catch(self) -> str:
        at = self._reader.pos
        kind = self._reader.byte()
        if kind >= len(CATCHES):
            raise DecodeError("malformed catch clause", at)
        tag = "" if "all" in CATCHES[kind] else self.index("tag")
        return f" ({CATCHES[kind]}{tag}{self._label()})"

    def _open_label(self) -> str:
        number = self._label_count
        self._label_count += 1
        name = self._label_names.get(number)
        if name is None:
            self._labels.append((None, 0))
            return ""
        self.bound_labels[number] = name
        space = Space({0: name}, 1)  # labels may hide each other: nothing to tell apart
        identifier = space.ref(0)
        self._labels.append((identifier, self._label_depths.get(identifier, 0)))
        self._label_depths[identifier] = len(self._labels)
        return " " + space.bind(0)

    def _close_label(self) -> None:
        self._openers.pop()
        identifier, outer = self._labels.pop()
        if identifier is not None:
            if outer:
                self._label_depths[identifier] = outer
            else:
                del self._label_depths[identifier]

    def _label(self) -> str:
        index = self._reader.u32()
        depth = len(self._labels) - index
        if depth < 0:
            return f" {index}"
        identifier = self._labels[depth - 1][0] if depth else None
        if identifier is not None and self._label_depths[identifier] == depth:
            return f" {identifier}"
        return f" {index} (;@{depth};)"

    # Immediates

    def index(self, space: str) -> str:
        self.uses_data |= space == "data"
        return " " + self.spaces[space].ref(self._reader.u32())

    def optional_index(self, space: str) -> str:
        index = self._reader.u32()
        return f" {self.spaces[space].ref(index)}" if index else ""

    def local(self, _: Row) -> str:
        return " " + self._locals.ref(self._reader.u32())

    def labels(self, _: Row) -> str:
        return "".join([self._label() for _ in range(self._reader.length() + 1)])

    def call_indirect(self, _: Row) -> str:
        typeidx = self._reader.u32()
        return f"{self.optional_index('table')} {self.types.typeuse(typeidx)}"

    def select(self, _: Row) -> str:
        types = [self._reader.valtype() for _ in range(self._reader.length())]
        return self.types.typed("result", tuple(types)) or " (result)"

    def segment(self, segments: str, space: str) -> str:
        segment = self.index(segments)
        return self.optional_index(space) + segment

    def two_indices(self, space: str) -> str:
        first, second = self._reader.u32(), self._reader.u32()
        return f" {self.spaces[space].ref(first)} {self.spaces[space].ref(second)}" if first or second else ""

    def memarg(self, row: Row) -> str:
        at = self._reader.pos
        exponent = self._reader.u32()
        memory = ""
        if exponent & codes.MEMIDX_FLAG:
            exponent &= ~codes.MEMIDX_FLAG
            memory = self.index("memory")
        if exponent >= 64:
            raise DecodeError("malformed memop flags", at)
        offset = self._reader.u64()
        align = 1 << exponent
        return memory + (f" offset={offset}" if offset else "") + (f" align={align}" if align != row.width else "")

    def bits(self, size: int) -> int:
        at = self._reader.pos
        self._reader.skip(size)
        return int.from_bytes(self._reader.source[at : at + size], "little")

    def vector(self, _: Row) -> str:
        return " i32x4" + "".join([f" 0x{self.bits(4):08x}" for _ in range(4)])

    def heaptype(self, row: Row) -> str:
        heaptype = self._reader.heaptype()
        if row.code == OP_REF_NULL:
            return " " + self.types.heaptype(heaptype)
        return " " + self.types.valtype(ref(heaptype, row.mnemonic.endswith("_null")))

    def branch_on_cast(self, _: Row) -> str:
        at = self._reader.pos
        flags = self._reader.byte()
        if flags > 3:
            raise DecodeError("malformed br_on_cast flags", at)
        label = self._label()
        source = ref(self._reader.heaptype(), flags & 1 != 0)
        target = ref(self._reader.heaptype(), flags & 2 != 0)
        return f"{label} {self.types.valtype(source)} {self.types.valtype(target)}"

    def fieldidx(self, _: Row) -> str:
        typeidx, fieldidx = self._reader.u32(), self._reader.u32()
        return f" {self.spaces['type'].ref(typeidx)} {self.types.fieldidx(typeidx, fieldidx)}"

    def fence(self, _: Row) -> str:
        at = self._reader.pos
        if self._reader.byte():
            raise DecodeError("zero byte expected", at)
        return ""

    def lanes(self, _: Row) -> str:
        return "".join([f" {self._reader.byte()}" for _ in range(16)])


_IMMEDIATES: dict[int, Callable[[Listing, Row], str]] = {
    imm.NONE: lambda _, __: "",
    imm.BLOCKTYPE: Listing._block,
    imm.LABELIDX: lambda i, _: i._label(),
    imm.LABELS: Listing.labels,
    imm.FUNCIDX: lambda i, _: i.index("func"),
    imm.CALL_INDIRECT: Listing.call_indirect,
    imm.VALTYPES: Listing.select,
    imm.LOCALIDX: Listing.local,
    imm.GLOBALIDX: lambda i, _: i.index("global"),
    imm.TABLEIDX: lambda i, _: i.optional_index("table"),
    imm.MEMARG: Listing.memarg,
    imm.MEMIDX: lambda i, _: i.optional_index("memory"),
    imm.I32: lambda i, _: f" {i._reader.sint(32)}",
    imm.I64: lambda i, _: f" {i._reader.sint(64)}",
    imm.F32: lambda i, _: f" {float_text(i.bits(4), F32_FORMAT)}",
    imm.F64: lambda i, _: f" {float_text(i.bits(8), F64_FORMAT)}",
    imm.HEAPTYPE: Listing.heaptype,
    imm.MEMORY_INIT: lambda i, _: i.segment("data", "memory"),
    imm.DATAIDX: lambda i, _: i.index("data"),
    imm.MEMORY_COPY: lambda i, _: i.two_indices("memory"),
    imm.TABLE_INIT: lambda i, _: i.segment("elem", "table"),
    imm.ELEMIDX: lambda i, _: i.index("elem"),
    imm.TABLE_COPY: lambda i, _: i.two_indices("table"),
    imm.V128: Listing.vector,
    imm.LANEIDX: lambda i, _: f" {i._reader.byte()}",
    imm.MEMARG_LANEIDX: lambda i, row: f"{i.memarg(row)} {i._reader.byte()}",
    imm.LANES: Listing.lanes,
    imm.TYPEIDX: lambda i, _: i.index("type"),
    imm.TAGIDX: lambda i, _: i.index("tag"),
    imm.TRY_TABLE: Listing._try_table,
    imm.CAST: Listing.branch_on_cast,
    imm.FIELDIDX: Listing.fieldidx,
    imm.ARRAY_LENGTH: lambda i, _: f"{i.index('type')} {i._reader.u32()}",
    imm.ARRAY_DATA: lambda i, _: i.index("type") + i.index("data"),
    imm.ARRAY_ELEM: lambda i, _: i.index("type") + i.index("elem"),
    imm.FENCE: Listing.fence,
    imm.ARRAY_COPY: lambda i, _: i.index("type") + i.index("type"),
}
"""How each kind of immediates is printed."""
