"""Copies of the project in which faults are put: one whose hot modules are not compiled, and one with a machine of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from tools import uncompiled

ROOT = uncompiled.ROOT
COPIED = (*uncompiled.COPIED, "docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "MANIFEST.in")
LEFT_OUT = {"__pycache__", "mutation"}
"""`mutation`: its own tests judge no faults."""


def sync(target: Path, compiled: bool) -> None:
    """Make `target` what the checkout is now. Files that are the same already stay as old as they are.

    Args:
        compiled: whether hot modules stay compiled.
    """
    wanted = set()
    for name in COPIED:
        for source in files_of(ROOT / name):
            if not compiled and uncompiled.is_left_out(str(source.parent), source.name):
                continue
            relative = source.relative_to(ROOT)
            wanted.add(relative)
            copy_changed(source, target / relative)
    for path in list(files_of(target)):
        relative = path.relative_to(target)
        if relative not in wanted and relative.parts[0] in COPIED:
            path.unlink()


def files_of(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [
        found
        for found in sorted(path.rglob("*"))
        if found.is_file() and not LEFT_OUT & set(found.parts[len(path.parts) :])
    ]


def copy_changed(source: Path, target: Path) -> None:
    state = source.stat()
    if target.exists():
        there = target.stat()
        if there.st_size == state.st_size and there.st_mtime_ns == state.st_mtime_ns:
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
