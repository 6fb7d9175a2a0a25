"""The text format, both ways."""

from __future__ import annotations

from wasmvm.binary import decode
from wasmvm.binary.names import read_names
from wasmvm.text import print_module, wat2wasm

__all__ = ["wasm2wat", "wat2wasm"]


def wasm2wat(data: bytes | bytearray | memoryview) -> str:
    """A module of the binary format as text, with the names of its name section.

    Custom sections become ``@custom`` annotations, so that `wat2wasm` makes the same module of the text again. The
    module need not be valid, only well-formed.

    Raises:
        DecodeError: it is not well-formed.
    """
    module = decode(data)
    return print_module(module, read_names(module))
