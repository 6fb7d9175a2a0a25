"""What the arms of register instructions are made of: statements.

A line is Cython text in which ``{...}`` stands for what the form of the machine decides: operands by their letters
(``{d}`` for the word itself, ``{a:i32}`` for the value read as that type), the locals of an arm (`LOCALS`), what the
switch has in locals and handlers have in the machine (``{inst}``, ``{budget}``, ``{stack_end}``, ``{mem_len}``), and
``{length}``, the words of the instruction. What leaves the loop, jumps, or writes the result is a statement of its own,
since the forms of the machine do these in different ways.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

LOCALS = {
    "reason": "int",
    "i": "int32_t",
    "entry": "int32_t*",
    "ea": "uint64_t",
    "base": "slot*",
    "callee": "func_t*",
    "table": "table_t*",
}
"""Locals that an arm may use, and their C types."""


class Exit(NamedTuple):
    """Leave the loop, because of a constant of `_core.pxd`; where that is "", the local ``reason`` says why."""

    reason: str = ""


class Go(NamedTuple):
    """Go to the label in the word of the operand `label`; where that is "", to the next instruction."""

    label: str = ""


class Result(NamedTuple):
    """Write the result into the slot ``d``, last of all.

    `type`: i32, i64, f32 or f64, or "bits" where `value` is what the slot gets as it is.
    """

    type: str
    value: str


class If(NamedTuple):
    """`unlikely`: for the C compiler, which then keeps the code apart."""

    condition: str
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()
    unlikely: bool = False


Statement: TypeAlias = "str | Exit | Go | Result | If"
Statements: TypeAlias = "tuple[Statement, ...]"

PAY: Statements = ("{budget} -= 1", If("{budget} < 0", (Exit("EXIT_BUDGET"),), unlikely=True))
"""What goes back, or calls, pays for it, so that it can be stopped; where the budget is used up, it begins anew."""


def trap_if(condition: str, trap: str) -> If:
    return If(condition, (Exit(trap),), unlikely=True)


def calls(function: str) -> Statements:
    """Call a function outside of the loop that returns a trap, or another reason to leave, or 0."""
    return ("{reason} = " + function, If("{reason} != 0", (Exit(),), unlikely=True))
