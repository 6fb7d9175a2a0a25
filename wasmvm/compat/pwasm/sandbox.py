"""A module with WASI's standard streams, limits and helpers for memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from wasmvm import wasi as wasmvm_wasi
from wasmvm.compat.pwasm.errors import LinkError
from wasmvm.compat.pwasm.runtime import Limits, decode_module, instantiate
from wasmvm.embedding import module

WASI_MODULES = ("wasi_snapshot_preview1", "wasi_unstable")
_DEFAULT = object()


class Sandbox:
    """An instance with limits.

    Args:
        wasm: bytes, a path, or what `decode_module` gave.
        imports: by module name and name, or a function ``(module, name, import)`` that returns what there is or None.
        max_memory: bytes.
        fuel: units, see `Limits`.
        timeout: seconds for each call.
        wasi: whether to serve WASI: standard streams, arguments, environment, clocks, random numbers; no files.
        stdin, args, env: what the guest gets.
        initialize: whether to call ``_initialize``.
        recursion_limit, mode: accepted and ignored.
    """

    def __init__(
        self,
        wasm: Any,
        *,
        imports: Mapping[str, Mapping[str, Any]] | Callable[[str, str, Any], Any] | None = None,
        max_memory: int | None = None,
        fuel: int | None = None,
        timeout: float | None = None,
        wasi: bool = True,
        stdin: bytes = b"",
        args: Any = ("guest",),
        env: Mapping[str, str] | None = None,
        initialize: bool = True,
        recursion_limit: int = 20_000,
        mode: str | None = None,
    ) -> None:
        if isinstance(wasm, (str, os.PathLike)):
            with open(wasm, "rb") as file:
                wasm = file.read()
        self.module = wasm if isinstance(wasm, module.Module) else decode_module(wasm)
        self.timeout = timeout
        self.limits = Limits(fuel, max_memory)
        self._output, self._errors = bytearray(), bytearray()
        config = wasmvm_wasi.WasiConfig(args=args, env=env, stdin=stdin, stdout=self._output, stderr=self._errors)
        self.wasi = wasmvm_wasi.Wasi(config) if wasi else None
        self.instance = instantiate(self.module, self._resolve(imports), limits=self.limits, mode=mode)
        self.exports = self.instance.exports
        if initialize and "_initialize" in self.exports:
            self.call("_initialize")

    def _resolve(self, imports: Any) -> dict[str, dict[str, Any]]:
        given: Any = imports if callable(imports) else lambda module, name, _: (imports or {}).get(module, {}).get(name)
        served = {name: self.wasi.imports(name) for name in WASI_MODULES} if self.wasi is not None else {}
        resolved: dict[str, dict[str, Any]] = {}
        missing = []
        for import_ in self.module.imports:
            found = given(import_.module, import_.name, import_)
            if found is None:
                found = served.get(import_.module, {}).get(import_.name)
            if found is None:
                missing.append(f"{import_.module}.{import_.name}")
            resolved.setdefault(import_.module, {})[import_.name] = found
        if missing:
            raise LinkError("unresolved imports: " + ", ".join(missing))
        return resolved

    def call(self, name: str, *args: Any, timeout: Any = _DEFAULT) -> Any:
        """Call an export; `timeout` replaces the sandbox's for this call, None is no limit."""
        return self._call(self.exports[name], args, timeout)

    def call_indirect(
        self, index: int, *args: Any, table: str = "__indirect_function_table", timeout: Any = _DEFAULT
    ) -> Any:
        """Call the function at `index` of an exported table."""
        return self._call(self.exports[table].get(index), args, timeout)

    def _call(self, function: Any, args: tuple[Any, ...], timeout: Any) -> Any:
        store = self.limits.store
        before = store.timeout
        store.timeout = self.timeout if timeout is _DEFAULT else timeout
        try:
            return function(*args)
        finally:
            store.timeout = before

    @property
    def fuel(self) -> int | None:
        return self.limits.fuel_remaining

    @fuel.setter
    def fuel(self, value: int | None) -> None:
        self.limits.set_fuel(value)

    @property
    def fuel_consumed(self) -> int:
        return self.limits.fuel_consumed

    @property
    def memory(self) -> Any:
        return self.instance.memories[0]

    @property
    def memory_size(self) -> int:
        """Bytes."""
        return len(self.memory.data)

    def read(self, ptr: int, length: int) -> bytes:
        return self.memory.read(ptr, length)  # type: ignore[no-any-return]

    def write(self, ptr: int, data: bytes) -> None:
        self.memory.write(ptr, bytes(data))

    def read_cstr(self, ptr: int, max_length: int = 1 << 20) -> bytes:
        """The bytes up to the next zero; ValueError without one."""
        try:
            return self.memory._core.read_cstring(ptr, max_length)  # type: ignore[no-any-return]
        except IndexError:
            raise ValueError("string is not NUL-terminated") from None

    def read_u32(self, ptr: int) -> int:
        return self.memory._core.load_u32(ptr)  # type: ignore[no-any-return]

    def write_u32(self, ptr: int, value: int) -> None:
        self.memory._core.store_u32(ptr, value)

    def write_u64(self, ptr: int, value: int) -> None:
        self.memory._core.store_u64(ptr, value)

    def alloc(self, data: bytes, nul: bool = False) -> int:
        """Copy data to memory that the guest's ``malloc`` gives; MemoryError where it gives none."""
        payload = bytes(data) + (b"\0" if nul else b"")
        ptr: int = self.call("malloc", len(payload), timeout=None)
        if ptr == 0:
            raise MemoryError("guest malloc failed")
        self.write(ptr, payload)
        return ptr

    def free(self, ptr: int) -> None:
        self.call("free", ptr, timeout=None)

    @property
    def stdout(self) -> str:
        return self._output.decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        return self._errors.decode("utf-8", "replace")
