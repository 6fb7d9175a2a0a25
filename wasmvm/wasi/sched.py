"""Scheduling: ``sched_yield``."""

from __future__ import annotations

import time

from wasmvm.wasi.host import Wasi, wasi_function


@wasi_function
def sched_yield(wasi: Wasi, mem: memoryview) -> None:
    """Let other threads of the process run first. Never fails."""
    time.sleep(0)
