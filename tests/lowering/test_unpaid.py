"""No way through lowered code is long without paying for the budget, whatever the shape of the code.

The code is walked as a graph, which knows nothing of how lowering keeps account: from the beginning of the function, from after
every instruction that pays, and from every catch clause, in the order of the code, since ways back all pay.
"""

from __future__ import annotations

import random
import re

import pytest

from tests.fuzz.aggregates import Program
from tests.fuzz.generator import Module as Generated
from tests.fuzz.throwing import program
from tests.fuzz.vocabulary import VECTORS
from tests.wat import wat2wasm
from wasmvm.binary.sections import decode
from wasmvm.generated.forms import LENGTH, NAMES
from wasmvm.isa.regop.rows import BY_NAME
from wasmvm.lowered import CLAUSE_TAG, CLAUSE_TARGET, CLAUSE_WORDS, DELEGATES
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context
from wasmvm.lowering.disasm import disassemble, label_words
from wasmvm.types import METER_CALLS, METER_INSTRUCTIONS, NO_METERING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.lowered import Words

BR_TABLE = BY_NAME["br_table"].number

MAX_UNPAID = 512  # words for a unit, as `lowering.body` has it
ONE_INSTRUCTION = 4096  # words that one instruction of WebAssembly may become: a thousand values put into their slots
PAYING = re.compile(r"loop_.*|.*\.grow|throw(_ref)?|call.*|return_call.*")
ENDS = re.compile(r"br|loop_br|br_table|return.*|unreachable|throw.*")


def check_paid(code: Words, clauses: Words) -> int:
    """The most words that run for nothing before something pays; AssertionError where a way back does not pay."""
    starts = range(0, len(clauses), CLAUSE_WORDS)
    owed = {0: 0, **{clauses[i + CLAUSE_TARGET]: 0 for i in starts if clauses[i + CLAUSE_TAG] != DELEGATES}}
    position = most = here = 0
    live = True
    while position < len(code):
        name = NAMES[code[position]]
        if position in owed:
            here = max(here, owed.pop(position)) if live else owed.pop(position)
            live = True
        entries = label_words(code, position)
        pays = PAYING.fullmatch(name) is not None
        if live:
            here += LENGTH[code[position]]
            if name in ("copy", "return_copy"):
                here += code[position + LENGTH[code[position]] - 1] >> 1  # slots
            if name == "pay":
                here = max(0, here - code[position + 1] * MAX_UNPAID)
            if pays or name == "pay" or ENDS.fullmatch(name):
                most = max(most, here)
            for entry in entries:
                target = entry + code[entry]  # of br_table, those that lead back pay when they are taken
                if target > position:
                    owed[target] = max(owed.get(target, 0), 0 if pays else here)
                else:
                    assert pays or name == "br_table", f"{name} at {position} leads back and does not pay"
            if pays and not entries:
                here = 0  # but who does not go back has not paid for that
            live = ENDS.fullmatch(name) is None
        position += LENGTH[code[position]] + (len(entries) if code[position] == BR_TABLE else 0)
    assert not owed, "labels are at instructions"
    return most


def unpaid(source: bytes) -> int:
    """The same of all functions of a module, in each way of counting fuel."""
    module = decode(source)
    most = 0
    for metering in (NO_METERING, METER_CALLS, METER_INSTRUCTIONS):
        context = Context(module, metering=metering)
        for index in range(len(module.funcs)):
            made = lower(context, index)
            most = max(most, check_paid(made.code, made.clauses))
    return most


class Nasty:
    """A function without calls, of much straight code between all shapes of control, values on the stack among it."""

    def __init__(self, seed: int, values: bool) -> None:
        self.random = random.Random(seed)
        self.values = "i32 " * self.random.choice((0, 1, 3, 7, 60)) if values else ""
        self.count = len(self.values.split())
        self.size = 60

    def text(self) -> str:
        result = f"(result {self.values})"
        return f"""(module (tag $t) (import "h" "f" (func $f)) (func $g (param $x i32) {result} (local $y i32)
          {self.body(0, ["f"])} {self.push()}) (func $h (param $x i32) {result} {self.deep()} {self.push()}))"""

    def push(self) -> str:
        return self.random.choice(("(i32.const 7)", "(local.get $x)", "(i32.clz (local.get $x))")) * self.count

    def drop(self) -> str:
        return "drop " * self.count

    def deep(self) -> str:
        """Many operands that are saved at once, by what does no more than that."""
        count = self.random.choice((10, 1000, 10_000))
        end = self.random.choice(("block end", "local.set $x local.get $x", "local.get $x if end", "loop end"))
        return f"{'local.get $x ' * count} {end} {'drop ' * count}"

    def branch(self, labels: list[str]) -> str:
        """To any label; all but those of loops carry the values."""
        to = self.random.randrange(len(labels))
        carries = labels[-1 - to] != "loop"
        push, drop = (self.push(), self.drop()) if carries else ("", "")
        kind = self.random.randrange(5)
        if kind == 0:
            return f"(if (local.get $x) (then {push} br {to + 1} ))"
        if kind == 1:
            return f"{push} local.get $x br_if {to} {drop}"
        if kind == 2:
            return f"{push} local.get $x i32.const 3 i32.lt_s br_if {to} {drop}"
        if kind == 3 and carries:
            others = [i for i in range(len(labels)) if labels[-1 - i] != "loop"]
            picked = " ".join(str(self.random.choice(others) + 1) for _ in range(self.random.choice((1, 5, 300))))
            return f"block {push} local.get $x br_table {picked} {to + 1} end"
        return (
            f"(if (local.get $x) (then {push} {self.random.choice(('return', f'br {to + 1}')) if carries else 'br 0'}))"
        )

    def body(self, depth: int, labels: list[str]) -> str:
        parts = []
        for _ in range(self.random.randrange(1, 7)):
            self.size -= 1
            kind = self.random.randrange(9) if depth < 6 and self.size > 0 else self.random.randrange(4)
            if kind < 2:
                parts.append(
                    "(local.set $y (i32.add (local.get $y) (i32.mul (local.get $x) (i32.const 3))))"
                    * self.random.choice((1, 10, 70, 200))
                )
            elif kind == 2:
                parts.append(self.branch(labels))
            elif kind == 3:
                parts.append(self.random.choice(("(call $f)", "(if (local.get $x) (then (throw $t)))", self.deep())))
            elif kind == 4:
                parts.append(f"(loop {self.body(depth + 1, [*labels, 'loop'])})")
            elif kind == 5:
                inner = self.body(depth + 1, [*labels, "block"])
                dead = self.random.choice(("", "unreachable", f"{self.push()} br 0"))
                parts.append(f"(block (result {self.values}) {inner} {self.push()} {dead}) {self.drop()}")
            elif kind == 6:
                then, other = self.body(depth + 1, [*labels, "if"]), self.body(depth + 1, [*labels, "if"])
                parts.append(
                    f"(if (result {self.values}) (local.get $x) (then {then} {self.push()})"
                    f" (else {other} {self.push()})) {self.drop()}"
                )
            elif kind == 7:
                parts.append(f"(if (local.get $x) (then {self.body(depth + 2, [*labels, 'loop'])}))")
            else:
                inner = self.body(depth + 2, [*labels, "loop", "loop"])
                parts.append(f"(block (try_table (catch $t 0) (catch_all 0) {inner}))")
        return " ".join(parts)


@pytest.mark.parametrize("values", [False, True])
def test_nasty_shapes(values: bool) -> None:
    for seed in range(25):
        most = unpaid(wat2wasm(Nasty(seed, values).text()))
        assert most <= MAX_UNPAID + ONE_INSTRUCTION, seed


def test_what_the_fuzzers_make() -> None:
    for seed in range(20):
        for text in (Generated(seed).text, Generated(seed, VECTORS).text, Program(seed).text, program(seed)):
            assert unpaid(wat2wasm(text)) <= MAX_UNPAID + ONE_INSTRUCTION, seed


def test_what_one_instruction_saves_is_paid_for() -> None:
    """However many operands there are."""
    count = 100_000
    for end in ("block end", "local.set $x local.get $x", "loop end", "local.get $x if end"):
        text = f"(module (func (param $x i32) {'local.get $x ' * count} {end} {'drop ' * count} (block)))"
        assert unpaid(wat2wasm(text)) <= MAX_UNPAID, end


def test_returning_from_a_deep_recursion_pays() -> None:
    """For what each frame copies on the way back, too."""
    results = "i64 " * 999
    text = f"(module (func $f (param i32) (result i32 {results}) (call $f (local.get 0))))"
    module = decode(wat2wasm(text))
    made = lower(Context(module), 0)
    names = [line.split()[1] for line in disassemble(module, 0).splitlines()[1:]]
    assert names[-2:] == ["pay", "return_copy"]
    assert made.code[-4] >= 1
