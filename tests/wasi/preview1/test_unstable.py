"""``wasi_unstable``: what differs from ``wasi_snapshot_preview1``."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from tests.wasi.guest import RIGHTS_FILE, Guest
from wasmvm.wasi import MemoryDirectory, WasiConfig
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.link import bind


@pytest.fixture
def guest() -> Iterator[Guest]:
    with Guest(WasiConfig(dirs={"/": MemoryDirectory({"file": b"hello"})})) as made:
        made.module_name = abi.UNSTABLE_MODULE
        yield made


def test_whence_has_another_order(guest: Guest) -> None:
    fd = guest.open("file", rights=RIGHTS_FILE)
    for offset, whence, expected in ((3, 2, 3), (-1, 0, 2), (-1, 1, 4)):
        guest.ok("fd_seek", fd, offset, whence, 64)
        assert guest.u64(64) == expected
    assert guest.fails("fd_seek", fd, 0, 3, 64) == "EINVAL"


def test_a_filestat_is_shorter(guest: Guest) -> None:
    fd = guest.open("file", rights=RIGHTS_FILE)
    out = guest.room(56)
    for call in (("fd_filestat_get", fd, out), ("path_filestat_get", 3, 0, *guest.path("file"), out)):
        guest.ok(str(call[0]), *(int(item) for item in call[1:]))
        assert all(out <= at and at + len(run) <= out + 56 for at, run in guest.written().items())
        _, _, filetype, nlink, size, *_ = struct.unpack_from("<QQB3xIQQQQ", guest.memory, out)
        assert (filetype, nlink, size) == (abi.FILETYPE_REGULAR_FILE, 1, 5)
    end = len(guest.memory)
    guest.ok("fd_filestat_get", fd, end - 56)
    assert guest.fails("fd_filestat_get", fd, end - 55) == "EFAULT"


def test_a_subscription_is_longer(guest: Guest) -> None:
    fd = guest.open("file", rights=RIGHTS_FILE)
    source = guest.put(
        struct.pack("<QB7xQI4xQQH6x", 5, abi.EVENTTYPE_CLOCK, 99, abi.CLOCK_MONOTONIC, 1000, 0, 0)
        + struct.pack("<QB7xI36x", 6, abi.EVENTTYPE_FD_READ, fd)
    )
    out, count = guest.room(64), guest.room(4)
    guest.ok("poll_oneoff", source, out, 1, count)
    assert struct.unpack_from("<QHB", guest.memory, out) == (5, 0, abi.EVENTTYPE_CLOCK)
    guest.ok("poll_oneoff", source + 56, out, 1, count)
    assert struct.unpack_from("<QHB5xQ", guest.memory, out) == (6, 0, abi.EVENTTYPE_FD_READ, 5)
    assert guest.fails("poll_oneoff", len(guest.memory) - 55, out, 1, count) == "EFAULT"


def test_the_rest_is_the_same(guest: Guest) -> None:
    assert guest.read(guest.open("file"), 10) == b"hello"
    assert len(abi.UNSTABLE_FUNCTIONS) == 45
    for name in abi.UNSTABLE_FUNCTIONS:
        assert bind(guest.wasi, name, abi.UNSTABLE_MODULE)[0] == bind(guest.wasi, name)[0]
