"""A module's file of which only some parts are read: those that a start from the cache needs.

Most of a large module is function bodies and custom sections (names, debugging information). When the bodies that a
program calls are lowered already, reading the others takes longer than all else that is left to do.

A body that is read later must be the one that was validated. As long as the file's state is what it was, it is: the
system notes a new time for every change of the content, which nobody can set. Removing or renaming the file, which
is how programs are replaced, gives it a new state too. Then all of it is read once more and must have the same hash.
"""

from __future__ import annotations

import errno
import os
from array import array
from collections.abc import Iterable

from wasmvm._core import blank_bytes, copy_into, read_into
from wasmvm.codefile import keyed

State = tuple[int, ...]
"""What tells states of a file apart: device, inode, size, times of the last change of content and of inode."""


def state_of(status: os.stat_result) -> State:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


class PartialSource:
    """The bytes of a file that are read when somebody needs them (see `syntax.Partial`).

    Args:
        descriptor: the open file; may be closed afterwards.
        status: of the file, when `key` was known to be the hash of its content.
        key: see `codefile.keyed`.
        missing: which bytes not to read now.
        code: where function bodies lie.

    Attributes:
        source: the bytes; where they are missing, anything.

    Raises:
        OSError: the file cannot be read, or changes meanwhile.
    """

    def __init__(
        self,
        descriptor: int,
        status: os.stat_result,
        key: bytes,
        missing: Iterable[tuple[int, int]],
        code: array[int],
    ) -> None:
        self._descriptor = -1
        self._complete = False
        self._state = state_of(status)
        self._key = key
        self.code = code
        self.source: bytes = blank_bytes(status.st_size)
        start = 0
        for gap_start, gap_end in (*missing, (status.st_size, status.st_size)):
            _read(self.source, descriptor, start, gap_start)
            start = gap_end
        if state_of(os.fstat(descriptor)) != self._state:
            raise _changed()
        self._descriptor = os.dup(descriptor)

    def load(self, start: int, end: int) -> None:
        """See to it that bytes `start` up to `end` are there; raises OSError if the file was changed.

        Threads, and handlers of signals, may ask at the same time: what they write is the same.
        """
        if self._complete:
            return
        _read(self.source, self._descriptor, start, end)
        if state_of(os.fstat(self._descriptor)) != self._state:
            content: bytes = blank_bytes(len(self.source))
            _read(content, self._descriptor, 0, len(content))
            if keyed(content) != self._key:
                raise _changed()
            copy_into(self.source, content)
            self._complete = True
        elif end - start == len(self.source):
            self._complete = True

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _read(target: bytes, descriptor: int, start: int, end: int) -> None:
    try:
        read_into(target, descriptor, start, end)
    except EOFError:
        raise _changed() from None


def _changed() -> OSError:
    return OSError(errno.ESTALE, "the file of a module was changed while the module was in use")
