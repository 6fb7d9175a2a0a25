"""How fast programs run by which no sequence was chosen: what a benchmark promises is worth what others get of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks import throughput
from benchmarks.display import Progress
from benchmarks.programs import UNSEEN

ENGINES = ("wasmvm", "wasm3", "pulley", "wasmtime", "node", "native")


def measure(progress: Progress, *, quick: bool = False) -> dict[str, Any]:
    """As `throughput.measure`, for the engines that are fast enough."""
    return throughput.measure(progress, quick=quick, programs=UNSEEN, engines=ENGINES)


def summary(result: Mapping[str, Any]) -> str:
    return "unseen programs, " + throughput.summary(result)
