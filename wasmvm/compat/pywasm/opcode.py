"""pywasm's names for the opcodes of WebAssembly 2.0: constants, and `name` from each to its mnemonic."""

from __future__ import annotations

from wasmvm.isa.wasm import PREFIX_BASE, ROWS
from wasmvm.text.encoder import uleb

_RENAMED = {"if": "if_then", "else": "else_fi", "return": "return_call", "select_t": "select_type"}
_ENDS = {0xFC: 18, 0xFD: 0x100}
"""Where what is newer than 2.0 begins, behind each prefix."""
_NEWER = frozenset((0x06, 0x07, 0x08, 0x09, 0x0A, 0x12, 0x13, 0x14, 0x15, 0x18, 0x19, 0x1F, 0xD3, 0xD4, 0xD5, 0xD6))
"""The same among the opcodes without one."""


def number(code: int) -> int:
    """pywasm's number for an opcode as `isa.wasm` numbers it: its bytes, read as one number, highest first."""
    for prefix, base in PREFIX_BASE.items():
        if base <= code < base + 0x100 or (prefix == 0xFD and code >= base):
            return int.from_bytes(bytes((prefix,)) + uleb(code - base), "big")
    return code


def _is_known(code: int) -> bool:
    if code < 0x100:
        return code not in _NEWER
    return any(base <= code < base + _ENDS.get(prefix, 0) for prefix, base in PREFIX_BASE.items())


name: dict[int, str] = {}
for _row in ROWS:
    if _is_known(_row.code):
        _number = number(_row.code)
        name[_number] = "select" if _row.mnemonic == "select_t" else _row.mnemonic
        globals()[_RENAMED.get(_row.mnemonic, _row.mnemonic.replace(".", "_"))] = _number
