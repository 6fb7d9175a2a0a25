"""The judge: what the tests of a small project say about faults in it, and of this one about a few."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mutation import results, trees
from tests.mutation.fault import package_of
from tests.mutation.reach import Timed, in_order, same_lines

pytestmark = pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="the judge needs fork")

THING = """
def low(n):
    if n < 0:
        return 0
    return n


def count(n):
    while n:
        n -= 1


def unseen(n):
    return n + 1
"""

TESTS = """
import os

import pytest

from wasmvm import thing


@pytest.mark.parametrize("n", [1, -1])
def test_low(n):
    assert thing.low(n) in (0, 1)


def test_count():
    thing.count(3)


def test_that_fails_always():
    assert thing.low(1) == 2


def test_that_ends_the_process():
    if thing.low(-1) != 0:
        os.abort()
"""

WANTED = [
    ["low", "return None"],
    ["low", "(n <= 0)"],
    ["low", "False"],
    ["count", "pass"],
    ["unseen", "(n - 1)"],
]
"""The faults that are tried, by scope and what stands there instead."""

PROGRAM = """
import json, random, sys
from pathlib import Path
from tests.mutation import child, python_faults
from tests.mutation.judge import Judge
from tests.mutation.reach import Reach, Timed, in_order, record

def some(faults, wanted):
    if isinstance(wanted, int):
        return random.Random(3).sample(faults, wanted)
    return [fault for fault in faults if [fault.scope, fault.after] in wanted]

child.preload()
tree, state, mode = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
if mode == "reach":
    record(tree, state, report=lambda told: None)
judge = Judge(tree, 100, least=3)
found = []
path, wanted = sys.argv[4], json.loads(sys.argv[5])
reach = Reach(state, tree)
for fault in some(python_faults.faults_of(path, (tree / path).read_text()), wanted):
    tests = in_order(reach.tests(fault), path) if mode == "reach" else [Timed(name, 1.0) for name in json.loads(mode)]
    verdict = judge.judge(fault, tests)
    found.append([fault.scope, fault.before, fault.after, [test.name for test in tests], *verdict])
print(json.dumps(found))
"""


def judged(
    tree: Path, state: Path, mode: str, path: str, wanted: object
) -> dict[tuple[str, str, str], tuple[list[str], str, str]]:
    """The tests, the verdict, and how, for each fault: in a process that has nothing but this to do."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tree), str(state), mode, path, json.dumps(wanted)],
        cwd=trees.ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    return {(scope, before, after): (tests, verdict, how) for scope, before, after, tests, verdict, how, *_ in found}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], tuple[list[str], str, str]]:
    tree, state = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("state")
    for folder in ("wasmvm", "tests"):
        (tree / folder).mkdir()
        (tree / folder / "__init__.py").touch()
    (tree / "wasmvm/thing.py").write_text(THING)
    (tree / "tests/test_thing.py").write_text(TESTS)
    found = judged(tree, state, "reach", "wasmvm/thing.py", WANTED)
    assert (tree / "wasmvm/thing.py").read_text() == THING
    return found


def test_a_fault_that_a_test_notices(small: Any) -> None:
    tests, verdict, how = small["low", "return n", "return None"]
    assert (verdict, how) == ("killed", "tests/test_thing.py::test_low[1]")
    assert set(tests) == {"tests/test_thing.py::test_low[1]", "tests/test_thing.py::test_that_fails_always"}


def test_a_fault_that_no_test_notices(small: Any) -> None:
    """The test that fails always says nothing."""
    assert small["low", "n < 0", "(n <= 0)"][1:] == ("survived", "")


def test_a_fault_that_ends_the_process(small: Any) -> None:
    verdict, how = small["low", "n < 0", "False"][1:]
    assert verdict == "killed" and ("test_low" in how or "signal" in how)


def test_a_line_that_no_test_is_known_to_run(small: Any) -> None:
    """What fails while it is observed may run any line."""
    assert small["unseen", "n + 1", "(n - 1)"] == (["tests/test_thing.py::test_that_fails_always"], "survived", "")


def test_a_fault_that_does_not_end(small: Any) -> None:
    """It takes its processor time, and not more."""
    assert small["count", "n -= 1", "pass"][1:] == ("killed", "time tests/test_thing.py::test_count")


def test_what_cannot_begin_kills_no_fault(tmp_path: Path) -> None:
    """As on a full disk: else everything would be taken for killed."""
    program = """
import sys
from pathlib import Path
from tests.mutation import child
from tests.mutation.observer import Observer
child.run(Path(sys.argv[1]), [], Observer, child.Limits(60, 60), {})
"""
    command = [sys.executable, "-c", program, str(tmp_path / "nowhere")]
    done = subprocess.run(command, cwd=trees.ROOT, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "RuntimeError: no tests can be run in" in done.stderr
    assert "FileNotFoundError" in done.stderr


def test_nearest_and_quickest_come_first() -> None:
    tests = [
        Timed("tests/spec/test_suite.py::test_a", 0.01),
        Timed("tests/wasi/host/test_walk.py::test_slow", 30),
        Timed("tests/wasi/host/test_walk.py::test_quick", 0.01),
        Timed("tests/wasi/preview1/test_path.py::test_b", 0.01),
    ]
    names = [test.name.rpartition("::")[2] for test in in_order(tests, "wasmvm/wasi/host/walk.py")]
    assert names == ["test_quick", "test_b", "test_a", "test_slow"]


def test_lines_are_found_where_they_were() -> None:
    assert same_lines(["a", "b", "c"], ["x", "a", "c", "y"]) == {2: 1, 3: 3}


SMALL = ("wasmvm/quoting.py", ["tests/test_quoting.py"])
"""A file that is small, and all tests of its own, which are quick."""


def test_no_fault_in_a_small_module_survives(tmp_path: Path) -> None:
    path, tests = SMALL
    trees.sync(tmp_path / "tree", compiled=True)
    found = judged(tmp_path / "tree", tmp_path, json.dumps(collected(tests)), path, 4)
    assert len(found) == 4
    assert not [fault for fault, (_, verdict, _) in found.items() if verdict != "killed"]


def collected(paths: list[str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts=", *paths],
        cwd=trees.ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_the_score() -> None:
    base = {
        "path": "wasmvm/cli/run.py",
        "line": 3,
        "scope": "f",
        "kind": "operator",
        "context": "x = 1",
        "turn": 0,
        "left": 0,
        "tests": 4,
    }
    entries = [
        {**base, "id": "1", "before": "a", "after": "b", "verdict": "killed"},
        {**base, "id": "2", "before": "a", "after": "c", "verdict": "survived"},
        {**base, "id": "3", "before": "a", "after": "d", "verdict": "unreached"},
    ]
    told = results.score(entries)
    assert "cli                        1           0          2  33.3 %" in told
    assert "2 wasmvm/cli/run.py:3 f (operator; 4 tests ran)" in told and "no test runs it" in told
    assert package_of("wasmvm/wasi/host/walk.py") == "wasi/host" and package_of("wasmvm/errors.py") == "wasmvm"


def test_the_command_lists_and_shows() -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "tests.mutation", *arguments]
        return subprocess.run(command, cwd=trees.ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout

    listed = run("--list", "--count", "3", "--seed", "1", "--only", "wasmvm/quoting.py").splitlines()
    assert len(listed) == 3 and all("wasmvm/quoting.py:" in line for line in listed)
    shown = run("--show", listed[0].split()[0])
    assert "--- a/wasmvm/quoting.py" in shown and "\n+" in shown


def test_a_path_that_names_nothing_is_a_mistake() -> None:
    """Else no fault is tried, and none survives."""
    for more in ([], ["--list"], ["--machine", "--list"]):
        command = [sys.executable, "-m", "tests.mutation", "--only", "wasi", "--only", "wasmvm", *more]
        done = subprocess.run(command, cwd=trees.ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 2, more
        assert "nothing to put a fault into at wasi" in done.stderr
