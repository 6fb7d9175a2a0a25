"""``wasmvm validate``."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.programs import PROGRAMS
from tests.wat import wat2wasm
from wasmvm.cli.main import main


def test_valid_files_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", *(str(program.wasm) for program in PROGRAMS)]) == 0
    assert capsys.readouterr() == ("", "")


def test_each_bad_file_has_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "good": wat2wasm("(module)"),
        "malformed": b"\0asm\1\0\0\0\x01\x7f",
        "invalid": wat2wasm("(module (func (drop (i32.const 0))))").replace(b"\x41\x00\x1a", b"\x01\x01\x1a"),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    missing = tmp_path / "missing"
    assert main(["validate", *(str(tmp_path / name) for name in files), str(missing)]) == 1
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert len(lines) == 3
    assert lines[0].startswith(f"wasmvm: {tmp_path / 'malformed'}: ")
    assert lines[1].startswith(f"wasmvm: {tmp_path / 'invalid'}: type mismatch")
    assert lines[2] == f"wasmvm: {missing}: No such file or directory"


SIMD = (
    "the type v128 needs the simd proposal, which is switched off (on: Config(simd=True), -W simd=yes) (at offset 0xb)"
)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], ""),
        (["--features", "mvp,simd"], ""),
        (["-f", "wasm2"], ""),
        (["-f", "mvp", "-W", "simd"], ""),
        (["--features=-gc"], ""),
        (["-W", "simd=no,simd=yes"], ""),
        (["-W", "simd=no", "-W", "simd=y"], ""),
        (["-W", "fuel=3"], ""),
        (["-f", "mvp"], SIMD),
        (["--features=-simd"], SIMD),
        (["-W", "simd=no"], SIMD),
        (["-W", "gc=yes,simd=n"], SIMD),
    ],
)
def test_proposals(words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "simd.wasm"
    path.write_bytes(wat2wasm("(module (func (param v128)))"))
    assert main(["validate", *words, str(path)]) == (1 if message else 0)
    assert capsys.readouterr().err == (f"wasmvm: {path}: {message}\n" if message else "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-f", "simdd"], "--features: unknown feature 'simdd'; there are: floats"),
        (["-W", "simd=perhaps"], "-W simd=perhaps: expected simd=yes or simd=no"),
        (["-W", "simdd=yes"], "-W simdd=yes: unknown feature 'simdd'"),
        (["-W", "stack-switching=yes"], "-W stack-switching=yes: the stack-switching proposal is not supported"),
        (["-W", "wasm2=no"], "-W wasm2=no: wasm2 is a set of features"),
    ],
)
def test_proposals_that_do_not_exist(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", *words, str(PROGRAMS[0].wasm)]) == 2
    assert capsys.readouterr().err.startswith(f"wasmvm: {message}")
