"""Waiting for several things, without the interface of any guest."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from wasmvm.wasi.host import errno
from wasmvm.wasi.host.memtree import MemoryDirectory
from wasmvm.wasi.host.polling import Wanted, wait_for
from wasmvm.wasi.host.streams import open_input, open_output
from wasmvm.wasi.host.timesource import CLOCK_MONOTONIC, CLOCK_REALTIME, SystemClock, VirtualClock

DAY = 86_400 * 10**9


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for fileno in ends:
        os.close(fileno)


def timed(clock_id: int, deadline: int) -> Wanted:
    thing = Wanted()
    thing.want_time(clock_id, deadline)
    return thing


@pytest.mark.parametrize("clock_id", [CLOCK_REALTIME, CLOCK_MONOTONIC])
def test_the_clock_that_comes_first_is_due(clock_id: int) -> None:
    clock = VirtualClock()
    now = clock.time(clock_id)
    things = [timed(clock_id, now + DAY), timed(clock_id, now + 30 * DAY), timed(clock_id, now + DAY)]
    wait_for(clock, things)
    assert [thing.is_due for thing in things] == [True, False, True]
    assert now + DAY <= clock.time(clock_id) < now + 2 * DAY


def test_a_pipe_is_ready_when_there_is_something_in_it(pipe: tuple[int, int]) -> None:
    things = [Wanted(), timed(CLOCK_MONOTONIC, 20_000_000)]
    things[0].want(open_input(pipe[0]), False)
    wait_for(SystemClock(), things)
    assert [thing.is_due for thing in things] == [False, True]
    os.write(pipe[1], b"four")
    things = [Wanted(), timed(CLOCK_MONOTONIC, DAY)]
    things[0].want(open_input(pipe[0]), False)
    wait_for(SystemClock(), things)
    assert [thing.is_due for thing in things] == [True, False]
    assert (things[0].nbytes, things[0].hangup) == (4, False)


def test_an_error_is_due_at_once_and_what_always_is_ready_too() -> None:
    wrong, output, later = Wanted(), Wanted(), timed(CLOCK_MONOTONIC, DAY)
    wrong.error = errno.EBADF
    output.want(open_output(None, 1), True)
    wait_for(SystemClock(), [later, wrong, output])
    assert (wrong.is_due, wrong.is_ready, output.is_ready, later.is_due) == (True, False, True, False)


def test_a_file_says_how_much_there_is_to_read() -> None:
    tree, root = MemoryDirectory({"f": b"hello"}).attach(SystemClock())
    file = tree.open(root, b"f", 0, 0, True, False)
    thing = Wanted()
    thing.want(file, False)  # type: ignore[arg-type]
    assert (thing.is_due, thing.nbytes) == (True, 5)


def test_time_that_nobody_looks_at_stands_still() -> None:
    """A wait without an end is the host's; one with an end lets exactly that time pass, unless something is ready."""
    clock, asked = VirtualClock(step=10), []

    def ready(nanoseconds: int | None) -> bool:
        asked.append(nanoseconds)
        return len(asked) == 3

    clock.wait(None, ready)
    assert clock.time(CLOCK_MONOTONIC) == 10
    clock.wait(500, ready)
    assert clock.time(CLOCK_MONOTONIC) == 520
    clock.wait(500, ready)
    assert clock.time(CLOCK_MONOTONIC) == 530
    assert asked == [None, 0, 0]
