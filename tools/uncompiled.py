"""Runs tests on a copy of the project whose hot modules are not compiled, so that their pure Python forms run.

    python tools/uncompiled.py [PYTEST ARGUMENT...]

The machine itself (`wasmvm._core`) has no such form and stays compiled.
"""

from __future__ import annotations

import importlib.machinery
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("wasmvm", "tests", "examples", "tools", "benchmarks", "pyproject.toml", "setup.py")
BINARY_SUFFIXES = tuple(importlib.machinery.EXTENSION_SUFFIXES)


def is_left_out(folder: str, name: str) -> bool:
    """Whether a file is not copied: caches, and compiled modules that have a pure Python form."""
    if name == "__pycache__":
        return True
    if not name.endswith(BINARY_SUFFIXES):
        return False
    return (Path(folder) / f"{name.partition('.')[0]}.py").exists()


def copy_project(target: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, target / name, ignore=lambda folder, names: {n for n in names if is_left_out(folder, n)}
            )
        elif source.exists():
            shutil.copy(source, target / name)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder))
        # `python -m` puts the copy first on the module path, before an installed wasmvm.
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", *sys.argv[1:]],
            cwd=folder,
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
