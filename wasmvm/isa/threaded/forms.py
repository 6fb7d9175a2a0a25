"""Forms of register instructions that only the threaded back end has: operands from registers, sequences.

It passes the last integer, f64 and f32 result on in registers, the *accumulators*, besides writing them to their slots.
`lowering.accumulator` rewrites opcodes of finished code in place; words stay where they are, so that code without that
pass does the same.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from wasmvm.isa.regop.row import RegOp
from wasmvm.isa.regop.rows import ROWS
from wasmvm.isa.threaded.sequences import SEQUENCES

INT_RESULT, F64_RESULT, F32_RESULT, CLOBBERS = range(1, 5)
"""What an instruction does to the accumulators; 0 for nothing."""
REGISTERS = {INT_RESULT: "acc", F64_RESULT: "facc", F32_RESULT: "sacc"}
"""The accumulator for each kind of result."""

_REGISTERS = {"i32": "acc", "i64": "acc", "u64": "acc", "f64": "facc", "f32": "sacc"}
_READS = re.compile(r"\{([abc]):(\w+)\}|fp\[\{([abc])\}\]\.(u64)")
_NO_FORMS = (
    "memory.", "table.", "data.", "elem.", "ref.", "call", "return_call", "throw",
    "struct.set", "array.new", "array.set",
)  # fmt: skip


class AccumulatorForm(NamedTuple):
    """The instruction `row` with its operand `operand` read from the register `register`, one of `REGISTERS`."""

    number: int
    name: str
    row: RegOp
    operand: str
    register: str

    @property
    def body(self) -> tuple[str, ...]:
        """The text of its row with the operand's reads replaced."""
        return _with_register(self.row.body, self.operand, self.register)


def _with_register(body: tuple[str, ...], operand: str, register: str) -> tuple[str, ...]:
    """The text with the operand read from a register instead."""

    def replace(match: re.Match[str]) -> str:
        if operand not in (match[1], match[3]):
            return match[0]
        return f"(<uint32_t>{register})" if match[2] == "i32" else register

    return tuple(_READS.sub(replace, line) for line in body)


def _register_of(row: RegOp, operand: str) -> str | None:
    """The accumulator that may stand for the operand; None where the body does more with it than read it."""
    text = " ".join(row.body)
    reads = [m[2] or m[4] for m in _READS.finditer(text) if operand in (m[1], m[3])]
    mentions = len(re.findall(rf"\{{{operand}[}}:]", text))
    registers = {_REGISTERS.get(type_) for type_ in reads}
    if len(reads) != mentions or len(registers) != 1 or row.name.startswith(_NO_FORMS):
        return None
    return registers.pop()


def effect(row: RegOp) -> int:
    """What the instruction does to the accumulators."""
    if "d" in row.operands:
        last = row.body[-1]
        if "e" in row.operands:
            return CLOBBERS
        if last.startswith("fp[{d}].u64 = "):
            return INT_RESULT
        if last.startswith("fp[{d}].f64 = "):
            return F64_RESULT
        return F32_RESULT if last.startswith("set_f32(&fp[{d}], ") else CLOBBERS
    return CLOBBERS if row.jumps and "t" not in row.operands else 0


ACCUMULATOR_FORMS: list[AccumulatorForm] = []
for _row in ROWS:
    for _operand in "abc":
        _register = _register_of(_row, _operand) if _operand in _row.operands else None
        if _register is not None:
            _number = len(ROWS) + len(ACCUMULATOR_FORMS)
            _name = f"{_row.name}_{_register}_{_operand}"
            ACCUMULATOR_FORMS.append(AccumulatorForm(_number, _name, _row, _operand, _register))


class OlderForm(NamedTuple):
    """The instruction `base` with its operand `operand` read from what `register` held before the last result.

    Only within a sequence is that known: the instruction before this one has saved it, and left its own result in
    the register. Elsewhere the opcode means `base`.
    """

    number: int
    name: str
    base: RegOp | AccumulatorForm
    operand: str
    register: str

    @property
    def row(self) -> RegOp:
        return row_of(self.base)

    @property
    def body(self) -> tuple[str, ...]:
        """The text of its base with the operand's reads replaced by ``{older}``."""
        return _with_register(self.base.body, self.operand, "{older}")


def row_of(instruction: RegOp | AccumulatorForm | OlderForm) -> RegOp:
    return instruction if isinstance(instruction, RegOp) else instruction.row


OLDER_FORMS: list[OlderForm] = []
_BASES: list[RegOp | AccumulatorForm] = [*ROWS, *ACCUMULATOR_FORMS]
for _base in _BASES:
    _row = row_of(_base)
    for _operand in "abc":
        _register = _register_of(_row, _operand) if _operand in _row.operands else None
        if _register is None or (isinstance(_base, AccumulatorForm) and _base.operand == _operand):
            continue
        _number = len(ROWS) + len(ACCUMULATOR_FORMS) + len(OLDER_FORMS)
        OLDER_FORMS.append(OlderForm(_number, f"{_base.name}_older_{_operand}", _base, _operand, _register))

INSTRUCTIONS: tuple[RegOp | AccumulatorForm | OlderForm, ...] = (*ROWS, *ACCUMULATOR_FORMS, *OLDER_FORMS)
"""By number: what is one instruction."""

# --- Sequences ---------------------------------------------------------------------------------------------------
# The threaded back end runs some instructions together with those behind them. Only the opcode of the first changes:
# all words stay where they are, so that branches may lead to the others, and what stops there begins there again.


class Fused(NamedTuple):
    """`parts`, which stand one behind the other, as one: where the first stands, the code says `number`.

    The code says so if the parts but the last are one already (`first` is the number of these) and the last follows.
    """

    number: int
    first: int
    parts: tuple[RegOp | AccumulatorForm | OlderForm, ...]


def _fused() -> list[Fused]:
    by_name = {instruction.name: instruction for instruction in INSTRUCTIONS}
    numbers: dict[tuple[str, ...], int] = {(name,): instruction.number for name, instruction in by_name.items()}
    found: list[Fused] = []
    for first, lasts in SEQUENCES.items():
        before = tuple(first.split())
        for last in lasts.split():
            names = (*before, last)
            numbers[names] = len(INSTRUCTIONS) + len(found)
            found.append(Fused(numbers[names], numbers[before], tuple(by_name[name] for name in names)))
    return found


FUSED = _fused()
