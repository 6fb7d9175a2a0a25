"""Scheduling: ``sched_yield``."""

from __future__ import annotations

import time

from wasmvm.wasi.host import Wasi, wasi_function
from wasmvm.wasi.waiting import wait_slice


@wasi_function
def sched_yield(wasi: Wasi, mem: memoryview) -> None:
    """Let other threads of the process run first. Never fails."""
    wait_slice()
    time.sleep(0)
