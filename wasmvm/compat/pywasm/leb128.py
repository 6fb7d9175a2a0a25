"""pywasm's integers in LEB128: `u` unsigned, `i` signed."""

from __future__ import annotations

from typing import Any

from wasmvm.text.encoder import sleb, uleb


def _bits(data: Any) -> int:
    assert len(data) > 0
    return sum((byte & 0x7F) << 7 * i for i, byte in enumerate(data))


def _read(stream: Any) -> bytearray:
    """The bytes of one integer; EOFError if they end too early."""
    data = bytearray()
    while not data or data[-1] & 0x80:
        byte = stream.read(1)
        if len(byte) != 1:
            raise EOFError
        data += byte
    return data


class _U:
    @staticmethod
    def encode(i: int) -> bytearray:
        assert i >= 0
        return bytearray(uleb(i))

    @staticmethod
    def decode(b: Any) -> int:
        return _bits(b)

    @staticmethod
    def decode_reader(r: Any) -> tuple[int, int]:
        """The integer, and how many bytes it took."""
        data = _read(r)
        return _bits(data), len(data)


class _I:
    @staticmethod
    def encode(i: int) -> bytearray:
        return bytearray(sleb(i))

    @staticmethod
    def decode(b: Any) -> int:
        return _bits(b) - int((b[-1] & 0x40) << 7 * len(b) - 6)

    @staticmethod
    def decode_reader(r: Any) -> tuple[int, int]:
        """The integer, and how many bytes it took."""
        data = _read(r)
        return _I.decode(data), len(data)


u = _U()
i = _I()
