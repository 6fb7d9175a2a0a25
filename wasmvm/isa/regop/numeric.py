"""Rows of numeric instructions: the forms of each operator (spec "Execution: Numeric Instructions")."""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.operators import OPERATORS, Operator
from wasmvm.isa.regop.row import NOTHING, Operand, RegOp, operands
from wasmvm.isa.regop.statements import Result

FORM_SUFFIXES = {"r": "", "rr": "", "rk": "_rk", "kr": "_kr"}
"""What a name ends in, by the places of the operands: in a slot (r) or in the instruction itself (k)."""


WIDE = {"i64.add128": "a b c f", "i64.sub128": "a b c f", "i64.mul_wide_s": "a b", "i64.mul_wide_u": "a b"}
"""The instructions of the proposal wide-arithmetic, which have two results, and the letters of what they read."""


def forms(operator: Operator) -> Iterator[str]:
    """The forms that are worth having."""
    if len(operator.params) == 1:
        yield "r"
        return
    yield "rr"
    yield "rk"
    if operator.constant_left:
        yield "kr"


def operator_operands(operator: Operator, form: str) -> tuple[Operand, ...]:
    """The operands that are read; slots come first in every form."""
    slots, constants = iter("abc"), []
    found = []
    for type_, place in zip(operator.params, form, strict=True):
        if place == "r":
            found.append(Operand(next(slots), "read", type_))
        else:
            constants.append(Operand("K" if type_ in ("i64", "f64") else "k", "constant", type_))
    return (*found, *constants)


def numeric_rows() -> Iterator[RegOp]:
    for operator in OPERATORS.values():
        for form in forms(operator):
            yield RegOp(
                operator.mnemonic + FORM_SUFFIXES[form],
                (Operand("d", "written", operator.result), *operator_operands(operator, form)),
                operator=operator,
                form=form,
                touches=NOTHING,
            )
    yield RegOp(
        "i32.shl_add",
        operands("d:i32 a:i32 b:i32 k:shift"),
        text=(Result("bits", "<uint32_t>({a:i32} + ({b:i32} << {k}))"),),
        touches=NOTHING,
        serves=("i32.add",),
    )


def wide_rows() -> Iterator[RegOp]:
    """Numbers of 128 bits are two operands, the low half first."""
    for mnemonic, read in WIDE.items():
        values = ", ".join(f"{{{letter}:i64}}" for letter in read.split())
        yield RegOp(
            mnemonic,
            operands(f"d:i64 e:i64 {' '.join(f'{letter}:i64' for letter in read.split())}"),
            text=(f"{mnemonic.replace('.', '_')}(&fp[{{d}}], &fp[{{e}}], {values})",),
            touches=NOTHING,
        )
