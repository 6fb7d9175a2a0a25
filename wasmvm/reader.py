"""A cursor over a module's bytes: integers, names, opcodes (spec "Binary Format: Values").

Decoder and validator share it, and anything else that reads the binary format. Wherever it stops, it says so in
the words of the specification's reference interpreter, which the official test suite looks for.
"""

from __future__ import annotations

import cython

from wasmvm.errors import DecodeError
from wasmvm.generated import flat
from wasmvm.types import HEAPTYPE_NAMES, PACKED_NAMES, VALTYPE_NAMES

if not cython.compiled:
    from wasmvm.generated.opcode import (
        IMM_ARRAY_COPY,
        IMM_ARRAY_DATA,
        IMM_ARRAY_ELEM,
        IMM_ARRAY_LENGTH,
        IMM_BLOCKTYPE,
        IMM_CALL_INDIRECT,
        IMM_CAST,
        IMM_F32,
        IMM_F64,
        IMM_FENCE,
        IMM_FIELDIDX,
        IMM_HEAPTYPE,
        IMM_I32,
        IMM_I64,
        IMM_LABELS,
        IMM_LANEIDX,
        IMM_LANES,
        IMM_MEMARG,
        IMM_MEMARG_LANEIDX,
        IMM_MEMORY_COPY,
        IMM_MEMORY_INIT,
        IMM_NONE,
        IMM_TABLE_COPY,
        IMM_TABLE_INIT,
        IMM_TRY_TABLE,
        IMM_V128,
        IMM_VALTYPES,
        NO_OPCODE,
        OP_BLOCK,
        OP_CATCH,
        OP_CATCH_ALL,
        OP_DELEGATE,
        OP_ELSE,
        OP_END,
        OP_IF,
        OP_LOOP,
        OP_TRY,
        OP_TRY_TABLE,
    )
    from wasmvm.isa.codes import CATCH_ALL, CATCH_ALL_REF, EMPTY_BLOCK, EXACT, MEMIDX_FLAG, REF, REF_NULL
    from wasmvm.types import CONCRETE, EXACT_BIT, LOOK, MAX_TYPES, NON_NULL

IS_VALTYPE = bytes([byte in VALTYPE_NAMES for byte in range(256)])
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_NAME = 100_000
"""Bytes of a name, as in all browsers and in wasmtime: each use of a longer one would take its time."""
UNEXPECTED_END = "unexpected end of section or function"
IMM_OF = flat.IMM_OF
PREFIX_BASE = flat.PREFIX_BASE
PREFIX_END = flat.PREFIX_END


def missing_heaptype(byte: int) -> str:
    from wasmvm.isa import missing

    return missing.named(missing.HEAPTYPES.get(byte))


def illegal_opcode(byte: int, second: int, at: int) -> DecodeError:
    """The error for an opcode that does not exist; `second` is the number after a prefix byte, or -1."""
    from wasmvm.isa.missing import missing_opcode

    number = f"{byte:02x}" if second < 0 else f"{byte:02x} {second:02x}"
    return DecodeError(f"illegal opcode {number}{missing_opcode(byte, second)}", at)


class Reader:
    """A cursor: every method reads what its name says at `pos` and moves past it.

    All of them raise DecodeError for bytes that are not of that form, and for bytes at or after `end`.

    Attributes:
        source: the module's bytes.
        pos: where the next byte is read.
        end: where reading stops; at most ``len(source)``.
        descriptors_at: the offset of the first thing met that belongs to the custom-descriptors proposal, or -1.
        exact_twice_at: the last place where a typeidx is the byte that means an exact type, for who finds that things
            do not add up after it; or -1.
        checkpoint: what `look_around` calls, or None. Whoever reads much calls it some hundred times a second,
            since Python does not interrupt compiled code: a function of plain Python gives other threads and handlers
            of signals their turn, and may raise what ends the work.
    """

    def __init__(self, source: bytes, checkpoint: Callable[[], object] | None = None) -> None:
        self.source = source
        self.buf = source
        self.pos = 0
        self.end = len(source)
        self.descriptors_at = self.exact_twice_at = -1
        self.checkpoint = checkpoint

    def look_around(self) -> None:
        if self.checkpoint is not None:
            self.checkpoint()

    def note_descriptors(self, at: int) -> None:
        """Something of the custom-descriptors proposal is at this offset."""
        if self.descriptors_at < 0 or at < self.descriptors_at:
            self.descriptors_at = at

    def byte(self) -> int:
        if self.pos >= self.end:
            raise DecodeError(UNEXPECTED_END, self.pos)
        self.pos += 1
        return self.buf[self.pos - 1]

    def skip(self, count: int) -> None:
        if count > self.end - self.pos:
            raise DecodeError(UNEXPECTED_END, self.end)
        self.pos += count

    # spec "Binary Format: Integers", in LEB128

    def uint(self, bits: int) -> int:
        value = 0
        shift = 0
        while True:
            byte = self.byte()
            low = byte & 0x7F
            if bits - shift < 7 and low >> (bits - shift):
                raise DecodeError("integer too large", self.pos - 1)
            value |= low << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift >= bits:
                raise DecodeError("integer representation too long", self.pos - 1)

    def sint(self, bits: int) -> int:
        value = 0
        shift = 0
        while True:
            byte = self.byte()
            low = byte & 0x7F
            if bits - shift < 7:
                # The bits that do not fit must repeat the sign.
                unused = (0x7F << (bits - shift - 1)) & 0x7F
                if low & unused not in (0, unused):
                    raise DecodeError("integer too large", self.pos - 1)
            if byte < 0x80:
                low -= (byte & 0x40) << 1
                return value | (low << shift)
            value |= low << shift
            shift += 7
            if shift >= bits:
                raise DecodeError("integer representation too long", self.pos - 1)

    def u32(self) -> int:
        if self.pos < self.end and self.buf[self.pos] < 0x80:
            self.pos += 1
            return self.buf[self.pos - 1]
        return self.uint(32)

    def u64(self) -> int:
        if self.pos < self.end and self.buf[self.pos] < 0x80:
            self.pos += 1
            return self.buf[self.pos - 1]
        return self.uint(64)

    def length(self) -> int:
        """The length of a list (spec "Binary Format: Lists"), which is at most the number of bytes left."""
        at = self.pos
        count = self.u32()
        if count > self.end - at:
            raise DecodeError("length out of bounds", at)
        return count

    def name(self) -> str:
        """spec "Binary Format: Names"."""
        count = self.length()
        at = self.pos
        if count > MAX_NAME and count <= self.end - at:
            raise DecodeError(f"name is too long (limit {MAX_NAME} bytes)", at)
        self.skip(count)
        try:
            return self.source[at : self.pos].decode("utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError("malformed UTF-8 encoding", at + error.start) from None

    # spec "Binary Format: Types"

    def valtype(self) -> int:
        """A value type as `types` numbers them; it is not checked that the type a reference names exists."""
        at = self.pos
        byte = self.byte()
        if IS_VALTYPE[byte]:
            return byte
        return self.long_reftype(at, "malformed value type")

    def reftype(self) -> int:
        at = self.pos
        byte = self.byte()
        if byte in HEAPTYPE_NAMES:
            return byte
        return self.long_reftype(at, "malformed reference type")

    def long_reftype(self, at: int, message: str) -> int:
        """The reference type whose first byte, which is at `at`, was just read."""
        byte = self.buf[at]
        if byte == REF_NULL:
            return self.heaptype()
        if byte == REF:
            heaptype = self.heaptype()
            return heaptype - 1 if heaptype >= CONCRETE else heaptype + NON_NULL
        # The byte stands for a small negative number: a continuation bit makes it a number that is too long.
        if byte >= 0x80:
            raise DecodeError("integer representation too long", at)
        raise DecodeError(f"{message}{missing_heaptype(byte)}", at)

    def heaptype(self) -> int:
        """A heap type, as the nullable reference to it."""
        at = self.pos
        if self.pos < self.end and 0x40 <= self.buf[at] < 0x80:
            self.pos += 1
            if self.buf[at] in HEAPTYPE_NAMES:
                return self.buf[at]
            if self.buf[at] == EXACT:
                self.note_descriptors(at)
                if self.pos < self.end and self.buf[self.pos] == EXACT:
                    self.exact_twice_at = self.pos
                return CONCRETE + 4 * min(self.u32(), MAX_TYPES) + EXACT_BIT + 1
            raise DecodeError(f"malformed heap type{missing_heaptype(self.buf[at])}", at)
        typeidx = self.sint(33)
        if typeidx < 0:
            raise DecodeError("malformed heap type", at)
        return CONCRETE + 4 * min(typeidx, MAX_TYPES) + 1

    def storagetype(self) -> int:
        """The type of a field: a value type, or one of the packed types."""
        at = self.pos
        byte = self.byte()
        if IS_VALTYPE[byte] or byte in PACKED_NAMES:
            return byte
        return self.long_reftype(at, "malformed storage type")

    # spec "Binary Format: Instructions"

    def opcode(self) -> int:
        """An opcode as the tables of `isa.wasm` number it, with its prefix taken in."""
        at = self.pos
        op = self.byte()
        if PREFIX_BASE[op] != 0:
            second = self.u32()
            if second >= PREFIX_END[op] - PREFIX_BASE[op]:
                raise illegal_opcode(op, second, at)
            op = PREFIX_BASE[op] + second
            if IMM_OF[op] == NO_OPCODE:
                raise illegal_opcode(self.source[at], second, at)
        elif IMM_OF[op] == NO_OPCODE:
            raise illegal_opcode(op, -1, at)
        return op

    def skip_immediates(self, kind: int) -> None:
        """Pass over what follows an opcode; `kind` is one of `isa.imm`."""
        if kind == IMM_NONE:
            pass
        elif kind == IMM_BLOCKTYPE:
            self.blocktype()
        elif kind == IMM_I32:
            self.sint(32)
        elif kind == IMM_I64:
            self.sint(64)
        elif kind == IMM_F32:
            self.skip(4)
        elif kind == IMM_F64:
            self.skip(8)
        elif kind == IMM_HEAPTYPE:
            self.heaptype()
        elif kind == IMM_MEMARG or kind == IMM_MEMARG_LANEIDX:
            if self.u32() & MEMIDX_FLAG:
                self.u32()
            self.u64()
            if kind == IMM_MEMARG_LANEIDX:
                self.skip(1)
        elif kind == IMM_LANEIDX or kind == IMM_FENCE:
            self.skip(1)
        elif kind in (IMM_V128, IMM_LANES):
            self.skip(16)
        elif kind == IMM_LABELS:
            for _ in range(self.length() + 1):
                self.u32()
        elif kind == IMM_VALTYPES:
            for _ in range(self.length()):
                self.valtype()
        elif kind == IMM_TRY_TABLE:
            self.blocktype()
            for _ in range(self.length()):
                self.catch()
        elif kind == IMM_CAST:
            self.skip(1)
            self.u32()
            self.heaptype()
            self.heaptype()
        else:
            # What is left are indices, two of them where the name of the kind says so.
            self.u32()
            if kind in (
                IMM_CALL_INDIRECT,
                IMM_MEMORY_INIT,
                IMM_MEMORY_COPY,
                IMM_TABLE_INIT,
                IMM_TABLE_COPY,
                IMM_FIELDIDX,
                IMM_ARRAY_LENGTH,
                IMM_ARRAY_DATA,
                IMM_ARRAY_ELEM,
                IMM_ARRAY_COPY,
            ):
                self.u32()

    def blocktype(self) -> int:
        """spec "Binary Format: Control Instructions": a block type.

        Returns a typeidx, -1 for no parameters and results, or -2 - t for one result of the value type t.
        """
        at = self.pos
        byte = self.buf[at] if at < self.end else 0
        if byte == EMPTY_BLOCK:
            self.pos += 1
            return -1
        if 0x40 < byte < 0x80:
            return -2 - self.valtype()
        typeidx = self.sint(33)
        if typeidx < 0:
            raise DecodeError("malformed block type", at)
        return min(typeidx, MAX_TYPES)

    def catch(self) -> int:
        """Pass over a catch clause of a try_table (spec "Binary Format: Control Instructions"); its kind."""
        at = self.pos
        kind = self.byte()
        if kind > CATCH_ALL_REF:
            raise DecodeError("malformed catch clause", at)
        if kind < CATCH_ALL:
            self.u32()
        self.u32()
        return kind

    def skip_expr(self, limit: int) -> None:
        """spec "Binary Format: Expressions": pass over an expression and its ``end``, which must lie before `limit`."""
        depth = 0
        look = self.pos + LOOK
        while depth >= 0:
            if self.pos >= limit:
                raise DecodeError(UNEXPECTED_END, self.pos)
            if self.pos >= look:
                self.look_around()
                look = self.pos + LOOK
            op = self.opcode()
            if op == OP_END:
                depth -= 1
            elif op in (OP_BLOCK, OP_LOOP, OP_IF, OP_TRY, OP_TRY_TABLE):
                depth += 1
            elif op in (OP_ELSE, OP_CATCH, OP_CATCH_ALL, OP_DELEGATE):
                if depth == 0:
                    raise DecodeError("END opcode expected", self.pos - 1)
                if op == OP_DELEGATE:
                    depth -= 1
            self.skip_immediates(IMM_OF[op])

    def skip_func(self) -> None:
        """spec "Code Section": pass over a function, its locals and its body, wherever it may end."""
        for _ in range(self.length()):
            self.u32()
            self.valtype()
        self.skip_expr(self.end)
