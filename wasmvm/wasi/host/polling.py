"""Waiting for several things at once: descriptors that can be read or written, and clocks."""

from __future__ import annotations

import time
from collections.abc import Sequence

from wasmvm.wasi.host.fdtable import Descriptor
from wasmvm.wasi.host.hostfile import poll_host
from wasmvm.wasi.host.timesource import CLOCK_MONOTONIC, Clock
from wasmvm.wasi.host.waiting import wait_slice

_LONGEST_WAIT = 10**9 * 3600
"""Nanoseconds of one wait on a clock; a longer one is several."""


class Wanted:
    """Something that is waited for; it is due when it is ready, or when there is an error to tell.

    Attributes:
        descriptor: what is to be read or written; None for a clock.
        write: whether it is to be written.
        clock_id, deadline: a clock (``CLOCK_*``) and the time, in nanoseconds, that it is to show.
        error: the name of what is wrong with this (`wasmvm.wasi.host.errno`), or None.
        is_ready: whether the descriptor is ready, or the clock shows the time.
        nbytes: how many bytes can be read or written, as far as known.
        hangup: whether the other side of the descriptor hung up.
    """

    __slots__ = ("clock_id", "deadline", "descriptor", "error", "fileno", "hangup", "is_ready", "nbytes", "write")

    def __init__(self) -> None:
        self.descriptor: Descriptor | None = None
        self.fileno = -1
        self.write = False
        self.clock_id = CLOCK_MONOTONIC
        self.deadline = 0
        self.error: str | None = None
        self.is_ready = False
        self.nbytes = 0
        self.hangup = False

    @property
    def is_due(self) -> bool:
        return self.is_ready or self.error is not None

    def want_time(self, clock_id: int, deadline: int) -> None:
        """Wait for a clock to show a time, in nanoseconds."""
        self.clock_id = clock_id
        self.deadline = deadline

    def want(self, descriptor: Descriptor, write: bool) -> None:
        """Wait until a descriptor can be read (written). Raises what `Descriptor.available` raises."""
        self.write = write
        self.fileno = descriptor.poll_fileno(write)
        self.descriptor = descriptor
        if self.fileno < 0:
            self.is_ready = True
            self.nbytes = descriptor.available(write)


def wait_for(clock: Clock, things: Sequence[Wanted]) -> None:
    """Wait until at least one of the things is due, and mark all that are."""
    polled = [thing for thing in things if thing.fileno >= 0]
    timed = [thing for thing in things if thing.descriptor is None and thing.error is None]

    def ready(nanoseconds: int | None) -> bool:
        return _poll(polled, nanoseconds)

    wait: int | None = 0
    if not any(thing.is_due for thing in things):
        wait = None
    while True:
        for thing in timed:
            if not thing.is_due:
                remaining = thing.deadline - clock.time(thing.clock_id)
                if remaining <= 0:
                    thing.is_ready = True
                    wait = 0
                elif wait is None or wait > remaining:
                    wait = remaining
        if wait == 0:
            ready(0)
            return
        clock.wait(None if wait is None else min(wait, _LONGEST_WAIT), ready)
        if any(thing.is_due for thing in polled):
            return
        wait = None


def _poll(polled: list[Wanted], nanoseconds: int | None) -> bool:
    """Wait for host descriptors for at most so long (None: for ever), mark those that are ready; whether one is."""
    end = None if nanoseconds is None else time.monotonic_ns() + nanoseconds
    while True:
        piece = int(wait_slice() * 1e9)
        if end is not None:
            piece = min(piece, max(0, end - time.monotonic_ns()))
        if not polled:
            time.sleep(piece / 1e9)
        elif _poll_once(polled, piece):
            return True
        if end is not None and time.monotonic_ns() >= end:
            return False


def _poll_once(polled: list[Wanted], nanoseconds: int) -> bool:
    found = poll_host([(thing.fileno, thing.write) for thing in polled], nanoseconds)
    for thing, (is_ready, hangup) in zip(polled, found, strict=True):
        if is_ready and thing.descriptor is not None:
            thing.is_ready = True
            thing.hangup = hangup
            thing.nbytes = thing.descriptor.available(thing.write)
    return any(thing.is_ready for thing in polled)
