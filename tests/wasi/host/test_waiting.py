"""Waits end: by the deadline, by `Store.interrupt` and by Ctrl-C, wherever in WASI a guest waits.

Each wait here would go on for ever. A watchdog gives it what it waits for after a while, so that a failure is no hang.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import wasmvm
from tests.patience import PATIENCE
from tests.wasi.preview1.test_poll import clock, reading, writing
from tests.wasi.wrapped import wat
from wasmvm.wasi import MemoryDirectory, Wasi, WasiConfig, link
from wasmvm.wasi.host.timesource import SystemClock, VirtualClock
from wasmvm.wasi.host.waiting import paced, pieces_of, rest_of, wait_slice, waiter
from wasmvm.wasi.preview1 import abi

pytestmark = pytest.mark.skipif(os.name != "posix", reason="acts on pipes, terminals and FIFOs as POSIX has them")
MODULE = wasmvm.Module(wat())


class Waiting:
    """A guest whose exports are the functions of WASI, and what is to be closed after it."""

    def __init__(self, timeout: float | None = None, **config: Any) -> None:
        self.stack = ExitStack()
        self.wasi = self.stack.enter_context(Wasi(WasiConfig(**config)))
        self.instance = wasmvm.instantiate(MODULE, link(self.wasi))
        self.instance.store.timeout = timeout  # of each call, and not of what is made before
        self.memory = self.instance.exports["memory"]
        self.write(0, (1024).to_bytes(4, "little") + (60_000).to_bytes(4, "little"))  # an iovec

    def write(self, at: int, data: bytes) -> None:
        memoryview(self.memory)[at : at + len(data)] = data

    def call(self, name: str, *arguments: int) -> int:
        return int(self.instance.exports[name](*arguments))

    def u32(self, at: int) -> int:
        return int.from_bytes(bytes(memoryview(self.memory)[at : at + 4]), "little")

    def opened(self, path: bytes, rights: int, fdflags: int = 0) -> int:
        self.write(200, path)
        assert self.call("path_open", 3, 0, 200, len(path), 0, rights, 0, fdflags, 100) == 0
        return self.u32(100)


def sleep(guest: Waiting, nanoseconds: int = 1 << 63, clock_id: int = abi.CLOCK_MONOTONIC) -> int:
    guest.write(300, clock(1, clock_id, nanoseconds))
    return guest.call("poll_oneoff", 300, 400, 1, 100)


def fill(fileno: int) -> None:
    """Write until nothing more fits."""
    os.set_blocking(fileno, False)
    try:
        while os.write(fileno, bytes(4096)):
            pass
    except BlockingIOError:
        pass
    os.set_blocking(fileno, True)


class Scene:
    """What the waits need: made in a temporary folder, and taken down in the end."""

    def __init__(self, folder: Path, timeout: float | None) -> None:
        self.folder = folder
        self.timeout = timeout
        self.guests: list[Waiting] = []
        self.filenos: list[int] = []
        self.rescue: Callable[[], object] = lambda: None

    def guest(self, **config: Any) -> Waiting:
        self.guests.append(Waiting(self.timeout, **config))
        return self.guests[-1]

    def pipe(self) -> tuple[int, int]:
        ends = os.pipe()
        self.filenos += ends
        return ends

    def close(self) -> None:
        for guest in self.guests:
            guest.stack.close()
        for fileno in self.filenos:
            os.close(fileno)

    # --- each makes a guest wait; all but the rescue is inside of `call` ---

    def sleeping(self) -> int:
        return sleep(self.guest())

    def sleeping_by_the_calendar(self) -> int:
        return sleep(self.guest(), clock_id=abi.CLOCK_REALTIME)

    def polling_a_pipe(self) -> int:
        read_end, write_end = self.pipe()
        self.rescue = lambda: os.write(write_end, b"x")
        guest = self.guest(stdin=read_end)
        guest.write(300, reading(1, 0))
        return guest.call("poll_oneoff", 300, 400, 1, 100)

    def polling_a_pipe_and_a_clock(self) -> int:
        read_end, write_end = self.pipe()
        self.rescue = lambda: os.write(write_end, b"x")
        guest = self.guest(stdin=read_end)
        guest.write(300, reading(1, 0) + clock(2, 1, 1 << 63))
        return guest.call("poll_oneoff", 300, 500, 2, 100)

    def polling_a_full_pipe_in_virtual_time(self) -> int:
        read_end, write_end = self.pipe()
        fill(write_end)
        self.rescue = lambda: os.read(read_end, 1 << 20)
        guest = self.guest(stdout=write_end, deterministic=1)
        guest.write(300, writing(1, 1))
        return guest.call("poll_oneoff", 300, 400, 1, 100)

    def reading_a_pipe(self) -> int:
        read_end, write_end = self.pipe()
        self.rescue = lambda: os.write(write_end, b"x")
        return self.guest(stdin=read_end).call("fd_read", 0, 0, 1, 100)

    def reading_a_file_of_pythons(self) -> int:
        read_end, write_end = self.pipe()
        self.rescue = lambda: os.write(write_end, b"x")
        with open(read_end, "rb", closefd=False) as file:
            return self.guest(stdin=file).call("fd_read", 0, 0, 1, 100)

    def reading_a_raw_file_of_pythons(self) -> int:
        read_end, write_end = self.pipe()
        self.rescue = lambda: os.write(write_end, b"x")
        with open(read_end, "rb", buffering=0, closefd=False) as file:
            return self.guest(stdin=file).call("fd_read", 0, 0, 1, 100)

    def reading_a_text_file_of_pythons(self) -> int:
        read_end, write_end = self.pipe()
        self.rescue = lambda: os.write(write_end, b"x")
        with open(read_end, closefd=False) as file:
            return self.guest(stdin=file).call("fd_read", 0, 0, 1, 100)

    def writing_a_full_pipe(self) -> int:
        read_end, write_end = self.pipe()
        self.rescue = lambda: os.read(read_end, 1 << 20)
        guest = self.guest(stdout=write_end)
        assert guest.call("fd_write", 1, 0, 1, 100) == 0
        return guest.call("fd_write", 1, 0, 1, 100)  # more than a pipe holds

    def writing_a_file_of_pythons(self) -> int:
        read_end, write_end = self.pipe()
        self.rescue = lambda: os.read(read_end, 1 << 20)
        with open(write_end, "wb", buffering=0, closefd=False) as file:
            guest = self.guest(stdout=file)
            assert guest.call("fd_write", 1, 0, 1, 100) == 0
            return guest.call("fd_write", 1, 0, 1, 100)

    def reading_a_terminal(self) -> int:
        ours, theirs = os.openpty()
        self.filenos += [ours, theirs]
        self.rescue = lambda: os.write(ours, b"x\n")
        return self.guest(stdin=theirs).call("fd_read", 0, 0, 1, 100)

    def writing_a_terminal(self) -> int:
        ours, theirs = os.openpty()
        self.filenos += [ours, theirs]
        self.rescue = lambda: os.read(ours, 1 << 20)
        guest = self.guest(stdout=theirs)
        while True:
            code = guest.call("fd_write", 1, 0, 1, 100)
            if code:
                return code

    def reading_a_fifo(self) -> int:
        os.mkfifo(self.folder / "fifo")
        writer = os.open(self.folder / "fifo", os.O_RDWR)
        self.filenos.append(writer)
        self.rescue = lambda: os.write(writer, b"x")
        guest = self.guest(dirs={"/": self.folder})
        return guest.call("fd_read", guest.opened(b"fifo", abi.FD_READ), 0, 1, 100)

    def reading_a_fifo_that_nobody_writes(self) -> int:
        os.mkfifo(self.folder / "fifo")
        self.rescue = lambda: os.close(os.open(self.folder / "fifo", os.O_WRONLY | os.O_NONBLOCK))
        guest = self.guest(dirs={"/": self.folder})
        return guest.call("fd_read", guest.opened(b"fifo", abi.FD_READ), 0, 1, 100)

    def opening_a_fifo_that_nobody_reads(self) -> int:
        os.mkfifo(self.folder / "fifo")
        self.rescue = lambda: self.filenos.append(os.open(self.folder / "fifo", os.O_RDONLY | os.O_NONBLOCK))
        guest = self.guest(dirs={"/": self.folder})
        return guest.opened(b"fifo", abi.FD_WRITE)

    def writing_a_fifo(self) -> int:
        os.mkfifo(self.folder / "fifo")
        reader = os.open(self.folder / "fifo", os.O_RDWR)
        self.filenos.append(reader)
        fill(reader)
        self.rescue = lambda: os.read(reader, 1 << 20)
        guest = self.guest(dirs={"/": self.folder})
        return guest.call("fd_write", guest.opened(b"fifo", abi.FD_WRITE), 0, 1, 100)

    def _connection(self) -> tuple[Waiting, socket.socket]:
        listener = socket.create_server(("127.0.0.1", 0))
        guest = self.guest(tcplisten=[listener])
        client = socket.create_connection(listener.getsockname())
        guest.stack.callback(listener.close)
        guest.stack.callback(client.close)
        assert guest.call("sock_accept", 3, 0, 100) == 0
        assert guest.u32(100) == 4
        return guest, client

    def accepting(self) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        clients = []
        self.rescue = lambda: clients.append(socket.create_connection(listener.getsockname()))
        guest = self.guest(tcplisten=[listener])
        guest.stack.callback(listener.close)
        return guest.call("sock_accept", 3, 0, 100)

    def receiving(self) -> int:
        guest, client = self._connection()
        self.rescue = client.close
        return guest.call("sock_recv", 4, 0, 1, 0, 100, 104)

    def receiving_all(self) -> int:
        guest, client = self._connection()
        client.send(b"a part")
        self.rescue = client.close
        return guest.call("sock_recv", 4, 0, 1, abi.RIFLAGS_WAITALL, 100, 104)

    def peeking_at_all(self) -> int:
        guest, client = self._connection()
        client.send(b"a part")
        self.rescue = client.close
        return guest.call("sock_recv", 4, 0, 1, abi.RIFLAGS_WAITALL | abi.RIFLAGS_PEEK, 100, 104)

    def reading_a_socket(self) -> int:
        guest, client = self._connection()
        self.rescue = client.close
        return guest.call("fd_read", 4, 0, 1, 100)

    def sending(self) -> int:
        guest, client = self._connection()
        self.rescue = client.close
        while True:
            code = guest.call("sock_send", 4, 0, 1, 0, 100)
            if code:
                return code

    # --- a few bytes go another way ---

    def _of_few_bytes(self, **config: Any) -> Waiting:
        guest = self.guest(**config)
        guest.write(0, (1024).to_bytes(4, "little") + (8).to_bytes(4, "little"))
        return guest

    def reading_a_few_bytes_of_a_pipe(self) -> int:
        read_end, write_end = self.pipe()
        self.rescue = lambda: os.write(write_end, b"x")
        return self._of_few_bytes(stdin=read_end).call("fd_read", 0, 0, 1, 100)

    def reading_a_few_bytes_of_a_file_of_pythons(self) -> int:
        read_end, write_end = self.pipe()
        self.rescue = lambda: os.write(write_end, b"x")
        with open(read_end, "rb", closefd=False) as file:
            return self._of_few_bytes(stdin=file).call("fd_read", 0, 0, 1, 100)

    def reading_a_few_bytes_of_a_fifo(self) -> int:
        os.mkfifo(self.folder / "fifo")
        writer = os.open(self.folder / "fifo", os.O_RDWR)
        self.filenos.append(writer)
        self.rescue = lambda: os.write(writer, b"x")
        guest = self._of_few_bytes(dirs={"/": self.folder})
        return guest.call("fd_read", guest.opened(b"fifo", abi.FD_READ), 0, 1, 100)

    def writing_a_few_bytes_to_a_full_pipe(self) -> int:
        read_end, write_end = self.pipe()
        fill(write_end)
        self.rescue = lambda: os.read(read_end, 1 << 20)
        return self._of_few_bytes(stdout=write_end).call("fd_write", 1, 0, 1, 100)

    def writing_a_few_bytes_to_a_file_of_pythons(self) -> int:
        read_end, write_end = self.pipe()
        fill(write_end)
        self.rescue = lambda: os.read(read_end, 1 << 20)
        with open(write_end, "wb", buffering=0, closefd=False) as file:
            return self._of_few_bytes(stdout=file).call("fd_write", 1, 0, 1, 100)


WAITS = [name for name in vars(Scene) if name[:1] != "_" and name.partition("_")[0].endswith("ing")]


@pytest.fixture
def make_scene(tmp_path: Path) -> Iterator[Callable[[float | None], Scene]]:
    scenes: list[Scene] = []

    def make(timeout: float | None) -> Scene:
        scenes.append(Scene(tmp_path, timeout))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.close()


def perform(scene: Scene, name: str) -> None:
    """The wait of that name, with its watchdog."""
    watchdog = threading.Timer(PATIENCE, lambda: scene.rescue())
    watchdog.daemon = True
    watchdog.start()
    try:
        getattr(scene, name)()
    finally:
        watchdog.cancel()


def test_there_are_waits() -> None:
    assert len(WAITS) == 28


@pytest.mark.parametrize("name", WAITS)
def test_the_deadline_ends_a_wait(name: str, make_scene: Callable[[float | None], Scene]) -> None:
    with pytest.raises(wasmvm.Trap) as caught:
        perform(make_scene(0.3), name)
    assert caught.value.code == "deadline"
    assert caught.value.frames, "it tells where the guest was"


@pytest.mark.parametrize("name", WAITS)
def test_interrupt_ends_a_wait(name: str, make_scene: Callable[[float | None], Scene]) -> None:
    scene = make_scene(None)

    def interrupt() -> None:
        while not scene.guests:
            time.sleep(0.01)
        time.sleep(0.3)  # so that the guest waits; if it does not yet, the interruption is for its next call
        scene.guests[0].instance.store.interrupt()

    timer = threading.Thread(target=interrupt)
    timer.start()
    try:
        with pytest.raises(wasmvm.Trap) as caught:
            perform(scene, name)
    finally:
        timer.join()
    assert caught.value.code == "interrupt"


@pytest.mark.parametrize("name", ["sleeping", "reading_a_pipe", "writing_a_full_pipe", "accepting"])
def test_a_wait_in_another_thread_ends(name: str, make_scene: Callable[[float | None], Scene]) -> None:
    found: list[str | None] = []

    def work() -> None:
        try:
            perform(make_scene(0.3), name)
        except wasmvm.Trap as trap:
            found.append(trap.code)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["deadline"]


CTRL_C = """
import signal, sys
from pathlib import Path
from tests.wasi.host.test_waiting import Scene
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    print("ready", flush=True)
    getattr(Scene(Path(sys.argv[2]), None), sys.argv[1])()
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("name", ["sleeping", "reading_a_pipe", "reading_a_file_of_pythons", "accepting"])
def test_ctrl_c_ends_a_wait(name: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CTRL_C, name, str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[3],
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    timer = threading.Timer(0.5, lambda: process.send_signal(signal.SIGINT))
    timer.start()
    out, err = process.communicate(timeout=PATIENCE)
    assert out == "interrupted\n", err


def test_a_handler_that_raises_timeout_error_is_heard() -> None:
    """TimeoutError is an OSError, but this one is no error of the host's that a guest should see."""
    with pytest.raises(TimeoutError, match="time is up"):
        Waiting(stdin=_raise_timeout).call("fd_read", 0, 0, 1, 100)
    assert Waiting(stdin=_raise_host_timeout).call("fd_read", 0, 0, 1, 100) == abi.ERRNO_NAMES.index("ETIMEDOUT")


def _raise_timeout(size: int) -> bytes:
    raise TimeoutError("time is up")


def _raise_host_timeout(size: int) -> bytes:
    raise TimeoutError(110, "host")


def test_random_bytes_come_in_pieces_that_look_at_the_deadline() -> None:
    sizes: list[int] = []

    def source(size: int) -> bytes:
        sizes.append(size)
        if len(sizes) == 1:
            guest.instance.store.interrupt()
        return bytes(size)

    guest = Waiting(random=source)
    with pytest.raises(wasmvm.Trap) as caught:
        guest.call("random_get", 0, 2 << 16)
    assert caught.value.code == "interrupt"
    assert sizes == [1 << 16]


def test_a_range_outside_of_memory_asks_for_nothing() -> None:
    def source(size: int) -> bytes:
        raise AssertionError("asked for bytes that have no place")

    guest = Waiting(random=source)
    assert guest.call("random_get", 1 << 16, 0xFFFFFFFF) == abi.ERRNO["EFAULT"]
    assert guest.call("random_get", 0xFFFFFFFF, 2) == abi.ERRNO["EFAULT"]


def test_two_stores_with_one_wasi_end_apart() -> None:
    """Which store is asked is kept for each thread."""
    read_end, write_end = os.pipe()
    codes: dict[str, str | None] = {}
    with Wasi(WasiConfig(stdin=read_end)) as wasi:
        first, second = (wasmvm.instantiate(MODULE, link(wasi)) for _ in range(2))

        def work(name: str, instance: Any) -> None:
            memoryview(instance.exports["memory"])[0:8] = (1024).to_bytes(4, "little") + (10).to_bytes(4, "little")
            try:
                codes[name] = str(instance.exports["fd_read"](0, 0, 1, 100))
            except wasmvm.Trap as trap:
                codes[name] = trap.code

        threads = [threading.Thread(target=work, args=pair) for pair in (("first", first), ("second", second))]
        for thread in threads:
            thread.start()
        timer = threading.Timer(0.3, first.store.interrupt)
        timer.start()
        threads[0].join(PATIENCE)
        assert codes == {"first": "interrupt"}
        os.write(write_end, b"x")
        threads[1].join(PATIENCE)
    assert codes == {"first": "interrupt", "second": "0"}
    os.close(read_end)
    os.close(write_end)


def test_the_store_is_forgotten_after_a_call() -> None:
    guest = Waiting(stdout=lambda data: None)
    guest.call("fd_write", 1, 0, 1, 100)
    assert waiter.caller is None
    with pytest.raises(wasmvm.Trap):
        sleep(Waiting(timeout=0.1))
    assert waiter.caller is None
    assert wait_slice() > 0


class Recorded(SystemClock):
    """An embedder's own clock: it is asked to wait, and waits by what it is given."""

    def wait(self, nanoseconds: int | None, ready: Callable[[int | None], bool]) -> None:
        super().wait(nanoseconds, ready)


@pytest.mark.parametrize("made", [Recorded, VirtualClock])
def test_clocks_of_the_embedder_go_on_working(made: type[Any]) -> None:
    guest = Waiting(clock=made())
    assert sleep(guest, 2_000_000) == 0
    if made is Recorded:
        with pytest.raises(wasmvm.Trap):
            sleep(Waiting(0.2, clock=made()))


def test_what_fits_is_written_in_order_and_whole() -> None:
    """A reader that is slower than the guest gets every byte once."""
    read_end, write_end = os.pipe()
    got = bytearray()

    def drain() -> None:
        while data := os.read(read_end, 5000):
            got.extend(data)

    thread = threading.Thread(target=drain)
    thread.start()
    pattern = bytes(range(251)) * 240
    guest = Waiting(stdout=write_end)
    guest.write(1024, pattern[:60_000])
    for _ in range(20):
        assert guest.call("fd_write", 1, 0, 1, 100) == 0
        assert guest.u32(100) == 60_000
    os.close(write_end)
    thread.join()
    os.close(read_end)
    assert bytes(got) == pattern[:60_000] * 20


def test_a_buffered_file_of_pythons_loses_nothing() -> None:
    """What Python has read ahead already comes first, without a wait."""
    read_end, write_end = os.pipe()
    os.write(write_end, b"first line\nsecond line\n")
    with open(read_end, "rb") as file:
        assert file.readline() == b"first line\n"
        guest = Waiting(PATIENCE, stdin=file)
        assert guest.call("fd_read", 0, 0, 1, 100) == 0
        assert bytes(memoryview(guest.memory)[1024 : 1024 + guest.u32(100)]) == b"second line\n"
        assert "readinto" not in vars(file.raw)
    os.close(write_end)


def test_a_listening_socket_is_given_back_as_it_was() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(7)
        with Wasi(WasiConfig(tcplisten=[listener])):
            assert listener.gettimeout() == 0
        assert listener.gettimeout() == 7


def test_a_non_blocking_fifo_is_opened_and_told_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    guest = Waiting(dirs={"/": tmp_path})
    fd = guest.opened(b"fifo", abi.FD_READ, abi.FDFLAGS_NONBLOCK)
    assert guest.call("fd_read", fd, 0, 1, 100) in (0, abi.ERRNO["EAGAIN"])
    guest.call("fd_close", fd)
    guest.write(200, b"fifo")
    enxio = abi.ERRNO_NAMES.index("ENXIO")
    assert guest.call("path_open", 3, 0, 200, 4, 0, abi.FD_WRITE, 0, abi.FDFLAGS_NONBLOCK, 100) == enxio


def test_a_unix_socket_in_a_folder_is_no_fifo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("sock")
        guest = Waiting(dirs={"/": tmp_path})
        guest.write(200, b"sock")
        enxio = abi.ERRNO_NAMES.index("ENXIO")
        assert guest.call("path_open", 3, 0, 200, 4, 0, abi.FD_WRITE, 0, 0, 100) == enxio


def test_large_transfers_look_at_the_deadline(tmp_path: Path) -> None:
    """Work in proportion to what is asked is done in pieces, in files of the host and in memory."""
    module = wasmvm.Module(wat().replace('(memory (export "memory") 2)', '(memory (export "memory") 512)'))
    for grant in (tmp_path, MemoryDirectory()):
        with Wasi(WasiConfig(dirs={"/": grant})) as wasi:
            instance = wasmvm.instantiate(module, link(wasi))
            memory = memoryview(instance.exports["memory"])
            memory[0:9] = (16).to_bytes(4, "little") + ((32 << 20) - 16).to_bytes(4, "little") + b"f"
            rights = abi.FD_READ | abi.FD_WRITE | abi.FD_SEEK | abi.FD_ALLOCATE
            assert instance.exports["path_open"](3, 0, 8, 1, 1, rights, 0, 0, 12) == 0
            asked: list[int] = []

            def counted(asked: list[int] = asked) -> float:
                asked.append(1)
                return wait_slice()

            for name in ("fd_write", "fd_pwrite", "fd_pread"):
                with pytest.MonkeyPatch.context() as patch:
                    for where in ("hostfile", "memtree"):
                        patch.setattr(f"wasmvm.wasi.host.{where}.wait_slice", counted)
                    arguments = (4, 0, 1, 12) if name == "fd_write" else (4, 0, 1, 0, 12)
                    assert instance.exports[name](*arguments) == 0
                assert len(asked) >= 8, (name, grant)
                asked.clear()
                memory[0:8] = (16).to_bytes(4, "little") + ((32 << 20) - 16).to_bytes(4, "little")


def test_pieces() -> None:
    buffers = [memoryview(bytes(range(n))) for n in (3, 0, 10, 1)]
    for size in range(1, 20):
        pieces = list(pieces_of(buffers, size))
        assert all(sum(map(len, piece)) == size for piece in pieces[:-1])
        assert b"".join(b"".join(piece) for piece in pieces) == b"".join(buffers)
    for count in range(15):
        assert b"".join(rest_of(buffers, count)) == b"".join(buffers)[count:]
    assert list(pieces_of([])) == []
    assert list(paced(range(5000))) == list(range(5000))


def test_long_walks_and_listings_look_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted() -> float:
        asked.append(1)
        return 1.0

    monkeypatch.setattr("wasmvm.wasi.host.walk.wait_slice", counted)
    monkeypatch.setattr("wasmvm.wasi.host.waiting.wait_slice", counted)
    directory = MemoryDirectory({f"d/{number}": b"" for number in range(5000)})
    guest = Waiting(dirs={"/": directory})
    for number in range(30):
        text, name = b"./" * 1000 + (b"d" if number == 0 else b"l%d" % (number - 1)), b"l%d" % number
        guest.write(2000, text)
        guest.write(10_000, name)
        assert guest.call("path_symlink", 2000, len(text), 3, 10_000, len(name)) == 0
    guest.write(2000, b"l29")
    assert guest.call("path_filestat_get", 3, 1, 2000, 3, 3000) == 0
    assert len(asked) >= 30
    asked.clear()
    fd = guest.opened(b"d", abi.FD_READDIR)
    assert guest.call("fd_readdir", fd, 1024, 100_000, 0, 100) == 0
    assert len(asked) >= 10
