"""Evaluation of constant expressions (specification, 3.3.10 and 4.5.4), which validation has accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasmvm.errors import InternalError
from wasmvm.isa import opcode as op

if TYPE_CHECKING:
    from wasmvm._core import Instance
    from wasmvm.syntax import Extent

VECTOR_PREFIX = 0xFD
MASK32 = 0xFFFFFFFF
MASK64 = 0xFFFFFFFFFFFFFFFF


def evaluate(source: bytes, extent: Extent, instance: Instance) -> int:
    """The value of the expression as the unsigned integer of its bits."""
    value, pos = 0, extent.start
    while pos < extent.end:
        opcode = source[pos]
        pos += 1
        if opcode == op.OP_END:
            break
        if opcode == op.OP_I32_CONST:
            number, pos = signed_leb(source, pos)
            value = number & MASK32
        elif opcode == op.OP_I64_CONST:
            number, pos = signed_leb(source, pos)
            value = number & MASK64
        elif opcode in (op.OP_F32_CONST, op.OP_F64_CONST):
            size = 4 if opcode == op.OP_F32_CONST else 8
            value = int.from_bytes(source[pos : pos + size], "little")
            pos += size
        elif opcode == VECTOR_PREFIX:
            _, pos = unsigned_leb(source, pos)  # v128.const, the only constant instruction behind it
            value = int.from_bytes(source[pos : pos + 16], "little")
            pos += 16
        elif opcode == op.OP_GLOBAL_GET:
            index, pos = unsigned_leb(source, pos)
            value = instance.globals[index].bits
        elif opcode == op.OP_REF_NULL:
            value, pos = 0, pos + 1
        elif opcode == op.OP_REF_FUNC:
            index, pos = unsigned_leb(source, pos)
            value = instance.ref_func(index)
        else:
            raise InternalError(f"opcode 0x{opcode:x} in a validated constant expression")
    return value


def unsigned_leb(source: bytes, pos: int) -> tuple[int, int]:
    """An unsigned LEB128 and the position behind it."""
    value = shift = 0
    while True:
        byte = source[pos]
        pos += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, pos


def signed_leb(source: bytes, pos: int) -> tuple[int, int]:
    """A signed LEB128 and the position behind it."""
    start = pos
    value, pos = unsigned_leb(source, pos)
    bits = 7 * (pos - start)
    return (value - (1 << bits) if value >> (bits - 1) else value), pos
