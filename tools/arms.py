"""Prints arms of register instructions for one form of the machine: statements (`wasmvm.isa.regop.statements`) as
text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar

from wasmvm.isa.regop.arm import statements
from wasmvm.isa.regop.row import RegOp
from wasmvm.isa.regop.statements import LOCALS, Exit, Go, If, Result, Statement, Statements

_SLOT = {"i32": "(<uint32_t>fp[{}].u64)", "i64": "fp[{}].u64", "f32": "fp[{}].f32", "f64": "fp[{}].f64"}
_CONSTANT = {"i32": "(<uint32_t>{})", "i64": "imm_u64(&{})", "f32": "imm_f32(&{})", "f64": "imm_f64(&{})"}
_REGISTER = {"i32": "(<uint32_t>{})", "i64": "{}", "f32": "{}", "f64": "{}"}


class Word:
    """An operand in a text: ``{a}`` is its word, ``{a:i32}`` its value as that type."""

    def __init__(self, word: str, reads: Mapping[str, str], source: str) -> None:
        self.word, self.reads, self.source = word, reads, source

    def __format__(self, type_: str) -> str:
        if type_:
            return self.reads[type_].format(self.source)
        if self.word != self.source:
            raise ValueError(f"{self.word} is needed as a slot, so its value cannot come from a register")
        return self.word


class Names(dict[str, object]):
    """What the fields of a text stand for; `used` are the locals that it has named."""

    def __init__(self, names: Mapping[str, object], used: set[str]) -> None:
        super().__init__(names)
        self.used = used

    def __missing__(self, name: str) -> str:
        if name not in LOCALS:
            raise KeyError(name)
        self.used.add(name)
        return name


class Arm(ABC):
    """The arm of an instruction in one form of the machine.

    Attributes:
        row: the instruction.
        used: the locals that the text names, once it is printed.
    """

    MACHINE: ClassVar[Mapping[str, str]]
    """What stands for the fields ``inst``, ``budget``, ``stack_end`` and ``mem_len``."""

    def __init__(self, row: RegOp, registers: Mapping[str, str], used: set[str]) -> None:
        """`registers`: by letter, what the operands that are in registers are read from."""
        self.row, self.used = row, used
        names: dict[str, object] = {**self.MACHINE, "length": str(row.length)}
        for operand in row.operands:
            word = f"pc[{row.position(operand.letter)}]"
            if operand.letter in registers:
                names[operand.letter] = Word(word, _REGISTER, registers[operand.letter])
            else:
                is_slot = operand.role in ("read", "written")
                names[operand.letter] = Word(word, _SLOT, word) if is_slot else Word(word, _CONSTANT, word)
        self.names = Names(names, used)

    def text(self, template: str) -> str:
        return template.format_map(self.names)

    def lines(self) -> Iterator[str]:
        """The whole arm, without the way on to the next instruction where control only goes there."""
        return self.block(statements(self.row))

    def block(self, body: Statements) -> Iterator[str]:
        for statement in body:
            yield from self.statement(statement)

    def statement(self, statement: Statement) -> Iterator[str]:
        if isinstance(statement, str):
            yield self.text(statement)
        elif isinstance(statement, Exit):
            yield from self.leave(statement.reason)
        elif isinstance(statement, Result):
            yield from self.result(statement.type, self.text(statement.value))
        elif isinstance(statement, Go):
            yield from self.go(statement.label)
        else:
            yield from self.conditional(statement)

    def conditional(self, statement: If) -> Iterator[str]:
        condition = self.text(statement.condition)
        yield f"if unlikely({condition}):" if statement.unlikely else f"if {condition}:"
        yield from (f"    {line}" for line in self.block(statement.then))
        if statement.otherwise:
            yield "else:"
            yield from (f"    {line}" for line in self.block(statement.otherwise))

    def target(self, label: str) -> str:
        """The line that sets `pc` to a label, or to the next instruction."""
        if not label:
            return f"pc = pc + {self.row.length}"
        position = self.row.position(label)
        return f"pc = pc + pc[{position}] + {position}"

    @abstractmethod
    def leave(self, reason: str) -> Iterator[str]:
        """Leave the loop; see `Exit`."""

    @abstractmethod
    def result(self, type_: str, value: str) -> Iterator[str]:
        """Write the result; see `Result`."""

    @abstractmethod
    def go(self, label: str) -> Iterator[str]:
        """Go to a label; see `Go`."""

    def written(self, type_: str, value: str) -> str:
        """The line that writes a result; the upper half of a slot that holds an i32 or f32 is zero."""
        word = f"pc[{self.row.position('d')}]"
        if type_ == "f32":
            return f"set_f32(&fp[{word}], {value})"
        return f"fp[{word}].{'f64' if type_ == 'f64' else 'u64'} = {value}"


def converted(type_: str, value: str) -> str:
    """A value as it is written: an integer of 32 bits is zero-extended."""
    casts = {"i32": "uint32_t", "i64": "uint64_t"}
    return f"<{casts[type_]}>({value})" if type_ in casts else value
