"""Which test runs which line of the package, recorded once per file of tests with coverage, in the uncompiled tree."""

from __future__ import annotations

import difflib
import gzip
import hashlib
import json
import math
import os
import signal
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.mutation import child
from tests.mutation.fault import Fault
from tests.mutation.observer import CONTEXT_ENV, Observer

LEFT_OUT = (
    "tests/test_uncompiled.py",  # runs other tests
    "tests/test_build.py",
    "tests/test_source.py",  # about the text, not what it does
    "tests/test_citations.py",
    "tests/benchmarks/",
    "tests/mutation/",
)
CEILING = 50.0  # processor seconds for a file of tests; what comes later is not recorded
LIMITS = child.Limits(CEILING, 600)
LAST = ("tests/machine/", "tests/lowering/test_proportions.py", "tests/fuzz/", "tests/real/", "tests/spec/")
"""What takes long, and hardly reaches what others do not."""

STARTER = "import coverage\ncoverage.process_startup()\n"
SETTINGS = """[run]
data_file = {folder}/data
parallel = True
source = {tree}/wasmvm
context = ${{{context}-}}
disable_warnings = no-data-collected,module-not-imported,already-imported,module-not-measured,no-ctracer,couldnt-parse
"""


def test_files(tree: Path) -> list[str]:
    found = sorted(path.relative_to(tree).as_posix() for path in (tree / "tests").rglob("test_*.py"))
    return sorted(
        (name for name in found if not name.startswith(LEFT_OUT)), key=lambda name: (name.startswith(LAST), name)
    )


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def record_file(tree: Path, name: str, folder: Path) -> dict[str, Any]:
    """Run a file of tests under coverage: its tests with their processor seconds and verdicts, and for each line of the
    package that was run the set of tests that did so, as the bits of a number."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("data*"):
        path.unlink()
    (folder / "sitecustomize.py").write_text(STARTER)
    (folder / "settings").write_text(SETTINGS.format(folder=folder, tree=tree, context=CONTEXT_ENV))

    def observer(log: Any) -> Observer:
        import coverage

        os.environ["COVERAGE_PROCESS_START"] = str(folder / "settings")
        os.environ["PYTHONPATH"] = f"{tree}{os.pathsep}{folder}"
        measuring = coverage.Coverage(config_file=str(folder / "settings"))
        measuring.start()

        def keep(*_: object) -> None:
            measuring.stop()
            measuring.save()

        def enough(*_: object) -> None:
            keep()
            os._exit(0)

        class Recorder(Observer):
            pytest_unconfigure = staticmethod(keep)

        signal.signal(signal.SIGXCPU, enough)
        return Recorder(log, entered=measuring.switch_context)

    done = child.run(tree, ["-o", "addopts=", "--maxfail=1000000", name], observer, LIMITS, {})
    ended = [event for event in done.events if event["what"] == "ended"]
    tests = [event["test"] for event in ended]
    return {
        "digest": digest(tree / name),
        "ended": done.ended,
        "tests": [[event["test"], round(event["seconds"], 3), event["verdict"]] for event in ended],
        "lines": lines_of(folder, tree, {test: number for number, test in enumerate(tests)}),
    }


def lines_of(folder: Path, tree: Path, numbers: dict[str, int]) -> dict[str, dict[str, str]]:
    import coverage

    lines: dict[str, dict[int, int]] = {}
    for path in folder.glob("data*"):
        data = coverage.CoverageData(basename=str(path))
        data.read()
        for file in data.measured_files():
            if not file.startswith(str(tree)):
                continue
            contexts_of = data.contexts_by_lineno(file)
            if not contexts_of:
                continue
            found = lines.setdefault(Path(file).relative_to(tree).as_posix(), {})
            for line, contexts in contexts_of.items():
                bits = 0
                for context in contexts:
                    for test in context.split("|"):
                        if test in numbers:
                            bits |= 1 << numbers[test]
                found[line] = found.get(line, 0) | bits
        path.unlink()
    return {file: {str(line): f"{bits:x}" for line, bits in found.items()} for file, found in lines.items()}


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(gzip.compress(json.dumps(value).encode(), 3))
    temporary.replace(path)


def read(path: Path) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()))


def keep_source(path: Path, state: Path) -> str:
    """Keep what the lines were numbered in."""
    name = digest(path)
    target = state / "sources" / name
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    return name


def record(tree: Path, state: Path, names: Iterable[str] = (), report: Any = print) -> None:
    """Record the files of tests that have changed since they were recorded, or that were never."""
    kept = state / "reach"
    for name in names or test_files(tree):
        target = kept / f"{name.replace('/', '+')}.json.gz"
        if target.exists() and read(target)["digest"] == digest(tree / name):
            continue
        found = record_file(tree, name, state / "coverage")
        found["sources"] = {file: keep_source(tree / file, state) for file in found["lines"]}
        write(target, found)
        count = len(found["tests"])
        report(f"{name}: {count} tests, {sum(test[1] for test in found['tests']):.0f} s, {found['ended']}")


class Timed(NamedTuple):
    """A test: its name, and the processor seconds that it took when it was recorded."""

    name: str
    seconds: float


class Reach:
    """What was recorded, for the source as it is now.

    Args:
        state: where `record` has left it.
        root: the source as it is now.
    """

    def __init__(self, state: Path, root: Path) -> None:
        self._state, self._root = state, root
        self._recordings = [read(path) for path in sorted((state / "reach").glob("*.gz"))]
        self._numbers: dict[tuple[str, str], dict[int, int]] = {}

    def tests(self, fault: Fault) -> list[Timed]:
        """The tests that run it. Where it is run when the module is loaded: those that run anything of the file."""
        found = self._reaching(
            fault.path, range(min(fault.statement, fault.line), fault.last + 1) if fault.scope else None
        )
        return found or (self._reaching(fault.path, None) if self._at_import(fault) else [])

    def _at_import(self, fault: Fault) -> bool:
        return any(
            self._lines(recording, fault.path, range(fault.line, fault.last + 1)) is not None
            for recording in self._recordings
        )

    def _reaching(self, path: str, lines: range | None) -> list[Timed]:
        """The tests that run one of these lines, or any line. What a test would run that failed under coverage nobody
        knows, so that it is among them; the judge asks whether it passes otherwise."""
        found = []
        for recording in self._recordings:
            bits = self._lines(recording, path, lines) or 0
            found += [
                Timed(name, seconds)
                for number, (name, seconds, verdict) in enumerate(recording["tests"])
                if bits >> number & 1 or (verdict == "failed" and path in recording["lines"])
                if verdict != "skipped"
            ]
        return found

    def _lines(self, recording: Any, path: str, lines: range | None) -> int | None:
        """The tests that run one of these lines, as bits; None where nothing has run one, not even an import."""
        there = recording["lines"].get(path)
        if there is None:
            return None
        if lines is None:
            wanted: Iterable[int] = map(int, there)
        else:
            wanted = self._old(path, recording["sources"][path], lines)
        sets = [int(there[str(line)], 16) for line in wanted if str(line) in there]
        bits = 0
        for item in sets:
            bits |= item
        return bits if sets else None

    def _old(self, path: str, source: str, lines: range) -> list[int]:
        """The numbers that these lines had when they were recorded; for a line that is new, its neighbours' ones."""
        key = (path, source)
        if key not in self._numbers:
            old = (self._state / "sources" / source).read_text().splitlines()
            new = (self._root / path).read_text().splitlines()
            self._numbers[key] = same_lines(old, new)
        numbers = self._numbers[key]
        found = [numbers[line] for line in lines if line in numbers]
        if not found:
            near = [range(lines.start - 1, max(lines.start - 12, 0), -1), range(lines.stop, lines.stop + 12)]
            found = [next((numbers[line] for line in side if line in numbers), 0) for side in near]
        return found


def same_lines(old: list[str], new: list[str]) -> dict[int, int]:
    """Where lines of `new` were in `old`; from 1."""
    if old == new:
        return {number: number for number in range(1, len(new) + 1)}
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {block.b + i + 1: block.a + i + 1 for block in blocks for i in range(block.size)}


def in_order(tests: Iterable[Timed], path: str) -> list[Timed]:
    """Nearest and quickest first, and the first cases of each test function before its others."""
    parts = path.removeprefix("wasmvm/").removesuffix(".py").removesuffix(".pxi").split("/")
    ranked, seen = [], Counter[str]()
    for test in sorted(tests, key=lambda test: test.seconds):
        function = test.name.partition("[")[0]
        ranked.append((distance(parts, test.name), seen[function], test))
        seen[function] += 1
    # A test that takes ten times as long, or is the tenth of its function, is worth being farther by one.
    return [
        test
        for _, _, test in sorted(
            ranked, key=lambda item: item[0] + math.log10(0.01 + item[2].seconds) + math.log10(1 + item[1])
        )
    ]


def distance(parts: list[str], test: str) -> int:
    file = test.partition("::")[0].removeprefix("tests/").removesuffix(".py").split("/")
    file[-1] = file[-1].removeprefix("test_")
    common = 0
    for ours, theirs in zip(parts, file, strict=False):
        if ours != theirs:
            break
        common += 1
    return 0 if common == len(parts) else 1 if common == len(parts) - 1 and common else 2 if common else 3
