"""Lowered code on disk, so that the next start of a module need not validate and lower it again.

The folder is one of the user's cache directory and should be theirs alone: a folder that others could write to is not
used. But nothing in it is trusted with more than the results of the module itself (docs/security.md). A file holds the
code of the functions of one module that have been called so far; that it exists says that the module is valid, and then
function bodies are validated one by one when they are lowered, instead of all at the start. Its name is a hash of the
module's bytes and of the build of wasmvm, so nothing in it can be stale. It is written under another name and then
renamed: a reader sees all of it or nothing, and of two writers at a time the last one stays. Whatever fails here is no
error: the code is lowered again.

The format is that of `codefile`. Files are read and not mapped: that takes well below a millisecond a megabyte, and
what was checked is what will be executed.

Reading and hashing a large module takes longer than all else that is left to do at its start. So for a module from a
file, another one, `.seen`, remembers the key under the file's state, and where in it function bodies and custom
sections lie: these are not read before somebody needs them (`partial`). The state is how it is found, and proves
nothing: hashes of all parts are in it too.
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
from wasmvm.compiled.partial import Layout, PartialSource, layout_of
from wasmvm.errors import InternalError
from wasmvm.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm._core import ModuleCode
    from wasmvm.syntax import Module

FOLDER_ENV = "WASMVM_CACHE_DIR"
"""Environment variable that names the folder."""
MOST_BYTES = 1 << 30
"""All files together; the ones that were not used for longest are removed beyond it."""
WORTH_SAVING = 32
"""A file is written anew when this fraction of its words, one in so many, would be new."""

LARGE = 1 << 20
"""From so many bytes on, a module's file is remembered by its state."""
RACY_SECONDS = 2.0
"""A file that was changed less than so long ago could be changed again without another time stamp."""

SUFFIX, SEEN_SUFFIX, TEMPORARY_SUFFIX = ".code", ".seen", ".tmp"
_SEEN = Struct(f"<{KEY_SIZE}sQIII")
"""Of a file `.seen`: key and secret, how many positions of gaps and then of function bodies follow, the checksum.
What is left are hashes (`partial.Layout`)."""
_STALE_SECONDS = 3600.0
_HEXADECIMAL = frozenset("0123456789abcdef")


class Refused(Exception):
    """The folder must not be used; the message says why."""


class FileInfo(Record):
    """What `wasmvm cache` shows of a file: its key in hexadecimal, bytes, functions, when it was last used."""

    key: str
    size: int
    functions: int
    used: float


def default_folder() -> str:
    """Where this system's user keeps what can be made again."""
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
        folder: its path; None is the user's own.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self.folder = default_folder() if folder is None else os.fspath(folder)

    def check(self) -> None:
        """Make the folder if it is not there, and see that it is the user's alone.

        Raises:
            Refused: others own it or may write to it, or it is no folder.
            OSError: it cannot be made.
        """
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        status = os.lstat(self.folder)
        if not stat.S_ISDIR(status.st_mode):
            raise Refused(f"{self.folder} is not a directory")
        if sys.platform == "win32":
            return  # below the user's profile, which others cannot write to
        if status.st_uid != os.geteuid():
            raise Refused(f"{self.folder} belongs to another user")
        if status.st_mode & 0o077:
            raise Refused(f"{self.folder} is open to other users (it must have mode 700)")

    def _usable(self) -> bool:
        try:
            self.check()
        except (OSError, Refused):
            return False
        return True

    def open(self, source: bytes, status: os.stat_result | None = None) -> Entry:
        """What is known of the module with these bytes; never fails.

        Args:
            status: what the system said of the file before the bytes were read from it.
        """
        if not self._usable():
            return Entry(None, b"")
        seen = None if status is None or status.st_size != len(source) else _seen(status)
        return Entry(self, keyed(source), seen=seen)

    def recall(self, descriptor: int, status: os.stat_result) -> Entry | None:
        """What is known of the module in an open file, without reading all of it; None if that is nothing.

        Args:
            status: what the system says of the file.
        """
        seen = _seen(status)
        if seen is None or not self._usable():
            return None
        path = self.path(seen, SEEN_SUFFIX)
        data = read_private(path)
        layout = None if data is None else _unpack_seen(seen, data)
        if layout is None:
            return None
        try:
            partial = PartialSource(descriptor, status.st_size, layout, lambda: _remove(path))
        except (OSError, ValueError):
            _remove(path)
            return None
        return Entry(self, layout.key, partial=partial)

    def path(self, key: bytes, suffix: str = SUFFIX) -> str:
        return os.path.join(self.folder, key.hex() + suffix)

    def write(self, path: str, parts: Iterable[bytes]) -> None:
        """Write a file that appears at once and whole; raises OSError."""
        temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}{TEMPORARY_SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            with open(os.open(temporary, flags, 0o600), "wb") as file:
                file.writelines(parts)
            os.replace(temporary, path)
        except OSError:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise

    def _files(self) -> Iterator[os.DirEntry[str]]:
        """What a cache has written here, whatever else lies in the folder."""
        try:
            with os.scandir(self.folder) as items:
                yield from (item for item in items if is_ours(item.name) and item.is_file(follow_symlinks=False))
        except FileNotFoundError:
            return

    def files(self) -> list[FileInfo]:
        """The files, the one used last first; raises OSError."""
        found = []
        for item in self._files():
            key, suffix = os.path.splitext(item.name)
            if suffix == SUFFIX:
                status = item.stat(follow_symlinks=False)
                with open(item.path, "rb") as file:
                    functions = _count(file.read(codefile.HEADER_SIZE))
                found.append(FileInfo(key, status.st_size, functions, status.st_mtime))
        return sorted(found, key=lambda info: -info.used)

    def clear(self) -> int:
        """Remove all files that a cache has written; returns of how many modules; raises OSError."""
        count = 0
        for item in list(self._files()):
            _remove(item.path, strict=True)
            count += item.name.endswith(SUFFIX)
        return count

    def prune(self) -> None:
        """Remove what was not used for longest while all files together are too large, and what writers left behind."""
        import time

        now = time.time()
        files = []
        for item in self._files():
            status = item.stat(follow_symlinks=False)
            if not item.name.endswith(TEMPORARY_SUFFIX):
                files.append((status.st_mtime, status.st_size, item.path))
            elif now - status.st_mtime > _STALE_SECONDS:
                _remove(item.path, strict=True)
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= MOST_BYTES:
                break
            _remove(path, strict=True)
            total -= size


class Entry:
    """The file of one module, which may be absent.

    Attributes:
        validated: the module was found to be valid, so that its function bodies need not be validated at once.
        partial: what was read of the module's file, unless it is all.
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
        """Use a file if it is whole and the one of this key."""
        try:
            header = codefile.header(data)
        except codefile.Unsound:
            return
        if header.key == self._key:
            self._data = data
            self._count = header.functions

    def install(self, code: ModuleCode) -> None:
        """Offer the functions that are known their code; none, if the file lies."""
        if self._data is not None:
            try:
                codefile.install(self._data, self._count, code)
            except InternalError:
                self._data = None

    def save(self, module: Module, code: ModuleCode, fresh: int) -> bool:
        """Write the file if enough is new; whether it was written.

        Args:
            module: what is in the file that `seen` is of.
            code: all functions that were lowered or installed.
            fresh: how many bytes of it were not known here.
        """
        cache = self._cache
        if cache is None:
            return False
        try:
            if self._seen is not None:
                layout = layout_of(module, self._key)
                cache.write(cache.path(self._seen, SEEN_SUFFIX), _pack_seen(self._seen, layout))
            if self._data is not None and fresh * WORTH_SAVING <= len(self._data):
                return False
            cache.write(cache.path(self._key), codefile.pack(code, self._key))
            cache.prune()
        except OSError:
            return False  # the disk is full, or the folder is gone or not writable
        return True


def is_ours(name: str) -> bool:
    """Whether a file of this name is one that a cache writes: a key in hexadecimal and a suffix, or what `Cache.write`
    makes of that."""
    key, dot, rest = name.partition(".")
    if not dot or len(key) != 2 * KEY_SIZE or not _HEXADECIMAL.issuperset(key):
        return False
    suffix, *temporary = rest.split(".")
    if "." + suffix not in (SUFFIX, SEEN_SUFFIX):
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
    """Remove a file if it is there; raises OSError if that fails and `strict` is true."""
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
    """Of how many functions a file says that it has the code."""
    try:
        return codefile.header(head, check=False).functions
    except codefile.Unsound:
        return 0


def _seen(status: os.stat_result) -> bytes | None:
    """A hash of a file's state; None for a small file, or if a later change is likely to leave it in the same state."""
    import time

    if sys.platform == "win32" or not stat.S_ISREG(status.st_mode) or status.st_size < LARGE:
        return None
    if time.time() - max(status.st_mtime, status.st_ctime) <= RACY_SECONDS:
        return None
    state = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    return keyed(repr(state).encode())


def read_private(path: str) -> bytes | None:
    """A file of the folder, or None where there is none that is the user's own; marks it as used."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    try:
        with open(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or (sys.platform != "win32" and status.st_uid != os.geteuid()):
                return None
            data = file.read(status.st_size)
            os.utime(descriptor if os.utime in os.supports_fd else path)  # what is used lately is pruned last
            return data
    except OSError:
        return None
