"""What a build that cannot go on says: each time one clear message, tried on a project of empty modules."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def listed(name: str) -> list[str]:
    """The value of a list of file names in setup.py."""
    for node in ast.parse((ROOT / "setup.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            value: list[str] = ast.literal_eval(node.value)
            return value
    raise LookupError(name)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's setup.py, with a module of one line for each that it compiles."""
    shutil.copy(ROOT / "setup.py", tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "wasmvm"\nversion = "0"\n')
    for name in listed("HOT") + listed("EXTENSION"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("answer = 42\n")
        (path.parent / "__init__.py").touch()
    return tmp_path


def build(folder: Path, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "setup.py", "build_ext", "--inplace"],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="CC does not choose the compiler on Windows")
def test_without_a_compiler(project: Path) -> None:
    code, output = build(project, CC="/nonexistent/cc")
    assert code == 1
    assert "wasmvm cannot be built: the C compiler is missing or failed" in output
    assert "python3-dev" in output
    assert "Traceback" not in output


@pytest.mark.skipif(sys.platform == "win32", reason="CC does not choose the compiler on Windows")
def test_with_a_compiler_that_fails(project: Path) -> None:
    code, output = build(project, CC=shutil.which("false") or "false")
    assert code == 1
    assert "wasmvm cannot be built: the C compiler is missing or failed" in output
    assert "Traceback" not in output


def test_without_cython(project: Path) -> None:
    (project / "Cython").mkdir()
    (project / "Cython/__init__.py").write_text("raise ImportError('hidden by the test')\n")
    code, output = build(project, PYTHONPATH=str(project))
    assert code == 1
    assert "wasmvm cannot be built: Cython is not installed (hidden by the test)" in output
    assert "Traceback" not in output


def test_with_a_module_that_cython_refuses(project: Path) -> None:
    (project / "wasmvm/_core.pyx").write_text("cdef int answer = no_such_name +\n")
    code, output = build(project)
    assert code == 1
    assert "wasmvm cannot be built: Cython" in output
    assert "failed to translate a module to C: wasmvm/_core.pyx" in output
    assert "Traceback" not in output


def test_the_package_knows_what_it_was_built_of(project: Path) -> None:
    """Kept code is found again by the same sources only; those above the stages do not count."""
    source, unrelated = project / listed("HOT")[0], project / "wasmvm/cli/run.py"
    unrelated.parent.mkdir()

    def known() -> str:
        build(project, CC=shutil.which("false") or "false")
        return (project / "wasmvm/_build.py").read_text()

    first = known()
    unrelated.write_text("answer = 41\n")
    assert known() == first
    source.write_text("answer = 43\n")
    assert known() != first
    source.write_text("answer = 42\n")
    assert known() == first


def test_a_missing_source_is_not_passed_over(project: Path) -> None:
    (project / listed("HOT")[0]).unlink()
    code, output = build(project)
    assert code == 1
    assert f"there is no {listed('HOT')[0]}" in output


@pytest.mark.skipif(sys.platform == "win32", reason="CC does not choose the compiler on Windows")
def test_list_comprehensions_release_an_item_once(project: Path) -> None:
    """Cython 3.3 releases it twice where there is no memory for it; what it writes is mended."""
    (project / "wasmvm/reader.py").write_text("answer = [str(i) for i in range(3)]\n")
    build(project, CC=shutil.which("false") or "false")
    (generated,) = project.glob("build/cython-*/wasmvm/reader.c")
    text = generated.read_text()
    assert "ListComp_AppendAndDecref" in text
    assert not re.search(r"PyList_Append\(list, x\);\s*Py_DECREF\(x\)", text)
