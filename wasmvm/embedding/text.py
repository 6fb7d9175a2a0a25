"""The text format, both ways."""

from __future__ import annotations

from wasmvm.binary import decode
from wasmvm.binary.names import read_names
from wasmvm.text import print_module, wat2wasm

__all__ = ["as_binary", "wasm2wat", "wat2wasm"]

_TEXT_BEGINS = (b"(", b";")
"""What a module in the text format begins with, after white space: a field or a comment."""


def as_binary(source: bytes) -> bytes:
    """The module in the binary format: `source` itself, or assembled where it looks like text.

    Raises:
        TextError: it looks like text but is no module.
    """
    # No more than the beginning is looked at: white space at length is no module in either format.
    return wat2wasm(source) if source[:4096].lstrip().startswith(_TEXT_BEGINS) else source


def wasm2wat(data: bytes | bytearray | memoryview) -> str:
    """A module of the binary format as text, its parts named as its name section says.

    Custom sections are kept, as ``@custom`` annotations: `wat2wasm` makes the same module of the text again.
    The module need not be valid, but it has to be well-formed.

    Raises:
        DecodeError: it is not.
    """
    module = decode(data)
    return print_module(module, read_names(module))
