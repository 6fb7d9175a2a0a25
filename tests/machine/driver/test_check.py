"""The checking build (docs/invariants.md): it finds what is broken on purpose, and others do not look."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.patience import PATIENCE
from wasmvm import Store
from wasmvm._core import CHECKS, break_invariant
from wasmvm.errors import InternalError

BROKEN = {
    "pc": "pc is in code of the instance",
    "fp": "fp is within the value stack",
    "top": "top is within the value stack",
    "frame": "the frame stack is not below its beginning",
    "budget": "the budget is at most a slice",
    "order": "frames lie in order",
    "object": "an object that is referred to was not freed",
}


@pytest.mark.skipif(not CHECKS, reason="not built with WASMVM_CHECK=1")
@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found(what: str) -> None:
    program = f"import wasmvm; from wasmvm._core import break_invariant; break_invariant(wasmvm.Store(), {what!r})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode != 0
    assert f"invariant: {BROKEN[what]}" in done.stderr


@pytest.mark.skipif(CHECKS, reason="built with WASMVM_CHECK=1")
def test_other_builds_have_none_of_it() -> None:
    with pytest.raises(InternalError, match="WASMVM_CHECK"):
        break_invariant(Store(), "pc")


@pytest.mark.skipif(not CHECKS, reason="not built with WASMVM_CHECK=1")
def test_what_is_right_is_let_through() -> None:
    break_invariant(Store(), "nothing")
