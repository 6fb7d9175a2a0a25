"""Memories."""

from __future__ import annotations

import ctypes
from operator import index
from typing import Any

from wasmvm import _core
from wasmvm.compat.wasmtime.caller import Storelike, check
from wasmvm.compat.wasmtime.error import WasmtimeError, translated
from wasmvm.compat.wasmtime.extern import Extern
from wasmvm.compat.wasmtime.types import MemoryType


def new_memory(store: _core.Store, ty: MemoryType) -> _core.Memory:
    """A new memory; WasmtimeError if the store's limits or wasmvm do not allow it."""
    memorytype = ty.ptr()
    with translated():
        return _core.Memory(store, memorytype)


def grown(memory: _core.Memory | _core.SharedMemory, delta: int) -> int:
    """Grow a memory and return the old size in pages; WasmtimeError if it cannot grow."""
    if delta < 0:
        raise WasmtimeError("cannot grow by negative amount")
    try:
        return memory.grow(delta)
    except ValueError:
        raise WasmtimeError(f"failed to grow memory by `{delta}`") from None


_BYTE_POINTER = ctypes.POINTER(ctypes.c_ubyte)


def first_byte(memory: _core.AnyMemory) -> Any:
    """The first byte as an object of ctypes, which keeps the memory; None if there is none yet."""
    return ctypes.c_ubyte.from_buffer(memory) if len(memory) else None


def data_pointer(memory: _core.AnyMemory, first: Any) -> Any:
    """A ctypes pointer to the first byte, which keeps the memory; it stays valid when that grows."""
    return ctypes.cast(bytes_at(memory, 0, 0), _BYTE_POINTER) if first is None else _BYTE_POINTER(first)


def bytes_at(memory: _core.AnyMemory, size: int, offset: int) -> Any:
    """A ctypes array that keeps the memory; ValueError unless all bytes are inside."""
    return (ctypes.c_ubyte * size).from_buffer(memory, offset)


class Memory(Extern, wraps=_core.Memory, held_in="_memory"):
    """Args: store: a store. ty: a `MemoryType`."""

    _memory: _core.Memory
    _first: Any = None  # see `first_byte`

    def __init__(self, store: Storelike, ty: MemoryType) -> None:
        self._memory = new_memory(store._context(), ty)

    def type(self, store: Storelike) -> MemoryType:
        check(store, self._memory.store)
        return MemoryType._of(self._memory.type)

    def grow(self, store: Storelike, delta: int) -> int:
        """Grow by `delta` pages and return the old size in pages; WasmtimeError if it cannot."""
        check(store, self._memory.store)
        return grown(self._memory, delta)

    def size(self, store: Storelike) -> int:
        """Size in pages."""
        check(store, self._memory.store)
        return self._memory.pages

    def data_ptr(self, store: Storelike) -> Any:
        """A ctypes pointer to the first byte. Nothing checks what is done with it."""
        check(store, self._memory.store)
        if self._first is None:
            self._first = first_byte(self._memory)
        return data_pointer(self._memory, self._first)

    def get_buffer_ptr(self, store: Storelike, size: int | None = None, offset: int = 0) -> Any:
        """A ctypes array over `size` bytes from `offset` on, all of them by default. It keeps the memory.

        Raises:
            ValueError: if they are not all inside the memory.
        """
        check(store, self._memory.store)
        return bytes_at(self._memory, len(self._memory) if size is None else index(size), index(offset))

    def read(self, store: Storelike, start: int | None = 0, stop: int | None = None) -> bytearray:
        """A copy of the bytes from `start` up to `stop`, which mean what they mean in a slice."""
        memory = self._memory
        if store._core is not memory.store:
            check(store, memory.store)
        if type(start) is not int or type(stop) is not int:  # numpy's integers wrap at their own width
            start = None if start is None else index(start)
            stop = None if stop is None else index(stop)
        try:
            return memory.read_bytearray(start, stop - start)  # type: ignore[operator, arg-type]
        except (IndexError, TypeError):  # counted from the end, beyond it, or not given
            return bytearray(memoryview(memory)[start:stop])

    def write(self, store: Storelike, value: bytearray | bytes, start: int | None = None) -> int:
        """Copy `value` to `start`, which may count from the end, and return its length.

        Raises:
            IndexError: if it does not fit.
        """
        memory = self._memory
        if store._core is not memory.store:
            check(store, memory.store)
        if type(start) is int and (type(value) is bytes or type(value) is bytearray) and value:
            try:
                memory.write(start, value)
                return len(value)
            except IndexError:  # counted from the end, or beyond it
                pass
        begin = slice(start, None).indices(len(memory))[0]
        if begin >= len(memory):
            raise IndexError("index out of range")
        if not isinstance(value, (bytearray, bytes)):
            value = bytearray(value)
        if begin + len(value) > len(memory):
            raise IndexError("index out of range")
        memory.write(begin, value)
        return len(value)

    def data_len(self, store: Storelike) -> int:
        """Size in bytes."""
        check(store, self._memory.store)
        return len(self._memory)

    def page_size(self, store: Storelike) -> int:
        check(store, self._memory.store)
        return self._memory.type.page_size

    def page_size_log2(self, store: Storelike) -> int:
        return self.page_size(store).bit_length() - 1
