"""The command line with standard streams that are closed, full or broken: exit codes, and where messages go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="redirects with a POSIX shell")
ROOT = Path(__file__).resolve().parents[2]
FULL = Path("/dev/full")
ADD, HELLO = "examples/add.wasm", "examples/hello.wasm"

UNREACHABLE = '(module (func (export "_start") unreachable))'
"""A program that traps."""
QUIET = '(module (func (export "_start")))'
"""One that just ends."""
TRAPPING = "unreachable.wat"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / TRAPPING).write_text(UNREACHABLE)
    (tmp_path / "quiet.wat").write_text(QUIET)
    (tmp_path / "bad.wasm").write_bytes(b"no module")
    (tmp_path / "a.wat").write_text(QUIET)
    return tmp_path


def shell(folder: Path, arguments: str, redirects: str = "") -> tuple[int, str, str]:
    """Exit code, what came on standard output and on standard error; `$F` is the folder of the files above."""
    command = f'"$PYTHON" -m wasmvm {arguments} {redirects}'
    environment = {**os.environ, "PYTHON": sys.executable, "F": str(folder), "WASMVM_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    return done.returncode, done.stdout, done.stderr


PRINTING = [
    f"run --invoke add {ADD} 2 3", f"inspect {ADD}", f"inspect --lowered 0 {ADD}", f"wasm2wat {ADD}", "wat2wasm $F/a.wat -o -",
    "cache", "--version", "--help", "run --help",
]  # fmt: skip
"""Commands that print something on standard output."""


@pytest.mark.parametrize("arguments", PRINTING)
def test_a_closed_standard_output(arguments: str, folder: Path) -> None:
    assert shell(folder, arguments, ">&-") == (0, "", "")


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", PRINTING)
def test_a_full_standard_output(arguments: str, folder: Path) -> None:
    code, _, err = shell(folder, arguments, ">/dev/full")
    assert code == 1
    assert err.startswith("wasmvm: ") and "No space left on device" in err
    assert err.count("\n") == 1, "one line, and no traceback"


@pytest.mark.parametrize("redirect", [">&-", "2>&-", ">&- 2>&-", "<&-", "<&- >&- 2>&-"])
def test_programs_run_without_streams(redirect: str, folder: Path) -> None:
    assert shell(folder, "run $F/quiet.wat", redirect) == (0, "", "")
    assert shell(folder, f"validate {ADD}", redirect)[0] == 0


def test_a_trap_without_standard_error(folder: Path) -> None:
    code, out, err = shell(folder, f"run $F/{TRAPPING}")
    assert (code, out) == (134, "") and "unreachable" in err
    assert shell(folder, f"run $F/{TRAPPING}", "2>&-") == (134, "", "")
    assert shell(folder, f"run $F/{TRAPPING}", ">&- 2>&-") == (134, "", "")
    assert shell(folder, f"run $F/{TRAPPING}", ">&-")[::2] == (134, err)
    if FULL.exists():
        assert shell(folder, f"run $F/{TRAPPING}", "2>/dev/full") == (134, "", "")
        assert shell(folder, f"run $F/{TRAPPING}", ">/dev/full")[::2] == (134, err)


def broken(arguments: list[str], stream: str) -> int:
    """The exit code of a command with a stream that nobody reads."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: write_end}
    done = subprocess.run([sys.executable, "-m", "wasmvm", *arguments], cwd=ROOT, timeout=PATIENCE, **streams)
    os.close(write_end)
    return done.returncode


def test_broken_streams(folder: Path) -> None:
    assert broken(["run", str(folder / TRAPPING)], "stderr") == 134
    assert broken(["run", str(folder / TRAPPING)], "stdout") == 134
    assert broken(["validate", str(folder / "bad.wasm")], "stderr") == 1
    assert broken(["run", "--dir"], "stderr") == 2
    assert broken(["inspect", ADD], "stdout") == -13, "as it ends other filters"


@pytest.mark.parametrize("redirect", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [("run $F/none.wasm", 1), ("validate $F/bad.wasm", 1), ("run --bogus", 2), ("bogus", 2), ("run --dir", 2)],
)
def test_errors_that_cannot_be_said(arguments: str, wanted: int, redirect: str, folder: Path) -> None:
    if "full" in redirect and not FULL.exists():
        pytest.skip("needs /dev/full")
    assert shell(folder, arguments, redirect) == (wanted, "", "")


@pytest.mark.parametrize("redirect", ["2>&-", "2>/dev/full"])
def test_a_trace_that_cannot_be_written_does_not_end_the_guest(redirect: str, folder: Path) -> None:
    if "full" in redirect and not FULL.exists():
        pytest.skip("needs /dev/full")
    code, out, _ = shell(folder, f"run --trace wasi {HELLO}", redirect)
    assert (code, out) == (0, "Hello from hello.wasm!\n")


def test_a_guest_is_told_of_a_stream_that_is_closed(folder: Path) -> None:
    """EBADF, and no byte goes to whatever file has got its number."""
    program = folder / "write.wat"
    program.write_text("""(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00") (data (i32.const 16) "bytes")
      (func (export "_start") (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))))""")
    assert shell(folder, "run $F/write.wat", ">&-") == (8, "", "")
    assert shell(folder, "run $F/write.wat") == (0, "bytes", "")
    if FULL.exists():
        assert shell(folder, "run $F/write.wat", ">/dev/full") == (51, "", "")


def test_a_missing_input_is_said(folder: Path) -> None:
    code, out, err = shell(folder, "wat2wasm -", "<&-")
    assert (code, out, err) == (1, "", "wasmvm: -: this process has no standard input\n")
