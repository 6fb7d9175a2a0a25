"""Where modules come from: bytes, text, and files, of which the cache may know the code. The entry of this folder."""

from __future__ import annotations

import os

from wasmvm.compiled.module import CompiledModule, look_around
from wasmvm.errors import DecodeError, ModuleSizeError, ValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedReader

    from typing_extensions import TypeIs

    from wasmvm.compiled.cache import Cache
    from wasmvm.features import Features

FilePath = str | os.PathLike[str]
Source = bytes | bytearray | memoryview | FilePath
"""What a module can be made of: bytes of the binary format or of the text format, text, or the path of a file."""
CacheOption = bool | FilePath
"""False for no cache, True for the user's cache directory, or another folder."""

MAX_MODULE_SIZE = 1 << 30
"""Bytes of a module by default: what browsers allow ("Implementation-defined limits" of the JavaScript interface)."""


def open_module(
    source: Source,
    *,
    cache: CacheOption = False,
    max_module_size: int | None = None,
    features: str | Features | None = None,
    checkpoint: Callable[[], object] = look_around,
    owner: object = None,
) -> CompiledModule:
    """The module of a source, valid, with the lowered code that the cache has for it.

    A str is text if it begins with a parenthesis or a comment, after white space, and otherwise a path.

    Args:
        max_module_size: in bytes, for the module and for its text; None is `MAX_MODULE_SIZE`.
        features: the proposals that the module may need, or a list of them (`features.parse`); None for the default.
        checkpoint: see `CompiledModule`.
        owner: when this object is freed, or the process ends, new code is written to the cache.

    Raises:
        DecodeError, ValidationError: the source is not a valid module, or too large.
        TextError: the source is text, but not a module.
        OSError: the file cannot be read.
        TypeError: the source has another type.
        ValueError: there are no such features.
    """
    limit = size_limit(max_module_size)
    allowed = allowed_features(features)
    if is_path(source):
        compiled = _open(source, cache, limit, checkpoint, owner)
    else:
        check_module_size(_length(source), limit)
        binary = _binary_of(source)
        check_module_size(len(binary), limit)
        compiled = _compile(binary, None, cache, checkpoint, owner)
    return within(compiled, allowed, checkpoint)


def open_file(
    path: FilePath,
    *,
    cache: CacheOption = False,
    max_module_size: int | None = None,
    features: str | Features | None = None,
    checkpoint: Callable[[], object] = look_around,
    owner: object = None,
) -> CompiledModule:
    """`open_module` of a file, whatever its name looks like."""
    allowed = allowed_features(features)
    compiled = _open(path, cache, size_limit(max_module_size), checkpoint, owner)
    return within(compiled, allowed, checkpoint)


def allowed_features(features: str | Features | None) -> Features | None:
    """The set of features that an option says, None for the default; raises TypeError, ValueError."""
    if features is None:
        return None
    from wasmvm.features import parse

    return parse(features)


def within(
    compiled: CompiledModule, features: Features | None, checkpoint: Callable[[], object] = look_around
) -> CompiledModule:
    """The module, if it needs no proposals but `features`, None for the default; otherwise raises ValidationError."""
    if features is not None or compiled.syntax.descriptors_at >= 0:
        from wasmvm.features import DEFAULT
        from wasmvm.validation.needs import check_features

        check_features(compiled.syntax, DEFAULT if features is None else features, checkpoint)
    return compiled


def is_path(source: object) -> TypeIs[FilePath]:
    """Whether a source is the path of a file: by its type, and a str by its first character."""
    return isinstance(source, os.PathLike) or (isinstance(source, str) and source.lstrip()[:1] not in ("(", ";"))


def size_limit(max_module_size: int | None) -> int:
    """The option `max_module_size` as a number; raises TypeError, ValueError if it cannot be one."""
    if max_module_size is None:
        return MAX_MODULE_SIZE
    from wasmvm._core import check_limit

    limit: int = check_limit("max_module_size", max_module_size)
    return min(limit, 1 << 62)  # no file and no object has more bytes


def check_module_size(size: int, limit: int) -> None:
    """Raise ModuleSizeError for a module of more than `limit` bytes."""
    if size > limit:
        raise ModuleSizeError(f"module of {size} bytes is larger than max_module_size={limit}", limit)


def _open(
    path: FilePath, cache: CacheOption, limit: int, checkpoint: Callable[[], object], owner: object
) -> CompiledModule:
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        check_module_size(status.st_size, limit)
        entry = None if cache is False else _folder(cache).recall(file.fileno(), status)
        if entry is not None and entry.partial is not None:
            try:
                return _kept(CompiledModule(entry.partial.source, entry=entry, checkpoint=checkpoint), owner)
            except (DecodeError, ValidationError, OSError):
                entry.partial.forget()  # the cache knows another file: read all of this one
        binary = _assembled(_content(file, status.st_size, limit))
        check_module_size(len(binary), limit)
        return _compile(binary, status, cache, checkpoint, owner)


def _compile(
    binary: bytes,
    status: os.stat_result | None,
    cache: CacheOption,
    checkpoint: Callable[[], object],
    owner: object,
) -> CompiledModule:
    """`status` is that of the file that the bytes were read from, or None."""
    if cache is False:
        return CompiledModule(binary, checkpoint=checkpoint)
    entry = _folder(cache).open(binary, status)
    return _kept(CompiledModule(binary, entry=entry, checkpoint=checkpoint), owner)


def _kept(compiled: CompiledModule, owner: object) -> CompiledModule:
    """Save the module's code when its owner is freed: the module itself is in a cycle, which may stay much longer."""
    if owner is not None:
        from weakref import finalize

        finalize(owner, compiled.save)
    return compiled


def _folder(option: CacheOption) -> Cache:
    from wasmvm.compiled.cache import Cache

    return Cache(None if isinstance(option, bool) else option)


def _content(file: BufferedReader, size: int, limit: int) -> bytes:
    """The whole content of a file, whose size was `size`; raises ModuleSizeError if it is more than `limit` bytes."""
    pieces = [file.read(size)]
    length = len(pieces[0])
    while piece := file.read(1 << 20):  # a pipe has no size, and a file may have grown
        pieces.append(piece)
        length += len(piece)
        check_module_size(length, limit)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _length(source: object) -> int:
    """The least size of a source in bytes: of a str its characters, which may take more; 0 for other types."""
    if isinstance(source, str):
        return len(source)
    try:
        return memoryview(source).nbytes  # type: ignore[arg-type]
    except TypeError:
        return 0


def _binary_of(source: bytes | bytearray | memoryview | str) -> bytes:
    """The bytes of the binary format; raises TextError, TypeError."""
    if isinstance(source, str):
        return _assemble(source)
    if type(source) is bytes:
        return _assembled(source)
    try:
        view = memoryview(source)
    except TypeError:
        raise TypeError(f"source: expected bytes, text or a path, got {type(source).__name__}") from None
    return _assembled(_copied(view))


def _copied(view: memoryview) -> bytes:
    """The bytes of a view; while large ones are copied, other threads run."""
    if not (view.c_contiguous and view.nbytes):
        return bytes(view)
    from wasmvm._core import blank_bytes, copy_into

    copy = blank_bytes(view.nbytes)
    copy_into(copy, 0, view.cast("B"))
    return copy


def _assembled(source: bytes) -> bytes:
    """Bytes of either format as bytes of the binary format."""
    return _assemble(source) if source.lstrip()[:1] in (b"(", b";") else source


def _assemble(text: str | bytes) -> bytes:
    from wasmvm.text import wat2wasm

    return wat2wasm(text)
