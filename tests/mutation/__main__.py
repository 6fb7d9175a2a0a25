"""The command: see docs/testing.md."""

from __future__ import annotations

import argparse
import difflib
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.mutation import child, machine, python_faults, results, trees
from tests.mutation.fault import Fault
from tests.mutation.judge import Judge, Verdict
from tests.mutation.known import KNOWN
from tests.mutation.machine import Machine
from tests.mutation.reach import Reach, in_order, record
from tests.mutation.sampling import sample
from tools import build_config

DEFAULT_COUNT = 400
DEFAULT_PATIENCE = 120.0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description="Put small faults into the project, one at a time, and tell which of them no test notices.",
    )
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, help="how many faults (%(default)s)")
    parser.add_argument("--seed", type=int, help="which ones; by default others each time")
    parser.add_argument("--only", action="append", default=[], metavar="PATH", help="a file or folder of the package")
    parser.add_argument(
        "--machine", action="store_true", help="faults in the machine, of which one build is made for all"
    )
    parser.add_argument("--list", action="store_true", help="print the faults, and try none")
    parser.add_argument("--show", metavar="ID", help="print a fault as a patch, and the tests that run it")
    parser.add_argument(
        "--reach", action="store_true", help="only record which test runs which line, where that is missing"
    )
    parser.add_argument("--again", action="store_true", help="try again those that are in the results as survivors")
    parser.add_argument("--score", action="store_true", help="only print what the results say")
    parser.add_argument(
        "--patience", type=float, default=DEFAULT_PATIENCE, help="recorded seconds of tests for a fault (%(default)s)"
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=Path(tempfile.gettempdir()) / "wasmvm-mutation",
        help="a folder for all that is kept (%(default)s)",
    )
    parser.add_argument(
        "--results",
        type=Path,
        help="where a line per fault goes; those that are there are not tried again (results.jsonl there)",
    )
    return parser


def python_source_faults(only: list[str]) -> list[Fault]:
    found = []
    for path in python_faults.python_files(trees.ROOT):
        if not only or any(path == name or path.startswith(name.rstrip("/") + "/") for name in only):
            found += python_faults.faults_of(path, (trees.ROOT / path).read_text())
    return found


def patch(fault: Fault, old: str) -> str:
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), fault.apply(old).splitlines(keepends=True), f"a/{fault.path}", f"b/{fault.path}"
    )
    return "".join(lines)


def main() -> int:
    options = arguments().parse_args()
    state: Path = options.state
    state.mkdir(parents=True, exist_ok=True)
    kept = options.results or state / "results.jsonl"
    if options.score:
        print(results.score(results.read(kept).values()))
        return 0
    sources, faults = machine.all_faults(options.only) if options.machine else ({}, python_source_faults(options.only))
    for name in options.only:
        if not any(fault.path == name or fault.path.startswith(name.rstrip("/") + "/") for fault in faults):
            arguments().error(f"there is nothing to put a fault into at {name}: --only takes paths as wasmvm/wasi")
    if options.show:
        return show(faults, options.show, sources, state)
    seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    chosen = sample(faults, options.count, seed)
    if options.list:
        known = {entry.content for entry in KNOWN}
        for fault in chosen:
            print(line_of(fault) + (" (known)" if fault.content in known else ""))
        return 0
    child.preload()
    if options.machine:
        return try_in_machine(Machine(state, sources, chosen, say), options.patience, Record(kept, options.again))
    recorded = state / "recorded"
    trees.sync(recorded, compiled=False)
    record(recorded, state, report=say)
    if options.reach:
        return 0
    say(f"seed {seed}, {len(chosen)} faults, results in {kept}")
    return try_in_python(chosen, state, options.patience, Record(kept, options.again))


def show(faults: list[Fault], name: str, sources: dict[str, str], state: Path) -> int:
    for fault in faults:
        if fault.id == name:
            print(patch(fault, sources.get(fault.path) or (trees.ROOT / fault.path).read_text()))
            if not sources:
                for test in in_order(Reach(state, trees.ROOT).tests(fault), fault.path):
                    print(f"{test.seconds:8.2f} s  {test.name}")
            return 0
    print(f"There is no fault {name}; has its line changed?", file=sys.stderr)
    return 1


class Record:
    """The file of results.

    Args:
        again: whether faults that it holds as survivors are tried again.
    """

    def __init__(self, path: Path, again: bool) -> None:
        self._path, self._again = path, again
        self._began = time.monotonic()
        self._faults: list[Fault] = []

    def is_open(self, fault: Fault) -> bool:
        self._faults.append(fault)
        found = results.read(self._path).get(fault.id)
        return found is None or (self._again and found["verdict"] != "killed")

    def add(self, fault: Fault, verdict: Verdict) -> None:
        results.append(self._path, results.entry(fault, verdict))
        say(f"{len(self._faults):4} {verdict.verdict:9} {verdict.seconds:6.1f} s  {line_of(fault)}  {verdict.how}")

    def end(self) -> int:
        found = results.read(self._path)
        say(results.score(found[fault.id] for fault in self._faults if fault.id in found))
        say(f"{time.monotonic() - self._began:.0f} s")
        return 0


def try_in_python(faults: list[Fault], state: Path, patience: float, record: Record) -> int:
    """Faults in hot modules are tried where none is compiled, since they need each other; others where all are."""
    hot = set(build_config.hot_modules(trees.ROOT))
    judges = {}
    for is_hot, name in ((True, "uncompiled"), (False, "compiled")):
        trees.sync(state / name, compiled=not is_hot)
        judges[is_hot] = Judge(state / name, patience)
    reach = Reach(state, trees.ROOT)
    for fault in faults:
        if record.is_open(fault):
            tests = in_order(reach.tests(fault), fault.path)
            record.add(fault, judges[fault.path in hot].judge(fault, tests))
    return record.end()


def try_in_machine(built: Machine, patience: float, record: Record) -> int:
    judge = Judge(built.tree, patience)
    for number in built.numbers:
        fault = built.faults[number]
        if record.is_open(fault):
            tests = in_order(built.tests(number), fault.path)
            record.add(fault, judge.judge_as_it_is(tests, built.environment(number)))
    return record.end()


def line_of(fault: Fault) -> str:
    return f"{fault.id} {fault.path}:{fault.line} {fault.before!r} -> {fault.after!r}"


def say(told: str) -> None:
    print(told, flush=True)


if __name__ == "__main__":
    sys.exit(main())
