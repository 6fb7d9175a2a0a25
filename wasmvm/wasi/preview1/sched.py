"""Scheduling: ``sched_yield``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from wasmvm.wasi.host.waiting import wait_slice
from wasmvm.wasi.preview1.function import Linked, quick_way, wasi_function
from wasmvm.wasi.preview1.guest import Wasi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _sleep() -> None:
    time.sleep(0)


_yield: Callable[[], None] = getattr(os, "sched_yield", _sleep)
"""Lets go of the GIL; a sleep of no time, which others have to do with, takes a hundred times as long."""


@wasi_function
def sched_yield(wasi: Wasi, mem: memoryview) -> None:
    """Let other threads run first: of this process, and of the host. Never fails."""
    wait_slice()
    _yield()


@quick_way("sched_yield")
def _quick_yield(wasi: Wasi, general: Linked) -> Linked:
    def function(caller: Any) -> int:
        _yield()  # and the machine asks the store after each call of a host function
        return 0

    return function
