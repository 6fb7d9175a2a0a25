"""A thousand values at every control instruction, nested and repeated: each valid body becomes code, and the right one.

A chain of steps takes the values and leaves as many. The results are wasmtime's, for each way to count fuel.
"""

from __future__ import annotations

import random

import pytest
import wasmtime

import wasmvm
from tests.wat import wat2wasm
from wasmvm.types import METER_CALLS, METER_INSTRUCTIONS, NO_METERING

_config = wasmtime.Config()
_config.wasm_exceptions = _config.wasm_gc = _config.wasm_function_references = _config.wasm_tail_call = True
_engine = wasmtime.Engine(_config)

KINDS = {
    "i32": ("(i32.const {})", "(i64.extend_i32_u (local.get {}))"),
    "i64": ("(i64.const {})", "(local.get {})"),
    "f64": ("(f64.const {})", "(i64.reinterpret_f64 (local.get {}))"),
    "f32": ("(f32.const {})", "(i64.extend_i32_u (i32.reinterpret_f32 (local.get {})))"),
    "v128": (
        "(v128.const i64x2 {0} 7)",
        "(i64.add (i64x2.extract_lane 0 (local.get {0})) (i64x2.extract_lane 1 (local.get {0})))",
    ),
    "i31ref": ("(ref.i31 (i32.const {}))", "(i64.extend_i32_u (i31.get_u (local.get {})))"),
}
"""By value type, a constant, and how a local of it becomes an i64."""

CONDITION = "(i32.and (i32.shr_u (local.get 0) (i32.const {})) (i32.const 1))"


class Program:
    """The text of a module, made by chance."""

    def __init__(self, seed: int, width: int, length: int, valtypes: tuple[str, ...]) -> None:
        self.rng = random.Random(seed)
        self.types = [self.rng.choice(valtypes) for _ in range(width)]
        self.length = length
        self.bits = 0
        self.number = 0

    def condition(self) -> str:
        self.bits = (self.bits + 1) % 32
        return CONDITION.format(self.bits)

    def value(self, valtype: str) -> str:
        self.number += 1
        return KINDS[valtype][0].format(self.number)

    def values(self) -> str:
        return " ".join(map(self.value, self.types))

    def change(self) -> str:
        """Put another value on top, or do nothing."""
        return self.rng.choice(["", f"drop {self.value(self.types[-1])}", "(local.set $top) (local.get $top)"])

    def leave(self) -> str:
        """One of the ways out of the arm of an ``if`` of type $w that stands in a block $out of it; dead code after it."""
        self.bits += 1
        return self.rng.choice(
            [
                "br $out",
                "br 0",
                "br 1",
                f"{self.condition()} br_table 0 1 $out 0",
                "return",
                "return_call $next",
                "i32.const 0 return_call_indirect (type $w)",
                "ref.func $next return_call_ref $w",
                "throw $tag",
                "br 0 drop i32.const 5 br_if 0 unreachable",
            ]
        )

    def step(self, depth: int) -> str:
        """Code of type $w."""
        rng = self.rng
        inner = self.chain(rng.randrange(3), depth - 1) if depth else self.change()
        return rng.choice(
            [
                lambda: f"(block $out (type $w) {inner})",
                lambda: f"(loop (type $w) {inner})",
                lambda: f"(block $out (type $w) {inner} {self.condition()} (br_if $out) {self.change()})",
                lambda: (
                    f"(block $out (type $w) {self.condition()} (if (type $w) (then {inner} {self.leave()})) {self.change()})"
                ),
                lambda: (
                    f"(block $out (type $w) {self.condition()} (if (type $w) (then {inner}) (else {self.leave()})))"
                ),
                lambda: f"{self.condition()} (if (type $w) (then {inner}) (else {self.change()}))",
                lambda: f"(block $out (type $w) (br_on_null $out (ref.null func)) drop {inner})",
                lambda: f"(block $out (type $w) (br_on_null $out (ref.func $next)) drop {inner})",
                lambda: f"(block $out (type $w) (try_table (type $w) (catch $tag $out) {inner} (call $thrower)))",
                lambda: (
                    f"(block $out (type $w) (block (type $w) {inner} {self.condition()} (br_table 0 1 0)) {self.change()})"
                ),
                # The label's values are some slots below where the branch finds them.
                lambda: (
                    f"(local.set $top) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (local.get $top)"
                    f"(block $low (type $w) {inner} (call $spread) {self.condition()} (br_if $low) {self.condition()}"
                    f" (if (type $v) (then (br $low))) (br $low))"
                    if self.types[0] == "i64"
                    else f"(block (type $w) {inner} (call $next))"
                ),
                lambda: f"{inner} (call $next)",
                lambda: f"{inner} (call_indirect (type $w) (i32.const 0))",
                lambda: f"{inner} (call_ref $w (ref.func $next))",
                lambda: f"{inner} (call $around {self.condition()})",
            ]
        )()

    def chain(self, length: int, depth: int) -> str:
        return " ".join(f"{self.step(depth)} {self.change()}" for _ in range(length))

    def text(self) -> str:
        types = " ".join(self.types)
        spread = " ".join(["i64", *self.types])
        gets = " ".join(f"(local.get {i})" for i in range(len(self.types)))
        digest = "(i64.const 17)"
        folds = []
        for i, valtype in enumerate(self.types):
            folds.append(
                f"(local.set $d (i64.add (i64.mul (local.get $d) (i64.const 31)) {KINDS[valtype][1].format(i)}))"
            )
        local = f"(local $top {self.types[-1]})"
        body = self.chain(self.length, 2)
        return f"""(module
          (type $w (func (param {types}) (result {types})))
          (type $v (func (param {spread}) (result {spread})))
          (table funcref (elem $next)) (tag $tag (param {types})) (elem declare func $next)
          (func $next (type $w) {local} {gets} drop {self.value(self.types[-1])})
          (func $thrower (type $w) {gets} throw $tag)
          (func $spread (param {types}) (result {spread}) (i64.const 3) {gets})
          (func $around (param {types} i32) (result {types})
            {gets} (local.get {len(self.types)}) (if (type $w) (then return_call $next)))
          (func $body (param i32) (result {types}) {local} {self.values()}
            (block $out (type $w) (try_table (type $w) (catch $tag $out) {body})))
          (func $digest (param {types}) (result i64) (local $d i64) (local.set $d {digest}) {" ".join(folds)} (local.get $d))
          (func (export "run") (param i32) (result i64) (local.get 0) (call $body) (call $digest)))"""


PROGRAMS = [
    (width, length, valtypes)
    for width, length in ((1, 40), (2, 40), (5, 30), (40, 30), (990, 4))
    for valtypes in (("i32",), ("i64",), ("i64", "f64", "v128"), ("f32", "i31ref", "i32"))
]


@pytest.mark.parametrize("program", range(len(PROGRAMS)))
@pytest.mark.parametrize("round_", range(2))
def test_values_come_where_they_should(program: int, round_: int) -> None:
    text = Program(100 * round_ + program, *PROGRAMS[program]).text()
    binary = wat2wasm(text)
    module = wasmvm.Module(binary)
    expected = oracle(binary)
    for metering in (NO_METERING, METER_INSTRUCTIONS, METER_CALLS):
        store = wasmvm.Store(metering=metering)
        if metering:
            store.fuel = 10**9
        run = wasmvm.Instance(module, store=store).exports.run
        for argument in ARGUMENTS:
            assert run(argument) == expected[argument], (metering, hex(argument))


ARGUMENTS = (0, 0xFFFFFFFF, 0x55555555, 0xAAAAAAAA, 0x12345678, 0xFEDCBA98)


def oracle(binary: bytes) -> dict[int, object]:
    store = wasmtime.Store(_engine)
    run = wasmtime.Instance(store, wasmtime.Module(_engine, binary), []).exports(store)["run"]
    assert isinstance(run, wasmtime.Func)
    return {argument: run(store, argument) for argument in ARGUMENTS}


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_out_of_proportion(seed: int) -> None:
    """Many steps with as many values as there may be: what grows with their product does not get through."""
    text = Program(seed, 999, 60, (("i32",), ("i64",), ("i64", "v128"))[seed % 3]).text()
    module = wasmvm.Module(wat2wasm(text))
    for metering in (NO_METERING, METER_INSTRUCTIONS, METER_CALLS):
        compiled = module.compiled.metered(metering) if metering else module.compiled
        for index in range(compiled.code.count):
            compiled.lower(index)


@pytest.mark.parametrize("count", [1, 400])
@pytest.mark.parametrize(
    "leave",
    [
        "br $out", "local.get 0 br_if $out br $out", "local.get 0 br_table $out 1 $out", "ref.null func br_on_null $out unreachable",
        "return", "throw $e", "return_call $f", "try_table (type $j) (catch $e $out) throw $e end unreachable",
    ],
)  # fmt: skip
def test_branches_with_many_values(leave: str, count: int) -> None:
    """Those of `cases`: the values are a slot above where the label wants them."""
    ints = "i32 " * 990
    text = f"""(module (type $j (func (param i32 {ints}) (result i32 {ints})))
      (tag $e (param {ints}))
      (func $f (param {ints}) (result {ints}) {" ".join(f"(local.get {i})" for i in range(990))})
      (func $run (param i32) (result {ints})
        (block $out (result {ints}) (i32.const 9) {"(i32.const 1) " * 989} (i32.const 4)
          {f"local.get 0 (if (type $j) (then {leave}))" * count} (br $out)))
      (func (export "run") (param i32) (result i32)
        (block $caught (result {ints}) (try_table (result {ints}) (catch $e $caught) (call $run (local.get 0))))
        {"i32.add " * 989}))"""
    binary = wat2wasm(text)
    assert wasmvm.instantiate(binary).exports.run(0) == 993
    for metering in (NO_METERING, METER_INSTRUCTIONS, METER_CALLS):
        store = wasmvm.Store(metering=metering)
        if metering:
            store.fuel = 10**9
        assert wasmvm.Instance(wasmvm.Module(binary), store=store).exports.run(0) == 993
