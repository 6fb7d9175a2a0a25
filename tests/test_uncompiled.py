"""The hot modules also run as ordinary Python: their tests pass on a copy in which they are not compiled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import uncompiled

ROOT = Path(__file__).resolve().parent.parent
SELECTIONS = (
    "tests/test_reader.py tests/binary",
    "tests/validation",
    "tests/machine/loop/test_numeric.py tests/machine/driver/test_traps.py tests/lowering/test_vector.py tests/cli/test_inspect.py",
    "tests/lowering/test_verify.py",
)
"""What is run: the tests of the decoder and of the validator, and for lowering those that execute what it made."""

PROBE = """
import sys
from importlib import import_module
for name in sys.argv[1:]:
    print(import_module(name).__file__)
"""


def hot_modules() -> list[str]:
    paths = [path.with_suffix(".py") for path in sorted(ROOT.glob("wasmvm/**/*.pxd"))]
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths if path.exists()]


def test_the_copy_holds_pure_python(tmp_path: Path) -> None:
    uncompiled.copy_project(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *hot_modules()],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    files = [Path(line) for line in done.stdout.splitlines()]
    assert files
    assert all(path.suffix == ".py" and path.is_relative_to(tmp_path) for path in files), files


@pytest.mark.parametrize("selection", SELECTIONS)
def test_passes(selection: str) -> None:
    done = subprocess.run(
        [sys.executable, "tools/uncompiled.py", "-q", "-x", "--no-header", *selection.split()],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
