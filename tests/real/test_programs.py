"""The example programs under ``wasmvm run``: what they print equals the native build's and wasmtime's.

The native build's output is committed in examples/expected; where there is a C compiler, the sources are compiled again
and must print that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from examples import build
from examples.programs import BY_NAME, PROGRAMS, Program
from tests import oracle

programs = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


def run_wasmvm(program: Program, folder: Path) -> subprocess.CompletedProcess[bytes]:
    build.prepare_folder(folder)
    command = [sys.executable, "-m", "wasmvm", "run", "--dir", f"{folder}::.", os.fspath(program.wasm), *program.quick]
    return subprocess.run(command, input=program.input(), capture_output=True, check=False)


@programs
def test_output_is_that_of_the_native_build(program: Program, tmp_path: Path) -> None:
    done = run_wasmvm(program, tmp_path)
    assert done.stderr == b""
    assert done.returncode == 0
    assert done.stdout == program.expected.read_bytes()


@programs
def test_output_is_that_of_wasmtime(program: Program, tmp_path: Path) -> None:
    build.prepare_folder(tmp_path)
    run = oracle.run_wasi(program.wasm, program.quick, stdin=program.input(), dirs=[(tmp_path, ".")])
    assert (run.exit_code, run.stdout, run.stderr) == (0, program.expected.read_bytes(), b"")


@programs
def test_expected_output_is_what_a_native_build_prints(program: Program, tmp_path: Path) -> None:
    if build.native_compiler() is None:
        pytest.skip("no C compiler to make the native build with")
    binary, work = tmp_path / "native", tmp_path / "work"
    work.mkdir()
    build.build_native(program, binary)
    assert build.run_native(program, binary, work) == program.expected.read_bytes()


def test_copy_makes_an_equal_file(tmp_path: Path) -> None:
    program = BY_NAME["copy"]
    done = run_wasmvm(program, tmp_path)
    assert done.returncode == 0, done.stderr
    source, target = (tmp_path / name for name in program.quick)
    assert source.read_bytes() == target.read_bytes()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("copy", ["no-such-file", "to"]), ("copy", []), ("matmul", ["0"]), ("bytecode", ["1"])],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_failures_are_those_of_wasmtime(name: str, arguments: list[str], tmp_path: Path) -> None:
    """A guest's own errors: message on the standard error stream, and the exit code."""
    wasm = BY_NAME[name].wasm
    expected = oracle.run_wasi(wasm, arguments, dirs=[(tmp_path, ".")])
    assert expected.exit_code in (1, 2)
    command = [sys.executable, "-m", "wasmvm", "run", "--dir", f"{tmp_path}::.", os.fspath(wasm), *arguments]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout, done.stderr) == (expected.exit_code, expected.stdout, expected.stderr)


def test_binaries_are_those_of_the_sources(tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="ziglang is not installed (extra `dev`): cannot rebuild the binaries")
    program = BY_NAME["hello"]
    built = tmp_path / program.wasm.name
    build.build_wasm(program, built)
    if built.read_bytes() != program.wasm.read_bytes():
        # Another release of the compiler makes other bytes; they still have to do the same.
        shutil.copy(built, tmp_path / "again.wasm")
        run = oracle.run_wasi(tmp_path / "again.wasm", program.quick)
        assert run.stdout == program.expected.read_bytes().replace(b"hello.wasm", b"again.wasm")
