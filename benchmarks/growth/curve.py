"""What a curve is, and when it is straight."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from typing import NamedTuple

from tests.growth import Work, seconds

FACTORS = (1, 2, 4)
MAX_BEND = 1.6
"""How many times as dear the unit may be at four times the size. What sorts is at 1.2 or so, and caches that become too
small for the data may cost as much again; quadratic work is at 4, and where nothing should grow, linear work is."""
ROUNDS = 3
RETRIES = 4
"""Rounds more for what is not straight: a disturbance is not there in all of them."""
NOISE = 20e-6
"""Seconds that mean nothing."""


class Curve(NamedTuple):
    """One kind of work that grows with a size, or should not.

    Attributes:
        name: what is done.
        unit: what there are n of.
        size: n; it is measured for n, 2n and 4n.
        flat: whether the size should not matter: what is done is the same, only more lies around it.
        times: how often the work does it all.
        prepare: for a size, returns the work that is measured once; it is called anew for each measurement.
    """

    name: str
    unit: str
    size: int
    flat: bool
    times: int
    prepare: Callable[[int], Work]

    def judged(self, best: tuple[float, ...]) -> float:
        """How many times as dear the unit is at the largest size as at the smallest: 1 is straight."""
        growth = 1 if self.flat else FACTORS[-1]
        return max(best[-1] - NOISE, 0.0) / max(best[0], NOISE) / growth

    def per_unit(self, best: tuple[float, ...]) -> float:
        """Seconds for each of the n at the largest size; for what should not grow, for all of it."""
        return best[-1] / self.times / (1 if self.flat else FACTORS[-1] * self.size)


CURVES: list[Curve] = []


def curve(
    name: str, unit: str, size: int, *, flat: bool = False, times: int = 1
) -> Callable[[Callable[[int], Work]], Callable[[int], Work]]:
    """Let the decorated function prepare the work of one more curve."""

    def add(prepare: Callable[[int], Work]) -> Callable[[int], Work]:
        CURVES.append(Curve(name, unit, size, flat, times, prepare))
        return prepare

    return add


def measured(one: Curve, rounds: int = ROUNDS, retries: int = RETRIES) -> tuple[float, ...]:
    """The best of some rounds at each size, in seconds of processor time; the sizes take turns."""
    best = [math.inf] * len(FACTORS)
    done = 0
    gc.collect()
    gc.freeze()  # what there is by now is no business of the collections that follow
    try:
        while done < rounds or (done < rounds + retries and one.judged(tuple(best)) > MAX_BEND):
            for place, factor in enumerate(FACTORS):
                gc.collect()
                best[place] = min(best[place], seconds(one.prepare(factor * one.size)))
            done += 1
    finally:
        gc.unfreeze()
    return tuple(best)
