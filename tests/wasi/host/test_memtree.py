"""Directories in memory: what the embedder gives and gets, and how much a guest can put there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.wasi.guest import RIGHTS_DIRECTORY, RIGHTS_FILE, Guest
from wasmvm.wasi import MemoryDirectory, WasiConfig
from wasmvm.wasi.host import memtree, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.timesource import VirtualClock
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.link import implementation


def test_what_goes_in_comes_out() -> None:
    directory = MemoryDirectory({"a.txt": b"bytes", "sub/deep/b.txt": "tëxt"})
    assert directory.files() == {"a.txt": b"bytes", "sub/deep/b.txt": "tëxt".encode()}
    assert directory.directories() == ["sub", "sub/deep"]
    assert directory.links() == {}


def test_what_a_guest_does_is_seen() -> None:
    directory = MemoryDirectory({"a.txt": b"bytes"})
    with Guest(WasiConfig(dirs={"/": directory})) as guest:
        guest.ok("path_create_directory", 3, *guest.path("new"))
        guest.write(guest.open("new/file", oflags=abi.OFLAGS_CREAT, rights=abi.FD_WRITE), b"hello")
        guest.ok("path_symlink", *guest.path("new/file"), 3, *guest.path("link"))
        guest.ok("path_link", 3, 0, *guest.path("new/file"), 3, *guest.path("same"))
        guest.ok("path_unlink_file", 3, *guest.path("a.txt"))
    assert directory.files() == {"new/file": b"hello", "same": b"hello"}
    assert directory.directories() == ["new"]
    assert directory.links() == {"link": "new/file"}


def test_two_runs_on_one_tree() -> None:
    directory = MemoryDirectory()
    for number in range(2):
        with Guest(WasiConfig(dirs={"/": directory})) as guest:
            guest.open(f"run{number}", oflags=abi.OFLAGS_CREAT)
    assert sorted(directory.files()) == ["run0", "run1"]


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "../a", "a/../b", ".", "./a", "a/.", "a\0", "x" * 256])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        MemoryDirectory({path: b""})


@pytest.mark.parametrize("paths", [["a", "a/b"], ["a/b", "a"]])
def test_paths_that_exclude_each_other(paths: list[str]) -> None:
    with pytest.raises(ValueError, match=r"a part of the path is a file|is there already"):
        MemoryDirectory(dict.fromkeys(paths, b""))


def test_two_trees_are_two_devices() -> None:
    with Guest(WasiConfig(dirs={"/a": MemoryDirectory(), "/b": MemoryDirectory()})) as guest:
        guest.ok("fd_filestat_get", 3, 64)
        guest.ok("fd_filestat_get", 4, 128)
        assert guest.u64(64) != guest.u64(128)


def test_times_come_from_the_guests_clock() -> None:
    def times() -> list[tuple[int, int, int]]:
        with Guest(WasiConfig(dirs={"/": MemoryDirectory({"given/f": b"x", "g": ""})}, deterministic=1)) as guest:
            guest.write(guest.open("a", oflags=abi.OFLAGS_CREAT, rights=abi.FD_WRITE), b"x")
            return [times_of(guest, path) for path in ("a", ".", "given", "given/f", "g")]

    assert times() == times()
    assert {moment // 10**9 for three in times() for moment in three} == {1_640_995_200}


def test_the_next_guest_finds_the_times_of_the_first() -> None:
    directory = MemoryDirectory({"f": b"x"})
    with Guest(WasiConfig(dirs={"/": directory}, deterministic=1)) as guest:
        first = times_of(guest, "f")
    with Guest(WasiConfig(dirs={"/": directory}, clock=VirtualClock(5 * 10**9))) as guest:
        assert times_of(guest, "f") == first
        guest.open("new", oflags=abi.OFLAGS_CREAT)
        assert times_of(guest, "new")[1] // 10**9 == 5


class Small:
    """A guest with room for 10000 bytes."""

    def __init__(self) -> None:
        self.directory = MemoryDirectory({"given": bytes(5000)}, capacity=10_000)
        self.guest = Guest(WasiConfig(dirs={"/": self.directory}))
        self.start = self.directory.tree.used

    @property
    def used(self) -> int:
        return self.directory.tree.used - self.start

    def create(self, name: str) -> int:
        return self.guest.open(name, oflags=abi.OFLAGS_CREAT, rights=RIGHTS_FILE)


@pytest.mark.parametrize("size", [10_000, 1 << 31, 1 << 40, (1 << 63) - 1])
def test_no_host_memory_is_taken_for_a_size_that_there_is_no_room_for(size: int) -> None:
    small = Small()
    guest, fd = small.guest, small.create("a")
    assert guest.fails("fd_filestat_set_size", fd, size) == "ENOSPC"
    assert guest.fails("fd_allocate", fd, 0, size) == "ENOSPC"
    data = guest.iovs((guest.put(b"x"), 1))
    out = guest.room(8)
    assert guest.fails("fd_pwrite", fd, *data, size - 1, out) == "ENOSPC"
    guest.ok("fd_seek", fd, size - 1, abi.WHENCE_SET, out)
    assert guest.fails("fd_write", fd, *data, out) == "ENOSPC"
    assert small.directory.files()["a"] == b""


def test_room_is_given_back() -> None:
    small = Small()
    guest = small.guest
    for _ in range(100):
        fd = small.create("a")
        guest.ok("fd_filestat_set_size", fd, 9000)
        guest.ok("fd_close", fd)
        guest.ok("path_unlink_file", 3, *guest.path("a"))
        guest._top = 16
    assert small.used == 0
    for _ in range(100):
        fd = small.create("a")
        guest.ok("fd_filestat_set_size", fd, 9000)
        guest.ok("fd_filestat_set_size", fd, 10)
        guest.ok("fd_close", fd)
        guest._top = 16


def test_a_file_without_a_name_takes_room_until_it_is_closed() -> None:
    small = Small()
    guest, fd = small.guest, small.create("a")
    guest.ok("fd_filestat_set_size", fd, 8000)
    guest.ok("path_unlink_file", 3, *guest.path("a"))
    other = small.create("b")
    assert guest.fails("fd_filestat_set_size", other, 8000) == "ENOSPC"
    guest.ok("fd_close", fd)
    guest.ok("fd_filestat_set_size", other, 8000)


def test_empty_files_and_names_take_room_too() -> None:
    for name in ("path_create_directory", "path_symlink", "path_link", "path_open"):
        small = Small()
        guest, codes = small.guest, []
        for number in range(10_000):
            guest._top = 16
            path = guest.path(f"{number:0200}")
            if name == "path_symlink":
                codes.append(guest.call(name, *guest.path("x"), 3, *path))
            elif name == "path_link":
                codes.append(guest.call(name, 3, 0, *guest.path("given"), 3, *path))
            elif name == "path_open":
                codes.append(guest.call(name, 3, 0, *path, abi.OFLAGS_CREAT, 0, 0, 0, 1024))
            else:
                codes.append(guest.call(name, 3, *path))
            if codes[-1]:
                break
        assert codes[-1] == abi.ERRNO["ENOSPC"]
        assert len(codes) < 60


def test_renaming_keeps_count() -> None:
    small = Small()
    guest = small.guest
    small.create("a")
    small.create("bb")
    guest.ok("path_create_directory", 3, *guest.path("d"))
    guest.ok("path_create_directory", 3, *guest.path("e"))
    before = small.used
    guest.ok("path_rename", 3, *guest.path("a"), 3, *guest.path("longer"))
    assert small.used == before + 5
    guest.ok("path_rename", 3, *guest.path("longer"), 3, *guest.path("d/a"))
    assert small.used == before + 2  # the path is longer by the directory's name
    guest.ok("path_rename", 3, *guest.path("e"), 3, *guest.path("eee"))
    guest.ok("path_remove_directory", 3, *guest.path("eee"))
    guest.ok("path_rename", 3, *guest.path("d/a"), 3, *guest.path("bb"))
    for fd in (4, 5):
        guest.ok("fd_close", fd)
    guest.ok("path_unlink_file", 3, *guest.path("bb"))
    guest.ok("path_remove_directory", 3, *guest.path("d"))
    assert small.used == 0


def test_what_the_embedder_gave_is_not_counted() -> None:
    small = Small()
    fd = small.create("a")
    small.guest.ok("fd_filestat_set_size", fd, 9000)


def room_taken(directory: MemoryDirectory) -> int:
    """What the nodes and names of a tree take of its capacity, counted anew."""
    nodes = {id(node): node for _, node in directory.walk()}
    names = sum(len(path.encode()) + 160 for path, _ in directory.walk())
    return names + sum(512 + node.size() for node in nodes.values())


def test_moving_a_directory_counts_the_paths_of_all_in_it() -> None:
    directory = MemoryDirectory()
    with Guest(WasiConfig(dirs={"/": directory})) as guest:
        for path in ("a", "a/b", "a/b/c", "far", "far/away"):
            guest.ok("path_create_directory", 3, *guest.path(path))
        guest.ok("path_symlink", *guest.path("text of a link"), 3, *guest.path("a/b/link"))
        guest.ok("fd_close", guest.open("a/b/file", oflags=abi.OFLAGS_CREAT, rights=abi.FD_WRITE))
        guest.ok("path_link", 3, 0, *guest.path("a/b/file"), 3, *guest.path("a/b/c/file"))
        assert directory.tree.used == room_taken(directory)
        for old, new in (("a/b", "far/away/moved"), ("far", "f"), ("f/away/moved/c", "c"), ("f", "a/deeper")):
            guest.ok("path_rename", 3, *guest.path(old), 3, *guest.path(new))
            assert directory.tree.used == room_taken(directory), (old, new)
        assert sorted(directory.files()) == ["a/deeper/away/moved/file", "c/file"]
        directory.tree.capacity = directory.tree.used + 10
        assert guest.fails("path_rename", 3, *guest.path("a"), 3, *guest.path("much longer")) == "ENOSPC"
        assert directory.tree.used == room_taken(directory)


@pytest.mark.parametrize(
    ("capacity", "error"),
    [(-1, ValueError), (1 << 64, ValueError), ("1", TypeError), (1.5, TypeError)],
)
def test_a_capacity_that_cannot_be(capacity: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^capacity"):
        MemoryDirectory(capacity=capacity)


def test_a_capacity_of_none_is_no_limit() -> None:
    with Guest(WasiConfig(dirs={"/": MemoryDirectory({"f": b"a"}, capacity=None)})) as guest:
        file = guest.open("f", rights=abi.FD_WRITE)
        guest.write(file, b"some")
        guest.open("g", oflags=abi.OFLAGS_CREAT)
    with Guest(WasiConfig(dirs={"/": MemoryDirectory({"f": b"a"}, capacity=0)})) as guest:
        assert guest.fails("path_create_directory", 3, *guest.path("d")) == "ENOSPC"


def host_memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's account of a process's memory")
@pytest.mark.parametrize("kind", ["symlink", "link", "directory", "deep"])
def test_a_full_tree_takes_no_more_of_the_host_than_its_capacity_says(kind: str) -> None:
    capacity = 8 << 20
    directory = MemoryDirectory(capacity=capacity)
    with Guest(WasiConfig(dirs={"/": directory})) as guest:
        guest.open("f", oflags=abi.OFLAGS_CREAT, rights=0)
        text, before, fd = guest.path(b"x" * 4096), host_memory(), 3
        for number in range(200_000):
            guest._top = 8192
            path = guest.path(f"{number:x}_")
            code = {
                "symlink": lambda path=path: guest_call(guest, "path_symlink", *text, 3, *path),
                "link": lambda path=path: guest_call(guest, "path_link", 3, 0, *guest.path("f"), 3, *path),
                "directory": lambda path=path: guest_call(guest, "path_create_directory", 3, *path),
                "deep": lambda path=path, fd=fd: guest_call(guest, "path_create_directory", fd, *path),
            }[kind]()  # fmt: skip
            if code:
                break
            if kind == "deep":
                guest_call(guest, "path_open", fd, 0, *path, 0, RIGHTS_DIRECTORY, RIGHTS_DIRECTORY, 0, 8000)
                old, fd = fd, guest.u32(8000)
                if old != 3:
                    guest_call(guest, "fd_close", old)
        assert abi.ERRNO_NAMES[code] == "ENOSPC"
        paths = sum(len(path) for path, _ in directory.walk())
        assert paths <= capacity
        assert host_memory() - before < 2 * capacity


def guest_call(guest: Guest, name: str, *arguments: int) -> int:
    """A call without a look at what it changed in memory, which would take longer than all the rest."""
    with memoryview(guest.memory) as mem:
        return implementation(name)(guest.wasi, mem, *arguments)


def test_writing_nothing_moves_no_offset() -> None:
    """Found by `tests/fuzz/wasi_model.py`."""
    with Guest(WasiConfig(dirs={"/": MemoryDirectory({"f": b"contents"})})) as guest:
        fd, out = guest.open("f", rights=RIGHTS_FILE, fdflags=abi.FDFLAGS_APPEND), guest.room(8)
        guest.ok("fd_seek", fd, 3, abi.WHENCE_SET, out)
        guest.ok("fd_write", fd, *guest.iovs((1024, 0)), out)
        guest.ok("fd_tell", fd, out)
        assert guest.u64(out) == 3


def test_a_directory_that_was_moved_knows_where_it_is() -> None:
    """Else it could be moved into itself: what is in the cycle could never be reached, nor counted to its end."""
    directory = MemoryDirectory()
    with Guest(WasiConfig(dirs={"/": directory})) as guest:
        for path in ("a", "b", "a/c"):
            guest.ok("path_create_directory", 3, *guest.path(path))
        guest.ok("path_rename", 3, *guest.path("a/c"), 3, *guest.path("b/c"))
        assert guest.fails("path_rename", 3, *guest.path("b"), 3, *guest.path("b/c/b")) == "EINVAL"
        assert guest.fails("path_rename", 3, *guest.path("b/c"), 3, *guest.path("b")) == "ENOTEMPTY"
        guest.ok("path_rename", 3, *guest.path("a"), 3, *guest.path("b/c/a"))
    assert directory.directories() == ["b", "b/c", "b/c/a"]


def test_nothing_is_put_into_a_directory_that_was_removed() -> None:
    directory = MemoryDirectory({"f": b"x"})
    with Guest(WasiConfig(dirs={"/": directory})) as guest:
        guest.ok("path_create_directory", 3, *guest.path("d"))
        fd = guest.open("d", rights=RIGHTS_DIRECTORY)
        guest.ok("path_remove_directory", 3, *guest.path("d"))
        used, new = directory.tree.used, guest.path("new")
        assert guest.fails("path_rename", 3, *guest.path("f"), fd, *new) == "ENOENT"
        assert guest.fails("path_link", 3, 0, *guest.path("f"), fd, *new) == "ENOENT"
        assert guest.fails("path_create_directory", fd, *new) == "ENOENT"
        assert guest.fails("path_symlink", *guest.path("f"), fd, *new) == "ENOENT"
        assert guest.fails("path_open", fd, 0, *new, abi.OFLAGS_CREAT, 0, 0, 0, 64) == "ENOENT"
        assert directory.tree.used == used
    assert directory.files() == {"f": b"x"}


def times_of(guest: Guest, path: str) -> tuple[int, int, int]:
    """Times of access, of change, and of change of the attributes."""
    guest.ok("path_filestat_get", 3, 0, *guest.path(path), 64)
    return guest.u64(64 + 40), guest.u64(64 + 48), guest.u64(64 + 56)


def test_a_new_name_changes_the_attributes() -> None:
    with Guest(WasiConfig(dirs={"/": MemoryDirectory({"f": b"x"})}, deterministic=1)) as guest:
        atim, mtim, ctim = times_of(guest, "f")
        guest.ok("path_link", 3, 0, *guest.path("f"), 3, *guest.path("g"))
        assert times_of(guest, "f")[:2] == (atim, mtim)
        second = times_of(guest, "f")[2]
        assert second > ctim
        guest.ok("path_rename", 3, *guest.path("f"), 3, *guest.path("h"))
        third = times_of(guest, "h")[2]
        assert third > second
        guest.ok("path_unlink_file", 3, *guest.path("g"))
        assert times_of(guest, "h")[2] > third


def test_only_files_and_links_get_a_second_name() -> None:
    """`path_link` asks first; but the tree is also for those who do not."""
    tree = MemoryDirectory({"d/f": b"x"}).tree
    with pytest.raises(WasiError, match="EPERM"):
        tree.link(tree.root, b"d", tree.root, b"e")
    assert list(tree.root.entries) == [b"d"]


PIECE = memtree._PIECE


def test_long_transfers_ask_the_store_between_their_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as they have pieces, and where nothing is transferred never; the bytes are the same as if it were one."""
    asked: list[int] = []

    def ask() -> float:
        asked.append(1)
        return 1.0

    monkeypatch.setattr(memtree, "wait_slice", ask)
    tree = memtree.MemoryTree()
    opened = tree.open(tree.root, b"f", terms.OPEN_CREATE, 0, True, True)
    assert isinstance(opened, memtree.MemoryFile)
    file: memtree.MemoryFile = opened
    data = bytes(range(251)) * (7 * PIECE // 2 // 251)
    parts = [memoryview(data)[:10], memoryview(data)[10:10], memoryview(data)[10:]]

    def times(function: Callable[[], object]) -> tuple[object, int]:
        asked.clear()
        return function(), len(asked)

    def read(lengths: list[int], offset: int) -> tuple[bytes, int, int]:
        buffers = [bytearray(length) for length in lengths]
        asked.clear()
        count = file.preadv([memoryview(buffer) for buffer in buffers], offset)
        return b"".join(buffers), count, len(asked)

    assert times(lambda: file.set_size(len(data))) == (None, 3)
    assert times(lambda: file.pwritev(parts, 0)) == (len(data), 4)
    assert times(lambda: file.pwritev([memoryview(data)[:PIECE]], 0)) == (PIECE, 0)
    assert times(lambda: file.set_size(len(data) - 1)) == (None, 0)
    assert times(lambda: file.set_size(len(data) - 1 + PIECE)) == (None, 0)
    assert times(lambda: file.set_size(len(data))) == (None, 0)
    data = data[:-1] + b"\0"
    assert read([10, 0, len(data) - 10], 0) == (data, len(data), 3)
    assert read([len(data)], 0) == (data, len(data), 3)
    assert read([len(data)], PIECE) == (data[PIECE:] + bytes(PIECE), len(data) - PIECE, 3)
    assert read([PIECE], 5) == (data[5 : PIECE + 5], PIECE, 0)
    assert read([7, PIECE - 7], 5) == (data[5 : PIECE + 5], PIECE, 0)
    assert read([7, PIECE - 6], 5) == (data[5 : PIECE + 6], PIECE + 1, 1)
    for lengths in ([5 * PIECE], [PIECE, 4 * PIECE], [1]):
        assert read(lengths, len(data)) == (bytes(sum(lengths)), 0, 0)
        assert read(lengths, len(data) + 1) == (bytes(sum(lengths)), 0, 0)
    assert read([1], len(data) - 1) == (b"\0", 1, 0)


def test_what_is_reached_in_one_step() -> None:
    """Only folders, by their names: what is a link or missing, or `..`, is left to the walk."""
    directory = MemoryDirectory({"a/b/c/file": b"", "a/file": b""})
    tree, root = directory.tree, directory.tree.root
    a = tree.enter(root, b"a")
    assert a is not None
    tree.symlink(b"b", a, b"link")
    for path in ("a", "a/b", "a/b/c"):
        here: memtree.DirectoryNode | None = root
        for name in path.encode().split(b"/"):
            assert here is not None
            here = tree.enter(here, name)
        assert here is not None
        assert tree.reach(root, path.encode()) is here
    for path in ("a/none", "none/a", "a/file", "a/file/x", "a/link", "a/link/c", "a/..", ".."):
        assert tree.reach(root, path.encode()) is None
