"""How fast programs run: the same WASI commands in every engine, in turns; what they print must be the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.display import Progress, table
from benchmarks.engines import PLACES, Absent, Engine, Runner, find
from benchmarks.measure import geometric_mean, in_turns
from benchmarks.programs import PROGRAMS, Program

OWN = "wasmvm"
ROUNDS, SMALL_ROUNDS = 5, 3

Samples = dict[str, dict[str, list[float]]]
"""Seconds, by program and engine."""


class Mismatch(Exception):
    """Two engines print different results: nothing that was measured means anything."""


def measure(
    progress: Progress,
    *,
    quick: bool = False,
    programs: Sequence[Program] = PROGRAMS,
    engines: Iterable[str] = PLACES,
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    """Seconds per program and engine: ``large`` inputs for the fast engines, ``small`` for those written in Python.

    Raises:
        Mismatch: engines do not agree on a result.
    """
    there = find(engines, progress.note)
    slow = [engine for engine in there if engine.small]
    fast = [engine for engine in there if not engine.small]
    own = [engine for engine in fast if engine.name == OWN]
    progress.total = len(programs)
    large: Samples = {}
    small: Samples = {}
    for program in programs:
        progress.next(program.name)
        if quick:
            small[program.name] = compare(program, there, program.small, 0, progress)
            continue
        large[program.name] = compare(program, fast, program.large, rounds, progress)
        if slow and not program.simd:
            small[program.name] = compare(program, own + slow, program.small, SMALL_ROUNDS, progress)
    progress.clear()
    return {"engines": {engine.name: engine.version() for engine in there}, "large": large, "small": small}


def compare(
    program: Program, engines: Sequence[Engine], arguments: Sequence[str], rounds: int, progress: Progress
) -> dict[str, list[float]]:
    """Run one program in turns, after a run in each engine for its result; that one is timed only if `rounds` is 0."""
    sides: dict[str, Callable[[], float]] = {}
    first: dict[str, list[float]] = {}
    outputs: dict[str, bytes] = {}
    for engine in engines:
        progress(f"{engine.name}, warming up")
        try:
            run = engine.load(program)
            seconds, output = run(arguments)
        except Absent:
            continue
        except Exception as error:  # whatever an engine raises for a program that it cannot run
            progress.note(f"skipped {program.name} in {engine.name}: {' '.join(str(error).split())[:120]}")
            continue
        if not (program.rounded and engine.name == "native"):
            outputs[engine.name] = output
        first[engine.name] = [seconds]
        sides[engine.name] = side(run, arguments, output)
    if len(set(outputs.values())) > 1:
        raise Mismatch(f"{program.name} {' '.join(arguments)} prints different results: {outputs}")
    return in_turns(sides, rounds, progress) if rounds else first


def side(run: Runner, arguments: Sequence[str], expected: bytes) -> Callable[[], float]:
    def again() -> float:
        seconds, output = run(arguments)
        if output != expected:
            raise Mismatch(f"a second run printed {output!r}, the first {expected!r}")
        return seconds

    return again


def ratios(samples: Samples) -> dict[str, dict[str, float]]:
    """By engine and program, how many times as long as wasmvm it took: above 1, wasmvm is faster."""
    found: dict[str, dict[str, float]] = {}
    for program, by_engine in samples.items():
        if OWN not in by_engine:
            continue
        own = median(by_engine[OWN])
        for engine, seconds in by_engine.items():
            if engine != OWN:
                found.setdefault(engine, {})[program] = median(seconds) / own
    return found


def summary(result: Mapping[str, Any]) -> str:
    """The tables for a person: milliseconds of wasmvm, and ratios."""
    parts = []
    for size in ("large", "small"):
        samples: Samples = result[size]
        if not samples:
            continue
        by_engine = ratios(samples)
        names = list(by_engine)
        rows = []
        for program, seconds in samples.items():
            own = f"{median(seconds[OWN]) * 1e3:.1f}" if OWN in seconds else "-"
            cells = (by_engine[name].get(program) for name in names)
            rows.append([program, own, *("-" if ratio is None else f"{ratio:.2f}" for ratio in cells)])
        means = [f"{geometric_mean(by_engine[name].values()):.2f}" for name in names]
        rows.append(["geometric mean", "", *means])
        parts.append(
            f"throughput, {size} inputs: wasmvm in ms, then how many times as long the others take\n"
            + table(["program", OWN, *names], rows)
        )
    return "\n\n".join(parts)
