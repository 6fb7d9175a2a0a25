"""pwasm's decoder: `decode_module`, and the parts of modules that wasmvm reads, as pwasm's objects."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from wasmvm import syntax
from wasmvm import types as core_types
from wasmvm.binary import sections
from wasmvm.compat.pwasm import types
from wasmvm.compat.pwasm.contents import blocktype_of, read_expr, read_instruction
from wasmvm.compat.pwasm.contents import decode_body as decode_body
from wasmvm.compat.pwasm.errors import DecodeError, translated
from wasmvm.compiled import CompiledModule
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


def decode_blocktype(reader: BinaryReader) -> Any:
    """The results as a tuple of at most one, or the index of a type."""
    with reading(reader) as r:
        return blocktype_of(r.blocktype())


def decode_instruction(reader: BinaryReader) -> types.Instruction:
    with reading(reader) as r:
        return read_instruction(r)[1]


def decode_fc_instruction(reader: BinaryReader) -> types.Instruction:
    """An instruction whose prefix 0xFC has been read."""
    rest = BinaryReader(b"\xfc" + bytes(reader.data[reader.position :]))
    found = decode_instruction(rest)
    reader.position += rest.position - 1
    return found


def decode_expr(reader: BinaryReader) -> list[types.Instruction]:
    """Instructions up to the ``end`` that closes them, which is the last."""
    with reading(reader) as r:
        return read_expr(r)


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
