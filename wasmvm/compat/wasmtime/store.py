"""Stores."""

from __future__ import annotations

from typing import Any

from wasmvm import _core as core
from wasmvm.compat.wasmtime.engine import Engine
from wasmvm.compat.wasmtime.error import WasmtimeError
from wasmvm.compat.wasmtime.managed import Managed
from wasmvm.compat.wasmtime.wasi import WasiConfig


class Store(Managed[core.Store]):
    """Args: engine: an `Engine`; None for one of its own. data: any object, for `data`."""

    _core: core.Store | None = None
    _wasi: Any = None

    def __init__(self, engine: Engine | None = None, data: Any = None) -> None:
        if engine is None:
            engine = Engine()
        elif not isinstance(engine, Engine):
            raise TypeError("expected an Engine")
        self.engine = engine
        self._core = self._managed = engine.ptr().store()
        self._data = data or None

    def _delete(self, ptr: core.Store) -> None:
        self._core = None
        if self._wasi is not None:
            self._wasi.close()

    def _context(self) -> core.Store:
        if self._core is None:
            raise ValueError("already closed")
        return self._core

    def data(self) -> Any:
        """The object that the store was made with."""
        self._context()
        return self._data

    def gc(self) -> None:
        """Forget the objects of externrefs that wasm no longer holds, and free the garbage that it made."""
        self._context().gc()

    def _metered(self) -> core.Store:
        context = self._context()
        if not context.metering:
            raise WasmtimeError("fuel is not configured in this store")
        return context

    def set_fuel(self, fuel: int) -> None:
        """Set how much fuel is left; a store begins with none. WasmtimeError without `Config.consume_fuel`."""
        self._metered().fuel = fuel & 0xFFFFFFFFFFFFFFFF

    def get_fuel(self) -> int:
        """How much fuel is left. WasmtimeError without `Config.consume_fuel`."""
        return self._metered().fuel or 0

    def set_wasi(self, wasi: WasiConfig) -> None:
        """Give the functions of `Linker.define_wasi` this configuration, which is used up."""
        self._context()
        self._wasi = wasi._start()

    def set_wasi_http(self) -> None:
        """For components only, which wasmvm does not have."""
        self._context()
        raise WasmtimeError("wasi:http belongs to components, which wasmvm does not run")

    def set_epoch_deadline(self, ticks_after_current: int) -> None:
        """Let wasm trap when the engine's epoch is `ticks_after_current` later than now."""
        self.engine.ptr().set_epoch_deadline(self._context(), ticks_after_current)

    def set_limits(
        self,
        memory_size: int = -1,
        table_elements: int = -1,
        instances: int = -1,
        tables: int = -1,
        memories: int = -1,
    ) -> None:
        """Limit what may be made in the store; a negative number is no limit."""
        given = (memory_size, table_elements, instances, tables, memories)
        context = self._context()
        context.limit_each(*(limit if limit >= 0 else None for limit in given))
        # If nothing is said of tables, all of them together have the usual bound.
        context.set_limits(max_table=1 << 40 if table_elements >= 0 else core.LIMITS["max_table"])
