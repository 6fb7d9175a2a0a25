"""Counts the instructions of a module: what times per instruction are divided by."""

from __future__ import annotations

from wasmvm.binary import decode
from wasmvm.isa import codes, imm, wasm

# What each kind of immediates is made of: "u" a LEB128 number, "t" a type, "m" a memarg, "v" a vector of numbers, "V"
# one of types, "c" one of catch clauses, a digit that many bytes.
_SHAPES = {
    imm.NONE: "",
    imm.BLOCKTYPE: "t",
    imm.LABELIDX: "u",
    imm.LABELS: "vu",
    imm.FUNCIDX: "u",
    imm.CALL_INDIRECT: "uu",
    imm.VALTYPES: "V",
    imm.LOCALIDX: "u",
    imm.GLOBALIDX: "u",
    imm.TABLEIDX: "u",
    imm.MEMARG: "m",
    imm.MEMIDX: "u",
    imm.I32: "u",
    imm.I64: "u",
    imm.F32: "4",
    imm.F64: "8",
    imm.HEAPTYPE: "u",
    imm.MEMORY_INIT: "uu",
    imm.DATAIDX: "u",
    imm.MEMORY_COPY: "uu",
    imm.TABLE_INIT: "uu",
    imm.ELEMIDX: "u",
    imm.TABLE_COPY: "uu",
    imm.V128: "88",
    imm.LANEIDX: "1",
    imm.MEMARG_LANEIDX: "m1",
    imm.LANES: "88",
    imm.TYPEIDX: "u",
    imm.TAGIDX: "u",
    imm.TRY_TABLE: "tc",
    imm.CAST: "1uuu",
    imm.FIELDIDX: "uu",
    imm.ARRAY_LENGTH: "uu",
    imm.ARRAY_DATA: "uu",
    imm.ARRAY_ELEM: "uu",
    imm.ARRAY_COPY: "uu",
}
_SHAPE_OF = {row.code: _SHAPES[row.imm] for row in wasm.ROWS}


def _u(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned LEB128 number at `at`, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def count_instructions(source: bytes) -> int:
    """The number of instructions in the function bodies of a valid module."""
    module = decode(source)
    data = module.source
    count = 0
    for i in range(0, len(module.code), 2):
        at, end = module.code[i], module.code[i + 1]
        groups, at = _u(data, at)
        for _ in range(groups):
            at = _skip(data, at, "ut")
        while at < end:
            opcode = data[at]
            at += 1
            if opcode in wasm.PREFIX_BASE:
                number, at = _u(data, at)
                opcode = wasm.PREFIX_BASE[opcode] + number
            at = _skip(data, at, _SHAPE_OF[opcode])
            count += 1
    return count


def _skip(data: bytes, at: int, shape: str) -> int:
    for field in shape:
        if field == "u":
            while data[at] >= 0x80:
                at += 1
            at += 1
        elif field == "t":
            at = _skip(data, at, "1u" if data[at] in (codes.REF, codes.REF_NULL) else "u")
        elif field == "m":
            at = _skip(data, at, "uuu" if data[at] & codes.MEMIDX_FLAG else "uu")
        elif field == "c":
            length, at = _u(data, at)
            for _ in range(length):
                at = _skip(data, at, "1uu" if data[at] < codes.CATCH_ALL else "1u")
        elif field in "vV":
            length, at = _u(data, at)
            at = _skip(data, at, ("u" if field == "v" else "t") * length)
        else:
            at += int(field)
    return at
