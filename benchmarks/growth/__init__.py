"""How cost grows with size, and what small things cost.

    python -m benchmarks growth [--quick]
    python -m benchmarks.growth [NAME ...]      # those whose names contain one of these

Each curve is measured at n, 2n and 4n, in processor time. `bend` says how many times as dear the unit is at 4n as at n:
1 is a straight line. Those that are not straight are named at the end. Then come small costs that users meet a million
times, each beside its goal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from benchmarks.display import Progress, table
from benchmarks.growth.curve import CURVES, FACTORS, MAX_BEND, Curve, measured

for _part in ("modules", "instances", "machine", "boundary", "system", "texts"):
    import_module(f"benchmarks.growth.{_part}")
from benchmarks.growth.costs import COSTS, Cost  # noqa: E402  # after the curves that it shares things with

QUICK = 16
"""How many times smaller all sizes are that only show that everything works."""


def chosen(words: Iterable[str]) -> tuple[list[Curve], list[Cost]]:
    """The curves and costs whose names contain one of the words; all if there are none."""
    words = list(words)

    def wanted(name: str) -> bool:
        return not words or any(word in name for word in words)

    return [one for one in CURVES if wanted(one.name)], [one for one in COSTS if wanted(one.name)]


def measure(progress: Progress, *, quick: bool = False, words: Iterable[str] = ()) -> dict[str, Any]:
    """Seconds by curve and size, and what each small cost is in its unit; what cannot be measured here is left out."""
    curves, costs = chosen(words)
    progress.total = len(curves) + len(costs)
    result: dict[str, Any] = {"curves": {}, "costs": {}, "skipped": {}}
    for one in curves:
        progress.next(one.name)
        if quick:
            one = one._replace(size=max(1, one.size // QUICK))
        best = measured(one, 1, 0) if quick else measured(one)
        result["curves"][one.name] = {"size": one.size, "seconds": best}
    for cost in costs:
        progress.next(cost.name)
        found = cost.measure(quick)
        if isinstance(found, str):
            progress.note(f"skipped {cost.name}: {found}")
            result["skipped"][cost.name] = found
        else:
            result["costs"][cost.name] = found
    progress.clear()
    return result


def shown(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def summary(result: Mapping[str, Any]) -> str:
    parts = [curves_shown(result["curves"]), costs_shown(result["costs"])]
    parts += [f"skipped {name}: {why}" for name, why in result["skipped"].items()]
    return "\n\n".join(part for part in parts if part)


def curves_shown(found: Mapping[str, Any]) -> str:
    curves = {one.name: one for one in CURVES}
    rows, bent = [], []
    for name, measured_ in found.items():
        one = curves[name]._replace(size=measured_["size"])
        best = tuple(measured_["seconds"])
        bend = one.judged(best)
        what = "all, whatever n" if one.flat else "each " + one.unit
        rows.append([name, f"{FACTORS[-1] * one.size:,}", shown(one.per_unit(best)), what, f"{bend:.2f}"])
        if bend > MAX_BEND:
            bent.append(f"  {name}: {', '.join(map(shown, best))} for n = {one.size:,}, 2n, 4n")
    if not rows:
        return ""
    verdict = ["not straight:", *bent] if bent else [f"all {len(rows)} lines are straight"]
    return "\n".join(["growth, by processor time", table(["curve", "n", "cost", "for", "bend"], rows), *verdict])


def costs_shown(found: Mapping[str, float]) -> str:
    costs = {one.name: one for one in COSTS}
    rows, missed = [], []
    for name, value in found.items():
        one = costs[name]
        met = value <= one.goal
        rows.append([name, f"{value:.3g} {one.unit}", f"{one.goal:g}", "met" if met else "missed"])
        if not met and one.why:
            missed.append(f"  {name}: {one.why}")
    return "\n".join(["small costs", table(["what", "cost", "goal", ""], rows), *missed]) if rows else ""
