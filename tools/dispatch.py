"""Prints the dispatch loop of the virtual machine from the rows of `wasmvm.isa.regop.rows`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from arms import Arm, converted

from wasmvm.isa.regop import rows

_HEAD = '''\
# {note}
#
# One arm per row of wasmvm/isa/regop/rows.py; row.py explains the operands. Every arm compares `op` with an enum
# constant, so that Cython makes one C `switch` of the chain.

DISPATCH = "switch"


cdef void prepare_execution(execution_t* machine) noexcept nogil:
    pass


cdef int run(execution_t* machine) noexcept nogil:
    """Run until something ends the loop; return what, with the state saved in `machine`."""
    cdef int32_t* pc = machine.now.pc
    cdef slot* fp = machine.now.fp
    cdef frame_t* frame = machine.now.frame
    cdef inst_t* inst = machine.now.inst
    cdef slot* stack_end = machine.stack_end
    cdef int64_t budget = machine.budget
    cdef uint8_t* mem = current_memory(&machine.now).data
    cdef uint64_t mem_len = wvm_get_length(&current_memory(&machine.now).length)
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
    machine.now.pc = pc
    machine.now.fp = fp
    machine.now.frame = frame
    machine.now.inst = inst
    machine.budget = budget
    return reason
"""


class SwitchArm(Arm):
    """An arm of the switch: what the state is in are locals, and what leaves breaks out of the loop."""

    MACHINE: ClassVar[Mapping[str, str]] = {name: name for name in ("inst", "budget", "stack_end", "mem_len")}

    def leave(self, reason: str) -> Iterator[str]:
        if reason:
            yield f"reason = {reason}"
        yield "break"

    def result(self, type_: str, value: str) -> Iterator[str]:
        yield self.written(type_, converted(type_, value))

    def go(self, label: str) -> Iterator[str]:
        yield self.target(label)


def loop(note: str) -> str:
    """The whole function `run`."""
    out = [_HEAD.format(note=note)]
    for row in rows.ROWS:
        out.append(f"        {'elif' if row.number else 'if'} op == {row.enum_name}:\n")
        out += (f"            {line}\n" for line in SwitchArm(row, {}, set()).lines())
        if row.control == "next":
            out.append(f"            pc += {row.length}\n")
    out.append(_TAIL)
    return "".join(out)
