"""Prints `wasmvm/generated/forms.py`: the rows of both instruction tables as flat tables for the lowerer.

Deriving them at each start would cost milliseconds.
"""

from __future__ import annotations

from wasmvm.isa import operators, wasm
from wasmvm.isa.regop import arm, memory, rows, serving
from wasmvm.isa.regop.row import Address, Branch, RegOp
from wasmvm.isa.threaded import forms as threaded
from wasmvm.types import valtype_slots

_HEAD = '''\
"""{note}

Which register instruction serves which opcode, as flat tables; -1 where there is none.

SHAPE: how an opcode is lowered (one of the SHAPE_... constants of `regopcode`).
FLOW: by opcode, the sum of the FLOW_... constants (`regopcode`) that hold for it.
RR, RK, KR: by opcode, the form with operands in slots, with the right operand constant, with the left one constant.
MIRRORED: by opcode, the opcode that gives the same with its operands swapped.
STORE_V, STORE_K_V: by opcode of a store, the forms with a constant value (RK is the one with a constant address).
ADDRESS_AK, ADDRESS_AB, ADDRESS_SHL: by opcode of a load or store, the forms that compute the address as i32.add with a
constant, i32.add, and i32.shl_add do.
ADDRESS_WIDE: by opcode of any load or store, the form for memories of 64-bit addresses.
WIDE: by opcode, 1 where a constant operand takes two words.
TRAPS: by opcode, 1 where the instruction may trap.
PARAMS, RESULT_SLOTS: by opcode of a vector or atomic instruction, the number of operands, the slots of the result or 0.
BR_IF, BR_UNLESS: by register instruction, the branch it becomes part of when its result is the condition.
NEGATED: by register instruction, the comparison with the opposite result.
LOOP: by register instruction, the form of a branch for a back-edge; LOOP_ADD: the one that adds a constant first.
MIRRORED_BR: by register instruction, the branch on the same comparison with its operands swapped.
EFFECT: by register instruction, what it does to the accumulators (`isa.regop.arm.effect`).
ACC_I_FORM, ACC_D_FORM, ACC_F_FORM: by register instruction times 3 plus operand (0 for a, 1 for b, 2 for c), the form
that reads the operand from an accumulator; OPERAND_WORD: where in the instruction the operand stands.
PREVIOUS_FORM: by register instruction or accumulator form, times 3 plus operand, the form that reads the value before.
SEQUENCE_FIRST, SEQUENCE_LAST: the instructions that run as one: what comes first, which may be a sequence itself, and
what follows; the number of both as one is SEQUENCES_FROM more than the index.
LENGTH: by register instruction, accumulator form and form with a previous value, its words.
NAMES, OPERANDS: by the same, for the disassembler.
"""

from array import array

'''

SHAPES = {"other": 0, "nop": 1, "unary": 2, "binary": 3, "load": 4, "store": 5, "vector": 6, "atomic": 7}
FLOWS = {"leaves": 1, "free": 2, "bulk": 4}
"""Control may go elsewhere, or come from there; costs no fuel; pays fuel for its size, too."""


def _number(row: RegOp | None) -> int:
    return -1 if row is None else row.number


class Forms:
    """The rows by what tells the forms of an instruction apart."""

    def __init__(self) -> None:
        self.numeric: dict[tuple[str, str], RegOp] = {}
        self.branches: dict[tuple[str, str, Branch], RegOp] = {}
        self.accesses: dict[tuple[str, Address, bool], RegOp] = {}
        for row in rows.ROWS:
            mnemonic = row.operator.mnemonic if row.operator is not None else ""
            if row.branch is not None:
                self.branches[mnemonic, row.form, row.branch] = row
            elif row.address is not None and row.access is not None:
                value = row.operand(row.access.value) if row.access.value else None
                constant = value is not None and value.role == "constant"
                self.accesses[row.mnemonics[0], row.address, constant] = row
            elif row.form:
                self.numeric[row.mnemonics[0], row.form] = row

    def with_operator(self, row: RegOp, name: str) -> RegOp | None:
        """The same form with the operator of that name, or None where there is none."""
        if row.operator is None or not name:
            return None
        return self.numeric.get((row.operator._replace(name=name).mnemonic, row.form))

    def branch(self, row: RegOp, name: str, branch: Branch) -> RegOp | None:
        """The branch on the operator of that name, with the operands of `row`."""
        if row.operator is None or not name:
            return None
        return self.branches.get((row.operator._replace(name=name).mnemonic, row.form, branch))


FORMS = Forms()
COMPUTED = {f"ADDRESS{form.suffix.upper()}": form.address for form in memory.COMPUTED}


def _target(row: wasm.Row) -> RegOp | None:
    """The register instruction that does what an opcode does, on operands in slots."""
    mnemonic = operators.SAME_BITS.get(row.mnemonic, row.mnemonic)
    if _is_atomic(row):
        (found,) = serving.rows_for(row.mnemonic)
        return found
    return None if mnemonic is None else rows.BY_NAME.get(mnemonic)


def _is_atomic(row: wasm.Row) -> bool:
    return row.code >= wasm.PREFIX_BASE[0xFE]


def _shape(row: wasm.Row) -> str:
    target = _target(row)
    if row.mnemonic == "nop" or operators.SAME_BITS.get(row.mnemonic, "") is None:
        return "nop"
    if target is None:
        return "other"
    if _is_atomic(row):
        return "atomic"
    if any(operand.type == "v128" for operand in target.operands):
        return "vector"
    if target.address is not None and target.access is not None:
        return target.access.kind
    if target.operator is not None and target.branch is None:
        return "binary" if len(target.operator.params) == 2 else "unary"
    return "other"


def _flow(row: wasm.Row) -> int:
    flow = FLOWS["leaves"] if serving.leaves(row) else 0
    flow |= FLOWS["free"] if row.mnemonic in serving.COST_NOTHING else 0
    return flow | (FLOWS["bulk"] if serving.is_bulk(row) else 0)


def _table(name: str, typecode: str, values: list[int]) -> str:
    lines = [", ".join(map(str, values[i : i + 24])) for i in range(0, len(values), 24)]
    body = "".join(f"    {line},\n" for line in lines)
    return f'{name} = array("{typecode}", (\n{body}))\n'


def _by_opcode() -> dict[str, list[int]]:
    names = ("RR", "RK", "KR", "MIRRORED", "STORE_V", "STORE_K_V", *COMPUTED, "ADDRESS_WIDE")
    tables = {name: [-1] * wasm.OPCODE_END for name in names}
    for name in ("SHAPE", "WIDE", "TRAPS", "PARAMS", "RESULT_SLOTS", "FLOW"):
        tables[name] = [0] * wasm.OPCODE_END
    for row in wasm.ROWS:
        tables["SHAPE"][row.code] = SHAPES[_shape(row)]
        tables["FLOW"][row.code] = _flow(row)
        target = _target(row)
        if target is None or _shape(row) in ("other", "nop"):
            continue
        for name, value in _forms_of(row, target).items():
            tables[name][row.code] = value
    return tables


def _forms_of(row: wasm.Row, target: RegOp) -> dict[str, int]:
    """What the tables by opcode say of an opcode that is lowered by its shape."""
    shape, mnemonic = _shape(row), target.mnemonics[0]
    wide = FORMS.accesses.get((mnemonic, memory.WIDE, False))
    found = {"RR": target.number, "TRAPS": int(bool(arm.traps(target))), "ADDRESS_WIDE": _number(wide)}
    if shape in ("vector", "atomic") and row.params is not None and row.results is not None:
        found["PARAMS"] = len(row.params)
        found["RESULT_SLOTS"] = sum(valtype_slots(t) for t in row.results)
    if shape == "vector":
        found["RK"] = _number(FORMS.numeric.get((mnemonic, "rk")))
    elif shape in ("load", "store"):
        found["RK"] = _number(FORMS.accesses.get((mnemonic, memory.CONSTANT.address, False)))
        for name, address in COMPUTED.items():
            found[name] = _number(FORMS.accesses.get((mnemonic, address, False)))
        stored = FORMS.accesses.get((mnemonic, memory.PLAIN.address, True))
        found["STORE_V"] = _number(stored)
        found["STORE_K_V"] = _number(FORMS.accesses.get((mnemonic, memory.CONSTANT.address, True)))
        found["WIDE"] = int(stored is not None and stored.operand("K") is not None)
    elif shape == "binary":
        constant = FORMS.numeric[mnemonic, "rk"]
        found["RK"] = constant.number
        found["KR"] = _number(FORMS.numeric.get((mnemonic, "kr")))
        found["WIDE"] = int(constant.operand("K") is not None)
        mirror = FORMS.with_operator(target, target.operator.mirror) if target.operator is not None else None
        if mirror is not None:
            found["MIRRORED"] = wasm.BY_MNEMONIC[mirror.name].code
    return found


def _by_regop() -> dict[str, list[int]]:
    tables: dict[str, list[int]] = {
        name: [] for name in ("BR_IF", "BR_UNLESS", "NEGATED", "LOOP", "LOOP_ADD", "MIRRORED_BR", "LENGTH")
    }
    taken, not_taken = Branch(), Branch(when=False)
    for row in rows.ROWS:
        br_if = br_unless = negated = loop = loop_add = mirrored = None
        operator = row.operator
        if operator is not None and row.branch is None and row.lanes is None:
            br_if = FORMS.branch(row, operator.name, taken)
            br_unless = FORMS.branch(row, operator.negation, taken) or FORMS.branch(row, operator.name, not_taken)
            negated = FORMS.with_operator(row, operator.negation)
        if row.branch is not None and not row.branch.back:
            mnemonic = operator.mnemonic if operator is not None else ""
            loop = FORMS.branches.get((mnemonic, row.form, row.branch._replace(back=True)))
            if operator is not None and row.branch.when:
                loop_add = FORMS.branch(row, operator.name, Branch(back=True, adds=True))
                mirrored = FORMS.branch(row, operator.mirror, taken) if row.form == "rr" else None
        found = (br_if, br_unless, negated, loop, loop_add, mirrored)
        for name, form in zip(tables, found, strict=False):
            tables[name].append(_number(form))
    tables["LENGTH"] = [threaded.row_of(instruction).length for instruction in threaded.INSTRUCTIONS]
    return tables


def _accumulators() -> dict[str, list[int]]:
    count = 3 * len(rows.ROWS)
    tables = {f"{register.upper()}_FORM": [-1] * count for register in threaded.REGISTERS.values()}
    tables["OPERAND_WORD"] = [0] * count
    tables["EFFECT"] = [arm.effect(row) for row in rows.ROWS]
    for form in threaded.ACCUMULATOR_FORMS:
        index = 3 * form.row.number + "abc".index(form.operand)
        tables[f"{form.register.upper()}_FORM"][index] = form.number
        tables["OPERAND_WORD"][index] = form.row.position(form.operand)
    tables["PREVIOUS_FORM"] = [-1] * (3 * (len(rows.ROWS) + len(threaded.ACCUMULATOR_FORMS)))
    for previous in threaded.PREVIOUS_FORMS:
        tables["PREVIOUS_FORM"][3 * previous.base.number + "abc".index(previous.operand)] = previous.number
    return tables


def module(note: str) -> str:
    out = [_HEAD.format(note=note)]
    out += (_table(name, "h", values) for name, values in _by_opcode().items())
    out += (_table(name, "h", values) for name, values in _by_regop().items())
    out += (_table(name, "h", values) for name, values in _accumulators().items())
    out.append(_table("SEQUENCE_FIRST", "h", [made.first for made in threaded.SEQUENCES_BY_NUMBER]))
    out.append(_table("SEQUENCE_LAST", "h", [made.parts[-1].number for made in threaded.SEQUENCES_BY_NUMBER]))
    out.append(f"SEQUENCES_FROM = {len(threaded.INSTRUCTIONS)}\n")
    letters = (
        "".join(operand.letter for operand in threaded.row_of(instruction).operands)
        for instruction in threaded.INSTRUCTIONS
    )
    names = "".join(f'    "{instruction.name}",\n' for instruction in threaded.INSTRUCTIONS)
    out.append(f"NAMES = (\n{names})\n")
    out.append("OPERANDS = (\n" + "".join(f'    "{each}",\n' for each in letters) + ")\n")
    return "# fmt: off\n" + "".join(out)
