"""The PyPI package `wasmtime` as an oracle: runs the same modules, so that results and traps can be compared."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import wasmtime

TRAP_CODES = {
    wasmtime.TrapCode.STACK_OVERFLOW: "call_stack_exhausted",
    wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS: "memory_out_of_bounds",
    wasmtime.TrapCode.TABLE_OUT_OF_BOUNDS: "table_out_of_bounds",
    wasmtime.TrapCode.INDIRECT_CALL_TO_NULL: "uninitialized_element",
    wasmtime.TrapCode.BAD_SIGNATURE: "indirect_call_type_mismatch",
    wasmtime.TrapCode.INTEGER_OVERFLOW: "integer_overflow",
    wasmtime.TrapCode.INTEGER_DIVISION_BY_ZERO: "integer_division_by_zero",
    wasmtime.TrapCode.BAD_CONVERSION_TO_INTEGER: "invalid_conversion",
    wasmtime.TrapCode.UNREACHABLE: "unreachable",
    wasmtime.TrapCode.OUT_OF_FUEL: "out_of_fuel",
    wasmtime.TrapCode.NULL_REFERENCE: "null_reference",
    wasmtime.TrapCode.ARRAY_OUT_OF_BOUNDS: "array_out_of_bounds",
    wasmtime.TrapCode.ALLOCATION_TOO_LARGE: "allocation_failed",
    wasmtime.TrapCode.CAST_FAILURE: "cast_failure",
    wasmtime.TrapCode.HEAP_MISALIGNED: "unaligned_atomic",
    wasmtime.TrapCode.ATOMIC_WAIT_NON_SHARED_MEMORY: "expected_shared_memory",
}
"""Our trap code for each of wasmtime's; it has one for what is `undefined_element` and `table_out_of_bounds` here, and one
for all references that are null."""


class Run(NamedTuple):
    """What a WASI command did; `trap` is a trap code of `TRAP_CODES` or None."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    trap: str | None = None


_engine = wasmtime.Engine()
_modules: dict[Path, wasmtime.Module] = {}


def compiled(wasm: Path) -> wasmtime.Module:
    if wasm not in _modules:
        _modules[wasm] = wasmtime.Module.from_file(_engine, str(wasm))
    return _modules[wasm]


def run_wasi(
    wasm: Path,
    args: Sequence[str] = (),
    *,
    stdin: bytes = b"",
    dirs: Iterable[tuple[str | os.PathLike[str], str]] = (),
    env: Iterable[tuple[str, str]] = (),
) -> Run:
    """Runs a WASI command with argv[0] the basename of the module."""
    module = compiled(wasm)
    linker = wasmtime.Linker(_engine)
    linker.define_wasi()
    store = wasmtime.Store(_engine)
    with tempfile.TemporaryDirectory() as folder:
        streams = {name: Path(folder) / name for name in ("stdin", "stdout", "stderr")}
        streams["stdin"].write_bytes(stdin)
        config = wasmtime.WasiConfig()
        config.argv = [wasm.name, *args]
        config.env = list(env)
        config.stdin_file = str(streams["stdin"])
        config.stdout_file = str(streams["stdout"])
        config.stderr_file = str(streams["stderr"])
        for host, guest in dirs:
            config.preopen_dir(str(host), guest)
        store.set_wasi(config)
        exit_code, trap = 0, None
        try:
            start = linker.instantiate(store, module).exports(store)["_start"]
            assert isinstance(start, wasmtime.Func)
            start(store)
        except wasmtime.ExitTrap as error:
            exit_code = error.code
        except wasmtime.Trap as error:
            exit_code, trap = 134, trap_code(error)
        store.close()
        return Run(exit_code, streams["stdout"].read_bytes(), streams["stderr"].read_bytes(), trap)


class Instance:
    """An instance without imports, made from WAT or bytes; `call` gives a result or a trap code."""

    def __init__(self, source: str | bytes) -> None:
        self.store = wasmtime.Store(_engine)
        module = wasmtime.Module(_engine, source)
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)
        self.trap: wasmtime.Trap | None = None

    def call(self, name: str, *args: int | float) -> object:
        """Results as wasmtime gives them (integers signed); a trap's code as a `str`, the trap itself in `trap`."""
        function = self.exports[name]
        assert isinstance(function, wasmtime.Func)
        try:
            return function(self.store, *args)
        except wasmtime.Trap as trap:
            self.trap = trap
            return trap_code(trap)


def trap_code(trap: wasmtime.Trap) -> str | None:
    return TRAP_CODES.get(trap.trap_code) if trap.trap_code is not None else None
