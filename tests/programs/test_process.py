"""`wasmvm.run`: programs of WASI as with `subprocess.run`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import wasmvm

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
EXIT = """(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const {code}))))"""


def test_output_is_captured() -> None:
    done = wasmvm.run(EXAMPLES / "hello.wasm", ["a", "b"], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"hello.wasm a b" in done.stdout
    assert done.args == ["hello.wasm", "a", "b"]


def test_input_is_given() -> None:
    done = wasmvm.run(EXAMPLES / "wordcount.wasm", stdin=b"one two\nthree\n", capture_output=True)
    assert done.returncode == 0
    assert b"3" in done.stdout


@pytest.mark.parametrize("code", [0, 1, 200])
def test_exit_codes(code: int) -> None:
    done = wasmvm.run(EXIT.format(code=code))
    assert done.returncode == code
    if code:
        with pytest.raises(subprocess.CalledProcessError):
            wasmvm.run(EXIT.format(code=code), check=True)


def test_a_trap_carries_what_was_captured() -> None:
    with pytest.raises(wasmvm.Trap) as caught:
        wasmvm.run('(module (func (export "_start") unreachable))', capture_output=True)
    assert caught.value.code == "unreachable"
    assert caught.value.stdout == b""


def test_limits() -> None:
    spin = '(module (func (export "_start") (loop br 0)))'
    with pytest.raises(wasmvm.Trap, match="time limit"):
        wasmvm.run(spin, timeout=0.05)
    with pytest.raises(wasmvm.Trap, match="fuel"):
        wasmvm.run(spin, fuel=1000)


def test_a_reactor_is_initialized_and_nothing_else_is_an_error() -> None:
    called = []
    text = '(module (import "e" "f" (func $f)) (func (export "_initialize") call $f))'
    assert wasmvm.run(text, imports={"e": {"f": lambda: called.append(1)}}).returncode == 0
    assert called == [1]
    with pytest.raises(wasmvm.LinkError, match="_start"):
        wasmvm.run("(module)")
