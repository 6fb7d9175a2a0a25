"""Rows of instructions on descriptors (Overview.md of the custom-descriptors proposal)."""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.regop.branch import both
from wasmvm.isa.regop.row import NOTHING, RegOp, operands, touched
from wasmvm.isa.regop.statements import Result, calls, trap_if

_HEAP = touched("heap", "references")
DESCRIBED = "is_described_by({a:i64}, {b:i64}, {n})"
"""Whether an object has a descriptor; null has any, where `n` says so."""


def descriptor_rows() -> Iterator[RegOp]:
    values = {"struct.new_desc": "a:slots b:ref", "struct.new_default_desc": "a:ref"}
    for name, letters in values.items():
        passed = "&fp[{a}], {b:i64}" if "b" in letters else "NULL, {a:i64}"
        yield RegOp(
            name,
            operands(f"d:ref s {letters} x:typeidx"),
            text=calls(f"struct_new_desc(&machine.store.heap, {{inst}}.types[{{x}}], {passed}, &fp[{{d}}])"),
            raises=("EXIT_COLLECT", "TRAP_ALLOCATION_FAILED", "TRAP_NULL_DESCRIPTOR_REFERENCE"),
            touches=_HEAP,
            rare=True,
        )
    yield RegOp(
        "ref.get_desc",
        operands("d:ref a:ref"),
        text=(
            "{ea} = {a:i64}",
            trap_if("{ea} == 0", "TRAP_NULL_REFERENCE"),
            Result("bits", "load_u64(descriptor_at({ea}))"),
        ),
        touches=_HEAP,
        rare=True,
    )
    yield RegOp(
        "ref.cast_desc_eq",
        operands("a:ref b:ref n"),
        text=(
            trap_if("{b:i64} == 0", "TRAP_NULL_DESCRIPTOR_REFERENCE"),
            trap_if(f"not {DESCRIBED}", "TRAP_DESCRIPTOR_CAST_FAILURE"),
        ),
        touches=_HEAP,
        rare=True,
        serves=("ref.cast_desc_eq", "ref.cast_desc_eq_null"),
    )
    branches = ("br_on_cast_desc_eq", "br_on_cast_desc_eq_fail")
    # What comes before each of the branches: a descriptor must not be null.
    yield RegOp(
        "ref.as_desc",
        operands("a"),
        text=(trap_if("{a:i64} == 0", "TRAP_NULL_DESCRIPTOR_REFERENCE"),),
        touches=NOTHING,
        rare=True,
        serves=branches,
    )
    for when in (True, False):
        yield from both(
            "br_if_cast_desc" if when else "br_unless_cast_desc",
            operands("a:ref b:ref n"),
            condition=DESCRIBED,
            when=when,
            touches=_HEAP,
            rare=True,
            serves=branches,
        )
