"""What a build consists of: for setup.py, and for the tests and tools that ask how the package is built.

Paths are relative to the root of the project, which every function takes.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

EXTENSION = "wasmvm/_core.pyx"

DIRECTIVES: dict[str, object] = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "annotation_typing": False,  # the .pxd files say the types; annotations speak to mypy
    "emit_code_comments": False,  # two thirds of the C would be lines of the source
}
"""What Cython is told of all modules."""

HOT_DIRECTIVES = {**DIRECTIVES, "binding": False, "auto_pickle": False}
"""What it is told of hot modules: their functions are no methods, and nobody pickles their objects. Without the code
for that, they compile in 0.85 of the time."""


def directives(source: str) -> dict[str, object]:
    return DIRECTIVES if source == EXTENSION else HOT_DIRECTIVES


FORMS = ("switch", "threaded", "counting")
"""The forms of the machine (docs/rationale.md, "Why two back ends?"); the last one is for tools/sequences.py."""

CONSTANTS = ("wasmvm/generated/", "wasmvm/lowered.pxd")
"""The modules here have a .pxd that declares constants and structures only, which leaves nothing to compile."""


def hot_modules(root: Path) -> list[str]:
    """The modules in Cython's pure Python mode: each has a .pxd beside it and also runs uncompiled."""
    typed = [path.relative_to(root).as_posix() for path in sorted((root / "wasmvm").rglob("*.pxd"))]
    return [f"{name[:-4]}.py" for name in typed if not name.startswith(CONSTANTS) and f"{name[:-4]}.pyx" != EXTENSION]


ABOVE = ("__init__", "__main__", "cli", "compat", "embedding", "programs", "wasi")
"""The rooms of the package that stand above the layer `runtime`. They have no say in which modules are valid, what
their lowered code looks like, and what that code does."""
SUFFIXES = (".py", ".pyx", ".pxd", ".pxi", ".h")
BUILD_FILE = "wasmvm/_build.py"


def counted_sources(root: Path) -> list[str]:
    """The files that decide whether kept code may run: all of the package but what certainly does not count, and all
    that prints and builds the machine."""
    found = [*(root / "wasmvm").rglob("*"), *(root / "tools").rglob("*.py"), root / "setup.py"]
    names = [path.relative_to(root) for path in found if path.suffix in SUFFIXES and path.is_file()]
    return sorted(
        name.as_posix()
        for name in names
        if name.as_posix() != BUILD_FILE
        and not (name.parts[0] == "wasmvm" and name.parts[1].partition(".")[0] in ABOVE)
    )


def digest(root: Path) -> str:
    """The hash of the files that count, which kept code is found again by."""
    hashed = hashlib.sha256()
    for name in counted_sources(root):
        content = (root / name).read_bytes()
        hashed.update(f"{name} {len(content)}\n".encode() + content)
    return hashed.hexdigest()[:32]
