"""A few random programs of API calls; `python -m tests.fuzz.api` runs as many as one likes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

import wasmvm
from tests.fuzz.api import guests, odd
from tests.fuzz.api.__main__ import program
from tests.fuzz.api.world import World, is_expected, module

ROOT = Path(__file__).resolve().parents[2]


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.api", *args], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "options",
    [
        ["--seed", "1000", "--no-threads"],
        ["--seed", "2000", "--no-threads", "--stress"],
        ["--seed", "3000", "--stress"],
    ],
    ids=["alone", "stress", "threads"],
)
def test_random_programs(options: list[str]) -> None:
    done = run(*options, "--count", "10", "--steps", "300")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 programs of 300 steps" in done.stdout


def test_programs_do_something() -> None:
    """The guests are valid, and things happen in the middle of others."""
    assert len(module(guests.GUEST).exports) > 40
    assert set(guests.CALLS) <= {e.name for e in module(guests.GUEST).exports}
    assert set(guests.NEIGHBOUR_CALLS) <= {e.name for e in module(guests.NEIGHBOUR).exports}


def test_the_same_seed_is_the_same_program() -> None:
    first, second = (program(77, list(range(120)), stress=False, threads=False) for _ in range(2))
    assert first == second
    assert first[1] > 0


def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_expected(wasmvm.InternalError("x"))
    assert not is_expected(KeyError("x"))
    assert not is_expected(RuntimeError("dictionary changed size during iteration"))
    assert is_expected(wasmvm.LinkError("x", "m", "n"))
    world = World(1, stress=False)
    world.caught(AttributeError("inside"))
    world.expect(False, "a value")
    assert len(world.findings) == 2

    def short(self: World) -> None:
        self.expect(False, "a view")

    monkeypatch.setattr(World, "look", short)
    assert program(1, [0, 1], stress=False, threads=False)[0]


def test_a_crash_is_found_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WASMVM_FUZZ_CRASH", "1002")
    done = run("--seed", "1000", "--count", "4", "--steps", "3", "--no-threads")
    assert done.returncode == 1
    assert "seed 1002: exit code" in done.stdout
    assert "3 programs of 3 steps" in done.stdout


def test_odd_numbers_are_odd() -> None:
    rng = Random(5)
    kinds = {type(odd.integer(rng, lambda: None, 100)).__name__ for _ in range(500)}
    assert {"int", "uint8", "int64", "Index", "Both", "bool", "Whole", "float", "NoneType"} <= kinds
