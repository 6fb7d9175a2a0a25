"""What is asked of the host for its descriptors, where only asking shows it."""

from __future__ import annotations

import errno
import os
import select
import stat as host_stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from wasmvm.wasi.host import hostfile, terms
from wasmvm.wasi.host.hostfile import HostFile, filetype_of, poll_host, readable_bytes


class AskedPoll:
    """Stands for the host's `poll`, and keeps what it is asked for; nothing is ever ready."""

    def __init__(self) -> None:
        self.registered: dict[int, int] = {}
        self.waits: list[int | None] = []

    def register(self, fileno: int, mask: int) -> None:
        self.registered[fileno] = mask

    def poll(self, milliseconds: int | None) -> list[tuple[int, int]]:
        self.waits.append(milliseconds)
        return []


@pytest.mark.skipif(not hasattr(select, "poll"), reason="the host has no poll")
@pytest.mark.parametrize(
    ("nanoseconds", "milliseconds"),
    [(None, None), (0, 0), (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (20_000_000, 20)],
)
def test_waits_are_never_shorter_than_they_should_be(
    nanoseconds: int | None, milliseconds: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounded down, the last part of a millisecond would be spent in asking again and again."""
    made = AskedPoll()
    monkeypatch.setattr(select, "poll", lambda: made)
    assert poll_host([(5, False), (6, True), (5, True)], nanoseconds) == [(False, False)] * 3
    assert made.waits == [milliseconds]
    assert made.registered == {5: select.POLLIN | select.POLLOUT, 6: select.POLLOUT}


@pytest.mark.skipif(not hasattr(select, "poll"), reason="the host has no poll")
def test_only_what_is_asked_for_is_ready_and_a_hangup_is_told() -> None:
    read_end, write_end = os.pipe()
    try:
        assert poll_host([(read_end, False), (write_end, True)], 0) == [(False, False), (True, False)]
        os.write(write_end, b"x")
        assert poll_host([(read_end, False), (read_end, True)], 0) == [(True, False), (False, False)]
        os.close(write_end)
        assert poll_host([(read_end, False), (read_end, True)], 0) == [(True, True), (True, True)]
        write_end = os.open(os.devnull, os.O_RDONLY)
    finally:
        os.close(read_end)
        os.close(write_end)


@pytest.mark.parametrize(
    ("mode", "filetype"),
    [
        (host_stat.S_IFREG, terms.FILETYPE_REGULAR_FILE),
        (host_stat.S_IFDIR, terms.FILETYPE_DIRECTORY),
        (host_stat.S_IFLNK, terms.FILETYPE_SYMBOLIC_LINK),
        (host_stat.S_IFCHR, terms.FILETYPE_CHARACTER_DEVICE),
        (host_stat.S_IFBLK, terms.FILETYPE_BLOCK_DEVICE),
        (host_stat.S_IFSOCK, terms.FILETYPE_SOCKET_STREAM),
        (host_stat.S_IFIFO, terms.FILETYPE_UNKNOWN),
    ],
)
def test_kinds_of_files(mode: int, filetype: str) -> None:
    assert filetype_of(mode | 0o644) == filetype


@pytest.mark.skipif(os.name != "posix", reason="the number is asked for as POSIX systems have it")
def test_bytes_that_wait() -> None:
    """Where the host does not say, there may be some: one."""
    read_end, write_end = os.pipe()
    try:
        assert readable_bytes(read_end) == 0
        os.write(write_end, b"12345")
        assert readable_bytes(read_end) == 5
    finally:
        os.close(read_end)
        os.close(write_end)
    assert readable_bytes(read_end) == 1, "it is closed"
    with open(os.devnull, "rb") as nothing:
        assert readable_bytes(nothing.fileno()) in (0, 1)


@pytest.mark.parametrize("failing", [0, 1, 2, None])
def test_an_error_in_a_later_piece_makes_the_count_shorter(failing: int | None) -> None:
    """In the first it is told, as with hosts."""
    size = 2 * hostfile.PIECE + 5
    done: list[int] = []

    def some(piece: Sequence[memoryview], before: int) -> int:
        if len(done) == failing:
            raise OSError(errno.EIO, "the disk is gone")
        done.append(before)
        return sum(map(len, piece))

    buffers = [memoryview(bytearray(size))]
    if failing == 0:
        with pytest.raises(OSError, match="the disk is gone"):
            hostfile._in_pieces(buffers, some)
        return
    assert hostfile._in_pieces(buffers, some) == (size if failing is None else failing * hostfile.PIECE)
    assert done == [0, hostfile.PIECE, 2 * hostfile.PIECE][:failing]


@pytest.mark.parametrize("native", [True, False])
def test_allocating_makes_a_file_longer_and_never_shorter(
    native: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on hosts that have no call for it."""
    if not native:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    path = tmp_path / "f"
    path.write_bytes(b"hello")
    file = HostFile(os.open(path, os.O_RDWR), terms.FILETYPE_REGULAR_FILE, terms.RIGHTS_FILE, 0)
    for offset, length, size in ((0, 3, 5), (2, 3, 5), (3, 3, 6), (10, 5, 15), (0, 1, 15)):
        file.allocate(offset, length)
        assert path.read_bytes() == b"hello".ljust(size, b"\0")
    file.close()
