"""Lowered code as bytes: the one format of serialized modules and of the cache on disk.

A file is a header (`_HEADER`: magic, key, number of functions, size of the module at the end, checksum of everything),
a record for each function (`_RECORD`), the arrays of each in the order of `lowered.Lowered`, and last the module in the
binary format, which a cache leaves out. The header is little-endian; the rest is as the machine has it, so that code is
used where it lies in the file, without a copy.

The key says what the code belongs to: `BUILD` if the module is in the file, otherwise a hash of the module keyed with
`BUILD`. The checksum finds accidents; attackers are the business of `lowering.verify`, which checks the code of a
function before it is first called.
"""

from __future__ import annotations

import sys
from struct import Struct
from zlib import crc32

from wasmvm._build import SOURCES
from wasmvm._core import DISPATCH
from wasmvm.lowered import Lowered
from wasmvm.record import Record

try:
    from _blake2 import blake2b  # hashlib itself would load OpenSSL, which takes milliseconds
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm._core import ModuleCode
    from wasmvm.lowered import Words

MAGIC = b"wasmvm\0\3"
KEY_SIZE = 32
_HEADER = Struct(f"<8s{KEY_SIZE}sIQI")
HEADER_SIZE = _HEADER.size
_RECORD = Struct(f"={2 + len(Lowered._fields)}I")
"""Of a function: its index, where its arrays begin in the file, `Lowered.parts`. `_core.ModuleCode.adopt` reads it."""
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


def pack(code: ModuleCode, key: bytes, source: bytes = b"") -> list[bytes]:
    """The parts of a file with all lowered functions, but for those that do not fit into 2 GiB."""
    found: list[tuple[int, Lowered]] = []
    size = _HEADER.size
    for index in range(code.count):
        lowered = code.get(index)
        if lowered is not None:
            size += _RECORD.size + 4 * lowered.size
            if size >= _MAX_BYTES:
                break
            found.append((index, lowered))
    records: list[bytes] = []
    arrays: list[Words] = []
    start = _HEADER.size + _RECORD.size * len(found)
    for index, lowered in found:
        records.append(_RECORD.pack(index, start, *lowered.parts))
        arrays += lowered.arrays
        start += 4 * lowered.size
    parts = [b"".join([*records, *arrays]), source]
    checksum = _checksum(key, len(found), len(source), parts)
    return [_HEADER.pack(MAGIC, key, len(found), len(source), checksum), *parts]


def _checksum(key: bytes, count: int, source_size: int, parts: list[bytes] | list[memoryview]) -> int:
    """The checksum of a whole file; `parts` is what follows the header."""
    checksum = crc32(_HEADER.pack(MAGIC, key, count, source_size, 0))
    for part in parts:
        checksum = crc32(part, checksum)
    return checksum


def header(data: bytes | bytearray | memoryview, *, check: bool = True) -> Header:
    """The header of a file.

    Args:
        check: whether to compare the checksum of the whole file as well.

    Raises:
        UnsoundError: these are not the bytes of a file that `pack` made.
    """
    view = memoryview(data).cast("B")
    if bytes(view[:6]) != MAGIC[:6] or len(view) < _HEADER.size:
        raise UnsoundError("it does not begin as one")
    magic, key, count, source_size, checksum = _HEADER.unpack_from(view)
    if magic != MAGIC:
        raise UnsoundError("its format is that of another version of wasmvm")
    if check and _checksum(key, count, source_size, [view[_HEADER.size :]]) != checksum:
        raise UnsoundError("it is damaged: its checksum is another")
    return Header(key, count, max(len(view) - source_size, _HEADER.size))


def install(data: bytes, count: int, code: ModuleCode) -> None:
    """Offer `code` the functions of a file, without a copy. Raises InternalError for inconsistent records."""
    code.adopt(data, _HEADER.size, count)
