"""Numbers of the binary format that proposals have taken which wasmvm does not have: so that errors can name these."""

from __future__ import annotations

OPCODES: tuple[tuple[int, int, str], ...] = ((0xE0, 0xE6, "stack-switching"),)
"""First and last byte, and the proposal; a prefix byte is with all that follows it."""
PREFIXED: dict[int, tuple[tuple[int, int, str], ...]] = {
    0xFC: ((0x12, 0x12, "memory-control"),),
    0xFE: ((0x4F, 0x78, "shared-everything-threads"),),
}
"""By prefix byte, the numbers after it."""
HEAPTYPES = {0x68: "stack-switching", 0x75: "stack-switching", 0x65: "shared-everything-threads"}
FORMS = {0x5D: "stack-switching"}
"""What composite types begin with."""
LIMITS = ((0x02, "shared-everything-threads"),)
"""Flags of limits."""


def named(proposal: str | None) -> str:
    """What a message about such a number ends with."""
    return f": the {proposal} proposal is not supported" if proposal else ""


def missing_opcode(byte: int, second: int) -> str:
    """`named` of the proposal that has this opcode; `second` is the number after a prefix byte, or -1."""
    ranges, number = (OPCODES, byte) if second < 0 or byte not in PREFIXED else (PREFIXED[byte], second)
    return named(next((proposal for first, last, proposal in ranges if first <= number <= last), None))
