"""Modules as bytes, with the functions that were lowered, so that loading one neither validates nor lowers those."""

from __future__ import annotations

import os

from wasmvm.compiled import codefile
from wasmvm.compiled.module import CompiledModule
from wasmvm.errors import DecodeError, DeserializeError, InternalError, ValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasmvm.compiled.source import Source


def dump(compiled: CompiledModule) -> bytes:
    """A module with the functions that were lowered so far, as bytes; it takes no memory besides these."""
    return dump_pieces(compiled, codefile.MAX_SIZE)[0]


def dump_pieces(compiled: CompiledModule, piece: int) -> list[bytes]:
    """The same in pieces of so many bytes, for those who copy them with the GIL."""
    return codefile.pack(compiled.code, codefile.BUILD, compiled.syntax.source, piece)


def load(source: Source, *, recompile: bool = False) -> CompiledModule:
    """The module that `dump` made these bytes of; `source` may be the path of a file as well.

    The data may come from anybody, since nothing runs that was not validated or verified. It is a module like any
    other, except that its functions may compute something else than their bodies say.

    Args:
        recompile: compile the module again if its code is of another version or build of wasmvm.

    Raises:
        DeserializeError: the data is damaged, or its code is of another version or build.
        OSError: the file cannot be read.
    """
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            source = file.read()
    return load_pieces([source], recompile=recompile)


def load_pieces(sources: Sequence[bytes | bytearray | memoryview], *, recompile: bool = False) -> CompiledModule:
    """The same of what `dump_pieces` gave."""
    pieces = [memoryview(source).cast("B") for source in sources]
    try:
        header = codefile.header(pieces)
    except codefile.UnsoundError as reason:
        raise DeserializeError(f"not a serialized module: {reason}") from None
    binary = codefile.joined(pieces, header.end, sum(map(len, pieces)))
    if header.key != codefile.BUILD:
        if recompile:
            return CompiledModule(binary)
        raise DeserializeError("the module was serialized by another version or build of wasmvm; compile it again")
    try:
        compiled = CompiledModule(binary, valid=True)
        codefile.install(codefile.joined(pieces, 0, header.end), header.functions, compiled.code)
    except (DecodeError, ValidationError, InternalError) as error:
        raise DeserializeError(f"the serialized module is damaged: {error}") from error
    return compiled
