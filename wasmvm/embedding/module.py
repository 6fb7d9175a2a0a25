"""Modules: compiled once, instantiated as often as wanted."""

from __future__ import annotations

import os

from wasmvm.compiled.module import CompiledModule, look_around
from wasmvm.errors import DecodeError, ModuleSizeError, ValidationError
from wasmvm.quoting import cut, escaped
from wasmvm.types import EXTERN_KINDS, ExternType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedReader
    from typing import Any

    from typing_extensions import Self

    from wasmvm.compiled.cache import Cache


class ImportType:
    """What a module asks for: `module` and `name`, `kind` ("func", "table", "memory", "global", "tag"), `type`."""

    __slots__ = ("kind", "module", "name", "type")

    def __init__(self, module: str, name: str, kind: str, type: ExternType) -> None:
        self.module = module
        self.name = name
        self.kind = kind
        self.type = type

    def __repr__(self) -> str:
        return f"<ImportType {cut(self.module)!r} {cut(self.name)!r}: {self.kind} {self.type}>"


class ExportType:
    """What a module offers: `name`, the `kind` ("func", "table", "memory", "global", "tag"), the `type`."""

    __slots__ = ("kind", "name", "type")

    def __init__(self, name: str, kind: str, type: ExternType) -> None:
        self.name = name
        self.kind = kind
        self.type = type

    def __repr__(self) -> str:
        return f"<ExportType {cut(self.name)!r}: {self.kind} {self.type}>"


Source = bytes | bytearray | memoryview | str | os.PathLike[str]
"""What a module can be made of: bytes of the binary format or of the text format, text, or the path of a file."""


def read_source(source: Source) -> bytes:
    """The bytes of the binary format; text is assembled.

    A str is text if it begins with a parenthesis or a comment, after white space; otherwise it is a path.

    Raises:
        TextError: text that is not a module.
        OSError: the file cannot be read.
        TypeError: it is nothing of the kind.
    """
    if isinstance(source, str) and _is_text(source):
        return _assemble(source)
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            return _binary(file.read())
    try:
        return _binary(bytes(memoryview(source)))
    except TypeError:
        raise TypeError(f"source: expected bytes, text or a path, got {type(source).__name__}") from None


MAX_MODULE_SIZE = 1 << 30
"""Bytes of a module where nothing else is said: what browsers allow ("Implementation-defined limits" of JavaScript)."""


def most_of_a_module(max_module_size: int | None) -> int:
    """The option as a number; TypeError, ValueError where it is none that can be."""
    if max_module_size is None:
        return MAX_MODULE_SIZE
    from wasmvm._core import check_limit

    most: int = check_limit("max_module_size", max_module_size)
    return min(most, 1 << 62)  # as far as files and bytes can be


def check_module_size(size: int, most: int) -> None:
    """ModuleSizeError for a module of more than `most` bytes."""
    if size > most:
        raise ModuleSizeError(f"module of {size} bytes is larger than max_module_size={most}", most)


CacheOption = bool | str | os.PathLike[str]
"""False for no cache, True for the user's cache directory, or another folder."""


def _content(file: BufferedReader, size: int, most: int) -> bytes:
    """All that is in a file, which says that it has `size` bytes; ModuleSizeError where there are more than `most`."""
    pieces = [file.read(size)]
    length = len(pieces[0])
    while piece := file.read(1 << 20):  # of a pipe, which has no size, or of a file that has grown
        pieces.append(piece)
        length += len(piece)
        check_module_size(length, most)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _length(source: object) -> int:
    """In bytes, of text in characters, which are no more; 0 for what is no source."""
    if isinstance(source, str):
        return len(source)
    try:
        return memoryview(source).nbytes  # type: ignore[arg-type]
    except TypeError:
        return 0


def _is_text(source: str) -> bool:
    return source.lstrip()[:1] in ("(", ";")


def _cache(option: CacheOption) -> Cache:
    from wasmvm.compiled.cache import Cache

    return Cache(None if isinstance(option, bool) else option)


def _binary(source: bytes) -> bytes:
    return _assemble(source) if source.lstrip()[:1] in (b"(", b";") else source


def _assemble(text: str | bytes) -> bytes:
    from wasmvm.text import wat2wasm

    return wat2wasm(text)


class Module:
    """A decoded and validated module (specification, 7.1.5); its functions are lowered when they are first called.

    A module is compiled once and instantiated as often as wanted, from several threads too. It pickles, with the code
    that was lowered so far, so that it can be sent to other processes.

    Args:
        source: bytes of the binary format or text format, text, or the path of a file with either.
        cache: keep lowered code in this folder, or with True in the user's cache directory, for the next start. What
            is new is written when the module is no longer used, or at the end of the process.
        max_module_size: bytes that the module may have, and its text as well; 1 GiB where it is None.
        checkpoint: a function that is called every some milliseconds while the module is decoded and validated; what it
            raises ends that. `instantiate` and `run` stop at their `timeout` so.

    Attributes:
        compiled: what the layers below make of it.

    Raises:
        DecodeError, ValidationError: it is not a valid module, or too large.
        TextError: it is text that is not a module.
        OSError: the file cannot be read.
    """

    def __init__(
        self,
        source: Source,
        *,
        cache: CacheOption = False,
        max_module_size: int | None = None,
        checkpoint: Callable[[], object] = look_around,
    ) -> None:
        most = most_of_a_module(max_module_size)
        if isinstance(source, os.PathLike) or (isinstance(source, str) and not _is_text(source)):
            self._open(source, cache, most, checkpoint)
        else:
            check_module_size(_length(source), most)
            binary = read_source(source)
            check_module_size(len(binary), most)
            self._compile(binary, None, cache, checkpoint)

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        *,
        cache: CacheOption = False,
        max_module_size: int | None = None,
        checkpoint: Callable[[], object] = look_around,
    ) -> Self:
        """The module in a file of the binary or text format; raises what `Module` raises."""
        made = cls.__new__(cls)
        made._open(path, cache, most_of_a_module(max_module_size), checkpoint)
        return made

    def _open(
        self, path: str | os.PathLike[str], cache: CacheOption, most: int, checkpoint: Callable[[], object]
    ) -> None:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            check_module_size(status.st_size, most)
            entry = None if cache is False else _cache(cache).recall(file.fileno(), status)
            if entry is not None and entry.partial is not None:
                try:
                    self._keep(CompiledModule(entry.partial.source, entry=entry, checkpoint=checkpoint))
                    return
                except (DecodeError, ValidationError, OSError):
                    entry.partial.forget()  # what it knows is not of this file: read all of that
            binary = _binary(_content(file, status.st_size, most))
            check_module_size(len(binary), most)
            self._compile(binary, status, cache, checkpoint)

    def _compile(
        self, source: bytes, status: os.stat_result | None, cache: CacheOption, checkpoint: Callable[[], object]
    ) -> None:
        """`status` is that of the file which the source was read from."""
        if cache is False:
            self.compiled = CompiledModule(source, checkpoint=checkpoint)
        else:
            entry = _cache(cache).open(source, status)
            self._keep(CompiledModule(source, entry=entry, checkpoint=checkpoint))

    def _keep(self, compiled: CompiledModule) -> None:
        from weakref import finalize

        self.compiled = compiled
        finalize(self, compiled.save)

    @classmethod
    def _of(cls, compiled: CompiledModule) -> Self:
        made = cls.__new__(cls)
        made.compiled = compiled
        return made

    @staticmethod
    def validate(source: Source, *, max_module_size: int | None = None) -> None:
        """Raises what `Module` would raise, and keeps nothing."""
        Module(source, max_module_size=max_module_size)

    def serialize(self, *, lower_all: bool = False) -> bytes:
        """The module with its lowered code, for `deserialize`.

        Args:
            lower_all: lower every function first; otherwise those go in that were called so far.
        """
        from wasmvm.compiled.serialize import dump

        if lower_all:
            for index in range(self.compiled.code.count):
                if self.compiled.code.get(index) is None:
                    self.compiled.lower(index)
        return dump(self.compiled)

    @classmethod
    def deserialize(cls, source: bytes | bytearray | memoryview | str | os.PathLike[str]) -> Self:
        """The module that `serialize` wrote, from its bytes or from a file.

        The data may come from anybody (docs/security.md): its module is validated, declarations now and functions when
        they are first called, and its lowered code is verified then. Whoever made it can let a function compute
        something else than its body says.

        Raises:
            DeserializeError: the data is damaged, its module is not valid, or another version of wasmvm made it.
            OSError: the file cannot be read.
        """
        from wasmvm.compiled.serialize import load

        if isinstance(source, (str, os.PathLike)):
            with open(source, "rb") as file:
                source = file.read()
        return cls._of(load(source))

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (type(self), self.serialize())

    def __repr__(self) -> str:
        return f"<wasmvm.Module {escaped(self.name) if self.name else f'of {self.compiled.code.count} functions'}>"

    @property
    def name(self) -> str | None:
        """The module's name in its name section."""
        return self.compiled.names.module_name

    @property
    def imports(self) -> list[ImportType]:
        """What it asks for, in the order in which `Instance` needs it."""
        compiled = self.compiled
        return [
            ImportType(i.module, i.name, EXTERN_KINDS[i.kind], type_)
            for i, type_ in zip(compiled.syntax.imports, compiled.import_types, strict=True)
        ]

    @property
    def exports(self) -> list[ExportType]:
        """What its instances offer."""
        compiled = self.compiled
        return [ExportType(e.name, EXTERN_KINDS[e.kind], compiled.export_type(e)) for e in compiled.syntax.exports]

    def custom_sections(self, name: str) -> list[bytes]:
        """The contents of the custom sections of that name, in the order of the file."""
        syntax = self.compiled.syntax
        found = [custom.content for custom in syntax.customs if custom.name == name]
        return [syntax.bytes_with(*content)[content.start : content.end] for content in found]


def _unpickle(cls: type[Module], data: bytes) -> Module:
    """A worker may have another build of wasmvm than the sender: then the module is compiled again."""
    from wasmvm.compiled.serialize import load

    return cls._of(load(data, recompile=True))
