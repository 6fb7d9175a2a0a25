"""The limits of ``wasmvm run``: each stops the program with one line that says which it was, and how to allow more."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from tests.cli.test_run import wasmvm
from tests.wat import wat2wasm
from wasmvm._core import LIMITS as STORE_LIMITS
from wasmvm._core import Store
from wasmvm.cli import limits
from wasmvm.compiled.source import MAX_MODULE_SIZE
from wasmvm.wasi.threads import MAX_THREADS

GUEST = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (type $box (struct (field (ref null $box))))
  (memory (export "memory") 2)
  (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00ready\\n")
  (table $t 10 funcref)
  (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20))))
  (func (export "loop") (loop (br 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "heap") (local $all (ref null $box))
    (loop $more (local.set $all (struct.new $box (local.get $all))) (br $more)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "table") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
  (func (export "talk") (loop $again
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 20)))
    (br $again))))"""


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("guest") / "guest.wasm"
    path.write_bytes(wat2wasm(GUEST))
    return path


TRAPS = {
    "loop": [
        (["--timeout", "0.1"], "time limit exceeded (--timeout allows more)"),
        (["--timeout=100ms"], "time limit exceeded (--timeout allows more)"),
        (["-W", "timeout=100ms"], "time limit exceeded (--timeout allows more)"),
        (["-Wtimeout=0.1s,fuel=18446744073709551615"], "time limit exceeded (--timeout allows more)"),
        (["--fuel", "1000"], "all fuel consumed (--fuel allows more)"),
        (["-W", "fuel=1000"], "all fuel consumed (--fuel allows more)"),
        (["--fuel", "18446744073709551615", "-W", "fuel=1000"], "all fuel consumed (--fuel allows more)"),
    ],
    "deep": [
        (["--max-stack", "64K"], "call stack exhausted (--max-stack allows more)"),
        (["-W", "max-wasm-stack=65536"], "call stack exhausted (--max-stack allows more)"),
    ],
    "heap": [(["--max-heap", "1M"], "allocation failed (--max-heap allows more)")],
}


@pytest.mark.parametrize(
    ("export", "options", "message"),
    [(export, options, message) for export, cases in TRAPS.items() for options, message in cases],
)
def test_traps(guest: Path, export: str, options: list[str], message: str) -> None:
    done = wasmvm("run", *options, "--invoke", export, guest)
    assert done.returncode == 134
    told = done.stderr.decode().splitlines()[0].replace(" during compilation", "")  # on a busy machine
    assert told == f"wasmvm: trap: {message}"


def test_timeout_covers_compilation(tmp_path: Path) -> None:
    path = tmp_path / "long.wasm"
    path.write_bytes(wat2wasm(f'(module (func (export "_start") {"i32.const 1 drop " * 50_000}))'))
    assert wasmvm("run", "--no-cache", "--timeout", "1h", path).returncode == 0
    done = wasmvm("run", "--no-cache", "--timeout", "0.000001", path)
    assert done.returncode == 134
    message = "wasmvm: trap: time limit exceeded during compilation (--timeout allows more)"
    assert done.stderr.decode().splitlines()[0] == message


def test_output(guest: Path) -> None:
    done = wasmvm("run", "--max-output", "33", "--invoke", "talk", guest)
    assert done.returncode == 134
    assert done.stdout == b"ready\n" * 3
    assert done.stderr.startswith(b"ready\n" * 2 + b"rea")
    assert "output limit exceeded: more than max_output=33 bytes (--max-output allows more)" in done.stderr.decode()
    assert wasmvm("run", "--max-output", "6", guest).stdout == b"ready\n"


@pytest.mark.parametrize("options", [["--max-memory", "256K"], ["-W", "max-memory-size=262144"]])
def test_memory(guest: Path, options: list[str]) -> None:
    assert wasmvm("run", *options, "--invoke", "grow", guest, "2").stdout == b"2\n"
    assert wasmvm("run", *options, "--invoke", "grow", guest, "3").stdout == b"-1\n"


@pytest.mark.parametrize("options", [["--max-table", "12"], ["-W", "max-table-elements=12"]])
def test_table(guest: Path, options: list[str]) -> None:
    assert wasmvm("run", *options, "--invoke", "table", guest, "2").stdout == b"10\n"
    assert wasmvm("run", *options, "--invoke", "table", guest, "3").stdout == b"-1\n"


REFUSALS = [
    (["--max-memory", "1K"], "--max-memory"),
    (["--max-table", "9"], "--max-table"),
    (["--max-instances", "0"], "--max-instances"),
    (["-W", "max-tables=0"], "--max-tables"),
    (["--max-memories=0"], "--max-memories"),
    (["--max-module-size", "100"], "--max-module-size"),
]


@pytest.mark.parametrize(("options", "option"), REFUSALS)
def test_what_the_module_begins_with(guest: Path, options: list[str], option: str) -> None:
    done = wasmvm("run", *options, guest)
    assert (done.returncode, done.stdout) == (1, b"")
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].endswith(f"({option} allows more)")


@pytest.mark.parametrize("command", ["validate", "inspect"])
def test_the_size_of_a_module_that_is_not_run(guest: Path, command: str) -> None:
    assert wasmvm(command, "--max-module-size", "1M", guest).returncode == 0
    done = wasmvm(command, "--max-module-size", "1", guest)
    assert done.returncode == 1
    assert "max_module_size=1 " in done.stderr.decode()


WRONG = [
    (["-W", "unknown=1"], "-W unknown=1: expected unknown=yes or unknown=no"),
    (["-W", "fuel"], "-W fuel: it needs a value, fuel=VALUE"),
    (["-W", "fuel=x"], "-W fuel: expected a number: 'x'"),
    (["-W", "fuel=1,,"], "-W : unknown feature ''; there are: floats"),
    (["--fuel", "-1"], "--fuel: expected a number: '-1'"),
    (["--fuel", "1.5"], "--fuel: expected a number: '1.5'"),
    (["--fuel", "18446744073709551616"], "--fuel: expected a number: '18446744073709551616' is too large"),
    (["--timeout", "nan"], "--timeout: expected a time such as 2, 0.5s or 100ms: 'nan'"),
    (["--timeout=-1"], "--timeout: expected a time"),
    (["--timeout", "1d"], "--timeout: expected a time"),
    (["--max-memory", "1X"], "--max-memory: expected a size such as"),
    (["--max-memory", "M"], "--max-memory: expected a size such as"),
    (["--max-memory", "1.5G"], "--max-memory: expected a size such as"),
    (["--max-memory", "99999999T"], "'99999999T' is too large"),
    (["--max-output", "99999999T"], "'99999999T' is too large"),
    (["--max-module-size", "99999999T"], "'99999999T' is too large"),
    (["--max-stack", "1K"], "max_stack must be from 65536 to 4294967296, not 1024"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_usage_errors(guest: Path, options: list[str], message: str) -> None:
    done = wasmvm("run", *options, guest)
    assert (done.returncode, done.stdout) == (2, b"")
    assert message in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_units() -> None:
    assert [limits.size(word) for word in ("0", "70", "64k", "64K", "64KiB", "2m", "3GB", "1TiB")] == [
        0, 70, 65536, 65536, 65536, 2 << 20, 3 << 30, 1 << 40,
    ]  # fmt: skip
    assert [limits.seconds(word) for word in ("2", "0.5", ".5s", "100ms", "2m", "1h", "3.")] == [
        2.0, 0.5, 0.5, 0.1, 120.0, 3600.0, 3.0,
    ]  # fmt: skip
    for word in ("", "s", "1x", "1 s", "1e3", "inf", "²", "1.2.3", "ms", "1hs"):
        with pytest.raises(argparse.ArgumentTypeError):
            limits.seconds(word)
    for word in ("", "K", "KB", "1KK", "-1", "+1", " 1", "1_0", "²", "0x10", "9" * 31):
        with pytest.raises(argparse.ArgumentTypeError):
            limits.size(word)


def test_help_says_the_defaults() -> None:
    for name, (_, _, meaning) in limits.LIMITS.items():
        default = {**STORE_LIMITS, "max_module_size": MAX_MODULE_SIZE, "max_threads": MAX_THREADS}.get(name)
        shown = re.search(r"\((\w+)\)$", meaning)
        assert (None if shown is None else limits.size(shown[1])) == default, name
    assert set(limits.LIMITS) == {"fuel", "timeout", *STORE_LIMITS, "max_module_size", "max_output", "max_threads"}
    assert set(limits.WASMTIME.values()) <= set(limits.LIMITS)
    assert Store(**dict.fromkeys(STORE_LIMITS, 1 << 20)).max_heap == 1 << 20  # type: ignore[arg-type]


def test_one_time_for_all_that_a_program_does(tmp_path: Path) -> None:
    """`_initialize` has used it up when `_start` is called."""
    path = tmp_path / "slow.wasm"
    path.write_bytes(
        wat2wasm("""(module (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 16) "\\01") (data (i32.const 24) "\\80\\f0\\fa\\02")
          (func $sleep (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200))))
          (func (export "_initialize") (call $sleep) (call $sleep) (call $sleep) (call $sleep))
          (func (export "_start") (loop (br 0))))""")
    )
    done = wasmvm("run", "--timeout", "0.3", path)
    assert done.returncode == 134
    assert "time limit exceeded" in done.stderr.decode()
