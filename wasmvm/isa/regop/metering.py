"""Rows of what is spent, and of what ends the loop: all but `unreachable` serve no WebAssembly instruction."""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.regop.row import NOTHING, RegOp, operands, touched
from wasmvm.isa.regop.statements import PAY, Exit, If, Statements

_TAKE: Statements = (If("machine.store.fuel < 0", ("machine.store.fuel = 0", Exit("TRAP_OUT_OF_FUEL")), unlikely=True),)


def metering_rows() -> Iterator[RegOp]:
    # Fuel is taken only where the module is compiled for a store that meters.
    yield RegOp("fuel", operands("k"), text=("machine.store.fuel -= <uint32_t>{k}", *_TAKE), touches=touched("fuel"))
    # No memory or table has as many as 2^40 of anything.
    taken = "machine.store.fuel -= <int64_t>min({a:i64}, <uint64_t>1 << 40)"
    yield RegOp("fuel_bulk", operands("a:i64"), text=(taken, *_TAKE), touches=touched("fuel"))
    # The budget is paid where code would run long without a back-edge or a call.
    yield RegOp("pay", operands("k"), text=("{budget} -= <uint32_t>{k}", *PAY[1:]), touches=NOTHING)


def unreachable_rows() -> Iterator[RegOp]:
    yield RegOp("unreachable", (), "stop", text=(Exit("TRAP_UNREACHABLE"),), touches=NOTHING)


def driver_rows() -> Iterator[RegOp]:
    """What is written for the driver: the code of a function that is not lowered yet, and where Python is returned
    to."""
    yield RegOp("lower", operands("x:definedidx"), "stop", text=(Exit("EXIT_LOWER"),), touches=touched("functions"))
    yield RegOp("done", (), "stop", text=(Exit("EXIT_DONE"),), touches=touched("frames"))
