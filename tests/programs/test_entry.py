"""Which function runs a program: `wasmvm.run` and the command line agree."""

from __future__ import annotations

from pathlib import Path

import pytest

import wasmvm
from tests.cli.test_run import wasmvm as command
from tests.wat import wat2wasm

PROGRAM = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "\\08\\00\\00\\00\\01\\00\\00\\00?")
  (func $print (param i32)
    (i32.store8 (i32.const 8) (local.get 0)) (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
  {})"""
INITIALIZE = '(func (export "_initialize") (call $print (i32.const 105)))'
START = '(func (export "_start") (call $print (i32.const 115)))'
EMPTY = '(func (export "") (call $print (i32.const 101)))'
OTHER = '(global (export "_start") i32 (i32.const 0)) (global (export "_initialize") i32 (i32.const 0))'


@pytest.mark.parametrize(
    ("fields", "calls"),
    [
        (START, b"s"),
        (EMPTY, b"e"),
        (EMPTY + START, b"s"),
        (INITIALIZE, b"i"),
        (INITIALIZE + EMPTY, b"ie"),
        (EMPTY + START + INITIALIZE, b"is"),
        (OTHER + EMPTY, b"e"),
        (EMPTY.replace("(call", "(result i32) (i32.const 1) (call"), b"e"),
    ],
)
def test_what_is_called(fields: str, calls: bytes, tmp_path: Path) -> None:
    text = PROGRAM.format(fields)
    assert wasmvm.run(text, capture_output=True).stdout == calls
    (tmp_path / "program.wasm").write_bytes(wat2wasm(text))
    done = command("run", tmp_path / "program.wasm")
    assert (done.returncode, done.stdout, done.stderr) == (0, calls, b"")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("", 'it exports no function "_start", nor one named ""; exported functions: none'),
        (START.replace("_start", "_START"), "exported functions: _START"),
        (OTHER, 'nor one named ""; exported functions: none'),
        (START.replace("(call", "(param i32 i64) (call"), 'its function "_start" takes 2 parameters'),
        (EMPTY.replace("(call", "(param i32) (call"), 'its function "" takes 1 parameters'),
        (INITIALIZE.replace("(call", "(param i32) (call") + START, 'its function "_initialize" takes 1 parameters'),
    ],
)
def test_where_nothing_can_be_called_nothing_succeeds(fields: str, message: str, tmp_path: Path) -> None:
    text = PROGRAM.format(fields)
    written = bytearray()
    with pytest.raises(wasmvm.LinkError) as raised:
        wasmvm.run(text, stdout=written)
    assert message in str(raised.value)
    (tmp_path / "program.wasm").write_bytes(wat2wasm(text))
    done = command("run", tmp_path / "program.wasm")
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
    assert message in done.stderr.decode()
    assert not written


def test_the_empty_name_can_be_invoked(tmp_path: Path) -> None:
    (tmp_path / "program.wasm").write_bytes(wat2wasm(PROGRAM.format(START + EMPTY)))
    assert command("run", "--invoke", "", tmp_path / "program.wasm").stdout == b"e"
    assert b'there are: _start, ""' in command("run", "--invoke", "x", tmp_path / "program.wasm").stderr
