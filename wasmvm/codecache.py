"""Lowered code on disk, so that the next start of a module need not validate and lower it again.

The folder is one of the user's cache directory and must be theirs alone, since what lies in it is executed unchecked:
a folder that others could write to is not used. A file holds the code of the functions of one module that have been
called so far; that it exists says that the module is valid. Its name is a hash of the module's bytes and of the build
of wasmvm, so nothing in it can be stale. It is written under another name and then renamed: a reader sees all of it or
nothing, and of two writers at a time the last one stays. Whatever fails here is no error: the code is lowered again.

A file, in the byte order of the machine: a header (`_HEADER`: magic, key, number of records, checksum of key and
records), the records (`_RECORD`), then for each record its code words and its pairs of offsets. Each record carries a
checksum of them, which is compared when the function is first called.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

try:
    from _blake2 import blake2b  # hashlib itself would load OpenSSL, which takes milliseconds
except ImportError:
    from hashlib import blake2b

if TYPE_CHECKING:
    from mmap import mmap

FOLDER_ENV = "WASMVM_CACHE_DIR"
"""Environment variable that names the folder."""
MOST_BYTES = 1 << 30
"""All files together; the ones that were not used for longest are removed beyond it."""
WORTH_SAVING = 32
"""A file is written anew when this fraction of its words, one in so many, would be new."""

MAGIC = b"wasmvm\0\1"
SUFFIX = ".code"
_KEY_SIZE = 32
_HEADER = Struct(f"=8s{_KEY_SIZE}sII")
_RECORD = Struct("=8I")
_RECORD_WORDS = 8
_STALE_SECONDS = 3600.0


Lowered = tuple[bytes, int, int, int, bytes]
"""A function's code, as `ModuleCode.get` gives it: words, frame size, first and last slot to be zeroed, offsets."""


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

    def open(self, source: bytes) -> Entry:
        """What is known of the module with these bytes; never fails."""
        key = blake2b(source, digest_size=_KEY_SIZE, key=blake2b(build_id()).digest()).digest()
        try:
            self.check()
        except (OSError, Refused):
            return Entry(None, key)
        return Entry(self, key)

    def path(self, key: bytes) -> str:
        return os.path.join(self.folder, key.hex() + SUFFIX)

    def _files(self) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(self.folder) as items:
                yield from (item for item in items if item.name.endswith((SUFFIX, ".tmp")))
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
        """Remove all files; returns how many; raises OSError."""
        count = 0
        for item in list(self._files()):
            os.unlink(item.path)
            count += 1
        return count

    def prune(self) -> None:
        """Remove what was not used for longest while all files together are too large, and what writers left behind."""
        import time

        now = time.time()
        files = []
        for item in self._files():
            status = item.stat(follow_symlinks=False)
            if item.name.endswith(SUFFIX):
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

    def __init__(self, cache: Cache | None, key: bytes) -> None:
        self._cache = cache
        self._key = key
        self._map: mmap | None = None
        self._records = memoryview(b"").cast("I")
        self._places: dict[int, int] = {}
        self._size = 0
        if cache is not None:
            self._load(cache.path(key))
        self.validated = self._map is not None

    def _load(self, path: str) -> None:
        from mmap import ACCESS_READ, mmap

        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        except OSError:
            return
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or (sys.platform != "win32" and status.st_uid != os.geteuid()):
                return
            mapped = mmap(descriptor, 0, access=ACCESS_READ)
            records = _records_of(mapped, self._key)
            if records is None:
                return
            os.utime(descriptor if os.utime in os.supports_fd else path)  # what is used lately is pruned last
        except (OSError, ValueError):  # ValueError: an empty file cannot be mapped
            return
        finally:
            os.close(descriptor)
        self._map = mapped
        self._records = records
        self._places = dict(zip(records[::_RECORD_WORDS].tolist(), range(0, len(records), _RECORD_WORDS), strict=True))
        self._size = len(mapped)

    def find(self, index: int) -> Lowered | None:
        """The code of the function `index`, counted among those the module defines; None where it is not known."""
        place = self._places.get(index)
        if place is None or self._map is None:
            return None
        _, start, length, frame_size, zero_from, zero_to, offset_count, checksum = self._records[
            place : place + _RECORD_WORDS
        ].tolist()
        # A copy: what was checked is what will be executed, whatever happens to the file.
        data = self._map[start : start + 4 * (length + offset_count)]
        if len(data) != 4 * (length + offset_count) or length == 0 or crc32(data) != checksum:
            del self._places[index]
            return None
        return data[: 4 * length], frame_size, zero_from, zero_to, data[4 * length :]

    def save(self, fresh: Iterable[tuple[int, Lowered]]) -> bool:
        """Add functions that were not found here and write the file, if that is worth it; whether it was written."""
        if self._cache is None:
            return False
        found = dict(fresh)
        new_bytes = sum(len(lowered[0]) + len(lowered[4]) for lowered in found.values())
        if self.validated and new_bytes * WORTH_SAVING <= self._size:
            return False
        for index in list(self._places):
            known = self.find(index)
            if known is not None:
                found[index] = known
        try:
            self._write(self._cache, sorted(found.items()))
            self._cache.prune()
        except OSError:
            return False  # the disk is full, or the folder is gone or not writable
        return True

    def _write(self, cache: Cache, functions: list[tuple[int, Lowered]]) -> None:
        records, chunks = [], []
        start = _HEADER.size + _RECORD.size * len(functions)
        for index, (code, frame_size, zero_from, zero_to, offsets) in functions:
            data = code + offsets
            sizes = (len(code) // 4, frame_size, zero_from, zero_to, len(offsets) // 4)
            records.append(_RECORD.pack(index, start, *sizes, crc32(data)))
            chunks.append(data)
            start += len(data)
            if start >= 1 << 32:
                return  # a record could not say where it is
        table = b"".join(records)
        header = _HEADER.pack(MAGIC, self._key, len(functions), crc32(table, crc32(self._key)))
        path = cache.path(self._key)
        temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            with open(os.open(temporary, flags, 0o600), "wb") as file:
                file.writelines((header, table, *chunks))
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)
            raise


def _records_of(mapped: mmap, key: bytes) -> memoryview | None:
    """The records of a file, one after another; None where it is damaged or not the file of this key."""
    if len(mapped) < _HEADER.size:
        return None
    magic, found_key, count, checksum = _HEADER.unpack_from(mapped)
    end = _HEADER.size + _RECORD.size * count
    if magic != MAGIC or found_key != key or end > len(mapped):
        return None
    table = mapped[_HEADER.size : end]
    if crc32(table, crc32(key)) != checksum:
        return None
    return memoryview(table).cast("I")
