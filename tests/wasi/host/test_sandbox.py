"""Escapes that other runtimes allowed, tried on a directory of the host: every one aims at a decoy beside it.

base/outside/secret        what must not be read or changed
base/outside/dir/          what must stay empty
base/root/                 what the guest was granted
base/root-sibling/secret   shares the root's name as a prefix
"""

from __future__ import annotations

import ctypes
import errno as host_errno
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.beside import beside
from tests.growth import FACTOR, assert_in_proportion
from tests.patience import PATIENCE
from tests.wasi.conftest import WAYS, take_way
from tests.wasi.guest import RIGHTS_DIRECTORY, Guest
from wasmvm.wasi import HostDirectory, WasiConfig
from wasmvm.wasi.host import sandbox, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.sandbox import AVAILABLE
from wasmvm.wasi.preview1 import abi

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="directories of the host need openat and O_NOFOLLOW")

SECRET = b"SECRET"
OUTSIDE = ("../outside/secret", "../outside", "..", "../root-sibling/secret", "../outside/dir")


class Base:
    """The tree above, and a guest in its ``root``."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.root = base / "root"
        for folder in ("outside/dir", "root/dir/sub", "root-sibling"):
            (base / folder).mkdir(parents=True)
        for folder in ("outside", "root-sibling"):
            (base / folder / "secret").write_bytes(SECRET)
        (self.root / "file").write_bytes(b"inside")
        self.before = self.snapshot()
        self.guest = Guest(WasiConfig(dirs={"/": self.root}))

    def snapshot(self) -> list[tuple[str, int, int, bytes]]:
        """All there is outside of the root, with contents and times."""
        found = []
        for folder in ("outside", "root-sibling"):
            for path in [self.base / folder, *sorted((self.base / folder).rglob("*"))]:
                status = path.lstat()
                data = path.read_bytes() if path.is_file() else b""
                found.append((str(path), status.st_nlink, status.st_mtime_ns, data))
        return found

    def check(self) -> None:
        assert self.snapshot() == self.before
        assert sorted(path.name for path in self.base.iterdir()) == ["outside", "root", "root-sibling"]

    def attack(self, path: str | bytes, fd: int = 3) -> set[str]:
        """All operations with a path, in every form; the errors that they end with. Nothing outside is reached."""
        guest, codes = self.guest, set()
        guest._top = 16
        place, out, buffer = guest.path(path), guest.room(64), guest.room(64)
        file, new = guest.path("file"), guest.path("new")
        rights = abi.FD_READ | abi.FD_WRITE | abi.FD_SEEK | abi.PATH_OPEN | abi.FD_READDIR

        def attempt(name: str, *arguments: int) -> bool:
            code = abi.ERRNO_NAMES[guest.call(name, *arguments)]
            codes.add(code)
            return code == "SUCCESS"

        for flags in (0, 1):
            for oflags in (0, 1, 2, 5, 8, 9):
                for wanted in (0, abi.FD_READ, rights):
                    if attempt("path_open", fd, flags, *place, oflags, wanted, rights, 0, out):
                        self.check_descriptor(guest.u32(out))
            attempt("path_filestat_set_times", fd, flags, *place, 1, 1, 5)
            if attempt("path_link", fd, flags, *place, 3, *new):
                assert (self.root / "new").is_symlink() or (self.root / "new").read_bytes() != SECRET
                (self.root / "new").unlink()
            if attempt("path_filestat_get", fd, flags, *place, out):
                inside = {path.lstat().st_ino for path in [self.root, *self.root.rglob("*")]}
                assert guest.u64(out + 8) in inside
        attempt("path_readlink", fd, *place, buffer, 64, out)
        attempt("path_create_directory", fd, *place)
        attempt("path_symlink", *guest.path("dir"), fd, *place)
        attempt("path_link", 3, 0, *file, fd, *place)
        attempt("path_rename", 3, *guest.path("dir/sub"), fd, *place)
        attempt("path_rename", fd, *place, 3, *guest.path("dir/moved"))
        attempt("path_unlink_file", fd, *place)
        attempt("path_remove_directory", fd, *place)
        self.check()
        return codes

    def check_descriptor(self, fd: int) -> None:
        """An opened descriptor is of something inside."""
        guest = self.guest
        descriptor = guest.wasi.table.get(fd)
        inside = {path.lstat().st_ino for path in [self.root, *self.root.rglob("*")]}
        assert descriptor.stat().ino in inside
        guest.ok("fd_close", fd)


@pytest.fixture(params=WAYS)
def base(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Base]:
    """The tree and its guest, once for each way through folders that the host has."""
    take_way(request.param, monkeypatch)
    made = Base(tmp_path)
    yield made
    made.guest.wasi.close()
    made.check()


def test_the_check_would_notice(base: Base) -> None:
    """The test's own eyes: a write outside is seen."""
    (base.base / "outside/dir/x").touch()
    with pytest.raises(AssertionError):
        base.check()
    (base.base / "outside/dir/x").unlink()
    base.before = base.snapshot()


PATHS: list[str | bytes] = [
    prefix + outside + suffix
    for outside in OUTSIDE
    for prefix in ("", "./", "dir/../", "dir/sub/../../", "dir//..//", ".//", "dir/./../")
    for suffix in ("", "/", "//", "/.")
]
PATHS += [
    "/", "//", "/..", "/./", "..//", "...//../outside/secret", "../root/file", "../root", "dir/../../root/file",
    "dir/sub/../../../outside/secret", "file/../../outside/secret", "../outside/secret\0", "dir/..\0/../outside/secret",
    b"..\xff/../outside/secret", "..\\outside\\secret", "dir/sub/../../..", "/proc/self/root", "/proc/self/cwd/..",
    "./../outside", "dir/../../outside/dir/new", "../new", "../outside/dir/new", "dir/../..//outside/dir/new/",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_paths(base: Base, path: str | bytes) -> None:
    assert base.attack(path) <= {"EPERM", "ENOTDIR", "ENOENT", "EINVAL", "EILSEQ"} | (
        {"SUCCESS", "EEXIST", "ELOOP", "EISDIR"} if path == "..\\outside\\secret" else {"EINVAL"}
    )


def test_absolute_paths_to_what_exists(base: Base) -> None:
    for target in (base.base / "outside/secret", base.root / "file", base.root):
        assert base.attack(str(target)) == {"EPERM"}


@pytest.mark.parametrize("outside", OUTSIDE)
@pytest.mark.parametrize("maker", ["guest", "host", "absolute"])
@pytest.mark.parametrize("ending", ["", "/", "//", "/."])
def test_symlinks(base: Base, outside: str, maker: str, ending: str) -> None:
    text = (str((base.root / outside).resolve()) if maker == "absolute" else outside) + ending
    guest = base.guest
    for number, suffix in enumerate(["", "/", "//", "/.", "/..", "/../outside/secret", "/secret", "/new", "/dir/new"]):
        name = f"link{number}"
        if maker == "guest":
            guest.ok("path_symlink", *guest.path(text), 3, *guest.path(name))
        else:
            (base.root / name).symlink_to(text)
        base.attack(name + suffix)
        base.attack("dir/../" + name + suffix)


def test_symlinks_on_the_way(base: Base) -> None:
    root = base.root
    (root / "up").symlink_to("..")
    (root / "dir/upup").symlink_to("../..")
    (root / "a").symlink_to("b/")
    (root / "b").symlink_to("c//")
    (root / "c").symlink_to("dir/upup/.")
    (root / "here").symlink_to(".")
    (root / "dir/out").symlink_to("../../outside/dir/new")
    paths = ["up/outside/secret", "dir/upup/outside/secret", "a/outside/secret", "a", "a/", "here/up/outside/secret",
             "here/here/../here/up", "dir/out", "dir/out/", "here/dir/out", "up/root/file",
             "dir/upup/root/file"]  # fmt: skip
    for path in paths:
        assert "SUCCESS" not in base.attack(path + "/x")
        base.attack(path)


def test_a_link_that_is_moved_means_something_else(base: Base) -> None:
    guest = base.guest
    guest.ok("path_symlink", *guest.path("../outside/secret"), 3, *guest.path("dir/link"))
    guest.ok("path_rename", 3, *guest.path("dir/link"), 3, *guest.path("link"))
    out = guest.room(4)
    assert guest.fails("path_open", 3, 1, *guest.path("link"), 0, abi.FD_READ, 0, 0, out) == "EPERM"
    guest.ok("path_link", 3, 0, *guest.path("link"), 3, *guest.path("dir/sub/hard"))
    assert guest.fails("path_open", 3, 1, *guest.path("dir/sub/hard"), 0, abi.FD_READ, 0, 0, out) == "ENOENT"
    assert guest.fails("path_link", 3, 1, *guest.path("link"), 3, *guest.path("copy")) == "EPERM"


def test_dangling_links_create_nothing_outside(base: Base) -> None:
    guest = base.guest
    for text in ("../outside/dir/new", "../outside/dir/new/", "../new", "../../new", "dir/../../outside/dir/new"):
        guest.ok("path_symlink", *guest.path(text), 3, *guest.path("link"))
        out = guest.room(4)
        for oflags in (1, 9):
            for rights in (0, abi.FD_WRITE):
                code = guest.call("path_open", 3, 1, *guest.path("link"), oflags, rights, 0, 0, out)
                assert abi.ERRNO_NAMES[code] in ("EPERM", "ENOENT")
        base.attack("link")
        assert not (base.root / "link").exists()


def test_from_the_descriptor_of_a_folder(base: Base) -> None:
    fd = base.guest.open("dir", rights=RIGHTS_DIRECTORY)
    (base.root / "dir/up").symlink_to("..")
    for path in ("..", "../file", "../../outside/secret", "sub/../..", "up", "up/file", "up/../outside/secret"):
        base.attack(path, fd)
    assert (base.root / "file").read_bytes() == b"inside"


def test_a_folder_that_is_moved_during_its_use(base: Base) -> None:
    """The descriptor of a folder that the host moves is still only that folder."""
    fd = base.guest.open("dir/sub", rights=RIGHTS_DIRECTORY)
    os.rename(base.root / "dir/sub", base.root / "sub")
    for path in ("..", "../file", "../../outside/secret"):
        out = base.guest.room(64)
        assert base.guest.fails("path_filestat_get", fd, 1, *base.guest.path(path), out) == "EPERM"


def exchange(first: Path, second: Path) -> bool:
    """Swap two names in one step (Linux); False where that cannot be done."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    at_fdcwd, rename_exchange = -100, 2
    return bool(function) and function(at_fdcwd, bytes(first), at_fdcwd, bytes(second), rename_exchange) == 0


def test_a_racing_swap_of_a_folder_and_a_link(base: Base) -> None:
    """A lexical check, realpath or stat before opening all lose this race within a few opens."""
    (base.root / "dir/secret").write_bytes(b"inside")
    (base.root / "evil").symlink_to("../outside")
    if not exchange(base.root / "dir", base.root / "evil"):
        pytest.skip("renameat2 with RENAME_EXCHANGE is not to be had here")
    guest = base.guest
    with beside(lambda: exchange(base.root / "dir", base.root / "evil")):
        path, out = guest.path("dir/secret"), guest.room(4)
        new, stat = guest.path("dir/dir/new"), guest.room(64)
        seen: Counter[str] = Counter()
        end = time.monotonic() + PATIENCE
        while (seen.total() < 3000 or min(seen["EPERM"], seen["SUCCESS"]) < 300) and time.monotonic() < end:
            guest._top = 1024
            code = guest.call("path_open", 3, 1, *path, 0, abi.FD_READ, 0, 0, out)
            if code == 0:
                data = guest.read(guest.u32(out), 100)
                assert data == b"inside"
                guest.ok("fd_close", guest.u32(out))
            seen[abi.ERRNO_NAMES[code]] += 1
            guest.call("path_open", 3, 1, *new, abi.OFLAGS_CREAT, abi.FD_WRITE, 0, 0, out)
            guest.call("path_create_directory", 3, *new)
            guest.call("path_unlink_file", 3, *guest.path("dir/dir/x"))
            guest.call("path_filestat_set_times", 3, 1, *path, 1, 1, 0)
            guest.call("path_filestat_get", 3, 1, *path, stat)
    assert set(seen) <= {"SUCCESS", "EPERM", "ENOENT", "ENOTDIR", "ELOOP"}
    assert min(seen["EPERM"], seen["SUCCESS"]) >= 300, "there was no race"


def test_read_only_folders_are_not_written_through_another_grant(tmp_path: Path) -> None:
    made = Base(tmp_path)
    (tmp_path / "root/ro").mkdir()
    (tmp_path / "root/ro/file").write_bytes(b"kept")
    config = WasiConfig(dirs={"/ro": HostDirectory(tmp_path / "root/ro", read_only=True), "/rw": tmp_path / "root/dir"})
    with Guest(config) as guest:
        file, new, out = guest.path("file"), guest.path("new"), guest.room(4)
        assert guest.fails("path_link", 3, 0, *file, 4, *new) == "EROFS"
        assert guest.fails("path_rename", 3, *file, 4, *new) == "EROFS"
        guest.open("mine", fd=4, oflags=abi.OFLAGS_CREAT, rights=abi.FD_WRITE)
        mine = guest.path("mine")
        assert guest.fails("path_link", 4, 0, *mine, 3, *new) == "EROFS"
        assert guest.fails("path_rename", 4, *mine, 3, *new) == "EROFS"
        assert guest.fails("path_rename", 4, *mine, 3, *file) == "EROFS"
        for oflags in (abi.OFLAGS_TRUNC, abi.OFLAGS_CREAT, abi.OFLAGS_CREAT | abi.OFLAGS_TRUNC):
            assert guest.fails("path_open", 3, 0, *file, oflags, 0, 0, 0, out) == "EROFS"
        sub = guest.open(".", rights=RIGHTS_DIRECTORY)
        assert guest.fails("path_open", sub, 0, *file, abi.OFLAGS_TRUNC, 0, 0, 0, out) == "EROFS"
        assert guest.fails("path_symlink", *new, sub, *new) == "EROFS"
        assert guest.fails("fd_fdstat_set_rights", sub, RIGHTS_DIRECTORY, 0) == "ENOTCAPABLE"
    assert (tmp_path / "root/ro/file").read_bytes() == b"kept"
    made.guest.wasi.close()


def test_entries_between_two_folders_of_the_host(tmp_path: Path) -> None:
    made = Base(tmp_path)
    with Guest(WasiConfig(dirs={"/a": tmp_path / "root/dir", "/b": tmp_path / "root/dir/sub"})) as guest:
        guest.open("x", oflags=abi.OFLAGS_CREAT)
        guest.ok("path_rename", 3, *guest.path("x"), 4, *guest.path("y"))
        guest.ok("path_link", 4, 0, *guest.path("y"), 3, *guest.path("z"))
    assert (tmp_path / "root/dir/z").exists()
    made.guest.wasi.close()


def open_descriptors() -> set[str]:
    folder = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
    return set(os.listdir(folder))


def test_nothing_stays_open(base: Base) -> None:
    (base.root / "dir/kept/deep").mkdir(parents=True)
    (base.root / "dir/kept/deep/link").symlink_to("../deep/file")
    (base.root / "dir/kept/deep/file").touch()
    before = open_descriptors()
    for _ in range(3):
        base.guest.ok("path_filestat_get", 3, 1, *base.guest.path("dir/kept/deep/link"), 512)
        assert base.guest.call("path_filestat_get", 3, 1, *base.guest.path("dir/kept/none/link"), 512)
    for path in ["dir/sub", "dir/sub/../../dir", "../x", "dir/../..", "file/x", "dir/sub/nowhere/x"] * 3:
        base.attack(path)
        (base.root / "dir/sub").mkdir(exist_ok=True, parents=True)
        base.guest.ok("fd_readdir", 3, 1024, 100, 0, 64)
    assert open_descriptors() == before


@pytest.mark.parametrize("name", ["file", "dir", "fifo"])
def test_nothing_stays_open_when_the_host_fails_in_between(
    base: Base, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A descriptor that was just opened is closed, whatever goes wrong before the guest has it."""
    os.mkfifo(base.root / "fifo")
    before, guest = open_descriptors(), base.guest

    def fail(*_: object, **__: object) -> None:
        raise OSError(host_errno.EIO, "the disk is gone")

    path = guest.path(name)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", fail)
        assert guest.fails("path_open", 3, 0, *path, 0, abi.FD_READ, 0, 0, 64) == "EIO"
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", fail)
        assert guest.fails("fd_readdir", 3, 1024, 100, 0, 64) == "EIO"
    assert open_descriptors() == before


def test_synchronising_a_folder_asks_the_host(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(os, "fsync", lambda fileno: asked.append(("fsync", os.fstat(fileno).st_ino)))
    monkeypatch.setattr(os, "fdatasync", lambda fileno: asked.append(("fdatasync", os.fstat(fileno).st_ino)))
    folder, file = (
        base.guest.open("dir", rights=abi.MASK64 & ~(abi.FD_READ | abi.FD_WRITE)),
        base.guest.open("file", rights=abi.MASK64),
    )
    for fd in (folder, file):
        base.guest.ok("fd_sync", fd)
        base.guest.ok("fd_datasync", fd)
    inos = [(base.root / name).stat().st_ino for name in ("dir", "file")]
    assert asked == [(how, ino) for ino in inos for how in ("fsync", "fdatasync")]


def test_unlinking_a_folder_on_hosts_that_call_it_forbidden(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    """POSIX says EPERM, Linux EISDIR, which programs look for; EPERM about a file stays that."""

    def forbid(*_: object, **__: object) -> None:
        raise PermissionError(host_errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "unlink", forbid)
    assert base.guest.fails("path_unlink_file", 3, *base.guest.path("dir")) == "EISDIR"
    assert base.guest.fails("path_unlink_file", 3, *base.guest.path("file")) == "EPERM"
    assert (base.root / "file").exists()


def test_new_files_are_as_open_to_others_as_the_process_makes_them(base: Base) -> None:
    old = os.umask(0o027)
    try:
        base.guest.open("new", oflags=abi.OFLAGS_CREAT)
        base.guest.ok("path_create_directory", 3, *base.guest.path("folder"))
    finally:
        os.umask(old)
    assert [(base.root / name).stat().st_mode & 0o7777 for name in ("new", "folder")] == [0o640, 0o750]


def test_the_times_of_an_open_folder(base: Base) -> None:
    guest, fd = base.guest, base.guest.open("dir", rights=RIGHTS_DIRECTORY)
    guest.ok("fd_filestat_set_times", fd, 5_000, 7_000, abi.FSTFLAGS_ATIM | abi.FSTFLAGS_MTIM)
    status = (base.root / "dir").stat()
    assert (status.st_atime_ns, status.st_mtime_ns) == (5_000, 7_000)


def test_a_terminal_cannot_be_sought_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some hosts let a terminal's offset be moved, which means nothing."""
    pty = pytest.importorskip("pty", reason="needs terminals")
    ends = pty.openpty()
    monkeypatch.setattr(os, "lseek", lambda *_: 0)
    try:
        assert sandbox._device_rights(ends[1]) == terms.RIGHTS_STREAM
        with open(os.devnull, "rb") as null:
            assert sandbox._device_rights(null.fileno()) == terms.RIGHTS_STREAM | terms.MAY_SEEK | terms.MAY_TELL
    finally:
        for fileno in ends:
            os.close(fileno)


def test_closing_closes_all(tmp_path: Path) -> None:
    made = Base(tmp_path)
    made.guest.wasi.close()
    before = open_descriptors()
    guest = Guest(WasiConfig(dirs={"/": tmp_path}, stdout=tmp_path / "log", tcplisten=["127.0.0.1:0"]))
    for _ in range(50):
        guest.open("root/file")
        guest.open("root/dir", rights=RIGHTS_DIRECTORY)
    assert len(open_descriptors()) >= len(before) + 100
    guest.wasi.close()
    guest.wasi.close()
    assert open_descriptors() == before
    Guest(WasiConfig(dirs={"/": tmp_path})).open("root/file")  # not closed by hand: goes with its object
    assert open_descriptors() == before


def test_a_grant_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    before = open_descriptors()
    with pytest.raises(FileNotFoundError):
        Guest(WasiConfig(dirs={"/": tmp_path, "/x": tmp_path / "nowhere"}, stdout=tmp_path / "log"))
    with pytest.raises(NotADirectoryError):
        Guest(WasiConfig(dirs={"/": tmp_path, "/x": tmp_path / "log"}))
    assert open_descriptors() == before


EXHAUSTION = """
import resource, sys
from tests.wasi.guest import Guest, RIGHTS_DIRECTORY, RIGHTS_FILE
from wasmvm.wasi import WasiConfig
from wasmvm.wasi.preview1 import abi
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
guest = Guest(WasiConfig(dirs={"/": sys.argv[1]}))
a = guest.open("file", rights=RIGHTS_FILE)
guest.call("fd_readdir", 3, 1024, 64, 0, 64)
path, out = guest.path("file"), guest.room(4)
for number in range(20_000):
    guest.ok("path_open", 3, 0, *path, 0, abi.FD_READ, 0, 0, out)
    guest.ok("fd_renumber", guest.u32(out), a)
count = 0
while (code := guest.call("path_open", 3, 0, *path, 0, abi.FD_READ, 0, 0, out)) == 0:
    count += 1
assert abi.ERRNO_NAMES[code] == "EMFILE", code
assert 80 < count < 96, count  # a quarter of 128 is left
assert abi.ERRNO_NAMES[guest.call("path_open", 3, 0, *guest.path("dir/sub"), 0, 0, 0, 0, out)] == "EMFILE"
assert guest.call("fd_readdir", 3, 1024, 64, 0, out) in (0, abi.ERRNO["EMFILE"])
guest.ok("fd_close", a)
guest.ok("path_open", 3, 0, *path, 0, abi.FD_READ, 0, 0, out)
assert guest.u32(out) == a
print(guest.read(a, 10))
embedders = [open("/dev/null") for _ in range(25)]
"""


def test_exhausted_descriptors_and_20_000_renumbers(base: Base) -> None:
    pytest.importorskip("resource", reason="needs limits of the process")
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", EXHAUSTION, str(base.root)], cwd=root, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout) == (0, "b'inside'\n"), done.stderr


SHARED = """
import resource, socket, sys
from tests.wasi.guest import Guest, RIGHTS_DIRECTORY, RIGHTS_FILE
from wasmvm.wasi import WasiConfig
from wasmvm.wasi.preview1 import abi
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
listener = socket.create_server(("127.0.0.1", 0), backlog=128)
guests = [Guest(WasiConfig(dirs={"/": sys.argv[1]}, tcplisten=[listener])) for _ in range(3)]
codes, clients = set(), [socket.create_connection(listener.getsockname()) for _ in range(10)]
for client in clients:  # each way of getting a descriptor, in turn
    guest = guests[0]
    codes.add(guest.call("sock_accept", 4, 0, 64))
for number in range(300):
    guest = guests[number % 3]
    codes.add(guest.call("path_open", 3, 0, *guest.path("file"), 0, abi.FD_READ, 0, 0, 64))
    codes.add(guest.call("path_open", 3, 0, *guest.path("dir"), 0, 0, 0, 0, 64))
    guest._top = 128
assert codes == {0, abi.ERRNO["EMFILE"]}, codes
guest = guests[0]
clients.append(socket.create_connection(listener.getsockname()))
assert guest.call("sock_accept", 4, 0, 64) == abi.ERRNO["EMFILE"]
assert guest.call("path_open", 3, 0, *guest.path("dir/sub/deep"), 0, 0, 0, 0, 64) == abi.ERRNO["EMFILE"]
assert guest.call("fd_readdir", 3, 1024, 64, 0, 64) == abi.ERRNO["EMFILE"]
embedders = [open("/dev/null") for _ in range(25)]
for guest in guests:
    guest.wasi.close()
print("open")
"""


def test_guests_together_leave_descriptors_to_the_embedder(base: Base) -> None:
    pytest.importorskip("resource", reason="needs limits of the process")
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", SHARED, str(base.root)], cwd=root, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout) == (0, "open\n"), done.stderr


def test_a_guest_has_a_limit_of_its_own(base: Base) -> None:
    with Guest(WasiConfig(dirs={"/": base.root}, max_descriptors=10)) as guest:
        for fd in range(4, 10):
            assert guest.open("file") == fd
        out = guest.room(4)
        for oflags in (0, abi.OFLAGS_CREAT):
            path = guest.path("new")
            assert guest.fails("path_open", 3, 0, *path, oflags, 0, 0, 0, out) == "EMFILE"
        assert not (base.root / "new").exists()
        guest.ok("fd_renumber", 9, 8)
        assert guest.open("file") == 9
        guest.ok("fd_close", 0)
        assert guest.open("file") == 0


def test_a_large_folder_takes_linear_time(base: Base) -> None:
    guest = base.guest

    def listing(files: int) -> Callable[[], None]:
        folder = base.root / f"of {files}"
        if not folder.exists():
            folder.mkdir()
            for number in range(files):
                (folder / f"{number:06}").touch()
        guest._top = 16
        fd = guest.open(folder.name, rights=abi.FD_READDIR)
        return partial(read_in_parts, fd, files + 2)

    def read_in_parts(fd: int, files: int) -> None:
        for size in (64, 100, 1000, 10_000):
            cookie, count = 0, 0
            while True:
                guest._top = 16
                out, buffer = guest.room(4), guest.room(size)
                guest.ok("fd_readdir", fd, buffer, size, cookie, out)
                used, at = guest.u32(out), buffer
                while at + 24 <= buffer + used and at + 24 + guest.u32(at + 16) <= buffer + used:
                    cookie = guest.u64(at)
                    at += 24 + guest.u32(at + 16)
                    count += 1
                if used < size:
                    break
            assert count == files
        guest.ok("fd_close", fd)

    assert_in_proportion(listing, 3200 // FACTOR)


def test_fifos_and_other_kinds_are_told_as_they_are(base: Base) -> None:
    os.mkfifo(base.root / "fifo")
    guest = base.guest
    guest.ok("path_filestat_get", 3, 0, *guest.path("fifo"), 64)
    assert guest.memory[64 + 16] == abi.FILETYPE_UNKNOWN
    fd = guest.open("fifo", rights=abi.MASK64, fdflags=abi.FDFLAGS_NONBLOCK)
    guest.ok("fd_fdstat_get", fd, 64)
    assert guest.memory[64] == abi.FILETYPE_UNKNOWN
    assert guest.fails("fd_seek", fd, 0, 0, 64) == "ESPIPE"
    guest.write(fd, b"through the fifo")
    assert guest.read(fd, 100) == b"through the fifo"
    assert guest.fails("fd_read", fd, *guest.iovs((1024, 8)), 64) == "EAGAIN"


def test_kinds_in_a_listing(base: Base) -> None:
    os.mkfifo(base.root / "fifo")
    (base.root / "link").symlink_to("file")
    guest, kinds = base.guest, {}
    out, at = guest.room(4), guest.room(400)
    guest.ok("fd_readdir", 3, at, 400, 0, out)
    end = at + guest.u32(out)
    while at < end:
        name = guest.memory[at + 24 : at + 24 + guest.u32(at + 16)].decode()
        kinds[name] = (guest.memory[at + 20], guest.u64(at + 8))
        at += 24 + len(name)
    found = {
        "fifo": abi.FILETYPE_UNKNOWN, "link": abi.FILETYPE_SYMBOLIC_LINK, "file": abi.FILETYPE_REGULAR_FILE,
        "dir": abi.FILETYPE_DIRECTORY,
    }  # fmt: skip
    root = (abi.FILETYPE_DIRECTORY, base.root.stat().st_ino)
    assert kinds == {
        **{name: (kind, (base.root / name).lstat().st_ino) for name, kind in found.items()}, ".": root, "..": root
    }  # fmt: skip


def test_names_that_are_not_utf8_are_listed_as_they_are(base: Base) -> None:
    try:
        (base.root / os.fsdecode(b"\xff\xfe")).touch()
    except OSError:
        pytest.skip("this file system has only UTF-8 names")
    guest = base.guest
    out, buffer = guest.room(4), guest.room(400)
    guest.ok("fd_readdir", 3, buffer, 400, 0, out)
    assert b"\xff\xfe" in guest.memory[buffer : buffer + guest.u32(out)]
    assert guest.fails("path_open", 3, 0, *guest.path(b"\xff\xfe"), 0, 0, 0, 0, out) == "EILSEQ"


class Asked:
    """What the host is asked for while a guest walks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[bytes] = []
        self.reached: list[bytes] = []
        plain_open, plain_reach = os.open, sandbox.open_beneath

        def opening(path: bytes, *arguments: Any, **options: Any) -> int:
            self.opened.append(path)
            return plain_open(path, *arguments, **options)

        def reaching(directory: int, path: bytes) -> int:
            self.reached.append(path)
            return plain_reach(directory, path)

        monkeypatch.setattr(os, "open", opening)
        monkeypatch.setattr(sandbox, "open_beneath", reaching)


def test_what_the_host_is_asked_for_on_the_way(
    base: Base, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step if there are several folders and nothing else; all the rest name by name, at most one name at a time."""
    in_steps = request.node.callspec.params["base"] == "in one step"
    (base.root / "dir/sub/to").symlink_to("../sub/deep")
    (base.root / "dir/sub/deep/er").mkdir(parents=True)
    (base.root / "dir/sub/deep/er/file").touch()
    (base.root / "dir/sub/deep/er/link").symlink_to("../er/file")
    asked, guest = Asked(monkeypatch), base.guest
    for path, follow, steps in (
        ("dir/sub/deep", 0, [b"dir/sub"]),
        ("dir//./sub/deep/", 1, [b"dir/sub/deep"]),
        ("dir/sub/deep/er/file", 1, [b"dir/sub/deep/er"]),
        ("dir/sub/deep/er/link", 0, [b"dir/sub/deep/er"]),
        ("dir/sub/deep/er/link", 1, [b"dir/sub/deep/er"]),  # and then by names, as its text leads up
        ("dir/sub/to/er/file", 1, [b"dir/sub/to/er"]),  # which fails
        ("dir/sub/../sub/deep", 1, []),
        ("dir/sub", 1, []),
        ("file", 1, []),
    ):
        asked.opened.clear()
        asked.reached.clear()
        guest._top = 16
        guest.ok("path_filestat_get", 3, follow, *guest.path(path), 512)
        assert asked.reached == (steps if in_steps else []), path
        assert all(b"/" not in name and name != b".." for name in asked.opened), path
        if in_steps and steps and not path.startswith(("dir/sub/to", "dir/sub/deep/er/link")):
            assert asked.opened == []
    for path in ("../outside/dir/new", "dir/sub/../../../outside/dir", "dir/sub/to/../../../../outside/secret"):
        asked.reached.clear()
        assert guest.fails("path_filestat_get", 3, 1, *guest.path(path), 512) == "EPERM"
        assert asked.reached == []


@pytest.mark.parametrize("error", [host_errno.ENOSYS, host_errno.EPERM, host_errno.EAGAIN, host_errno.EINTR])
def test_where_the_host_denies_the_step(base: Base, error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter of system calls may come after the first look."""
    (base.root / "dir/sub/deep").mkdir()
    (base.root / "dir/sub/deep/file").write_bytes(b"there")
    monkeypatch.setattr(sandbox, "open_beneath", lambda directory, path: -error)
    assert base.guest.read(base.guest.open("dir/sub/deep/file"), 10) == b"there"
    out = base.guest.room(64)
    assert base.guest.fails("path_filestat_get", 3, 1, *base.guest.path("dir/sub/none/x"), out) == "ENOENT"
    assert base.guest.fails("path_filestat_get", 3, 1, *base.guest.path("dir/sub/deep/file/x"), out) == "ENOTDIR"


@pytest.mark.parametrize("there", [True, False])
def test_the_host_is_asked_once_whether_it_has_the_step(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def look() -> bool:
        asked.append(1)
        return there

    monkeypatch.setattr(sandbox, "can_open_beneath", look)
    step = sandbox._OneStep()
    assert not asked, "nobody has needed it yet"
    assert [step.is_there() for _ in range(3)] == [there] * 3
    assert len(asked) == 1
    monkeypatch.setattr(sandbox, "_one_step", sandbox._OneStep())

    def refuse(*_: object) -> int:
        asked.append(2)
        return -host_errno.ENOENT

    monkeypatch.setattr(sandbox, "open_beneath", refuse)
    assert sandbox.HOST_TREE.reach(3, b"a/b") is None
    assert asked == ([1, 1, 2] if there else [1, 1])
    monkeypatch.setattr(sandbox, "open_beneath", lambda *_: 0)  # where the process has closed its standard input
    assert sandbox.HOST_TREE.reach(3, b"a/b") == (0 if there else None)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_reached_in_one_step(tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder itself, which is one descriptor more until it is left; or nothing, and no descriptor."""
    take_way(way, monkeypatch)
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/file").touch()
    (tmp_path / "a/link").symlink_to("b")
    start = sandbox.open_root(tmp_path)
    before = open_descriptors()
    for path in ("a", "a/b", "a/b/c"):
        found = sandbox.HOST_TREE.reach(start, path.encode())
        assert (found is not None) == (way == "in one step")
        if found is not None:
            assert os.path.samestat(os.fstat(found), os.stat(tmp_path / path))
            assert len(open_descriptors()) == len(before) + 1
            sandbox.HOST_TREE.leave(found)
        assert open_descriptors() == before
    for path in ("a/none", "a/file", "a/file/x", "a/link", "a/link/c", "..", "../x", "/", "/tmp"):
        assert sandbox.HOST_TREE.reach(start, path.encode()) is None, path
        assert open_descriptors() == before
    os.close(start)


def test_a_step_leaves_descriptors_to_the_embedder(
    base: Base, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    (base.root / "dir/sub/deep").mkdir()
    before, asked = open_descriptors(), Asked(monkeypatch)

    def refuse(fileno: int) -> int:
        os.close(fileno)
        raise WasiError("EMFILE")

    monkeypatch.setattr(sandbox, "leave_some", refuse)
    assert base.guest.fails("path_filestat_get", 3, 1, *base.guest.path("dir/sub/deep/x"), 512) == "EMFILE"
    assert bool(asked.reached) == (request.node.callspec.params["base"] == "in one step")
    assert open_descriptors() == before


def test_a_racing_swap_deep_down(base: Base) -> None:
    """The same race where the folder that is swapped is one of several on the way, for reading and for writing."""
    (base.root / "dir/sub/deep").mkdir()
    (base.root / "dir/sub/deep/secret").write_bytes(b"inside")
    (base.root / "dir/evil").symlink_to("../../outside")
    (base.base / "outside/deep").mkdir()
    (base.base / "outside/deep/secret").write_bytes(SECRET)
    base.before = base.snapshot()
    if not exchange(base.root / "dir/sub", base.root / "dir/evil"):
        pytest.skip("renameat2 with RENAME_EXCHANGE is not to be had here")
    guest, seen = base.guest, Counter[str]()
    path, new, out, stat = guest.path("dir/sub/deep/secret"), guest.path("dir/sub/deep/new"), 512, 768
    guest._top = 1024
    with beside(lambda: exchange(base.root / "dir/sub", base.root / "dir/evil")):
        end = time.monotonic() + PATIENCE
        while (seen.total() < 1000 or min(seen["EPERM"], seen["SUCCESS"]) < 100) and time.monotonic() < end:
            guest._top = 1024
            code = guest.call("path_open", 3, 1, *path, 0, abi.FD_READ, 0, 0, out)
            if code == 0:
                assert guest.read(guest.u32(out), 100) == b"inside"
                guest.ok("fd_close", guest.u32(out))
            seen[abi.ERRNO_NAMES[code]] += 1
            if guest.call("path_open", 3, 1, *new, abi.OFLAGS_CREAT, abi.FD_WRITE, 0, 0, out) == 0:
                guest.ok("fd_close", guest.u32(out))
            guest.call("path_unlink_file", 3, *new)
            guest.call("path_filestat_set_times", 3, 1, *path, 1, 1, 0)
            guest.call("path_filestat_get", 3, 1, *path, stat)
    assert set(seen) <= {"SUCCESS", "EPERM", "ENOENT", "ENOTDIR", "ELOOP"}
    assert min(seen["EPERM"], seen["SUCCESS"]) >= 100, "there was no race"


def test_a_deep_path(base: Base) -> None:
    guest, path = base.guest, "dir"
    for _ in range(500):
        path += "/d"
        guest._top = 16
        guest.ok("path_create_directory", 3, *guest.path(path))
    guest.ok("path_filestat_get", 3, 0, *guest.path(path + "/.." * 500), 4096 - 64)
    assert guest.fails("path_filestat_get", 3, 0, *guest.path(path + "/.." * 502), 4096 - 64) == "EPERM"


def test_absolute_links_are_refused_wherever_they_lead(base: Base) -> None:
    guest, out = base.guest, base.guest.room(64)
    for number, target in enumerate((base.base / "outside/secret", base.root / "file", base.root / "dir", Path("/"))):
        (base.root / f"link{number}").symlink_to(target)
        for path in (f"link{number}", f"link{number}/", f"link{number}/x", f"dir/../link{number}"):
            assert guest.fails("path_open", 3, 1, *guest.path(path), 0, 0, 0, 0, out) == "EPERM"
            assert guest.fails("path_filestat_get", 3, 1, *guest.path(path), out) == "EPERM"
