"""The process: ``proc_exit``, ``proc_raise``."""

from __future__ import annotations

from wasmvm.errors import ExitTrap
from wasmvm.wasi.host import errno
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.function import wasi_function
from wasmvm.wasi.preview1.guest import Wasi


@wasi_function
def proc_exit(wasi: Wasi, mem: memoryview, rval: int) -> None:
    """End the guest with the exit code `rval`. Does not return: raises `wasmvm.errors.ExitTrap`."""
    raise ExitTrap(rval)


@wasi_function
def proc_raise(wasi: Wasi, mem: memoryview, sig: int) -> None:
    """Send the guest a signal.

    Parameters:
        sig: its number, as in Linux on most processors; 0 is no signal and does nothing.

    Errors: EINVAL for a number that is not a signal's; ENOSYS for all others, as a guest cannot handle signals and the
    embedder's process must not be killed.
    """
    if sig >= abi.SIGNAL_COUNT:
        raise WasiError(errno.EINVAL)
    if sig != 0:
        raise WasiError(errno.ENOSYS)
