"""Sequences of instructions that the threaded back end runs as one do what the instructions do one by one.

Each runs as register code that no lowering has seen, on random slots (so that results and operands may be the same ones),
twice: with the sequence's opcode, and with the plain opcodes of its parts. Slots, memory, global and the trap with its
place must be the same.
"""

from __future__ import annotations

import random
import struct
from array import array
from typing import NamedTuple

import pytest

from tests.wat import wat2wasm
from wasmvm import Instance, Module, Trap
from wasmvm._core import DISPATCH
from wasmvm.generated.regopcode import R_BR_TABLE, R_CONST64, R_F32_ADD_RK, R_F64_ADD_RK, R_MOVE, R_RETURN
from wasmvm.isa.regop import arm, rows
from wasmvm.isa.regop.row import RegOp
from wasmvm.isa.threaded import forms
from wasmvm.lowered import Lowered
from wasmvm.lowering.accumulator import Accumulators

SLOTS = 8
HEAD = f'(func (export "%s") (param {"i64 " * SLOTS}) (result {"i64 " * SLOTS}) unreachable)'
MODULE = f"""(module
  (type $unary (func (param i64) (result i64)))
  (import "m" "host" (func $host (type $unary)))
  (memory (export "memory") 1 1) (global (export "global") (mut i64) (i64.const 5))
  (table 4 4 funcref) (elem (i32.const 0) $inner $inner $f)
  (data "passive") (elem funcref (ref.func $host))
  (func $inner (type $unary) local.get 0  i64.const 1  i64.add)
  {HEAD.replace("(func", "(func $f") % "sequence"} {HEAD % "plain"})"""
SEQUENCE, PLAIN = 1, 2
EDGES = (
    *(0, 1, 2, 3, 7, 8, 100, 65528, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 63, (1 << 64) - 1),
    *(struct.unpack("<Q", struct.pack("<d", value))[0] for value in (1.5, -0.0, 3e9, -2.25, 1e300)),
    *(struct.unpack("<I", struct.pack("<f", value))[0] for value in (1.5, -0.0, 3e9)),
)


def low_word(value: int) -> int:
    """The low 32 bits as a signed word."""
    return (value & 0xFFFFFFFF ^ 0x80000000) - 0x80000000


class Parts(NamedTuple):
    """Words of a sequence, from `start` on, after instructions that set the accumulators."""

    words: list[int]
    start: int
    labels: list[int]


def test_every_sequence_is_one_more_than_another() -> None:
    known = {*range(len(forms.INSTRUCTIONS))}
    for made in forms.SEQUENCES_BY_NUMBER:
        assert made.first in known
        assert made.number not in known
        known.add(made.number)
    assert known == {*range(len(known))}
    assert len({made.parts for made in forms.SEQUENCES_BY_NUMBER}) == len(forms.SEQUENCES_BY_NUMBER)


def test_only_the_last_part_may_never_fall_through() -> None:
    for made in forms.SEQUENCES_BY_NUMBER:
        for part in made.parts[:-1]:
            row = forms.row_of(part)
            assert row.falls_through, (row.name, made)


def test_calls_and_what_only_jumps_do_not_fall_through() -> None:
    never = {row.name for row in rows.ROWS if not row.falls_through}
    assert never >= {"br", "loop_br", "br_table", "call", "call_indirect", "call_ref", "return", "return_call", "throw"}
    deciding = {row.name for row in rows.ROWS if row.branch is not None and (row.operator or row.branch.condition)}
    assert not deciding & never


def test_the_pass_finds_sequences_and_leaves_all_words_but_opcodes() -> None:
    rewriter = Accumulators()
    for made in forms.SEQUENCES_BY_NUMBER:
        rows = [forms.row_of(part) for part in made.parts]
        if not all(isinstance(part, RegOp) for part in made.parts) or rows[-1].name == "br_table":
            continue
        code = array("i")
        starts = []
        for row in rows:
            starts.append(len(code))
            code.extend([row.number, *range(100 + len(code), 99 + len(code) + row.length)])  # no slot twice
        before = code[:]
        rewriter.rewrite(code, len(code), array("i", [0]), 0, None)
        assert code[0] in {made.number} | {
            other.number for other in forms.SEQUENCES_BY_NUMBER if other.parts[: len(rows)] == made.parts
        }
        assert [word for i, word in enumerate(code) if i not in starts] == [
            word for i, word in enumerate(before) if i not in starts
        ]


def letters(row: RegOp) -> list[str]:
    return [operand.letter for operand in row.operands]


def operand_words(letter: str, choose: random.Random) -> list[int]:
    if letter in "dabce":
        return [choose.randrange(SLOTS - 1)]  # a vector takes two
    if letter in "km":
        return [choose.choice((0, 1, -1, 3, 8, 31, 64, 65528, choose.randrange(-(1 << 31), 1 << 31)))]
    if letter == "K":
        bits = choose.choice(EDGES)
        return [low_word(bits), low_word(bits >> 32)]
    if letter == "V":
        return [low_word(int.from_bytes(bytes(choose.randrange(32) for _ in range(4)), "little")) for _ in range(4)]
    if letter == "o":
        return [choose.choice((0, 0, 4, 100, 65530, -1))]
    return [{"s": SLOTS - 2, "n": 2}.get(letter, 0)]


def write(made: forms.Sequence, choose: random.Random) -> Parts | None:
    """Words for the sequence in which what accumulators mirror is what its forms say; None where it did not come out."""
    labels: list[int] = []
    slots = choose.sample(range(SLOTS - 1), 3)
    mirrors = dict(zip(("acc_i", "acc_d", "acc_f"), slots, strict=True))
    previous = {"acc_i": -1, "acc_d": -1, "acc_f": -1}
    words = [R_MOVE, slots[0], slots[0]]
    words += [R_F64_ADD_RK, slots[1], slots[1], 0, low_word(1 << 31)]
    words += [R_F32_ADD_RK, slots[2], slots[2], low_word(1 << 31)]
    start = len(words)
    for part in made.parts:
        row = forms.row_of(part)
        chosen = {letter: operand_words(letter, choose) for letter in letters(row)}
        base = part
        if isinstance(part, forms.PreviousForm):
            base = part.base
            chosen[part.operand] = [previous[part.register]]
        if isinstance(base, forms.AccumulatorForm):
            chosen[base.operand] = [mirrors[base.register]]
        if any(word == [-1] for letter, word in chosen.items() if letter in "abc"):
            return None
        words.append(row.number)
        for letter in letters(row):
            if letter == "t":
                labels.append(len(words))
            words += chosen[letter]
        if row.number == R_BR_TABLE:
            labels += range(len(words), len(words) + 3)
            words += [0, 0, 0]
        effect = arm.effect(row)
        previous = {"acc_i": -1, "acc_d": -1, "acc_f": -1}
        for result, register in forms.REGISTERS.items():
            if effect == result:
                if mirrors[register] != chosen["d"][0]:
                    previous[register] = mirrors[register]
                mirrors[register] = chosen["d"][0]
            elif effect == arm.CLOBBERS or (effect and mirrors[register] == chosen["d"][0]):
                mirrors[register] = -1
    return Parts(words, start, labels)


def finish(parts: Parts, opcode: int | None) -> array[int]:
    """Register code: the parts, the two ways on, and the sequence's opcode where it is to have that."""
    code = [*parts.words, R_RETURN, R_CONST64, 0, 77, 0, R_RETURN]
    for label in parts.labels:
        code[label] = len(parts.words) + 1 - label
    if opcode is not None:
        code[parts.start] = opcode
    return array("i", code)


def outcome(instance: Instance, name: str, arguments: list[int]) -> tuple[object, ...]:
    memory = instance.exports["memory"]
    view = memoryview(memory)
    view[:] = bytes(range(256)) * 256
    instance.exports["global"].value = 5
    try:
        result: object = instance.exports[name](*arguments)
    except Trap as trap:
        result = (trap.code, str(trap.fault), [frame.offset for frame in trap.frames])
    return result, bytes(view), instance.exports["global"].value


@pytest.mark.skipif(DISPATCH != "threaded", reason="only the threaded form of the machine has sequences")
@pytest.mark.parametrize("length", [2, 3])
def test_a_sequence_does_what_its_parts_do(length: int) -> None:
    choose = random.Random(length)
    binary = wat2wasm(MODULE)
    tried = 0
    for made in forms.SEQUENCES_BY_NUMBER:
        if len(made.parts) != length:
            continue
        for _ in range(4):
            parts = next((found for found in (write(made, choose) for _ in range(50)) if found is not None), None)
            if parts is None:
                break
            module = Module(binary)
            code = module.compiled.code
            # Offsets that tell at which word it stopped; 1 is `$f` and 2 the one after it.
            offsets = array("i", [number for i in range(len(parts.words)) for number in (i, 1000 + i)])
            for index, number in ((SEQUENCE, made.number), (PLAIN, None)):
                code.put(index, Lowered(finish(parts, number), offsets, array("i"), 2 * SLOTS, 0, 0))
            instance = Instance(module, {"m": {"host": lambda value: value ^ 3}})
            for _ in range(3):
                arguments = [
                    choose.choice((*EDGES, choose.getrandbits(64), choose.randrange(200))) for _ in range(SLOTS)
                ]
                one, other = (outcome(instance, name, arguments) for name in ("sequence", "plain"))
                names = [getattr(part, "name", "") for part in made.parts]
                assert one[0] == other[0] or has_nan(one[0], other[0]), (names, parts, arguments)
                assert one[1:] == other[1:], (names, parts, arguments)
            tried += 1
    possible = sum(len(made.parts) == length for made in forms.SEQUENCES_BY_NUMBER)
    assert tried >= 3 * possible, f"only {tried} runs of {possible} sequences came out"


def has_nan(one: object, other: object) -> bool:
    """Whether results differ only in which NaN they are: a constant operand and a register may be told apart."""
    if not isinstance(one, tuple) or not isinstance(other, tuple) or len(one) != len(other):
        return False
    return all(a == b or (nan_width(a) and nan_width(a) == nan_width(b)) for a, b in zip(one, other, strict=True))


def nan_width(bits: int) -> int:
    """64 or 32 if a slot with these bits holds an f64, or an f32, that is a NaN; else 0."""
    bits &= (1 << 64) - 1
    if bits & ~(1 << 63) > 0x7FF0000000000000:
        return 64
    return 32 if bits >> 32 == 0 and bits & 0x7FFFFFFF > 0x7F800000 else 0
