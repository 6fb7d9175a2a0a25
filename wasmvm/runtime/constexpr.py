"""Evaluation of constant expressions (specification, 3.3.10 and 4.5.4), which validation has accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasmvm.errors import InternalError
from wasmvm.isa import opcode as op
from wasmvm.reader import Reader

if TYPE_CHECKING:
    from wasmvm._core import Instance
    from wasmvm.syntax import Extent

MASK32 = 0xFFFFFFFF
MASK64 = 0xFFFFFFFFFFFFFFFF
FIXED = {op.OP_F32_CONST: 4, op.OP_F64_CONST: 8, op.OP_V128_CONST: 16}
"""Bytes of the constants that are not integers."""


def evaluate(source: bytes, extent: Extent, instance: Instance) -> int:
    """The value of the expression as the unsigned integer of its bits."""
    reader = Reader(source)
    reader.pos = extent.start
    value = 0
    while reader.pos < extent.end:
        opcode = reader.opcode()
        if opcode == op.OP_END:
            break
        if opcode == op.OP_I32_CONST:
            value = reader.sint(32) & MASK32
        elif opcode == op.OP_I64_CONST:
            value = reader.sint(64) & MASK64
        elif opcode in FIXED:
            start = reader.pos
            reader.skip(FIXED[opcode])
            value = int.from_bytes(source[start : reader.pos], "little")
        elif opcode == op.OP_GLOBAL_GET:
            value = instance.globals[reader.u32()].bits
        elif opcode == op.OP_REF_NULL:
            reader.reftype()
            value = 0
        elif opcode == op.OP_REF_FUNC:
            value = instance.ref_func(reader.u32())
        else:
            raise InternalError(f"opcode 0x{opcode:x} in a validated constant expression")
    return value
