"""Node's built-in engine and its ``node:wasi``, in a process of its own; that is no sandbox: our own programs only."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engines import Absent, Run, Runner
from benchmarks.programs import Program

SCRIPT = Path(__file__).with_name("node_runner.mjs")
# Node 20 aborts without a message when its fast calls meet a memory that has grown.
OPTIONS = ("--no-warnings", "--no-turbo-fast-api-calls")


class Node:
    name = "node"
    small = False

    def __init__(self) -> None:
        program = shutil.which("node")
        if program is None:
            raise Absent("there is no program named node")
        self.program = program

    def version(self) -> str:
        done = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True)
        return f"Node {done.stdout.strip()}"

    def load(self, program: Program) -> Runner:
        def run(arguments: Sequence[str]) -> Run:
            command = [self.program, *OPTIONS, str(SCRIPT), str(program.wasm), *arguments]
            done = subprocess.run(command, capture_output=True, check=True)
            return Run(json.loads(done.stderr)["seconds"], done.stdout)

        return run
