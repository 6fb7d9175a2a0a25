"""Prints `wasmvm/generated/forms.py`: the rows of both instruction tables as flat tables for the lowerer.

Deriving them at each start would cost milliseconds.
"""

from __future__ import annotations

from wasmvm.isa import operators, wasm
from wasmvm.isa.regop import row as regop
from wasmvm.isa.regop import rows
from wasmvm.isa.threaded import forms as regform
from wasmvm.types import valtype_slots

_HEAD = '''\
"""{note}

Which register instruction serves which opcode, as flat tables; -1 where there is none.

SHAPE: how an opcode is lowered (one of the SHAPE_... constants of `wasmvm.lowering.shapes`).
RR, RK, KR: by opcode, the form with operands in slots, with the right operand constant, with the left one constant.
MIRRORED: by opcode, the opcode that gives the same with its operands swapped.
STORE_V, STORE_K_V: by opcode of a store, the forms with a constant value (RK is the one with a constant address).
ADDRESS_AK, ADDRESS_AB, ADDRESS_SHL: by opcode of a load or store, the forms that compute the address as i32.add with a
constant, i32.add, and i32.shl_add do.
ADDRESS_WIDE: by opcode of any load or store, the form for memories of 64-bit addresses.
WIDE: by opcode, 1 where a constant operand takes two words.
TRAPS: by opcode, 1 where the instruction may trap.
PARAMS, RESULT_SLOTS: by opcode of a vector instruction, its number of operands, and the slots of its result or 0.
BR_IF, BR_UNLESS: by register instruction, the branch it fuses into when its result is the condition.
NEGATED: by register instruction, the comparison with the opposite result.
LOOP: by register instruction, the form of a branch for a back-edge; LOOP_ADD: the one that adds a constant first.
MIRRORED_BR: by register instruction, the branch on the same comparison with its operands swapped.
EFFECT: by register instruction, what it does to the accumulators (`isa.threaded.forms.effect`).
ACC_FORM, FACC_FORM: by register instruction times 3 plus operand (0 for a, 1 for b, 2 for c), the form that reads the
operand from an accumulator; OPERAND_WORD: where in the instruction the operand stands.
FUSED_FIRST, FUSED_LAST: the instructions that run as one: what comes first, which may be fused itself, and what
follows; the number of both as one is FUSED_FROM more than the index.
LENGTH: by register instruction and accumulator form, its words.
NAMES, OPERANDS: by register instruction and accumulator form, for the disassembler.
"""

from array import array

'''

SHAPES = {"other": 0, "nop": 1, "unary": 2, "binary": 3, "load": 4, "store": 5, "vector": 6}
VECTOR_NAMES = frozenset(row.name for row in rows.VECTOR_ROWS)


def _number(name: str | None) -> int:
    row = rows.BY_NAME.get(name) if name is not None else None
    return -1 if row is None else row.number


def _shape(row: wasm.Row) -> str:
    mnemonic = row.mnemonic
    if mnemonic == "nop" or (mnemonic in operators.SAME_BITS and operators.SAME_BITS[mnemonic] is None):
        return "nop"
    target = operators.SAME_BITS.get(mnemonic) or mnemonic
    if target in rows.LOADS:
        return "load"
    if target in rows.STORES:
        return "store"
    if target in operators.EXPRESSIONS:
        return "binary" if row.params is not None and len(row.params) == 2 else "unary"
    if target in VECTOR_NAMES:
        return "vector"
    return "other"


def _table(name: str, typecode: str, values: list[int]) -> str:
    lines = [", ".join(map(str, values[i : i + 24])) for i in range(0, len(values), 24)]
    body = "".join(f"    {line},\n" for line in lines)
    return f'{name} = array("{typecode}", (\n{body}))\n'


def _by_opcode() -> dict[str, list[int]]:
    names = (
        "RR",
        "RK",
        "KR",
        "MIRRORED",
        "STORE_V",
        "STORE_K_V",
        "ADDRESS_AK",
        "ADDRESS_AB",
        "ADDRESS_SHL",
        "ADDRESS_WIDE",
    )
    tables = {name: [-1] * wasm.OPCODE_END for name in names}
    for name in ("SHAPE", "WIDE", "TRAPS", "PARAMS", "RESULT_SLOTS"):
        tables[name] = [0] * wasm.OPCODE_END
    for row in wasm.ROWS:
        code = row.code
        shape = _shape(row)
        tables["SHAPE"][code] = SHAPES[shape]
        if shape in ("other", "nop"):
            continue
        target = operators.SAME_BITS.get(row.mnemonic) or row.mnemonic
        tables["RR"][code] = _number(target)
        tables["ADDRESS_WIDE"][code] = _number(target + "_wide")
        tables["TRAPS"][code] = int(row.width > 0 or bool(operators.CHECKS.get(target)))
        if shape == "vector" and row.params is not None and row.results is not None:
            tables["PARAMS"][code] = len(row.params)
            tables["RESULT_SLOTS"][code] = sum(valtype_slots(t) for t in row.results)
            tables["RK"][code] = _number(target + "_rk")
        if shape in ("load", "store"):
            tables["RK"][code] = _number(target + "_k")
            for suffix in ("_ak", "_ab", "_shl"):
                tables["ADDRESS" + suffix.upper()][code] = _number(target + suffix)
            tables["STORE_V"][code] = _number(target + "_v")
            tables["STORE_K_V"][code] = _number(target + "_k_v")
            tables["WIDE"][code] = int(target in ("i64.store", "f64.store"))
        elif shape == "binary":
            tables["RK"][code] = _number(target + "_rk")
            tables["KR"][code] = _number(target + "_kr")
            tables["WIDE"][code] = int("K" in rows.BY_NAME[target + "_rk"].operands)
            mirrored = operators.mirrored(target)
            if mirrored is not None:
                tables["MIRRORED"][code] = wasm.BY_MNEMONIC[mirrored].code
    return tables


def _by_regop() -> dict[str, list[int]]:
    tables: dict[str, list[int]] = {
        name: [] for name in ("BR_IF", "BR_UNLESS", "NEGATED", "LOOP", "LOOP_ADD", "MIRRORED_BR", "LENGTH")
    }
    for row in rows.ROWS:
        mnemonic, _, _ = row.name.partition("_rk")
        mnemonic = mnemonic.removesuffix("_kr")
        suffix = row.name[len(mnemonic) :]
        negated = operators.negated(mnemonic) if mnemonic in operators.EXPRESSIONS else None
        negated = None if negated is None else negated + suffix
        br_if, br_unless = f"br_if_{row.name}", f"br_if_{negated}" if negated else f"br_unless_{row.name}"
        if row.name == "i64.eqz":
            br_if, br_unless = "br_unless", "br_if"
        tables["BR_IF"].append(_number(br_if))
        tables["BR_UNLESS"].append(_number(br_unless))
        tables["NEGATED"].append(_number(negated))
        tables["LOOP"].append(_number(f"loop_{row.name}"))
        tables["LOOP_ADD"].append(_number(f"loop_add_{row.name}"))
        compared = row.name.removeprefix("br_if_")
        mirrored = operators.mirrored(compared) if row.name != compared and compared in operators.EXPRESSIONS else None
        tables["MIRRORED_BR"].append(_number(f"br_if_{mirrored}") if mirrored else -1)
        tables["LENGTH"].append(row.length)
    tables["LENGTH"] += (regform.row_of(form).length for form in regform.INSTRUCTIONS[len(rows.ROWS) :])
    return tables


def _accumulators() -> dict[str, list[int]]:
    count = 3 * len(rows.ROWS)
    tables = {name: [-1] * count for name in ("ACC_FORM", "FACC_FORM", "SACC_FORM")}
    tables["OPERAND_WORD"] = [0] * count
    tables["EFFECT"] = [regform.effect(row) for row in rows.ROWS]
    for form in regform.ACCUMULATOR_FORMS:
        index = 3 * form.row.number + "abc".index(form.operand)
        tables[f"{form.register.upper()}_FORM"][index] = form.number
        before = form.row.operands[: form.row.operands.index(form.operand)]
        tables["OPERAND_WORD"][index] = 1 + sum(regop.WORDS.get(letter, 1) for letter in before)
    tables["OLDER_FORM"] = [-1] * (3 * (len(rows.ROWS) + len(regform.ACCUMULATOR_FORMS)))
    for older in regform.OLDER_FORMS:
        tables["OLDER_FORM"][3 * older.base.number + "abc".index(older.operand)] = older.number
    return tables


def module(note: str) -> str:
    out = [_HEAD.format(note=note)]
    out += (_table(name, "h", values) for name, values in _by_opcode().items())
    out += (_table(name, "h", values) for name, values in _by_regop().items())
    out += (_table(name, "h", values) for name, values in _accumulators().items())
    out.append(_table("FUSED_FIRST", "h", [fused.first for fused in regform.FUSED]))
    out.append(_table("FUSED_LAST", "h", [fused.parts[-1].number for fused in regform.FUSED]))
    out.append(f"FUSED_FROM = {len(regform.INSTRUCTIONS)}\n")
    operands = [regform.row_of(instruction).operands for instruction in regform.INSTRUCTIONS]
    out.append("NAMES = (\n" + "".join(f'    "{instruction.name}",\n' for instruction in regform.INSTRUCTIONS) + ")\n")
    out.append("OPERANDS = (\n" + "".join(f'    "{letters}",\n' for letters in operands) + ")\n")
    return "# fmt: off\n" + "".join(out)
