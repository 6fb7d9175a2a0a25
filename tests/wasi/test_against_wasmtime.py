"""Random sequences of path operations under wasmvm and wasmtime, on two equal trees, compared after every step."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wasi.cases import tree_of
from tests.wasi.wrapped import wat
from wasmvm.wasi import MemoryDirectory, Wasi, WasiConfig, link
from wasmvm.wasi.host.sandbox import AVAILABLE
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.function import functype_of

wasmtime = pytest.importorskip("wasmtime", reason="the oracle is the package wasmtime")
pytestmark = pytest.mark.skipif(not AVAILABLE, reason="directories of the host need openat and O_NOFOLLOW")

BINARY = bytes(wasmtime.wat2wasm(wat()))
ENGINE = wasmtime.Engine()
COMPILED = wasmtime.Module(ENGINE, BINARY)
PATH1, PATH2, RESULT = 1024, 8192, 65536
"""Where paths and results are in memory."""


class Step(NamedTuple):
    """One call. `old` and `new` are paths (or a link's text), `flags` and `oflags` what the call has of these."""

    name: str
    old: str
    new: str = ""
    flags: int = 0
    oflags: int = 0
    rights: int = abi.FD_READ


class Theirs:
    """wasmtime on a directory."""

    def __init__(self, root: Path) -> None:
        linker = wasmtime.Linker(ENGINE)
        linker.define_wasi()
        self.store = wasmtime.Store(ENGINE)
        config = wasmtime.WasiConfig()
        config.preopen_dir(str(root), "/")
        self.store.set_wasi(config)
        self.exports = linker.instantiate(self.store, COMPILED).exports(self.store)
        self.memory = self.exports["memory"]

    def call(self, name: str, *arguments: int) -> int:
        return int(self.exports[name](self.store, *arguments))

    def write(self, address: int, data: bytes) -> None:
        self.memory.write(self.store, data, address)

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.memory.read(self.store, address, address + size))

    def close(self) -> None:
        self.store.close()


class Ours:
    """wasmvm on a directory of the host or in memory."""

    def __init__(self, root: Path | MemoryDirectory) -> None:
        from wasmvm.embedding.instance import Instance
        from wasmvm.embedding.module import Module

        self.wasi = Wasi(WasiConfig(dirs={"/": root}))
        self.instance = Instance(Module(BINARY), link(self.wasi))
        self.memory = self.instance.exports["memory"]

    def call(self, name: str, *arguments: int) -> int:
        return int(self.instance.exports[name](*arguments))

    def write(self, address: int, data: bytes) -> None:
        memoryview(self.memory)[address : address + len(data)] = data

    def read(self, address: int, size: int) -> bytes:
        return bytes(memoryview(self.memory)[address : address + size])

    def close(self) -> None:
        self.wasi.close()


def perform(runtime: Ours | Theirs, step: Step) -> tuple[str, object]:
    """The name of the error of a step, and what it told that both must agree on."""
    old, new = step.old.encode(), step.new.encode()
    runtime.write(PATH1, old)
    runtime.write(PATH2, new)
    first, second = (PATH1, len(old)), (PATH2, len(new))
    told: object = None
    if step.name == "path_open":
        code = runtime.call(step.name, 3, step.flags, *first, step.oflags, step.rights, 0, 0, RESULT)
        if code == 0:
            fd = int.from_bytes(runtime.read(RESULT, 4), "little")
            assert runtime.call("fd_fdstat_get", fd, RESULT) == 0
            told = runtime.read(RESULT, 1)
            if step.rights & abi.FD_WRITE:
                runtime.write(RESULT, (PATH1).to_bytes(4, "little") + len(old).to_bytes(4, "little"))
                assert runtime.call("fd_write", fd, RESULT, 1, RESULT + 8) == 0
            assert runtime.call("fd_close", fd) == 0
    elif step.name == "path_filestat_get":
        code = runtime.call(step.name, 3, step.flags, *first, RESULT)
        if code == 0:
            filetype = runtime.read(RESULT + 16, 1)[0]
            told = (filetype, runtime.read(RESULT + 32, 8) if filetype != abi.FILETYPE_DIRECTORY else b"")
    elif step.name == "path_filestat_set_times":
        code = runtime.call(step.name, 3, step.flags, *first, 10**18, 10**18, 5)
    elif step.name == "path_readlink":
        code = runtime.call(step.name, 3, *first, RESULT, 64, RESULT + 64)
        if code == 0:
            told = runtime.read(RESULT, int.from_bytes(runtime.read(RESULT + 64, 4), "little"))
    elif step.name == "path_symlink":
        code = runtime.call(step.name, *first, 3, *second)
    elif step.name == "path_link":
        code = runtime.call(step.name, 3, 0, *first, 3, *second)
    elif step.name == "path_rename":
        code = runtime.call(step.name, 3, *first, 3, *second)
    else:
        code = runtime.call(step.name, 3, *first)
    return abi.ERRNO_NAMES[code], told


SLASHES = ("path_unlink_file", "path_symlink", "path_link")
"""What wasmtime does with a slash after a link or a file is its own; ours is what Linux does."""


def meant_to_differ(step: Step, ours: str, theirs: str) -> bool:
    """Whether the two errors of a step may differ: only which one it is, never whether there is one."""
    if "SUCCESS" in (ours, theirs):
        return False
    if step.name in SLASHES and (step.old.endswith("/") or step.new.endswith("/")):
        return True
    if (step.name == "path_symlink" and not step.old) or "ENAMETOOLONG" in (ours, theirs):
        return True  # two things are wrong, and one of them is told
    if step.name == "path_open" and step.oflags & abi.OFLAGS_CREAT and theirs == "EISDIR":
        return True  # a link whose text ends in a slash
    is_nofollow = step.name == "path_open" and step.oflags & abi.OFLAGS_DIRECTORY and not step.flags
    return bool(is_nofollow) and (ours, theirs) == ("ENOTDIR", "ELOOP")


names = st.sampled_from(["a", "b", "c", "a", "b", "..", ".", "", "x" * 256])
paths = st.builds(
    lambda parts, end: "/".join(parts) + end,
    st.lists(names, min_size=1, max_size=4),
    st.sampled_from(["", "", "", "", "/", "//", "/.", "/.."]),
)
simple = st.one_of(st.sampled_from(["a", "b", "c", "a/b", "b/a", "c/a", "a/b/c"]), paths)
outward = st.sampled_from(["../a", "b/../a", "/", "../.."])
steps = st.one_of(
    st.builds(Step, st.just("path_create_directory"), simple),
    st.builds(Step, st.just("path_remove_directory"), simple.map(lambda path: path.rstrip("/"))),  # wasmtime: EINVAL
    st.builds(Step, st.just("path_unlink_file"), simple),
    st.builds(Step, st.just("path_readlink"), simple),
    st.builds(Step, st.just("path_filestat_get"), simple, flags=st.integers(0, 1)),
    st.builds(Step, st.just("path_filestat_set_times"), simple, flags=st.integers(0, 1)),
    st.builds(Step, st.just("path_rename"), simple, simple),
    st.builds(Step, st.just("path_link"), simple, simple),
    st.builds(Step, st.just("path_symlink"), st.one_of(simple, outward), simple),
    st.builds(
        Step, st.just("path_open"), simple, flags=st.integers(0, 1), oflags=st.sampled_from([0, 1, 1, 1, 2, 5, 8, 9]),
        rights=st.sampled_from([abi.FD_READ, abi.FD_WRITE, abi.FD_READ | abi.FD_WRITE]),
    ),
)  # fmt: skip


class Pair:
    """Both runtimes, each on its own copy of a tree."""

    def __init__(self) -> None:
        self.base = Path(tempfile.mkdtemp())
        for name in ("ours", "theirs"):
            (self.base / name / "root").mkdir(parents=True)
            (self.base / name / "secret").write_bytes(b"")
        self.ours = Ours(self.base / "ours/root")
        self.theirs = Theirs(self.base / "theirs/root")

    def step(self, step: Step) -> None:
        ours, our_told = perform(self.ours, step)
        theirs, their_told = perform(self.theirs, step)
        if not meant_to_differ(step, ours, theirs):
            assert (ours, our_told) == (theirs, their_told), step
        assert tree_of(self.base / "ours") == tree_of(self.base / "theirs"), step

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()
        shutil.rmtree(self.base)


@settings(max_examples=150)
@given(st.lists(steps, min_size=1, max_size=25))
def test_random_steps(sequence: list[Step]) -> None:
    pair = Pair()
    try:
        for step in sequence:
            pair.step(step)
    finally:
        pair.close()


def memory_tree_of(directory: MemoryDirectory) -> dict[str, str]:
    """`tree_of` for a directory in memory."""
    found = dict.fromkeys(directory.directories(), "directory")
    found |= {path: f"file with {data!r}" for path, data in directory.files().items()}
    found |= {path: f"link to {text}" for path, text in directory.links().items()}
    return found


@settings(max_examples=150)
@given(st.lists(steps, min_size=1, max_size=25))
def test_a_tree_in_memory_does_the_same_as_the_hosts(sequence: list[Step]) -> None:
    root, directory = Path(tempfile.mkdtemp()), MemoryDirectory()
    host, memory = Ours(root), Ours(directory)
    try:
        for step in sequence:
            assert perform(host, step) == perform(memory, step), step
            assert tree_of(root) == memory_tree_of(directory), step
    finally:
        host.close()
        memory.close()
        shutil.rmtree(root)


def test_the_comparison_notices(tmp_path: Path) -> None:
    pair = Pair()
    (pair.base / "theirs/root/a").mkdir()
    with pytest.raises(AssertionError):
        pair.step(Step("path_create_directory", "a"))
    pair.close()


@pytest.mark.parametrize("name", sorted(set(abi.FUNCTIONS) - {"proc_exit", "poll_oneoff", "proc_raise"}))
def test_harmless_arguments(name: str) -> None:
    """Every function is there in both; with a descriptor that is not open and zeros both say the same.

    Not so proc_exit, which does not return, poll_oneoff, which traps in wasmtime, and proc_raise, where it
    returns ENOTSUP even for no signal at all.
    """
    pair = Pair()
    arguments = [0] * len(functype_of(name).params)
    for param in abi.params_of(abi.FUNCTIONS[name]):
        if param.kind == "fd" and not param.is_result:
            arguments[param.index] = 99
    codes = [abi.ERRNO_NAMES[runtime.call(name, *arguments)] for runtime in (pair.ours, pair.theirs)]
    pair.close()
    assert codes[0] == codes[1]
