"""Where the bodies of a valid module first use each opcode and each type."""

from __future__ import annotations

from array import array

import cython

from wasmvm.generated import flat
from wasmvm.reader import Reader
from wasmvm.types import ref

if not cython.compiled:
    from wasmvm.generated.opcode import (
        IMM_BLOCKTYPE,
        IMM_CAST,
        IMM_HEAPTYPE,
        IMM_MEMARG,
        IMM_MEMARG_LANEIDX,
        IMM_NONE,
        IMM_TRY_TABLE,
        IMM_VALTYPES,
        OP_BR_ON_CAST,
        OP_BR_ON_CAST_FAIL,
    )
    from wasmvm.isa.codes import MEMIDX_FLAG
    from wasmvm.types import LOOK

IMM_OF = flat.IMM_OF

MULTI_VALUE = -1
MEMIDX = -2
"""What `types` has besides types: a block type that is a typeidx, and a memarg with a memidx."""


class Occurrences:
    """Collects what function bodies and constant expressions are made of, so far as features are about it.

    Attributes:
        opcodes: ``array("q")``, by opcode one more than the offset of the first such instruction, or 0.
        casts: by the two types of a br_on_cast or br_on_cast_fail, the offset of the first that has them.
        types: by value type, or one of the numbers above, the offset of the first instruction or declaration with it.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.opcodes = array("q", bytes(8 * len(IMM_OF)))
        self.first = self.opcodes
        self.types: dict[int, int] = {}
        self.casts: dict[tuple[int, int], int] = {}
        self.look = 0

    def note(self, type: int, at: int) -> None:
        if type not in self.types:
            self.types[type] = at

    def bodies(self, code: array[int]) -> None:
        """All that are defined; `code` as in `Module`."""
        for i in range(len(code) // 2):
            self.body(code[2 * i], code[2 * i + 1])

    def body(self, start: int, end: int) -> None:
        """A function's: its locals, and its expression."""
        reader = self.reader
        reader.pos = start
        for _ in range(reader.length()):
            at = reader.pos
            reader.u32()
            self.note(reader.valtype(), at)
        self.expr(reader.pos, end)

    def expr(self, start: int, end: int) -> None:
        reader = self.reader
        reader.pos = start
        while reader.pos < end:
            at = reader.pos
            if at >= self.look:
                reader.look_around()
                self.look = at + LOOK
            op = reader.opcode()
            if self.first[op] == 0:
                self.first[op] = at + 1
            kind = IMM_OF[op]
            if kind == IMM_NONE:
                pass
            elif kind == IMM_BLOCKTYPE:
                self.blocktype(at)
            elif kind == IMM_TRY_TABLE:
                self.blocktype(at)
                for _ in range(reader.length()):
                    reader.catch()
            elif kind == IMM_HEAPTYPE:
                self.note(reader.heaptype(), at)
            elif kind == IMM_CAST:
                flags = reader.byte()
                reader.u32()
                source, target = reader.heaptype(), reader.heaptype()
                self.note(source, at)
                self.note(target, at)
                if op == OP_BR_ON_CAST or op == OP_BR_ON_CAST_FAIL:
                    self.casts.setdefault((ref(source, flags & 1 != 0), ref(target, flags & 2 != 0)), at)
            elif kind == IMM_VALTYPES:
                for _ in range(reader.length()):
                    self.note(reader.valtype(), at)
            else:
                if (kind == IMM_MEMARG or kind == IMM_MEMARG_LANEIDX) and reader.buf[reader.pos] & MEMIDX_FLAG:
                    self.note(MEMIDX, at)
                reader.skip_immediates(kind)

    def blocktype(self, at: int) -> None:
        type = self.reader.blocktype()
        if type >= 0:
            self.note(MULTI_VALUE, at)
        elif type < -1:
            self.note(-2 - type, at)
