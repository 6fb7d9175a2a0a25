"""pwasm's opcodes: a constant each, names by opcode, and opcodes by what follows them."""

from __future__ import annotations

from wasmvm.compat.instructions import ROWS_2_0, split
from wasmvm.isa import imm

PREFIX_FC = 0xFC
PREFIX_SIMD = 0xFD

OPCODE_NAMES: dict[int, str] = {}
FC_OPCODE_NAMES: dict[int, str] = {}
_BY_KIND: dict[int, set[int]] = {}
for _row in ROWS_2_0:
    _prefix, _number = split(_row.code)
    if _prefix == PREFIX_FC:
        FC_OPCODE_NAMES[_number] = _row.mnemonic
    elif not _prefix:
        OPCODE_NAMES[_number] = _row.mnemonic
        globals()[_row.mnemonic.replace(".", "_").upper()] = _number
        _BY_KIND.setdefault(_row.imm, set()).add(_number)

NO_IMMEDIATE = _BY_KIND[imm.NONE]
U32_IMMEDIATE = set[int]().union(
    *(_BY_KIND[kind] for kind in (imm.LABELIDX, imm.FUNCIDX, imm.LOCALIDX, imm.GLOBALIDX, imm.TABLEIDX))
)
I32_IMMEDIATE = _BY_KIND[imm.I32]
I64_IMMEDIATE = _BY_KIND[imm.I64]
F32_IMMEDIATE = _BY_KIND[imm.F32]
F64_IMMEDIATE = _BY_KIND[imm.F64]
MEMORY_IMMEDIATE = _BY_KIND[imm.MEMARG]
BLOCK_TYPE = _BY_KIND[imm.BLOCKTYPE]
