"""pwasm, which is written in Python and translates hot functions to Python."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from time import thread_time

from benchmarks.engines import Absent, Run, Runner
from benchmarks.programs import Program

try:
    import pwasm
    from pwasm.wasi import Exit, WasiLite
except ImportError:
    raise Absent("the package pwasm is not installed") from None


class Pwasm:
    name = "pwasm"
    small = True

    def version(self) -> str:
        return f"pwasm {version('pwasm')}"

    def load(self, program: Program) -> Runner:
        if program.simd:
            raise Absent("it has no vector instructions")
        module = pwasm.decode_module(program.wasm.read_bytes())

        def run(arguments: Sequence[str]) -> Run:
            wasi = WasiLite(args=[program.wasm.name, *arguments])
            instance = pwasm.instantiate(module, {"wasi_snapshot_preview1": wasi.imports(module)})
            wasi.bind(instance)
            begin = thread_time()
            try:
                instance.exports._start()
            except Exit as exit_:
                if exit_.code:
                    raise
            return Run(thread_time() - begin, bytes(wasi.stdout))

        return run
