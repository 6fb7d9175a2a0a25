"""pywasm's log: what is printed about modules that are read, if `lvl` is above 0."""

from __future__ import annotations

from typing import Any

lvl = 0


def debugln(*args: Any) -> None:
    """`println`, if `lvl` is above 0."""
    if lvl > 0:
        println(*args)


def println(*args: Any) -> None:
    """Print, after the time."""
    from datetime import datetime

    print(datetime.now().strftime("%Y/%m/%d %H:%M:%S"), "pywasm:", *args)
