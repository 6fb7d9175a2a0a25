"""pwasm's decoder: `decode_module`, and the parts of modules that wasmvm reads, as pwasm's objects."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from wasmvm import syntax
from wasmvm import types as core_types
from wasmvm.binary import sections
from wasmvm.compat.instructions import read_immediates, split
from wasmvm.compat.pwasm import types
from wasmvm.compat.pwasm.errors import DecodeError, translated
from wasmvm.compat.pwasm.numeric import f32_from_bits, f64_reinterpret_i64
from wasmvm.compat.pwasm.opcodes import PREFIX_SIMD
from wasmvm.compiled import CompiledModule
from wasmvm.generated.opcode import OP_BLOCK, OP_END, OP_IF, OP_LOOP
from wasmvm.isa import imm
from wasmvm.isa.codes import (
    EMPTY_BLOCK,
    MAGIC,
    SECTION_CODE,
    SECTION_CUSTOM,
    SECTION_DATA,
    SECTION_DATA_COUNT,
    SECTION_ELEMENT,
    SECTION_EXPORT,
    SECTION_FUNCTION,
    SECTION_GLOBAL,
    SECTION_IMPORT,
    SECTION_MEMORY,
    SECTION_START,
    SECTION_TABLE,
    SECTION_TYPE,
)
from wasmvm.isa.wasm import BY_CODE
from wasmvm.reader import Reader

WASM_MAGIC = MAGIC
WASM_VERSION = 1
BLOCK_TYPE_EMPTY = EMPTY_BLOCK


class BinaryReader:
    """Bytes, and a position in them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def read_byte(self) -> int:
        with reading(self) as reader:
            return reader.byte()

    def read_bytes(self, n: int) -> bytes:
        with reading(self) as reader:
            reader.skip(n)
            return reader.source[reader.pos - n : reader.pos]

    def eof(self) -> bool:
        return self.position >= len(self.data)

    def remaining(self) -> int:
        return len(self.data) - self.position


@contextmanager
def reading(reader: BinaryReader) -> Iterator[Reader]:
    """wasmvm's reader, at the position of pwasm's; afterwards pwasm's is where that one stopped."""
    found = Reader(bytes(reader.data))
    found.pos = reader.position
    with translated():
        yield found
    reader.position = found.pos


def decode_unsigned_leb128(reader: BinaryReader, max_bits: int = 32) -> int:
    with reading(reader) as r:
        return r.uint(max_bits)


def decode_signed_leb128(reader: BinaryReader, max_bits: int = 32) -> int:
    with reading(reader) as r:
        return r.sint(max_bits)


def decode_name(reader: BinaryReader) -> str:
    with reading(reader) as r:
        return r.name()


def decode_valtype(reader: BinaryReader) -> str:
    with reading(reader) as r:
        return core_types.valtype_text(r.valtype())


def decode_limits(reader: BinaryReader) -> types.Limits:
    with reading(reader) as r:
        return types.Limits._of(sections.read_limits(r)[1])


def decode_func_type(reader: BinaryReader) -> types.FuncType:
    if reader.read_byte() != 0x60:
        raise DecodeError(f"not a function type at {reader.position - 1}")
    with reading(reader) as r:
        params = sections.read_result_type(r)
        return types.FuncType._of(core_types.FuncType(params, sections.read_result_type(r)))


def _blocktype(value: int) -> Any:
    if value >= 0:
        return value
    return () if value == -1 else (core_types.valtype_text(-2 - value),)


def decode_blocktype(reader: BinaryReader) -> Any:
    """The results as a tuple of at most one, or the index of a type."""
    with reading(reader) as r:
        return _blocktype(r.blocktype())


def _operand(kind: int, found: list[Any]) -> Any:
    """Immediates as pwasm has them: one or a tuple, without those that are always 0."""
    if not found or kind in (imm.MEMIDX, imm.MEMORY_COPY):
        return None
    if kind == imm.BLOCKTYPE:
        return _blocktype(found[0])
    if kind == imm.F32:
        return f32_from_bits(int.from_bytes(found[0], "little"))
    if kind == imm.F64:
        return f64_reinterpret_i64(int.from_bytes(found[0], "little"))
    if kind == imm.VALTYPES:
        return tuple(core_types.valtype_text(t) for t in found[0])
    if kind == imm.HEAPTYPE:
        return core_types.valtype_text(found[0])
    return found[0] if len(found) == 1 or kind == imm.MEMORY_INIT else tuple(found)


def _read_instruction(reader: Reader) -> tuple[int, types.Instruction]:
    """An opcode and its instruction; pwasm's DecodeError for vector instructions, which it does not have."""
    op = reader.opcode()
    if split(op)[0] == PREFIX_SIMD:
        raise DecodeError("SIMD instructions (0xFD prefix) are not supported")
    row = BY_CODE[op]
    return op, types.Instruction(row.mnemonic, _operand(row.imm, read_immediates(reader, row.imm)))


def _read_expr(reader: Reader) -> list[types.Instruction]:
    depth = 0
    found = []
    while depth >= 0:
        op, instruction = _read_instruction(reader)
        found.append(instruction)
        if op in (OP_BLOCK, OP_LOOP, OP_IF):
            depth += 1
        elif op == OP_END:
            depth -= 1
    return found


def decode_instruction(reader: BinaryReader) -> types.Instruction:
    with reading(reader) as r:
        return _read_instruction(r)[1]


def decode_fc_instruction(reader: BinaryReader) -> types.Instruction:
    """An instruction whose prefix 0xFC has been read."""
    behind = BinaryReader(b"\xfc" + bytes(reader.data[reader.position :]))
    found = decode_instruction(behind)
    reader.position += behind.position - 1
    return found


def decode_expr(reader: BinaryReader) -> list[types.Instruction]:
    """Instructions up to the ``end`` that closes them, which is the last."""
    with reading(reader) as r:
        return _read_expr(r)


def decode_body(code: bytes) -> list[types.Instruction]:
    """The instructions of a function, from the bytes after its locals."""
    reader = BinaryReader(code)
    found = decode_expr(reader)
    if not reader.eof():
        raise DecodeError(f"bytes behind the end of a function body at {reader.position}")
    return found


# From wasmvm's records


def expr_at(source: bytes, extent: syntax.Extent | None) -> list[types.Instruction]:
    """The constant expression at that place."""
    if extent is None:
        return []
    reader = Reader(source)
    reader.pos = extent.start
    return _read_expr(reader)


def functions_of(module: syntax.Module) -> list[types.Function]:
    """The functions that a module defines."""
    found = []
    reader = Reader(module.source)
    for i, typeidx in enumerate(module.funcs):
        reader.pos = module.code[2 * i]
        locals_: list[str] = []
        for _ in range(reader.length()):
            count = reader.u32()
            if count > core_types.MAX_LOCALS - len(locals_):
                raise DecodeError(f"too many locals at {reader.pos}")
            locals_ += [core_types.valtype_text(reader.valtype())] * count
        found.append(types.Function(typeidx, tuple(locals_), code=module.source[reader.pos : module.code[2 * i + 1]]))
    return found


def element_of(source: bytes, elem: syntax.Elem) -> types.Element:
    if elem.funcidxs is not None:
        init: list[Any] = list(elem.funcidxs)
    else:
        init = [expr_at(source, extent) for extent in elem.exprs or ()]
    mode = {syntax.ACTIVE: "active", syntax.PASSIVE: "passive", syntax.DECLARATIVE: "declarative"}[elem.mode]
    offset = expr_at(source, elem.offset_expr)
    elem_type = core_types.valtype_text(core_types.heaptype_of(elem.reftype))
    return types.Element(elem.tableidx, offset, init, mode, elem_type)


def data_of(source: bytes, data: syntax.Data) -> types.Data:
    memory = -1 if data.mode == syntax.PASSIVE else data.memidx
    return types.Data(memory, expr_at(source, data.offset_expr), source[data.init.start : data.init.end])


# Sections


def _section(section_id: int, fields: str) -> Callable[[BinaryReader, types.Module], None]:
    """``decode_..._section``: adds what a section holds to the lists `fields` of a module."""

    def decode(reader: BinaryReader, module: types.Module) -> None:
        with reading(reader) as r:
            found = syntax.Module(r.source)
            found.funcs.extend(module.__dict__.get("_func_type_indices", ()) if section_id == SECTION_CODE else ())
            read = sections.SECTIONS[section_id]
            assert read is not None
            read(r, found, r.end)
            shown = types.Module()
            shown._syntax = found
            for field in fields.split():
                getattr(module, field).extend(getattr(shown, field))
            if section_id == SECTION_START:
                module.start = found.start
            elif section_id == SECTION_FUNCTION:
                module.__dict__["_func_type_indices"] = list(found.funcs)

    return decode


decode_type_section = _section(SECTION_TYPE, "types")
decode_import_section = _section(SECTION_IMPORT, "imports")
decode_function_section = _section(SECTION_FUNCTION, "")
decode_table_section = _section(SECTION_TABLE, "tables")
decode_memory_section = _section(SECTION_MEMORY, "mems")
decode_global_section = _section(SECTION_GLOBAL, "globals")
decode_export_section = _section(SECTION_EXPORT, "exports")
decode_start_section = _section(SECTION_START, "")
decode_element_section = _section(SECTION_ELEMENT, "elem")
decode_code_section = _section(SECTION_CODE, "funcs")
decode_data_section = _section(SECTION_DATA, "data")

_SECTIONS = {
    SECTION_TYPE: decode_type_section,
    SECTION_IMPORT: decode_import_section,
    SECTION_FUNCTION: decode_function_section,
    SECTION_TABLE: decode_table_section,
    SECTION_MEMORY: decode_memory_section,
    SECTION_GLOBAL: decode_global_section,
    SECTION_EXPORT: decode_export_section,
    SECTION_START: decode_start_section,
    SECTION_ELEMENT: decode_element_section,
    SECTION_CODE: decode_code_section,
    SECTION_DATA: decode_data_section,
}


def decode_section(reader: BinaryReader, module: types.Module) -> None:
    """Add the next section to a module; custom sections and the data count are skipped."""
    section_id = reader.read_byte()
    content = reader.read_bytes(decode_unsigned_leb128(reader))
    if section_id in _SECTIONS:
        _SECTIONS[section_id](BinaryReader(content), module)
    elif section_id not in (SECTION_CUSTOM, SECTION_DATA_COUNT):
        raise DecodeError(f"Unknown section id: {section_id}")


def decode_module(source: Any) -> types.Module:
    """Decode and validate a module: bytes, a file object, or the path of a file.

    Raises:
        DecodeError, ValidationError: if it is not a valid module.
    """
    if isinstance(source, os.PathLike):
        with open(source, "rb") as file:
            source = file.read()
    elif not isinstance(source, (bytes, bytearray, memoryview)):
        source = source.read()
    with translated():
        return types.Module._of(CompiledModule(bytes(source)))
