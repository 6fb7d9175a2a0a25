"""A module with WASI, limits and helpers for memory."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from wasmvm.compat.pwasm.decoder import decode_module
from wasmvm.compat.pwasm.errors import LinkError
from wasmvm.compat.pwasm.executor import instantiate
from wasmvm.compat.pwasm.runtime import Limits, MemoryInstance
from wasmvm.compat.pwasm.types import Module
from wasmvm.compat.pwasm.wasi import WASI_MODULES, WasiLite
from wasmvm.quoting import listed

ImportResolver = Callable[[str, str, Any], Any]
Imports = Mapping[str, Mapping[str, Any]] | ImportResolver

_DEFAULT = object()
_DEEPEST = 4000
"""The largest recursion limit: calls that alternate between guest and host use the C stack."""


class Sandbox:
    """An instance with limits.

    Args:
        wasm: bytes, a path, or what `decode_module` returned.
        imports: by module name and name, or a function ``(module, name, import)`` that returns the import or None.
        max_memory: bytes.
        fuel: units, see `Limits`.
        timeout: seconds for each call.
        wasi: whether `WasiLite` provides what is imported from WASI and not given.
        stdin, args, env: see `WasiLite`.
        initialize: whether to call ``_initialize``.
        recursion_limit: Python's recursion limit is raised to this, or 4000 if that is less.
        mode: accepted and ignored.

    Raises:
        LinkError: if imports are missing.
    """

    def __init__(
        self,
        wasm: Any,
        *,
        imports: Imports | None = None,
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
        self.module = wasm if isinstance(wasm, Module) else decode_module(bytes(wasm))
        self.timeout = timeout
        self.limits = Limits(fuel=fuel, max_memory=max_memory)
        self.wasi = WasiLite(stdin=stdin, args=args, env=env) if wasi else None
        sys.setrecursionlimit(max(sys.getrecursionlimit(), min(recursion_limit, _DEEPEST)))
        self.instance = instantiate(self.module, self._resolve(imports), limits=self.limits, mode=mode)
        self.exports = self.instance.exports
        if self.wasi is not None and self.instance.memories:
            self.wasi.bind(self.instance)
        if initialize and "_initialize" in self.exports:
            self.call("_initialize")

    def _resolve(self, imports: Any) -> dict[str, dict[str, Any]]:
        given: Any = imports if callable(imports) else lambda module, name, _: (imports or {}).get(module, {}).get(name)
        resolved: dict[str, dict[str, Any]] = {}
        missing = []
        for import_ in self.module.imports:
            found = given(import_.module, import_.name, import_)
            if found is None and self.wasi is not None and import_.module in WASI_MODULES and import_.kind == "func":
                found = self.wasi.lookup(import_.name, bool(self.module.types[import_.desc].results))
            if found is None:
                missing.append(f"{import_.module}.{import_.name}")
            resolved.setdefault(import_.module, {})[import_.name] = found
        if missing:
            raise LinkError("unresolved imports: " + listed(missing))
        return resolved

    def call(self, name: str, *args: Any, timeout: Any = _DEFAULT) -> Any:
        """Call an export; `timeout` replaces the sandbox's for this call; None is no limit."""
        return self._call(self.exports[name], args, timeout)

    def call_indirect(
        self, index: int, *args: Any, table: str = "__indirect_function_table", timeout: Any = _DEFAULT
    ) -> Any:
        """Call the function at `index` of an exported table."""
        return self._call(self.exports[table].get(index), args, timeout)

    def _call(self, function: Any, args: tuple[Any, ...], timeout: Any) -> Any:
        timeout = self.timeout if timeout is _DEFAULT else timeout
        if timeout is None:  # the deadline of a call around this one stays
            return function(*args)
        before = self.limits.deadline
        deadline = time.monotonic() + timeout
        self.limits.set_deadline(deadline if before is None else min(deadline, before))
        try:
            return function(*args)
        finally:
            self.limits.set_deadline(before)

    @property
    def fuel(self) -> int | None:
        """What is left; None is no limit."""
        return self.limits.fuel_remaining

    @fuel.setter
    def fuel(self, value: int | None) -> None:
        self.limits.set_fuel(value)

    @property
    def fuel_consumed(self) -> int:
        return self.limits.fuel_consumed

    @property
    def memory(self) -> MemoryInstance:
        return self.instance.memories[0]

    @property
    def memory_size(self) -> int:
        """Bytes."""
        return self.memory.size * MemoryInstance.PAGE_SIZE

    def read(self, ptr: int, length: int) -> bytes:
        return self.memory.read(ptr, length)

    def write(self, ptr: int, data: bytes) -> None:
        self.memory.write(ptr, bytes(data))

    def read_cstr(self, ptr: int, max_length: int = 1 << 20) -> bytes:
        """The bytes up to the next zero; ValueError without one."""
        try:
            return self.memory.core().read_cstring(ptr, max_length)  # type: ignore[no-any-return]
        except IndexError:
            raise ValueError("string is not NUL-terminated") from None

    def read_u32(self, ptr: int) -> int:
        return int.from_bytes(self.read(ptr, 4), "little")

    def write_u32(self, ptr: int, value: int) -> None:
        self.write(ptr, (value & 0xFFFFFFFF).to_bytes(4, "little"))

    def write_u64(self, ptr: int, value: int) -> None:
        self.write(ptr, (value & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little"))

    def alloc(self, data: bytes, nul: bool = False) -> int:
        """Copy data to memory from the guest's ``malloc``; MemoryError if that returns none."""
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
        return "" if self.wasi is None else self.wasi.stdout.decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        return "" if self.wasi is None else self.wasi.stderr.decode("utf-8", "replace")
