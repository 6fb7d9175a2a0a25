"""Rows of instructions on globals and references (spec "Execution: Variable Instructions", spec
"Execution: Reference Instructions")."""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.regop.row import NOTHING, RegOp, operands, touched
from wasmvm.isa.regop.statements import Result, trap_if


def variable_rows() -> Iterator[RegOp]:
    yield RegOp(
        "global.get",
        operands("d x:globalidx"),
        text=(Result("bits", "{inst}.globals[{x}].u64"),),
        touches=touched("globals"),
    )
    yield RegOp(
        "global.set", operands("a x:globalidx"), text=("{inst}.globals[{x}].u64 = {a:i64}",), touches=touched("globals")
    )
    yield RegOp(
        "global.get_v128",
        operands("d:v128 x:globalidx"),
        text=("memcpy(&fp[{d}], {inst}.globals[{x}], 2 * sizeof(slot))",),
        touches=touched("globals"),
        serves=("global.get",),
    )
    yield RegOp(
        "global.set_v128",
        operands("a:v128 x:globalidx"),
        text=("memcpy({inst}.globals[{x}], &fp[{a}], 2 * sizeof(slot))",),
        touches=touched("globals"),
        serves=("global.set",),
    )
    yield RegOp(
        "ref.func",
        operands("d:ref x:funcidx"),
        text=("fp[{d}].ptr = {inst}.all_funcs[{x}]",),
        touches=touched("functions", "references"),
        rare=True,
    )
    # Whatever is in the slot is only compared with 0, so this touches no reference.
    yield RegOp(
        "ref.as_non_null",
        operands("a"),
        text=(trap_if("{a:i64} == 0", "TRAP_NULL_REFERENCE"),),
        touches=NOTHING,
        rare=True,
    )
