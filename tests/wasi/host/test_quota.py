"""`HostDirectory(path, max_bytes=N)`: by how much a directory of the host may get larger."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wasi.guest import RIGHTS_FILE, Guest
from wasmvm.wasi import HostDirectory, WasiConfig
from wasmvm.wasi.host.sandbox import AVAILABLE
from wasmvm.wasi.preview1 import abi

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="directories of the host need openat and O_NOFOLLOW")
ENTRY = 4096
LIMIT = 10 * ENTRY


class Small:
    """A guest with a directory that may get larger by `LIMIT` bytes."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self.grant = HostDirectory(path, max_bytes=limit)
        self.guest = Guest(WasiConfig(dirs={"/": self.grant}))

    @property
    def used(self) -> int:
        return self.grant.used

    def create(self, name: str, fdflags: int = 0) -> int:
        return self.guest.open(name, oflags=abi.OFLAGS_CREAT, rights=RIGHTS_FILE, fdflags=fdflags)

    def written(self, fd: int, size: int, at: int | None = None) -> int | str:
        """The count of a write, or the error."""
        guest = self.guest
        guest._top = 4096
        iovs, out = guest.iovs((8192, size)), guest.room(4)
        code = guest.call("fd_write", fd, *iovs, out) if at is None else guest.call("fd_pwrite", fd, *iovs, at, out)
        return guest.u32(out) if code == 0 else abi.ERRNO_NAMES[code]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/given").write_bytes(bytes(20_000))
    made = Small(tmp_path / "root")
    yield made
    made.guest.wasi.close()


def test_names_count(small: Small) -> None:
    guest = small.guest
    guest.ok("path_create_directory", 3, *guest.path("d"))
    guest.ok("path_symlink", *guest.path("text"), 3, *guest.path("l"))
    guest.ok("path_link", 3, 0, *guest.path("given"), 3, *guest.path("h"))
    guest.ok("fd_close", small.create("f"))
    assert small.used == 4 * ENTRY
    for number in range(6):
        guest.ok("path_create_directory", 3, *guest.path(f"d{number}"))
    assert small.used == LIMIT
    out = guest.room(4)
    assert guest.fails("path_create_directory", 3, *guest.path("e")) == "EDQUOT"
    assert guest.fails("path_symlink", *guest.path("text"), 3, *guest.path("e")) == "EDQUOT"
    assert guest.fails("path_link", 3, 0, *guest.path("given"), 3, *guest.path("e")) == "EDQUOT"
    assert guest.fails("path_open", 3, 0, *guest.path("e"), abi.OFLAGS_CREAT, 0, 0, 0, out) == "EDQUOT"
    assert not (small.path / "e").exists()
    small.create("f")  # is there
    for name in ("d", *(f"d{number}" for number in range(6))):
        guest.ok("path_remove_directory", 3, *guest.path(name))
    for name in ("l", "h", "f"):
        guest.ok("path_unlink_file", 3, *guest.path(name))
    assert small.used == 0


def test_what_fails_costs_nothing(small: Small) -> None:
    guest, out = small.guest, small.guest.room(4)
    guest.fails("path_create_directory", 3, *guest.path("given"))
    guest.fails("path_create_directory", 3, *guest.path("nowhere/d"))
    guest.fails("path_symlink", *guest.path("text"), 3, *guest.path("given"))
    guest.fails("path_link", 3, 0, *guest.path("nowhere"), 3, *guest.path("h"))
    guest.fails("path_open", 3, 0, *guest.path("given"), abi.OFLAGS_CREAT | abi.OFLAGS_EXCL, 0, 0, 0, out)
    guest.fails("path_open", 3, 0, *guest.path("nowhere/f"), abi.OFLAGS_CREAT, 0, 0, 0, out)
    assert small.used == 0


def test_writing_counts_what_makes_files_longer(small: Small) -> None:
    fd = small.create("f")
    assert small.written(fd, 10_000) == 10_000
    assert small.used == ENTRY + 10_000
    assert small.written(fd, 10_000, at=0) == 10_000
    assert small.used == ENTRY + 10_000, "what was there is not longer"
    assert small.written(fd, 10_000, at=5_000) == 10_000
    assert small.used == ENTRY + 15_000
    given = small.guest.open("given", rights=RIGHTS_FILE)
    assert small.written(given, 10_000, at=15_000) == 10_000
    assert small.used == ENTRY + 20_000
    room = LIMIT - small.used
    assert small.written(fd, 10_000, at=15_000) == 10_000
    assert small.written(fd, 20_000, at=25_000) == room - 10_000, "as much as there is room for"
    assert small.written(fd, 1, at=os.path.getsize(small.path / "f")) == "EDQUOT"
    assert small.used == LIMIT
    assert sum(os.path.getsize(small.path / name) for name in ("f", "given")) == 20_000 + LIMIT - ENTRY


def test_appending_and_the_descriptors_own_offset(small: Small) -> None:
    fd = small.create("f", abi.FDFLAGS_APPEND)
    assert small.written(fd, 1000) == 1000
    assert small.written(fd, 1000) == 1000
    assert small.used == ENTRY + 2000
    plain = small.guest.open("f", rights=RIGHTS_FILE)
    assert small.written(plain, 3000) == 3000
    assert small.used == ENTRY + 3000


@pytest.mark.parametrize("size", [LIMIT, 1 << 40, (1 << 63) - 1])
def test_nothing_is_allocated_beyond_it(small: Small, size: int) -> None:
    guest, fd = small.guest, small.create("f")
    assert guest.fails("fd_filestat_set_size", fd, size) in ("EDQUOT", "EFBIG")
    assert guest.fails("fd_allocate", fd, 0, size) in ("EDQUOT", "ENOSPC", "EFBIG")
    assert small.written(fd, 1, at=size - 1) in ("EDQUOT", "EFBIG")
    assert small.used == ENTRY
    assert os.stat(small.path / "f").st_blocks == 0
    guest.ok("fd_allocate", fd, 0, 10_000)
    assert small.used == ENTRY + 10_000
    guest.ok("fd_filestat_set_size", fd, 0)
    assert small.used <= ENTRY + 10_000


def test_removing_gives_back_when_the_file_is_closed(small: Small) -> None:
    """A guest that removes what it has open, again and again, fills no disk."""
    guest = small.guest
    fd = small.create("f")
    assert small.written(fd, 30_000) == 30_000
    guest.ok("path_unlink_file", 3, *guest.path("f"))
    assert small.used == 30_000
    other = small.create("f")
    assert small.written(other, 30_000) == LIMIT - 30_000 - ENTRY
    guest.ok("fd_close", fd)
    assert small.used == LIMIT - 30_000
    guest.ok("fd_close", other)
    guest.ok("path_unlink_file", 3, *guest.path("f"))
    assert small.used == 0


def test_cutting_off_and_replacing_give_back(small: Small) -> None:
    guest = small.guest
    fd = small.create("f")
    small.written(fd, 20_000)
    guest.ok("fd_close", fd)
    guest.ok("fd_close", guest.open("f", oflags=abi.OFLAGS_TRUNC, rights=abi.FD_WRITE))
    assert small.used == ENTRY
    fd = small.create("f")
    small.written(fd, 20_000)
    guest.ok("fd_close", fd)
    guest.ok("fd_close", small.create("g"))
    guest.ok("path_rename", 3, *guest.path("g"), 3, *guest.path("f"))
    assert small.used == ENTRY
    guest.ok("path_link", 3, 0, *guest.path("f"), 3, *guest.path("same"))
    guest.ok("path_rename", 3, *guest.path("f"), 3, *guest.path("same"))
    assert small.used == 2 * ENTRY, "two names of one file both stay"


def test_what_was_there_before_gives_no_more_than_was_taken(small: Small) -> None:
    guest = small.guest
    guest.ok("path_unlink_file", 3, *guest.path("given"))
    assert small.used == 0
    fd = small.create("f")
    assert small.written(fd, 50_000) == LIMIT - ENTRY


def test_holes_that_were_there_are_filled_at_their_price(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with open(tmp_path / "root/sparse", "wb") as file:
        file.truncate(1 << 30)
    if os.stat(tmp_path / "root/sparse").st_blocks:
        pytest.skip("this file system has no holes")
    small = Small(tmp_path / "root")
    fd = small.guest.open("sparse", rights=RIGHTS_FILE)
    assert small.written(fd, 30_000, at=0) == 30_000
    assert small.used == 30_000
    assert small.guest.fails("fd_allocate", fd, 1 << 20, 1 << 29) in ("EDQUOT", "ENOSPC")
    assert small.written(fd, 30_000, at=1 << 20) == LIMIT - 30_000
    small.guest.ok("path_unlink_file", 3, *small.guest.path("sparse"))
    assert small.used >= LIMIT - ENTRY, "it is open still"
    small.guest.wasi.close()


def test_all_guests_of_a_grant_share_it(small: Small) -> None:
    small.written(small.create("f"), 20_000)
    with Guest(WasiConfig(dirs={"/": small.grant})) as second:
        second.open("g", oflags=abi.OFLAGS_CREAT)
        assert small.used == 2 * ENTRY + 20_000
        for number in range(3):
            second.ok("path_create_directory", 3, *second.path(f"d{number}"))
        assert second.fails("path_create_directory", 3, *second.path("e")) == "EDQUOT"


def test_nothing_moves_between_a_directory_with_a_quota_and_another(small: Small, tmp_path: Path) -> None:
    (tmp_path / "free").mkdir()
    (tmp_path / "free/large").write_bytes(bytes(100_000))
    with Guest(WasiConfig(dirs={"/": small.grant, "/free": tmp_path / "free"})) as guest:
        assert guest.fails("path_rename", 4, *guest.path("large"), 3, *guest.path("large")) == "EXDEV"
        assert guest.fails("path_link", 4, 0, *guest.path("large"), 3, *guest.path("large")) == "EXDEV"
        assert guest.fails("path_rename", 3, *guest.path("given"), 4, *guest.path("given")) == "EXDEV"


def test_no_quota_by_default(tmp_path: Path) -> None:
    grant = HostDirectory(tmp_path)
    with Guest(WasiConfig(dirs={"/": grant})) as guest:
        fd = guest.open("f", oflags=abi.OFLAGS_CREAT, rights=RIGHTS_FILE)
        guest.ok("fd_allocate", fd, 0, 1 << 20)
        assert grant.used == 0
    with pytest.raises(ValueError, match="max_bytes"):
        HostDirectory(tmp_path, max_bytes=-1)


def test_a_quota_of_nothing_lets_read(small: Small, tmp_path: Path) -> None:
    with Guest(WasiConfig(dirs={"/": HostDirectory(small.path, max_bytes=0)})) as guest:
        fd = guest.open("given", rights=RIGHTS_FILE)
        assert guest.read(fd, 100) == bytes(100)
        guest.write(fd, b"over what is there")
        assert guest.fails("path_create_directory", 3, *guest.path("d")) == "EDQUOT"
