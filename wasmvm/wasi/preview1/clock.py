"""Time: ``clock_res_get``, ``clock_time_get``."""

from __future__ import annotations

from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import WasiError, store_u64
from wasmvm.wasi.preview1.guest import Wasi, wasi_function

CLOCK_COUNT = 4


def _check_clock(clock_id: int) -> None:
    if clock_id >= CLOCK_COUNT:
        raise WasiError(abi.EINVAL)


@wasi_function
def clock_res_get(wasi: Wasi, mem: memoryview, clock_id: int, resolution: int) -> None:
    """Write a clock's resolution in nanoseconds (u64) to `resolution`.

    Parameters:
        clock_id: 0 realtime, 1 monotonic, 2 CPU time of the process, 3 CPU time of the thread.

    Errors: EINVAL for another clock, ENOTSUP for CPU time unless the embedder gave a clock that has it, EFAULT.
    """
    _check_clock(clock_id)
    store_u64(mem, resolution, wasi.clock.resolution(clock_id))


@wasi_function
def clock_time_get(wasi: Wasi, mem: memoryview, clock_id: int, precision: int, time: int) -> None:
    """Write a clock's time in nanoseconds (u64) to `time`.

    Parameters:
        clock_id: as for ``clock_res_get``; realtime counts from 1970, the others from a moment of their own.
        precision: how late the answer may be, in nanoseconds; it never is.

    Errors: EINVAL for another clock, ENOTSUP for CPU time unless the embedder gave a clock that has it, EFAULT.
    """
    _check_clock(clock_id)
    store_u64(mem, time, wasi.clock.time(clock_id) & abi.MASK64)
