"""Random sequences of WASI calls against an executable model of a file system: `python -m tests.fuzz.wasi_model --help`.

Each sequence runs three times, step by step: on `file_model`, on a directory of the host and on a tree in memory. Error
codes and results must be equal after every step, the trees after every sequence. What the model
leaves out: times, writing at an offset to a file that is open for appending (Linux appends).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.fuzz.file_model import READ, WRITE, Failed, File, Folder, Model
from tests.wasi.guest import RIGHTS_DIRECTORY, RIGHTS_FILE
from wasmvm.wasi import HostDirectory, MemoryDirectory, Wasi, WasiConfig
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.link import implementation

SIZE = 1 << 18
"""Bytes of the guests' memory; the pages below are what is in it."""
PATH1, PATH2, IOVS, OUT, DATA, RESULT = 0x1000, 0x3000, 0x6000, 0x7000, 0x10000, 0x30000
FILE_REST = RIGHTS_FILE & ~(READ | WRITE)
FLAGS = RIGHTS_DIRECTORY | FILE_REST
SEQUENCE = 300
"""Steps on one tree."""


# --- the real thing ---------------------------------------------------------------------------------------------------


class Real:
    """The same functions, by wasmvm's WASI with memory and addresses."""

    def __init__(self, grant: HostDirectory | MemoryDirectory) -> None:
        self.wasi = Wasi(WasiConfig(dirs={"/": grant}, deterministic=1))
        self.memory = bytearray(SIZE)

    def call(self, name: str, *arguments: int) -> None:
        with memoryview(self.memory) as mem:
            code = implementation(name)(self.wasi, mem, *arguments)
        if code:
            raise Failed(abi.ERRNO_NAMES[code])

    def put(self, at: int, data: bytes) -> tuple[int, int]:
        self.memory[at : at + len(data)] = data
        return at, len(data)

    def u32(self, at: int = OUT) -> int:
        return int.from_bytes(self.memory[at : at + 4], "little")

    def u64(self, at: int = OUT) -> int:
        return int.from_bytes(self.memory[at : at + 8], "little")

    def iovs(self, sizes: list[int]) -> tuple[int, int]:
        at = DATA
        for index, size in enumerate(sizes):
            struct.pack_into("<II", self.memory, IOVS + 8 * index, at, size)
            at += size
        return IOVS, len(sizes)

    def path_create_directory(self, fd: int, path: str) -> None:
        self.call("path_create_directory", fd, *self.put(PATH1, path.encode()))

    def path_remove_directory(self, fd: int, path: str) -> None:
        self.call("path_remove_directory", fd, *self.put(PATH1, path.encode()))

    def path_unlink_file(self, fd: int, path: str) -> None:
        self.call("path_unlink_file", fd, *self.put(PATH1, path.encode()))

    def path_rename(self, fd: int, old: str, new_fd: int, new: str) -> None:
        self.call("path_rename", fd, *self.put(PATH1, old.encode()), new_fd, *self.put(PATH2, new.encode()))

    def path_link(self, fd: int, flags: int, old: str, new_fd: int, new: str) -> None:
        self.call("path_link", fd, flags, *self.put(PATH1, old.encode()), new_fd, *self.put(PATH2, new.encode()))

    def path_symlink(self, text: str, fd: int, path: str) -> None:
        self.call("path_symlink", *self.put(PATH1, text.encode()), fd, *self.put(PATH2, path.encode()))

    def path_readlink(self, fd: int, path: str) -> bytes:
        self.call("path_readlink", fd, *self.put(PATH1, path.encode()), DATA, 50, OUT)
        return bytes(self.memory[DATA : DATA + self.u32()])

    def stat(self) -> tuple[int, ...]:
        kind = self.memory[RESULT + 16]
        if kind == abi.FILETYPE_DIRECTORY:
            return (kind,)
        return kind, self.u64(RESULT + 24), self.u64(RESULT + 32)

    def path_filestat_get(self, fd: int, flags: int, path: str) -> tuple[int, ...]:
        self.call("path_filestat_get", fd, flags, *self.put(PATH1, path.encode()), RESULT)
        return self.stat()

    def path_open(self, fd: int, flags: int, path: str, oflags: int, rights: int, fdflags: int) -> int:
        place = self.put(PATH1, path.encode())
        self.call("path_open", fd, flags, *place, oflags, rights | FLAGS, abi.MASK64, fdflags, OUT)
        return self.u32()

    def fd_close(self, fd: int) -> None:
        self.call("fd_close", fd)

    def fd_renumber(self, fd: int, to: int) -> None:
        self.call("fd_renumber", fd, to)

    def fd_read(self, fd: int, sizes: list[int]) -> bytes:
        self.call("fd_read", fd, *self.iovs(sizes), OUT)
        return bytes(self.memory[DATA : DATA + self.u32()])

    def fd_pread(self, fd: int, sizes: list[int], offset: int) -> bytes:
        self.call("fd_pread", fd, *self.iovs(sizes), offset, OUT)
        return bytes(self.memory[DATA : DATA + self.u32()])

    def fd_write(self, fd: int, pieces: list[bytes]) -> int:
        self.put(DATA, b"".join(pieces))
        self.call("fd_write", fd, *self.iovs([len(piece) for piece in pieces]), OUT)
        return self.u32()

    def fd_pwrite(self, fd: int, pieces: list[bytes], offset: int) -> int:
        self.put(DATA, b"".join(pieces))
        self.call("fd_pwrite", fd, *self.iovs([len(piece) for piece in pieces]), offset, OUT)
        return self.u32()

    def fd_seek(self, fd: int, offset: int, whence: int) -> int:
        self.call("fd_seek", fd, offset, whence, OUT)
        return self.u64()

    def fd_tell(self, fd: int) -> int:
        self.call("fd_tell", fd, OUT)
        return self.u64()

    def fd_filestat_get(self, fd: int) -> tuple[int, ...]:
        self.call("fd_filestat_get", fd, RESULT)
        return self.stat()

    def fd_filestat_set_size(self, fd: int, size: int) -> None:
        self.call("fd_filestat_set_size", fd, size)

    def fd_allocate(self, fd: int, offset: int, length: int) -> None:
        self.call("fd_allocate", fd, offset, length)

    def fd_fdstat_get(self, fd: int) -> int:
        self.call("fd_fdstat_get", fd, RESULT)
        return self.memory[RESULT]

    def fd_sync(self, fd: int) -> None:
        self.call("fd_sync", fd)

    def fd_readdir(self, fd: int) -> dict[str, int]:
        """All entries, through buffers that are rarely large enough for all of them."""
        found: dict[str, int] = {}
        cookie = 0
        while True:
            self.call("fd_readdir", fd, DATA, 600, cookie, OUT)
            used, at = self.u32(), DATA
            while at + 24 <= DATA + used and at + 24 + self.u32(at + 16) <= DATA + used:
                length = self.u32(at + 16)
                name = bytes(self.memory[at + 24 : at + 24 + length]).decode()
                assert name not in found, f"{name} twice"
                found[name] = self.memory[at + 20]
                cookie = self.u64(at)
                at += 24 + length
            if used < 600:
                return found

    def poll_oneoff(self, fd: int, write: int) -> int:
        kind = abi.EVENTTYPE_FD_WRITE if write else abi.EVENTTYPE_FD_READ
        clock = struct.pack("<QB7xI4xQQH6x", 2, abi.EVENTTYPE_CLOCK, 1, 0, 0, 0)
        self.put(DATA, struct.pack("<QB7xI28x", 1, kind, fd) + clock)
        self.call("poll_oneoff", DATA, RESULT, 2, OUT)
        userdata, error, _, nbytes = struct.unpack_from("<QHB5xQ", self.memory, RESULT)
        assert userdata == 1
        if error:
            raise Failed(abi.ERRNO_NAMES[error])
        return int(nbytes)

    def bad_address(self, name: str, arguments: list[int]) -> None:
        before = bytes(self.memory[:16])
        self.call(name, *arguments)
        assert bytes(self.memory[:16]) == before


Step = tuple[str, tuple[Any, ...]]

WITH_ADDRESSES = [name for name, row in abi.FUNCTIONS.items() if any(abi.spans_of(row)) and name != "poll_oneoff"]


class Chooser:
    """Makes steps from a seed; `model` tells which descriptors there are."""

    def __init__(self, seed: int, model: Model) -> None:
        self.random = random.Random(seed)
        self.model = model

    def existing(self) -> str | None:
        """The path of something that exists, by a random way down from the root."""
        path, folder = [], self.model.root
        while folder.entries:
            name = self.random.choice(list(folder.entries))
            path.append(name)
            node = folder.entries[name]
            if not isinstance(node, Folder) or self.random.random() < 0.3:
                break
            folder = node
        return "/".join(path) or None

    def path(self) -> str:
        choose = self.random
        kind = choose.random()
        if kind < 0.4 and (found := self.existing()) is not None:
            return found + choose.choice(("", "", "", "", "", "", "", "/", "/a", "/b", "/../c"))
        if kind < 0.7:
            folder = (self.existing() or "").rpartition("/")[0] if choose.random() < 0.5 else self.existing()
            return (folder + "/" if folder else "") + choose.choice("abcde")
        count = choose.choice((1, 1, 1, 1, 2, 2, 3, 4))
        parts = [choose.choice(("a", "b", "c", "d", "e", "é", "a", "b", "..", ".", "")) for _ in range(count)]
        if choose.random() < 0.04:
            parts[choose.randrange(count)] = "x" * choose.choice((255, 256, 300))
        return "/".join(parts) + choose.choice(("", "", "", "", "", "", "/", "//", "/.", "/.."))

    def fd(self, *kinds: type) -> int:
        """A descriptor, most often one of the wanted kind, sometimes none that is open."""
        choose = self.random
        if choose.random() < 0.03:
            return choose.choice((77, 1 << 31, abi.MASK32, 1024))
        fds = [fd for fd, opened in self.model.open.items() if isinstance(opened.node, kinds)]
        if not fds or choose.random() < 0.05:
            fds = list(self.model.open)
        return choose.choice(fds)

    def bytes(self) -> list[bytes]:
        choose = self.random
        return [choose.randbytes(choose.choice((0, 1, 5, 100, 4096))) for _ in range(choose.choice((1, 1, 1, 2, 5)))]

    def sizes(self) -> list[int]:
        return [len(piece) for piece in self.bytes()]

    def offset(self) -> int:
        return self.random.choice((0, 1, 7, 100, 4095, 4096, 9000))

    def step(self) -> Step:
        choose = self.random
        name = choose.choices(_FUNCTIONS, _WEIGHTS)[0]
        arguments: tuple[Any, ...]
        if name in ("path_create_directory", "path_remove_directory", "path_unlink_file", "path_readlink"):
            arguments = self.fd(Folder), self.path()
        elif name == "path_rename":
            arguments = self.fd(Folder), self.path(), self.fd(Folder), self.path()
        elif name == "path_link":
            arguments = self.fd(Folder), choose.randrange(2), self.path(), self.fd(Folder), self.path()
        elif name == "path_symlink":
            text = choose.choice((self.path(), self.path(), self.path(), "/a", "../" + self.path()))
            arguments = text, self.fd(Folder), self.path()
        elif name == "path_filestat_get":
            arguments = self.fd(Folder), choose.randrange(2), self.path()
        elif name == "path_open":
            oflags = choose.choice((0, 0, 1, 1, 1, 2, 5, 8, 9, 3, 10, 12, 13))
            rights = choose.choice((0, READ, WRITE, READ | WRITE, READ | WRITE))
            fdflags = choose.choice((0, 0, 0, abi.FDFLAGS_APPEND, abi.FDFLAGS_SYNC))
            arguments = self.fd(Folder), choose.randrange(2), self.path(), oflags, rights, fdflags
        elif name in ("fd_close", "fd_fdstat_get", "fd_sync", "fd_filestat_get"):
            arguments = (self.fd(File, Folder),)
        elif name == "fd_renumber":
            arguments = self.fd(File, Folder), self.fd(File, Folder)
        elif name == "fd_read":
            arguments = self.fd(File), self.sizes()
        elif name == "fd_pread":
            arguments = self.fd(File), self.sizes(), self.offset()
        elif name == "fd_write":
            arguments = self.fd(File), self.bytes()
        elif name == "fd_pwrite":
            arguments = self.fd(File), self.bytes(), self.offset()
        elif name == "fd_seek":
            arguments = (
                self.fd(File),
                choose.choice((1, 1, -1)) * self.offset(),
                choose.choice((0, 1, 2, 2, 3, 1 << 31)),
            )
        elif name == "fd_filestat_set_size":
            arguments = self.fd(File), self.offset()
        elif name == "fd_allocate":
            arguments = self.fd(File), self.offset(), self.offset()
        elif name == "fd_readdir":
            arguments = (self.fd(Folder),)
        elif name == "poll_oneoff":
            arguments = self.fd(File), choose.randrange(2)
        elif name == "fd_tell":
            arguments = (self.fd(File),)
        else:
            arguments = self.bad_addresses()
        return name, arguments

    def bad_addresses(self) -> tuple[str, list[int]]:
        """A call of any function, of which one address is not in memory, and all else is anything."""
        choose = self.random
        name = choose.choice(WITH_ADDRESSES)
        params = abi.params_of(abi.FUNCTIONS[name])
        arguments: list[int] = []
        for param in params:
            for letter in param.code:
                bits = 32 if letter == "i" else 64
                arguments.append(choose.choice((0, 1, 3, 4, choose.getrandbits(bits), (1 << bits) - 1)))
        results, arrays = abi.spans_of(abi.FUNCTIONS[name])
        index = choose.choice([at for at, _ in (*results, *arrays)])
        arguments[index] = choose.choice((SIZE, SIZE + 1, 1 << 31, abi.MASK32))
        if index in dict(arrays):
            arguments[index + 1] = max(1, arguments[index + 1])
        return name, arguments

    def is_left_out(self, step: Step) -> bool:
        """What the model does not have, and what would close the folder that all starts from."""
        name, arguments = step
        if name in ("fd_close", "fd_renumber") and 3 in arguments:
            return True
        opened = self.model.open.get(arguments[0]) if isinstance(arguments[0], int) else None
        if name == "fd_pwrite" and opened is not None and opened.appends:
            return True
        return name == "path_open" and len(self.model.open) > 40


_WEIGHTED = {
    "path_open": 24, "path_create_directory": 12, "path_remove_directory": 3, "path_unlink_file": 4, "path_rename": 8,
    "path_link": 8, "path_symlink": 8, "path_readlink": 3, "path_filestat_get": 6, "fd_close": 8, "fd_renumber": 2,
    "fd_read": 4, "fd_pread": 3, "fd_write": 6, "fd_pwrite": 4, "fd_seek": 4, "fd_tell": 2, "fd_filestat_get": 4,
    "fd_filestat_set_size": 3, "fd_allocate": 2, "fd_fdstat_get": 2, "fd_sync": 1, "fd_readdir": 4, "poll_oneoff": 2,
    "bad_address": 3,
}  # fmt: skip
_FUNCTIONS, _WEIGHTS = list(_WEIGHTED), list(_WEIGHTED.values())


def outcome(machine: Model | Real, step: Step) -> tuple[str, Any]:
    """What a step ends with, and its result."""
    try:
        return "SUCCESS", getattr(machine, step[0])(*step[1])
    except Failed as failed:
        return str(failed), None


def two_things_are_wrong(step: Step, found: str, wanted: str) -> bool:
    """Whether two errors both hold: a name that is too long, and another; which of two names is looked at first is no
    system's promise.
    """
    return (
        step[0] in ("path_rename", "path_link")
        and "ENAMETOOLONG" in (found, wanted)
        and "SUCCESS" not in (found, wanted)
    )


def host_tree(root: Path) -> dict[str, str]:
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if path.is_symlink():
                found[relative] = f"link to {os.readlink(path)}"
            elif path.is_dir():
                found[relative] = "directory"
            else:
                found[relative] = f"file with {path.read_bytes()!r}"
    return found


def memory_tree(directory: MemoryDirectory) -> dict[str, str]:
    found = dict.fromkeys(directory.directories(), "directory")
    found |= {path: f"file with {data!r}" for path, data in directory.files().items()}
    return found | {path: f"link to {text}" for path, text in directory.links().items()}


def memory_room(directory: MemoryDirectory) -> int:
    """What a tree in memory takes of its capacity when nothing is open, counted anew."""
    nodes = {id(node): node.size() for _, node in directory.walk()}
    return sum(len(path.encode()) + 160 for path, _ in directory.walk()) + sum(512 + size for size in nodes.values())


def host_room(root: Path) -> int:
    """What a directory of the host has to have counted at least."""
    files, names = {}, 0
    for folder, folders, others in os.walk(root):
        names += len(folders) + len(others)
        for name in others:
            status = os.lstat(os.path.join(folder, name))
            if not os.path.islink(os.path.join(folder, name)):
                files[status.st_ino] = min(status.st_size, status.st_blocks * 512)
    return 4096 * names + sum(files.values())


def sequence(seed: int, steps: int, tally: dict[str, int]) -> str | None:
    """Run one sequence; what differs, or None. `tally` counts functions and their ends."""
    base = Path(tempfile.mkdtemp(prefix="wasi-model-"))
    (base / "root").mkdir()
    (base / "secret").write_bytes(b"untouched")
    grants = HostDirectory(base / "root", max_bytes=1 << 40), MemoryDirectory()
    model, host, memory = Model(), Real(grants[0]), Real(grants[1])
    chooser = Chooser(seed, model)
    done: list[Step] = []
    try:
        for _ in range(steps):
            step = chooser.step()
            if chooser.is_left_out(step):
                continue
            done.append(step)
            wanted = outcome(model, step)
            for name, real in (("host", host), ("memory", memory)):
                found = outcome(real, step)
                if found != wanted and not two_things_are_wrong(step, found[0], wanted[0]):
                    return f"{name}: {step}: {found!r:.300} instead of {wanted!r:.300}\n{_history(done)}"
            tally[f"{step[0]} {wanted[0]}"] = tally.get(f"{step[0]} {wanted[0]}", 0) + 1
        wanted_tree = model.tree()
        for name, tree in (("host", host_tree(base / "root")), ("memory", memory_tree(grants[1]))):
            if tree != wanted_tree:
                wrong = {path for path in tree.keys() | wanted_tree if tree.get(path) != wanted_tree.get(path)}
                return f"{name}: the trees differ at {sorted(wrong)}\n{_history(done)}"
        host.wasi.close()
        memory.wasi.close()
        if grants[1].tree.used != memory_room(grants[1]):
            return f"memory: {grants[1].tree.used} bytes are counted of {memory_room(grants[1])}\n{_history(done)}"
        if grants[0].used < host_room(base / "root"):
            return f"host: {grants[0].used} bytes are counted of {host_room(base / 'root')}\n{_history(done)}"
        if sorted(os.listdir(base)) != ["root", "secret"] or (base / "secret").read_bytes() != b"untouched":
            return f"host: something happened outside\n{_history(done)}"
        return None
    except Exception as error:
        return f"{type(error).__name__}: {error}\n{_history(done)}"
    finally:
        host.wasi.close()
        memory.wasi.close()
        shutil.rmtree(base)


def _history(steps: list[Step]) -> str:
    return "\n".join(f"    {name}{arguments!r:.200}" for name, arguments in steps[-40:])


def sequences(seed: int, steps: int) -> Iterator[tuple[int, int]]:
    """Seed and length of each sequence of a run."""
    for number in range((steps + SEQUENCE - 1) // SEQUENCE):
        yield seed + number, min(SEQUENCE, steps - number * SEQUENCE)


def run(seed: int, steps: int, report: Callable[[str], object] = print, most: int = 5) -> int:
    """Run so many steps; the number of sequences in which something differs."""
    tally: dict[str, int] = {}
    found = 0
    for at, length in sequences(seed, steps):
        wrong = sequence(at, length, tally)
        if wrong is not None:
            found += 1
            report(f"seed {at}: {wrong}")
            if found >= most:
                break
    report(f"{sum(tally.values())} steps, {len(tally)} kinds of ends, {found} findings")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first sequence; each has the next one")
    parser.add_argument("--steps", type=int, default=200_000)
    options = parser.parse_args()
    return min(1, run(options.seed, options.steps))


if __name__ == "__main__":
    sys.exit(main())
