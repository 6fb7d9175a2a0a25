"""The command line as a whole."""

from __future__ import annotations

import subprocess
import sys

import pytest

import wasmvm
from wasmvm._core import DISPATCH
from wasmvm.cli.main import main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"wasmvm {wasmvm.__version__} ({DISPATCH} dispatch)\n"


@pytest.mark.parametrize("command", ["run", "validate", "inspect"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([command, "--help"])
    assert exit_.value.code == 0
    assert f"wasmvm {command}" in capsys.readouterr().out


def test_running_imports_little() -> None:
    """What a command that only parses its arguments must not have to wait for."""
    heavy = ("numpy", "re", "inspect", "dataclasses", "asyncio", "ctypes", "importlib.metadata")
    probe = "import sys, wasmvm.cli.main as m; m.build_parser(); print(*(n for n in sys.argv[1:] if n in sys.modules))"
    without_site = [sys.executable, "-S", "-c", probe, *heavy]
    done = subprocess.run(without_site, capture_output=True, text=True, check=True)
    # argparse itself imports re.
    assert set(done.stdout.split()) <= {"re"}
