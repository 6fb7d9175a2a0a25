"""A bound for what a guest writes to its standard output and standard error, wherever that goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wasmvm.errors import OutputTrap


class OutputLimit:
    """What may still be written to all the descriptors that have this limit, together.

    Args:
        most: bytes.

    Attributes:
        left: bytes of these that were not written yet.
    """

    __slots__ = ("left", "most")

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def write(self, write: Callable[[Sequence[memoryview]], int], buffers: Sequence[memoryview]) -> int:
        """Let `write` have the buffers; the number of bytes written.

        Raises:
            OutputTrap: they do not fit; what does was written.
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
