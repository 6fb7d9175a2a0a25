"""The engines that are measured, one file each; `find` gives those that can run here.

An engine loads a module once and then runs it as often as wanted, each time in a new instance. What counts as the time
of a run is the processor time of the calling thread from the call of ``_start`` to its end: neither the start of a
process nor loading, compiling and instantiating is in it. Processor time, since other work on the machine would
disturb a clock on the wall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import NamedTuple, Protocol

from benchmarks.programs import Program


class Absent(Exception):
    """The engine cannot run here; the message says why."""


class Run(NamedTuple):
    """What a run took and what it printed."""

    seconds: float
    output: bytes


Runner = Callable[[Sequence[str]], Run]
"""Runs a loaded program with these arguments."""


class Engine(Protocol):
    """Attributes:

    name: as it is shown.
    small: whether it gets the programs' small arguments only.
    """

    name: str
    small: bool

    def version(self) -> str:
        """What exactly was measured."""
        ...

    def load(self, program: Program) -> Runner:
        """Decode or compile a program; raises Exception where the engine cannot."""
        ...


PLACES = {
    "wasmvm": ("own", "Wasmvm"),
    "wasm3": ("wasm3", "Wasm3"),
    "pulley": ("wasmtime", "Pulley"),
    "wasmtime": ("wasmtime", "Cranelift"),
    "node": ("node", "Node"),
    "native": ("native", "Native"),
    "pwasm": ("pwasm", "Pwasm"),
    "pywasm": ("pywasm", "Pywasm"),
}
"""Module and class of each engine, in the order in which they are shown."""


def find(names: Iterable[str], report: Callable[[str], object]) -> list[Engine]:
    """The engines with these names; one that is absent is reported with a line instead."""
    found: list[Engine] = []
    for name in names:
        module, class_name = PLACES[name]
        try:
            found.append(getattr(import_module(f"benchmarks.engines.{module}"), class_name)())
        except Absent as reason:
            report(f"skipped {name}: {reason}")
    return found
