"""pywasm's names for the opcodes of WebAssembly 2.0: constants, and `name` from each to its mnemonic."""

from __future__ import annotations

from wasmvm.compat.instructions import ROWS_2_0, split
from wasmvm.text.encoder import uleb

_RENAMED = {"if": "if_then", "else": "else_fi", "return": "return_call", "select_t": "select_type"}


def number(code: int) -> int:
    """pywasm's number for an opcode as `isa.wasm` numbers it: its bytes, read as one number, highest first."""
    prefix, rest = split(code)
    return int.from_bytes(bytes((prefix,)) + uleb(rest), "big") if prefix else code


name: dict[int, str] = {}
for _row in ROWS_2_0:
    name[number(_row.code)] = "select" if _row.mnemonic == "select_t" else _row.mnemonic
    globals()[_RENAMED.get(_row.mnemonic, _row.mnemonic.replace(".", "_"))] = number(_row.code)
