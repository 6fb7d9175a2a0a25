"""``fd_prestat_get``, ``fd_prestat_dir_name`` and ``fd_readdir``."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from tests.wasi.guest import RIGHTS_DIRECTORY, Guest
from wasmvm.wasi import MemoryDirectory, WasiConfig
from wasmvm.wasi.host import directory as directory_module
from wasmvm.wasi.host.directory import Directory
from wasmvm.wasi.host.walk import DirectoryEntry, sorted_entries
from wasmvm.wasi.preview1 import abi

MakeGuest = Callable[..., Guest]
Entry = tuple[int, int, str, int]


def read_entries(guest: Guest, fd: int, size: int, cookie: int = 0) -> tuple[list[Entry], bool]:
    """Whole entries of one call, as (cookie, inode, name, type), and whether it reached the end."""
    out = guest.room(4)
    buffer = guest.room(size)
    guest.ok("fd_readdir", fd, buffer, size, cookie, out)
    used = guest.u32(out)
    assert used <= size
    entries, at = [], buffer
    while at + 24 <= buffer + used:
        next_cookie, ino, length, filetype = struct.unpack_from("<QQIB3x", guest.memory, at)
        if at + 24 + length > buffer + used:
            break
        entries.append((next_cookie, ino, guest.memory[at + 24 : at + 24 + length].decode(), filetype))
        at += 24 + length
    return entries, used < size


def all_names(guest: Guest, fd: int, size: int = 300) -> list[str]:
    """All names, read piece by piece."""
    names: list[str] = []
    cookie, at_end = 0, False
    while not at_end:
        guest._top = 1024  # use the same room again and again
        entries, at_end = read_entries(guest, fd, size, cookie)
        assert entries or at_end, "no progress"
        names += [name for _, _, name, _ in entries]
        cookie = entries[-1][0] if entries else cookie
    return names


def test_prestat() -> None:
    with Guest(WasiConfig(dirs={"/": MemoryDirectory(), "some/dïr": MemoryDirectory()})) as guest:
        guest.ok("fd_prestat_get", 4, 64)
        assert guest.memory[64:72] == b"\0\xa5\xa5\xa5\x09\0\0\0" or guest.memory[64:72] == struct.pack("<BxxxI", 0, 9)
        guest.ok("fd_prestat_dir_name", 4, 128, 9)
        assert guest.written() == {128: "some/dïr".encode()}
        guest.ok("fd_prestat_dir_name", 4, 256, 100)
        assert guest.written() == {256: "some/dïr".encode()}
        assert guest.fails("fd_prestat_dir_name", 4, 128, 8) == "ENAMETOOLONG"
        guest.ok("fd_prestat_dir_name", 3, 128, 1)
        assert guest.fails("fd_prestat_get", 5, 64) == "EBADF"
        assert guest.fails("fd_prestat_get", 1, 64) == "EBADF"
        assert guest.fails("fd_prestat_dir_name", 1, 64, 9) == "EBADF"


def test_an_empty_directory(guest: Guest) -> None:
    entries, at_end = read_entries(guest, 3, 1000)
    assert at_end
    assert [(name, filetype) for _, _, name, filetype in entries] == [(".", 3), ("..", 3)]
    guest.ok("fd_filestat_get", 3, 64)
    assert entries[0][1] == guest.u64(72)


def test_kinds_and_inodes(make_guest: MakeGuest) -> None:
    guest = make_guest({"file": b"x", "sub/x": b""})
    guest.ok("path_symlink", *guest.path("file"), 3, *guest.path("link"))
    entries, _ = read_entries(guest, 3, 1000)
    kinds = {name: filetype for _, _, name, filetype in entries}
    assert kinds == {".": 3, "..": 3, "file": 4, "link": 7, "sub": 3}
    for _, ino, name, _ in entries[2:]:
        guest.ok("path_filestat_get", 3, 0, *guest.path(name), 64)
        assert guest.u64(72) == ino


@pytest.mark.parametrize("size", [40, 41, 63, 64, 65, 100, 1000, 30000])
def test_every_name_once_with_any_buffer(make_guest: MakeGuest, size: int) -> None:
    names = [f"{at:05}-{'x' * (at % 7)}" for at in range(200)]
    guest = make_guest(dict.fromkeys(names, b""))
    assert sorted(all_names(guest, 3, size)) == sorted([".", "..", *names])


def test_a_buffer_is_filled_to_its_end(make_guest: MakeGuest) -> None:
    guest = make_guest(dict.fromkeys(["aaaa", "bbbb"], b""))
    out = guest.room(4)
    whole = guest.room(200)
    guest.ok("fd_readdir", 3, whole, 200, 0, out)
    total = guest.u32(out)
    assert total == 4 * 24 + 1 + 2 + 4 + 4
    expected = bytes(guest.memory[whole : whole + total])
    for size in range(total + 1):
        buffer = guest.room(size)
        guest.ok("fd_readdir", 3, buffer, size, 0, out)
        assert guest.u32(out) == size
        assert guest.memory[buffer : buffer + size] == expected[:size]
        assert guest.memory[buffer + size] == 0xA5


def test_cookies_survive_changes(make_guest: MakeGuest) -> None:
    names = [f"n{at:03}" for at in range(100)]
    guest = make_guest(dict.fromkeys(names, b""))
    entries, _ = read_entries(guest, 3, 1000)
    seen = [name for _, _, name, _ in entries]
    middle = entries[-1][0]
    for name in [*names[:10], *names[95:]]:
        guest.ok("path_unlink_file", 3, *guest.path(name))
    for at in range(10):
        guest.open(f"a-new-{at}", oflags=abi.OFLAGS_CREAT)
    # a look from the start gives new cookies, but the old one still works
    assert len(all_names(guest, 3)) == 2 + 85 + 10
    rest, cookie, at_end = [], middle, False
    while not at_end:
        guest._top = 1024
        entries, at_end = read_entries(guest, 3, 1000, cookie)
        rest += [name for _, _, name, _ in entries]
        cookie = entries[-1][0] if entries else cookie
    stayed = names[10:95]
    assert [name for name in seen if name in stayed] + [name for name in rest if name in stayed] == stayed
    assert {name for name in rest if name.startswith("a-new")} == {f"a-new-{at}" for at in range(10)}


def test_changes_while_reading_on(make_guest: MakeGuest) -> None:
    names = [f"n{at:03}" for at in range(100)]
    guest = make_guest(dict.fromkeys(names, b""))
    entries, _ = read_entries(guest, 3, 1000)
    for name in names[:50]:
        guest.ok("path_unlink_file", 3, *guest.path(name))
    rest, _ = read_entries(guest, 3, 10000, entries[-1][0])
    assert [name for _, _, name, _ in entries + rest][2:] == names


def test_cookies_beyond_the_end(make_guest: MakeGuest) -> None:
    guest = make_guest({"a": b""})
    for cookie in (3, 4, 1 << 40, abi.MASK64):
        assert read_entries(guest, 3, 100, cookie) == ([], True)


def test_two_descriptors_have_their_own_cookies(make_guest: MakeGuest) -> None:
    guest = make_guest({"a": b"", "b": b""})
    other = guest.open(".", rights=abi.FD_READDIR)
    first, _ = read_entries(guest, 3, 1000)
    guest.ok("path_unlink_file", 3, *guest.path("a"))
    second, _ = read_entries(guest, other, 1000)
    assert [entry[2] for entry in first] == [".", "..", "a", "b"]
    assert [entry[2] for entry in second] == [".", "..", "b"]


def test_errors(make_guest: MakeGuest) -> None:
    guest = make_guest({"a": b""})
    fd = guest.open("a")
    assert guest.fails("fd_readdir", fd, 64, 64, 0, 200) == "ENOTDIR"
    assert guest.fails("fd_readdir", 1, 64, 64, 0, 200) == "ENOTDIR"
    guest.ok("fd_fdstat_set_rights", 3, abi.PATH_OPEN, 0)
    assert guest.fails("fd_readdir", 3, 64, 64, 0, 200) == "ENOTCAPABLE"
    assert guest.fails("fd_readdir", 3, 64, 0xFFFFFFFF, 0, 200) == "EFAULT"


def test_a_removed_directory(make_guest: MakeGuest) -> None:
    guest = make_guest({"d/x": b""})
    fd = guest.open("d", rights=RIGHTS_DIRECTORY)
    guest.ok("path_unlink_file", 3, *guest.path("d/x"))
    guest.ok("path_remove_directory", 3, *guest.path("d"))
    assert [name for name in all_names(guest, fd) if name not in (".", "..")] == []
    assert guest.fails("path_create_directory", fd, *guest.path("x")) == "ENOENT"
    assert guest.fails("path_open", fd, 0, *guest.path("x"), abi.OFLAGS_CREAT, 0, 0, 0, 64) == "ENOENT"


def test_reading_on_does_not_look_again(make_guest: MakeGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some runtimes list the folder anew for each call, and so take quadratic time."""
    guest = make_guest({f"n{at}": b"" for at in range(500)})
    looks = 0
    original = directory_module.Directory._look

    def counted(self: directory_module.Directory) -> None:
        nonlocal looks
        looks += 1
        original(self)

    monkeypatch.setattr(directory_module.Directory, "_look", counted)
    assert len(all_names(guest, 3, 100)) == 502
    assert looks == 1


def test_what_open_directories_keep_of_their_entries_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest that lists a large directory through a thousand descriptors takes no thousand times its entries."""
    monkeypatch.setattr("wasmvm.wasi.preview1.fd_dir.MAX_LISTED", 250)
    names = [f"{number:03}" for number in range(100)]
    directory = MemoryDirectory({f"d/{name}": b"" for name in names})
    with Guest(WasiConfig(dirs={"/": directory})) as guest:
        fds = [guest.open("d", rights=abi.FD_READDIR) for _ in range(10)]
        cookies = {}
        for fd in fds:
            cookies[fd] = read_entries(guest, fd, 300)[0][-1][0]
            kept = [other.listed() for other in guest.wasi.table if isinstance(other, Directory)]
            assert sum(kept) <= 250 + 102
        seen = len(read_entries(guest, fds[0], 300)[0]) - 2
        for fd in fds:  # reading on gives what comes next, also where the entries were forgotten
            assert read_entries(guest, fd, 300, cookies[fd])[0][0][2] == names[seen]
            guest._top = 4096


def test_a_directory_of_too_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasmvm.wasi.host.walk.MAX_ENTRIES", 50)
    with Guest(WasiConfig(dirs={"/": MemoryDirectory({f"{number}": b"" for number in range(51)})})) as guest:
        assert guest.fails("fd_readdir", 3, 1024, 300, 0, 64) == "ENOMEM"
        guest.ok("path_unlink_file", 3, *guest.path("0"))
        guest.ok("fd_readdir", 3, 1024, 300, 0, 64)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 100])
def test_entries_are_sorted_in_runs(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasmvm.wasi.host.walk._SORTED_AT_ONCE", 8)
    names = [b"%x" % (number * 7919 % 10007) for number in range(count)]
    found = sorted_entries(DirectoryEntry(name, 0, 0) for name in names)
    assert [entry.name for entry in found] == sorted(names)
