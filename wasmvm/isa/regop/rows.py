"""Every register instruction, in the order of their numbers; new families come last, so that those stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.regop import (
    aggregates,
    atomic,
    branch,
    call,
    descriptors,
    memory,
    metering,
    move,
    numeric,
    table,
    variable,
    vector,
)
from wasmvm.isa.regop.row import RegOp


def _all() -> Iterator[RegOp]:
    yield from move.move_rows()
    yield from numeric.numeric_rows()
    yield from branch.branch_rows()
    yield from memory.memory_rows()
    yield from variable.variable_rows()
    yield from table.table_rows()
    yield from aggregates.aggregate_rows()
    yield from call.call_rows()
    yield from call.exception_rows()
    yield from metering.metering_rows()
    yield from metering.unreachable_rows()
    yield from memory.growth_rows()
    yield from table.growth_rows()
    yield from metering.driver_rows()
    yield from vector.vector_rows()
    yield from numeric.wide_rows()
    yield from descriptors.descriptor_rows()
    yield from atomic.atomic_rows()


ROWS: tuple[RegOp, ...] = tuple(row._replace(number=number) for number, row in enumerate(_all()))
BY_NAME: dict[str, RegOp] = {row.name: row for row in ROWS}
