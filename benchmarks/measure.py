"""How things are timed: alternating between the sides, the best or the median of several rounds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping

ROUNDS = 5


def best_of(
    sides: Mapping[str, Callable[[], object]],
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Seconds of the fastest call of each side; the sides take turns, so that what disturbs one disturbs all.

    Args:
        clock: `time.process_time` for what only computes: it stands still while other programs have the processor.
    """
    best = dict.fromkeys(sides, math.inf)
    for _ in range(rounds):
        for name, call in sides.items():
            begin = clock()
            call()
            best[name] = min(best[name], clock() - begin)
    return best


def in_turns(
    sides: Mapping[str, Callable[[], float]], rounds: int, progress: Callable[[str], object]
) -> dict[str, list[float]]:
    """What each side says that it took, `rounds` times; the sides take turns. `progress` hears whose turn it is."""
    samples: dict[str, list[float]] = {name: [] for name in sides}
    for i in range(rounds):
        for name, measure in sides.items():
            progress(f"{name}, round {i + 1} of {rounds}")
            samples[name].append(measure())
    return samples


def geometric_mean(values: Iterable[float]) -> float:
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))
