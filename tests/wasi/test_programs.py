"""C programs of this project's own suite, and whatever suite of the official layout ``WASMVM_WASI_TESTSUITE`` names."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.wasi.cases import UnsupportedCase, failures, fresh_copy, read_case, run_case, run_oracle

SUITE = Path(__file__).parent / "suite"
PROGRAMS = sorted(path.stem for path in SUITE.glob("*.wasm") if path.with_suffix(".json").exists())
UNLIKE_WASMTIME = {
    "allocate": "wasmtime has no fd_allocate",
    "dirs": "wasmtime refuses to remove a directory whose path ends in a slash",
    "remove_while_reading": "wasmtime's cookies are positions, so it skips entries when others are removed",
    "rights": "wasmtime has no rights",
}
"""Programs whose results differ from wasmtime's, and why ours are meant."""
LIKE_NATIVE = ("database", "tempfile", "walk")


def official_programs() -> list[Path]:
    """The programs below the folder that ``WASMVM_WASI_TESTSUITE`` names."""
    folder = os.environ.get("WASMVM_WASI_TESTSUITE")
    return sorted(Path(folder).rglob("*.wasm")) if folder else []


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path) -> None:
    case = read_case(SUITE / f"{name}.wasm")
    assert case.stdout, "a case that checks nothing"
    assert failures(case, run_case(case, tmp_path)) == []


def test_every_program_has_a_case_and_a_source() -> None:
    assert len(PROGRAMS) >= 20
    sources = {path.stem for path in SUITE.glob("*.c")} - {"httpd"}
    assert set(PROGRAMS) == sources
    assert set(UNLIKE_WASMTIME) | set(LIKE_NATIVE) <= sources


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name not in UNLIKE_WASMTIME])
def test_program_does_the_same_under_wasmtime(name: str, tmp_path: Path) -> None:
    pytest.importorskip("wasmtime", reason="the oracle is the package wasmtime")
    case = read_case(SUITE / f"{name}.wasm")
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    assert run_case(case, tmp_path / "ours") == run_oracle(case, tmp_path / "theirs")


@pytest.mark.parametrize("name", LIKE_NATIVE)
def test_program_does_the_same_as_its_native_build(name: str, tmp_path: Path) -> None:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("there is no C compiler")
    binary, folder = tmp_path / name, tmp_path / "folder"
    subprocess.run([compiler, "-O1", "-w", "-D_GNU_SOURCE", "-o", binary, SUITE / f"{name}.c"], check=True)
    folder.mkdir()
    native = subprocess.run([binary], cwd=folder, stdout=subprocess.PIPE, check=True)
    case = read_case(SUITE / f"{name}.wasm")
    assert case.stdout == native.stdout


def test_an_unchanged_folder_is_copied(tmp_path: Path) -> None:
    [(copy, guest)] = fresh_copy(read_case(SUITE / "stat.wasm"), tmp_path)
    assert guest == "/"
    assert (copy / "dir/file").read_bytes() == b"twelve bytes"
    assert not (copy / ".gitkeep").exists()


@pytest.mark.skipif(not official_programs(), reason="WASMVM_WASI_TESTSUITE names no folder with programs in it")
@pytest.mark.parametrize("wasm", official_programs(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_official_program(wasm: Path, tmp_path: Path) -> None:
    try:
        case = read_case(wasm)
    except UnsupportedCase as error:
        pytest.skip(str(error))
    assert failures(case, run_case(case, tmp_path)) == []
