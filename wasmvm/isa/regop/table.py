"""Rows of instructions on tables (spec "Execution: Table Instructions")."""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.regop.row import NOTHING, Bulk, RegOp, operands, touched
from wasmvm.isa.regop.statements import PAY, Exit, Result, calls, trap_if

_IN_BOUNDS = trap_if("{a:i64} >= {inst}.tables[{x}].size", "TRAP_TABLE_OUT_OF_BOUNDS")


def table_rows() -> Iterator[RegOp]:
    references = touched("tables", "references")
    yield RegOp(
        "table.get",
        operands("d:ref a:i64 x:tableidx"),
        text=(_IN_BOUNDS, Result("bits", "{inst}.tables[{x}].elems[{a:i64}]")),
        touches=references,
        rare=True,
    )
    yield RegOp(
        "table.set",
        operands("a:i64 b:ref x:tableidx"),
        text=(_IN_BOUNDS, "{inst}.tables[{x}].elems[{a:i64}] = {b:i64}"),
        touches=references,
        rare=True,
    )
    yield RegOp(
        "table.size",
        operands("d:i64 x:tableidx"),
        text=(Result("bits", "{inst}.tables[{x}].size"),),
        touches=touched("tables"),
        rare=True,
    )
    for name, kinds, call, touches in (
        ("fill", "a:i64 b:ref c:i64 x:tableidx", "table_fill({inst}.tables[{x}], {a:i64}, {b:i64}, {c:i64})", NOTHING),
        (
            "copy",
            "a:i64 b:i64 c:i64 x:tableidx y:tableidx",
            "table_copy({inst}.tables[{x}], {inst}.tables[{y}], {a:i64}, {b:i64}, {c:i64})",
            NOTHING,
        ),
        (
            "init",
            "a:i64 b:i64 c:i64 x:elemidx y:tableidx",
            "table_init({inst}.tables[{y}], &{inst}.elems[{x}], {a:i64}, {b:i64}, {c:i64})",
            touched("elems"),
        ),
    ):
        yield RegOp(
            f"table.{name}",
            operands(kinds),
            text=calls(call),
            bulk=Bulk("{c:i64}"),
            raises=("TRAP_TABLE_OUT_OF_BOUNDS",),
            touches=references | touches,
            rare=True,
        )
    yield RegOp(
        "elem.drop", operands("x:elemidx"), text=("{inst}.elems[{x}].length = 0",), touches=touched("elems"), rare=True
    )


def growth_rows() -> Iterator[RegOp]:
    yield RegOp(
        "table.grow",
        operands("d:i64 a:ref b:i64 x:tableidx"),
        "driver",
        text=(*PAY, Exit("EXIT_TABLE_GROW")),
        touches=touched("tables", "references"),
        rare=True,
    )
