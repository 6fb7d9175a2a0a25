"""How work grows with its input. What is in proportion is so on a slow or busy machine as well; a second is not.

Processor time is compared with processor time of the same process a moment ago, the best of several, and what disturbs one
measurement is gone in the next.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

Work = Callable[[], object]

FACTOR = 16
MAX_RATIO = 64.0
"""Work in proportion takes 16 times as long for 16 times the size, quadratic work 256 times. Caches and allocators, which are
quicker with little, are good for a factor of three or so."""
NOISE = 0.003
"""Seconds of processor time that mean nothing."""
ROUNDS = 8
ENOUGH = 10.0
"""Seconds of processor time after which there is no further round."""


def seconds(work: Work) -> float:
    """The processor time that this thread takes for it, without collections of Python's."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        begin = time.thread_time()
        work()
        return time.thread_time() - begin
    finally:
        if collecting:
            gc.enable()


def assert_in_proportion(prepare: Callable[[int], Work], size: int) -> None:
    """Fail if the work that `prepare` makes for `size` takes more than in proportion longer for `FACTOR` times the size.

    `prepare` itself is not measured, and is called anew for each measurement.
    """
    small = large = float("inf")
    spent = 0.0
    for _ in range(ROUNDS):
        small = min(small, seconds(prepare(size)))
        spent += (latest := seconds(prepare(FACTOR * size)))
        large = min(large, latest)
        if large <= MAX_RATIO * small + NOISE:
            return
        if spent > ENOUGH:
            break
    raise AssertionError(
        f"{FACTOR} times the size takes {large / small:.1f} times as long: {small:.4f} s, {large:.4f} s"
    )
