"""The bytes of a memory as pure-Python runtimes show them: an object that is used like a bytearray."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wasmvm._core import Memory


class MemoryBytes:
    """A memory's bytes: indexed, sliced and searched like a bytearray, and a buffer of the memory itself.

    A slice is a bytearray of its own. What is assigned to one must have its length, as a memory keeps its size
    (ValueError otherwise). `bytes_of` makes these objects. Before Python 3.12 the buffer has the size at that time.
    """

    _core: Memory
    _size: int

    def __getitem__(self, index: int | slice) -> Any:
        found = memoryview(self._core)[index]
        return bytearray(found) if isinstance(index, slice) else found

    def __setitem__(self, index: int | slice, value: Any) -> None:
        view = memoryview(self._core)
        if isinstance(index, slice):
            value = bytes(value)
            if len(view[index]) != len(value):
                raise ValueError(f"{len(value)} bytes cannot take the place of {len(view[index])}")
        view[index] = value

    def __len__(self) -> int:
        return len(self._core)

    def __buffer__(self, flags: int, /) -> memoryview:
        return memoryview(self._core)

    def __iter__(self) -> Iterator[int]:
        return iter(memoryview(self._core))

    def __eq__(self, other: object) -> bool:
        return memoryview(self._core) == other

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, wanted: Any) -> bool:
        return self.find(wanted) >= 0

    def find(self, wanted: Any, start: int = 0, end: int | None = None) -> int:
        """Where `wanted`, bytes or one byte as an integer, first begins in that part; -1 if it does not occur."""
        import re

        view = memoryview(self._core)
        start, end, _ = slice(start, end).indices(len(view))
        wanted = bytes((wanted,)) if isinstance(wanted, int) else bytes(wanted)
        found = re.compile(re.escape(wanted)).search(view, start, end)
        return -1 if found is None else found.start()

    def index(self, wanted: Any, start: int = 0, end: int | None = None) -> int:
        """`find`, but ValueError if it does not occur."""
        found = self.find(wanted, start, end)
        if found < 0:
            raise ValueError("subsection not found")
        return found

    def copy(self) -> bytearray:
        """All of them."""
        return bytearray(self._core)


@cache
def _buffer_class() -> Any:
    """A subclass that is a buffer: before Python 3.12 only classes written in C can be one, as numpy's are."""
    import numpy as np

    return type("MemoryBytes", (MemoryBytes, np.ndarray), {"__doc__": MemoryBytes.__doc__})


def bytes_of(core: Memory, held: MemoryBytes | None = None) -> MemoryBytes:
    """The bytes of a memory; `held`, what this returned before, as long as the memory has not grown."""
    size = len(core)
    if held is not None and held._size == size:
        return held
    made: MemoryBytes = MemoryBytes() if sys.version_info >= (3, 12) else core.array.view(_buffer_class())
    made._core = core
    made._size = size
    return made
