"""Modules for tests, byte by byte: also those that no assembler would make."""

from __future__ import annotations

from collections.abc import Iterable

HEADER = b"\0asm\1\0\0\0"
TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEM, CODE, DATA, DATA_COUNT = range(1, 13)
CUSTOM = 0

I32, I64, F32, F64, FUNCREF, EXTERNREF = b"\x7f", b"\x7e", b"\x7d", b"\x7c", b"\x70", b"\x6f"


def uleb(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def sleb(value: int) -> bytes:
    encoded = bytearray()
    while not -0x40 <= value < 0x40:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value & 0x7F])


def vec(items: Iterable[bytes]) -> bytes:
    items = list(items)
    return uleb(len(items)) + b"".join(items)


def name(text: str) -> bytes:
    encoded = text.encode()
    return uleb(len(encoded)) + encoded


def section(section_id: int, content: bytes) -> bytes:
    return bytes([section_id]) + uleb(len(content)) + content


def functype(params: Iterable[bytes] = (), results: Iterable[bytes] = ()) -> bytes:
    return b"\x60" + vec(params) + vec(results)


def body(code: bytes, local_groups: Iterable[bytes] = ()) -> bytes:
    """An entry of the code section; `code` ends with its own ``end``."""
    content = vec(local_groups) + code
    return uleb(len(content)) + content


def module(*sections: bytes) -> bytes:
    return HEADER + b"".join(sections)


def one_function(code: bytes, *, types: Iterable[bytes] = (), local_groups: Iterable[bytes] = ()) -> bytes:
    """A module with one function, of type 0: nothing to nothing unless `types` says otherwise."""
    types = list(types) or [functype()]
    return module(
        section(TYPE, vec(types)), section(FUNCTION, vec([b"\0"])), section(CODE, vec([body(code, local_groups)]))
    )
