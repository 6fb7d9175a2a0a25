"""Lowered code on disk, so that the next start of a module neither validates nor lowers what the last one called.

The folder is in the user's cache directory and must be the user's alone: one that others can write to is not used.
Even so, what it holds can change the results of the module it belongs to, and nothing else (docs/security.md).

A file holds those functions of one module that have been called so far. If it exists, the module is valid: then
function bodies are validated one by one before they are lowered, instead of all at the start. Its name is a hash of
the module's bytes and of the build of wasmvm, so that it cannot be stale. It is written under another name and then
renamed: a reader sees all of it or nothing, and of two writers the last one wins. No failure here is an error: the
code is lowered again.

The format is that of `codefile`. Files are read, not mapped: that takes well below a millisecond a megabyte, and the
bytes that were checked are the bytes that run.

To read and hash a large module takes longer than all else that is left to do at its start. So for a module from a file
there is a second file, `.seen`, named by a hash of the first one's state (inode, size, times). It holds the key, and
where function bodies and custom sections lie: these are read when they are needed (`partial`). The state only finds
it; it proves nothing, so hashes of all parts are in it as well.
"""

from __future__ import annotations

import os
import stat
import sys
from array import array
from collections.abc import Iterable, Iterator
from struct import Struct
from zlib import crc32

from wasmvm.compiled import codefile
from wasmvm.compiled.codefile import KEY_SIZE, keyed
from wasmvm.errors import InternalError
from wasmvm.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm._core import ModuleCode
    from wasmvm.compiled.partial import Layout, PartialSource
    from wasmvm.syntax import Module

FOLDER_ENV = "WASMVM_CACHE_DIR"
"""Environment variable that names the folder."""
MAX_BYTES = 1 << 30
"""The most bytes of all files together: the least recently used files are removed."""
MAX_FILES = 4096
"""The most files, likewise: to look at all of them takes some ten milliseconds, on a network more."""
MARKS_PER_PRUNE = 64
BYTES_PER_MARK = 1 << 22
"""Nothing that is saved looks at the other files, but each adds a mark for itself and for every so many bytes to a file
that holds nothing else. Who finds that many there looks at all files (`Cache.prune`); so the bounds above are passed
by no more than what those marks stand for."""
WORTH_SAVING = 32
"""A file is rewritten when the new code is more than 1/WORTH_SAVING of its bytes."""

LARGE = 1 << 20
"""A module's file of at least so many bytes is remembered by its state."""
RACY_SECONDS = 2.0
"""A file that was changed more recently than this could change again and keep its time stamp."""

SUFFIX, SEEN_SUFFIX, MARKS_SUFFIX, TEMPORARY_SUFFIX = ".code", ".seen", ".marks", ".tmp"
MARKS = "0" * (2 * KEY_SIZE) + MARKS_SUFFIX
"""The file of the marks."""
_SEEN = Struct(f"<{KEY_SIZE}sQIII")
"""The head of a file `.seen`: key, secret, how many positions of gaps and then of function bodies follow, checksum.
The rest of the file is hashes (`partial.Layout`)."""
_STALE_SECONDS = 3600.0
_OPEN: int = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How files are opened that may not be what a cache wrote: a FIFO of that name is not waited for."""
_HEXADECIMAL = frozenset("0123456789abcdef")


class RefusedError(Exception):
    """The folder must not be used; the message says why."""


class FileInfo(Record):
    """What `wasmvm cache` shows of a file: its key in hexadecimal, bytes, functions, when it was last used."""

    key: str
    size: int
    functions: int
    used: float


def default_folder() -> str:
    """The cache directory that this system has for its user."""
    given = os.environ.get(FOLDER_ENV)
    if given:
        return given
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        return os.path.join(os.environ.get("LOCALAPPDATA") or home, "wasmvm", "cache")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "wasmvm")
    base = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.join(home, ".cache"), "wasmvm")


class Cache:
    """A folder of lowered code.

    Args:
        folder: its path; by default `default_folder`.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self.folder = default_folder() if folder is None else os.fspath(folder)

    def check(self) -> None:
        """Make the folder if it does not exist, and check that it is the user's alone.

        Raises:
            RefusedError: others own it or can use it, or it is not a folder.
            OSError: it cannot be made.
        """
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        status = os.lstat(self.folder)
        if not stat.S_ISDIR(status.st_mode):
            raise RefusedError(f"{self.folder} is not a directory")
        if sys.platform == "win32":
            return  # below the user's profile, which others cannot write to
        if status.st_uid != os.geteuid():
            raise RefusedError(f"{self.folder} belongs to another user")
        if status.st_mode & 0o077:
            raise RefusedError(f"{self.folder} is open to other users (it must have mode 700)")

    def _usable(self) -> bool:
        try:
            self.check()
        except (OSError, RefusedError):
            return False
        return True

    def open(self, source: bytes, status: os.stat_result | None = None) -> Entry:
        """What is known of the module with these bytes; never fails.

        Args:
            status: `os.fstat` of the file they were read from, asked before that.
        """
        if not self._usable():
            return Entry(None, b"")
        seen = None if status is None or status.st_size != len(source) else _seen(status)
        return Entry(self, keyed(source), seen=seen)

    def recall(self, descriptor: int, status: os.stat_result) -> Entry | None:
        """What is known of the module in an open file, without reading all of it; None if nothing is.

        Args:
            status: `os.fstat` of the file.
        """
        seen = _seen(status)
        if seen is None or not self._usable():
            return None
        path = self.path(seen, SEEN_SUFFIX)
        data = read_private(path)
        layout = None if data is None else _unpack_seen(seen, data)
        if layout is None:
            return None
        from wasmvm.compiled.partial import PartialSource  # which only large modules need, as below

        try:
            partial = PartialSource(descriptor, status.st_size, layout, lambda: _remove(path))
        except (OSError, ValueError):
            _remove(path)
            return None
        return Entry(self, layout.key, partial=partial)

    def path(self, key: bytes, suffix: str = SUFFIX) -> str:
        return os.path.join(self.folder, key.hex() + suffix)

    def write(self, path: str, parts: Iterable[bytes]) -> int:
        """Write a file in one step, so that nobody sees a part of it; return its bytes; raises OSError."""
        temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}{TEMPORARY_SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            with open(os.open(temporary, flags, 0o600), "wb") as file:
                file.writelines(parts)
                size = file.tell()
            os.replace(temporary, path)
        except OSError:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise
        return size

    def _files(self) -> Iterator[os.DirEntry[str]]:
        """The files that a cache wrote here, and none of the others in the folder."""
        try:
            with os.scandir(self.folder) as items:
                yield from (item for item in items if is_ours(item.name) and item.is_file(follow_symlinks=False))
        except FileNotFoundError:
            return

    def files(self) -> list[FileInfo]:
        """The files, the most recently used first; raises OSError."""
        found = []
        for item in self._files():
            key, suffix = os.path.splitext(item.name)
            if suffix == SUFFIX:
                try:
                    status = item.stat(follow_symlinks=False)
                    with open(item.path, "rb", buffering=0) as file:
                        functions = _count(file.read(codefile.HEADER_SIZE))
                except FileNotFoundError:
                    continue  # another process has removed it
                found.append(FileInfo(key, status.st_size, functions, status.st_mtime))
        return sorted(found, key=lambda info: -info.used)

    def clear(self) -> int:
        """Remove all files that a cache wrote; return for how many modules; raises OSError."""
        count = 0
        for item in list(self._files()):
            _remove(item.path, strict=True)
            count += item.name.endswith(SUFFIX)
        return count

    def mark(self, size: int) -> None:
        """Note that a file of so many bytes was written; `prune` when enough was. Whatever fails here, it is there."""
        try:
            marks = self._add_marks(min(1 + size // BYTES_PER_MARK, MARKS_PER_PRUNE))
        except OSError:
            marks = MARKS_PER_PRUNE  # nobody can count then
        if marks >= MARKS_PER_PRUNE:
            try:  # noqa: SIM105 - contextlib would take a millisecond of every start
                self.prune()
            except OSError:
                pass

    def _add_marks(self, count: int) -> int:
        """Add to the marks; return how many there are; raises OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _OPEN
        descriptor = os.open(os.path.join(self.folder, MARKS), flags, 0o600)
        try:
            os.write(descriptor, b"." * count)
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def prune(self) -> None:
        """Remove the least recently used files until the rest is small enough, and what dead writers left."""
        import time

        now = time.time()
        files = []
        for item in self._files():
            try:
                status = item.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # somebody else removes files as well
            if item.name == MARKS:
                _remove(item.path, strict=True)
            elif not item.name.endswith(TEMPORARY_SUFFIX):
                files.append((status.st_mtime, status.st_size, item.path))
            elif abs(now - status.st_mtime) > _STALE_SECONDS:  # the clock may have been set back
                _remove(item.path, strict=True)
        total = sum(size for _, size, _ in files)
        files.sort()
        for i, (_, size, path) in enumerate(files):
            if total <= MAX_BYTES and len(files) - i <= MAX_FILES:
                break
            _remove(path, strict=True)
            total -= size


class Entry:
    """What a cache has of one module, perhaps nothing.

    Attributes:
        validated: whether the module was found to be valid, so that its function bodies need not be validated at once.
        partial: the module's file, if it is read in parts.
    """

    def __init__(
        self, cache: Cache | None, key: bytes, *, seen: bytes | None = None, partial: PartialSource | None = None
    ) -> None:
        self._cache = cache
        self._key = key
        self._seen = seen
        self.partial = partial
        self._data: bytes | None = None
        self._count = 0
        if cache is not None:
            data = read_private(cache.path(key))
            if data is not None:
                self._accept(data)
        self.validated = self._data is not None

    def _accept(self, data: bytes) -> None:
        """Use a file if it is intact and has this entry's key."""
        try:
            header = codefile.header([memoryview(data)])
        except codefile.UnsoundError:
            return
        if header.key == self._key:
            self._data = data
            self._count = header.functions

    def install(self, code: ModuleCode) -> None:
        """Offer `code` the functions of the file, or none if its records are inconsistent."""
        if self._data is not None:
            try:
                codefile.install(self._data, self._count, code)
            except InternalError:
                self._data = None

    def save(self, module: Module, code: ModuleCode, fresh: int) -> bool:
        """Write the file if enough is new; return whether it was written.

        Args:
            module: the decoded module, whose layout is remembered as well if it came from a large file.
            code: all functions that were lowered or installed.
            fresh: how many bytes of their code the file does not have yet.
        """
        cache = self._cache
        if cache is None:
            return False
        try:
            if self._seen is not None:
                from wasmvm.compiled.partial import layout_of

                layout = layout_of(module, self._key)
                cache.mark(cache.write(cache.path(self._seen, SEEN_SUFFIX), _pack_seen(self._seen, layout)))
            if self._data is not None and fresh * WORTH_SAVING <= len(self._data):
                return False
            cache.mark(cache.write(cache.path(self._key), codefile.pack(code, self._key)))
        except OSError:
            return False  # the disk is full, or the folder is gone or not writable
        return True


def is_ours(name: str) -> bool:
    """Whether a cache writes files of this name: a key in hexadecimal and a suffix, or the temporary name that
    `Cache.write` makes of that."""
    key, dot, rest = name.partition(".")
    if not dot or len(key) != 2 * KEY_SIZE or not _HEXADECIMAL.issuperset(key):
        return False
    suffix, *temporary = rest.split(".")
    if "." + suffix not in (SUFFIX, SEEN_SUFFIX, MARKS_SUFFIX):
        return False
    if not temporary:
        return True
    return (
        len(temporary) == 3
        and temporary[0].isascii()
        and temporary[0].isdecimal()
        and len(temporary[1]) == 8
        and _HEXADECIMAL.issuperset(temporary[1])
        and "." + temporary[2] == TEMPORARY_SUFFIX
    )


def _remove(path: str, *, strict: bool = False) -> None:
    """Remove a file if it exists; raises OSError if that fails and `strict` is true."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError:
        if strict:
            raise


def _pack_seen(seen: bytes, layout: Layout) -> list[bytes]:
    """The parts of a file `.seen`."""
    parts = [layout.gaps.tobytes(), layout.code.tobytes(), layout.tags]
    sizes = layout.key, layout.secret, len(layout.gaps), len(layout.code)
    checksum = crc32(b"".join(parts), crc32(_SEEN.pack(*sizes, 0), crc32(seen)))
    return [_SEEN.pack(*sizes, checksum), *parts]


def _unpack_seen(seen: bytes, data: bytes) -> Layout | None:
    """What `_pack_seen` was given; None if it is damaged."""
    from wasmvm.compiled.partial import Layout

    if len(data) < _SEEN.size:
        return None
    key, secret, gaps, code, checksum = _SEEN.unpack_from(data)
    code_at = _SEEN.size + 4 * gaps
    tags_at = code_at + 4 * code
    head = _SEEN.pack(key, secret, gaps, code, 0)
    if crc32(memoryview(data)[_SEEN.size :], crc32(head, crc32(seen))) != checksum or tags_at > len(data) or gaps % 2:
        return None
    return Layout(
        key, secret, array("I", data[_SEEN.size : code_at]), array("I", data[code_at:tags_at]), data[tags_at:]
    )


def _count(head: bytes) -> int:
    """How many functions a file has according to its header; 0 if it has none."""
    try:
        return codefile.header([memoryview(head)], check=False).functions
    except codefile.UnsoundError:
        return 0


def _seen(status: os.stat_result) -> bytes | None:
    """A hash of a file's state; None for a small file, and for one that could change now and keep its state."""
    import time

    if sys.platform == "win32" or not stat.S_ISREG(status.st_mode) or status.st_size < LARGE:
        return None
    if time.time() - max(status.st_mtime, status.st_ctime) <= RACY_SECONDS:
        return None
    state = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    return keyed(repr(state).encode())


def read_private(path: str) -> bytes | None:
    """The content of a file, which is marked as used now; None if it cannot be read or is not the user's own."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _OPEN)
    except OSError:
        return None
    try:
        with open(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or (sys.platform != "win32" and status.st_uid != os.geteuid()):
                return None
            data = file.read(status.st_size)
            try:  # noqa: SIM105 - contextlib would take a millisecond of every start
                os.utime(descriptor if os.utime in os.supports_fd else path)  # for `prune`
            except OSError:
                pass  # on a disk that cannot be written nothing is pruned either
            return data
    except OSError:
        return None
