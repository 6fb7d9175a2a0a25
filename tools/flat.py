"""Prints `wasmvm/isa/flat.py`: the rows of `isa.wasm` as flat tables, so that a start need not read the rows."""

from __future__ import annotations

from wasmvm.isa import wasm

NO_OPCODE = 0xFF

_HEAD = '''\
"""{note}

The rows of `isa.wasm` as flat tables that an opcode, or a prefix byte, indexes: for loops over the bytes of code.

NO_OPCODE: what `IMM_OF` says of a number that is no opcode, prefix bytes among them.
IMM_OF: by opcode, the kind of its immediates (`isa.imm`).
LANES_OF: by opcode, what its lane indices must be less than; 0 where it has none.
PREFIX_BASE, PREFIX_END: by byte, where the opcodes behind this prefix begin and end; 0 and 0 for a byte that is none.
"""

from array import array

'''


def _bytes(name: str, values: bytearray) -> str:
    text = values.hex()
    lines = "".join(f'    "{text[i : i + 112]}"\n' for i in range(0, len(text), 112))
    return f"{name} = bytearray.fromhex(\n{lines})\n"


def module(note: str) -> str:
    imm_of = bytearray([NO_OPCODE]) * wasm.OPCODE_END
    lanes_of = bytearray(wasm.OPCODE_END)
    for row in wasm.ROWS:
        imm_of[row.code] = row.imm
        lanes_of[row.code] = row.lanes
    out = [
        _HEAD.format(note=note),
        f"NO_OPCODE = {NO_OPCODE}\n",
        _bytes("IMM_OF", imm_of),
        _bytes("LANES_OF", lanes_of),
    ]
    out.append('PREFIX_BASE = array("i", bytes(4 * 256))\nPREFIX_END = array("i", bytes(4 * 256))\n')
    for prefix, base in wasm.PREFIX_BASE.items():
        end = min((other for other in wasm.PREFIX_BASE.values() if other > base), default=wasm.OPCODE_END)
        out.append(f"PREFIX_BASE[{prefix}], PREFIX_END[{prefix}] = {base}, {end}\n")
    return "# fmt: off\n" + "".join(out)
