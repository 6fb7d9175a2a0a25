"""Prints the functions that the arms of vector instructions call, from the rows of `wasmvm.isa.regop.vector`."""

from __future__ import annotations

from wasmvm.isa.regop import rows, vector

_HEAD = """\
# {note}
#
# One function per row of wasmvm/isa/regop/vector.py that has one; what they use is in machine/loop/vector.pxi.
"""


def functions(note: str) -> str:
    out = [_HEAD.format(note=note)]
    for row in rows.ROWS:
        lines = vector.function(row)
        if lines:
            out.append("\n" + "".join(f"{line}\n" for line in lines))
    return "".join(out)
