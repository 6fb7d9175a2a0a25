"""What goes along with pytest in a process that judges a fault, or records which test runs which line."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO

import pytest

CONTEXT_ENV = "WASMVM_MUTATION_TEST"
"""The test that is running: for the coverage of the processes that it starts."""


def processor_seconds() -> float:
    """What this process and those that it started and that have ended have taken."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


class Observer:
    """Writes a line of JSON for each thing that happens, at once: the process may end at any moment.

    Args:
        log: where the lines go.
        wanted: the tests that are to be run, in this order; None for all that pytest finds.
        allowed: the processor seconds that a test may take, by its name; a test that takes more ends the process.
        entered, left: called with the test that begins, or has ended.
    """

    def __init__(
        self,
        log: IO[str],
        wanted: Sequence[str] | None = None,
        allowed: Mapping[str, float] | None = None,
        entered: Callable[[str], object] = lambda test: None,
        left: Callable[[str], object] = lambda test: None,
    ) -> None:
        self._log, self._wanted, self._entered, self._left = log, wanted, entered, left
        self._allowed = allowed or {}
        self._began = 0.0
        self._verdict = "passed"

    def tell(self, **what: object) -> None:
        self._log.write(json.dumps(what) + "\n")
        self._log.flush()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if self._wanted is not None:
            found = {item.nodeid: item for item in items}
            items[:] = ordered(self._wanted, found)
        self.tell(what="collected", count=len(items))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.tell(what="uncollected", test=report.nodeid)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        os.environ[CONTEXT_ENV] = nodeid
        self._began, self._verdict = processor_seconds(), "passed"
        self.tell(what="began", test=nodeid)
        if nodeid in self._allowed:
            own = resource.getrusage(resource.RUSAGE_SELF)
            last = resource.getrlimit(resource.RLIMIT_CPU)[1]
            ceiling = min(int(own.ru_utime + own.ru_stime + self._allowed[nodeid]) + 1, last)
            resource.setrlimit(resource.RLIMIT_CPU, (ceiling, last))
        self._entered(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._verdict = "failed"
        elif report.skipped and self._verdict == "passed":
            self._verdict = "skipped"

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._left(nodeid)
        self.tell(what="ended", test=nodeid, verdict=self._verdict, seconds=processor_seconds() - self._began)


def ordered(wanted: Iterable[str], found: dict[str, pytest.Item]) -> list[pytest.Item]:
    return [found[name] for name in wanted if name in found]
