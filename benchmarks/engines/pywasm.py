"""pywasm, which is written in Python."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from time import thread_time

from benchmarks.engines import Absent, Run, Runner
from benchmarks.programs import Program

if sys.version_info < (3, 12):
    raise Absent("pywasm needs Python 3.12 or newer")
try:
    import pywasm
    import pywasm.wasi
except ImportError:
    raise Absent("the package pywasm is not installed") from None


class Pywasm:
    name = "pywasm"
    small = True

    def version(self) -> str:
        return f"pywasm {pywasm.version}"

    def load(self, program: Program) -> Runner:
        def run(arguments: Sequence[str]) -> Run:
            runtime = pywasm.core.Runtime()
            wasi = pywasm.wasi.Preview1([program.wasm.name, *arguments], {}, {})
            pipe = wasi.fd[1].pipe = io.BytesIO()
            wasi.bind(runtime)
            instance = runtime.instance_from_file(str(program.wasm))
            begin = thread_time()
            code = wasi.main(runtime, instance)
            seconds = thread_time() - begin
            if code:
                raise RuntimeError(f"the program exited with {code}")
            return Run(seconds, pipe.getvalue())

        return run
