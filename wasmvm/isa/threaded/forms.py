"""Forms of register instructions that only the threaded back end has: operands from registers, sequences.

It passes the last integer, f64 and f32 result on in registers, the *accumulators*, besides writing them to their slots.
`lowering.accumulator` rewrites opcodes of finished code in place; words stay where they are, so that code without that
pass does the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from wasmvm.isa.regop.arm import F32_RESULT, F64_RESULT, INT_RESULT
from wasmvm.isa.regop.row import RegOp
from wasmvm.isa.regop.rows import ROWS
from wasmvm.isa.threaded.sequences import SEQUENCES

REGISTERS = {INT_RESULT: "acc_i", F64_RESULT: "acc_d", F32_RESULT: "acc_f"}
"""The accumulator for each kind of result."""
_REGISTER_OF = {
    "i32": "acc_i",
    "i64": "acc_i",
    "bits": "acc_i",
    "ref": "acc_i",
    "f64": "acc_d",
    "f32": "acc_f",
}
"""By the type of an operand; what is no number of one slot is not passed on."""


class AccumulatorForm(NamedTuple):
    """The instruction `row` with its operand `operand` read from the register `register`, one of `REGISTERS`."""

    number: int
    name: str
    row: RegOp
    operand: str
    register: str


class PreviousForm(NamedTuple):
    """The instruction `base` with its operand `operand` read from the previous value of the register `register`.

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


Instruction = RegOp | AccumulatorForm | PreviousForm


class Sequence(NamedTuple):
    """Adjacent instructions run by one handler; the first one's opcode becomes `number`.

    It does so if the parts but the last are one already (`first` is the number of these) and the last follows.
    """

    number: int
    first: int
    parts: tuple[Instruction, ...]


def row_of(instruction: Instruction) -> RegOp:
    return instruction if isinstance(instruction, RegOp) else instruction.row


def parts_of(number: int) -> tuple[Instruction, ...]:
    """The instructions that an opcode stands for: one, or those of a sequence.

    Each tells its row (`row_of`), and which of its operands are in a register (`sources`).

    Raises:
        IndexError: this is no opcode of the threaded form.
    """
    if number < 0:
        raise IndexError(f"{number} is no opcode")
    if number < len(INSTRUCTIONS):
        return (INSTRUCTIONS[number],)
    return SEQUENCES_BY_NUMBER[number - len(INSTRUCTIONS)].parts


class Source(NamedTuple):
    """Where an operand is besides its slot: in a register, or where the previous instruction saved what that held."""

    register: str
    previous: bool


def sources(instruction: Instruction) -> Mapping[str, Source]:
    """The operands that are read from registers, by letter."""
    if isinstance(instruction, AccumulatorForm):
        return {instruction.operand: Source(instruction.register, False)}
    if isinstance(instruction, PreviousForm):
        return {**sources(instruction.base), instruction.operand: Source(instruction.register, True)}
    return {}


def register_of(row: RegOp, letter: str) -> str | None:
    """The accumulator that may stand for the operand; None where it has to be read from its slot."""
    operand = row.operand(letter)
    if operand is None or operand.role != "read" or row.rare:
        return None
    return _REGISTER_OF.get(operand.type)


def _accumulator_forms() -> Iterator[AccumulatorForm]:
    number = len(ROWS)
    for row in ROWS:
        for letter in "abc":
            register = register_of(row, letter)
            if register is not None:
                yield AccumulatorForm(number, f"{row.name}_{register}_{letter}", row, letter, register)
                number += 1


ACCUMULATOR_FORMS = tuple(_accumulator_forms())


def _previous_forms() -> Iterator[PreviousForm]:
    number = len(ROWS) + len(ACCUMULATOR_FORMS)
    bases: tuple[RegOp | AccumulatorForm, ...] = (*ROWS, *ACCUMULATOR_FORMS)
    for base in bases:
        for letter in "abc":
            register = register_of(row_of(base), letter)
            if register is not None and letter not in sources(base):
                yield PreviousForm(number, f"{base.name}_previous_{letter}", base, letter, register)
                number += 1


PREVIOUS_FORMS = tuple(_previous_forms())

INSTRUCTIONS: tuple[Instruction, ...] = (*ROWS, *ACCUMULATOR_FORMS, *PREVIOUS_FORMS)
"""By number: what is one instruction."""

# --- Sequences -------------------------------------------------------------------------------------------------------
#
# The threaded back end runs some instructions together with those that follow them. Only the opcode of the first
# changes: all words stay where they are, so that branches may lead to the others, and what stops there begins there
# again.


def _sequences() -> Iterator[Sequence]:
    by_name = {instruction.name: instruction for instruction in INSTRUCTIONS}
    numbers: dict[tuple[str, ...], int] = {(name,): instruction.number for name, instruction in by_name.items()}
    number = len(INSTRUCTIONS)
    for first, lasts in SEQUENCES.items():
        before = tuple(first.split())
        for last in lasts.split():
            names = (*before, last)
            numbers[names] = number
            yield Sequence(number, numbers[before], tuple(by_name[name] for name in names))
            number += 1


SEQUENCES_BY_NUMBER = tuple(_sequences())
"""All sequences; the first has the number after the last of `INSTRUCTIONS`."""
END = len(INSTRUCTIONS) + len(SEQUENCES_BY_NUMBER)
"""One more than the highest opcode."""
