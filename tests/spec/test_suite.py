"""The official test suite, one test a file: every command does what it says, every assertion holds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.spec.conftest import Outcome
from tests.spec.suite import ABSENT, LATER, files
from wasmvm.errors import TextError
from wasmvm.text.lexer import tokenize
from wasmvm.wast import Report, run_script

SHOWN = 10
"""So many failures of a file are shown."""


def show(path: Path, report: Report) -> str:
    lines = [f"{path}:{failure.line}: {failure.kind}: {failure.message}" for failure in report.failures[:SHOWN]]
    return "\n".join([f"{len(report.failures)} commands failed", *lines])


def count_assertions(text: bytes) -> int:
    """How many assertions a script has, by its tokens alone."""
    tokens = tokenize(text).tokens
    return sum(b.startswith("assert_") and a == "(" for a, b in pairwise(tokens))


@pytest.mark.parametrize("path", files() or [None], ids=lambda path: path.stem if path else "absent")
def test_file(path: Path | None, outcomes: dict[str, Outcome]) -> None:
    if path is None:
        pytest.skip(ABSENT)
    text = path.read_bytes()
    try:
        report = run_script(text)
    except TextError as error:
        if path.stem not in LATER:
            raise
        pytest.skip(f"{LATER[path.stem]}: {error.message}")
    assert report.total == count_assertions(text)
    failed = sum(failure.kind.startswith("assert_") for failure in report.failures)
    outcomes[path.stem] = Outcome(report.assertions, failed)
    if path.stem in LATER:
        assert report.failures, f"{path.name} passes: take it out of the table of later features"
        pytest.skip(f"{LATER[path.stem]}: {report.total - failed} of {report.total} assertions pass")
    assert not report.failures, show(path, report)


def test_table_of_later_features_names_files_of_the_suite() -> None:
    if not files():
        pytest.skip(ABSENT)
    assert not LATER.keys() - {path.stem for path in files()}
