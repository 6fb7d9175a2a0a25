"""Runs tests or fuzzers on a build that looks for what must not happen in C.

    python -m tools.sanitize MODE MODULE [ARGUMENT...]

for example `python -m tools.sanitize address pytest tests/machine/driver/test_collector.py` or
`python -m tools.sanitize address tests.fuzz.api --count 100`. The modes:

    address    AddressSanitizer and UndefinedBehaviorSanitizer, in the machine (switch form) and in the hot modules
    undefined  UndefinedBehaviorSanitizer alone: quicker, and memory is laid out as ever
    check      the threaded form with its own checks of its invariants (`WASMVM_CHECK=1`, docs/invariants.md)

The build is made in `build/sanitize/MODE`, a copy of the project that is brought up to date every time, so that the
build in the checkout stays as it is. What the sanitizers find goes to files beside it, which are printed in the end;
the exit code is that of the program, or 99 if there is a report. It takes GCC or clang, on Linux.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tools import build_config

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("wasmvm", "tests", "tools", "examples", "benchmarks", "docs", "setup.py", "pyproject.toml", "README.md",
          "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "MANIFEST.in")  # fmt: skip
COMPILED = (".so", ".c")
MADE_THERE = ("__pycache__", "_build.py")
REPORTED = 99


class Mode(NamedTuple):
    """Attributes:

    flags: of the C compiler.
    dispatch: the form of the machine.
    libraries: what must be loaded before everything else.
    environment: variables of the build and of the run.
    """

    flags: tuple[str, ...]
    dispatch: str
    libraries: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


UNDEFINED = ("-fsanitize=undefined", "-fno-sanitize-recover=undefined", "-g1")
MODES = {
    "address": Mode(
        ("-fsanitize=address", "-fno-omit-frame-pointer", *UNDEFINED), "switch", ("libasan.so", "libubsan.so"),
        (("PYTHONMALLOC", "malloc"),),
    ),
    "undefined": Mode(UNDEFINED, "switch", ("libubsan.so",)),
    "check": Mode(("-DWASMVM_CHECK=1",), "threaded", (), (("WASMVM_CHECK", "1"),)),
}  # fmt: skip


def is_made_there(name: str) -> bool:
    """Whether a file belongs to a build: it is neither copied nor removed."""
    return name in MADE_THERE or name.endswith(COMPILED)


def bring(source: Path, target: Path) -> None:
    """Make `target` like `source`; what is the same keeps its time, so that only what changed is compiled again."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in source.iterdir() if not is_made_there(path.name)}
        for path in target.iterdir():
            if path.name not in names and not is_made_there(path.name):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name in names:
            bring(source / name, target / name)
    elif source.exists() and not (target.exists() and filecmp.cmp(source, target, shallow=False)):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def library(name: str) -> str:
    """The path of a library of the compiler."""
    compiler = os.environ.get("CC", "gcc").split()[0]
    found = subprocess.run([compiler, f"-print-file-name={name}"], stdout=subprocess.PIPE, text=True, check=True)
    path = Path(found.stdout.strip())
    if not path.is_absolute():
        sys.exit(f"{compiler} has no {name}: install the sanitizers of your compiler (Debian: libgcc-N-dev)")
    return str(path)


def build(mode: str, folder: Path) -> None:
    """Compile in `folder` what is not up to date there."""
    settings = MODES[mode]
    environment = {**os.environ, **dict(settings.environment), "CFLAGS": " ".join(settings.flags)}
    environment["LDSHARED"] = " ".join(
        [os.environ.get("CC", "gcc"), "-shared", *(f for f in settings.flags if f.startswith("-fsanitize"))]
    )
    environment.pop("PYTHONMALLOC", None)
    stamp = folder / "build" / "flags"
    # With the variable set, setup.py compiles everything again, so it is asked only where something changed.
    state = repr((settings, build_config.digest(folder)))
    if stamp.exists() and stamp.read_text() == state:
        return
    environment["WASMVM_DISPATCH"] = settings.dispatch
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stdout + "\nthe build failed")
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(state)


def surroundings(mode: str, folder: Path) -> dict[str, str]:
    """The environment of the run."""
    settings = MODES[mode]
    report = folder / "report"
    environment = {**os.environ, **dict(settings.environment), "PYTHONPATH": str(folder)}
    if settings.libraries:
        environment["LD_PRELOAD"] = " ".join(map(library, settings.libraries))
    # Python's own leaks are many, and wasmvm must be able to take a refused allocation.
    environment["ASAN_OPTIONS"] = (
        f"detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=16384:log_path={report}"
    )
    environment["UBSAN_OPTIONS"] = f"print_stacktrace=1:log_path={report}"
    environment["WASMVM_CACHE_DIR"] = str(folder / "cache")  # code of another build is of no use to this one
    return environment


def main() -> int:
    if len(sys.argv) < 3 or sys.argv[1] not in MODES:
        print(__doc__)
        return 2
    mode, command = sys.argv[1], sys.argv[2:]
    folder = ROOT / "build" / "sanitize" / mode
    for name in COPIED:
        bring(ROOT / name, folder / name)
    build(mode, folder)
    for path in folder.glob("report.*"):
        path.unlink()
    (folder / "cache").mkdir(mode=0o700, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=surroundings(mode, folder), check=False
    )  # fmt: skip
    reports = sorted(folder.glob("report.*"))
    for path in reports:
        print(f"--- {path}\n{path.read_text(errors='replace')}")
    if reports:
        print(f"{len(reports)} reports")
        return REPORTED
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
