"""Prints `wasmvm/generated/flat.py` and `signatures.py`: the rows of `isa.wasm` as flat tables.

A start then need not read the rows.
"""

from __future__ import annotations

from wasmvm.isa import wasm

NO_OPCODE = 0xFF
"""What `IMM_OF` says of a number that is no opcode."""

_HEAD = '''\
"""{note}

The rows of `isa.wasm` as flat tables that an opcode, or a prefix byte, indexes: for loops over the bytes of code.

IMM_OF: by opcode, the kind of its immediates (`isa.imm`); `opcode.NO_OPCODE` for a number that is none, prefix bytes
    among them.
LANES_OF: by opcode, what its lane indices must be less than; 0 where it has none.
PREFIX_BASE, PREFIX_END: by byte, where the opcodes after this prefix begin and end; 0 and 0 for a byte that is none.
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
        _bytes("IMM_OF", imm_of),
        _bytes("LANES_OF", lanes_of),
    ]
    out.append('PREFIX_BASE = array("i", bytes(4 * 256))\nPREFIX_END = array("i", bytes(4 * 256))\n')
    for prefix, base in wasm.PREFIX_BASE.items():
        end = min((other for other in wasm.PREFIX_BASE.values() if other > base), default=wasm.OPCODE_END)
        out.append(f"PREFIX_BASE[{prefix}], PREFIX_END[{prefix}] = {base}, {end}\n")
    return "# fmt: off\n" + "".join(out)


OWN_RULE = 0xFF
"""What `PARAM_COUNT` says of an instruction whose row leaves its operands to the validator."""

_SIGNATURES_HEAD = '''\
"""{note}

Operands and results of the rows of `isa.wasm`, by opcode, for the validator.

TYPES: the operands of all instructions, equal ones once. PARAMS_AT, PARAM_COUNT: where in it and how many.
RESULT: the type of the result, or 0 for none. NATURAL_ALIGNMENT: the base-2 logarithm of the width of an access.
NUMBERS: by the opcode of an instruction that gives a number, the bytes of that, or 0 for a signed LEB128 integer.
END: the opcode of `end`.
"""

'''


def signatures(note: str) -> str:
    params_at, param_count, result, alignment = (bytearray(wasm.OPCODE_END) for _ in range(4))
    places: dict[tuple[int, ...], int] = {}
    types = bytearray()
    for row in wasm.ROWS:
        alignment[row.code] = max(row.width, 1).bit_length() - 1
        if row.params is None or row.results is None or len(row.results) > 1:
            param_count[row.code] = OWN_RULE
            continue
        if row.params not in places:
            places[row.params] = len(types)
            types.extend(row.params)
        params_at[row.code] = places[row.params]
        param_count[row.code] = len(row.params)
        if row.results:
            (result[row.code],) = row.results
    tables = {
        "TYPES": types,
        "PARAMS_AT": params_at,
        "PARAM_COUNT": param_count,
        "RESULT": result,
        "NATURAL_ALIGNMENT": alignment,
    }
    sizes = {"i32": 0, "i64": 0, "f32": 4, "f64": 8}
    numbers = {wasm.BY_MNEMONIC[f"{type_}.const"].code: size for type_, size in sizes.items()}
    constants = f"NUMBERS = {numbers}\nEND = {wasm.BY_MNEMONIC['end'].code}\n"
    head = _SIGNATURES_HEAD.format(note=note) + constants
    return "# fmt: off\n" + head + "".join(_bytes(name, values) for name, values in tables.items())
