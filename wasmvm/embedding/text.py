"""The text format, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

from wasmvm.binary import decode
from wasmvm.binary.names import read_names
from wasmvm.compiled import look_around
from wasmvm.errors import DecodeError, ValidationError
from wasmvm.text import print_module, wat2wasm
from wasmvm.validation import validate

__all__ = ["wasm2wat", "wasm2wat_pieces", "wat2wasm"]


def wasm2wat(data: bytes | bytearray | memoryview) -> str:
    """A module of the binary format as text, with the names of its name section.

    Custom sections become ``@custom`` annotations, so that `wat2wasm` makes the same module of the text again. The
    module need not be valid, only well-formed.

    Raises:
        DecodeError: it is not well-formed.
    """
    module = decode(data)
    text = StringIO(newline="")  # a list of a million lines would take several times the text's own size
    text.writelines(print_module(module, read_names(module)))
    return text.getvalue()


def wasm2wat_pieces(data: bytes | bytearray | memoryview) -> Iterator[str]:
    """The same text in pieces, for those who would rather not have all of it in memory.

    Raises:
        DecodeError: it is not well-formed; raised here, not in the middle of the text.
    """
    module = decode(data)
    try:
        validate(module, look_around)
    except (DecodeError, ValidationError):  # it may be well-formed none the less: only printing tells
        for _ in print_module(module, read_names(module)):
            pass
    return print_module(module, read_names(module))
