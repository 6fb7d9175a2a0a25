"""The command line as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

import wasmvm
from wasmvm._core import CHECKS, DISPATCH
from wasmvm.cli.failure import CommandError, UsageError
from wasmvm.cli.main import main
from wasmvm.compiled import cache as codecache
from wasmvm.errors import InternalError

ROOT = Path(__file__).resolve().parents[2]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"wasmvm {wasmvm.__version__} ({DISPATCH} dispatch{', check' * CHECKS})\n"


@pytest.mark.parametrize("command", ["run", "validate", "inspect"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([command, "--help"])
    assert exit_.value.code == 0
    assert f"wasmvm {command}" in capsys.readouterr().out


ENDS = [
    (KeyboardInterrupt(), 130, ""),
    (MemoryError(), 1, "wasmvm: out of memory\n"),
    (OSError(5, "Input/output error", "a\x1bfile"), 1, "wasmvm: a\\x1bfile: Input/output error\n"),
    (OSError(5, "Input/output error"), 1, "wasmvm: Input/output error\n"),
    (OSError("something"), 1, "wasmvm: something\n"),
    (wasmvm.DecodeError("bad\nmagic", 9), 1, "wasmvm: bad\\nmagic (at offset 0x9)\n"),
    (wasmvm.ModuleSizeError("too large", 9), 1, "wasmvm: too large (at offset 0x9) (--max-module-size allows more)\n"),
    (wasmvm.Trap("unreachable", "unreachable"), 134, "wasmvm: trap: unreachable\n"),
    (wasmvm.FuelTrap("all fuel consumed"), 134, "wasmvm: trap: all fuel consumed (--fuel allows more)\n"),
    (wasmvm.WasmException(None, (1,)), 134, "wasmvm: uncaught wasm exception with the payload (1,)\n"),
    (UsageError("not so"), 2, "wasmvm: not so\n"),
    (CommandError("not there"), 1, "wasmvm: not there\n"),
]


@pytest.mark.parametrize(("error", "code", "message"), ENDS, ids=lambda value: type(value).__name__)
def test_how_a_command_ends(
    error: BaseException, code: int, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line for people, and an exit code of its own for each kind."""

    def run(options: object) -> int:
        raise error

    monkeypatch.setattr("wasmvm.cli.validate.run", run)
    assert main(["validate", "x"]) == code
    assert tuple(capsys.readouterr()) == ("", message)


def test_a_fault_of_ours_shows_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(options: object) -> int:
        raise InternalError("the loop met an unknown instruction")

    monkeypatch.setattr("wasmvm.cli.validate.run", run)
    with pytest.raises(InternalError):
        main(["validate", "x"])


SLOW = ("typing", "dataclasses", "contextlib", "signal", "numpy", "inspect", "asyncio", "ctypes", "importlib.metadata")
"""What nothing that has to start quickly may wait for."""


def imported(statements: str, names: Iterable[str], arguments: Sequence[str] = (), folder: str = "") -> set[str]:
    """Which of the modules a fresh process has imported when it has run the statements; `folder` is the cache."""
    probe = f"import sys; {statements}; print(*(n for n in {tuple(names)} if n in sys.modules), file=sys.stderr)"
    # Without `site`, since packages that are installed may have modules imported at every start.
    done = subprocess.run(
        [sys.executable, "-S", "-c", probe, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, codecache.FOLDER_ENV: folder},
    )
    return set(done.stderr.split())


def test_a_parser_imports_little() -> None:
    assert not imported("import wasmvm.cli.main as m; m.build_parser()", SLOW)


def test_the_embedding_imports_little() -> None:
    assert not imported(
        "import wasmvm; wasmvm.Module; wasmvm.instantiate; wasmvm.run", (*SLOW, "enum", "re", "argparse")
    )


ALWAYS_LARGE = "import wasmvm.compiled.cache as c; c.LARGE, c.RACY_SECONDS = 1, -1.0"
"""Makes a module's file count as a large one that was not changed just now."""


@pytest.mark.parametrize("prelude", ["pass", ALWAYS_LARGE], ids=["small", "large"])
def test_a_start_from_the_cache_imports_little(prelude: str, tmp_path: Path) -> None:
    run = f"{prelude}; from wasmvm.cli.main import main; main()"
    arguments = ["run", str(ROOT / "examples" / "hello.wasm")]
    # Declarations are validated and lowered code is verified at every start; bodies are neither validated nor lowered.
    always = {"wasmvm.validation.module", "wasmvm.lowering.verify"}
    skipped = {"wasmvm.validation.body", "wasmvm.lowering.body", "wasmvm.generated.forms"}
    found = imported(run, always | skipped, arguments, str(tmp_path / "cache"))
    assert found == {"wasmvm.validation.module"} | skipped
    slow = (*SLOW, *always, *skipped, "wasmvm.binary.names", "wasmvm.isa.wasm", "wasmvm.isa.regop.rows")
    assert imported(run, slow, arguments, str(tmp_path / "cache")) == always
