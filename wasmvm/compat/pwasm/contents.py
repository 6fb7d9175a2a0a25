"""What modules contain, from wasmvm's records and their bytes to pwasm's objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wasmvm import syntax
from wasmvm import types as core_types
from wasmvm.compat.instructions import read_immediates, split
from wasmvm.compat.pwasm.errors import DecodeError, translated
from wasmvm.compat.pwasm.numeric import f32_from_bits, f64_reinterpret_i64
from wasmvm.compat.pwasm.opcodes import PREFIX_SIMD
from wasmvm.compat.pwasm.records import Data, Element, Instruction
from wasmvm.generated.opcode import OP_BLOCK, OP_DELEGATE, OP_END, OP_IF, OP_LOOP, OP_TRY, OP_TRY_TABLE
from wasmvm.isa import imm
from wasmvm.isa.wasm import BY_CODE
from wasmvm.reader import Reader


def blocktype_of(value: int) -> Any:
    """A block type, as `Reader.blocktype` has it: its results, at most one, or the index of a type."""
    if value >= 0:
        return value
    return () if value == -1 else (core_types.valtype_text(-2 - value),)


def _operand(kind: int, found: list[Any]) -> Any:
    """Immediates as pwasm has them: one or a tuple, without those that are always 0."""
    if not found or kind in (imm.MEMIDX, imm.MEMORY_COPY):
        return None
    if kind == imm.BLOCKTYPE:
        return blocktype_of(found[0])
    if kind == imm.F32:
        return f32_from_bits(int.from_bytes(found[0], "little"))
    if kind == imm.F64:
        return f64_reinterpret_i64(int.from_bytes(found[0], "little"))
    if kind == imm.VALTYPES:
        return tuple(core_types.valtype_text(t) for t in found[0])
    if kind == imm.HEAPTYPE:
        return core_types.valtype_text(found[0])
    return found[0] if len(found) == 1 or kind == imm.MEMORY_INIT else tuple(found)


def read_instruction(reader: Reader) -> tuple[int, Instruction]:
    """An opcode and its instruction; pwasm's DecodeError for vector instructions, which it does not have."""
    op = reader.opcode()
    if split(op)[0] == PREFIX_SIMD:
        raise DecodeError("SIMD instructions (0xFD prefix) are not supported")
    row = BY_CODE[op]
    return op, Instruction(row.mnemonic, _operand(row.imm, read_immediates(reader, row.imm)))


def read_expr(reader: Reader) -> list[Instruction]:
    """Instructions up to the ``end`` that closes them, which is the last."""
    depth = 0
    found = []
    while depth >= 0:
        op, instruction = read_instruction(reader)
        found.append(instruction)
        if op in (OP_BLOCK, OP_LOOP, OP_IF, OP_TRY, OP_TRY_TABLE):
            depth += 1
        elif op in (OP_END, OP_DELEGATE):
            depth -= 1
    return found


def decode_body(code: bytes) -> list[Instruction]:
    """The instructions of a function, from the bytes after its locals."""
    reader = Reader(code)
    with translated():
        found = read_expr(reader)
    if reader.pos < len(code):
        raise DecodeError(f"bytes after the end of a function body at {reader.pos}")
    return found


def expr_at(source: bytes, extent: syntax.Extent | None) -> list[Instruction]:
    """The constant expression at that place."""
    if extent is None:
        return []
    reader = Reader(source)
    reader.pos = extent.start
    return read_expr(reader)


def functions_of(module: syntax.Module) -> Iterator[tuple[int, tuple[str, ...], bytes]]:
    """For each function that a module defines the index of its type, its locals, and the bytes of its code."""
    reader = Reader(module.source)
    for i, typeidx in enumerate(module.funcs):
        reader.pos = module.code[2 * i]
        locals_: list[str] = []
        for _ in range(reader.length()):
            count = reader.u32()
            if count > core_types.MAX_LOCALS - len(locals_):
                raise DecodeError(f"too many locals at {reader.pos}")
            locals_ += [core_types.valtype_text(reader.valtype())] * count
        yield typeidx, tuple(locals_), module.source[reader.pos : module.code[2 * i + 1]]


def element_of(source: bytes, elem: syntax.Elem) -> Element:
    if elem.funcidxs is not None:
        init: list[Any] = list(elem.funcidxs)
    else:
        init = [expr_at(source, extent) for extent in elem.exprs or ()]
    mode = {syntax.ACTIVE: "active", syntax.PASSIVE: "passive", syntax.DECLARATIVE: "declarative"}[elem.mode]
    offset = expr_at(source, elem.offset_expr)
    elem_type = core_types.valtype_text(core_types.heaptype_of(elem.reftype))
    return Element(elem.tableidx, offset, init, mode, elem_type)


def data_of(source: bytes, data: syntax.Data) -> Data:
    memory = -1 if data.mode == syntax.PASSIVE else data.memidx
    return Data(memory, expr_at(source, data.offset_expr), source[data.init.start : data.init.end])
