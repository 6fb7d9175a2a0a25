"""``clock_res_get`` and ``clock_time_get``, and the clocks that they read."""

from __future__ import annotations

import time

import pytest

from tests.wasi.guest import Guest
from wasmvm.wasi import WasiConfig
from wasmvm.wasi.preview1 import abi

CLOCKS = [abi.CLOCK_REALTIME, abi.CLOCK_MONOTONIC]
CPU_CLOCKS = [abi.CLOCK_PROCESS_CPUTIME, abi.CLOCK_THREAD_CPUTIME]


@pytest.mark.parametrize("clock", CLOCKS)
def test_time_is_written_and_advances(clock: int) -> None:
    with Guest() as guest:
        guest.ok("clock_time_get", clock, 0, 64)
        assert all(at >= 64 and at + len(run) <= 72 for at, run in guest.written().items())
        first = guest.u64(64)
        guest.ok("clock_time_get", clock, 1, 64)
        assert guest.u64(64) >= first
        before = time.monotonic_ns()
        while time.monotonic_ns() - before < 2_000_000:  # twice as long as any host's clock stands still
            pass
        guest.ok("clock_time_get", clock, 0, 64)
        assert guest.u64(64) > first


@pytest.mark.parametrize("clock", CPU_CLOCKS)
def test_the_processors_time_tells_nothing_of_the_host(clock: int) -> None:
    with Guest() as guest:
        assert guest.fails("clock_time_get", clock, 0, 64) == "ENOTSUP"
        assert guest.fails("clock_res_get", clock, 64) == "ENOTSUP"
    with Guest(WasiConfig(deterministic=1)) as guest:
        guest.ok("clock_time_get", clock, 0, 64)  # virtual time is nobody's


def test_the_monotonic_clock_begins_with_the_guest() -> None:
    """The host's counts from when the machine was started."""
    for _ in range(2):
        before = time.monotonic_ns()
        with Guest() as guest:
            guest.ok("clock_time_get", abi.CLOCK_MONOTONIC, 0, 64)
            assert 0 <= guest.u64(64) <= time.monotonic_ns() - before


def test_realtime_is_the_time() -> None:
    with Guest() as guest:
        before = time.time_ns()
        guest.ok("clock_time_get", abi.CLOCK_REALTIME, 0, 64)
        assert before <= guest.u64(64) <= time.time_ns()


@pytest.mark.parametrize("clock", CLOCKS)
def test_resolution(clock: int) -> None:
    with Guest() as guest:
        guest.ok("clock_res_get", clock, 64)
        assert 0 < guest.u64(64) <= 10**9


@pytest.mark.parametrize("clock", [4, 1000, 0xFFFFFFFF])
def test_no_such_clock(clock: int) -> None:
    with Guest() as guest:
        assert guest.fails("clock_time_get", clock, 0, 64) == "EINVAL"
        assert guest.fails("clock_res_get", clock, 64) == "EINVAL"


def test_bad_addresses() -> None:
    with Guest() as guest:
        for address in (len(guest.memory) - 7, len(guest.memory), 0xFFFFFFFF):
            assert guest.fails("clock_time_get", 0, 0, address) == "EFAULT"
            assert guest.fails("clock_res_get", 0, address) == "EFAULT"


def test_a_clock_of_the_embedder() -> None:
    class Stopped:
        def time(self, clock_id: int) -> int:
            return 1000 + clock_id

        def resolution(self, clock_id: int) -> int:
            return 5

        def wait(self, nanoseconds: int | None, ready: object) -> None: ...

    with Guest(WasiConfig(clock=Stopped())) as guest:
        guest.ok("clock_time_get", abi.CLOCK_MONOTONIC, 0, 64)
        guest.ok("clock_res_get", abi.CLOCK_MONOTONIC, 72)
        assert (guest.u64(64), guest.u64(72)) == (1001, 5)


def test_deterministic_time_is_the_same_in_every_run() -> None:
    def times() -> list[int]:
        with Guest(WasiConfig(deterministic=7)) as guest:
            seen = []
            for clock in (*CLOCKS, *CPU_CLOCKS) * 2:
                guest.ok("clock_time_get", clock, 0, 64)
                seen.append(guest.u64(64))
            return seen

    assert times() == times()
    assert times()[1] < times()[5]
