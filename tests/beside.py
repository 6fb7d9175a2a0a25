"""What another thread does beside a test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(step: Callable[[], object]) -> Iterator[None]:
    """Another thread calls `step` again and again until the block ends, whatever ends it."""
    done = threading.Event()

    def run() -> None:
        while not done.is_set():
            step()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
