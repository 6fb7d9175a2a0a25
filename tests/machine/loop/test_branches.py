"""Branches back: each comparison decides them as wasmtime does, in each form that lowering knows, and each pays."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import pytest

from tests import oracle
from tests.machine.loop.test_numeric import COMPARISONS, EDGES, ROWS, constant, from_bits
from tests.machine.loop.test_numeric import INTEGER as AS_INTEGER
from wasmvm import Instance, Module, Store, Trap
from wasmvm.binary import decode
from wasmvm.isa import wasm
from wasmvm.isa.regop import rows
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context
from wasmvm.lowering.disasm import instruction
from wasmvm.text import wat2wasm
from wasmvm.types import I32, VALTYPE_NAMES

COMPARING = [row for row in ROWS if row.mnemonic.partition(".")[2].split("_")[0] in COMPARISONS]
TURNS = 20_000
"""More than a budget pays for at first."""


class Loop(NamedTuple):
    """A function `name`: `text`, and the values of its constants among the operands, by place."""

    name: str
    text: str
    constants: dict[int, int]


def counted(name: str, params: int, locals_: str, body: str) -> str:
    """The text of a function that does `body`, whose label `$back` begins it anew, at most as often as it is told.

    It takes so many parameters and then that number, and returns how often it did so and what `$sum` holds.
    """
    given = "(param i32)" if params == 1 else "(param i32 i32)"
    return f"""(func (export "{name}") {given} (param $most i32) (result i32 i32) (local $turns i32) (local $sum i32) {locals_}
      (block $out (loop $back (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
        (br_if $out (i32.ge_u (local.get $turns) (local.get $most))) {body}))
      (local.get $turns) (local.get $sum))"""


def loops(row: wasm.Row) -> Iterator[Loop]:
    """Loops that go back where the comparison holds, and where it does not: of locals, and of a constant at each place."""
    assert row.params
    n = len(row.params)
    valtype = row.params[0]
    names = ["(local.get $x)", "(local.get $y)"][:n]
    for wrap, place in product(("{}", "(i32.eqz {})"), range(-1, n if n == 2 else 0)):
        for bits in EDGES[valtype][:: len(EDGES[valtype]) // 3] if place >= 0 else (0,):
            operands = [constant(bits, valtype) if i == place else name for i, name in enumerate(names)]
            condition = wrap.format(f"({row.mnemonic} {' '.join(operands)})")
            label = f"{wrap} {place} {bits:x}"
            sets = " ".join(
                f"(local.set {name[11:-1]} {from_bits(f'(local.get {i})', valtype)})" for i, name in enumerate(names)
            )
            text = counted(label, n, f"(local $x {VALTYPE_NAMES[valtype]}) (local $y {VALTYPE_NAMES[valtype]})",
                           f"{sets} (br_if $back {condition})")  # fmt: skip
            if AS_INTEGER[valtype] == "i64":
                text = text.replace("(param i32 i32)", "(param i64 i64)").replace("(param i32)", "(param i64)", 1)
            yield Loop(label, text, {place: bits} if place >= 0 else {})
            if valtype == I32 and n == 2:
                for step in (1, -1, 0x7FFFFFFF):
                    yield from counting(row, wrap, place, bits, step)


def counting(row: wasm.Row, wrap: str, place: int, bits: int, step: int) -> Iterator[Loop]:
    """The end of a counting loop: the comparison is of what was just added to."""
    added = f"(local.tee $sum (i32.add (local.get 0) (i32.const {step})))"
    other = constant(bits, I32) if place >= 0 else "(local.get 1)"
    operands = (other, added) if place == 0 else (added, other)
    label = f"{wrap} {place} {bits:x} {step}"
    condition = wrap.format(f"({row.mnemonic} {' '.join(operands)})")
    yield Loop(label, counted(label, 2, "", f"(br_if $back {condition})"), {1: bits} if place >= 0 else {})


def instructions(source: bytes) -> set[str]:
    """The names of the instructions that lowering writes for a module."""
    module = decode(source)
    context = Context(module)
    found = set()
    for index in range(len(module.funcs)):
        code = lower(context, index).code
        position = 0
        while position < len(code):
            if code[position] < len(rows.ROWS):
                found.add(rows.ROWS[code[position]].name)
            position += instruction(code, position)[1]
    return found


def backwards(source: bytes) -> set[str]:
    """Those that are branches back."""
    return {row.name for row in rows.ROWS if row.branch is not None and row.branch.back} & instructions(source)


def source_of(row: wasm.Row) -> bytes:
    return wat2wasm(f"(module {' '.join(loop.text for loop in loops(row))})")


@pytest.mark.parametrize("row", COMPARING, ids=lambda row: row.mnemonic)
def test_branch_back(row: wasm.Row) -> None:
    """It goes back where wasmtime does, adds what it adds either way, and stops at the deadline if it goes on."""
    assert row.params
    source = source_of(row)
    expected, store = oracle.Instance(source), Store()
    actual = Instance(Module(source), store=store)
    for loop in loops(row):
        call = actual.exports[loop.name]
        going_on: tuple[int, ...] | None = None
        choices = [(loop.constants[i],) if i in loop.constants else EDGES[t][::2] for i, t in enumerate(row.params)]
        for args in product(*choices):
            want = expected.call(loop.name, *args, 2)
            assert list(call(*args, 2)) == want, f"{row.mnemonic} {loop.name} {tuple(map(hex, args))}"
            assert isinstance(want, list)
            if want[0] == 2:
                going_on = args
        if going_on is not None:
            assert call(*going_on, TURNS)[0] == TURNS
            store.set_deadline(0)
            with pytest.raises(Trap) as caught:
                call(*going_on, TURNS)
            assert caught.value.code == "deadline", "each turn pays for the budget"
            store.set_deadline(None)


OTHERS = """(module (type $s (struct (field i32)))
  (rec (type $a (descriptor $d) (struct)) (type $d (describes $a) (struct)))
  (global $d (ref (exact $d)) (struct.new $d))
  (func (export "br") (param i32) (result i32) (local $turns i32)
    (loop $back (if (i32.ge_u (local.get $turns) (local.get 0)) (then (return (local.get $turns))))
      (local.set $turns (i32.add (local.get $turns) (i32.const 1))) (br $back)) (i32.const -1))
  (func (export "br_table") (param i32) (result i32) (local $turns i32)
    (loop $back (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
      (block $out (br_table $out $back (i32.lt_u (local.get $turns) (local.get 0))))) (local.get $turns))
  (func (export "if") (param i32) (result i32) (local $turns i32)
    (loop $back (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
      (br_if $back (i32.and (i32.const 1) (i32.sub (i32.const 1) (i32.eq (local.get $turns) (local.get 0))))))
    (local.get $turns))
  (func (export "unless") (param i32) (result i32) (local $turns i32)
    (loop $back (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
      (br_if $back (i32.eqz (i32.div_u (local.get $turns) (local.get 0)))))
    (local.get $turns))
  (func (export "cast") (param i32) (result i32) (local $turns i32) (struct.new $s (i32.const 1))
    (loop $back (param anyref)
      (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
      (if (param anyref) (result anyref) (i32.ge_u (local.get $turns) (local.get 0)) (then (drop) (ref.null any)))
      (br_on_cast $back anyref (ref $s)) (drop))
    (local.get $turns))
  (func (export "cast_fail") (param i32) (result i32) (local $turns i32) (ref.null any)
    (loop $back (param anyref)
      (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
      (if (param anyref) (result anyref) (i32.ge_u (local.get $turns) (local.get 0))
        (then (drop) (struct.new $s (i32.const 1))))
      (br_on_cast_fail $back anyref (ref $s)) (drop))
    (local.get $turns))
  (func (export "desc") (param i32) (result i32) (local $turns i32) (struct.new_desc $a (global.get $d))
    (loop $back (param anyref)
      (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
      (if (param anyref) (result anyref) (i32.ge_u (local.get $turns) (local.get 0)) (then (drop) (ref.null any)))
      (br_on_cast_desc_eq $back anyref (ref $a) (global.get $d)) (drop))
    (local.get $turns))
  (func (export "desc_fail") (param i32) (result i32) (local $turns i32) (ref.null any)
    (loop $back (param anyref)
      (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
      (if (param anyref) (result anyref) (i32.ge_u (local.get $turns) (local.get 0))
        (then (drop) (struct.new_desc $a (global.get $d))))
      (br_on_cast_desc_eq_fail $back anyref (ref $a) (global.get $d)) (drop))
    (local.get $turns)))"""
"""Branches back that no numeric comparison decides; each goes on until it was there as often as it is told."""


@pytest.mark.parametrize("name", ["br", "br_table", "if", "unless", "cast", "cast_fail", "desc", "desc_fail"])
def test_other_branches_back(name: str) -> None:
    store = Store()
    call = Instance(Module(OTHERS, features="all"), store=store).exports[name]
    for turns in (1, 2, 7, TURNS):
        assert call(turns) == turns
    store.set_deadline(0)
    with pytest.raises(Trap) as caught:
        call(TURNS)
    assert caught.value.code == "deadline"


NEVER_WRITTEN = {row.name for row in rows.ROWS
                 if row.branch and row.branch.back and row.operator and not row.branch.when}  # fmt: skip
"""As `tests/lowering/test_every_row.py` says."""


def test_every_branch_back_is_tried() -> None:
    found = backwards(wat2wasm(OTHERS)).union(*(backwards(source_of(row)) for row in COMPARING))
    assert found == {row.name for row in rows.ROWS if row.branch and row.branch.back} - NEVER_WRITTEN
