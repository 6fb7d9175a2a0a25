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
