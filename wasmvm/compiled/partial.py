"""A module's file that is read in parts: at first only what a start from the cache needs.

Most of a large module is function bodies and custom sections (names, debugging information). When the functions that a
program calls are lowered already, reading the other ones takes longer than all else that is left to do.

The file may have changed since then without a sign: a write through a mapping need not change its time stamp. So all
that is read is compared with what was validated, by a hash with a secret key (`_core.tags`), and not used if it
differs. This keeps versions of a file apart. It does not keep invalid code from running, since whoever can write to the
cache can write hashes as well: `module` validates what it lowers.
"""

from __future__ import annotations

import errno
import os
from array import array
from collections.abc import Callable

from wasmvm._core import blank_bytes, copy_into, read_into, tags
from wasmvm.compiled.codefile import keyed
from wasmvm.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.syntax import Module

TAG_SIZE = 8
"""Bytes of a hash."""


class Layout(Record):
    """What is known of a module's file.

    Attributes:
        key: see `codefile.keyed`.
        secret: the key of the hashes.
        gaps: ``array("I")``, begin and end of each part that a start does not read, ascending: contents of custom
            sections, and all function bodies as one.
        code: where function bodies lie, as in `syntax.Module`.
        tags: hashes of the parts between the gaps, of the gaps that are custom sections, and of the bodies.
    """

    key: bytes
    secret: int
    gaps: array[int]
    code: array[int]
    tags: bytes


def gaps_of(module: Module) -> array[int]:
    """The parts of a module that a start from the cache does not need, as in `Layout`."""
    gaps = [(custom.content.start, custom.content.end) for custom in module.customs]
    if module.code:
        gaps.append((module.code[0], module.code[-1]))
    return array("I", [position for gap in sorted(gaps) for position in gap])


def layout_of(module: Module, key: bytes) -> Layout:
    """The layout to remember of a module's file; raises OSError if the file cannot be read any more."""
    secret = int.from_bytes(os.urandom(8), "little")
    gaps = gaps_of(module)
    ranges = _kept(gaps, len(module.loaded)) + _customs(gaps, module.code) + module.code
    return Layout(key, secret, gaps, module.code, tags(module.source, ranges, secret))


def _kept(gaps: array[int], size: int) -> array[int]:
    """The parts between the gaps."""
    return array("I", [0]) + gaps + array("I", [size])


def _customs(gaps: array[int], code: array[int]) -> array[int]:
    """The gaps that are custom sections."""
    if not code:
        return gaps
    pairs = zip(gaps[::2], gaps[1::2], strict=True)
    return array("I", [position for pair in pairs if pair != (code[0], code[-1]) for position in pair])


def _changed() -> OSError:
    return OSError(errno.ESTALE, "the file of a module was changed while the module was in use")


class PartialSource:
    """The bytes of a file, each part of which is read when it is first needed (see `syntax.Partial`).

    What was read never changes: it may have been validated.

    Args:
        descriptor: the open file; may be closed afterwards.
        size: its bytes.
        layout: the layout of the file when its module was validated.
        forget: called when the file turns out to be a different one.

    Attributes:
        source: the bytes, arbitrary where they are not read yet.
        forget: see above.

    Raises:
        OSError: the file cannot be read, or is a different one.
        ValueError: the layout does not fit a file of this size.
    """

    def __init__(self, descriptor: int, size: int, layout: Layout, forget: Callable[[], object]) -> None:
        self._descriptor = -1
        self._complete = False
        self._layout = layout
        self.forget = forget
        self.code = layout.code
        self.source: bytes = blank_bytes(size)
        kept = _kept(layout.gaps, size)
        self._customs = _customs(layout.gaps, layout.code)
        self._first = len(kept) // 2
        self._first_body = self._first + len(self._customs) // 2
        if len(layout.tags) != TAG_SIZE * (self._first_body + len(layout.code) // 2):
            raise ValueError("a layout without all hashes")
        end = 0
        for position in kept:
            if position < end:
                raise ValueError("a layout that is not in order")
            end = position
        for i in range(0, len(kept), 2):
            try:
                read_into(self.source, descriptor, kept[i], kept[i + 1])
            except EOFError:
                raise _changed() from None
        if tags(self.source, kept, layout.secret) != layout.tags[: TAG_SIZE * self._first]:
            raise _changed()
        self._loaded = bytearray(self._first_body + len(layout.code) // 2)
        self._descriptor = os.dup(descriptor)

    def is_of(self, module: Module) -> bool:
        """Whether `module` was decoded from bytes that were read: the gaps are just what decoding skips."""
        return gaps_of(module) == self._layout.gaps

    def body(self, index: int) -> None:
        """Read a function's body, counted among those that the module defines, if it is not there; as `load`."""
        self._load(self._first_body + index, self.code[2 * index], self.code[2 * index + 1])

    def load(self, start: int, end: int) -> None:
        """Read bytes `start` up to `end`, a custom section's content or all, if they are not there.

        Raises:
            OSError: the file cannot be read, or is a different one.
        """
        for i in range(0, len(self._customs), 2):
            if (start, end) == (self._customs[i], self._customs[i + 1]):
                return self._load(self._first + i // 2, start, end)
        return self._load_all()

    def _load(self, number: int, start: int, end: int) -> None:
        """Read the range whose hash has this number. Threads and signal handlers may do so at the same time."""
        if self._complete or self._loaded[number]:
            return
        if not start <= end <= len(self.source):
            self.forget()
            raise _changed()
        content = self._read(start, end)
        expected = self._layout.tags[TAG_SIZE * number : TAG_SIZE * (number + 1)]
        if tags(content, array("I", [0, end - start]), self._layout.secret) != expected:
            self.forget()
            raise _changed()
        self._keep(number, start, content)

    def _keep(self, number: int, start: int, content: bytes | memoryview) -> None:
        if not self._loaded[number]:
            copy_into(self.source, start, content)
            self._loaded[number] = True

    def _load_all(self) -> None:
        if self._complete:
            return
        size = len(self.source)
        whole = self._read(0, size)
        if keyed(whole) != self._layout.key:
            self.forget()
            raise _changed()
        content = memoryview(whole)
        gaps, code = self._customs, self.code
        for i in range(0, len(gaps), 2):
            self._keep(self._first + i // 2, gaps[i], content[gaps[i] : gaps[i + 1]])
        end = code[0] if code else 0
        for i in range(0, len(code), 2):
            if not end <= code[i] <= code[i + 1] <= size:
                self.forget()
                raise _changed()
            copy_into(self.source, end, content[end : code[i]])  # the sizes of bodies, which decoding skips
            self._keep(self._first_body + i // 2, code[i], content[code[i] : code[i + 1]])
            end = code[i + 1]
        self._complete = True

    def _read(self, start: int, end: int) -> bytes:
        found = blank_bytes(end - start)
        at = 0
        while at < end - start:
            content = os.pread(self._descriptor, end - start - at, start + at)
            if not content:
                self.forget()
                raise _changed()
            if len(content) == end - start:
                return content
            copy_into(found, at, content)
            at += len(content)
        return found

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
