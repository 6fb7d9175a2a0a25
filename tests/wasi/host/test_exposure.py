"""What is warned of: directories that are more than files."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import wasmvm
from tests.patience import PATIENCE
from tests.wasi.cases import PROJECT
from wasmvm.wasi import HostDirectory, MemoryDirectory
from wasmvm.wasi.host import exposure

pytestmark = pytest.mark.skipif(os.name != "posix", reason="about the file systems of POSIX hosts")
QUIET = '(module (func (export "_start")))'
NEEDS_PROC = pytest.mark.skipif(not os.path.isfile("/proc/self/mountinfo"), reason="needs Linux's /proc")


def test_files_are_nothing_to_warn_of(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    for path in (tmp_path, tmp_path / "proc", str(tmp_path), bytes(tmp_path), "examples", tmp_path / "nowhere"):
        assert exposure.exposure(path) is None


@pytest.mark.parametrize("path", ["/", "//", "/./", "/tmp/..", "link"])
def test_the_whole_file_system(path: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    found = exposure.exposure(os.path.join(tmp_path, path))
    assert found is not None and found.startswith("/ grants the guest every file")


@NEEDS_PROC
@pytest.mark.parametrize("path", ["/proc", "/proc/self", "/proc/", "/proc/../proc/self/task", "/sys", "/sys/kernel"])
def test_the_kernel(path: str, tmp_path: Path) -> None:
    if not os.path.isdir(path):
        pytest.skip("this system has none")
    assert exposure.exposure(path) is not None
    (tmp_path / "link").symlink_to(path)
    assert exposure.exposure(tmp_path / "link") is not None


def test_other_mounts_of_proc_count_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A chroot with a /proc of its own, and names that mountinfo escapes."""
    (tmp_path / "jail with spaces" / "proc").mkdir(parents=True)
    jail = tmp_path.resolve() / "jail with spaces"
    monkeypatch.setattr(exposure, "_kernel_mounts", lambda: [(str(jail / "proc"), "proc")])
    assert exposure.exposure(jail) is not None
    assert exposure.exposure(tmp_path) is not None
    assert exposure.exposure(jail / "proc") is not None
    (jail / "process").mkdir()
    assert exposure.exposure(jail / "process") is None
    assert exposure._unescaped(b"/a\\040b\\011c\\134d") == "/a b\tc\\d"


@pytest.mark.parametrize("grant", ["/", HostDirectory("/", read_only=True)])
def test_run_warns(grant: Any, tmp_path: Path) -> None:
    with pytest.warns(RuntimeWarning, match="every file of this machine") as caught:
        wasmvm.run(QUIET, dirs={"/host": grant})
    assert caught[0].filename == __file__


def test_run_does_not_warn_of_files(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wasmvm.run(QUIET, dirs={"/": tmp_path, "/ro": HostDirectory(tmp_path, True), "/mem": MemoryDirectory()})


def test_the_command_line_warns_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "quiet.wat").write_text(QUIET)

    def command(*options: str) -> tuple[int, str, str]:
        arguments = [sys.executable, "-m", "wasmvm", "run", *options, str(tmp_path / "quiet.wat")]
        done = subprocess.run(arguments, cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout, done.stderr

    assert command("--dir", str(tmp_path)) == (0, "", "")
    for option in ("--dir", "--dir-ro"):
        code, out, err = command(option, "/::/host")
        assert (code, out) == (0, "")
        assert err.startswith("wasmvm: warning: / grants") and err.count("\n") == 1
