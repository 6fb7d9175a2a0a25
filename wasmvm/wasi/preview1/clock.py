"""Time: ``clock_res_get``, ``clock_time_get``."""

from __future__ import annotations

from time import monotonic_ns, time_ns

from wasmvm.wasi.host import errno
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.timesource import SystemClock
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import MASK32, store_u64
from wasmvm.wasi.preview1.function import Linked, quick_way, wasi_function
from wasmvm.wasi.preview1.guest import Wasi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _clock(clock_id: int) -> int:
    """The host's clock for a ``clockid``. Raises WasiError EINVAL."""
    if clock_id >= len(abi.CLOCKS):
        raise WasiError(errno.EINVAL)
    return abi.CLOCKS[clock_id]


@wasi_function
def clock_res_get(wasi: Wasi, mem: memoryview, clock_id: int, resolution: int) -> None:
    """Write a clock's resolution in nanoseconds (u64) to `resolution`.

    Parameters:
        clock_id: 0 realtime, 1 monotonic, 2 CPU time of the process, 3 CPU time of the thread.

    Errors: EINVAL for another clock, ENOTSUP for CPU time unless the embedder gave a clock that has it, EFAULT.
    """
    store_u64(mem, resolution, wasi.clock.resolution(_clock(clock_id)))


@wasi_function
def clock_time_get(wasi: Wasi, mem: memoryview, clock_id: int, precision: int, time: int) -> None:
    """Write a clock's time in nanoseconds (u64) to `time`.

    Parameters:
        clock_id: as for ``clock_res_get``; realtime counts from 1970, the others from a moment of their own.
        precision: how late the time may be, in nanoseconds; it never is.

    Errors: EINVAL for another clock, ENOTSUP for CPU time unless the embedder gave a clock that has it, EFAULT.
    """
    store_u64(mem, time, wasi.clock.time(_clock(clock_id)) & abi.MASK64)


@quick_way("clock_time_get")
def _quick_time(wasi: Wasi, general: Linked) -> Linked | None:
    clock = wasi.clock
    if type(clock) is not SystemClock:
        return None  # reading it may do anything, and must be done once
    begin = clock.begin

    def function(caller: Any, clock_id: int, precision: int, time: int) -> int | None:
        memory = caller.memory
        if memory is not None:
            try:
                if clock_id == abi.CLOCK_MONOTONIC:
                    memory.store_u64(time & MASK32, monotonic_ns() - begin)
                    return 0
                if clock_id == abi.CLOCK_REALTIME:
                    memory.store_u64(time & MASK32, time_ns())
                    return 0
            except IndexError:
                pass
        return general(caller, clock_id, precision, time)

    return function


@quick_way("clock_res_get")
def _quick_resolution(wasi: Wasi, general: Linked) -> Linked | None:
    clock = wasi.clock
    if type(clock) is not SystemClock:
        return None
    resolutions = {clock_id: clock.resolution(clock_id) for clock_id in (abi.CLOCK_REALTIME, abi.CLOCK_MONOTONIC)}

    def function(caller: Any, clock_id: int, resolution: int) -> int | None:
        memory, found = caller.memory, resolutions.get(clock_id)
        if memory is not None and found is not None:
            try:
                memory.store_u64(resolution & MASK32, found)
                return 0
            except IndexError:
                pass
        return general(caller, clock_id, resolution)

    return function
