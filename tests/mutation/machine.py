"""Faults in the machine: one build that has all that are tried, and which tests reach each of them."""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.mutation import child, machine_build, machine_faults, trees
from tests.mutation.fault import Fault
from tests.mutation.machine_build import CHOSEN_ENV, REACHED_ENV
from tests.mutation.observer import Observer
from tests.mutation.reach import Timed, test_files

LEFT_OUT = ("tests/text/", "tests/validation/", "tests/binary/", "tests/isa/", "tests/test_sanitize.py")
"""What runs no code, or another build of the machine."""
LIMITS = child.Limits(150, 600)
"""Of a file of tests that is recorded: what comes after so many processor seconds is not."""


def all_faults(only: Sequence[str] = ()) -> tuple[dict[str, str], list[Fault]]:
    """The sources of the machine, by path, and all faults in them."""
    sources = machine_faults.machine_sources(trees.ROOT, machine_build.printed(trees.ROOT))
    found = []
    for path, source in sources.items():
        if not only or any(path == name or path.startswith(name.rstrip("/") + "/") for name in only):
            found += machine_faults.faults_of(path, source)
    return sources, found


class Machine:
    """A build with faults.

    Args:
        state: the folder where everything is kept; a build that is there already is used.
        sources: those of the machine, by path.
        faults: at most one of each statement.
    """

    def __init__(
        self, state: Path, sources: dict[str, str], faults: Sequence[Fault], report: Callable[[str], object]
    ) -> None:
        self.tree = state / "machine"
        self.faults = list(faults)
        key = hashlib.sha256(repr([sorted(sources.items()), [fault.id for fault in faults]]).encode()).hexdigest()[:16]
        self._kept = state / f"machine-{key}"
        built, marker = self._kept / "built.json", self.tree / "build/mutation/key"
        if not (built.exists() and marker.exists() and marker.read_text() == key):
            trees.sync(self.tree, compiled=True)
            report(f"a machine with {len(faults)} faults is built")
            numbers = machine_build.build(self.tree, sources, self.faults)
            self._kept.mkdir(parents=True, exist_ok=True)
            built.write_text(json.dumps(numbers))
            marker.write_text(key)
        self.numbers: list[int] = json.loads(built.read_text())
        """The faults that are in it; the others cannot be compiled."""
        self._record(report)

    def environment(self, number: int) -> dict[str, str]:
        """What makes the machine have a fault."""
        return {CHOSEN_ENV: str(number)}

    def tests(self, number: int) -> list[Timed]:
        """The tests that reach a fault; all, if loading the machine does."""
        everywhere = any(number in recording["loaded"] for recording in self._recordings)
        return [
            Timed(test["test"], test["seconds"])
            for recording in self._recordings
            for test in recording["tests"]
            if everywhere or number in test["reached"]
        ]

    def _record(self, report: Callable[[str], object]) -> None:
        self._recordings = []
        for name in test_files(self.tree):
            if name.startswith(LEFT_OUT):
                continue
            target = self._kept / f"{name.replace('/', '+')}.json"
            if not target.exists():
                found = self._record_file(name)
                target.write_text(json.dumps(found))
                report(
                    f"{name}: {len(found['tests'])} tests, {sum(test['seconds'] for test in found['tests']):.0f} s, {found['ended']}"
                )
            self._recordings.append(json.loads(target.read_text()))

    def _record_file(self, name: str) -> dict[str, Any]:
        shared = self._kept / "reached"
        shared.write_bytes(bytes(max(len(self.faults), 1)))

        def observer(log: Any) -> Observer:
            with shared.open("r+b") as file:
                seen = mmap.mmap(file.fileno(), 0)
            before: set[int] = set()

            def entered(test: str) -> None:
                if not before:
                    before.add(-1)
                    made.tell(what="loaded", reached=reached(seen))
                seen[:] = bytes(len(seen))

            made = Observer(log, entered=entered, left=lambda test: made.tell(what="reached", reached=reached(seen)))
            return made

        done = child.run(
            self.tree, ["-o", "addopts=", "--maxfail=1000000", name], observer, LIMITS, {REACHED_ENV: str(shared)}
        )
        tests, loaded, numbers = [], [], []
        for event in done.events:
            if event["what"] == "loaded":
                loaded = event["reached"]
            elif event["what"] == "reached":
                numbers = event["reached"]
            elif event["what"] == "ended" and event["verdict"] == "passed":
                tests.append({"test": event["test"], "seconds": round(event["seconds"], 3), "reached": numbers})
        return {"ended": done.ended, "loaded": loaded, "tests": tests}


def reached(seen: mmap.mmap) -> list[int]:
    return [number for number, byte in enumerate(seen[:]) if byte]
