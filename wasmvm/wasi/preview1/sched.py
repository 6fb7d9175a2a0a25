"""Scheduling: ``sched_yield``."""

from __future__ import annotations

import time

from wasmvm.wasi.host.waiting import wait_slice
from wasmvm.wasi.preview1.function import wasi_function
from wasmvm.wasi.preview1.guest import Wasi


@wasi_function
def sched_yield(wasi: Wasi, mem: memoryview) -> None:
    """Let other threads of the process run first. Never fails."""
    wait_slice()
    time.sleep(0)
