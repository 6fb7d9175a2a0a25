"""Modules: compiled once, instantiated any number of times."""

from __future__ import annotations

from wasmvm.compiled import CompiledModule, look_around, open_file, open_module
from wasmvm.compiled.source import allowed_features, within
from wasmvm.quoting import cut, escaped
from wasmvm.types import EXTERN_KINDS, ExternType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typing_extensions import Self

    from wasmvm.compiled.source import CacheOption, FilePath, Source
    from wasmvm.features import Features

PIECE = 1 << 20
"""Bytes of a module that are pickled at once."""


class ImportType:
    """An import of a module: `module` and `name`, `kind` ("func", "table", "memory", "global", "tag"), `type`."""

    __slots__ = ("kind", "module", "name", "type")

    def __init__(self, module: str, name: str, kind: str, type: ExternType) -> None:
        self.module = module
        self.name = name
        self.kind = kind
        self.type = type

    def __repr__(self) -> str:
        return f"<ImportType {cut(self.module)!r} {cut(self.name)!r}: {self.kind} {self.type}>"


class ExportType:
    """An export of a module: `name`, the `kind` ("func", "table", "memory", "global", "tag"), the `type`."""

    __slots__ = ("kind", "name", "type")

    def __init__(self, name: str, kind: str, type: ExternType) -> None:
        self.name = name
        self.kind = kind
        self.type = type

    def __repr__(self) -> str:
        return f"<ExportType {cut(self.name)!r}: {self.kind} {self.type}>"


class Module:
    """A decoded and validated module (spec "Embedding: Modules"); its functions are lowered when they are first called.

    A module is compiled once and instantiated any number of times, from several threads too. It can be pickled, with
    the code that was lowered so far, and so sent to other processes.

    Args:
        source: bytes of the binary format or text format, text, or the path of a file with either.
        cache: keep lowered code for the next start in this folder, or with True in the user's cache directory. New code
            is written when the module is no longer used, or when the process ends.
        max_module_size: the most bytes that the module may have, and its text as well; by default 1 GiB.
        features: the proposals that the module may need, by wasm-tools' names: changes to the default, which is all
            that there is (``"-simd,-gc"``), or to an edition of the standard (``"mvp,simd"``); see docs/embedding.md.
        checkpoint: a function that is called every few milliseconds while the module is decoded and validated; what it
            raises ends the work. This is how `instantiate` and `run` stop at their `timeout`.

    Attributes:
        compiled: the `compiled.CompiledModule`.

    Raises:
        DecodeError, ValidationError: the source is not a valid module, or too large.
        TextError: the source is text, but not a module.
        OSError: the file cannot be read.
        ValueError: `features` names what does not exist.
    """

    def __init__(
        self,
        source: Source,
        *,
        cache: CacheOption = False,
        max_module_size: int | None = None,
        features: str | Features | None = None,
        checkpoint: Callable[[], object] = look_around,
    ) -> None:
        self.compiled = open_module(
            source,
            cache=cache,
            max_module_size=max_module_size,
            features=features,
            checkpoint=checkpoint,
            owner=self,
        )

    @classmethod
    def from_file(
        cls,
        path: FilePath,
        *,
        cache: CacheOption = False,
        max_module_size: int | None = None,
        features: str | Features | None = None,
        checkpoint: Callable[[], object] = look_around,
    ) -> Self:
        """The module in a file of the binary or text format; raises what `Module` raises."""
        made = cls.__new__(cls)
        made.compiled = open_file(
            path,
            cache=cache,
            max_module_size=max_module_size,
            features=features,
            checkpoint=checkpoint,
            owner=made,
        )
        return made

    @classmethod
    def _of(cls, compiled: CompiledModule) -> Self:
        made = cls.__new__(cls)
        made.compiled = compiled
        return made

    @staticmethod
    def validate(source: Source, *, max_module_size: int | None = None, features: str | Features | None = None) -> None:
        """Compile a module and drop it; raises what `Module` raises."""
        Module(source, max_module_size=max_module_size, features=features)

    def serialize(self, *, lower_all: bool = False) -> bytes:
        """The module with its lowered code, for `deserialize`.

        Args:
            lower_all: lower all functions first; otherwise only those that were called so far are included.
        """
        from wasmvm.compiled.serialize import dump

        if lower_all:
            self.compiled.lower_all()
        return dump(self.compiled)

    @classmethod
    def deserialize(cls, source: Source, *, features: str | Features | None = None) -> Self:
        """The module that `serialize` wrote, from its bytes or from a file.

        The data may come from anybody (docs/security.md): the module's declarations are validated now, and each
        function is validated or verified when it is first called. Whoever made the data can make a function compute
        something else than its body says.

        Args:
            features: see `Module`.

        Raises:
            DeserializeError: the data is damaged, its module is not valid, or another version of wasmvm made it.
            ValidationError: the module needs proposals that `features` has not.
            OSError: the file cannot be read.
        """
        from wasmvm.compiled.serialize import load

        allowed = allowed_features(features)
        return cls._of(within(load(source), allowed))

    def __reduce__(self) -> tuple[Any, ...]:
        from wasmvm.compiled.serialize import dump_pieces

        first, *others = dump_pieces(self.compiled, PIECE)
        return _unpickle, (type(self), first, *map(_Piece, others))

    def __repr__(self) -> str:
        return f"<wasmvm.Module {escaped(self.name) if self.name else f'of {self.compiled.code.count} functions'}>"

    @property
    def name(self) -> str | None:
        """The module's name in its name section."""
        return self.compiled.names.module_name

    @property
    def features(self) -> list[str]:
        """The proposals that the module needs, by wasm-tools' names; found by reading all of it.

        Raises:
            OSError: its file cannot be read any more.
        """
        from wasmvm.features import WHOLE
        from wasmvm.validation.needs import needs

        return list(dict.fromkeys([WHOLE.get(name, name) for name in needs(self.compiled.syntax, look_around)]))

    @property
    def imports(self) -> list[ImportType]:
        """The imports, in the order of the module."""
        compiled = self.compiled
        return [
            ImportType(i.module, i.name, EXTERN_KINDS[i.kind], type_)
            for i, type_ in zip(compiled.syntax.imports, compiled.import_types, strict=True)
        ]

    @property
    def exports(self) -> list[ExportType]:
        """The exports, in the order of the module."""
        compiled = self.compiled
        return [ExportType(e.name, EXTERN_KINDS[e.kind], compiled.export_type(e)) for e in compiled.syntax.exports]

    def custom_sections(self, name: str) -> list[bytes]:
        """The contents of the custom sections of that name, in the order of the file."""
        syntax = self.compiled.syntax
        found = [custom.content for custom in syntax.customs if custom.name == name]
        return [syntax.load(*content)[content.start : content.end] for content in found]


class _Piece:
    """Some of the bytes of a pickled module.

    `pickle` copies each object of bytes with the GIL; that it calls a function of plain Python for each of these lets
    other threads have their turn.
    """

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __reduce__(self) -> tuple[Any, ...]:
        return _piece, (self.data,)


def _piece(data: bytes) -> bytes:
    """What `pickle` calls for each piece."""
    return data


def _unpickle(cls: type[Module], *data: bytes | _Piece) -> Module:
    """What `pickle` calls, and `copy.copy`, which makes no bytes of the pieces.

    The sender may have had another build of wasmvm: then the module is compiled again.
    """
    from wasmvm.compiled.serialize import load_pieces

    pieces = [piece.data if isinstance(piece, _Piece) else piece for piece in data]
    compiled = load_pieces(pieces, recompile=True)
    compiled.syntax.may_have_descriptors = True  # the sender had asked what the module needs
    return cls._of(compiled)
