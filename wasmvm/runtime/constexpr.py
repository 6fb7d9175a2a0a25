"""Evaluation of constant expressions (spec "Constant Expressions"), which validation has accepted."""

from __future__ import annotations

import cython

if not cython.compiled:
    from wasmvm.generated.opcode import (
        OP_END,
        OP_F32_CONST,
        OP_F64_CONST,
        OP_GLOBAL_GET,
        OP_I32_CONST,
        OP_I64_CONST,
        OP_REF_FUNC,
        OP_REF_NULL,
        OP_V128_CONST,
    )
    from wasmvm.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm._core import Instance
    from wasmvm.syntax import Extent

MASK32 = 0xFFFFFFFF
MASK64 = 0xFFFFFFFFFFFFFFFF


def evaluate(source: bytes, extent: Extent, instance: Instance, valtype: int) -> int:
    """The value of the expression, as the unsigned integer of its bits; its type is closed, or any number type.

    Nearly all are one instruction, which is read off the bytes; the others run as the code of a function does.
    """
    reader = Reader(source)
    reader.pos = extent.start
    opcode = reader.opcode()
    value = 0
    if opcode == OP_I32_CONST:
        value = reader.sint(32) & MASK32
    elif opcode == OP_I64_CONST:
        value = reader.sint(64) & MASK64
    elif opcode == OP_F32_CONST:
        value = literal(reader, 4)
    elif opcode == OP_F64_CONST:
        value = literal(reader, 8)
    elif opcode == OP_V128_CONST:
        value = literal(reader, 16)
    elif opcode == OP_GLOBAL_GET:
        value = instance.global_bits(reader.u32())
    elif opcode == OP_REF_NULL:
        reader.heaptype()
    elif opcode == OP_REF_FUNC:
        value = instance.ref_func(reader.u32())
    else:
        reader.pos = extent.start
    if reader.source[reader.pos] == OP_END:
        return value
    lowered = instance.module.lower_expr(extent)
    return instance.evaluate(lowered.code, lowered.frame_size, valtype)


def constant(source: bytes, extent: Extent) -> int:
    """The value of an expression that is one i32.const or i64.const, as the unsigned integer of its bits; else -1."""
    reader = Reader(source)
    reader.pos = extent.start
    opcode = reader.opcode()
    if opcode == OP_I32_CONST:
        value = reader.sint(32) & MASK32
    elif opcode == OP_I64_CONST:
        value = reader.sint(64) & MASK64
    else:
        return -1
    return value if reader.source[reader.pos] == OP_END else -1


def literal(reader: Reader, size: int) -> int:
    """The next `size` bytes as a little-endian integer."""
    start = reader.pos
    reader.skip(size)
    return int.from_bytes(reader.source[start : reader.pos], "little")
