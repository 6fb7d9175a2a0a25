"""Shared memories, which belong to no store."""

from __future__ import annotations

from typing import Any

from wasmvm import _core
from wasmvm.compat.wasmtime.engine import Engine
from wasmvm.compat.wasmtime.error import WasmtimeError, translated
from wasmvm.compat.wasmtime.extern import Extern
from wasmvm.compat.wasmtime.managed import Managed
from wasmvm.compat.wasmtime.memory import data_pointer, first_byte, grown
from wasmvm.compat.wasmtime.types import MemoryType


class SharedMemory(Managed[_core.SharedMemory], Extern, wraps=_core.SharedMemory, held_in="_managed"):
    """Args: engine: an `Engine` with `Config.shared_memory`. ty: a shared `MemoryType`."""

    def __init__(self, engine: Engine, ty: MemoryType) -> None:
        engine.ptr()
        if not ty.is_shared:
            raise WasmtimeError("shared memory must have the `shared` flag enabled on its memory type")
        if not engine._options.get("shared_memory"):
            raise WasmtimeError("shared memory support is disabled for this engine -- see `Config::shared_memory`")
        memorytype = ty.ptr()
        with translated():
            self._set_ptr(_core.SharedMemory(memorytype))

    def _wrapped(self) -> _core.SharedMemory:
        return self.ptr()

    def type(self) -> MemoryType:
        return MemoryType._of(self.ptr().type)

    def grow(self, delta: int) -> int:
        """Grow by `delta` pages and return the old size in pages; WasmtimeError if it cannot."""
        return grown(self.ptr(), delta)

    def size(self) -> int:
        """Size in pages."""
        return self.ptr().pages

    def data_ptr(self) -> Any:
        """A ctypes pointer to the first byte."""
        memory = self.ptr()
        return data_pointer(memory, first_byte(memory))

    def data_len(self) -> int:
        """Size in bytes."""
        return len(self.ptr())
