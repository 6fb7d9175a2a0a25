"""The quick ways of functions: they do what the general ways do, and they are taken where they should be."""

from __future__ import annotations

import os
import random
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import wasmvm
from tests.wasi.wrapped import wat
from wasmvm.errors import OutputTrap
from wasmvm.wasi import HostDirectory, MemoryDirectory, Wasi, WasiConfig, link
from wasmvm.wasi.preview1 import abi, function
from wasmvm.wasi.preview1.link import bind

MODULE = wasmvm.Module(wat())
SIZE = 2 << 16
"""Bytes of the memory of `MODULE`."""


class Pair:
    """Two guests of the same kind: one calls the functions as instances do, the other only their general ways."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.outputs: list[bytearray] = [bytearray(), bytearray()]
        self.guests: list[Wasi] = []
        self.instances: list[wasmvm.Instance] = []
        for number in range(2):
            root = folder / f"{number}"
            root.mkdir()
            (root / "file").write_bytes(bytes(range(256)) * 40)
            options = {"stdin": bytes(range(251)) * 100, "stdout": self.outputs[number], **config}
            dirs = {"/": HostDirectory(root), "/memory": MemoryDirectory({"file": b"contents" * 100})}
            self.guests.append(Wasi(WasiConfig(dirs=dirs, **options)))
        general = {abi.MODULE: {}, abi.UNSTABLE_MODULE: {}}
        for name in abi.FUNCTIONS:
            functype, made = bind(self.guests[1], name)
            general[abi.MODULE][name] = wasmvm.HostFunc(made, functype, access_caller=True)
        self.instances = [wasmvm.instantiate(MODULE, imports) for imports in (link(self.guests[0]), general)]
        self.folder = folder

    def write(self, at: int, data: bytes) -> None:
        for instance in self.instances:
            instance.exports["memory"].write(at, data)

    def call(self, name: str, *arguments: int) -> str:
        """The outcome of a call, which both have, and the same memory after it."""
        outcomes = []
        for instance in self.instances:
            try:
                outcomes.append(abi.ERRNO_NAMES[instance.exports[name](*arguments)])
            except Exception as error:
                outcomes.append(f"{type(error).__name__}: {error}".split("\n")[0])
        assert outcomes[0] == outcomes[1], (name, arguments)
        memories = [memoryview(instance.exports["memory"]) for instance in self.instances]
        assert memories[0] == memories[1], (name, arguments)
        assert self.outputs[0] == self.outputs[1]
        return outcomes[0]

    def open(self, fd: int, path: bytes, rights: int, oflags: int = 0, fdflags: int = 0) -> None:
        self.write(64, path)
        assert self.call("path_open", fd, 0, 64, len(path), oflags, rights, 0, fdflags, 96) == "SUCCESS"

    def close(self) -> None:
        for guest in self.guests:
            guest.close()
        files = [{path.name: path.read_bytes() for path in (self.folder / f"{n}").iterdir()} for n in range(2)]
        assert files[0] == files[1]


def piecewise(size: int) -> bytes:
    return b"xyz"[:size]


READ_WRITE = abi.FD_READ | abi.FD_WRITE | abi.FD_SEEK
CONFIGS: dict[str, Callable[[], dict[str, Any]]] = {
    "captured": dict,
    "limited": lambda: {"max_output": 3000},
    "callables": lambda: {"stdin": piecewise, "stderr": len},
    "closed": lambda: {"stdin": 987_654, "stderr": 987_654},
    "wrong": lambda: {"stdin": lambda size: b"x" * (size + 1), "stderr": lambda data: 1 // 0},
    "wide": lambda: {"stdin": lambda size: memoryview(bytes(4 * size)).cast("I")},
    "other kinds": lambda: {"stdin": lambda size: bytearray(b"abc")[:size]},
}


def regions(rng: random.Random) -> tuple[int, int]:
    """A buffer, mostly one that is there, sometimes at the very end of memory or beyond."""
    length = rng.choice((0, 1, 2, 7, 100, 1000, 4096, 4097, 5000))
    kind = rng.randrange(8)
    if kind == 0:
        return SIZE - length, length
    if kind == 1:
        return SIZE - length + 1, length
    if kind == 2:
        return rng.choice(((0xFFFFFFFF, 1), (8, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (SIZE, 0), (SIZE + 1, 0)))
    return rng.randrange(1 << 16, SIZE - 5000), length


@pytest.mark.parametrize("config", CONFIGS)
def test_reading_and_writing(config: str, tmp_path: Path) -> None:
    rng, pair = random.Random(config), Pair(tmp_path, **CONFIGS[config]())
    pair.open(3, b"file", READ_WRITE)
    pair.open(3, b"file", abi.FD_READ)
    pair.open(3, b"new", abi.FD_WRITE, abi.OFLAGS_CREAT, abi.FDFLAGS_APPEND)
    pair.open(3, b"new", abi.FD_WRITE, 0, abi.FDFLAGS_SYNC)
    pair.open(4, b"file", READ_WRITE)
    pair.open(4, b"file", READ_WRITE, 0, abi.FDFLAGS_APPEND)
    outcomes = set()
    for _ in range(600):
        count = rng.choice((0, 1, 1, 1, 2, 2, 3, 100_000))
        iovecs = b"".join(struct.pack("<II", *regions(rng)) for _ in range(min(count, 3)))
        at = rng.choice((256, 256, 256, 256, SIZE - len(iovecs), SIZE - len(iovecs) + 1, 0xFFFFFFFC))
        if at + len(iovecs) <= SIZE:
            pair.write(at, iovecs)
        out = rng.choice((512, 512, 512, 512, SIZE - 4, SIZE - 3, 0xFFFFFFFF))
        fd = rng.choice((*range(13), 0xFFFFFFFF))
        name = rng.choice(("fd_read", "fd_write"))
        outcome = pair.call(name, fd, at, count, out)
        outcomes.add(outcome)
        if outcome == "SUCCESS" and out == 512 and rng.random() < 0.2:
            assert pair.call("fd_seek", rng.randrange(5, 11), rng.randrange(300), abi.WHENCE_SET, 600) in (
                "SUCCESS", "ENOTCAPABLE",
            )  # fmt: skip
    wanted = {"SUCCESS", "EFAULT", "EBADF"}
    wanted |= {
        "limited": {OutputTrap.__name__},
        "wrong": {"ValueError", "ZeroDivisionError"},
        "wide": {"ValueError"},
    }.get(config, set())
    assert {outcome.split(":")[0] for outcome in outcomes} == wanted
    pair.close()


@pytest.mark.parametrize("name", ["clock_time_get", "clock_res_get", "random_get"])
def test_addresses_and_numbers(name: str, tmp_path: Path) -> None:
    """What is written differs each time, but not where, nor the outcome."""
    pair = Pair(tmp_path)
    places = (0, 64, SIZE - 8, SIZE - 7, SIZE - 1, SIZE, 0xFFFFFFFF, 0x80000000)
    numbers = (0, 1, 2, 3, 4, 8, 255, 256, 257, 1 << 16, 0x7FFFFFFF, 0x80000001, 0xFFFFFFFF)
    for place in places:
        for number in numbers:
            given = {
                "clock_time_get": (number, 0, place), "clock_res_get": (number, place), "random_get": (place, number)
            }[name]  # fmt: skip
            outcomes, changed = [], []
            for instance in pair.instances:
                memory = instance.exports["memory"]
                memory.write(0, bytes(SIZE))
                outcomes.append(abi.ERRNO_NAMES[instance.exports[name](*given)])
                data = memory.read(0, SIZE)
                rest = data.lstrip(b"\0")
                changed.append((SIZE - len(rest) if rest else -1, len(rest.rstrip(b"\0"))))
            assert outcomes[0] == outcomes[1], given
            if outcomes[0] != "SUCCESS":
                assert changed == [(-1, 0)] * 2, given
            size = number if name == "random_get" else 8
            for first, count in changed:
                assert count <= size
                assert first == -1 or place <= first < place + size
                assert count or not (outcomes[0] == "SUCCESS" and size >= 8), given
    pair.close()


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The general ways that were taken, by name."""
    taken: list[str] = []
    plain = function.checked

    def checked(row: abi.Row) -> Any:
        general = plain(row)

        def counted(*arguments: Any) -> int:
            taken.append(general.__name__)
            return general(*arguments)

        return counted

    monkeypatch.setattr("wasmvm.wasi.preview1.link.checked", checked)
    monkeypatch.setattr("wasmvm.wasi.preview1.link._implementations", {})
    yield taken


USUAL = [
    ("clock_time_get", 0, 0, 512), ("clock_time_get", 1, 0, 512), ("clock_res_get", 0, 512), ("clock_res_get", 1, 512),
    ("random_get", 512, 1), ("random_get", 512, 256), ("sched_yield",), ("fd_write", 1, 256, 1, 512),
    ("fd_write", 2, 256, 2, 512), ("fd_read", 0, 256, 1, 512), ("fd_read", 0, 256, 2, 512),
]  # fmt: skip


@pytest.mark.parametrize("directory", [3, 4])
@pytest.mark.parametrize("kept", [0, abi.FD_READ, abi.FD_WRITE, abi.FD_SEEK, READ_WRITE])
def test_what_was_given_up_stays_so(directory: int, kept: int, tmp_path: Path) -> None:
    """A file that the host opened for both is read and written with the right to it alone."""
    pair = Pair(tmp_path)
    pair.open(directory, b"file", READ_WRITE)
    assert pair.call("fd_fdstat_set_rights", 5, kept, 0) == "SUCCESS"
    for fd, right in ((0, abi.FD_READ), (1, abi.FD_WRITE)):
        assert pair.call("fd_fdstat_set_rights", fd, right & kept, 0) == "SUCCESS"
    pair.write(256, struct.pack("<IIII", 1024, 8, 2048, 8))
    for count in (1, 2):
        for fd, name, right in (
            (5, "fd_read", abi.FD_READ), (5, "fd_write", abi.FD_WRITE), (0, "fd_read", abi.FD_READ),
            (1, "fd_write", abi.FD_WRITE),
        ):  # fmt: skip
            assert pair.call(name, fd, 256, count, 512) == ("SUCCESS" if kept & right else "EBADF")
    pair.close()


def prepared(guest: Wasi) -> wasmvm.Instance:
    instance = wasmvm.instantiate(MODULE, link(guest))
    instance.exports["memory"].write(256, struct.pack("<IIII", 1024, 8, 2048, 4088))
    return instance


@pytest.mark.parametrize("call", USUAL, ids=str)
def test_the_usual_is_quick(call: tuple[Any, ...], refused: list[str], tmp_path: Path) -> None:
    with Wasi(WasiConfig(stdin=b"x" * 10_000, stdout=bytearray(), stderr=tmp_path / "log")) as guest:
        name, *arguments = call
        assert prepared(guest).exports[name](*arguments) == 0
    assert refused == []


def test_the_time_by_the_quick_way() -> None:
    """The calendar is the host's; the other clock says nothing of how long the host has been running."""
    before = time.monotonic_ns()
    with Wasi(WasiConfig()) as guest:
        instance = prepared(guest)
        clock, memory = instance.exports["clock_time_get"], instance.exports["memory"]
        seen = []
        for _ in range(3):
            assert clock(abi.CLOCK_MONOTONIC, 0, 512) == 0
            assert 0 <= memory.load_u64(512) <= time.monotonic_ns() - before
            seen.append(memory.load_u64(512))
            calendar = time.time_ns()
            assert clock(abi.CLOCK_REALTIME, 0, 512) == 0
            assert calendar <= memory.load_u64(512) <= time.time_ns()
        assert seen == sorted(seen)
        for clock_id in (abi.CLOCK_REALTIME, abi.CLOCK_MONOTONIC):
            assert instance.exports["clock_res_get"](clock_id, 512) == 0
            assert memory.load_u64(512) == guest.clock.resolution(clock_id)


def test_random_bytes_by_the_quick_way() -> None:
    with Wasi(WasiConfig()) as guest:
        instance = prepared(guest)
        memory = instance.exports["memory"]
        for size in (16, 255, 256):
            drawn = set()
            for _ in range(20):
                memory.write(4096, bytes(512))
                assert instance.exports["random_get"](4096, size) == 0
                assert memory.read(4096 + size, 256 - size + 1) == bytes(256 - size + 1)
                drawn.add(memory.read(4096, size))
                assert len(set(memory.read(4096, size))) > 4
            assert len(drawn) == 20
            assert len({data[-8:] for data in drawn}) == 20


def test_yielding_lets_others_run_and_can_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("wasmvm.wasi.preview1.sched._yield", lambda: asked.append("host"))
    with Wasi(WasiConfig()) as guest:
        instance = prepared(guest)
        assert instance.exports["sched_yield"]() == 0
        assert asked == ["host"]
        instance.store.interrupt()
        with pytest.raises(wasmvm.Trap, match="interrupt"):
            instance.exports["sched_yield"]()
        monkeypatch.setattr("wasmvm.wasi.preview1.sched._yield", instance.store.interrupt)
        with pytest.raises(wasmvm.Trap, match="interrupt"):
            instance.exports["sched_yield"]()


@pytest.mark.parametrize("call", USUAL, ids=str)
def test_what_is_traced_is_not_hidden(call: tuple[Any, ...], tmp_path: Path) -> None:
    lines: list[str] = []
    config = WasiConfig(stdin=b"x" * 10_000, stdout=bytearray(), stderr=tmp_path / "log", trace=lines.append)
    with Wasi(config) as guest:
        name, *arguments = call
        assert prepared(guest).exports[name](*arguments) == 0
    assert len(lines) == 1
    assert lines[0].startswith(name)


def test_what_the_embedder_gave_is_asked_once(refused: list[str]) -> None:
    class Counting:
        def __init__(self) -> None:
            self.times = 0

        def time(self, clock_id: int) -> int:
            self.times += 1
            return self.times

        def resolution(self, clock_id: int) -> int:
            self.times += 1
            return 5

        def wait(self, nanoseconds: int | None, ready: object) -> None: ...

    asked: list[int] = []

    def source(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    clock = Counting()
    with Wasi(WasiConfig(clock=clock, random=source)) as guest:
        instance = prepared(guest)
        for at, code in ((512, 0), (SIZE, abi.ERRNO["EFAULT"])):
            assert instance.exports["clock_time_get"](0, 0, at) == code
            assert instance.exports["clock_res_get"](0, at) == code
            assert instance.exports["random_get"](at, 8) == code
    assert (clock.times, asked) == (2, [8])


def test_a_file_of_the_host_is_read_and_written_where_it_is(tmp_path: Path) -> None:
    """Small pieces through the quick way and large ones through the general way move the same offset."""
    path = tmp_path / "f"
    path.write_bytes(b"0123456789" * 1000)
    with Wasi(WasiConfig(stdin=path, stdout=tmp_path / "out")) as guest:
        instance = prepared(guest)
        memory = instance.exports["memory"]
        done = b""
        for size in (3, 5000, 4, 4993):
            memory.write(256, struct.pack("<II", 1024, size))
            assert instance.exports["fd_read"](0, 256, 1, 512) == 0
            assert memory.load_u32(512) == size
            done += memory.read(1024, size)
            assert instance.exports["fd_write"](1, 256, 1, 512) == 0
        assert instance.exports["fd_read"](0, 256, 1, 512) == 0
        assert memory.load_u32(512) == 0
    assert done == path.read_bytes() == (tmp_path / "out").read_bytes()


def test_few_bytes_count_and_are_put_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota counts every byte, and the flags of an open file are kept, however small the pieces are."""
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fileno: synced.append("fsync"))
    grant = HostDirectory(tmp_path, max_bytes=4096 + 20)
    with Wasi(WasiConfig(dirs={"/": grant})) as guest:
        instance = prepared(guest)
        memory = instance.exports["memory"]
        memory.write(64, b"new")
        assert instance.exports["path_open"](3, 0, 64, 3, abi.OFLAGS_CREAT, READ_WRITE, 0, 0, 96) == 0
        codes = [abi.ERRNO_NAMES[instance.exports["fd_write"](4, 256, 1, 512)] for _ in range(4)]
        assert codes == ["SUCCESS", "SUCCESS", "SUCCESS", "EDQUOT"]
        assert (grant.used, (tmp_path / "new").stat().st_size) == (4096 + 20, 20)
        assert synced == []
    with Wasi(WasiConfig(dirs={"/": tmp_path})) as guest:
        instance = prepared(guest)
        memory = instance.exports["memory"]
        memory.write(64, b"new")
        assert instance.exports["path_open"](3, 0, 64, 3, 0, READ_WRITE, 0, abi.FDFLAGS_SYNC, 96) == 0
        assert instance.exports["fd_write"](4, 256, 1, 512) == 0
        assert synced == ["fsync"]


@pytest.mark.skipif(os.name != "posix", reason="acts on pipes as POSIX has them")
def test_less_than_was_asked_for() -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, b"short")
    with Wasi(WasiConfig(stdin=read_end)) as guest:
        instance = prepared(guest)
        memory = instance.exports["memory"]
        memory.write(1024, b"\xa5" * 8)
        assert instance.exports["fd_read"](0, 256, 1, 512) == 0
        assert (memory.load_u32(512), memory.read(1024, 8)) == (5, b"short\xa5\xa5\xa5")
    os.close(read_end)
    os.close(write_end)


def test_errors_of_the_host_are_codes_and_timeouts_are_the_embedders(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[Exception] = []

    def fail(data: bytes) -> None:
        raise raised[0]

    with Wasi(WasiConfig(stdout=fail)) as guest:
        instance = prepared(guest)
        raised[:] = [OSError(28, "No space left on device")]
        assert abi.ERRNO_NAMES[instance.exports["fd_write"](1, 256, 1, 512)] == "ENOSPC"
        raised[:] = [TimeoutError("over")]
        with pytest.raises(TimeoutError, match="over"):
            instance.exports["fd_write"](1, 256, 1, 512)
        raised[:] = [IndexError("mine")]  # which is not taken for an address that is outside
        with pytest.raises(IndexError, match="mine"):
            instance.exports["fd_write"](1, 256, 1, 512)


def test_a_guest_without_a_memory() -> None:
    text = wat().replace('(memory (export "memory") 2)', "")
    with Wasi(WasiConfig(stdin=b"x", stdout=bytearray())) as guest:
        instance = wasmvm.instantiate(wasmvm.Module(text), link(guest))
        for name, *arguments in USUAL:
            code = instance.exports[name](*arguments)
            assert abi.ERRNO_NAMES[code] == ("SUCCESS" if name == "sched_yield" else "EFAULT")
