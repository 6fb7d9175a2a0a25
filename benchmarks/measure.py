"""How things are timed: alternating between the sides, the best or the median of several rounds."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping

ROUNDS = 5


def best_of(sides: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds of the fastest call of each side; the sides take turns, so that what disturbs one disturbs all."""
    best = dict.fromkeys(sides, math.inf)
    for _ in range(rounds):
        for name, call in sides.items():
            begin = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - begin)
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


def best_first_output(command: list[str], rounds: int = 2 * ROUNDS) -> float:
    """Seconds from starting a process to the first byte that it prints (to its end, if it prints nothing)."""
    best = math.inf
    for _ in range(rounds):
        begin = time.perf_counter()
        with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.read(1)
            best = min(best, time.perf_counter() - begin)
            process.communicate()
        if process.returncode:
            raise RuntimeError(f"{command} exited with {process.returncode}")
    return best


def geometric_mean(values: Iterable[float]) -> float:
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))
