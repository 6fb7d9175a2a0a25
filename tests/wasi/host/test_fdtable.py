"""The table of descriptors by itself."""

from __future__ import annotations

import pytest

from wasmvm.wasi.host import terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import Descriptor, FdTable


class Closing(Descriptor):
    def __init__(self, closed: list[str], name: str, error: OSError | None = None) -> None:
        super().__init__(terms.FILETYPE_REGULAR_FILE, 0)
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
        (terms.FILETYPE_REGULAR_FILE, terms.MAY_READ, "EBADF"),
        (terms.FILETYPE_REGULAR_FILE, terms.MAY_SEEK, "ENOTCAPABLE"),
        (terms.FILETYPE_REGULAR_FILE, terms.MAY_OPEN, "ENOTDIR"),
        (terms.FILETYPE_REGULAR_FILE, terms.MAY_LIST, "ENOTDIR"),
        (terms.FILETYPE_REGULAR_FILE, terms.MAY_ACCEPT, "ENOTSOCK"),
        (terms.FILETYPE_CHARACTER_DEVICE, terms.MAY_SEEK, "ESPIPE"),
        (terms.FILETYPE_DIRECTORY, terms.MAY_SEEK, "EBADF"),
        (terms.FILETYPE_DIRECTORY, terms.MAY_OPEN, "ENOTCAPABLE"),
        (terms.FILETYPE_DIRECTORY, terms.MAY_LIST, "ENOTCAPABLE"),
        (terms.FILETYPE_SOCKET_STREAM, terms.MAY_SHUT_DOWN, "ENOTCAPABLE"),
        (terms.FILETYPE_SOCKET_STREAM, terms.MAY_TELL, "ESPIPE"),
    ],
)
def test_refusals(filetype: str, missing: int, error: str) -> None:
    table = FdTable()
    fd = table.add(Descriptor(filetype, 0))
    with pytest.raises(WasiError, match=error):
        table.get(fd, missing)


def test_what_a_plain_descriptor_cannot_do() -> None:
    descriptor = Descriptor(terms.FILETYPE_UNKNOWN, (1 << 64) - 1)
    for error, call in (
        ("EBADF", lambda: descriptor.readv([])), ("EBADF", lambda: descriptor.writev([])),
        ("ESPIPE", lambda: descriptor.preadv([], 0)), ("ESPIPE", lambda: descriptor.pwritev([], 0)),
        ("ESPIPE", lambda: descriptor.seek(0, 0)), ("EINVAL", lambda: descriptor.set_size(0)),
        ("EINVAL", lambda: descriptor.set_times(0, 0)), ("EINVAL", lambda: descriptor.allocate(0, 1)),
    ):  # fmt: skip
        with pytest.raises(WasiError) as caught:
            call()
        assert caught.value.name == error
    assert descriptor.stat() == (0, 0, terms.FILETYPE_UNKNOWN, 1, 0, 0, 0, 0)
    descriptor.sync(True)
    descriptor.advise(0, 1, "NORMAL")
    assert (descriptor.poll_fileno(True), descriptor.available(False)) == (-1, 1)
