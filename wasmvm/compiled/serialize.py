"""Modules as bytes: what was lowered is kept, so that reading one back costs neither validation nor lowering."""

from __future__ import annotations

import os

from wasmvm.compiled import codefile
from wasmvm.compiled.module import CompiledModule
from wasmvm.errors import DecodeError, DeserializeError, InternalError, ValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.compiled.source import Source


def dump(compiled: CompiledModule) -> bytes:
    """The module and the functions that were lowered so far."""
    return b"".join(codefile.pack(compiled.code, codefile.BUILD, compiled.syntax.source))


def _header(data: bytes | bytearray | memoryview) -> codefile.Header:
    try:
        return codefile.header(data)
    except codefile.Unsound as reason:
        raise DeserializeError(f"not a serialized module: {reason}") from None


def load(source: Source, *, recompile: bool = False) -> CompiledModule:
    """What `dump` was given, from its bytes or from the file of this path.

    Nothing is run that was not validated or verified, so that the data may come from anybody: it is a module like
    others, whose functions may compute something else than their bodies say.

    Args:
        recompile: compile the module again where its code is of another version or build of wasmvm.

    Raises:
        DeserializeError: the data is damaged, or its code is of another version or build.
        OSError: the file cannot be read.
    """
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            source = file.read()
    header = _header(source)
    view = memoryview(source).cast("B")
    binary = bytes(view[header.end :])
    if header.key != codefile.BUILD:
        if recompile:
            return CompiledModule(binary)
        raise DeserializeError("the module was serialized by another version or build of wasmvm; compile it again")
    try:
        compiled = CompiledModule(binary, valid=True)
        codefile.install(bytes(view[: header.end]), header.functions, compiled.code)
    except (DecodeError, ValidationError, InternalError) as error:
        raise DeserializeError(f"the serialized module is damaged: {error}") from error
    return compiled
