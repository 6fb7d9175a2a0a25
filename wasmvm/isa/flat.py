"""The rows of `isa.wasm` as flat tables that an opcode, or a prefix byte, indexes: for loops over the bytes of code."""

from __future__ import annotations

from array import array

from wasmvm.isa import wasm

NO_OPCODE = 0xFF
"""What `IMM_OF` says of a number that is no opcode, prefix bytes among them."""

IMM_OF = bytearray([NO_OPCODE]) * wasm.OPCODE_END
"""By opcode: the kind of its immediates (`isa.imm`)."""
LANES_OF = bytearray(wasm.OPCODE_END)
"""By opcode: what its lane indices must be less than; 0 where it has none."""
for _row in wasm.ROWS:
    IMM_OF[_row.code] = _row.imm
    LANES_OF[_row.code] = _row.lanes

PREFIX_BASE = array("i", bytes(4 * 256))
PREFIX_END = array("i", bytes(4 * 256))
"""By byte: where the opcodes behind this prefix begin and end; 0 and 0 for a byte that is no prefix."""
for _prefix, _base in wasm.PREFIX_BASE.items():
    PREFIX_BASE[_prefix] = _base
    PREFIX_END[_prefix] = min((other for other in wasm.PREFIX_BASE.values() if other > _base), default=wasm.OPCODE_END)
