"""Lets the tests judge a fault: those that run it, nearest and quickest first, until one of them fails."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.mutation import child
from tests.mutation.fault import Fault
from tests.mutation.observer import Observer
from tests.mutation.reach import Timed

STAGES = (6.0, 40.0)
"""Recorded seconds of the tests that are run at first, and after those; then comes the rest."""


class Verdict(NamedTuple):
    """What became of a fault.

    Attributes:
        verdict: "killed", "survived", or "unreached" where no test runs the line.
        how: the test that failed, or what else told.
        tests: how many were run.
        left: how many were not, since they would take too long.
        seconds: by the clock on the wall.
    """

    verdict: str
    how: str
    tests: int
    left: int
    seconds: float


class Judge:
    """Judges faults in a tree.

    Args:
        tree: the copy of the project in which a fault is put.
        patience: recorded seconds of the tests that are run at most for one fault.
        least: processor seconds that a test may always take, before it is taken for one that does not end.
    """

    def __init__(self, tree: Path, patience: float, least: float = 10) -> None:
        self._tree, self._patience, self._least = tree, patience, least
        self._fits: dict[str, bool] = {}
        self._kept: tuple[Path, str, os.stat_result] | None = None

    def judge(self, fault: Fault, tests: Sequence[Timed]) -> Verdict:
        """Judge a fault in a Python source.

        Args:
            tests: those that run it, in the order in which they are to be tried.
        """
        with self.changed(fault):
            return self.judge_as_it_is(tests, {})

    def judge_as_it_is(self, tests: Sequence[Timed], environment: dict[str, str]) -> Verdict:
        """Judge a fault that variables of the environment put in, or that is in the tree already."""
        count, seconds = 0, 0.0
        chosen, left = within(tests, self._patience)
        for stage in stages(chosen):
            waiting = list(stage)
            while waiting:
                done = self.run(waiting, environment)
                count, seconds = count + ended(done), seconds + done.seconds
                how, test = sign(done)
                if not how:
                    break
                if test and not self._is_fit(test):
                    waiting = [other for other in waiting if other.name != test]
                    continue
                return Verdict("killed", how, count, left, round(seconds, 1))
        return Verdict("survived" if chosen else "unreached", "", count, left, round(seconds, 1))

    def run(self, tests: Sequence[Timed], environment: dict[str, str]) -> child.Run:
        names = [test.name for test in tests]
        files = list(dict.fromkeys(name.partition("::")[0] for name in names))
        allowed = {test.name: self._least + 3 * test.seconds for test in tests}
        slowest, altogether = max(allowed.values()), self._least + 3 * sum(test.seconds for test in tests)
        limits = child.Limits(max(slowest, altogether), 120 + 3 * slowest)
        present = [name for name in files if (self._tree / name).exists()]
        return child.run(
            self._tree, ["-o", "addopts=", *present], lambda log: Observer(log, names, allowed), limits, environment
        )

    def _is_fit(self, test: str) -> bool:
        """Whether a test passes where nothing is changed: else it says nothing."""
        if test not in self._fits:
            with self.unchanged():
                done = self.run([Timed(test, 60)], {})
            self._fits[test] = not sign(done)[0]
        return self._fits[test]

    @contextlib.contextmanager
    def changed(self, fault: Fault) -> Iterator[None]:
        """The tree with the fault in it."""
        path = self._tree / fault.path
        self._kept = path, path.read_text(), path.stat()
        try:
            write_source(path, fault.apply(path.read_text()))
            yield
        finally:
            self._restore()
            self._kept = None

    def _restore(self) -> None:
        assert self._kept is not None
        path, text, state = self._kept
        write_source(path, text)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """In the middle of `changed`: the tree as it was."""
        if self._kept is None:
            yield
            return
        path = self._kept[0]
        text = path.read_text()
        self._restore()
        try:
            yield
        finally:
            write_source(path, text)


def write_source(path: Path, text: str) -> None:
    path.write_text(text)
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def sign(done: child.Run) -> tuple[str, str]:
    """What says that something is wrong, "" for nothing, and the test that said so, if one did."""
    current = ""
    for event in done.events:
        if event["what"] == "uncollected":
            return f"not loaded: {event['test']}", ""
        if event["what"] == "began":
            current = event["test"]
        if event["what"] == "ended":
            if event["verdict"] == "failed":
                return event["test"], event["test"]
            current = ""
    if done.ended in ("exit 0", "exit 5"):
        return "", ""
    return f"{done.ended} {current or 'outside of tests'}", ""


def ended(done: child.Run) -> int:
    return sum(event["what"] == "ended" for event in done.events)


def within(tests: Sequence[Timed], patience: float) -> tuple[list[Timed], int]:
    """As many tests as the patience is enough for, in order, and how many that leaves out."""
    chosen, seconds = [], 0.0
    for test in tests:
        if seconds + test.seconds <= patience:
            seconds += test.seconds
            chosen.append(test)
    return chosen, len(tests) - len(chosen)


def stages(tests: Sequence[Timed]) -> Iterator[list[Timed]]:
    """The tests in parts of growing size, since each part loads the files of its tests anew."""
    part: list[Timed] = []
    limits, seconds = list(STAGES), 0.0
    for test in tests:
        if part and limits and seconds + test.seconds > limits[0]:
            yield part
            part, seconds = [], 0.0
            limits.pop(0)
        part.append(test)
        seconds += test.seconds
    if part:
        yield part
