"""Prints the functions that the arms of vector instructions call, from the rows of `wasmvm.isa.regop.vector`."""

from __future__ import annotations

from wasmvm.isa.regop import rows

_HEAD = """\
# {note}
#
# One function per row of wasmvm/isa/regop/vector.py that has one; what they use is in machine/loop/vector.pxi.
"""


def functions(note: str) -> str:
    out = [_HEAD.format(note=note)]
    out += ("\n" + "".join(f"{line}\n" for line in row.function) for row in rows.VECTOR_ROWS if row.function)
    return "".join(out)
