"""`tools/sanitize.py` copies what changed and nothing else; what the sanitizers find, docs/testing.md tells."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import sanitize

ROOT = Path(__file__).resolve().parent.parent


def test_bring_copies_what_changed(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "a" / "__pycache__").mkdir(parents=True)
    (source / "a" / "x.py").write_text("1")
    (source / "a" / "y.pxi").write_text("2")
    (source / "a" / "test_build.py").write_text("3")
    (source / "a" / "_build.py").write_text("of this build")
    (source / "a" / "x.so").write_text("compiled here")
    (source / "a" / "__pycache__" / "x.pyc").write_text("")
    sanitize.bring(source, target)
    assert sorted(p.name for p in (target / "a").iterdir()) == ["test_build.py", "x.py", "y.pxi"]
    old = 1_000_000_000
    for name in ("x.py", "y.pxi"):
        os.utime(target / "a" / name, (old, old))
    (target / "a" / "x.so").write_text("compiled there")
    (target / "a" / "_build.py").write_text("of that build")
    (target / "a" / "gone.py").write_text("")
    (target / "a" / "gone").mkdir()
    (source / "a" / "x.py").write_text("new")
    sanitize.bring(source, target)
    assert (target / "a" / "x.py").read_text() == "new"
    assert (target / "a" / "y.pxi").stat().st_mtime == old
    assert (target / "a" / "x.so").read_text() == "compiled there"
    assert (target / "a" / "_build.py").read_text() == "of that build"
    assert not (target / "a" / "gone.py").exists()
    assert not (target / "a" / "gone").exists()


def test_all_of_the_project_is_copied() -> None:
    """A new folder of the project would be missing in the copy."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("the project is no git repository here")
    names = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in names if not name.startswith(".")} <= set(sanitize.COPIED)


def test_modes_and_usage() -> None:
    assert set(sanitize.MODES) == {"address", "undefined", "check"}
    done = subprocess.run(
        [sys.executable, "-m", "tools.sanitize", "nothing", "pytest"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "python -m tools.sanitize MODE MODULE" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the sanitizers are used on Linux")
def test_reports_go_to_files(tmp_path: Path) -> None:
    environment = sanitize.surroundings("check", tmp_path)
    assert f"log_path={tmp_path / 'report'}" in environment["ASAN_OPTIONS"]
    assert environment["PYTHONPATH"] == str(tmp_path)
    assert "LD_PRELOAD" not in environment or environment["LD_PRELOAD"] == os.environ.get("LD_PRELOAD")
