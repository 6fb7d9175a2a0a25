"""Time: ``clock_res_get``, ``clock_time_get``."""

from __future__ import annotations

from wasmvm.wasi.host import errno
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import store_u64
from wasmvm.wasi.preview1.function import wasi_function
from wasmvm.wasi.preview1.guest import Wasi


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
