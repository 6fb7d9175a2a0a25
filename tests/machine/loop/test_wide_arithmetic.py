"""The proposal wide-arithmetic: instructions with two results."""

from __future__ import annotations

import itertools
import random

import pytest
import wasmtime

import wasmvm
from tests.wat import wat2wasm
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.isa import wasm
from wasmvm.numeric import WIDE, signed

EDGES = (0, 1, 2, 0xFFFFFFFF, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, (1 << 64) - 2, (1 << 64) - 1)


def cases(mnemonic: str) -> list[tuple[int, ...]]:
    count = len(wasm.BY_MNEMONIC[mnemonic].params or ())
    chance = random.Random(mnemonic)
    edges = itertools.product(EDGES, repeat=2) if count == 2 else itertools.product(EDGES[::2], EDGES, repeat=2)
    return [*edges, *(tuple(chance.getrandbits(64) for _ in range(count)) for _ in range(300))]


def function(mnemonic: str) -> str:
    count = len(wasm.BY_MNEMONIC[mnemonic].params or ())
    gets = " ".join(f"(local.get {i})" for i in range(count))
    return f'(module (func (export "f") (param {"i64 " * count}) (result i64 i64) {gets} {mnemonic}))'


@pytest.mark.parametrize("mnemonic", WIDE)
def test_machine_numeric_and_wasmtime_agree(mnemonic: str) -> None:
    code = wat2wasm(function(mnemonic))
    ours = Instance(Module(code)).exports.f
    config = wasmtime.Config()
    config.wasm_wide_arithmetic = True
    store = wasmtime.Store(wasmtime.Engine(config))
    theirs = wasmtime.Instance(store, wasmtime.Module(store.engine, code), []).exports(store)["f"]
    assert isinstance(theirs, wasmtime.Func)
    for given in cases(mnemonic):
        as_signed = [signed(value, 64) for value in given]
        expected = [signed(value, 64) for value in WIDE[mnemonic](*given)]
        assert [*ours(*as_signed)] == expected, given
        assert theirs(store, *as_signed) == expected, given


TAKEN = {
    "local.set 4  local.set 5": {4: "high", 5: "low"},
    "local.set 5  local.set 4": {5: "high", 4: "low"},
    "drop  local.set 5  i64.const 7  local.set 6": {5: "low", 6: "seven"},
    "local.tee 5  drop  local.tee 4  drop": {5: "high", 4: "low"},
    "local.set 0  local.set 1": {0: "high", 1: "low"},
    "local.set 5  local.get 5  local.set 6  local.set 4": {5: "high", 6: "high", 4: "low"},
    "local.set 5  i64.const 0  i64.add  local.set 4": {5: "high", 4: "low"},
    "drop  i64.eqz  i64.extend_i32_u  local.set 5": {5: "zero"},
}
"""By the instructions that follow: what is in locals then."""


@pytest.mark.parametrize("mnemonic", WIDE)
@pytest.mark.parametrize("after", TAKEN)
def test_what_takes_the_results(mnemonic: str, after: str) -> None:
    """Whatever lowering would do to an instruction with one result, both are where they belong, and all else stays."""
    count = len(wasm.BY_MNEMONIC[mnemonic].params or ())
    gets = " ".join(f"local.get {i}" for i in range(8))
    sets = " ".join(f"(local.set {i} (i64.const {11 * i}))" for i in range(4, 8))
    read = " ".join(f"local.get {i}" for i in range(count))
    text = f"""(module (func (export "f") (param i64 i64 i64 i64) (result {"i64 " * 8}) (local i64 i64 i64 i64)
      {sets}  {read}  {mnemonic}  {after}  {gets}))"""
    given = (3, -5, -7, 11)
    low, high = (signed(v, 64) for v in WIDE[mnemonic](*(v & (1 << 64) - 1 for v in given[:count])))
    meaning = {"low": low, "high": high, "seven": 7, "zero": int(low == 0)}
    expected = dict(enumerate((*given, 44, 55, 66, 77)))
    expected.update((local, meaning[word]) for local, word in TAKEN[after].items())
    assert dict(enumerate(Instance(Module(wat2wasm(text))).exports.f(*given))) == expected


@pytest.mark.parametrize("operands", itertools.product(("const", "local", "sum"), repeat=4))
def test_operands_of_all_kinds(operands: tuple[str, ...]) -> None:
    kinds = {"const": "i64.const {c}", "local": "local.get {i}", "sum": "(i64.add (local.get {i}) (i64.const 0))"}
    values = (-1, 2, 3, -4)
    words = " ".join(kinds[kind].format(c=values[i], i=i) for i, kind in enumerate(operands))
    text = f'(module (func (export "f") (param i64 i64 i64 i64) (result i64 i64) {words} i64.add128))'
    bits = [value & (1 << 64) - 1 for value in values]
    expected = [signed(value, 64) for value in WIDE["i64.add128"](*bits)]
    assert [*Instance(Module(wat2wasm(text))).exports.f(*values)] == expected


@pytest.mark.parametrize(("opcode", "params"), [(0x13, 4), (0x14, 4), (0x15, 2), (0x16, 2)])
def test_fuel(opcode: int, params: int) -> None:
    mnemonic = next(row.mnemonic for row in wasm.ROWS if row.encoding == bytes((0xFC, opcode)))
    store = wasmvm.Store(fuel=100)
    vm = wasmvm.Instance(Module(wat2wasm(function(mnemonic))), store=store)
    vm.exports.f(*range(params))
    assert store.fuel == 100 - params - 1 - 1  # the operands, the instruction, `end`
