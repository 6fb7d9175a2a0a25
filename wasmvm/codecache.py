"""Lowered code on disk, so that the next start of a module need not validate and lower it again.

The folder is one of the user's cache directory and must be theirs alone, since what lies in it is executed unchecked:
a folder that others could write to is not used. A file holds the code of the functions of one module that have been
called so far; that it exists says that the module is valid. Its name is a hash of the module's bytes and of the build
of wasmvm, so nothing in it can be stale. It is written under another name and then renamed: a reader sees all of it or
nothing, and of two writers at a time the last one stays. Whatever fails here is no error: the code is lowered again.

A file, in the byte order of the machine: a header (`_HEADER`: magic, key, number of records, checksum of everything),
the records (`_RECORD`), then for each record its code words and its pairs of offsets. Files are read and not mapped:
that takes well below a millisecond a megabyte, and what was checked is what will be executed.

Hashing a large module takes longer than all else that is left to do at its start. So for a module from a file, a small
file `.seen` remembers the key under what tells one state of a file from another: device, inode, size, and the times of
the last change of content and of inode, the latter of which nobody can set.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

try:
    from _blake2 import blake2b  # hashlib itself would load OpenSSL, which takes milliseconds
except ImportError:
    from hashlib import blake2b

if TYPE_CHECKING:
    from wasmvm._core import ModuleCode

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

MAGIC = b"wasmvm\0\1"
SUFFIXES = SUFFIX, SEEN_SUFFIX, TEMPORARY_SUFFIX = ".code", ".seen", ".tmp"
_KEY_SIZE = 32
_HEADER = Struct(f"=8s{_KEY_SIZE}sII")
_RECORD = Struct("=7I")
_SEEN = Struct(f"={_KEY_SIZE}sI")
_STALE_SECONDS = 3600.0


class Refused(Exception):
    """The folder must not be used; the message says why."""


class FileInfo(NamedTuple):
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


def build_id() -> bytes:
    """What tells this build from others: the files that decide what code looks like and which modules are valid."""
    root = os.path.dirname(__file__)
    parts = [sys.byteorder, sys.version]
    for folder in (root, *(os.path.join(root, name) for name in ("binary", "isa", "lowering", "validation"))):
        with os.scandir(folder) as items:
            for item in sorted(items, key=lambda item: item.name):
                if item.is_file():
                    status = item.stat()
                    parts.append(f"{item.name} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(parts).encode("utf-8", "surrogateescape")


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

    def open(self, source: bytes, status: os.stat_result | None = None) -> Entry:
        """What is known of the module with these bytes; never fails.

        Args:
            status: what the system said of the file before the bytes were read from it.
        """
        try:
            self.check()
        except (OSError, Refused):
            return Entry(None, b"")
        build = blake2b(build_id()).digest()
        seen = None
        if status is not None and len(source) >= LARGE and _settled(status, len(source)):
            state = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            seen = blake2b(repr(state).encode(), digest_size=_KEY_SIZE, key=build).digest()
            data = read_private(self.path(seen, SEEN_SUFFIX))
            if data is not None and len(data) == _SEEN.size:
                key, checksum = _SEEN.unpack(data)
                if checksum == crc32(key, crc32(seen)):
                    return Entry(self, key)
        key = blake2b(source, digest_size=_KEY_SIZE, key=build).digest()
        return Entry(self, key, seen)

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
        try:
            with os.scandir(self.folder) as items:
                yield from (item for item in items if item.name.endswith(SUFFIXES))
        except FileNotFoundError:
            return

    def files(self) -> list[FileInfo]:
        """The files, the one used last first; raises OSError."""
        found = []
        for item in self._files():
            key, suffix = os.path.splitext(item.name)
            if suffix == SUFFIX:
                status = item.stat()
                with open(item.path, "rb") as file:
                    header = file.read(_HEADER.size)
                functions = _HEADER.unpack(header)[2] if len(header) == _HEADER.size else 0
                found.append(FileInfo(key, status.st_size, functions, status.st_mtime))
        return sorted(found, key=lambda info: -info.used)

    def clear(self) -> int:
        """Remove all files; returns of how many modules; raises OSError."""
        count = 0
        for item in list(self._files()):
            os.unlink(item.path)
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
                os.unlink(item.path)
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= MOST_BYTES:
                break
            os.unlink(path)
            total -= size


class Entry:
    """The file of one module, which may be absent.

    Attributes:
        validated: the module is known to be valid.
    """

    def __init__(self, cache: Cache | None, key: bytes, seen: bytes | None = None) -> None:
        self._cache = cache
        self._key = key
        self._seen = seen
        self._data: bytes | None = None
        if cache is not None:
            data = read_private(cache.path(key))
            if data is not None and is_sound(data, key):
                self._data = data
        self.validated = self._data is not None

    def install(self, code: ModuleCode) -> None:
        """Give the functions that are known their code."""
        if self._data is not None:
            count = _HEADER.unpack_from(self._data)[2]
            code.adopt(self._data, _HEADER.size, count)

    def save(self, code: ModuleCode, fresh: int) -> bool:
        """Write the file if enough is new; whether it was written.

        Args:
            code: all functions that were lowered or installed.
            fresh: how many bytes of it were not known here.
        """
        cache = self._cache
        if cache is None:
            return False
        try:
            if self._seen is not None:
                cache.write(
                    cache.path(self._seen, SEEN_SUFFIX), [_SEEN.pack(self._key, crc32(self._key, crc32(self._seen)))]
                )
            if self._data is not None and fresh * WORTH_SAVING <= len(self._data):
                return False
            parts = _file_of(code, self._key)
            if parts is None:
                return False
            cache.write(cache.path(self._key), parts)
            cache.prune()
        except OSError:
            return False  # the disk is full, or the folder is gone or not writable
        return True


def _settled(status: os.stat_result, size: int) -> bool:
    """Whether a later change of the file is sure to show in its status."""
    import time

    if sys.platform == "win32" or not stat.S_ISREG(status.st_mode) or status.st_size != size:
        return False
    return time.time() - max(status.st_mtime, status.st_ctime) > RACY_SECONDS


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


def is_sound(data: bytes, key: bytes) -> bool:
    """Whether a file is whole and the one of this key."""
    if len(data) < _HEADER.size:
        return False
    magic, found_key, count, checksum = _HEADER.unpack_from(data)
    if magic != MAGIC or found_key != key:
        return False
    expected: int = checksum
    return _checksum(memoryview(data)[_HEADER.size :], key, count) == expected


def _checksum(payload: bytes | memoryview, key: bytes, count: int) -> int:
    """Of everything in a file; `payload` is what follows the header."""
    return crc32(payload, crc32(_HEADER.pack(MAGIC, key, count, 0)))


def _file_of(code: ModuleCode, key: bytes) -> list[bytes] | None:
    """The parts of a file with everything that is lowered; None where it would become too large for its records."""
    found = [(index, lowered) for index in range(code.count) if (lowered := code.get(index)) is not None]
    records: list[bytes] = []
    chunks: list[bytes] = []
    start = _HEADER.size + _RECORD.size * len(found)
    for index, (words, frame_size, zero_from, zero_to, offsets) in found:
        sizes = (len(words) // 4, frame_size, zero_from, zero_to, len(offsets) // 4)
        records.append(_RECORD.pack(index, start, *sizes))
        chunks += (words, offsets)
        start += len(words) + len(offsets)
    if start >= 1 << 31:
        return None
    payload = b"".join(records + chunks)
    return [_HEADER.pack(MAGIC, key, len(found), _checksum(payload, key, len(found))), payload]
