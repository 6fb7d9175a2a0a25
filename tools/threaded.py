"""Prints the threaded back end of the virtual machine: one function per instruction, each ending in a jump to the next.

The text of an arm is that of the switch (`dispatch`), with what the switch keeps in locals and the handlers keep in the
machine renamed, and every `break` made a return.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dispatch import enum_name, fill_in

from wasmvm.isa.regop import row as regop
from wasmvm.isa.regop import rows
from wasmvm.isa.threaded import forms as regform

_HEAD = """\
# {note}
#
# One handler per row of wasmvm/isa/regop and per accumulator form. A handler ends by calling the next one in tail
# position, with the state in its arguments: as many as there are registers for arguments, so that all of it stays in
# registers and the compiler makes the call a jump. `acc`, `facc` and `sacc` hold the last integer, f64 and f32 result,
# which are in their slots as well; `acc` is in the register that x86 counts shifts with, which shifts write anyway.
# Each machine has its own copy of the table of handlers, since what lies at a fixed distance from `machine` is called
# without loading an address first.

cdef handler_t HANDLERS[HANDLER_COUNT]

DISPATCH = "threaded"


cdef void prepare_machine(machine_t* machine) noexcept nogil:
    memcpy(machine.handlers, HANDLERS, sizeof(HANDLERS))


cdef int leave(int32_t* pc, slot* fp, uint64_t acc, machine_t* machine, frame_t* frame, double facc,
               float sacc, int reason) noexcept nogil:
    machine.pc = pc
    machine.fp = fp
    machine.frame = frame
    machine.acc = acc
    machine.facc = facc
    machine.sacc = sacc
    return reason


cdef int run(machine_t* machine) noexcept nogil:
    \"\"\"Run from the state in `machine` until something ends the run; say what, with the state saved.\"\"\"
    cdef mem_t* memory = current_memory(machine)
    machine.mem_len = memory.length
    return machine.handlers[machine.pc[0]](machine.pc, machine.fp, memory.data, machine.acc, machine, machine.frame,
                                           machine.facc, machine.sacc)

"""
_PARAMETERS = (
    "int32_t* pc, slot* fp, uint8_t* mem, uint64_t acc, machine_t* machine, frame_t* frame, double facc, float sacc"
)
_ARGUMENTS = "fp, mem, acc, machine, frame, facc, sacc"
_LEAVE = "leave(pc, fp, acc, machine, frame, facc, sacc, {})"
_IN_MACHINE = re.compile(r"(?<![.\w])(inst|budget|stack_end|mem_len)\b")
_COUNTING = '''
cdef struct count_t:
    int32_t* pc
    uint64_t count
    int32_t op

cdef enum:
    COUNTS = 1 << 22

cdef count_t COUNTED[COUNTS]


cdef inline void count_instruction(int32_t* pc) noexcept nogil:
    cdef uint64_t i = ((<uint64_t><size_t>pc >> 2) * <uint64_t>0x9E3779B97F4A7C15) >> 42
    while COUNTED[i].pc != pc and COUNTED[i].pc != NULL:
        i = (i + 1) & (COUNTS - 1)
    COUNTED[i].pc = pc
    COUNTED[i].op = pc[0]  # which may be gone when they are counted
    COUNTED[i].count += 1


def counts():
    """Address, count and opcode of each instruction that ran, in ascending order."""
    cdef int i
    return sorted([(<size_t>COUNTED[i].pc, COUNTED[i].count, COUNTED[i].op)
                   for i in range(COUNTS) if COUNTED[i].pc != NULL])

'''
_TYPES = {"acc": "uint64_t", "facc": "double", "sacc": "float"}
_LOCALS = {
    "reason": "int",
    "i": "int32_t",
    "entry": "int32_t*",
    "ea": "uint64_t",
    "base": "slot*",
    "callee": "func_t*",
    "table": "table_t*",
    # What a register held before a part of a sequence, by the number of the part.
    **{f"{register}_{i}": type_ for register, type_ in _TYPES.items() for i in range(2)},
}
_EXIT = re.compile(r"\s*reason = ([A-Z_]+)")
EXITS: list[str] = sorted({match[1] for row in rows.ROWS for line in row.body if (match := _EXIT.fullmatch(line))})
"""Why handlers leave, where that is a constant: each has a handler of its own that only leaves."""
_FIRST_EXIT = len(regform.INSTRUCTIONS) + len(regform.FUSED)
COUNT = _FIRST_EXIT + len(EXITS)
_INT_RESULT = re.compile(r"^fp\[(pc\[\d+\])\]\.u64 = (.*)$")
_F64_RESULT = re.compile(r"^fp\[(pc\[\d+\])\]\.f64 = (.*)$")
_F32_RESULT = re.compile(r"^set_f32\(&fp\[(pc\[\d+\])\], (.*)\)$")


def _lines(row: regop.RegOp, body: tuple[str, ...]) -> Iterator[str]:
    """The body of an instruction, without the jump to the next one."""
    effect = regform.effect(row)
    constant_reason = ""
    for number, line in enumerate(body):
        exit_ = _EXIT.fullmatch(line)
        if exit_:
            constant_reason = exit_[1]
            continue
        line = _IN_MACHINE.sub(r"machine.\1", fill_in(line, row))
        last = number == len(body) - 1
        if last and effect == regform.INT_RESULT:
            yield _INT_RESULT.sub(r"acc = \2", line)
            yield _INT_RESULT.sub(r"fp[\1].u64 = acc", line)
        elif last and effect == regform.F64_RESULT:
            yield _F64_RESULT.sub(r"facc = \2", line)
            yield _F64_RESULT.sub(r"fp[\1].f64 = facc", line)
        elif last and effect == regform.F32_RESULT:
            yield _F32_RESULT.sub(r"sacc = \2", line)
            yield _F32_RESULT.sub(r"set_f32(&fp[\1], sacc)", line)
        elif line.strip() == "break":
            leave = f"machine.handlers[{_exit_number(constant_reason)}](pc, {_ARGUMENTS})"
            if not constant_reason:
                leave = _LEAVE.format("reason")
            yield line.replace("break", f"return {leave}")
            constant_reason = ""
        else:
            yield line


def _exit_number(reason: str) -> int:
    return _FIRST_EXIT + (EXITS.index(reason) if reason else 0)


Instruction = regop.RegOp | regform.AccumulatorForm | regform.OlderForm


def _body(instructions: Sequence[Instruction], number: int) -> Iterator[str]:
    """The body of one of them; what the next one wants of a register before that is saved first."""
    instruction = instructions[number]
    if number + 1 < len(instructions):
        following = instructions[number + 1]
        if isinstance(following, regform.OlderForm):
            yield f"{following.register}_{number} = {following.register}"
    body = instruction.body
    if isinstance(instruction, regform.OlderForm):
        body = tuple(line.replace("{older}", f"{instruction.register}_{number - 1}") for line in body)
    yield from _lines(regform.row_of(instruction), body)


def _parts(instructions: Sequence[Instruction], each: Sequence[str]) -> Iterator[str]:
    """The bodies of instructions that run one after the other, `each` before each, and the jump to what follows."""
    *before, final = instructions
    for number, instruction in enumerate(before):
        yield from each
        row = regform.row_of(instruction)
        lines = list(_body(instructions, number))
        if row.jumps:
            # The last line goes on behind a branch that was not taken: to the next body.
            yield from (text for line in lines[:-1] for text in _with_jump(line))
            yield lines[-1]
        else:
            yield from lines
            yield f"pc = pc + {row.length}"
    yield from each
    row = regform.row_of(final)
    lines = list(_body(instructions, len(before)))
    if not row.jumps:
        yield from lines
        yield f"return machine.handlers[pc[{row.length}]](pc + {row.length}, {_ARGUMENTS})"
    elif "t" in row.operands:
        # Each way out jumps by itself: a common jump would make the next opcode wait for the comparison.
        yield from (text for line in lines for text in _with_jump(line))
    else:
        yield from lines
        if not lines[-1].startswith("return"):
            yield f"return machine.handlers[pc[0]](pc, {_ARGUMENTS})"


def _handler(name: str, *instructions: Instruction, each: Sequence[str]) -> str:
    lines = list(_parts(instructions, each))
    text = "\n".join(lines)
    declared = [f"    cdef {type_} {name}\n" for name, type_ in _LOCALS.items() if re.search(rf"\b{name}\b", text)]
    body_text = "".join(f"    {line}\n" for line in lines)
    return f"cdef int {name}({_PARAMETERS}) noexcept nogil:\n{''.join(declared)}{body_text}\n"


def _with_jump(line: str) -> Iterator[str]:
    yield line
    if line.strip().startswith("pc = pc + "):
        indent = line[: len(line) - len(line.lstrip())]
        yield f"{indent}return machine.handlers[pc[0]](pc, {_ARGUMENTS})"


def _name(name: str) -> str:
    return "h_" + name.replace(".", "_")


def handlers(note: str, counting: bool = False) -> str:
    """The whole back end; `counting`: the form of it that counts how often each instruction runs."""
    each = ("count_instruction(pc)",) if counting else ()
    out = [_HEAD.format(note=note), _COUNTING if counting else ""]
    out += (
        f"cdef int h_{reason}({_PARAMETERS}) noexcept nogil:\n    return {_LEAVE.format(reason)}\n\n"
        for reason in EXITS
    )
    out += (_handler(_name(row.name), row, each=each) for row in rows.ROWS)
    out += (_handler(_name(form.name), form, each=each) for form in regform.ACCUMULATOR_FORMS)
    out += (_handler(f"fused_{fused.number}", *fused.parts, each=each) for fused in regform.FUSED)
    out += (f"HANDLERS[{enum_name(row)}] = {_name(row.name)}\n" for row in rows.ROWS)
    out += (f"HANDLERS[{form.number}] = {_name(form.name)}\n" for form in regform.ACCUMULATOR_FORMS)
    out += (f"HANDLERS[{form.number}] = {_name(form.base.name)}\n" for form in regform.OLDER_FORMS)
    out += (f"HANDLERS[{fused.number}] = fused_{fused.number}\n" for fused in regform.FUSED)
    out += (f"HANDLERS[{_exit_number(reason)}] = h_{reason}\n" for reason in EXITS)
    return "".join(out)
