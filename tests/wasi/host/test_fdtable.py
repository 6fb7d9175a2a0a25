"""The table of descriptors by itself."""

from __future__ import annotations

import pytest

from wasmvm.wasi.host.fdtable import Descriptor, FdTable
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import WasiError


class Closing(Descriptor):
    def __init__(self, closed: list[str], name: str, error: OSError | None = None) -> None:
        super().__init__(abi.FILETYPE_REGULAR_FILE, 0)
        self.closed = closed
        self.name = name
        self.error = error

    def close(self) -> None:
        self.closed.append(self.name)
        if self.error is not None:
            raise self.error


def test_close_closes_all_even_if_one_fails() -> None:
    closed: list[str] = []
    table = FdTable()
    for name in "abc":
        table.add(Closing(closed, name, OSError(name) if name == "b" else None))
    with pytest.raises(OSError, match="b"):
        table.close()
    assert sorted(closed) == ["a", "b", "c"]
    table.close()
    assert len(closed) == 3


def test_renumber_closes_what_was_there() -> None:
    closed: list[str] = []
    table = FdTable()
    first, second = (table.add(Closing(closed, name)) for name in "ab")
    table.renumber(first, second)
    assert closed == ["b"]
    assert table.add(Closing(closed, "c")) == first
    table.renumber(second, second)
    assert closed == ["b"]


@pytest.mark.parametrize(
    ("filetype", "missing", "error"),
    [
        (abi.FILETYPE_REGULAR_FILE, abi.FD_READ, "EBADF"),
        (abi.FILETYPE_REGULAR_FILE, abi.FD_SEEK, "ENOTCAPABLE"),
        (abi.FILETYPE_REGULAR_FILE, abi.PATH_OPEN, "ENOTDIR"),
        (abi.FILETYPE_REGULAR_FILE, abi.FD_READDIR, "ENOTDIR"),
        (abi.FILETYPE_REGULAR_FILE, abi.SOCK_ACCEPT, "ENOTSOCK"),
        (abi.FILETYPE_CHARACTER_DEVICE, abi.FD_SEEK, "ESPIPE"),
        (abi.FILETYPE_DIRECTORY, abi.FD_SEEK, "EBADF"),
        (abi.FILETYPE_DIRECTORY, abi.PATH_OPEN, "ENOTCAPABLE"),
        (abi.FILETYPE_DIRECTORY, abi.FD_READDIR, "ENOTCAPABLE"),
        (abi.FILETYPE_SOCKET_STREAM, abi.SOCK_SHUTDOWN, "ENOTCAPABLE"),
        (abi.FILETYPE_SOCKET_STREAM, abi.FD_TELL, "ESPIPE"),
    ],
)
def test_refusals(filetype: int, missing: int, error: str) -> None:
    table = FdTable()
    fd = table.add(Descriptor(filetype, 0))
    with pytest.raises(WasiError, match=error):
        table.get(fd, missing)


def test_what_a_plain_descriptor_cannot_do() -> None:
    descriptor = Descriptor(abi.FILETYPE_UNKNOWN, abi.MASK64)
    for call in (
        lambda: descriptor.readv([]), lambda: descriptor.writev([]), lambda: descriptor.preadv([], 0),
        lambda: descriptor.pwritev([], 0), lambda: descriptor.seek(0, 0), lambda: descriptor.set_size(0),
        lambda: descriptor.set_times(0, 0), lambda: descriptor.allocate(0, 1),
    ):  # fmt: skip
        with pytest.raises(WasiError):
            call()
