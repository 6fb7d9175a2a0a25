"""wasmvm, the engine of this project."""

from __future__ import annotations

from collections.abc import Sequence
from time import thread_time

import wasmvm
from benchmarks.engines import Run, Runner
from benchmarks.programs import Program
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import ExitTrap
from wasmvm.wasi import Wasi, WasiConfig, link


class Wasmvm:
    name = "wasmvm"
    small = False

    def version(self) -> str:
        return f"wasmvm {wasmvm.__version__}"

    def load(self, program: Program) -> Runner:
        module = Module(program.wasm)

        def run(arguments: Sequence[str]) -> Run:
            output = bytearray()
            with Wasi(WasiConfig(args=[program.wasm.name, *arguments], stdout=output)) as wasi:
                start = Instance(module, link(wasi)).exports["_start"]
                begin = thread_time()
                try:
                    start()
                except ExitTrap as exit_trap:
                    if exit_trap.exit_code:
                        raise
                return Run(thread_time() - begin, bytes(output))

        return run
