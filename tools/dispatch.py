"""Prints the dispatch loop of the virtual machine from the rows of `wasmvm.isa.regop.rows`."""

from __future__ import annotations

import re

from wasmvm.isa.regop import row as regop
from wasmvm.isa.regop import rows

_READ = {
    ("slot", "i32"): "(<uint32_t>fp[{word}].u64)",
    ("slot", "i64"): "fp[{word}].u64",
    ("slot", "f32"): "fp[{word}].f32",
    ("slot", "f64"): "fp[{word}].f64",
    ("constant", "i32"): "(<uint32_t>{word})",
    ("constant", "i64"): "imm_u64(&{word})",
    ("constant", "f32"): "imm_f32(&{word})",
    ("constant", "f64"): "imm_f64(&{word})",
}
_OPERAND = re.compile(r"\{(\w+)(?::(\w+))?\}")

_HEAD = '''\
# {note}
#
# One arm per row of wasmvm/isa/regop/rows.py; row.py explains the operands. Every arm compares `op` with an enum
# constant, so that Cython makes one C `switch` of the chain.

DISPATCH = "switch"


cdef void prepare_machine(machine_t* machine) noexcept nogil:
    pass


cdef int run(machine_t* machine) noexcept nogil:
    """Run from the state in `machine` until something ends the loop; say what, with the state saved."""
    cdef int32_t* pc = machine.pc
    cdef slot* fp = machine.fp
    cdef frame_t* frame = machine.frame
    cdef inst_t* inst = machine.inst
    cdef slot* stack_end = machine.stack_end
    cdef int64_t budget = machine.budget
    cdef uint8_t* mem = current_memory(machine).data
    cdef uint64_t mem_len = current_memory(machine).length
    cdef int op, reason
    cdef int32_t i
    cdef int32_t* entry
    cdef uint64_t ea
    cdef slot* base
    cdef func_t* callee
    cdef table_t* table
    while True:
        op = pc[0]
'''
_TAIL = """\
        else:
            reason = EXIT_BUG
            break
    machine.pc = pc
    machine.fp = fp
    machine.frame = frame
    machine.inst = inst
    machine.budget = budget
    return reason
"""


def enum_name(row: regop.RegOp) -> str:
    return "R_" + row.name.upper().replace(".", "_")


def positions(row: regop.RegOp) -> dict[str, int]:
    """The word in which each operand stands."""
    positions: dict[str, int] = {}
    word = 1
    for operand in row.operands:
        positions[operand] = word
        word += regop.WORDS.get(operand, 1)
    return positions


def fill_in(line: str, row: regop.RegOp) -> str:
    """A line of a row's body with its operands put in."""
    places = positions(row)

    def replace(match: re.Match[str]) -> str:
        name, type_ = match.groups()
        if name == "length":
            return str(row.length)
        word = f"pc[{places[name]}]"
        if type_ is None:
            return word
        return _READ["constant" if name in "kK" else "slot", type_].format(word=word)

    return _OPERAND.sub(replace, line)


def loop(note: str) -> str:
    """The whole function `run`."""
    out = [_HEAD.format(note=note)]
    for row in rows.ROWS:
        out.append(f"        {'elif' if row.number else 'if'} op == {enum_name(row)}:\n")
        out += (f"            {fill_in(line, row)}\n" for line in row.body)
        if not row.jumps:
            out.append(f"            pc += {row.length}\n")
    out.append(_TAIL)
    return "".join(out)
