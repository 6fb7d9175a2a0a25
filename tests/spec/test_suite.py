"""The official test suite, one test a file: every command does what it says, every assertion holds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.spec.conftest import Outcome
from tests.spec.suite import ABSENT, CORE_2_0, OLDER, features, files, name
from wasmvm.programs.wast import Report, run_script
from wasmvm.text.lexer import tokenize

SHOWN = 10
"""So many failures of a file are shown."""


def show(path: Path, report: Report) -> str:
    lines = [f"{path}:{failure.line}: {failure.kind}: {failure.message}" for failure in report.failures[:SHOWN]]
    return "\n".join([f"{len(report.failures)} commands failed", *lines])


def count_assertions(text: bytes) -> int:
    """How many assertions a script has, by its tokens alone."""
    tokens = tokenize(text).tokens
    return sum(b.startswith("assert_") and a == "(" for a, b in pairwise(tokens))


@pytest.mark.parametrize("path", files() or [None], ids=lambda path: name(path) if path else "absent")
def test_file(path: Path | None, outcomes: dict[str, Outcome]) -> None:
    if path is None:
        pytest.skip(ABSENT)
    text = path.read_bytes()
    report = run_script(text, features(path))
    assert report.total == count_assertions(text)
    older = OLDER.get(name(path), {})
    assert older.keys() <= {failure.line for failure in report.failures}, (
        "a command holds that is said to contradict 3.0"
    )
    report = report._replace(failures=[failure for failure in report.failures if failure.line not in older])
    failed = sum(failure.kind.startswith("assert_") for failure in report.failures)
    outcomes[name(path)] = Outcome(report.assertions, failed)
    assert not report.failures, show(path, report)


def test_files_of_the_older_versions_are_in_the_suite() -> None:
    if not files():
        pytest.skip(ABSENT)
    assert not CORE_2_0 - {name(path) for path in files()}
