"""A turn for others: compiled code that reads a long text calls this, since Python does not interrupt such code."""

from __future__ import annotations


def checkpoint() -> None:
    """Does nothing, in plain Python, before which other threads and handlers of signals have their turn."""
