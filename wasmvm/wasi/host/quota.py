"""How much guests may add to a directory of the host: `HostDirectory(path, max_bytes=N)`.

What counts: how much longer files become, holes that are filled (in a file with more than 4096 bytes of them), and 4096
bytes for every new name. What is cut off or removed is given back, as far as it took room on the disk, but never more
than was taken: so a directory becomes larger by `max_bytes` at most. An open file keeps its room when its last name is
gone. Entries cannot be moved or linked between such a directory and another (EXDEV).
"""

from __future__ import annotations

import os
import stat as host_stat
from _thread import allocate_lock

from wasmvm.wasi.host import errno
from wasmvm.wasi.host.errno import WasiError

_SLACK = 4096
"""Bytes by which a file without holes may be longer than its blocks: small files may have none."""


class Quota:
    """The account of one directory, shared by all guests that it is granted to.

    Attributes:
        limit: bytes that may be used.
        used: bytes that are used.
    """

    __slots__ = ("_lock", "_open", "limit", "used")
    ENTRY_COST = 4096
    """Bytes that a name counts: with its file, directory or link it takes at most a block of the disk."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._open: dict[tuple[int, int], int] = {}
        self._lock = allocate_lock()

    @staticmethod
    def growth(status: os.stat_result, offset: int, size: int) -> int:
        """How many more bytes a file takes after `size` bytes are written (allocated) at `offset`."""
        end = offset + size
        holes = status.st_size - status.st_blocks * 512
        overlap = min(end, status.st_size) - offset
        return max(0, end - status.st_size) + (max(0, min(overlap, holes)) if holes > _SLACK else 0)

    @staticmethod
    def held(status: os.stat_result) -> int:
        """Bytes that a file's contents take on the disk at least."""
        return min(status.st_size, status.st_blocks * 512)

    def take(self, size: int) -> None:
        """Use `size` bytes (negative: give them back). Raises WasiError EDQUOT if that would be too many."""
        with self._lock:
            if size > 0 and size > self.limit - self.used:
                raise WasiError(errno.EDQUOT)
            self.used = max(0, self.used + size)

    def fitting(self, status: os.stat_result, offset: int, size: int) -> int:
        """How many of `size` bytes may be written at `offset`; at least 1. Raises WasiError EDQUOT."""
        excess = self.growth(status, offset, size) - (self.limit - self.used)
        if excess <= 0:
            return size
        if excess >= size or self.growth(status, offset, size - excess) > self.limit - self.used:
            raise WasiError(errno.EDQUOT)
        return size - excess

    def opened(self, status: os.stat_result) -> None:
        """Note that a file was opened once more."""
        key = status.st_dev, status.st_ino
        with self._lock:
            self._open[key] = self._open.get(key, 0) + 1

    def closed(self, status: os.stat_result) -> None:
        """Note that a file was closed once; if it is not open any more and has no name, its room is free."""
        key = status.st_dev, status.st_ino
        with self._lock:
            count = self._open.get(key, 1) - 1
            if count:
                self._open[key] = count
            else:
                self._open.pop(key, None)
        if not count and not status.st_nlink:
            self.take(-self.held(status))

    def removed(self, status: os.stat_result) -> None:
        """Note that a name of a file, link or directory was removed; `status` is from before."""
        is_gone = status.st_nlink == 1 and host_stat.S_ISREG(status.st_mode)
        is_free = is_gone and (status.st_dev, status.st_ino) not in self._open
        self.take(-self.ENTRY_COST - (self.held(status) if is_free else 0))
