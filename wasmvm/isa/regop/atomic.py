"""Rows of atomic accesses, and of waiting and waking (the proposal threads).

Instructions of both types that access the same number of bytes are one row, since an i32 is zero-extended. There is one
form of address, which is that of 64-bit memories: an i32 in a slot is one of 64 bits.
"""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa import wasm
from wasmvm.isa.regop.memory import WIDE
from wasmvm.isa.regop.row import NOTHING, Access, RegOp, operands, touched
from wasmvm.isa.regop.statements import PAY, Exit, If, Result, trap_if

OPERATIONS = ("add", "sub", "and", "or", "xor", "xchg", "cmpxchg")
_MEMORY = touched("memory")
_IN_USE = "memory_in_use({inst}, machine.now.other_mem)"


def serving(operation: str, width: int) -> tuple[str, ...]:
    """The WebAssembly instructions that do `operation` (load, store, or one of `OPERATIONS`) with so many bytes."""
    part = "rmw" if operation in OPERATIONS else operation
    found = []
    for row in wasm.ROWS:
        type_, atomic, rest = (*row.mnemonic.split(".", 2), "", "")[:3]
        fits = atomic == "atomic" and row.width == width and type_ in ("i32", "i64") and rest.startswith(part)
        if fits and (part != "rmw" or rest.split(".")[1].removesuffix("_u") == operation):
            found.append(row.mnemonic)
    return tuple(found)


def atomic_rows() -> Iterator[RegOp]:
    for width in (1, 2, 4, 8):
        yield _access("load", width, "d:i64 a:i64 K")
        yield _access("store", width, "a:i64 K b:i64")
        for operation in OPERATIONS:
            yield _access(operation, width, "d:i64 a:i64 K b:i64" + (" c:i64" if operation == "cmpxchg" else ""))
    for bits in (32, 64):
        yield RegOp(
            f"memory.atomic.wait{bits}",
            operands(f"d:i64 a:i64 K b:i{bits} c:i64"),
            "driver",
            text=(trap_if(f"not {_IN_USE}.shared", "TRAP_EXPECTED_SHARED_MEMORY"), *PAY, Exit("EXIT_WAIT")),
            address=WIDE,
            access=Access("load", bits // 8, aligned=True),
            touches=_MEMORY,
            rare=True,
        )
    # Nobody waits for an unshared memory, and mostly nobody for a shared one. What was written before must be there for
    # who looks whether to wait before the number of those who wait is read.
    yield RegOp(
        "memory.atomic.notify",
        operands("d:i64 a:i64 K b:i32"),
        text=(
            "wvm_fence()",
            If(f"wvm_atomic_load32(<uint8_t*>&{_IN_USE}.waiting) != 0", (Exit("EXIT_NOTIFY"),), unlikely=True),
            Result("i32", "0"),
        ),
        address=WIDE,
        access=Access("load", 4, aligned=True),
        touches=_MEMORY,
        rare=True,
    )
    yield RegOp("atomic.fence", (), text=("wvm_fence()",), touches=NOTHING, rare=True)


def _access(operation: str, width: int, letters: str) -> RegOp:
    bits = 8 * width
    stored = [operand.letter for operand in operands(letters) if operand.letter in "bc"]
    values = "".join(f", <uint{bits}_t>{{{{{letter}:i64}}}}" for letter in stored)
    text = f"wvm_atomic_{operation}{bits}({{p}}{values})"
    access = Access("load", width, text, "i64", aligned=True)
    if operation == "store":
        access = Access("store", width, text, value="b", aligned=True)
    return RegOp(
        f"atomic.{operation}{bits}",
        operands(letters),
        address=WIDE,
        access=access,
        touches=_MEMORY,
        rare=True,
        serves=serving(operation, width),
    )
