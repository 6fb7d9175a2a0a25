"""A row per register instruction: its operands, what it does, how it may trap.

Numbers, names and lengths of the register instructions, the arms of the dispatch loop, the enum that the loop and the
lowerer share and the disassembler all come from the rows (`rows`). `tools/generate.py` prints the loop. Forms that only
the threaded back end has are in `isa.threaded`.

A row's body is the Cython text of its arm. Operands are named by one letter each, and stand in the code words in the
order of the row:

======  ==================================================  =====
letter  operand                                             words
======  ==================================================  =====
d       slot of the result                                  1
e       slot of a second result                             1
a b c   slots that are read                                 1
k m     32-bit constants                                    1
K       64-bit constant, low word first                     2
V       16 bytes: a vector constant, or lane indices        4
o       memarg offset, unsigned                             1
t       label: distance from this word to the target        1
s       slot where a callee's frame begins, or values end   1
x y     indices of the specification (funcidx, laneidx)     1
n       a count                                             1
======  ==================================================  =====

In a body ``{d}`` stands for the word itself, ``{a:i32}`` for the value read as that type. The locals of the loop
(`pc`, `fp`, `mem`, `mem_len`, `inst`, ...) are explained in `_core.pyx`.
"""

from __future__ import annotations

from typing import NamedTuple

WORDS = {"K": 2, "V": 4}
"""Words that an operand takes, where it is not one."""


class RegOp(NamedTuple):
    """`jumps`: the body sets `pc` itself; otherwise the loop goes on behind the instruction."""

    number: int
    name: str
    operands: str
    body: tuple[str, ...]
    jumps: bool

    @property
    def length(self) -> int:
        """Words, the opcode included; for `br_table` without the table's own words."""
        return 1 + sum(WORDS.get(operand, 1) for operand in self.operands)

    @property
    def falls_through(self) -> bool:
        """Whether the loop may go on behind it: not behind a call, which comes back there by a return."""
        return not self.jumps or ("t" in self.operands and "else:" in self.body)


PAY = ("budget -= 1", "if unlikely(budget < 0):", "    reason = EXIT_BUDGET", "    break")


def trap_if(condition: str, trap: str) -> tuple[str, ...]:
    return (f"if unlikely({condition}):", f"    reason = {trap}", "    break")


def assign(type_: str, expression: str) -> str:
    """Text that writes a result; the upper half of a slot that holds an i32 or f32 is zero."""
    if type_ == "f32":
        return f"set_f32(&fp[{{d}}], {expression})"
    if type_ == "f64":
        return f"fp[{{d}}].f64 = {expression}"
    return f"fp[{{d}}].u64 = <{'uint32_t' if type_ == 'i32' else 'uint64_t'}>({expression})"


def calls(function: str) -> tuple[str, ...]:
    """A bulk instruction: a function outside the loop that returns a trap or 0."""
    return (f"reason = {function}", "if unlikely(reason != 0):", "    break")


def pays(name: str, size: str, unit: str = "ELEMENTS") -> tuple[str, ...]:
    """What the bulk instruction `name` begins with: it pays for its size where that is not small.

    Where the budget is used up, the driver does the instruction, in pieces (`machine/driver/pieces.pxi`).
    """
    return (
        f"if unlikely({size} > FREE_{unit}):",
        f"    budget -= <int64_t>min(<uint64_t>{size} >> {unit}_PER_UNIT, <uint64_t>MOST_UNITS)",
        "    if unlikely(budget < 0):",
        f"        machine.bulk.op = R_{name.upper().replace('.', '_')}",
        "        reason = EXIT_BULK",
        "        break",
    )
