"""How cost grows: the benchmark itself, and what can be said without a clock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import growth
from benchmarks.growth.costs import COSTS
from benchmarks.growth.curve import CURVES, FACTORS, MAX_BEND, Curve, Work
from tests.growth import FACTOR, MAX_RATIO, seconds
from tests.operations import PARTS, lines
from tools import uncompiled

MAX_SLOPE = 1.25
"""How many times as many lines the third and fourth n may take as the second took. Quadratic work takes twice as many."""
SEED = "13"
"""Of the sizes at which lines are counted."""
MAX_MORE = 1.05
"""How many times as many lines what should not grow may take at 4n."""


def one(name: str) -> Curve:
    return next(curve for curve in CURVES if curve.name == name)


def is_straight(counts: list[int], *, flat: bool) -> bool:
    first, second, fourth = counts
    if flat:
        return fourth <= MAX_MORE * first
    return fourth - second <= 2 * MAX_SLOPE * (second - first)


def nothing(_: int) -> Work:
    return lambda: None


def test_what_is_straight() -> None:
    line, flat = Curve("", "", 10, False, 1, nothing), Curve("", "", 10, True, 1, nothing)
    assert line.judged((1.0, 2.0, 4.0)) == pytest.approx(1, rel=0.01)
    assert line.judged((1.0, 4.0, 16.0)) > MAX_BEND
    assert flat.judged((1.0, 1.0, 1.0)) <= MAX_BEND < flat.judged((1.0, 2.0, 4.0))
    assert line.per_unit((1.0, 2.0, 4.0)) == 0.1
    assert flat._replace(times=4).per_unit((1.0, 1.0, 1.0)) == 0.25
    assert is_straight([10, 20, 40], flat=False)
    assert is_straight([107, 107, 107], flat=False)
    assert not is_straight([n * n for n in FACTORS], flat=False)
    assert is_straight([100, 101, 102], flat=True)
    assert not is_straight([100, 110, 130], flat=True)


def test_lines_are_counted() -> None:
    def work(turns: int) -> None:
        for _ in range(turns):
            pass

    counts = [lines(lambda n=n: work(n)) for n in (100, 200, 400)]  # type: ignore[misc]
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0]) == 400
    assert counts == [lines(lambda n=n: work(n)) for n in (100, 200, 400)]  # type: ignore[misc]


def test_names_are_told_apart() -> None:
    assert len({curve.name for curve in CURVES}) == len(CURVES)
    assert len({cost.name for cost in COSTS}) == len(COSTS)
    assert growth.chosen(["no such name"]) == ([], [])
    assert [curve.name for curve in growth.chosen(["recursion"])[0]] == ["a recursion, then a trap"]


def test_everything_is_measured_and_shown(tmp_path: Path) -> None:
    """In a process of its own: what other tests leave makes Python's collections take long, of which there are hundreds."""
    report = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "growth", "--quick", "--json", str(report)],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(report.read_text())["growth"]
    assert set(result["curves"]) == {curve.name for curve in CURVES}
    assert set(result["costs"]) | set(result["skipped"]) == {cost.name for cost in COSTS}
    assert all(curve.name in done.stdout for curve in CURVES)
    assert "lines are straight" in done.stdout or "not straight:" in done.stdout


def test_what_is_bent_and_what_misses_its_goal_is_named() -> None:
    name, goal = CURVES[0].name, COSTS[0].goal
    result = {
        "curves": {name: {"size": 10, "seconds": (1.0, 4.0, 16.0)}},
        "costs": {COSTS[0].name: 2 * goal, COSTS[1].name: COSTS[1].goal},
        "skipped": {"a cost": "there is a reason"},
    }
    shown = growth.summary(result)
    assert f"not straight:\n  {name}: 1 s, 4 s, 16 s for n = 10, 2n, 4n" in shown
    assert f"{goal:g}  missed" in shown
    assert f"{COSTS[1].goal:g}     met" in shown
    assert "skipped a cost: there is a reason" in shown


def test_by_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.growth", "recursion", "--quick"],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "a recursion, then a trap" in done.stdout


def test_the_lines_that_run_are_in_proportion(tmp_path: Path) -> None:
    """No clock: the same on every machine, however busy."""
    uncompiled.copy_project(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.operations", SEED],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert set(found) == {curve.name for curve in CURVES if curve.prepare.__module__.rpartition(".")[2] in PARTS}
    growing = [name for name, (_, counts) in found.items() if counts[0] < counts[1] < counts[2]]
    assert len(growing) > 40, "hardly anything was counted"
    bent = {name: counts for name, (_, counts) in found.items() if not is_straight(counts, flat=one(name).flat)}
    assert not bent


MACHINE = [curve for curve in CURVES if curve.prepare.__module__ == "benchmarks.growth.machine"]


@pytest.mark.parametrize("curve", MACHINE, ids=lambda curve: curve.name)
def test_what_the_machine_does_is_in_proportion(curve: Curve) -> None:
    """By processor time against that of the same process a moment ago, with room for caches (`tests.growth`)."""
    size = max(curve.size // FACTOR, 16)
    bound = MAX_RATIO / FACTOR if curve.flat else MAX_RATIO
    best = [float("inf")] * 2
    for _ in range(8):
        for place, n in enumerate((size, FACTOR * size)):
            best[place] = min(best[place], seconds(curve.prepare(n)))
        if best[1] <= bound * best[0] + 0.003:
            return
    raise AssertionError(f"{curve.name}: {best} s for {size} and {FACTOR} times as many")
