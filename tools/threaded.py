"""Prints the threaded back end of the virtual machine: one function per instruction, each ending in a jump to the next.

The text of an arm is that of the switch (`dispatch`), with what the switch keeps in locals and the handlers keep in the
machine renamed, and every `break` made a return.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dispatch import enum_name, fill_in

from wasmvm.isa import regop

_HEAD = '''\
# {note}
#
# One handler per row of wasmvm/isa/regop.py and per accumulator form. A handler ends by calling the next one in tail
# position, with the state in its arguments: as many as there are registers for arguments, so that all of it stays in
# registers and the compiler makes the call a jump. `acc` and `facc` hold the last integer and the last f64 result,
# which are in their slots as well.

ctypedef int (*handler_t)(int32_t* pc, slot* fp, uint8_t* mem, uint64_t mem_len, machine_t* machine, uint64_t acc,
                          double facc) noexcept nogil

cdef handler_t HANDLERS[{count}]

DISPATCH = "threaded"


cdef int leave(int32_t* pc, slot* fp, machine_t* machine, uint64_t acc, double facc, int reason) noexcept nogil:
    machine.pc = pc
    machine.fp = fp
    machine.acc = acc
    machine.facc = facc
    return reason


cdef int run(machine_t* machine) noexcept nogil:
    """Run from the state in `machine` until something ends the run; say what, with the state saved."""
    cdef mem_t* memory = current_memory(machine)
    return HANDLERS[machine.pc[0]](machine.pc, machine.fp, memory.data, memory.length, machine, machine.acc,
                                   machine.facc)

'''
_PARAMETERS = "int32_t* pc, slot* fp, uint8_t* mem, uint64_t mem_len, machine_t* machine, uint64_t acc, double facc"
_ARGUMENTS = "fp, mem, mem_len, machine, acc, facc"
_IN_MACHINE = re.compile(r"(?<![.\w])(inst|frame|budget|stack_end)\b")
_LOCALS = {
    "reason": "int",
    "i": "int32_t",
    "entry": "int32_t*",
    "ea": "uint64_t",
    "base": "slot*",
    "callee": "func_t*",
    "table": "table_t*",
}
_INT_RESULT = re.compile(r"^fp\[(pc\[\d+\])\]\.u64 = (.*)$")
_F64_RESULT = re.compile(r"^fp\[(pc\[\d+\])\]\.f64 = (.*)$")


def _lines(row: regop.RegOp, body: tuple[str, ...]) -> Iterator[str]:
    """The body of a handler, without the jump to the next one."""
    effect = regop.effect(row)
    for number, line in enumerate(body):
        line = _IN_MACHINE.sub(r"machine.\1", fill_in(line, row))
        last = number == len(body) - 1
        if last and effect == regop.INT_RESULT:
            yield _INT_RESULT.sub(r"acc = \2", line)
            yield _INT_RESULT.sub(r"fp[\1].u64 = acc", line)
        elif last and effect == regop.F64_RESULT:
            yield _F64_RESULT.sub(r"facc = \2", line)
            yield _F64_RESULT.sub(r"fp[\1].f64 = facc", line)
        elif line.strip() == "break":
            yield line.replace("break", "return leave(pc, fp, machine, acc, facc, reason)")
        else:
            yield line


def _handler(name: str, row: regop.RegOp, body: tuple[str, ...]) -> str:
    lines = list(_lines(row, body))
    if not row.jumps:
        lines.append(f"return HANDLERS[pc[{row.length}]](pc + {row.length}, {_ARGUMENTS})")
    elif "t" in row.operands:
        # Each way out jumps by itself: a common jump would make the next opcode wait for the comparison.
        lines = [text for line in lines for text in _with_jump(line)]
    elif not lines[-1].startswith("return"):
        lines.append(f"return HANDLERS[pc[0]](pc, {_ARGUMENTS})")
    text = "\n".join(lines)
    declared = [f"    cdef {type_} {name}\n" for name, type_ in _LOCALS.items() if re.search(rf"\b{name}\b", text)]
    body_text = "".join(f"    {line}\n" for line in lines)
    return f"cdef int {name}({_PARAMETERS}) noexcept nogil:\n{''.join(declared)}{body_text}\n"


def _with_jump(line: str) -> Iterator[str]:
    yield line
    if line.strip().startswith("pc = pc + "):
        indent = line[: len(line) - len(line.lstrip())]
        yield f"{indent}return HANDLERS[pc[0]](pc, {_ARGUMENTS})"


def _name(name: str) -> str:
    return "h_" + name.replace(".", "_")


def handlers(note: str) -> str:
    """The whole back end."""
    out = [_HEAD.format(note=note, count=len(regop.ROWS) + len(regop.ACCUMULATOR_FORMS))]
    out += (_handler(_name(row.name), row, row.body) for row in regop.ROWS)
    out += (_handler(_name(form.name), form.row, form.body) for form in regop.ACCUMULATOR_FORMS)
    out += (f"HANDLERS[{enum_name(row)}] = {_name(row.name)}\n" for row in regop.ROWS)
    out += (f"HANDLERS[{form.number}] = {_name(form.name)}\n" for form in regop.ACCUMULATOR_FORMS)
    return "".join(out)
