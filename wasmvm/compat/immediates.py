"""What follows an opcode, as Python values: for packages that show instructions as objects."""

from __future__ import annotations

from typing import Any

from wasmvm.isa import imm
from wasmvm.reader import Reader

_TWO_INDICES = (imm.CALL_INDIRECT, imm.MEMORY_INIT, imm.MEMORY_COPY, imm.TABLE_INIT, imm.TABLE_COPY)
_ONE_INDEX = (
    imm.LABELIDX, imm.FUNCIDX, imm.LOCALIDX, imm.GLOBALIDX, imm.TABLEIDX, imm.MEMIDX, imm.DATAIDX, imm.ELEMIDX,
)  # fmt: skip


def read_immediates(reader: Reader, kind: int) -> list[Any]:
    """The immediates of one instruction, in the order of the binary format (5.4).

    A block type is the s33 that stands there; the labels of a ``br_table`` and the types of a ``select`` are a list;
    constants that are no integers, and kinds that these packages know nothing of, are their bytes.

    Raises:
        DecodeError: the bytes are not of that form.
    """
    if kind in _ONE_INDEX:
        return [reader.u32()]
    if kind in _TWO_INDICES:
        return [reader.u32(), reader.u32()]
    if kind == imm.MEMARG:
        return [reader.u32(), reader.u64()]
    if kind == imm.MEMARG_LANEIDX:
        return [reader.u32(), reader.u64(), reader.byte()]
    if kind == imm.LANEIDX:
        return [reader.byte()]
    if kind == imm.I32:
        return [reader.sint(32)]
    if kind == imm.I64:
        return [reader.sint(64)]
    if kind == imm.BLOCKTYPE:
        return [reader.sint(33)]
    if kind == imm.REFTYPE:
        return [reader.reftype()]
    if kind == imm.LABELS:
        return [[reader.u32() for _ in range(reader.length())], reader.u32()]
    if kind == imm.VALTYPES:
        return [[reader.valtype() for _ in range(reader.length())]]
    start = reader.pos
    reader.skip_immediates(kind)
    return [] if reader.pos == start else [reader.source[start : reader.pos]]
