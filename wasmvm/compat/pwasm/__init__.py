"""The PyPI package ``pwasm`` (0.2a0) over wasmvm; docs/compat.md says what differs."""

from wasmvm.compat.pwasm.decoder import BinaryReader, decode_module, decode_signed_leb128, decode_unsigned_leb128
from wasmvm.compat.pwasm.errors import (
    DecodeError,
    LinkError,
    OutOfFuel,
    Timeout,
    TrapError,
    ValidationError,
    WasmError,
)
from wasmvm.compat.pwasm.executor import Instance, instantiate
from wasmvm.compat.pwasm.types import Export, Function, FuncType, Import, Instruction, Module

__version__ = "0.1.0"
"""What pwasm 0.2a0 calls itself."""

__all__ = [
    "BinaryReader",
    "DecodeError",
    "Export",
    "FuncType",
    "Function",
    "Import",
    "Instance",
    "Instruction",
    "LinkError",
    "Module",
    "OutOfFuel",
    "Timeout",
    "TrapError",
    "ValidationError",
    "WasmError",
    "decode_module",
    "decode_signed_leb128",
    "decode_unsigned_leb128",
    "instantiate",
]


def hello() -> str:
    """A greeting."""
    return "Hello from pwasm!"
