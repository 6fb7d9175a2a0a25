"""The same C, compiled for this machine by its C compiler. The time is that of the whole process."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.build import build_native
from benchmarks.engines import Absent, Run, Runner
from benchmarks.programs import Program
from examples.build import native_compiler


class Native:
    name = "native"
    small = False

    def __init__(self) -> None:
        compiler = native_compiler()
        if compiler is None:
            raise Absent("there is no C compiler")
        if not hasattr(os, "wait4"):
            raise Absent("this system does not tell what a process took")
        self.compiler = compiler
        self.folder = tempfile.TemporaryDirectory()

    def version(self) -> str:
        done = subprocess.run([self.compiler, "--version"], capture_output=True, text=True, check=True)
        return done.stdout.partition("\n")[0]

    def load(self, program: Program) -> Runner:
        if program.simd:
            raise Absent("only the plain programs are compiled")
        binary = Path(self.folder.name) / program.name
        build_native(program, binary)

        def run(arguments: Sequence[str]) -> Run:
            command = [program.wasm.name, *arguments]
            with tempfile.TemporaryFile() as output:
                process = subprocess.Popen(command, executable=binary, stdout=output)
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                if process.returncode:
                    raise subprocess.CalledProcessError(process.returncode, command)
                output.seek(0)
                return Run(usage.ru_utime + usage.ru_stime, output.read())

        return run
