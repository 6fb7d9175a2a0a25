"""What a build that cannot go on says: each time one clear message, tried on a project of empty modules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tools import build_config

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's sources, with one line instead of each module that is compiled."""
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("wasmvm", "tools"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in build_config.SUFFIXES:
                target = tmp_path / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    for name in [*build_config.hot_modules(ROOT), build_config.EXTENSION]:
        (tmp_path / name).write_text("answer = 42\n")
        (tmp_path / name).with_suffix(".pxd").write_text("")
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
    assert "failed to translate wasmvm/_core.pyx to C" in output
    assert re.search(r"_core\.pyx:1:\d+: ", output), "Cython's own message is there, too"
    assert "Traceback" not in output


def test_the_package_knows_what_it_was_built_of(project: Path) -> None:
    """Kept code is found again by the same sources only."""

    def known() -> str:
        subprocess.run([sys.executable, "setup.py", "--name"], cwd=project, capture_output=True, check=True)
        return (project / "wasmvm/_build.py").read_text()

    source = project / "wasmvm/reader.py"
    first = known()
    assert build_config.digest(project) in first
    source.write_text("answer = 43\n")
    assert known() != first
    source.write_text("answer = 42\n")
    assert known() == first


def rooms() -> list[list[str]]:
    """The rooms of the package from the highest layer to the lowest, from the contract in pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[room.strip(" ()") for room in re.split(r"[:|]", layer)] for layer in layers]


def test_what_does_not_count_stands_above_the_runtime() -> None:
    layers = rooms()
    above = {room for layer in layers[: layers.index(["runtime"])] for room in layer}
    assert set(build_config.ABOVE) == above | {"__init__"}


def test_a_change_in_any_folder_that_counts_is_another_build(project: Path) -> None:
    """And one that does not count is none: that would only cost those who keep code."""
    package = project / "wasmvm"
    first = build_config.digest(project)
    counted, others = set(), set()
    for path in sorted(p for p in project.rglob("*") if p.suffix in build_config.SUFFIXES):
        room = path.relative_to(project).parts[:-1]
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        changed = build_config.digest(project) != first
        path.write_bytes(before)
        (counted if changed else others).add(room)
        if path.parent != package:
            above = path.is_relative_to(package) and room[1] in build_config.ABOVE
            assert changed != above, path
    assert build_config.digest(project) == first
    folders = {p.relative_to(project).parts for p in (project, package, *package.rglob("*")) if p.is_dir()}
    assert counted | others | {()} == folders | {("tools",)} | {()}
    # What is new counts until somebody says that it need not: a folder in a folder, a file, and its name.
    (package / "lowering/new/folder").mkdir(parents=True)
    for name in ("lowering/new/folder/part.pxi", "novelty.py", "isa/header.h"):
        (package / name).write_text("")
        assert build_config.digest(project) != first
        (package / name).unlink()
    (package / "reader.py").rename(package / "reader2.py")
    assert build_config.digest(project) != first


def test_a_missing_source_is_not_passed_over(project: Path) -> None:
    (project / "wasmvm/reader.py").unlink()
    code, output = build(project)
    assert code == 1
    assert "there is no wasmvm/reader.py" in output


def test_the_loop_is_printed_when_its_tables_change(project: Path) -> None:
    """And only then: what did not change is not compiled again."""
    printed = project / "build/generated/switch/_core_run.pxi"

    def build_loop() -> str:
        build(project, CC=shutil.which("false") or "false", WASMVM_DISPATCH="switch")
        return printed.read_text()

    first = build_loop()
    assert "op == R_I32_ADD" in first
    assert not (project / "build/generated/threaded").exists()
    os.utime(printed, (1_000_000_000, 1_000_000_000))
    assert build_loop() == first
    assert printed.stat().st_mtime == 1_000_000_000
    printer = project / "tools/dispatch.py"
    printer.write_text(printer.read_text().replace('DISPATCH = "switch"', 'DISPATCH = "other"'))
    assert build_loop() != first


@pytest.mark.skipif(sys.platform == "win32", reason="CC does not choose the compiler on Windows")
def test_debug_information_is_for_those_who_ask(project: Path) -> None:
    """Python's own flags ask for it, and nine tenths of the libraries would be that."""
    false = shutil.which("false") or "false"
    _, output = build(project, CC=false, CFLAGS="")
    commands = [line for line in output.splitlines() if line.startswith(false) and " -c " in line]
    assert commands
    assert all(line.split().index("-g0") > line.split().index("-c") for line in commands)
    _, output = build(project, CC=false, CFLAGS="-g1")
    assert "-g1" in output
    assert "-g0" not in output


def test_a_translation_that_is_stopped_leaves_no_half_file(project: Path) -> None:
    """A file that is newer than its source counts as finished, so the next build would compile what there is of it."""
    program = """
import sys
from pathlib import Path
text = Path("setup.py").read_text()
namespace = {"__name__": "setup", "__file__": "setup.py"}
exec(text[: text.rindex("\\nsetup(")], namespace)
half = Path("build/c/wasmvm/reader.c")
half.parent.mkdir(parents=True)
half.write_text("half")
namespace["Translation"](["wasmvm/reader.py"], "build/c", "build").stop()
sys.exit(half.exists())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="CC does not choose the compiler on Windows")
def test_a_build_says_how_far_it_is(project: Path) -> None:
    _, output = build(project, CC=shutil.which("false") or "false")
    assert re.search(r"^wasmvm, \d+ s: the hot modules are translated to C$", output, re.MULTILINE)


def committed() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("the project is no git repository here")
    return set(listed.stdout.splitlines())


def test_the_source_distribution_is_complete(tmp_path: Path) -> None:
    """It has all that is committed, but what is for git and CI, and nothing that a build has made."""
    copy = tmp_path / "copy"
    for name in committed():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "sdist", "--formats=tar", "--dist-dir", str(tmp_path)],
        cwd=copy, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("*.tar")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {name for name in committed() if (ROOT / name).is_file() and not name.startswith(".")}
    assert not needed - names
    assert not {
        name for name in names if name.startswith("build") or (name.endswith((".c", ".so")) and "wasmvm/" in name)
    }


@pytest.mark.skipif(sys.platform == "win32", reason="CC does not choose the compiler on Windows")
def test_what_makes_lists_releases_an_item_once(project: Path) -> None:
    """Cython 3.3 releases it twice where there is no memory for it; what it writes is mended, in every module."""
    lists = {"reader": "[str(i) for i in a]", "typetable": "[*a, str(1)]", "text/lexer": "b''.join([*a, str(1), *a])"}
    for name, made in lists.items():
        (project / f"wasmvm/{name}.py").write_text(f"def answer(a):\n    return {made}\n")
    build(project, CC=shutil.which("false") or "false")
    for name in lists:
        (generated,) = project.glob(f"build/cython-*/wasmvm/{name}.c")
        text = generated.read_text()
        assert "ListComp_AppendAndDecref" in text
        assert not re.search(r"PyList_Append\(list, x\);\s*Py_DECREF\(x\)", text)
