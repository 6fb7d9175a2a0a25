"""The clocks that an embedder can put behind a guest's: the host's own, or others."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What time it is for a guest, and how it waits."""

    def time(self, clock_id: int) -> int:
        """Nanoseconds of the clock ``CLOCK_*``."""

    def resolution(self, clock_id: int) -> int:
        """Its resolution in nanoseconds, more than 0."""

    def sleep(self, nanoseconds: int) -> None:
        """Wait."""

    def yield_(self) -> None:
        """Let other threads run."""


_TIMES = (time.time_ns, time.monotonic_ns, time.process_time_ns, getattr(time, "thread_time_ns", time.process_time_ns))
_INFO = (
    time.get_clock_info("time"),
    time.get_clock_info("monotonic"),
    time.get_clock_info("process_time"),
    time.get_clock_info("thread_time" if hasattr(time, "thread_time") else "process_time"),
)


class SystemClock:
    """The host's clocks."""

    __slots__ = ()

    def time(self, clock_id: int) -> int:
        return _TIMES[clock_id]()

    def resolution(self, clock_id: int) -> int:
        return max(1, round(_INFO[clock_id].resolution * 1e9))

    def sleep(self, nanoseconds: int) -> None:
        time.sleep(nanoseconds / 1e9)

    def yield_(self) -> None:
        time.sleep(0)
