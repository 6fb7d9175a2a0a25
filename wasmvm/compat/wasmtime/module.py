"""Modules."""

from __future__ import annotations

from os import PathLike
from typing import Any

from wasmvm.compat.wasmtime.engine import Engine
from wasmvm.compat.wasmtime.error import WasmtimeError, translated
from wasmvm.compat.wasmtime.managed import Managed
from wasmvm.compat.wasmtime.types import ExportType, ImportType
from wasmvm.compat.wasmtime.wat import to_wasm
from wasmvm.embedding import module

_COMPONENT = b"\0asm\x0d\0\1\0"


class Module(Managed[module.Module]):
    """Args: engine: an `Engine`. wasm: bytes of the binary format, or text."""

    def __init__(self, engine: Engine, wasm: str | bytes | bytearray) -> None:
        if not isinstance(engine, Engine):
            raise TypeError("expected an Engine")
        self._set_ptr(_compiled(engine, to_wasm(wasm)))

    @classmethod
    def from_file(cls, engine: Engine, path: str | bytes | PathLike[str]) -> Any:
        """The module in a file, of either format."""
        with open(path, "rb") as file:
            return cls(engine, file.read())

    @classmethod
    def deserialize(cls, engine: Engine, encoded: bytes | bytearray) -> Any:
        """A module from what `serialize` returned; WasmtimeError if that is damaged or of another version."""
        if not isinstance(encoded, (bytes, bytearray)):
            raise TypeError("expected bytes")
        engine.ptr()
        with translated():
            return cls._of(module.Module.deserialize(encoded, features=engine.ptr().config.features))

    @classmethod
    def deserialize_file(cls, engine: Engine, path: str) -> Any:
        """A module from a file with what `serialize` returned."""
        path.encode()
        engine.ptr()
        try:
            with translated():
                return cls._of(module.Module.deserialize(path, features=engine.ptr().config.features))
        except OSError as error:
            cause = f"{error.strerror} (os error {error.errno})"
            raise WasmtimeError(f"failed to open file\n\nCaused by:\n    {cause}\n") from None

    @classmethod
    def validate(cls, engine: Engine, wasm: bytes | bytearray) -> None:
        """WasmtimeError unless it is a valid module."""
        if not isinstance(wasm, (bytes, bytearray)):
            raise TypeError("expected wasm bytes")
        _compiled(engine, bytes(wasm))

    @property
    def imports(self) -> list[ImportType]:
        return [ImportType._of(import_) for import_ in self.ptr().imports]

    @property
    def exports(self) -> list[ExportType]:
        return [ExportType._of(export) for export in self.ptr().exports]

    def serialize(self) -> bytearray:
        """The module for `deserialize`."""
        return bytearray(self.ptr().serialize())


def _compiled(engine: Engine, wasm: bytes) -> module.Module:
    made = engine.ptr()
    if wasm.startswith(_COMPONENT):
        raise WasmtimeError("this is a component: wasmvm runs core modules only")
    with translated():
        return made.module(wasm)
