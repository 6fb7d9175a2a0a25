"""Every ``fd_*`` on files, in both kinds of tree: what it does, what it writes, how it fails."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.wasi.guest import RIGHTS_DIRECTORY, RIGHTS_FILE, Guest
from wasmvm.wasi import WasiConfig
from wasmvm.wasi.preview1 import abi

ALL = RIGHTS_FILE
MakeGuest = Callable[..., Guest]


@pytest.fixture
def hello(make_guest: MakeGuest) -> Guest:
    """A guest with ``hello`` in ``a.txt``, open as descriptor 4 with all rights."""
    guest = make_guest({"a.txt": b"hello"})
    assert guest.open("a.txt", rights=ALL) == 4
    return guest


def drop(guest: Guest, fd: int, rights: int) -> None:
    """Take rights from a descriptor."""
    base, inheriting = guest.rights(fd)
    guest.ok("fd_fdstat_set_rights", fd, base & ~rights, inheriting)


FD_CALLS: dict[str, tuple[int, ...]] = {
    "fd_advise": (0, 0, 0), "fd_allocate": (0, 1), "fd_close": (), "fd_datasync": (), "fd_fdstat_get": (64,),
    "fd_fdstat_set_flags": (0,), "fd_fdstat_set_rights": (0, 0), "fd_filestat_get": (64,), "fd_filestat_set_size": (0,),
    "fd_filestat_set_times": (0, 0, 0), "fd_pread": (64, 0, 0, 64), "fd_prestat_dir_name": (64, 8),
    "fd_prestat_get": (64,), "fd_pwrite": (64, 0, 0, 64), "fd_read": (64, 0, 64), "fd_readdir": (64, 8, 0, 80),
    "fd_renumber": (4,), "fd_seek": (0, 0, 64), "fd_sync": (), "fd_tell": (64,), "fd_write": (64, 0, 64),
}  # fmt: skip
"""Each function with harmless arguments after the descriptor."""


@pytest.mark.parametrize("name", FD_CALLS)
@pytest.mark.parametrize("fd", [99, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_descriptor_that_is_not_open(hello: Guest, name: str, fd: int) -> None:
    assert hello.fails(name, fd, *FD_CALLS[name]) == "EBADF"


RIGHT_OF = {
    "fd_advise": abi.FD_ADVISE, "fd_allocate": abi.FD_ALLOCATE, "fd_datasync": abi.FD_DATASYNC,
    "fd_fdstat_set_flags": abi.FD_FDSTAT_SET_FLAGS, "fd_filestat_get": abi.FD_FILESTAT_GET,
    "fd_filestat_set_size": abi.FD_FILESTAT_SET_SIZE, "fd_filestat_set_times": abi.FD_FILESTAT_SET_TIMES,
    "fd_pread": abi.FD_SEEK, "fd_pwrite": abi.FD_SEEK, "fd_seek": abi.FD_SEEK | abi.FD_TELL, "fd_sync": abi.FD_SYNC,
    "fd_tell": abi.FD_SEEK | abi.FD_TELL,
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT_OF)
def test_without_the_right(hello: Guest, name: str) -> None:
    hello.ok(name, 4, *FD_CALLS[name])
    drop(hello, 4, RIGHT_OF[name])
    assert hello.fails(name, 4, *FD_CALLS[name]) == "ENOTCAPABLE"


@pytest.mark.parametrize("name", ["fd_read", "fd_pread", "fd_write", "fd_pwrite"])
def test_without_the_right_to_read_or_write(hello: Guest, name: str) -> None:
    drop(hello, 4, abi.FD_READ | abi.FD_WRITE)
    assert hello.fails(name, 4, *FD_CALLS[name]) == "EBADF"


def result_addresses(name: str) -> list[int]:
    """Indices in `FD_CALLS` of arguments that are addresses which the function itself reads or writes."""
    params = abi.params_of(abi.FUNCTIONS[name])
    return [param.index - 1 for param in params if param.is_result or param.kind in ("iovs", "ciovs", "buf")]


@pytest.mark.parametrize(("name", "index"), [(name, index) for name in FD_CALLS for index in result_addresses(name)])
def test_bad_addresses(hello: Guest, name: str, index: int) -> None:
    arguments = list(FD_CALLS[name])
    for address in (len(hello.memory) + 1, 0xFFFFFFF0, 0xFFFFFFFF):
        arguments[index] = address
        assert hello.fails(name, 4, *arguments) == "EFAULT"


def test_fd_read_fills_buffers_in_order(hello: Guest) -> None:
    a, b, c, out = hello.room(2), hello.room(0), hello.room(16), hello.room(4)
    hello.ok("fd_read", 4, *hello.iovs((a, 2), (b, 0), (c, 16)), out)
    assert hello.written() == {a: b"he", c: b"llo", out: b"\x05\0\0\0"}
    hello.ok("fd_read", 4, *hello.iovs((a, 2), (c, 16)), out)
    assert hello.written() == {out: b"\0"}


def test_fd_write_writes_all_buffers(hello: Guest) -> None:
    out = hello.room(4)
    hello.ok("fd_write", 4, *hello.iovs((hello.put(b"HE"), 2), (0, 0), (hello.put(b"LLO, you"), 8)), out)
    assert hello.written() == {out: b"\x0a\0\0\0"}
    hello.ok("fd_seek", 4, 0, abi.WHENCE_SET, hello.room(8))
    assert hello.read(4, 100) == b"HELLO, you"


@pytest.mark.parametrize("name", ["fd_read", "fd_write", "fd_pread", "fd_pwrite"])
def test_bad_buffers(hello: Guest, name: str) -> None:
    out, size = hello.room(4), len(hello.memory)
    offset = (0,) if name.startswith("fd_p") else ()
    for region in ((size - 1, 2), (size + 1, 1), (0xFFFFFFFF, 1), (0, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF)):
        assert hello.fails(name, 4, *hello.iovs((64, 1), region), *offset, out) == "EFAULT"
    # an array that begins inside and ends outside, or whose size wraps around 2^32
    for address, count in ((size - 8, 2), (size - 4, 1), (0, 0x20000000), (8, 0xFFFFFFFF)):
        assert hello.fails(name, 4, address, count, *offset, out) == "EFAULT"
    assert hello.read(4, 10) == b"hello"


def test_no_buffers(hello: Guest) -> None:
    out = hello.room(4)
    for name, offset in (("fd_read", ()), ("fd_write", ()), ("fd_pread", (2,)), ("fd_pwrite", (99,))):
        hello.ok(name, 4, 0, 0, *offset, out)
        assert hello.u32(out) == 0
    hello.ok("fd_filestat_get", 4, hello.room(64))
    assert hello.read(4, 10) == b"hello"


def test_a_thousand_buffers_are_read_in_part_at_most(make_guest: MakeGuest) -> None:
    guest = make_guest({"big": bytes(range(256)) * 8})
    fd, out = guest.open("big"), guest.room(4)
    array = guest.put(b"".join(struct.pack("<II", 40000 + at, 1) for at in range(2048)))
    guest.ok("fd_read", fd, array, 2048, out)
    assert guest.u32(out) == 1024
    assert guest.memory[40000:41024] == bytes(range(256)) * 4


def test_buffers_longer_than_a_u32_together(make_guest: MakeGuest) -> None:
    guest = make_guest({"a": b"x"})
    guest.memory = bytearray(1 << 23)
    fd, out = guest.open("a"), guest.room(4)
    assert guest.fails("fd_read", fd, *guest.iovs(*[(0, 1 << 23)] * 513), out) == "EINVAL"


def test_fd_pread_leaves_the_offset_alone(hello: Guest) -> None:
    buffer, out = hello.room(8), hello.room(4)
    hello.ok("fd_pread", 4, *hello.iovs((buffer, 2), (buffer + 4, 4)), 1, out)
    assert hello.written() == {buffer: b"el", buffer + 4: b"lo", out: b"\x04\0\0\0"}
    hello.ok("fd_pread", 4, *hello.iovs((buffer, 8)), 5, out)
    assert hello.u32(out) == 0
    hello.ok("fd_pread", 4, *hello.iovs((buffer, 8)), 1 << 40, out)
    assert hello.u32(out) == 0
    for offset in ((1 << 63) - 8, 1 << 63, abi.MASK64):
        assert hello.fails("fd_pread", 4, *hello.iovs((buffer, 8)), offset, out) == "EINVAL"
    assert hello.read(4, 10) == b"hello"


def test_fd_pwrite_leaves_the_offset_alone(hello: Guest) -> None:
    out = hello.room(4)
    hello.ok("fd_pwrite", 4, *hello.iovs((hello.put(b"EL"), 2), (hello.put(b"!"), 1)), 1, out)
    assert hello.written() == {out: b"\x03\0\0\0"}
    hello.ok("fd_pwrite", 4, *hello.iovs((hello.put(b"."), 1)), 7, out)
    assert hello.read(4, 10) == b"hEL!o\0\0."
    assert hello.fails("fd_pwrite", 4, *hello.iovs((hello.put(b"."), 1)), 1 << 63, out) == "EINVAL"


def test_fd_seek_and_tell(hello: Guest) -> None:
    out = hello.room(8)
    steps = [(3, abi.WHENCE_SET, 3), (-2, abi.WHENCE_CUR, 1), (0, abi.WHENCE_CUR, 1), (-1, abi.WHENCE_END, 4),
             (10, abi.WHENCE_END, 15), (1 << 40, abi.WHENCE_SET, 1 << 40)]  # fmt: skip
    for offset, whence, expected in steps:
        hello.ok("fd_seek", 4, offset, whence, out)
        assert hello.u64(out) == expected
        hello.ok("fd_tell", 4, out)
        assert hello.u64(out) == expected


def test_fd_seek_errors(hello: Guest) -> None:
    out = hello.room(8)
    assert hello.fails("fd_seek", 4, -1, abi.WHENCE_SET, out) == "EINVAL"
    assert hello.fails("fd_seek", 4, -1, abi.WHENCE_CUR, out) == "EINVAL"
    assert hello.fails("fd_seek", 4, -6, abi.WHENCE_END, out) == "EINVAL"
    assert hello.fails("fd_seek", 4, -(1 << 63), abi.WHENCE_SET, out) == "EINVAL"
    for whence in (3, 0xFF, 0xFFFFFFFF):
        assert hello.fails("fd_seek", 4, 0, whence, out) == "EINVAL"
    hello.ok("fd_tell", 4, out)
    assert hello.u64(out) == 0


def test_the_right_to_tell_is_part_of_the_right_to_seek(hello: Guest) -> None:
    out = hello.room(8)
    drop(hello, 4, abi.FD_TELL)
    hello.ok("fd_tell", 4, out)
    hello.ok("fd_seek", 4, 2, abi.WHENCE_SET, out)


def test_the_right_to_tell_lets_seek_by_nothing(hello: Guest) -> None:
    out = hello.room(8)
    drop(hello, 4, abi.FD_SEEK)
    hello.ok("fd_tell", 4, out)
    hello.ok("fd_seek", 4, 0, abi.WHENCE_CUR, out)
    assert hello.fails("fd_seek", 4, 0, abi.WHENCE_SET, out) == "ENOTCAPABLE"
    assert hello.fails("fd_seek", 4, 1, abi.WHENCE_CUR, out) == "ENOTCAPABLE"


def test_fd_close(hello: Guest) -> None:
    hello.ok("fd_close", 4)
    assert hello.fails("fd_close", 4) == "EBADF"
    for fd in (0, 1, 2, 3):
        hello.ok("fd_close", fd)
        assert hello.fails("fd_fdstat_get", fd, 64) == "EBADF"


def test_the_lowest_free_number_is_used(hello: Guest) -> None:
    assert [hello.open("a.txt") for _ in range(3)] == [5, 6, 7]
    hello.ok("fd_close", 5)
    hello.ok("fd_close", 1)
    hello.ok("fd_close", 6)
    assert [hello.open("a.txt") for _ in range(4)] == [1, 5, 6, 8]


def test_fd_renumber(hello: Guest) -> None:
    other = hello.open("a.txt", rights=abi.FD_READ)
    hello.ok("fd_renumber", 4, other)
    assert hello.fails("fd_fdstat_get", 4, 64) == "EBADF"
    assert hello.rights(other)[0] == ALL
    assert hello.fails("fd_renumber", other, 4) == "EBADF"
    hello.ok("fd_renumber", other, other)
    assert hello.read(other, 10) == b"hello"


def test_fd_renumber_over_a_preopened_directory(hello: Guest) -> None:
    hello.ok("fd_renumber", 4, 3)
    assert hello.read(3, 10) == b"hello"
    assert hello.fails("fd_prestat_get", 3, 64) == "EBADF"


def test_fd_renumber_a_preopened_directory(hello: Guest) -> None:
    hello.ok("fd_renumber", 3, 4)
    hello.ok("fd_prestat_get", 4, 64)
    assert hello.fails("fd_prestat_get", 3, 64) == "EBADF"


def test_fd_fdstat_get(hello: Guest) -> None:
    fd = hello.open("a.txt", rights=abi.FD_READ | abi.FD_SEEK, fdflags=abi.FDFLAGS_APPEND)
    out = hello.room(24)
    hello.ok("fd_fdstat_get", fd, out)
    assert hello.memory[out : out + 24] == struct.pack("<BxH4xQQ", 4, 1, abi.FD_READ | abi.FD_SEEK, 0)
    hello.ok("fd_fdstat_get", 3, out)
    assert struct.unpack_from("<BxH4xQ", hello.memory, out) == (3, 0, RIGHTS_DIRECTORY)


def test_fd_fdstat_set_rights(hello: Guest) -> None:
    hello.ok("fd_fdstat_set_rights", 4, abi.FD_READ, 0)
    assert hello.fails("fd_fdstat_set_rights", 4, abi.FD_READ | abi.FD_WRITE, 0) == "ENOTCAPABLE"
    assert hello.fails("fd_fdstat_set_rights", 4, 0, abi.FD_READ) == "ENOTCAPABLE"
    assert hello.fails("fd_fdstat_set_rights", 4, 1 << 63, 0) == "ENOTCAPABLE"
    assert hello.rights(4)[0] == abi.FD_READ
    hello.ok("fd_fdstat_set_rights", 4, 0, 0)
    assert hello.fails("fd_read", 4, 0, 0, 64) == "EBADF"


def test_fd_fdstat_set_flags_append(hello: Guest) -> None:
    hello.ok("fd_fdstat_set_flags", 4, abi.FDFLAGS_APPEND)
    hello.write(4, b"!")
    hello.ok("fd_fdstat_set_flags", 4, 0)
    hello.ok("fd_seek", 4, 0, abi.WHENCE_SET, hello.room(8))
    hello.write(4, b"H")
    assert hello.read(hello.open("a.txt"), 10) == b"Hello!"


@pytest.mark.parametrize("flags", [abi.FDFLAGS_SYNC, abi.FDFLAGS_DSYNC, abi.FDFLAGS_RSYNC, abi.FDFLAGS_NONBLOCK])
def test_fd_fdstat_set_flags_is_seen_by_fd_fdstat_get(hello: Guest, flags: int) -> None:
    hello.ok("fd_fdstat_set_flags", 4, flags)
    hello.write(4, b"HE")
    assert hello.read(4, 10) == b"llo"
    hello.ok("fd_fdstat_get", 4, 64)
    assert hello.memory[66] == flags


@pytest.mark.parametrize("flags", [32, 0xFFFF, 0xFFFFFFFF])
def test_fd_fdstat_set_flags_unknown(hello: Guest, flags: int) -> None:
    assert hello.fails("fd_fdstat_set_flags", 4, flags) == "EINVAL"


def test_fd_filestat_get(hello: Guest) -> None:
    out = hello.room(64)
    hello.ok("fd_filestat_get", 4, out)
    dev, ino, filetype, nlink, size, atim, mtim, ctim = struct.unpack_from("<QQB7xQQQQQ", hello.memory, out)
    assert (filetype, nlink, size) == (abi.FILETYPE_REGULAR_FILE, 1, 5)
    assert abs(mtim - time.time_ns()) < 3600 * 10**9
    assert dev and ino and atim and ctim
    hello.ok("path_filestat_get", 3, 0, *hello.path("a.txt"), out)
    assert struct.unpack_from("<QQ", hello.memory, out) == (dev, ino)


def test_fd_filestat_set_size(hello: Guest) -> None:
    hello.ok("fd_filestat_set_size", 4, 2)
    hello.ok("fd_filestat_set_size", 4, 4)
    assert hello.read(4, 10) == b"he\0\0"
    assert hello.fails("fd_filestat_set_size", 4, 1 << 63) == "EINVAL"
    assert hello.fails("fd_filestat_set_size", 4, abi.MASK64) == "EINVAL"


def test_fd_filestat_set_size_of_a_file_opened_for_reading(hello: Guest) -> None:
    fd = hello.open("a.txt", rights=abi.FD_READ | abi.FD_FILESTAT_SET_SIZE | abi.FD_ALLOCATE)
    assert hello.fails("fd_filestat_set_size", fd, 0) == "EINVAL"
    assert hello.fails("fd_allocate", fd, 0, 100) == "EBADF"
    assert hello.read(fd, 10) == b"hello"


def times_of(guest: Guest, fd: int) -> tuple[int, int]:
    out = guest.room(64)
    guest.ok("fd_filestat_get", fd, out)
    return guest.u64(out + 40), guest.u64(out + 48)


def test_fd_filestat_set_times(hello: Guest) -> None:
    hello.ok("fd_filestat_set_times", 4, 1_000_000_001, 2_000_000_002, abi.FSTFLAGS_ATIM | abi.FSTFLAGS_MTIM)
    assert times_of(hello, 4) == (1_000_000_001, 2_000_000_002)
    hello.ok("fd_filestat_set_times", 4, 7, 3_000_000_003, abi.FSTFLAGS_MTIM)
    assert times_of(hello, 4) == (1_000_000_001, 3_000_000_003)
    hello.ok("fd_filestat_set_times", 4, 7, 7, 0)
    assert times_of(hello, 4) == (1_000_000_001, 3_000_000_003)
    before = time.time_ns()
    hello.ok("fd_filestat_set_times", 4, 7, 7, abi.FSTFLAGS_ATIM_NOW)
    atim, mtim = times_of(hello, 4)
    assert before <= atim <= time.time_ns()
    assert mtim == 3_000_000_003


@pytest.mark.parametrize("flags", [3, 12, 15, 16, 0xFFFF, 0xFFFFFFFF])
def test_fd_filestat_set_times_flags(hello: Guest, flags: int) -> None:
    before = times_of(hello, 4)
    assert hello.fails("fd_filestat_set_times", 4, 1, 1, flags) == "EINVAL"
    assert times_of(hello, 4) == before


def test_fd_allocate(hello: Guest) -> None:
    out = hello.room(64)
    hello.ok("fd_allocate", 4, 0, 3)
    hello.ok("fd_filestat_get", 4, out)
    assert hello.u64(out + 32) == 5
    hello.ok("fd_allocate", 4, 4, 6)
    hello.ok("fd_filestat_get", 4, out)
    assert hello.u64(out + 32) == 10
    assert hello.read(4, 20) == b"hello" + bytes(5)
    assert hello.fails("fd_allocate", 4, 0, 0) == "EINVAL"
    assert hello.fails("fd_allocate", 4, 1, (1 << 63) - 1) == "EFBIG"
    assert hello.fails("fd_allocate", 4, abi.MASK64, abi.MASK64) == "EFBIG"


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this host takes no advice")
def test_the_host_hears_the_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the range and the file that it is about, in the host's words; never what has a number that is none."""
    (tmp_path / "f").write_bytes(b"hello")
    heard: list[tuple[int, int, int, int]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda fileno, *rest: heard.append((os.fstat(fileno).st_ino, *rest)))
    words = ("NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED", "NOREUSE")
    with Guest(WasiConfig(dirs={"/": tmp_path})) as guest:
        fd = guest.open("f", rights=abi.FD_ADVISE)
        for advice in range(8):
            guest.call("fd_advise", fd, 10 + advice, 100, advice)
    ino = (tmp_path / "f").stat().st_ino
    assert heard == [(ino, 10 + i, 100, getattr(os, f"POSIX_FADV_{word}")) for i, word in enumerate(words)]


def test_fd_advise(hello: Guest) -> None:
    for advice in range(6):
        hello.ok("fd_advise", 4, 0, 0, advice)
        hello.ok("fd_advise", 4, 3, 100, advice)
    for advice in (6, 0xFF, 0xFFFFFFFF):
        assert hello.fails("fd_advise", 4, 0, 0, advice) == "EINVAL"


@pytest.mark.parametrize("name", ["fd_sync", "fd_datasync"])
def test_sync(hello: Guest, name: str) -> None:
    hello.ok(name, 4)
    hello.ok(name, 3)
    hello.ok(name, 1)


@pytest.mark.parametrize(
    "name",
    ["fd_read", "fd_write", "fd_pread", "fd_pwrite", "fd_seek", "fd_tell", "fd_advise", "fd_allocate",
     "fd_filestat_set_size"],
)  # fmt: skip
def test_directories_are_no_files(hello: Guest, name: str) -> None:
    assert hello.fails(name, 3, *FD_CALLS[name]) == "EBADF"


@pytest.mark.parametrize("name", ["fd_pread", "fd_seek", "fd_tell", "fd_advise"])
def test_streams_have_no_offset(name: str) -> None:
    with Guest(WasiConfig(stdin=b"abc")) as guest:
        assert guest.fails(name, 0, *FD_CALLS[name]) == "ESPIPE"


def test_streams_have_a_filestat() -> None:
    with Guest() as guest:
        guest.ok("fd_filestat_get", 1, 64)
        assert guest.u64(64 + 32) == 0


def test_a_file_without_a_name_stays_open(hello: Guest) -> None:
    hello.ok("path_unlink_file", 3, *hello.path("a.txt"))
    hello.write(4, b"HELLO, still here")
    hello.ok("fd_seek", 4, 0, abi.WHENCE_SET, hello.room(8))
    assert hello.read(4, 100) == b"HELLO, still here"


def test_two_descriptors_of_one_file(hello: Guest) -> None:
    other = hello.open("a.txt", rights=abi.FD_WRITE)
    hello.write(other, b"J")
    assert hello.read(4, 10) == b"Jello"


@pytest.mark.parametrize(("offset", "length"), [(1 << 63, 0), (0, 1 << 63), ((1 << 64) - 1, (1 << 64) - 1)])
def test_advice_on_what_no_file_has(make_guest: MakeGuest, offset: int, length: int) -> None:
    guest = make_guest({"f": b"x"})
    fd = guest.open("f", rights=RIGHTS_FILE)
    assert guest.fails("fd_advise", fd, offset, length, 0) == "EINVAL"
    guest.ok("fd_advise", fd, (1 << 63) - 1 if offset else 0, 0, 0)


@pytest.mark.parametrize("name", ["fd_read", "fd_write", "fd_pread", "fd_pwrite"])
def test_buffers_at_the_end_of_memory(make_guest: MakeGuest, name: str) -> None:
    """One buffer goes another way than several: both end where memory ends, and not a byte later."""
    guest = make_guest({"f": b"x" * 100})
    fd, size = guest.open("f", rights=RIGHTS_FILE), len(guest.memory)
    at, out = ((0,) if name.startswith("fd_p") else ()), guest.room(4)
    for others in ((), ((64, 2),), ((size, 0), (64, 1))):
        for region in ((size - 7, 8), (size, 1), (size - 1, 2), (0xFFFFFFFF, 1), (8, 0xFFFFFFFF), (size + 1, 1)):
            assert guest.fails(name, fd, *guest.iovs(*others, region), *at, out) == "EFAULT", (others, region)
        guest.ok(name, fd, *guest.iovs(*others, (size - 8, 8)), *at, out)
        assert guest.u32(out) == 8 + sum(length for _, length in others)
    iovs = size - 8
    guest.memory[iovs:] = (64).to_bytes(4, "little") + (1).to_bytes(4, "little")
    guest.ok(name, fd, iovs, 1, *at, out)
    assert guest.u32(out) == 1
    assert guest.fails(name, fd, iovs + 1, 1, *at, out) == "EFAULT"
    assert guest.fails(name, fd, iovs, 2, *at, out) == "EFAULT"
