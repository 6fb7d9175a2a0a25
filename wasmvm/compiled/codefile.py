"""Lowered code as bytes: the one format of serialized modules and of the cache on disk.

A file is a header (`_HEADER`: magic, key, number of functions, size of the module at the end, checksum of everything),
a record for each function (`_core.ModuleCode.pack`), the arrays of each in the order of `lowered.Lowered`, and last
the module in the binary format, which a cache leaves out. The header is little-endian; the rest is as the machine has
it, so that code is used where it lies in the file, without a copy.

The key says what the code belongs to: `BUILD` if the module is in the file, otherwise a hash of the module keyed with
`BUILD`. The checksum finds accidents; attackers are the business of `lowering.verify`, which checks the code of a
function before it is first called.
"""

from __future__ import annotations

import sys
from struct import Struct
from zlib import crc32

from wasmvm._build import SOURCES
from wasmvm._core import DISPATCH, blank_bytes, copy_into
from wasmvm.record import Record

try:
    from _blake2 import blake2b  # hashlib itself would load OpenSSL, which takes milliseconds
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasmvm._core import ModuleCode

MAGIC = b"wasmvm\0\3"
KEY_SIZE = 32
_HEADER = Struct(f"<8s{KEY_SIZE}sIQI")
HEADER_SIZE = _HEADER.size
MAX_SIZE = 1 << 62
"""No file has as many bytes."""
_MAX_BYTES = 1 << 31
"""The most bytes of records and code: offsets have 32 bits."""

BUILD: bytes = blake2b(f"{SOURCES} {DISPATCH} {sys.byteorder}".encode(), digest_size=KEY_SIZE).digest()
"""Equal where lowered code means the same and the same modules are valid (docs/rationale.md, "What makes kept code
stale?")."""


class UnsoundError(Exception):
    """The bytes are not an intact code file; the message says why."""


class Header(Record):
    """What a file says of itself: its key, the number of its functions, and the offset where the module begins."""

    key: bytes
    functions: int
    end: int


def keyed(data: bytes) -> bytes:
    """A hash of `data` for this build of wasmvm."""
    return blake2b(data, digest_size=KEY_SIZE, key=BUILD).digest()


def pack(code: ModuleCode, key: bytes, source: bytes = b"", piece: int = MAX_SIZE) -> list[bytes]:
    """A file with all lowered functions, but for those that do not fit into 2 GiB, in pieces of so many bytes.

    It takes no memory besides that, and other threads run meanwhile.
    """
    count, pieces = code.pack(HEADER_SIZE, source, _MAX_BYTES, max(piece, HEADER_SIZE))
    checksum = _checksum(key, count, len(source), _after_header([memoryview(piece) for piece in pieces]))
    copy_into(pieces[0], 0, _HEADER.pack(MAGIC, key, count, len(source), checksum))
    return pieces


def _after_header(pieces: Sequence[memoryview]) -> list[memoryview]:
    return [pieces[0][HEADER_SIZE:], *pieces[1:]]


def _checksum(key: bytes, count: int, source_size: int, parts: Sequence[bytes | memoryview]) -> int:
    """The checksum of a whole file; `parts` is what follows the header."""
    checksum = crc32(_HEADER.pack(MAGIC, key, count, source_size, 0))
    for part in parts:
        checksum = crc32(part, checksum)
    return checksum


def header(pieces: Sequence[memoryview], *, check: bool = True) -> Header:
    """The header of a file.

    Args:
        pieces: all bytes of the file, those of the header in the first.
        check: whether to compare the checksum of the whole file as well.

    Raises:
        UnsoundError: these are not the bytes of a file that `pack` made.
    """
    first = pieces[0] if pieces else memoryview(b"")
    if bytes(first[:6]) != MAGIC[:6] or len(first) < HEADER_SIZE:
        raise UnsoundError("it does not begin as one")
    magic, key, count, source_size, expected = _HEADER.unpack_from(first)
    if magic != MAGIC:
        raise UnsoundError("its format is that of another version of wasmvm")
    if check and _checksum(key, count, source_size, _after_header(pieces)) != expected:
        raise UnsoundError("it is damaged: its checksum is another")
    return Header(key, count, max(sum(map(len, pieces)) - source_size, HEADER_SIZE))


def joined(pieces: Sequence[memoryview], start: int, end: int) -> bytes:
    """The bytes from `start` up to `end` of a file, copied; other threads run meanwhile."""
    found = blank_bytes(end - start)
    at = 0
    for piece in pieces:
        part = piece[max(start - at, 0) : max(end - at, 0)]
        if part:
            copy_into(found, max(at, start) - start, part)
        at += len(piece)
    return found


def install(data: bytes, count: int, code: ModuleCode) -> None:
    """Offer `code` the functions of a file, without a copy. Raises InternalError for inconsistent records."""
    code.adopt(data, _HEADER.size, count)
