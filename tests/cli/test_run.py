"""``wasmvm run`` from outside: exit codes, streams, arguments, signals."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from examples.programs import BY_NAME
from tests.patience import PATIENCE
from tests.wat import wat2wasm
from wasmvm.cli.run import VALUE_OPTIONS, add_arguments, split_guest_arguments

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")

COMMAND = [sys.executable, "-m", "wasmvm"]


def wasmvm(
    *arguments: str | os.PathLike[str], input: bytes = b"", **options: object
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], input=input, capture_output=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def module(tmp_path: Path) -> Path:
    return tmp_path / "module.wasm"


def write(path: Path, text: str) -> Path:
    path.write_bytes(wat2wasm(text))
    return path


EXPORTS = """(module $calls
  (memory (export "memory") 1)
  (global (export "g") i32 (i32.const 1))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f32) (result f32 i64) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func $inner unreachable)
  (func $outer (export "trap") (call $inner)))"""

ENDLESS = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00ready\\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
    (loop (br 0))))"""

EXIT = """(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $proc_exit (i32.const {code})) unreachable))"""


@pytest.mark.parametrize(
    ("line", "own", "guest"),
    [
        ("run a.wasm", "run a.wasm", ""),
        ("run a.wasm -5 --dir x --", "run a.wasm", "-5 --dir x --"),
        ("run --dir x --env=A=B a.wasm --help", "run --dir x --env=A=B a.wasm", "--help"),
        ("run --invoke f a.wasm -- 1", "run --invoke f a.wasm", "-- 1"),
        ("run -- a.wasm -- b", "run -- a.wasm", "-- b"),
        ("run -- -odd.wasm b", "run -- -odd.wasm", "b"),
        ("run --env", "run --env", ""),
        ("run", "run", ""),
        ("validate a b", "validate a b", ""),
        ("", "", ""),
    ],
)
def test_all_after_the_module_is_the_guests(line: str, own: str, guest: str) -> None:
    assert split_guest_arguments(line.split()) == (own.split(), guest.split())


def test_guest_sees_its_arguments_untouched() -> None:
    done = wasmvm("run", BY_NAME["hello"].wasm, "--dir", "-7", "--", "", "--help")
    assert done.stdout == b"Hello from hello.wasm --dir -7 --  --help!\n"
    assert (done.returncode, done.stderr) == (0, b"")


def test_argv0() -> None:
    done = wasmvm("run", "--argv0", "me", BY_NAME["hello"].wasm)
    assert done.stdout == b"Hello from me!\n"


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_exit_code_is_the_guests(code: int, module: Path) -> None:
    done = wasmvm("run", write(module, EXIT.format(code=code)))
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


def test_trap(module: Path) -> None:
    done = wasmvm("run", "--invoke", "trap", write(module, EXPORTS))
    assert done.returncode == 134
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "wasmvm: trap: unreachable"
    assert lines[1] == "wasm backtrace:"
    assert [line.split(" - ")[1] for line in lines[2:]] == ["calls!inner", "calls!outer"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "unexpected end"),
        (b"\x7fELF0000", "magic header not detected"),
        (b"\0asm\2\0\0\0", "unknown binary version"),
        (b"\0asm\1\0\0\0\3\2\1\0", None),
    ],
    ids=["empty", "elf", "version", "no code"],
)
def test_bad_file(content: bytes, message: str | None, module: Path) -> None:
    module.write_bytes(content)
    done = wasmvm("run", module)
    assert done.returncode == 1
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"wasmvm: {module}: ")
    assert message is None or message in lines[0]


def test_missing_file(tmp_path: Path) -> None:
    done = wasmvm("run", tmp_path / "no.wasm")
    assert (done.returncode, done.stderr.decode()) == (
        1,
        f"wasmvm: {tmp_path / 'no.wasm'}: No such file or directory\n",
    )


def test_directory_instead_of_file(tmp_path: Path) -> None:
    done = wasmvm("run", tmp_path)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1


def test_unknown_import(module: Path) -> None:
    done = wasmvm("run", write(module, '(module (import "env" "f" (func)))'))
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"env" in done.stderr


def test_missing_directory(tmp_path: Path) -> None:
    done = wasmvm("run", "--dir", str(tmp_path / "no"), BY_NAME["hello"].wasm)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run"],
        ["run", "--no-such-option", "x.wasm"],
        ["fly"],
        ["run", "--env", "=x", "x.wasm"],
        ["run", "--di", ".", "x"],
    ],
    ids=" ".join,
)
def test_usage_errors(arguments: list[str]) -> None:
    done = wasmvm(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (["add", "2", "-3"], b"-1\n"),
        (["add", "0xffffffff", "1"], b"0\n"),
        (["swap", "-9223372036854775808", "0.1"], b"0.1\n-9223372036854775808\n"),
        (["nothing"], b""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_invoke(words: list[str], output: bytes, module: Path) -> None:
    done = wasmvm("run", "--invoke", words[0], write(module, EXPORTS), *words[1:])
    assert (done.returncode, done.stdout, done.stderr) == (0, output, b"")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["add", "1"], 2, "takes 2 arguments"),
        (["add", "1", "x"], 2, "not an integer"),
        (["gone"], 1, "add, swap, nothing, trap"),
        (["g"], 1, "add, swap, nothing, trap"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_invoke_refuses(words: list[str], code: int, message: str, module: Path) -> None:
    done = wasmvm("run", "--invoke", words[0], write(module, EXPORTS), *words[1:])
    assert (done.returncode, done.stdout) == (code, b"")
    assert message in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_initialize_runs_before_invoke(module: Path) -> None:
    write(
        module,
        """(module (global $g (mut i32) (i32.const 1))
          (func (export "_initialize") (global.set $g (i32.const 7)))
          (func (export "get") (result i32) (global.get $g)))""",
    )
    assert wasmvm("run", "--invoke", "get", module).stdout == b"7\n"
    assert wasmvm("run", module).returncode == 0


def test_nothing_to_run(module: Path) -> None:
    done = wasmvm("run", write(module, EXPORTS))
    assert done.returncode == 1
    assert b"_start" in done.stderr


def test_environment_is_empty_but_for_what_is_given(module: Path) -> None:
    """Prints what environ_get writes."""
    write(
        module,
        """(module
          (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (drop (call $sizes (i32.const 0) (i32.const 20)))
            (drop (call $get (i32.const 1000) (i32.const 2000)))
            (i32.store (i32.const 16) (i32.const 2000))
            (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8)))))""",
    )
    environment = {**os.environ, "PASSED": "on", "SECRET": "kept"}
    done = wasmvm("run", "--env", "A=1=2", "--env", "PASSED", "--env", "UNSET", "--env", "E=", module, env=environment)
    assert done.stdout.split(b"\0") == [b"A=1=2", b"PASSED=on", b"E=", b""]


def test_streams_are_byte_exact(tmp_path: Path) -> None:
    """All bytes, and both kinds of line ends, through a file and out again: `copy` from one directory to another."""
    content = bytes(range(256)) * 5 + b"\r\n\n\r"
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in/x").write_bytes(content)
    dirs = ["--dir", f"{tmp_path / 'in'}::/i", "--dir", f"{tmp_path / 'out'}::/o"]
    done = wasmvm("run", *dirs, BY_NAME["copy"].wasm, "/i/x", "/o/y")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/y").read_bytes() == content


ECHO = """(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 1024))
    (loop
      (i32.store (i32.const 4) (i32.const 777))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
      (br_if 0 (i32.load (i32.const 4))))))"""


def test_stdin_and_stdout_are_byte_exact(module: Path) -> None:
    content = bytes(range(256)) * 100 + b"\r\n\n\r\x1a\x00"
    done = wasmvm("run", write(module, ECHO), input=content)
    assert (done.returncode, done.stdout, done.stderr) == (0, content, b"")


@posix_only
def test_ctrl_c_stops_a_running_guest(module: Path) -> None:
    write(module, ENDLESS)
    with subprocess.Popen([*COMMAND, "run", module], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert process.stderr is not None
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert (process.returncode, errors) == (130, b"")
    # The goal is 0.1 s from the signal to the end of the guest; this is all that its process ever took of the machine.
    assert used.ru_utime + used.ru_stime < 5


@posix_only
def test_closed_pipe_ends_the_guest_quietly(module: Path) -> None:
    """As in ``yes | head``: whoever writes to a closed pipe is ended by the signal."""
    write(module, ENDLESS.replace("(loop (br 0))", """
      (loop (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20))) (br 0))"""))  # fmt: skip
    with subprocess.Popen([*COMMAND, "run", module], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"ready\n"
        process.stdout.close()
        assert process.wait(timeout=PATIENCE) == -signal.SIGPIPE
        assert process.stderr.read() == b""


def test_every_option_with_a_value_is_known_to_the_split() -> None:
    """`split_guest_arguments` has to know which options take the next word."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    valued = {name for action in parser._actions if action.nargs != 0 for name in action.option_strings}
    assert valued == VALUE_OPTIONS
