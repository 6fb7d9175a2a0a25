"""The PyPI package wasmtime: its compiler Cranelift, and its interpreter Pulley."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from time import thread_time

from benchmarks.engines import Absent, Run, Runner
from benchmarks.programs import Program

try:
    import wasmtime
except ImportError:
    raise Absent("the package wasmtime is not installed") from None


class Cranelift:
    name = "wasmtime"
    small = False
    target: str | None = None

    def __init__(self) -> None:
        config = wasmtime.Config()
        if self.target is not None:
            config.target = self.target
        self.engine = wasmtime.Engine(config)
        self.linker = wasmtime.Linker(self.engine)
        self.linker.define_wasi()

    def version(self) -> str:
        return f"wasmtime {version('wasmtime')}, Cranelift"

    def load(self, program: Program) -> Runner:
        module = wasmtime.Module.from_file(self.engine, str(program.wasm))

        def run(arguments: Sequence[str]) -> Run:
            with tempfile.NamedTemporaryFile() as output:
                config = wasmtime.WasiConfig()
                config.argv = [program.wasm.name, *arguments]
                config.stdout_file = output.name
                store = wasmtime.Store(self.engine)
                store.set_wasi(config)
                start = self.linker.instantiate(store, module).exports(store)["_start"]
                assert isinstance(start, wasmtime.Func)
                begin = thread_time()
                try:
                    start(store)
                except wasmtime.ExitTrap as exit_trap:
                    if exit_trap.code:
                        raise
                seconds = thread_time() - begin
                store.close()
                return Run(seconds, Path(output.name).read_bytes())

        return run


class Pulley(Cranelift):
    name = "pulley"
    target = "pulley64"

    def version(self) -> str:
        return f"wasmtime {version('wasmtime')}, Pulley"
