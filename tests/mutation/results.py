"""What became of faults: a file with a line of JSON for each, written as they come, and the score."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.mutation.fault import Fault, package_of
from tests.mutation.judge import Verdict
from tests.mutation.known import KNOWN


def entry(fault: Fault, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": fault.id,
        "path": fault.path,
        "line": fault.line,
        "scope": fault.scope,
        "kind": fault.kind,
        "context": fault.context,
        "before": fault.before,
        "after": fault.after,
        "turn": fault.turn,
        **verdict._asdict(),
    }


def append(path: Path, what: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.write(json.dumps(what) + "\n")


def read(path: Path) -> dict[str, dict[str, Any]]:
    """The last verdict on each fault, by its id."""
    if not path.exists():
        return {}
    return {found["id"]: found for found in map(json.loads, path.read_text().splitlines())}


def content(found: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(found[name] for name in ("path", "scope", "context", "before", "after", "turn"))


def score(entries: Iterable[dict[str, Any]]) -> str:
    """A table of what was killed, by package, and then the survivors."""
    reasons = {known.content: known.reason for known in KNOWN}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    survivors = []
    for found in entries:
        kind = found["verdict"]
        if kind in ("survived", "unreached"):
            if content(found) in reasons:
                kind = "equivalent"
            else:
                survivors.append(found)
                kind = "survivor"
        counts[package_of(found["path"])][kind] += 1
    total = sum(counts.values(), Counter())
    lines = [f"{'package':20} {'killed':>7} {'equivalent':>11} {'survivors':>10}  killed of what is not equivalent"]
    for name, count in [*sorted(counts.items()), ("all", total)]:
        real = count["killed"] + count["survivor"]
        share = f"{100 * count['killed'] / real:.1f} %" if real else "-"
        lines.append(f"{name:20} {count['killed']:7} {count['equivalent']:11} {count['survivor']:10}  {share}")
    for found in sorted(survivors, key=lambda found: (found["path"], found["line"])):
        lines += ["", described(found)]
    return "\n".join(lines)


def described(found: dict[str, Any]) -> str:
    told = f"{found['tests']} tests ran" + (f", {found['left']} would take too long" if found["left"] else "")
    if found["verdict"] == "unreached":
        told = "no test runs it"
    return (
        f"{found['id']} {found['path']}:{found['line']} {found['scope']} ({found['kind']}; {told})\n"
        f"    in  {found['context']}\n    -   {found['before']}\n    +   {found['after']}"
    )
