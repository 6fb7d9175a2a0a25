"""Rows of moves, constants and selections (spec "Execution: Parametric Instructions", spec "Execution: Variable
Instructions")."""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.regop.row import NOTHING, RegOp, operands
from wasmvm.isa.regop.statements import Result


def move_rows() -> Iterator[RegOp]:
    yield RegOp(
        "move",
        operands("d a"),
        text=(Result("bits", "{a:i64}"),),
        touches=NOTHING,
        serves=("local.get", "local.set", "local.tee"),
    )
    yield RegOp(
        "move2",
        operands("d a e b"),
        text=("fp[{d}].u64 = {a:i64}", "fp[{e}].u64 = {b:i64}"),
        touches=NOTHING,
        serves=("local.get", "local.set", "local.tee"),
    )
    yield RegOp(
        "const32",
        operands("d k"),
        text=(Result("bits", "<uint32_t>{k}"),),
        touches=NOTHING,
        serves=("i32.const", "i64.const", "f32.const", "f64.const", "ref.null"),
    )
    yield RegOp(
        "const64",
        operands("d K"),
        text=(Result("bits", "{K:i64}"),),
        touches=NOTHING,
        serves=("i64.const", "f64.const"),
    )
    yield RegOp(
        "copy",
        operands("d:slots a:slots n"),
        text=("memmove(&fp[{d}], &fp[{a}], <size_t>{n} * sizeof(slot))",),
        touches=NOTHING,
        serves=("br", "br_if", "br_table"),
    )
    # Without a branch: compilers write `select` where they expect that nobody can predict the condition.
    yield RegOp(
        "select",
        operands("d a b c:i32"),
        text=(Result("bits", "{b:i64} ^ (({a:i64} ^ {b:i64}) & -<uint64_t>({c:i32} != 0))"),),
        touches=NOTHING,
        serves=("select", "select_t"),
    )
    yield RegOp(
        "select_v128",
        operands("d:v128 a:v128 b:v128 c:i32"),
        text=("memmove(&fp[{d}], &fp[(&{a})[{c:i32} == 0]], 2 * sizeof(slot))",),
        touches=NOTHING,
        serves=("select", "select_t"),
    )
