"""The clocks that an embedder can give a guest: the host's own, or others."""

from __future__ import annotations

import time
from collections.abc import Callable

from wasmvm.wasi.host import errno
from wasmvm.wasi.host.errno import WasiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object

CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME, CLOCK_THREAD_CPUTIME = range(4)
"""What a clock is asked for: the calendar, time that never goes back, CPU time of the process and of the thread."""


class Clock(Protocol):
    """What time it is for a guest, and how it waits.

    `clock_id` is one of ``CLOCK_*``. A clock may raise `WasiError` ENOTSUP for those of CPU time.
    """

    def time(self, clock_id: int) -> int:
        """Nanoseconds, of `CLOCK_REALTIME` since 1970."""

    def resolution(self, clock_id: int) -> int:
        """Its resolution in nanoseconds, more than 0."""

    def wait(self, nanoseconds: int | None, ready: Callable[[int | None], bool]) -> None:
        """Let `nanoseconds` pass for the guest (None: any time), or less if something becomes ready.

        Args:
            ready: called with nanoseconds, waits on the host for at most that time (0: not at all, None: for ever) and
                returns whether something that the guest waits for is ready.
        """


_INFO = (time.get_clock_info("time"), time.get_clock_info("monotonic"))


class SystemClock:
    """The host's calendar, and the time since this object was made.

    The host's own monotonic clock would tell how long the machine has been running, and its clocks of CPU time what
    other guests and the embedder do: so the latter are ENOTSUP.

    Attributes:
        begin: the host's monotonic clock when this object was made.
    """

    __slots__ = ("begin",)

    def __init__(self) -> None:
        self.begin = time.monotonic_ns()

    def time(self, clock_id: int) -> int:
        if clock_id == CLOCK_REALTIME:
            return time.time_ns()
        if clock_id == CLOCK_MONOTONIC:
            return time.monotonic_ns() - self.begin
        raise WasiError(errno.ENOTSUP)

    def resolution(self, clock_id: int) -> int:
        if clock_id > CLOCK_MONOTONIC:
            raise WasiError(errno.ENOTSUP)
        return max(1, round(_INFO[clock_id].resolution * 1e9))

    def wait(self, nanoseconds: int | None, ready: Callable[[int | None], bool]) -> None:
        ready(nanoseconds)


class VirtualClock:
    """Time that passes only when it is looked at or waited for, so that every run of a guest sees the same.

    Args:
        start: what the realtime clock shows at first, in nanoseconds since 1970; by default the start of 2022.
        step: by how many nanoseconds the clocks advance each time one is read.
    """

    __slots__ = ("_passed", "_start", "_step")

    def __init__(self, start: int = 1_640_995_200 * 10**9, step: int = 1_000) -> None:
        self._start = start
        self._step = step
        self._passed = 0

    def time(self, clock_id: int) -> int:
        self._passed += self._step
        return self._passed + (self._start if clock_id == CLOCK_REALTIME else 0)

    def resolution(self, clock_id: int) -> int:
        return self._step

    def wait(self, nanoseconds: int | None, ready: Callable[[int | None], bool]) -> None:
        if nanoseconds is None:
            ready(None)
        elif not ready(0):
            self._passed += nanoseconds
