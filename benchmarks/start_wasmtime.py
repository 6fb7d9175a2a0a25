"""What `benchmarks.start` runs in a process of its own: a WASI command through the package wasmtime.

The first argument says how the module is had: `compile` it, `load` what was compiled before, or `save` that.
"""

from __future__ import annotations

import sys
from pathlib import Path

import wasmtime


def main() -> None:
    how, path, *rest = sys.argv[1:]
    engine = wasmtime.Engine()
    if how == "save":
        (target,) = rest
        Path(target).write_bytes(wasmtime.Module.from_file(engine, path).serialize())
        return
    if how == "load":
        module = wasmtime.Module.deserialize_file(engine, path)
    else:
        module = wasmtime.Module.from_file(engine, path)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    config = wasmtime.WasiConfig()
    config.argv = ["program", *rest]
    config.inherit_stdout()
    config.inherit_stderr()
    store.set_wasi(config)
    start = linker.instantiate(store, module).exports(store)["_start"]
    assert isinstance(start, wasmtime.Func)
    try:
        start(store)
    except wasmtime.ExitTrap as exit_trap:
        sys.exit(exit_trap.code)
