"""`max_output`: what a guest writes to its two outputs together, whichever function writes and wherever it goes."""

from __future__ import annotations

import os
import pickle
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

import wasmvm
from wasmvm.wasi import Wasi, WasiConfig, link
from wasmvm.wasi.host.outputlimit import OutputLimit

WRITER = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\40\\00\\00\\00\\04\\00\\00\\00\\44\\00\\00\\00\\06\\00\\00\\00")
  (data (i32.const 64) "abcdEFGHIJ")
  (func (export "write") (param i32) (result i32)
    (call $write (local.get 0) (i32.const 0) (i32.const 2) (i32.const 32)))
  (func (export "pwrite") (param i32) (result i32)
    (call $pwrite (local.get 0) (i32.const 0) (i32.const 2) (i64.const 0) (i32.const 32)))
  (func (export "send") (param i32) (result i32)
    (call $send (local.get 0) (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 32)))
  (func (export "renumber") (param i32 i32) (result i32) (call $renumber (local.get 0) (local.get 1)))
  (func (export "_start")
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 2) (i32.const 32)))
    (loop $again
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 32)))
      (br $again))))"""


def exports(wasi: Wasi) -> Any:
    return wasmvm.instantiate(WRITER, link(wasi)).exports


def test_both_outputs_together() -> None:
    out, err = bytearray(), bytearray()
    with Wasi(WasiConfig(stdout=out, stderr=err.extend, max_output=35)) as wasi:
        guest = exports(wasi)
        assert [guest.write(1), guest.write(2), guest.write(1)] == [0, 0, 0]
        with pytest.raises(wasmvm.OutputTrap, match="max_output=35") as caught:
            guest.write(2)
        assert (caught.value.code, caught.value.limit) == ("output_limit", "max_output")
        assert caught.value.frames
        with pytest.raises(wasmvm.OutputTrap):
            guest.write(1)
        assert guest.renumber(1, 0) == 0
        with pytest.raises(wasmvm.OutputTrap):
            guest.write(0)
    assert out == b"abcdEFGHIJ" * 2
    assert err == b"abcdEFGHIJabcdE", "what fits is written"


def test_exactly_as_much_as_is_allowed() -> None:
    out = bytearray()
    with Wasi(WasiConfig(stdout=out, max_output=10)) as wasi:
        guest = exports(wasi)
        assert guest.write(1) == 0
        assert guest.memory.load_u32(32) == 10
        with pytest.raises(wasmvm.OutputTrap):
            guest.write(1)
    assert out == b"abcdEFGHIJ"


def test_nothing_at_all() -> None:
    with Wasi(WasiConfig(max_output=0)) as wasi, pytest.raises(wasmvm.OutputTrap):
        exports(wasi).write(2)


def test_a_file(tmp_path: Path) -> None:
    """Where a guest may write at an offset."""
    path = tmp_path / "out"
    with Wasi(WasiConfig(stdout=path, max_output=25)) as wasi:
        guest = exports(wasi)
        assert [guest.pwrite(1), guest.write(1)] == [0, 0]
        with pytest.raises(wasmvm.OutputTrap):
            guest.pwrite(1)
    assert path.stat().st_size <= 10


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors of sockets are POSIX's")
def test_a_socket() -> None:
    near, far = socket.socketpair()
    with near, far, Wasi(WasiConfig(stdout=near.fileno(), max_output=25)) as wasi:
        guest = exports(wasi)
        assert guest.write(1) == 0
        try:
            for _ in range(10):
                guest.send(1)
                guest.write(1)
        except wasmvm.OutputTrap:
            pass
        far.setblocking(False)
        assert len(far.recv(1000)) == 25


def test_a_host_that_takes_less() -> None:
    """What does not fit into a pipe is written later, and only what was written counts."""
    limit = OutputLimit(10)
    assert limit.write(lambda buffers: 3, [memoryview(b"x" * 8), memoryview(b"y" * 8)]) == 3
    assert limit.left == 7
    with pytest.raises(wasmvm.OutputTrap):
        limit.write(lambda buffers: sum(map(len, buffers)), [memoryview(b"x" * 4), memoryview(b"y" * 4)])
    assert limit.left == 0


def test_captured_output_is_bounded_without_a_word() -> None:
    with pytest.raises(wasmvm.OutputTrap, match="max_output=67108864") as caught:
        wasmvm.run(WRITER.replace("\\06\\00\\00\\00", "\\00\\f0\\00\\00"), capture_output=True)
    assert caught.value.stdout is not None
    assert caught.value.stderr is not None
    assert len(caught.value.stdout) + len(caught.value.stderr) == 64 << 20


def test_captured_output_in_the_exception() -> None:
    with pytest.raises(wasmvm.OutputTrap) as caught:
        wasmvm.run(WRITER, capture_output=True, max_output=37)
    again = pickle.loads(pickle.dumps(caught.value))
    for trap in (caught.value, again):
        assert (trap.stdout, trap.stderr) == (b"abcdEFGHIJ" * 2 + b"abcdEFG", b"abcdEFGHIJ")
    with pytest.raises(wasmvm.OutputTrap) as caught:
        wasmvm.run(WRITER, stdout=None, stderr=None, max_output=37)
    assert caught.value.stdout is None


def test_inherited_output(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with path.open("wb") as file, pytest.raises(wasmvm.OutputTrap):
        wasmvm.run(WRITER, stdout=file.fileno(), stderr=file.fileno(), max_output=1234)
    assert os.path.getsize(path) == 1234


@pytest.mark.parametrize("value", [True, 1.5, "5"])
def test_what_is_no_number(value: Any) -> None:
    for call in (lambda: WasiConfig(max_output=value), lambda: wasmvm.run(WRITER, max_output=value)):
        with pytest.raises(TypeError, match="max_output: expected an integer"):
            call()


def test_a_number_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="max_output must be from 0"):
        WasiConfig(max_output=-1)
