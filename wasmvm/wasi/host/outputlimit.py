"""A bound on what a guest writes to its standard output and standard error, wherever they go."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wasmvm.errors import OutputTrap


class OutputLimit:
    """What may still be written to all descriptors with this limit, together.

    Args:
        most: bytes that may be written.

    Attributes:
        left: bytes of these that are left.
    """

    __slots__ = ("left", "most")

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def write(self, write: Callable[[Sequence[memoryview]], int], buffers: Sequence[memoryview]) -> int:
        """Give `write` the buffers; returns the number of bytes written.

        Raises:
            OutputTrap: if they do not fit; what does fit has been written.
        """
        room = self.left
        if sum(map(len, buffers)) <= room:
            count = write(buffers)
            self.left -= count
            return count
        fitting = []
        for buffer in buffers:
            fitting.append(buffer[:room])
            room -= len(fitting[-1])
            if not room:
                break
        if self.left:
            count = write(fitting)
            self.left -= count
            if self.left:
                return count  # the host took less, and the guest will come again
        raise OutputTrap(f"output limit exceeded: more than max_output={self.most} bytes")
