"""Every ``path_*``, in both kinds of tree: what it does, what it writes, how it fails."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable

import pytest

from tests.wasi.guest import RIGHTS_DIRECTORY, RIGHTS_FILE, Guest
from wasmvm.wasi import MemoryDirectory, WasiConfig
from wasmvm.wasi.host import walk
from wasmvm.wasi.host.directory import Directory
from wasmvm.wasi.host.memtree import MemoryTree
from wasmvm.wasi.preview1 import abi

MakeGuest = Callable[..., Guest]
FOLLOW = abi.LOOKUPFLAGS_SYMLINK_FOLLOW


@pytest.fixture
def tree(make_guest: MakeGuest) -> Guest:
    """``file``, ``dir/inner``, ``empty/``, and the links ``to_file``, ``to_dir``, ``dangling`` and ``loop``."""
    guest = make_guest({"file": b"contents", "dir/inner": b"inner"})
    guest.ok("path_create_directory", 3, *guest.path("empty"))
    for text, name in (("file", "to_file"), ("dir", "to_dir"), ("nowhere", "dangling"), ("loop", "loop")):
        symlink(guest, text, name)
    return guest


def symlink(guest: Guest, text: str, name: str) -> None:
    guest.ok("path_symlink", *guest.path(text), 3, *guest.path(name))


def kind(guest: Guest, path: str, flags: int = 0, fd: int = 3) -> int | str:
    """The ``FILETYPE_*`` at a path, or the name of the error."""
    out = guest.room(64)
    code = guest.call("path_filestat_get", fd, flags, *guest.path(path), out)
    return guest.memory[out + 16] if code == 0 else abi.ERRNO_NAMES[code]


def opening(
    guest: Guest, path: str | bytes, oflags: int = 0, flags: int = FOLLOW, rights: int = 0, fdflags: int = 0
) -> str:
    """The name of the error of opening a path, ``SUCCESS`` if it opens."""
    out = guest.room(4)
    return abi.ERRNO_NAMES[
        guest.call("path_open", 3, flags, *guest.path(path), oflags, rights, abi.MASK64, fdflags, out)
    ]


PATH_CALLS: dict[str, tuple[object, ...]] = {
    "path_create_directory": ("fd", "path"), "path_filestat_get": ("fd", 0, "path", "out"),
    "path_filestat_set_times": ("fd", 0, "path", 0, 0, 0), "path_link": ("fd", 0, "path", "fd", "path"),
    "path_open": ("fd", 0, "path", 0, 0, 0, 0, "out"), "path_readlink": ("fd", "path", "buf", "out"),
    "path_remove_directory": ("fd", "path"), "path_rename": ("fd", "path", "fd", "path"),
    "path_symlink": ("path", "fd", "path"), "path_unlink_file": ("fd", "path"),
}  # fmt: skip
"""Each function with arguments to be filled in."""
RIGHT_OF = {
    "path_create_directory": abi.PATH_CREATE_DIRECTORY, "path_filestat_get": abi.PATH_FILESTAT_GET,
    "path_filestat_set_times": abi.PATH_FILESTAT_SET_TIMES, "path_link": abi.PATH_LINK_SOURCE,
    "path_open": abi.PATH_OPEN, "path_readlink": abi.PATH_READLINK, "path_remove_directory": abi.PATH_REMOVE_DIRECTORY,
    "path_rename": abi.PATH_RENAME_SOURCE, "path_symlink": abi.PATH_SYMLINK, "path_unlink_file": abi.PATH_UNLINK_FILE,
}  # fmt: skip


def arguments(guest: Guest, name: str, path: str | bytes, fd: int = 3) -> list[int]:
    """The arguments of a call with `path` wherever it takes one."""
    made: list[int] = []
    for item in PATH_CALLS[name]:
        if item == "fd":
            made.append(fd)
        elif item == "path":
            made += guest.path(path)
        elif item == "buf":
            made += (guest.room(64), 64)
        elif item == "out":
            made.append(guest.room(64))
        elif isinstance(item, int):
            made.append(item)
    return made


@pytest.mark.parametrize("name", PATH_CALLS)
def test_bad_descriptors(tree: Guest, name: str) -> None:
    assert tree.fails(name, *arguments(tree, name, "x", fd=99)) == "EBADF"
    assert tree.fails(name, *arguments(tree, name, "x", fd=tree.open("file"))) == "ENOTDIR"
    assert tree.fails(name, *arguments(tree, name, "x", fd=1)) == "ENOTDIR"


@pytest.mark.parametrize("name", PATH_CALLS)
def test_without_the_right(tree: Guest, name: str) -> None:
    tree.ok("fd_fdstat_set_rights", 3, RIGHTS_DIRECTORY & ~RIGHT_OF[name], 0)
    assert tree.fails(name, *arguments(tree, name, "file")) == "ENOTCAPABLE"


def test_without_the_rights_of_the_second_directory(tree: Guest) -> None:
    other = tree.open("dir", rights=0)
    file, new = tree.path("file"), tree.path("new")
    assert tree.fails("path_link", 3, 0, *file, other, *new) == "ENOTCAPABLE"
    assert tree.fails("path_rename", 3, *file, other, *new) == "ENOTCAPABLE"


BAD_PATHS: list[tuple[str | bytes, set[str]]] = [
    ("", {"ENOENT"}), ("/", {"EPERM"}), ("/file", {"EPERM"}), ("//", {"EPERM"}), ("..", {"EPERM"}), ("../x", {"EPERM"}),
    ("dir/../..", {"EPERM"}), ("dir/../../root/file", {"EPERM"}), ("./..", {"EPERM"}), ("to_dir/../../x", {"EPERM"}),
    ("file\0", {"EINVAL"}), ("\0", {"EINVAL"}), (b"\xff", {"EILSEQ"}), (b"a/\xc3", {"EILSEQ"}),
    (b"\xed\xa0\x80", {"EILSEQ"}), ("nowhere/x", {"ENOENT"}), ("file/x", {"ENOTDIR"}), ("to_file/x", {"ENOTDIR"}),
    ("dangling/x", {"ENOENT"}), ("loop/x", {"ELOOP"}), ("x" * 256, {"ENAMETOOLONG"}), ("x/" * 2049, {"ENAMETOOLONG"}),
    ("file/..", {"ENOTDIR"}), ("nowhere/..", {"ENOENT"}), ("file/.", {"ENOTDIR"}),
]  # fmt: skip


@pytest.mark.parametrize("name", PATH_CALLS)
@pytest.mark.parametrize(("path", "expected"), BAD_PATHS, ids=[repr(path)[:24] for path, _ in BAD_PATHS])
def test_bad_paths(tree: Guest, name: str, path: str | bytes, expected: set[str]) -> None:
    if name == "path_symlink":
        code = tree.fails(name, *tree.path("x"), 3, *tree.path(path))
    else:
        code = tree.fails(name, *arguments(tree, name, path))
    assert code in expected


@pytest.mark.parametrize("name", PATH_CALLS)
def test_bad_addresses(tree: Guest, name: str) -> None:
    made = arguments(tree, name, "file")
    places = [
        param.index for param in abi.params_of(abi.FUNCTIONS[name]) if param.is_result or param.kind in ("path", "buf")
    ]
    for place in places:
        for address in (len(tree.memory) - 3, 0xFFFFFFFF):
            wrong = list(made)
            wrong[place] = address
            assert tree.fails(name, *wrong) == "EFAULT"
    assert kind(tree, "file") == abi.FILETYPE_REGULAR_FILE


def test_the_longest_path(tree: Guest) -> None:
    tree.ok("path_create_directory", 3, *tree.path("longest"))
    longest = "longest" + "/." * ((4096 - 7) // 2) + "/"
    assert len(longest) == 4096
    tree.ok("path_filestat_get", 3, 0, *tree.path(longest), 8)
    assert tree.fails("path_filestat_get", 3, 0, *tree.path(longest + "/"), 8) == "ENAMETOOLONG"


def test_a_path_as_long_as_memory_is_not_copied(make_guest: MakeGuest) -> None:
    guest = make_guest()
    for name in ("path_create_directory", "path_unlink_file", "path_remove_directory"):
        assert guest.fails(name, 3, 0, len(guest.memory)) == "ENAMETOOLONG"
    assert guest.fails("path_symlink", 0, len(guest.memory), 3, *guest.path("x")) == "ENAMETOOLONG"


@pytest.mark.parametrize(
    "path",
    ["dir/inner", "./dir/inner", "dir//inner", "dir/./inner", "dir/../dir/inner", "to_dir/inner", "to_dir/../dir/inner",
     "dir/.//../to_dir/./inner", ".//dir/inner", "empty/../dir/inner"],
)  # fmt: skip
def test_ways_to_a_file(tree: Guest, path: str) -> None:
    assert tree.read(tree.open(path), 100) == b"inner"


# --- path_open ---


def test_path_open_writes_the_descriptor(tree: Guest) -> None:
    out = tree.room(4)
    tree.ok("path_open", 3, 0, *tree.path("file"), 0, abi.FD_READ, 0, 0, out)
    assert tree.written() == {out: b"\x04\0\0\0"}


def test_creating(tree: Guest) -> None:
    fd = tree.open("new", oflags=abi.OFLAGS_CREAT, rights=abi.FD_READ | abi.FD_WRITE)
    tree.write(fd, b"abc")
    assert opening(tree, "new", abi.OFLAGS_CREAT | abi.OFLAGS_EXCL) == "EEXIST"
    assert tree.read(tree.open("new", oflags=abi.OFLAGS_CREAT), 10) == b"abc"
    assert opening(tree, "new2", abi.OFLAGS_EXCL) == "ENOENT"
    assert opening(tree, "new2", abi.OFLAGS_CREAT | abi.OFLAGS_EXCL) == "SUCCESS"
    assert opening(tree, "empty/a", abi.OFLAGS_CREAT) == "SUCCESS"
    assert opening(tree, "nowhere/a", abi.OFLAGS_CREAT) == "ENOENT"
    assert opening(tree, "new3/", abi.OFLAGS_CREAT) == "EISDIR"
    assert opening(tree, "empty/", abi.OFLAGS_CREAT) == "EISDIR"
    assert kind(tree, "new3") == "ENOENT"


def test_truncating(tree: Guest) -> None:
    assert opening(tree, "file", abi.OFLAGS_TRUNC) == "SUCCESS"
    assert tree.read(tree.open("file"), 10) == b""
    assert opening(tree, "dir", abi.OFLAGS_TRUNC) == "EISDIR"
    assert opening(tree, "nowhere", abi.OFLAGS_TRUNC) == "ENOENT"


def test_directories(tree: Guest) -> None:
    assert opening(tree, "dir", abi.OFLAGS_DIRECTORY) == "SUCCESS"
    assert opening(tree, "dir") == "SUCCESS"
    assert opening(tree, "dir/") == "SUCCESS"
    assert opening(tree, ".") == "SUCCESS"
    assert opening(tree, "dir/..") == "SUCCESS"
    assert opening(tree, "file", abi.OFLAGS_DIRECTORY) == "ENOTDIR"
    assert opening(tree, "dir", abi.OFLAGS_DIRECTORY, rights=abi.FD_READ) == "SUCCESS"
    assert opening(tree, "dir", abi.OFLAGS_DIRECTORY, rights=abi.FD_READ | abi.FD_WRITE) == "EISDIR"
    assert opening(tree, "dir", rights=abi.FD_WRITE) == "EISDIR"
    assert opening(tree, "dir", abi.OFLAGS_CREAT) == "EISDIR"
    assert opening(tree, "new", abi.OFLAGS_CREAT | abi.OFLAGS_DIRECTORY) == "EINVAL"
    assert kind(tree, "new") == "ENOENT"


@pytest.mark.parametrize("path", ["file/", "file//", "file/.", "to_file/", "file/./"])
def test_a_file_is_no_directory(tree: Guest, path: str) -> None:
    assert opening(tree, path) == "ENOTDIR"
    assert opening(tree, path, abi.OFLAGS_CREAT) == ("EISDIR" if path in ("file/", "file//", "to_file/") else "ENOTDIR")
    assert opening(tree, path, flags=0) == "ENOTDIR"


def test_links(tree: Guest) -> None:
    assert tree.read(tree.open("to_file"), 100) == b"contents"
    assert opening(tree, "to_file", flags=0) == "ELOOP"
    assert opening(tree, "to_dir", abi.OFLAGS_DIRECTORY) == "SUCCESS"
    assert opening(tree, "to_dir", abi.OFLAGS_DIRECTORY, flags=0) in ("ENOTDIR", "ELOOP")
    assert opening(tree, "to_dir/", flags=0) == "SUCCESS"
    assert opening(tree, "to_file", abi.OFLAGS_DIRECTORY) == "ENOTDIR"
    assert opening(tree, "loop") == "ELOOP"
    assert opening(tree, "loop", flags=0) == "ELOOP"
    assert opening(tree, "dangling") == "ENOENT"
    assert opening(tree, "dangling", abi.OFLAGS_CREAT | abi.OFLAGS_EXCL) == "EEXIST"
    assert opening(tree, "dangling", abi.OFLAGS_CREAT, flags=0) == "ELOOP"
    assert kind(tree, "nowhere") == "ENOENT"
    assert opening(tree, "dangling", abi.OFLAGS_CREAT) == "SUCCESS"
    assert kind(tree, "nowhere") == abi.FILETYPE_REGULAR_FILE


def test_links_below_several_folders(tree: Guest) -> None:
    """The folders may be reached in one step; then a link in the last place is still followed, or is not."""
    for path in ("one", "one/two", "one/two/three"):
        tree.ok("path_create_directory", 3, *tree.path(path))
    tree.write(tree.open("one/file", oflags=abi.OFLAGS_CREAT, rights=abi.FD_WRITE), b"up there")
    symlink(tree, "../../file", "one/two/three/up")
    symlink(tree, "up", "one/two/three/again")
    symlink(tree, "../../../../file", "one/two/three/out")
    symlink(tree, "../../two/three", "one/two/three/round")
    for name in ("up", "again", "round/up", "round/again", "round/round/up"):
        path = f"one/two/three/{name}"
        assert tree.read(tree.open(path), 100) == b"up there"
        assert opening(tree, path, flags=0) == "ELOOP"
        assert kind(tree, path) == abi.FILETYPE_SYMBOLIC_LINK
        assert kind(tree, path, FOLLOW) == abi.FILETYPE_REGULAR_FILE
    assert opening(tree, "one/two/three/out") == "EPERM"
    assert kind(tree, "one/two/three/out", FOLLOW) == "EPERM"
    assert kind(tree, "one/two/three/round") == abi.FILETYPE_SYMBOLIC_LINK
    for ending in ("/", "/.", "//"):
        assert kind(tree, f"one/two/three/round{ending}") == abi.FILETYPE_DIRECTORY
        assert kind(tree, f"one/two/three/up{ending}") == "ENOTDIR"
    tree.ok("path_unlink_file", 3, *tree.path("one/two/three/up"))
    assert tree.read(tree.open("one/file"), 100) == b"up there"
    assert kind(tree, "one/two/three/again", FOLLOW) == "ENOENT"


def test_forty_links_are_followed_and_no_more(tree: Guest) -> None:
    symlink(tree, "file", "l1")
    for at in range(2, 42):
        symlink(tree, f"l{at - 1}", f"l{at}")
    assert opening(tree, "l40") == "SUCCESS"
    assert opening(tree, "l41") == "ELOOP"


def test_links_that_multiply(tree: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each link goes through the one before twice: 2^n steps without a limit on all of them together."""
    links = 0

    def counted() -> float:
        nonlocal links
        links += 1
        assert links < 100
        return 1.0

    symlink(tree, ".", "m0")
    for at in range(1, 40):
        symlink(tree, f"m{at - 1}/m{at - 1}", f"m{at}")
    assert opening(tree, "m4") == "SUCCESS"
    monkeypatch.setattr(walk, "wait_slice", counted)
    assert opening(tree, "m39") == "ELOOP"
    assert links > 10, "the links are counted"


@pytest.mark.parametrize(("oflags", "fdflags", "flags"), [(16, 0, 0), (0xFFFF, 0, 0), (0, 32, 0), (0, 0, 2)])
def test_unknown_flags(tree: Guest, oflags: int, fdflags: int, flags: int) -> None:
    assert opening(tree, "file", oflags, flags, fdflags=fdflags) == "EINVAL"


def test_append(tree: Guest) -> None:
    fd = tree.open("file", rights=abi.FD_WRITE | abi.FD_SEEK, fdflags=abi.FDFLAGS_APPEND)
    tree.ok("fd_seek", fd, 0, abi.WHENCE_SET, tree.room(8))
    tree.write(fd, b"!")
    assert tree.read(tree.open("file"), 100) == b"contents!"


def test_rights_are_cut_to_what_applies(tree: Guest) -> None:
    assert tree.rights(tree.open("file", rights=abi.MASK64)) == (RIGHTS_FILE, 0)
    assert tree.rights(tree.open("file", rights=abi.FD_READ | abi.PATH_OPEN)) == (abi.FD_READ, 0)
    assert tree.rights(tree.open("file", rights=0)) == (0, 0)
    directory = tree.open("dir", rights=abi.FD_READ | abi.PATH_OPEN | abi.FD_SEEK, inheriting=abi.FD_READ)
    assert tree.rights(directory) == (abi.PATH_OPEN, abi.FD_READ)


def test_rights_are_handed_on(tree: Guest) -> None:
    fd = tree.open("dir", rights=abi.PATH_OPEN, inheriting=abi.FD_READ | abi.FD_SEEK)
    out = tree.room(4)
    inner = tree.path("inner")
    assert tree.fails("path_open", fd, 0, *inner, 0, abi.FD_WRITE, 0, 0, out) == "ENOTCAPABLE"
    tree.ok("path_open", fd, 0, *inner, 0, abi.FD_READ | abi.FD_SEEK | abi.FD_TELL, 0, 0, out)
    assert tree.rights(tree.u32(out))[0] == abi.FD_READ | abi.FD_SEEK
    assert tree.fails("path_open", fd, 0, *inner, abi.OFLAGS_CREAT, 0, 0, 0, out) == "ENOTCAPABLE"
    assert tree.fails("path_open", fd, 0, *inner, abi.OFLAGS_TRUNC, 0, 0, 0, out) == "ENOTCAPABLE"
    assert tree.fails("path_open", fd, 0, *inner, 0, 0, 0, abi.FDFLAGS_SYNC, out) == "ENOTCAPABLE"
    assert tree.fails("path_open", fd, 0, *inner, 0, 0, 0, abi.FDFLAGS_DSYNC, out) == "ENOTCAPABLE"


def test_a_subdirectory_is_a_root_of_its_own(tree: Guest) -> None:
    fd = tree.open("dir", rights=RIGHTS_DIRECTORY)
    symlink(tree, "../file", "dir/up")
    assert kind(tree, "dir/up", FOLLOW) == abi.FILETYPE_REGULAR_FILE
    assert kind(tree, "up", FOLLOW, fd) == "EPERM"
    assert kind(tree, "..", FOLLOW, fd) == "EPERM"
    assert kind(tree, "../dir/inner", FOLLOW, fd) == "EPERM"


def test_too_many_descriptors(make_guest: MakeGuest) -> None:
    guest = make_guest({"file": b""}, max_descriptors=10)
    for _ in range(6):
        guest.open("file")
    assert opening(guest, "new", abi.OFLAGS_CREAT) == "EMFILE"
    assert kind(guest, "new") == "ENOENT"


# --- path_create_directory, path_remove_directory, path_unlink_file ---


def test_path_create_directory(tree: Guest) -> None:
    for path in ("d1", "d2/", "d1/d3", "to_dir/d4", "d5//"):
        tree.ok("path_create_directory", 3, *tree.path(path))
        assert kind(tree, path) == abi.FILETYPE_DIRECTORY
    for path in ("dir", "dir/", "file", "to_dir", "dangling", ".", "dir/.", "dir/.."):
        assert tree.fails("path_create_directory", 3, *tree.path(path)) == "EEXIST"
    assert kind(tree, "nowhere") == "ENOENT"


def test_path_remove_directory(tree: Guest) -> None:
    tree.ok("path_remove_directory", 3, *tree.path("empty/"))
    assert kind(tree, "empty") == "ENOENT"
    cases = {"dir": "ENOTEMPTY", "file": "ENOTDIR", "file/": "ENOTDIR", "to_dir": "ENOTDIR", "to_dir/": "ENOTDIR",
             "nowhere": "ENOENT", ".": "EINVAL", "dir/.": "EINVAL", "dangling": "ENOTDIR"}  # fmt: skip
    for path, error in cases.items():
        assert tree.fails("path_remove_directory", 3, *tree.path(path)) == error, path
    assert kind(tree, "dir/inner") == abi.FILETYPE_REGULAR_FILE


def test_path_unlink_file(tree: Guest) -> None:
    for path in ("file", "to_dir", "dangling", "loop", "dir/inner"):
        tree.ok("path_unlink_file", 3, *tree.path(path))
        assert kind(tree, path) == "ENOENT"
    assert kind(tree, "dir") == abi.FILETYPE_DIRECTORY
    cases = {"dir": "EISDIR", "dir/": "EISDIR", "to_file/": "ENOTDIR", "nowhere": "ENOENT", "nowhere/": "ENOENT"}
    for path, error in cases.items():
        assert tree.fails("path_unlink_file", 3, *tree.path(path)) == error, path
    assert kind(tree, "to_file") == abi.FILETYPE_SYMBOLIC_LINK


# --- path_rename ---


def rename(guest: Guest, old: str, new: str) -> str:
    return abi.ERRNO_NAMES[guest.call("path_rename", 3, *guest.path(old), 3, *guest.path(new))]


def test_path_rename(tree: Guest) -> None:
    assert rename(tree, "file", "renamed") == "SUCCESS"
    assert kind(tree, "file") == "ENOENT"
    assert tree.read(tree.open("renamed"), 100) == b"contents"
    assert rename(tree, "renamed", "dir/inner") == "SUCCESS"
    assert tree.read(tree.open("dir/inner"), 100) == b"contents"
    assert rename(tree, "dir", "empty") == "SUCCESS"
    assert tree.read(tree.open("empty/inner"), 100) == b"contents"
    assert rename(tree, "dangling", "still_dangling") == "SUCCESS"
    assert kind(tree, "still_dangling") == abi.FILETYPE_SYMBOLIC_LINK
    assert rename(tree, "empty/inner", "empty/inner") == "SUCCESS"


def test_path_rename_errors(tree: Guest) -> None:
    cases = {
        ("nowhere", "x"): "ENOENT", ("file", "nowhere/x"): "ENOENT", ("file", "empty"): "EISDIR",
        ("empty", "file"): "ENOTDIR", ("empty", "dir"): "ENOTEMPTY", ("dir", "dir/sub"): "EINVAL",
        ("dir", "to_dir/sub"): "EINVAL", ("dir/inner", "dir"): "ENOTEMPTY", ("empty", "to_dir"): "ENOTDIR",
        ("file/", "x"): "ENOTDIR", ("file", "x/"): "ENOTDIR", ("to_dir/", "x"): "ENOTDIR", (".", "x"): "EBUSY",
        ("dir", "."): "EBUSY", ("nowhere/", "x"): "ENOENT",
    }  # fmt: skip
    for (old, new), error in cases.items():
        assert rename(tree, old, new) == error, (old, new)


def test_path_rename_with_slashes(tree: Guest) -> None:
    for old, new in (("empty/", "a"), ("a", "b/"), ("b//", "c///")):
        assert rename(tree, old, new) == "SUCCESS", (old, new)
    assert kind(tree, "c") == abi.FILETYPE_DIRECTORY


def test_path_rename_two_names_of_one_file(tree: Guest) -> None:
    tree.ok("path_link", 3, 0, *tree.path("file"), 3, *tree.path("same"))
    assert rename(tree, "file", "same") == "SUCCESS"
    assert kind(tree, "file") == abi.FILETYPE_REGULAR_FILE


def test_between_trees(make_guest: MakeGuest) -> None:
    guest = make_guest({"file": b"x"})
    with Guest(WasiConfig(dirs={"/": MemoryDirectory()})) as other:
        fd = guest.wasi.table.add(other.wasi.table.get(3))
        file, new = guest.path("file"), guest.path("new")
        assert guest.fails("path_rename", 3, *file, fd, *new) == "EXDEV"
        assert guest.fails("path_link", 3, 0, *file, fd, *new) == "EXDEV"
        guest.wasi.table.remove(fd)


# --- path_link, path_symlink, path_readlink ---


def test_path_link(tree: Guest) -> None:
    tree.ok("path_link", 3, 0, *tree.path("file"), 3, *tree.path("dir/same"))
    tree.ok("path_filestat_get", 3, 0, *tree.path("file"), 64)
    assert tree.u64(64 + 24) == 2
    tree.write(tree.open("dir/same", rights=abi.FD_WRITE), b"C")
    assert tree.read(tree.open("file"), 100) == b"Contents"
    tree.ok("path_link", 3, 0, *tree.path("dangling"), 3, *tree.path("dangling2"))
    assert kind(tree, "dangling2") == abi.FILETYPE_SYMBOLIC_LINK
    tree.ok("path_link", 3, FOLLOW, *tree.path("to_file"), 3, *tree.path("third"))
    assert kind(tree, "third") == abi.FILETYPE_REGULAR_FILE


def test_path_link_errors(tree: Guest) -> None:
    cases = {
        ("file", "file"): "EEXIST", ("file", "dir"): "EEXIST", ("file", "dangling"): "EEXIST", ("dir", "x"): "EPERM",
        ("nowhere", "x"): "ENOENT", ("file", "nowhere/x"): "ENOENT", ("file", "x/"): "ENOENT",
        ("file/", "x"): "ENOTDIR", ("file", "dir/"): "EEXIST", ("to_dir/", "x"): "EPERM", (".", "x"): "EPERM",
    }  # fmt: skip
    for (old, new), error in cases.items():
        assert tree.fails("path_link", 3, 0, *tree.path(old), 3, *tree.path(new)) == error, (old, new)
    assert tree.fails("path_link", 3, FOLLOW, *tree.path("dangling"), 3, *tree.path("x")) == "ENOENT"
    assert tree.fails("path_link", 3, FOLLOW, *tree.path("loop"), 3, *tree.path("x")) == "ELOOP"
    assert tree.fails("path_link", 3, 2, *tree.path("file"), 3, *tree.path("x")) == "EINVAL"


def test_path_symlink(tree: Guest) -> None:
    symlink(tree, "../file", "dir/up")
    assert tree.read(tree.open("dir/up"), 100) == b"contents"
    cases = {("/etc/passwd", "x"): "EPERM", ("/", "x"): "EPERM", ("", "x"): "ENOENT", ("a", "file"): "EEXIST",
             ("a", "dir"): "EEXIST", ("a", "dangling"): "EEXIST", ("a", "x/"): "ENOENT", ("a", "dir/"): "EEXIST",
             ("a", "nowhere/x"): "ENOENT", ("a\0b", "x"): "EINVAL"}  # fmt: skip
    for (text, name), error in cases.items():
        assert tree.fails("path_symlink", *tree.path(text), 3, *tree.path(name)) == error, (text, name)
    assert tree.fails("path_symlink", *tree.path(b"\xff"), 3, *tree.path("x")) == "EILSEQ"


def test_path_readlink(tree: Guest) -> None:
    buffer, out = tree.room(16), tree.room(4)
    tree.ok("path_readlink", 3, *tree.path("to_file"), buffer, 16, out)
    assert tree.written() == {buffer: b"file", out: b"\x04\0\0\0"}
    tree.ok("path_readlink", 3, *tree.path("dangling"), buffer, 3, out)
    assert tree.memory[buffer : buffer + 4] == b"nowe"
    assert tree.u32(out) == 3
    tree.ok("path_readlink", 3, *tree.path("dangling"), buffer, 0, out)
    assert tree.u32(out) == 0
    cases = {
        "file": "EINVAL",
        "dir": "EINVAL",
        ".": "EINVAL",
        "nothing": "ENOENT",
        "to_dir/": "EINVAL",
        "to_file/": "ENOTDIR",
    }
    for path, error in cases.items():
        assert tree.fails("path_readlink", 3, *tree.path(path), buffer, 16, out) == error, path


# --- path_filestat_get, path_filestat_set_times ---


def test_path_filestat_get(tree: Guest) -> None:
    out = tree.room(64)
    tree.ok("path_filestat_get", 3, 0, *tree.path("file"), out)
    assert all(out <= at and at + len(run) <= out + 64 for at, run in tree.written().items())
    _, _, filetype, nlink, size, _, mtim, _ = struct.unpack_from("<QQB7xQQQQQ", tree.memory, out)
    assert (filetype, nlink, size) == (abi.FILETYPE_REGULAR_FILE, 1, 8)
    assert abs(mtim - time.time_ns()) < 3600 * 10**9
    tree.ok("path_filestat_get", 3, 0, *tree.path("dangling"), out)
    assert (tree.memory[out + 16], tree.u64(out + 32)) == (abi.FILETYPE_SYMBOLIC_LINK, len("nowhere"))
    assert kind(tree, "to_dir", FOLLOW) == abi.FILETYPE_DIRECTORY
    assert kind(tree, "to_dir/") == abi.FILETYPE_DIRECTORY
    assert kind(tree, "dangling", FOLLOW) == "ENOENT"
    assert kind(tree, "loop", FOLLOW) == "ELOOP"
    assert kind(tree, "file/") == "ENOTDIR"
    assert kind(tree, "file", 2) == "EINVAL"


def mtim(guest: Guest, path: str) -> int:
    out = guest.room(64)
    guest.ok("path_filestat_get", 3, 0, *guest.path(path), out)
    return guest.u64(out + 48)


def test_path_filestat_set_times(tree: Guest) -> None:
    before = mtim(tree, "file")
    tree.ok("path_filestat_set_times", 3, 0, *tree.path("to_file"), 0, 5_000_000_005, abi.FSTFLAGS_MTIM)
    assert (mtim(tree, "to_file"), mtim(tree, "file")) == (5_000_000_005, before)
    tree.ok("path_filestat_set_times", 3, FOLLOW, *tree.path("to_file"), 0, 6_000_000_006, abi.FSTFLAGS_MTIM)
    assert (mtim(tree, "to_file"), mtim(tree, "file")) == (5_000_000_005, 6_000_000_006)
    tree.ok("path_filestat_set_times", 3, 0, *tree.path("dir"), 0, 7_000_000_007, abi.FSTFLAGS_MTIM)
    assert mtim(tree, "dir") == 7_000_000_007
    tree.ok("path_filestat_set_times", 3, 0, *tree.path("file"), 0, 0, abi.FSTFLAGS_MTIM_NOW)
    assert abs(mtim(tree, "file") - time.time_ns()) < 3600 * 10**9
    for flags in (3, 12, 16, 0xFFFFFFFF):
        assert tree.fails("path_filestat_set_times", 3, 0, *tree.path("file"), 1, 1, flags) == "EINVAL"
    assert tree.fails("path_filestat_set_times", 3, 2, *tree.path("file"), 1, 1, 0) == "EINVAL"
    assert tree.fails("path_filestat_set_times", 3, 0, *tree.path("nowhere"), 1, 1, 1) == "ENOENT"


# --- read-only directories ---


READ_ONLY_REFUSES: list[tuple[str, tuple[object, ...]]] = [
    ("path_create_directory", (3, "new")), ("path_filestat_set_times", (3, 0, "file", 0, 0, 8)),
    ("path_link", (3, 0, "file", 3, "new")), ("path_remove_directory", (3, "dir")),
    ("path_rename", (3, "file", 3, "new")), ("path_symlink", ("text", 3, "new")), ("path_unlink_file", (3, "file")),
    ("path_open", (3, 0, "new", abi.OFLAGS_CREAT, 0, 0, 0, 64)),
    ("path_open", (3, 0, "file", abi.OFLAGS_TRUNC, 0, 0, 0, 64)),
    ("path_open", (3, 0, "file", 0, abi.FD_WRITE, 0, 0, 64)), ("fd_filestat_set_times", (3, 0, 0, 8)),
]  # fmt: skip


def filled(guest: Guest, items: tuple[object, ...]) -> list[int]:
    made: list[int] = []
    for item in items:
        made += guest.path(item) if isinstance(item, str) else [int(str(item))]
    return made


@pytest.mark.parametrize(("name", "items"), READ_ONLY_REFUSES)
def test_a_read_only_directory_stays_as_it_is(make_guest: MakeGuest, name: str, items: tuple[object, ...]) -> None:
    guest = make_guest({"file": b"contents", "dir/inner": b"inner"}, read_only=True)
    assert guest.fails(name, *filled(guest, items)) == "EROFS"
    assert guest.read(guest.open("file", rights=RIGHTS_FILE & ~abi.FD_WRITE), 100) == b"contents"


def test_files_of_a_read_only_directory(make_guest: MakeGuest) -> None:
    guest = make_guest({"file": b"contents", "dir/inner": b"inner"}, read_only=True)
    fd = guest.open("file", rights=abi.MASK64 & ~abi.FD_WRITE)
    assert guest.fails("fd_filestat_set_size", fd, 0) == "EROFS"
    assert guest.fails("fd_filestat_set_times", fd, 0, 0, 8) == "EROFS"
    assert guest.fails("fd_allocate", fd, 0, 100) == "EROFS"
    assert guest.fails("fd_write", fd, 0, 0, 64) == "EROFS"
    directory = guest.open("dir", rights=abi.MASK64 & ~abi.FD_WRITE)
    assert guest.fails("path_unlink_file", directory, *guest.path("inner")) == "EROFS"
    out = guest.room(4)
    assert guest.fails("path_open", directory, 0, *guest.path("inner"), 0, abi.FD_WRITE, 0, 0, out) == "EROFS"
    assert guest.read(fd, 100) == b"contents"
    assert kind(guest, "dir/inner") == abi.FILETYPE_REGULAR_FILE


def test_no_host_is_asked_to_link_a_directory(tree: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some would do it, for some users."""
    asked: list[object] = []
    for place, name in ((os, "link"), (MemoryTree, "link")):
        monkeypatch.setattr(place, name, lambda *given, **options: asked.append(given))
    tree.ok("path_create_directory", 3, *tree.path("folder"))
    assert tree.fails("path_link", 3, 0, *tree.path("folder"), 3, *tree.path("second")) == "EPERM"
    assert asked == []


def test_times_before_1970_wrap(tree: Guest) -> None:
    """A u64 has no sign; all other fields are what they are for any file."""
    tree.ok("fd_close", tree.open("old", oflags=abi.OFLAGS_CREAT, rights=abi.FD_WRITE))
    tree.ok("path_filestat_get", 3, 0, *tree.path("old"), 1024)
    before = bytes(tree.memory[1024 : 1024 + 64])
    directory = tree.wasi.table.get(3)
    assert isinstance(directory, Directory)
    directory.tree.set_times(directory.handle, b"old", -5, -1_000_000_000)
    tree.ok("path_filestat_get", 3, 0, *tree.path("old"), 1024)
    assert tree.memory[1024 : 1024 + 40] == before[:40]
    assert (tree.u64(1024 + 40), tree.u64(1024 + 48)) == ((1 << 64) - 5, (1 << 64) - 1_000_000_000)
    assert tree.u64(1024 + 56) > 1 << 60


def test_names_that_are_too_long_are_told_so_wherever_they_are_looked_for(guest: Guest) -> None:
    """Not as if there were nothing of that name."""
    guest.open("file", oflags=abi.OFLAGS_CREAT)
    for name in ("x" * 256, "x" * 256 + "/"):
        guest._top = 16
        long, file = guest.path(name), guest.path("file")
        assert guest.fails("path_symlink", *file, 3, *long) == "ENAMETOOLONG"
        assert guest.fails("path_link", 3, 0, *file, 3, *long) == "ENAMETOOLONG"
    assert guest.fails("path_symlink", *guest.path("file"), 3, *guest.path("x" * 255 + "/")) == "ENOENT"
