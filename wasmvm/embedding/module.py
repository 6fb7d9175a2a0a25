"""Modules: compiled once, instantiated as often as wanted."""

from __future__ import annotations

import os

from wasmvm.compile import CompiledModule
from wasmvm.types import EXTERN_KINDS, ExternType


class ImportType:
    """What a module asks for: `module` and `name`, the `kind` ("func", "table", "memory", "global"), the `type`."""

    __slots__ = ("kind", "module", "name", "type")

    def __init__(self, module: str, name: str, kind: str, type: ExternType) -> None:
        self.module = module
        self.name = name
        self.kind = kind
        self.type = type

    def __repr__(self) -> str:
        return f"<ImportType {self.module!r} {self.name!r}: {self.kind} {self.type}>"


class ExportType:
    """What a module offers: `name`, the `kind` ("func", "table", "memory", "global"), the `type`."""

    __slots__ = ("kind", "name", "type")

    def __init__(self, name: str, kind: str, type: ExternType) -> None:
        self.name = name
        self.kind = kind
        self.type = type

    def __repr__(self) -> str:
        return f"<ExportType {self.name!r}: {self.kind} {self.type}>"


class Module:
    """A decoded and validated module (specification, 7.1.5); its functions are lowered when they are first called.

    Args:
        source: the bytes of the binary format, or the path of a file.

    Attributes:
        compiled: what the layers below make of it.

    Raises:
        DecodeError, ValidationError: it is not a valid module.
        OSError: the file cannot be read.
    """

    def __init__(self, source: bytes | bytearray | memoryview | str | os.PathLike[str]) -> None:
        if isinstance(source, (str, os.PathLike)):
            with open(source, "rb") as file:
                source = file.read()
        self.compiled = CompiledModule(bytes(source))

    @property
    def name(self) -> str | None:
        """The module's name in its name section."""
        return self.compiled.names.module_name

    @property
    def imports(self) -> list[ImportType]:
        """What it asks for, in the order in which `Instance` needs it."""
        syntax = self.compiled.syntax
        return [ImportType(i.module, i.name, EXTERN_KINDS[i.kind], syntax.import_type(i)) for i in syntax.imports]

    @property
    def exports(self) -> list[ExportType]:
        """What its instances offer."""
        syntax = self.compiled.syntax
        return [ExportType(e.name, EXTERN_KINDS[e.kind], syntax.export_type(e)) for e in syntax.exports]

    def custom_sections(self, name: str) -> list[bytes]:
        """The contents of the custom sections of that name, in the order of the file."""
        syntax = self.compiled.syntax
        return [syntax.source[c.content.start : c.content.end] for c in syntax.customs if c.name == name]
