"""Prints the threaded back end of the virtual machine: one function per instruction, each ending in a jump to the next.

What the switch keeps in locals is in arguments or in the machine, what leaves the loop returns, and results are passed
on in accumulators as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from arms import Arm, converted

from wasmvm.isa.regop import arm, rows
from wasmvm.isa.regop.row import RegOp
from wasmvm.isa.regop.statements import LOCALS
from wasmvm.isa.threaded import forms
from wasmvm.isa.threaded.forms import Instruction

_HEAD = """\
# {note}
#
# One handler per row of wasmvm/isa/regop and per accumulator form. A handler ends by calling the next one in tail
# position, with the state in its arguments: as many as there are registers for arguments, so that all of it stays in
# registers and the compiler makes the call a jump. `acc_i`, `acc_d` and `acc_f` hold the last integer, f64 and f32
# result, which are in their slots as well; `acc_i` is in the register that x86 counts shifts with, which shifts write
# anyway.
# Each execution has its own copy of the table of handlers, since what lies at a fixed distance from `machine` is called
# without loading an address first. There are few executions: stores at rest have none.

cdef handler_t HANDLERS[HANDLER_COUNT]

DISPATCH = "threaded"


cdef void prepare_execution(execution_t* machine) noexcept nogil:
    memcpy(machine.handlers, HANDLERS, sizeof(HANDLERS))


cdef int leave(int32_t* pc, slot* fp, uint64_t acc_i, execution_t* machine, frame_t* frame, double acc_d,
               float acc_f, int reason) noexcept nogil:
    machine.now.pc = pc
    machine.now.fp = fp
    machine.now.frame = frame
    machine.now.acc_i = acc_i
    machine.now.acc_d = acc_d
    machine.now.acc_f = acc_f
    return reason


cdef int run(execution_t* machine) noexcept nogil:
    \"\"\"Run until something ends the run; return what, with the state saved in `machine`.\"\"\"
    cdef mem_t* memory = current_memory(&machine.now)
    machine.mem_len = wvm_get_length(&memory.length)
    return machine.handlers[machine.now.pc[0]](machine.now.pc, machine.now.fp, memory.data, machine.now.acc_i, machine,
                                               machine.now.frame, machine.now.acc_d, machine.now.acc_f)

"""
_PARAMETERS = (
    "int32_t* pc, slot* fp, uint8_t* mem, uint64_t acc_i, execution_t* machine, frame_t* frame, "
    "double acc_d, float acc_f"
)
_ARGUMENTS = "fp, mem, acc_i, machine, frame, acc_d, acc_f"
_LEAVE = "leave(pc, fp, acc_i, machine, frame, acc_d, acc_f, {})"
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
EXITS: list[str] = sorted({reason for row in rows.ROWS for _, reason in arm.exits(row) if reason})
"""Why handlers leave, where that is a constant: each has a handler of its own that only leaves."""
COUNT = forms.END + len(EXITS)
_TYPES = {"acc_i": "uint64_t", "acc_d": "double", "acc_f": "float"}
# What a register held before a part of a sequence, by the number of the part.
_SAVED = {f"{register}_{part}": type_ for register, type_ in _TYPES.items() for part in range(2)}


class HandlerArm(Arm):
    """An instruction in a handler.

    Attributes:
        part: which part of the handler it is, from 0 on.
        last: whether it is the last one, so that the handler ends with it.
    """

    MACHINE: ClassVar[Mapping[str, str]] = {
        "inst": "machine.now.inst",
        **{name: f"machine.{name}" for name in ("budget", "stack_end", "mem_len")},
    }

    def __init__(self, instruction: Instruction, part: int, last: bool, used: set[str]) -> None:
        registers = {}
        for letter, source in forms.sources(instruction).items():
            registers[letter] = f"{source.register}_{part - 1}" if source.previous else source.register
        used.update(register for register in registers.values() if register in _SAVED)
        super().__init__(forms.row_of(instruction), registers, used)
        self.part, self.last = part, last

    def leave(self, reason: str) -> Iterator[str]:
        if reason:
            yield f"return machine.handlers[{forms.END + EXITS.index(reason)}](pc, {_ARGUMENTS})"
        else:
            self.used.add("reason")
            yield f"return {_LEAVE.format('reason')}"

    def result(self, type_: str, value: str) -> Iterator[str]:
        register = forms.REGISTERS[arm.effect(self.row)]
        yield f"{register} = {converted(type_, value)}"
        yield self.written(type_, register)

    def go(self, label: str) -> Iterator[str]:
        # Each way out jumps by itself: a common jump would make the next opcode wait for the comparison. After a
        # branch that was not taken the next part of a sequence follows.
        yield self.target(label)
        if label or self.last:
            yield f"return machine.handlers[pc[0]](pc, {_ARGUMENTS})"

    def way_on(self) -> Iterator[str]:
        """The way on to what follows, where the arm does not go there itself."""
        length = self.row.length
        if self.row.control == "next":
            if self.last:
                yield f"return machine.handlers[pc[{length}]](pc + {length}, {_ARGUMENTS})"
            else:
                yield f"pc = pc + {length}"
        elif self.row.control in ("table", "call", "tail_call", "return"):
            yield f"return machine.handlers[pc[0]](pc, {_ARGUMENTS})"


def _handler(name: str, *instructions: Instruction, each: Sequence[str]) -> str:
    """A handler that runs the instructions one after the other, `each` before each."""
    used: set[str] = set()
    lines: list[str] = []
    for part, instruction in enumerate(instructions):
        lines += each
        if part + 1 < len(instructions):  # what the next one wants of a register is saved first
            for source in forms.sources(instructions[part + 1]).values():
                if source.previous:
                    lines.append(f"{source.register}_{part} = {source.register}")
        printed = HandlerArm(instruction, part, part + 1 == len(instructions), used)
        lines += printed.lines()
        lines += printed.way_on()
    declared = [f"    cdef {type_} {local}\n" for local, type_ in {**LOCALS, **_SAVED}.items() if local in used]
    body_text = "".join(f"    {line}\n" for line in lines)
    return f"cdef int {name}({_PARAMETERS}) noexcept nogil:\n{''.join(declared)}{body_text}\n"


def _name(instruction: RegOp | forms.AccumulatorForm) -> str:
    return "h_" + instruction.name.replace(".", "_")


def handlers(note: str, counting: bool = False) -> str:
    """The whole back end; `counting`: the form of it that counts how often each instruction runs."""
    each = ("count_instruction(pc)",) if counting else ()
    out = [_HEAD.format(note=note), _COUNTING if counting else ""]
    out += (
        f"cdef int h_{reason}({_PARAMETERS}) noexcept nogil:\n    return {_LEAVE.format(reason)}\n\n"
        for reason in EXITS
    )
    out += (_handler(_name(row), row, each=each) for row in rows.ROWS)
    out += (_handler(_name(form), form, each=each) for form in forms.ACCUMULATOR_FORMS)
    out += (_handler(f"sequence_{made.number}", *made.parts, each=each) for made in forms.SEQUENCES_BY_NUMBER)
    out += (f"HANDLERS[{row.enum_name}] = {_name(row)}\n" for row in rows.ROWS)
    out += (f"HANDLERS[{form.number}] = {_name(form)}\n" for form in forms.ACCUMULATOR_FORMS)
    out += (f"HANDLERS[{form.number}] = {_name(form.base)}\n" for form in forms.PREVIOUS_FORMS)
    out += (f"HANDLERS[{made.number}] = sequence_{made.number}\n" for made in forms.SEQUENCES_BY_NUMBER)
    out += (f"HANDLERS[{forms.END + i}] = h_{reason}\n" for i, reason in enumerate(EXITS))
    return "".join(out)
