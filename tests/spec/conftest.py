"""Prints at the end how many assertions of the official test suite each file has: a runner that skips would show."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest

from tests.spec.suite import CORE_2_0


class Outcome(NamedTuple):
    assertions: Counter[str]
    failed: int  # assertions that failed


OUTCOMES = pytest.StashKey[dict[str, Outcome]]()


@pytest.fixture
def outcomes(request: pytest.FixtureRequest) -> dict[str, Outcome]:
    """Where a test leaves what came of a file."""
    return request.config.stash.setdefault(OUTCOMES, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(OUTCOMES, {})
    if not found:
        return
    terminalreporter.section("official test suite: assertions per file")
    cells = []
    for name, outcome in sorted(found.items()):
        total = sum(outcome.assertions.values())
        passed = total - outcome.failed
        cells.append(f"{name} {passed}" + (f" of {total} (FAILED)" if outcome.failed else ""))
    line = ""
    for cell in cells:
        if line and len(line) + len(cell) > 116:
            terminalreporter.write_line(line)
            line = ""
        line += cell + "; "
    terminalreporter.write_line(line)
    for title, chosen in (
        ("WebAssembly 1.0 and 2.0", [n for n in found if n in CORE_2_0]),
        ("SIMD", [n for n in found if n.startswith("simd_")]),
        ("legacy exception handling", [n for n in found if n.startswith("legacy/")]),
        ("WebAssembly 3.0", [n for n in found if n not in CORE_2_0 and not n.startswith(("simd_", "legacy/"))]),
    ):
        kinds: Counter[str] = Counter()
        failed = 0
        for name in chosen:
            kinds.update(found[name].assertions)
            failed += found[name].failed
        total = sum(kinds.values())
        detail = ", ".join(f"{count} {kind.removeprefix('assert_')}" for kind, count in kinds.most_common())
        terminalreporter.write_line(f"{title}: {len(chosen)} files, {total - failed} of {total} pass ({detail})")
