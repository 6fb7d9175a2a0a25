"""Modules as files: what was lowered is kept, so that reading one back costs neither validation nor lowering.

The format: `MAGIC`; 8 bytes that say what the code means (`fingerprint`); the SHA-256 of all that follows; the length
of the module (u64) and the module in the binary format; then each lowered function: its index, frame size, first and
last slot to be zeroed, lengths of code and offset table in bytes (6 x u32), code, offset table. Numbers are
little-endian; code words are as the machine has them, which the fingerprint covers.
"""

from __future__ import annotations

import struct
import sys
from array import array

from wasmvm._core import DISPATCH
from wasmvm.compile import CompiledModule
from wasmvm.errors import DecodeError, DeserializeError
from wasmvm.isa.regopcode import FINGERPRINT

MAGIC = b"\0wasmvm\1"
_FUNCTION = struct.Struct("<6I")
_HEAD = len(MAGIC) + 8 + 32


def fingerprint() -> bytes:
    """Equal where lowered code means the same: instructions, dispatch and byte order."""
    flags = (DISPATCH == "threaded") | (sys.byteorder == "big") << 1
    return struct.pack("<Q", FINGERPRINT ^ flags)


def _digest(payload: bytes | memoryview) -> bytes:
    from hashlib import sha256

    return sha256(payload).digest()


def dump(compiled: CompiledModule) -> bytes:
    """The module and the functions that were lowered so far."""
    source = compiled.syntax.source
    parts = [struct.pack("<Q", len(source)), source]
    for index in range(compiled.code.count):
        lowered = compiled.code.get(index)
        if lowered is not None:
            code, frame_size, zero_from, zero_to, offsets = lowered
            parts.append(_FUNCTION.pack(index, frame_size, zero_from, zero_to, len(code), len(offsets)))
            parts += (code, offsets)
    payload = b"".join(parts)
    return MAGIC + fingerprint() + _digest(payload) + payload


def is_dump(data: bytes | bytearray | memoryview) -> bool:
    return bytes(data[: len(MAGIC)]) == MAGIC


def source_of(data: bytes | bytearray | memoryview) -> bytes:
    """The module in the binary format, out of what `dump` made, whatever version it was.

    Raises:
        DeserializeError: it is not whole.
    """
    view = memoryview(data)
    if not is_dump(data) or len(view) < _HEAD + 8:
        raise DeserializeError("not a serialized module")
    if _digest(view[_HEAD:]) != view[len(MAGIC) + 8 : _HEAD]:
        raise DeserializeError("the serialized module is damaged: its checksum is another")
    (length,) = struct.unpack_from("<Q", view, _HEAD)
    if length > len(view) - _HEAD - 8:
        raise DeserializeError("the serialized module is damaged: it ends early")
    return bytes(view[_HEAD + 8 : _HEAD + 8 + length])


def load(data: bytes | bytearray | memoryview) -> CompiledModule:
    """What `dump` was given. Read only what you wrote: a checksum keeps out accidents, not attackers.

    Raises:
        DeserializeError: the data is damaged, or lowered code means another thing in this version of wasmvm.
    """
    source = source_of(data)
    view = memoryview(data)
    if bytes(view[len(MAGIC) : len(MAGIC) + 8]) != fingerprint():
        raise DeserializeError("the module was serialized by another version or build of wasmvm; compile it again")
    try:
        compiled = CompiledModule(source, valid=True)
        position = _HEAD + 8 + len(source)
        while position < len(view):
            index, frame_size, zero_from, zero_to, code, offsets = _FUNCTION.unpack_from(view, position)
            position += _FUNCTION.size
            middle, end = position + code, position + code + offsets
            if end > len(view) or index >= compiled.code.count or not code:
                raise DeserializeError("the serialized module is damaged: a function lies outside of it")
            compiled.code.put(
                index, array("i", view[position:middle].tobytes()), frame_size, zero_from, zero_to,
                array("i", view[middle:end].tobytes()),
            )  # fmt: skip
            position = end
    except (DecodeError, struct.error, ValueError) as error:
        raise DeserializeError(f"the serialized module is damaged: {error}") from error
    return compiled
