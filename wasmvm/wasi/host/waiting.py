"""How a function of WASI waits: in short slices, asking its store in between whether it may go on.

Whatever may take long (waiting for the outside, or work in proportion to what a guest asks for) calls `wait_slice`
between its pieces. It raises what ends the guest: the trap of `Store.interrupt` or of the deadline, or what the handler
of a signal raised. The store is kept for each thread, as several may use one `Wasi`. If WASI is called without a store
(by tests, by parts of `wasmvm.compat`), there is nobody to ask.
"""

from __future__ import annotations

from _thread import _local
from collections.abc import Callable, Iterable, Iterator, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

PIECE = 4 << 20
"""Bytes that are read, written or copied before the store is asked again: some milliseconds of work."""
_ALONE = 1.0
"""Seconds of a slice if nobody is asked: Python looks for signals by itself."""


class _Waiter(_local):
    caller: Any = None


waiter = _Waiter()
"""`caller` is what called this thread's function of WASI, or None: its `instance`, if it has one, knows the store."""


def called_by(caller: Any, function: Callable[..., T], *arguments: Any) -> T:
    """The result of a function that may wait, and asks the store of `caller` meanwhile."""
    before = waiter.caller
    waiter.caller = caller
    try:
        return function(*arguments)
    finally:
        waiter.caller = before


def wait_slice() -> float:
    """How many seconds may pass before this is called again. Raises what ends the guest."""
    instance = getattr(waiter.caller, "instance", None)
    return _ALONE if instance is None else float(instance.store.wait_slice())


def paced(items: Iterable[T]) -> Iterator[T]:
    """The items, asking the store every thousand of them."""
    for number, item in enumerate(items):
        if not number & 1023:
            wait_slice()
        yield item


def pieces_of(buffers: Sequence[memoryview], size: int = PIECE) -> Iterator[list[memoryview]]:
    """The buffers, cut into lists of `size` bytes each; the last has the rest."""
    piece: list[memoryview] = []
    room = size
    for buffer in buffers:
        at = 0
        while len(buffer) - at >= room:
            yield [*piece, buffer[at : at + room]]
            at += room
            piece, room = [], size
        if at < len(buffer):
            piece.append(buffer[at:])
            room -= len(buffer) - at
    if piece:
        yield piece


def rest_of(buffers: Sequence[memoryview], count: int) -> list[memoryview]:
    """The buffers without their first `count` bytes."""
    rest = []
    for buffer in buffers:
        if count < len(buffer):
            rest.append(buffer[count:])
        count = max(0, count - len(buffer))
    return rest
