"""Which proposal each instruction came with (`features`), where the first edition of the standard did not have it."""

from __future__ import annotations

from wasmvm.isa.wasm import ROWS, Row

RANGES: tuple[tuple[int, int, str], ...] = (
    (0x006, 0x007, "legacy-exceptions"),
    (0x008, 0x008, "exceptions"),
    (0x009, 0x009, "legacy-exceptions"),
    (0x00A, 0x00A, "exceptions"),
    (0x012, 0x013, "tail-call"),
    (0x014, 0x015, "function-references"),
    (0x018, 0x019, "legacy-exceptions"),
    (0x01C, 0x01C, "reference-types"),
    (0x01F, 0x01F, "exceptions"),
    (0x025, 0x026, "reference-types"),
    (0x0C0, 0x0C4, "sign-extension"),
    (0x0D0, 0x0D2, "reference-types"),
    (0x0D3, 0x0D3, "gc"),
    (0x0D4, 0x0D6, "function-references"),
    (0x100, 0x11F, "gc"),
    (0x120, 0x126, "custom-descriptors"),
    (0x200, 0x207, "saturating-float-to-int"),
    (0x208, 0x209, "bulk-memory"),
    (0x20A, 0x20B, "bulk-memory-opt"),
    (0x20C, 0x20E, "bulk-memory"),
    (0x20F, 0x211, "reference-types"),
    (0x213, 0x216, "wide-arithmetic"),
    (0x300, 0x3FF, "simd"),
    (0x400, 0x4FF, "relaxed-simd"),
    (0x500, 0x5FF, "threads"),
)
"""First and last opcode as `isa.wasm` numbers them, and the proposal."""


def proposals_of(row: Row) -> tuple[str, ...]:
    """The features that an instruction needs, besides those of its immediates."""
    found = [proposal for first, last, proposal in RANGES if first <= row.code <= last]
    if found == ["relaxed-simd"]:
        found.append("simd")
    if "f32" in row.mnemonic or "f64" in row.mnemonic:
        found.append("floats")
    return tuple(found)


PROPOSALS = {row.code: proposals for row in ROWS if (proposals := proposals_of(row))}
"""By opcode; instructions that need none are missing."""
