"""Instructions for packages that show them as objects: the opcodes they know, and immediates as Python values."""

from __future__ import annotations

from typing import Any

from wasmvm.isa import imm
from wasmvm.isa.codes import MEMIDX_FLAG
from wasmvm.isa.wasm import PREFIX_BASE, ROWS, Row
from wasmvm.reader import Reader

_ENDS = {0xFC: 18, 0xFD: 0x100}
"""By prefix, the first opcode that is newer than WebAssembly 2.0."""
_NEWER = frozenset((0x06, 0x07, 0x08, 0x09, 0x0A, 0x12, 0x13, 0x14, 0x15, 0x18, 0x19, 0x1F, 0xD3, 0xD4, 0xD5, 0xD6))
"""The newer opcodes without a prefix."""


def split(code: int) -> tuple[int, int]:
    """An opcode as `isa.wasm` numbers it, split into its prefix (0 for none) and the number after that."""
    for prefix, base in sorted(PREFIX_BASE.items(), key=lambda item: -item[1]):
        if code >= base:
            return prefix, code - base
    return 0, code


def _is_known(row: Row) -> bool:
    prefix, number = split(row.code)
    return number < _ENDS.get(prefix, 0) if prefix else number not in _NEWER


ROWS_2_0 = tuple(row for row in ROWS if _is_known(row))
"""The instructions of WebAssembly 2.0."""


_TWO_INDICES = (imm.CALL_INDIRECT, imm.MEMORY_INIT, imm.MEMORY_COPY, imm.TABLE_INIT, imm.TABLE_COPY)
_ONE_INDEX = (
    imm.LABELIDX, imm.FUNCIDX, imm.LOCALIDX, imm.GLOBALIDX, imm.TABLEIDX, imm.MEMIDX, imm.DATAIDX, imm.ELEMIDX,
)  # fmt: skip


def read_immediates(reader: Reader, kind: int) -> list[Any]:
    """The immediates of one instruction, in the order of the binary format (spec "Binary Format: Instructions").

    A block type is as `Reader.blocktype` has it; the labels of a ``br_table`` and the types of a ``select`` are a list;
    constants that are not integers, and kinds that these packages do not know, are their bytes.

    Raises:
        DecodeError: if the bytes do not have that form.
    """
    if kind in _ONE_INDEX:
        return [reader.u32()]
    if kind in _TWO_INDICES:
        return [reader.u32(), reader.u32()]
    if kind in (imm.MEMARG, imm.MEMARG_LANEIDX):
        found = [reader.u32()]
        memidx = [reader.u32()] if found[0] & MEMIDX_FLAG else []
        found.append(reader.u64())
        if kind == imm.MEMARG_LANEIDX:
            found.append(reader.byte())
        return found + memidx
    if kind == imm.LANEIDX:
        return [reader.byte()]
    if kind == imm.I32:
        return [reader.sint(32)]
    if kind == imm.I64:
        return [reader.sint(64)]
    if kind == imm.BLOCKTYPE:
        return [reader.blocktype()]
    if kind == imm.HEAPTYPE:
        return [reader.heaptype()]
    if kind == imm.LABELS:
        return [[reader.u32() for _ in range(reader.length())], reader.u32()]
    if kind == imm.VALTYPES:
        return [[reader.valtype() for _ in range(reader.length())]]
    start = reader.pos
    reader.skip_immediates(kind)
    return [] if reader.pos == start else [reader.source[start : reader.pos]]
