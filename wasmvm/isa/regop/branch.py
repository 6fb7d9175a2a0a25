"""Rows of branches, fused with the comparison that decides them (spec "Execution: Control Instructions").

Each exists twice: `loop_...` is the form for a back-edge, which also pays for the budget.
"""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.operators import EQZ, NONZERO, OPERATORS, Operator
from wasmvm.isa.regop.aggregates import MATCHES
from wasmvm.isa.regop.numeric import FORM_SUFFIXES, forms, operator_operands
from wasmvm.isa.regop.row import NOTHING, Branch, Operand, RegOp, Touched, operands, touched
from wasmvm.isa.regop.statements import PAY, If

_ON_CONDITION = ("if", "br_if", "br_on_null", "br_on_non_null")


def branch_rows() -> Iterator[RegOp]:
    for back in (False, True):
        name = "loop_br" if back else "br"
        serves = ("br", "else", "br_table", "catch", "catch_all")
        yield RegOp(name, operands("t"), "jump", branch=Branch(back), touches=NOTHING, serves=serves)
    yield from both("br_if", operands("a"), operator=NONZERO, form="r", serves=_ON_CONDITION)
    yield from both("br_unless", operands("a"), operator=EQZ, form="r", serves=_ON_CONDITION)
    for when in (True, False):
        yield from both(
            "br_if_cast" if when else "br_unless_cast",
            operands("a:ref k n"),
            condition=MATCHES,
            when=when,
            touches=touched("references"),
            serves=("br_on_cast", "br_on_cast_fail"),
        )
    for operator in OPERATORS.values():
        if not operator.compares:
            continue
        for form in forms(operator):
            read = operator_operands(operator, form)
            for when in (True, False) if not operator.negation else (True,):
                name = f"{'br_if' if when else 'br_unless'}_{operator.mnemonic}{FORM_SUFFIXES[form]}"
                yield from both(name, read, operator=operator, form=form, when=when, serves=_ON_CONDITION)
    yield from _counting()
    yield RegOp(
        "br_table",
        operands("a:i32 n"),
        "table",
        text=(
            "{entry} = &pc[3 + min({a:i32}, <uint32_t>{n})]",
            If("{entry}[0] < 0", PAY),
            "pc = {entry} + {entry}[0]",
        ),
        touches=NOTHING,
    )


def both(
    name: str,
    read: tuple[Operand, ...],
    *,
    operator: Operator | None = None,
    form: str = "",
    condition: str = "",
    when: bool = True,
    touches: frozenset[Touched] = NOTHING,
    rare: bool = False,
    serves: tuple[str, ...],
) -> Iterator[RegOp]:
    """The branch ahead and the branch back."""
    for back in (False, True):
        yield RegOp(
            f"loop_{name}" if back else name,
            (*read, *operands("t")),
            "branch",
            operator=operator,
            form=form,
            branch=Branch(back, when, condition),
            touches=touches,
            rare=rare,
            serves=serves,
        )


def _counting() -> Iterator[RegOp]:
    """The end of a counting loop: add a constant, compare the sum, go back."""
    for operator in OPERATORS.values():
        if not operator.compares or operator.params[0] != "i32":
            continue
        for form in ("rr", "rk"):
            yield RegOp(
                f"loop_add_br_if_{operator.mnemonic}{FORM_SUFFIXES[form]}",
                operands(f"d:i32 a:i32 k {'b:i32' if form == 'rr' else 'm'} t"),
                "branch",
                operator=operator,
                form=form,
                branch=Branch(back=True, adds=True),
                touches=NOTHING,
                serves=("br_if",),
            )
