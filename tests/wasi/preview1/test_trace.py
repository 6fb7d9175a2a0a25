"""Lines for calls: what they show, and that they never fail."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wasmvm.errors import ExitTrap
from wasmvm.quoting import quoted_bytes
from wasmvm.wasi import MemoryDirectory, Wasi, WasiConfig
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.link import bind


class Traced:
    """A guest whose calls go through `Wasi.imports`, as a VM makes them, and are traced."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        config = WasiConfig(
            args=["prog", "x"],
            dirs={"/": MemoryDirectory({"a.txt": b"hello"})},
            trace=self.lines.append,
            deterministic=1,
        )
        self.wasi = Wasi(config)
        self.caller = SimpleNamespace(memory=bytearray(1 << 12))
        self.imports = {name: bind(self.wasi, name) for name in abi.FUNCTIONS}

    def put(self, address: int, data: bytes) -> tuple[int, int]:
        self.caller.memory[address : address + len(data)] = data
        return address, len(data)

    def call(self, name: str, *arguments: int) -> str:
        self.imports[name][1](self.caller, *arguments)
        return self.lines[-1]


def test_opening() -> None:
    traced = Traced()
    path = traced.put(100, b"a.txt")
    line = traced.call("path_open", 3, 1, *path, 9, abi.FD_READ | abi.FD_WRITE, -1, 1, 200)
    assert line == (
        'path_open(fd=3, dirflags=SYMLINK_FOLLOW, path="a.txt", oflags=CREAT|TRUNC, fs_rights_base=0x42, '
        "fs_rights_inheriting=0xffffffffffffffff, fdflags=APPEND) -> fd=4"
    )
    path = traced.put(100, b'no"\n\xff')
    assert traced.call("path_open", 3, 0, *path, 0, 0, 0, 64, 200) == (
        'path_open(fd=3, dirflags=0, path="no\\"\\n\\\\xff", oflags=0, fs_rights_base=0x0, fs_rights_inheriting=0x0, '
        "fdflags=0x40) -> EINVAL"
    )


@pytest.mark.parametrize(
    ("name", "arguments", "line"),
    [
        ("fd_write", (1, 64, 1, 200), 'fd_write(fd=1, iovs="some text\\n") -> nwritten=10'),
        ("fd_read", (3, 64, 1, 200), "fd_read(fd=3, iovs=0x40[1]) -> EBADF"),
        ("fd_seek", (3, -5, 2, 200), "fd_seek(fd=3, offset=-5, whence=END) -> EBADF"),
        ("fd_close", (-1,), "fd_close(fd=4294967295) -> EBADF"),
        ("fd_close", (3,), "fd_close(fd=3) -> ok"),
        ("args_sizes_get", (200, 204), "args_sizes_get() -> argc=2, argv_buf_size=7"),
        ("sched_yield", (), "sched_yield() -> ok"),
        ("random_get", (200, 4), "random_get(buf=0xc8[4]) -> ok"),
        ("clock_time_get", (1, 0, 208), "clock_time_get(id=MONOTONIC, precision=0) -> time=2000"),
        ("clock_time_get", (9, 0, 208), "clock_time_get(id=9, precision=0) -> EINVAL"),
        ("path_unlink_file", (3, 4095, 9), "path_unlink_file(fd=3, path=0xfff[9]) -> EFAULT"),
        ("fd_write", (1, -1, -1, 200), "fd_write(fd=1, iovs=0xffffffff[4294967295]) -> EFAULT"),
    ],
)
def test_lines(name: str, arguments: tuple[int, ...], line: str) -> None:
    traced = Traced()
    traced.put(64, (96).to_bytes(4, "little") + (10).to_bytes(4, "little"))
    traced.put(96, b"some text\n")
    assert traced.call(name, *arguments) == line


def test_what_ends_where_memory_ends() -> None:
    traced = Traced()
    size = len(traced.caller.memory)
    path = traced.put(size - 5, b"a.txt")
    assert traced.call("path_unlink_file", 3, *path) == 'path_unlink_file(fd=3, path="a.txt") -> ok'
    traced.put(size - 8, (size - 8).to_bytes(4, "little") + (8).to_bytes(4, "little"))
    assert traced.call("fd_write", 1, size - 8, 1, 0).endswith("nwritten=8")
    assert "iovs=0x" not in traced.lines[-1]


def test_exit() -> None:
    traced = Traced()
    with pytest.raises(ExitTrap):
        traced.call("proc_exit", 3)
    assert traced.lines == ["proc_exit(rval=3) -> ExitTrap"]


def test_long_strings_are_cut() -> None:
    assert quoted_bytes(b"x" * 64, 64) == '"' + "x" * 64 + '"'
    assert quoted_bytes(b"x" * 65, 64) == '"' + "x" * 64 + '"...'


@settings(max_examples=300)
@given(st.sampled_from(sorted(set(abi.FUNCTIONS) - {"proc_exit", "poll_oneoff"})), st.data())
def test_any_arguments(name: str, data: st.DataObject) -> None:
    """Whatever a guest passes, a call ends with an error code and a line."""
    traced = Traced()
    numbers = st.one_of(
        st.integers(0, 5), st.integers(4080, 4100), st.integers(-(1 << 31), (1 << 31) - 1), st.integers(0, 4096)
    )
    memory = data.draw(st.binary(max_size=256))
    traced.put(0, memory)
    arguments = [data.draw(numbers) for param in abi.params_of(abi.FUNCTIONS[name]) for _ in param.code]
    code = traced.imports[name][1](traced.caller, *arguments)
    assert code in range(77)
    assert len(traced.lines) == 1
    assert traced.lines[0].isprintable()
    traced.wasi.close()


def test_a_guest_without_memory() -> None:
    traced = Traced()
    traced.caller.memory = None
    assert traced.call("fd_write", 1, 64, 1, 200).endswith("EFAULT")
    assert traced.call("sched_yield").endswith("ok")
    with pytest.raises(ExitTrap):
        traced.call("proc_exit", 0)
