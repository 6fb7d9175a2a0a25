"""Programs with threads (wasi-threads): real ones, each thread a store of its own on one memory."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

import wasmvm
from wasmvm.cli.main import main


def program(start: str, thread: str, more: str = "") -> str:
    """`start` is the first thread's code, `thread` that of the others, with `$tid` and `$arg`."""
    return f"""(module
      (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
      (import "env" "memory" (memory 1 4 shared))
      (export "memory" (memory 0)) {more}
      (func $wait_for (param $count i32) (local $now i32)
        (loop $again
          (local.set $now (i32.atomic.load (i32.const 0)))
          (if (i32.ne (local.get $now) (local.get $count)) (then
            (drop (memory.atomic.wait32 (i32.const 0) (local.get $now) (i64.const -1)))
            (br $again)))))
      (func $done
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
        (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))
      (func (export "_start") (local $i i32) {start})
      (func (export "wasi_thread_start") (param $tid i32) (param $arg i32) {thread}))"""


SPAWN_EIGHT = """(loop $more
    (drop (call $spawn (local.get $i)))
    (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))"""
COUNTS = """(loop $more
    (drop (i64.atomic.rmw.add (i32.const 8) (i64.const 1)))
    (br_if $more (i32.lt_u (local.tee $tid (i32.add (local.get $tid) (i32.const 1))) (i32.const 1000))))
  (call $done)"""
FOR_EVER = "(drop (memory.atomic.wait32 (i32.const 64) (i32.const 0) (i64.const -1)))"
TURNS = "(loop $turn (br $turn))"


def threads_left() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("wasi-thread")]


def test_eight_threads_lose_nothing() -> None:
    # The numbers of threads are 1 to 8, so each counts from its own up to 1000.
    start = f"{SPAWN_EIGHT} (call $wait_for (i32.const 8)) (call $exit (i32.wrap_i64 (i64.atomic.load (i32.const 8))))"
    assert wasmvm.run(program(start, COUNTS)).returncode == 8 * 1000 - sum(range(1, 9))
    assert not threads_left()


@pytest.mark.parametrize("what", (FOR_EVER, TURNS))
def test_the_first_thread_ends_all(what: str) -> None:
    start = f"{SPAWN_EIGHT} (call $wait_for (i32.const 8))"
    assert wasmvm.run(program(start, f"(call $done) {what}")).returncode == 0
    assert not threads_left()


@pytest.mark.parametrize("what", (FOR_EVER, TURNS))
def test_an_exit_in_any_thread_ends_all(what: str) -> None:
    thread = f"(if (i32.eq (local.get $arg) (i32.const 5)) (then (call $exit (i32.const 42)))) {what}"
    assert wasmvm.run(program(f"{SPAWN_EIGHT} {what}", thread)).returncode == 42
    assert not threads_left()


@pytest.mark.parametrize("what", (FOR_EVER, TURNS))
def test_a_trap_in_any_thread_ends_all(what: str) -> None:
    thread = f"(if (i32.eq (local.get $arg) (i32.const 5)) (then unreachable)) {what}"
    with pytest.raises(wasmvm.Trap) as caught:
        wasmvm.run(program(f"{SPAWN_EIGHT} {what}", thread))
    assert caught.value.code == "unreachable"
    assert not threads_left()


def test_a_deadline_is_for_all_threads() -> None:
    before = time.monotonic()
    with pytest.raises(wasmvm.DeadlineTrap):
        wasmvm.run(program(f"{SPAWN_EIGHT} {FOR_EVER}", FOR_EVER), timeout=0.3)
    assert time.monotonic() - before >= 0.3
    assert not threads_left()


def test_no_more_threads_than_are_allowed() -> None:
    start = """(drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
        (call $exit (i32.sub (i32.const 0) (call $spawn (i32.const 0))))"""
    assert wasmvm.run(program(start, FOR_EVER), max_threads=2).returncode == 6  # EAGAIN, as a negative number
    assert (
        wasmvm.run(
            program("(call $exit (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)))", FOR_EVER), max_threads=0
        ).returncode
        == 1
    )
    with pytest.raises(ValueError, match="max_threads"):
        wasmvm.run(program("", ""), max_threads=-1)


def test_numbers_of_threads_begin_at_one() -> None:
    thread = "(if (i32.eq (local.get $arg) (i32.const 7)) (then (call $exit (local.get $tid)))) (call $done)"
    start = """(drop (call $spawn (i32.const 0))) (call $wait_for (i32.const 1))
        (drop (call $spawn (i32.const 0))) (call $wait_for (i32.const 2))
        (drop (call $spawn (i32.const 7))) (call $wait_for (i32.const 9))"""
    assert wasmvm.run(program(start, thread)).returncode == 3


def test_a_module_without_the_start_of_threads_says_so() -> None:
    text = program(f"(drop (call $spawn (i32.const 0))) {FOR_EVER}", "").replace("wasi_thread_start", "other")
    with pytest.raises(wasmvm.LinkError, match="wasi_thread_start"):
        wasmvm.run(text)


def test_descriptors_are_those_of_all_threads() -> None:
    """Each of eight threads closes standard output: one succeeds, the others find nothing."""
    thread = """(drop (i64.atomic.rmw.add (i32.const 8) (i64.extend_i32_u (i32.eqz (call $close (i32.const 1))))))
        (call $done)"""
    start = f"{SPAWN_EIGHT} (call $wait_for (i32.const 8)) (call $exit (i32.wrap_i64 (i64.atomic.load (i32.const 8))))"
    assert wasmvm.run(program(start, thread)).returncode == 1


def test_the_shared_memory_counts_for_the_limit() -> None:
    with pytest.raises(MemoryError):
        wasmvm.run(program("", ""), max_memory=1000)
    start = "(call $exit (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))"
    assert wasmvm.run(program(start, ""), max_memory=65536).returncode == 1
    assert wasmvm.run(program(start, ""), max_memory=131072).returncode == 0


def test_the_command_line_runs_them(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "threads.wat"
    path.write_text(
        program(
            f"{SPAWN_EIGHT} {FOR_EVER}",
            f"(if (i32.eq (local.get $arg) (i32.const 5)) (then (call $exit (i32.const 42)))) {FOR_EVER}",
        )
    )
    assert main(["run", str(path)]) == 42
    path.write_text(program(f"(drop (call $spawn (i32.const 0))) {FOR_EVER}", "unreachable"))
    assert main(["run", str(path)]) != 0
    assert "unreachable" in capfd.readouterr().err
