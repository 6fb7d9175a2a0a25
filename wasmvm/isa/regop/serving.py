"""Which register instructions a WebAssembly instruction is lowered to, and what follows for lowering."""

from __future__ import annotations

from wasmvm.isa import wasm
from wasmvm.isa.operators import SAME_BITS
from wasmvm.isa.regop.row import RegOp
from wasmvm.isa.regop.rows import ROWS

WRITE_NOTHING = {
    "nop": False,
    "drop": False,
    "block": False,
    "loop": True,
    "end": True,
    "try_table": True,
    "try": True,
    "delegate": True,
    "any.convert_extern": False,
    "extern.convert_any": False,
}
"""Instructions for which nothing is written, by whether control may come there from elsewhere, or go from there."""
COST_NOTHING = frozenset(
    ("nop", "drop", "block", "loop", "else", "end", "return", "unreachable", "catch", "catch_all", "delegate")
)
"""Instructions that cost no fuel: as in wasmtime, those that only say where control goes on."""


def _by_mnemonic() -> dict[str, list[RegOp]]:
    found: dict[str, list[RegOp]] = {}
    for row in ROWS:
        for mnemonic in row.mnemonics:
            found.setdefault(mnemonic, []).append(row)
    return found


_BY_MNEMONIC = _by_mnemonic()


def rows_for(mnemonic: str) -> tuple[RegOp, ...]:
    """The register instructions that serve a WebAssembly instruction; () where nothing is written for it.

    Raises:
        ValueError: it is not known what the instruction is lowered to.
    """
    target = SAME_BITS.get(mnemonic, mnemonic)
    if target is None or mnemonic in WRITE_NOTHING:
        return ()
    if target not in _BY_MNEMONIC:
        raise ValueError(f"{mnemonic}: which register instruction serves it?")
    return tuple(_BY_MNEMONIC[target])


def leaves(row: wasm.Row) -> bool:
    """Whether control may go elsewhere than to the next instruction, or come from elsewhere."""
    return WRITE_NOTHING.get(row.mnemonic, False) or not all(served.goes_on for served in rows_for(row.mnemonic))


def is_bulk(row: wasm.Row) -> bool:
    """Whether the instruction takes the longer, the greater the operand on top of the stack is."""
    return any(served.bulk is not None for served in rows_for(row.mnemonic))
