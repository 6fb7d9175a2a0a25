"""Draws what was measured; needs matplotlib (extra ``bench``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.measure import geometric_mean
from benchmarks.throughput import OWN, ratios

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {
    "wasmvm": "#2a6fdb",
    "wasm3": "#e08a2b",
    "pulley": "#7a5fa8",
    "wasmtime": "#4d4d4d",
    "node": "#8a8a8a",
    "native": "#c4c4c4",
    "pwasm": "#b5495b",
    "pywasm": "#d98c9a",
}
HATCHED = "#9db8e8"
LABELS = {"pulley": "Pulley (wasmtime)", "wasmtime": "Cranelift (wasmtime)", "node": "Node (V8)", "native": "native C"}


def draw(result: Mapping[str, Any], target: Path) -> list[Path]:
    """Write a PNG and an SVG named after `target`; returns their paths.

    Raises:
        ValueError: nothing that was measured has a picture.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    panels = []
    if result.get("throughput", {}).get("large"):
        panels += [(draw_programs, result["throughput"], 2.2), (draw_means, result["throughput"], 1.0)]
    if result.get("unseen", {}).get("large"):
        panels.append((draw_unseen, result["unseen"], 2.2))
    if result.get("start", {}).get("seconds"):
        panels.append((draw_starts, result["start"], 1.2))
    if not panels:
        raise ValueError("there is nothing to draw: neither throughput of large inputs nor start was measured")
    plt.rcParams.update({"font.size": 9, "svg.hashsalt": "wasmvm", "font.family": "DejaVu Sans"})
    heights = [height for _, _, height in panels]
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(9.5, 2.6 * sum(heights)), height_ratios=heights, layout="constrained", squeeze=False
    )
    for (panel, part, _), axis in zip(panels, axes[:, 0], strict=True):
        panel(axis, part)
    about = result["machine"]
    figure.supxlabel(
        f"{about['processor']}, {about['cores']} cores, Python {about['python']}", fontsize=8, color="#666"
    )
    written = [target.with_suffix(suffix) for suffix in (".png", ".svg")]
    for path in written:
        figure.savefig(path, dpi=130, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)
    return written


def plain(axis: Axes) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="x", color="#ddd", linewidth=0.6)
    axis.set_axisbelow(True)


def draw_programs(axis: Axes, part: Mapping[str, Any]) -> None:
    """A row per program: how the time of each interpreter compares with wasmvm's."""
    by_engine = ratios(part["large"])
    shown = [name for name in ("wasm3", "pulley") if name in by_engine]
    programs = [name for name, samples in part["large"].items() if OWN in samples]
    height = 0.8 / (len(shown) + 1)
    for i, name in enumerate([OWN, *shown]):
        values = [1.0 if name == OWN else by_engine[name].get(program, 0.0) for program in programs]
        positions = [row + (i - len(shown) / 2) * height for row in range(len(programs))]
        axis.barh(positions, values, height, color=COLORS[name], label=LABELS.get(name, name))
    axis.set_yticks(range(len(programs)), programs)
    axis.invert_yaxis()
    axis.axvline(1, color=COLORS[OWN], linewidth=0.8)
    axis.set_title("Time of the same program, wasmvm = 1 (shorter is faster)", loc="left", fontweight="bold")
    axis.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none")
    plain(axis)


def draw_unseen(axis: Axes, part: Mapping[str, Any]) -> None:
    """The same for programs by which no sequence was chosen."""
    draw_programs(axis, part)
    axis.set_title("Time of programs that no sequence was chosen by, wasmvm = 1", loc="left", fontweight="bold")


def draw_means(axis: Axes, part: Mapping[str, Any]) -> None:
    """A row per engine: the geometric mean of its time, on a scale that shows all of them."""
    means = {OWN: 1.0}
    for size in ("large", "small"):
        for name, values in ratios(part[size]).items():
            means.setdefault(name, geometric_mean(values.values()))
    slow = set(ratios(part["small"])) - set(ratios(part["large"]))
    names = sorted(means, key=lambda name: means[name])
    labels = [LABELS.get(name, name) + (" (small inputs)" if name in slow else "") for name in names]
    bars = axis.barh(labels, [means[name] for name in names], color=[COLORS[name] for name in names])
    axis.bar_label(bars, [f" {means[name]:.2g}" for name in names], fontsize=8)
    axis.set_xscale("log")
    axis.set_xlim(min(means.values()) / 1.6, max(means.values()) * 2.2)
    axis.invert_yaxis()
    axis.set_title("Geometric mean over the programs, wasmvm = 1, logarithmic", loc="left", fontweight="bold")
    plain(axis)


def draw_starts(axis: Axes, part: Mapping[str, Any]) -> None:
    """Time to the first output by module."""
    sides = {
        "wasmvm cached": COLORS["wasmvm"],
        "wasmvm cold": HATCHED,
        "wasmtime deserialize": COLORS["wasmtime"],
        "wasmtime cold": COLORS["node"],
    }
    modules = list(part["seconds"])
    labels = [f"{name} ({part['sizes'][name] / 1e6:.2g} MB)" for name in modules]
    height = 0.8 / len(sides)
    for i, (side, color) in enumerate(sides.items()):
        values = [median(part["seconds"][name].get(side, [float("nan")])) for name in modules]
        positions = [row + (i - 1.5) * height for row in range(len(modules))]
        axis.barh(positions, values, height, color=color, label=side)
    axis.set_xscale("log")
    axis.set_yticks(range(len(modules)), labels)
    axis.invert_yaxis()
    axis.set_title("Seconds from process start to first output, logarithmic", loc="left", fontweight="bold")
    axis.legend(loc="upper right", frameon=True, framealpha=0.9, edgecolor="none")
    plain(axis)
