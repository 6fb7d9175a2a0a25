"""Some allocations fail, in everything that wasmvm does; `python -m tests.fuzz.nomemory` lets each of them fail."""

from __future__ import annotations

import pytest

from tests.fuzz import nomemory
from tests.fuzz.nomemory import SCENARIOS, Python, Scenario, attempt, missing, run

EVERY = {"raw": {"lower": 11, "first calls": 7, "collect": 41, "wasi": 9}, "python": {}}
"""Which allocations fail: every one, or every so many of scenarios with many."""
SOME = ("module", "instantiate", "first calls", "throw", "objects", "stores", "grow")
"""Scenarios of Python's allocators."""


def need(allocator: str) -> None:
    reason = missing(allocator)
    if reason:
        pytest.skip(reason)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_system_has_no_memory(scenario: str) -> None:
    need("raw")
    outcome = run("raw", scenario, EVERY["raw"].get(scenario, 1))
    assert not outcome.findings
    if scenario != "text":  # no C code allocates there
        assert outcome.tried and outcome.told


@pytest.mark.parametrize("scenario", SOME)
def test_python_has_no_memory(scenario: str) -> None:
    need("python")
    outcome = run("python", scenario, every=29, most=1500)
    assert not outcome.findings
    assert outcome.tried > 5


@pytest.mark.parametrize(("allocator", "scenario", "every"), [
    ("raw", "module", 1), ("raw", "instantiate", 1), ("raw", "first catch", 1), ("raw", "stores", 1), ("python", "instantiate", 29),
])  # fmt: skip
def test_what_failed_is_given_back(allocator: str, scenario: str, every: int) -> None:
    need(allocator)
    assert nomemory.bytes_kept(allocator, scenario, every) < 20_000


def test_what_is_wrong_is_found() -> None:
    need("python")

    def hides(_: None) -> object:
        try:
            return bytes(1000)[len(bytes(2000)) - 2000]
        except MemoryError:
            return 5

    def other(_: None) -> object:
        try:
            return bytes(1000)[len(bytes(2000)) - 2000]
        except MemoryError:
            raise KeyError from None

    for act, found in ((hides, "it returned 5"), (other, "KeyError")):
        wrongs = [attempt(Scenario(lambda: None, act), Python(), at, 0)[0] for at in range(1, 40)]
        assert any(found in wrong for wrong in wrongs if wrong)


def test_a_crash_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that dies, and the allocation it was at; the rest is tried by another process."""
    need("raw")
    monkeypatch.setenv("WASMVM_NOMEMORY_CRASH", "3")
    outcome = nomemory.run("raw", "stores")
    assert [finding.split(":")[0] for finding in outcome.findings] == ["raw stores 3"]
    assert outcome.tried > 3
