"""Rights as programs of the official suite use them: scratch folders with few rights, files opened with fewer still."""

from __future__ import annotations

import pytest

from tests.wasi.guest import RIGHTS_DIRECTORY, RIGHTS_FILE, Guest
from wasmvm.wasi.preview1 import abi

BASE = (
    abi.FD_FILESTAT_GET | abi.FD_READDIR | abi.PATH_CREATE_FILE | abi.PATH_CREATE_DIRECTORY | abi.PATH_REMOVE_DIRECTORY
    | abi.PATH_OPEN | abi.PATH_UNLINK_FILE | abi.PATH_LINK_SOURCE | abi.PATH_LINK_TARGET | abi.PATH_READLINK
    | abi.PATH_RENAME_SOURCE | abi.PATH_RENAME_TARGET | abi.PATH_FILESTAT_GET | abi.PATH_FILESTAT_SET_SIZE
    | abi.PATH_FILESTAT_SET_TIMES | abi.PATH_SYMLINK
)  # fmt: skip
INHERITING = (
    abi.FD_READ | abi.FD_WRITE | abi.FD_READDIR | abi.FD_FILESTAT_GET | abi.FD_SEEK | abi.PATH_LINK_SOURCE
    | abi.PATH_LINK_TARGET | abi.PATH_OPEN | abi.PATH_UNLINK_FILE | abi.PATH_FILESTAT_GET | abi.FD_FDSTAT_SET_FLAGS
    | abi.FD_SYNC | abi.FD_TELL | abi.FD_ADVISE | abi.FD_ALLOCATE | abi.FD_FILESTAT_SET_SIZE | abi.FD_FILESTAT_SET_TIMES
)  # fmt: skip
"""What the official suite asks for when it opens its scratch folder."""


@pytest.fixture
def scratch(guest: Guest) -> tuple[Guest, int]:
    """A guest, and a folder opened with these rights, through another descriptor of the preopened one."""
    rights, inheriting = guest.rights(3)
    root = guest.open(".", oflags=abi.OFLAGS_DIRECTORY, rights=rights, inheriting=inheriting, follow=False)
    guest.ok("path_create_directory", root, *guest.path("scratch"))
    fd = guest.open("scratch", fd=root, oflags=abi.OFLAGS_DIRECTORY, rights=BASE, inheriting=INHERITING, follow=False)
    return guest, fd


def rights_of(guest: Guest, fd: int) -> tuple[int, int]:
    out = guest.room(24)
    guest.ok("fd_fdstat_get", fd, out)
    return guest.u64(out + 8), guest.u64(out + 16)


def test_a_preopened_directory_grants_all_that_applies(guest: Guest) -> None:
    base, inheriting = rights_of(guest, 3)
    assert base == RIGHTS_DIRECTORY
    assert inheriting == RIGHTS_DIRECTORY | RIGHTS_FILE
    assert not base & (abi.FD_SEEK | abi.FD_READ | abi.FD_WRITE | abi.FD_FILESTAT_SET_SIZE)
    out = guest.room(4)
    here = guest.path(".")
    guest.ok("path_open", 3, 0, *here, 0, base, inheriting, 0, out)
    assert rights_of(guest, guest.u32(out)) == (base, inheriting)
    guest.ok("path_open", 3, 0, *here, 0, 0, 0, 0, out)
    assert rights_of(guest, guest.u32(out)) == (0, 0)
    guest.ok("path_open", 3, 0, *here, abi.OFLAGS_DIRECTORY, abi.FD_READ, 0, 0, out)
    guest.ok("path_open", 3, 0, *here, 0, 0, 0, abi.FDFLAGS_NONBLOCK, out)
    wanted = abi.FD_READ | abi.FD_WRITE
    assert guest.fails("path_open", 3, 0, *here, abi.OFLAGS_DIRECTORY, wanted, 0, 0, out) == "EISDIR"


def test_a_scratch_folder_has_what_was_asked_for(scratch: tuple[Guest, int]) -> None:
    guest, fd = scratch
    assert rights_of(guest, fd) == (BASE, INHERITING)


def test_flags_of_files_in_it(scratch: tuple[Guest, int]) -> None:
    guest, fd = scratch
    rights = abi.FD_READ | abi.FD_WRITE | abi.PATH_FILESTAT_GET
    for flags in (abi.FDFLAGS_APPEND | abi.FDFLAGS_SYNC, abi.FDFLAGS_APPEND, abi.FDFLAGS_DSYNC):
        file = guest.open("file", fd=fd, oflags=abi.OFLAGS_CREAT, rights=rights, inheriting=0, fdflags=flags)
        out = guest.room(24)
        guest.ok("fd_fdstat_get", file, out)
        assert guest.memory[out + 2] == flags


def test_two_names_of_a_file_give_the_same_rights(scratch: tuple[Guest, int]) -> None:
    guest, fd = scratch
    rights = (
        abi.FD_READ | abi.PATH_LINK_SOURCE | abi.PATH_LINK_TARGET | abi.FD_FILESTAT_GET | abi.PATH_OPEN
        | abi.PATH_UNLINK_FILE
    )  # fmt: skip
    options = {"rights": rights, "inheriting": rights, "follow": False}
    file = guest.open("file", fd=fd, oflags=abi.OFLAGS_CREAT, **options)
    guest.ok("path_create_directory", fd, *guest.path("sub"))
    sub = guest.open("sub", fd=fd, oflags=abi.OFLAGS_DIRECTORY, **options)
    guest.ok("path_link", fd, 0, *guest.path("file"), sub, *guest.path("link"))
    link = guest.open("link", fd=sub, **options)
    assert rights_of(guest, file) == rights_of(guest, link)
    first, second = guest.room(64), guest.room(64)
    guest.ok("fd_filestat_get", file, first)
    guest.ok("fd_filestat_get", link, second)
    assert guest.memory[first : first + 64] == guest.memory[second : second + 64]
    guest.ok("path_unlink_file", sub, *guest.path("link"))


def test_emptying_needs_a_right_of_the_folder(scratch: tuple[Guest, int]) -> None:
    guest, fd = scratch
    guest.open("file", fd=fd, oflags=abi.OFLAGS_CREAT, rights=0)
    out, file = guest.room(4), guest.path("file")
    guest.ok("path_open", fd, 0, *file, abi.OFLAGS_TRUNC, 0, 0, 0, out)
    guest.ok("fd_fdstat_set_rights", fd, BASE, INHERITING & ~abi.FD_FILESTAT_SET_SIZE)
    guest.ok("path_open", fd, 0, *file, abi.OFLAGS_TRUNC, 0, 0, 0, out)
    guest.ok("fd_fdstat_set_rights", fd, BASE & ~abi.PATH_FILESTAT_SET_SIZE, INHERITING & ~abi.FD_FILESTAT_SET_SIZE)
    assert not rights_of(guest, fd)[0] & abi.PATH_FILESTAT_SET_SIZE
    assert guest.fails("path_open", fd, 0, *file, abi.OFLAGS_TRUNC, 0, 0, 0, out) == "ENOTCAPABLE"


def test_giving_up_reading_and_writing(scratch: tuple[Guest, int]) -> None:
    guest, fd = scratch
    rights = abi.FD_READ | abi.FD_WRITE | abi.FD_SEEK | abi.FD_TELL
    file = guest.open("file", fd=fd, oflags=abi.OFLAGS_CREAT, rights=rights, inheriting=0)
    guest.write(file, bytes(4))
    guest.ok("fd_seek", file, 0, abi.WHENCE_SET, guest.room(8))
    assert guest.read(file, 10) == bytes(4)
    guest.ok("fd_fdstat_set_rights", file, abi.FD_SEEK | abi.FD_TELL, 0)
    data = guest.iovs((64, 1))
    assert guest.fails("fd_read", file, *data, 128) == "EBADF"
    assert guest.fails("fd_write", file, *data, 128) == "EBADF"
    assert guest.fails("fd_fdstat_set_rights", file, rights, rights) == "ENOTCAPABLE"


def test_what_a_file_may_without_being_asked_for(scratch: tuple[Guest, int]) -> None:
    """Opened with no rights at all, a file can be closed and looked at, and that is all."""
    guest, fd = scratch
    file = guest.open("file", fd=fd, oflags=abi.OFLAGS_CREAT, rights=0)
    assert rights_of(guest, file) == (0, 0)
    assert guest.fails("fd_filestat_get", file, 64) == "ENOTCAPABLE"
    assert guest.fails("fd_sync", file) == "ENOTCAPABLE"
    guest.ok("fd_close", file)


@pytest.mark.parametrize(
    ("handed_on", "allowed"),
    [
        (0, 0),
        (abi.FD_DATASYNC, abi.FDFLAGS_DSYNC),
        (abi.FD_SYNC, abi.FDFLAGS_DSYNC | abi.FDFLAGS_RSYNC | abi.FDFLAGS_SYNC),
        (abi.FD_SYNC | abi.FD_DATASYNC, abi.FDFLAGS_DSYNC | abi.FDFLAGS_RSYNC | abi.FDFLAGS_SYNC),
    ],
)
def test_flags_of_writing_need_the_right_that_does_the_same(guest: Guest, handed_on: int, allowed: int) -> None:
    guest.open("file", oflags=abi.OFLAGS_CREAT, rights=0)
    guest.ok("fd_fdstat_set_rights", 3, RIGHTS_DIRECTORY, abi.FD_READ | handed_on)
    path, out = guest.path("file"), guest.room(4)
    for flag in (abi.FDFLAGS_DSYNC, abi.FDFLAGS_RSYNC, abi.FDFLAGS_SYNC):
        code = guest.call("path_open", 3, 0, *path, 0, abi.FD_READ, 0, flag, out)
        assert abi.ERRNO_NAMES[code] == ("SUCCESS" if flag & allowed else "ENOTCAPABLE")
