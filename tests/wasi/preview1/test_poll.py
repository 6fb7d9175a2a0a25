"""``poll_oneoff``."""

from __future__ import annotations

import os
import struct
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from tests.wasi.guest import RIGHTS_FILE, Guest
from wasmvm.wasi import MemoryDirectory, WasiConfig
from wasmvm.wasi.host import hostfile
from wasmvm.wasi.preview1 import abi

MS = 10**6


def clock(userdata: int, clock_id: int, timeout: int, flags: int = 0) -> bytes:
    return struct.pack("<QB7xI4xQQH6x", userdata, abi.EVENTTYPE_CLOCK, clock_id, timeout, 0, flags)


def reading(userdata: int, fd: int) -> bytes:
    return struct.pack("<QB7xI28x", userdata, abi.EVENTTYPE_FD_READ, fd)


def writing(userdata: int, fd: int) -> bytes:
    return struct.pack("<QB7xI28x", userdata, abi.EVENTTYPE_FD_WRITE, fd)


def poll(guest: Guest, *subscriptions: bytes) -> list[tuple[int, str, int, int, int]]:
    """Events as (userdata, error, type, nbytes, flags)."""
    source = guest.put(b"".join(subscriptions))
    out, count = guest.room(32 * len(subscriptions)), guest.room(4)
    guest.ok("poll_oneoff", source, out, len(subscriptions), count)
    events = []
    for at in range(out, out + 32 * guest.u32(count), 32):
        userdata, error, kind, nbytes, flags = struct.unpack_from("<QHB5xQH6x", guest.memory, at)
        events.append((userdata, abi.ERRNO_NAMES[error], kind, nbytes, flags))
    end = out + 32 * guest.u32(count)
    assert set(guest.memory[end : out + 32 * len(subscriptions)]) <= {0xA5}, "wrote after the events"
    return events


@pytest.fixture
def piped() -> Iterator[tuple[Guest, int]]:
    """A guest whose standard input is a pipe, and the pipe's other end."""
    read_end, write_end = os.pipe()
    with Guest(WasiConfig(stdin=read_end, dirs={"/": MemoryDirectory({"file": b"hello"})})) as guest:
        yield guest, write_end
    os.close(read_end)
    os.close(write_end)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the host is asked to wait, each time: what is too long is seen without waiting for it."""
    waits: list[float] = []
    sleep, poll_host = time.sleep, hostfile.poll_host

    def sleep_and_tell(seconds: float) -> None:
        waits.append(seconds)
        assert sum(waits) < 10
        sleep(seconds)

    def poll_and_tell(wanted: Sequence[tuple[int, bool]], nanoseconds: int | None) -> list[tuple[bool, bool]]:
        waits.append(float("inf") if nanoseconds is None else nanoseconds / 1e9)
        assert sum(waits) < 10
        return poll_host(wanted, nanoseconds)

    monkeypatch.setattr(time, "sleep", sleep_and_tell)
    monkeypatch.setattr(hostfile, "poll_host", poll_and_tell)
    return waits


@pytest.mark.parametrize("clock_id", [abi.CLOCK_REALTIME, abi.CLOCK_MONOTONIC])
def test_a_clock(clock_id: int, asked: list[float]) -> None:
    with Guest() as guest:
        started = time.monotonic()
        assert poll(guest, clock(7, clock_id, 50 * MS)) == [(7, "SUCCESS", abi.EVENTTYPE_CLOCK, 0, 0)]
        assert time.monotonic() - started >= 0.05
    assert sum(asked) < 0.06


@pytest.mark.parametrize("clock_id", [abi.CLOCK_REALTIME, abi.CLOCK_MONOTONIC])
def test_an_absolute_time(clock_id: int, asked: list[float]) -> None:
    with Guest() as guest:
        then = guest.wasi.clock.time(clock_id) + 50 * MS
        poll(guest, clock(7, clock_id, then, abi.SUBCLOCKFLAGS_ABSTIME))
        assert guest.wasi.clock.time(clock_id) >= then
        assert sum(asked) < 0.06
        asked.clear()
        poll(guest, clock(7, clock_id, 1, abi.SUBCLOCKFLAGS_ABSTIME), clock(8, clock_id, 0))
        assert sum(asked) == 0


def test_the_first_of_several_clocks() -> None:
    with Guest() as guest:
        events = poll(
            guest,
            clock(1, abi.CLOCK_MONOTONIC, 3600 * 10**9),
            clock(2, abi.CLOCK_MONOTONIC, 20 * MS),
            clock(3, abi.CLOCK_REALTIME, abi.MASK64),
        )
        assert events == [(2, "SUCCESS", abi.EVENTTYPE_CLOCK, 0, 0)]


@pytest.mark.parametrize(
    ("clock_id", "flags", "error"),
    [(2, 0, "ENOTSUP"), (3, 0, "ENOTSUP"), (4, 0, "EINVAL"), (0xFFFFFFFF, 1, "EINVAL"), (1, 2, "EINVAL"),
     (1, 0xFFFF, "EINVAL")],
)  # fmt: skip
def test_odd_clocks_are_errors_of_their_events_and_do_not_hang(
    clock_id: int, flags: int, error: str, asked: list[float]
) -> None:
    with Guest() as guest:
        events = poll(guest, clock(1, abi.CLOCK_MONOTONIC, abi.MASK64), clock(2, clock_id, abi.MASK64, flags))
        assert events == [(2, error, abi.EVENTTYPE_CLOCK, 0, 0)]
    assert sum(asked) == 0


def test_files_are_always_ready(piped: tuple[Guest, int]) -> None:
    guest, _ = piped
    fd = guest.open("file", rights=RIGHTS_FILE)
    assert poll(guest, reading(1, fd), writing(2, fd), clock(3, 1, abi.MASK64)) == [
        (1, "SUCCESS", abi.EVENTTYPE_FD_READ, 5, 0),
        (2, "SUCCESS", abi.EVENTTYPE_FD_WRITE, 1, 0),
    ]
    guest.read(fd, 2)
    assert poll(guest, reading(1, fd))[0][3] == 3


def test_a_host_file_tells_how_much_is_left(tmp_path: object) -> None:
    (path := os.path.join(str(tmp_path), "file"))
    with open(path, "wb") as file:
        file.write(b"hello")
    with Guest(WasiConfig(dirs={"/": str(tmp_path)})) as guest:
        fd = guest.open("file", rights=RIGHTS_FILE)
        assert poll(guest, reading(1, fd))[0][3] == 5
        guest.read(fd, 4)
        assert poll(guest, reading(1, fd))[0][3] == 1


def test_a_pipe_with_data(piped: tuple[Guest, int]) -> None:
    guest, write_end = piped
    os.write(write_end, b"abc")
    assert poll(guest, reading(9, 0), clock(3, 1, abi.MASK64)) == [(9, "SUCCESS", abi.EVENTTYPE_FD_READ, 3, 0)]


def test_a_pipe_without_data(piped: tuple[Guest, int]) -> None:
    guest, _ = piped
    assert poll(guest, reading(9, 0), clock(3, 1, 20 * MS)) == [(3, "SUCCESS", abi.EVENTTYPE_CLOCK, 0, 0)]
    assert poll(guest, reading(9, 0), clock(3, 1, 0)) == [(3, "SUCCESS", abi.EVENTTYPE_CLOCK, 0, 0)]


def test_data_that_comes_while_waiting(piped: tuple[Guest, int]) -> None:
    guest, write_end = piped
    timer = threading.Timer(0.1, os.write, (write_end, b"x"))
    timer.start()
    assert poll(guest, clock(3, 1, 3600 * 10**9), reading(9, 0)) == [(9, "SUCCESS", abi.EVENTTYPE_FD_READ, 1, 0)]
    timer.join()
    assert poll(guest, reading(9, 0)) == [(9, "SUCCESS", abi.EVENTTYPE_FD_READ, 1, 0)]


def test_the_other_side_hung_up() -> None:
    read_end, write_end = os.pipe()
    os.close(write_end)
    with Guest(WasiConfig(stdin=read_end)) as guest:
        [(_, error, _, nbytes, flags)] = poll(guest, reading(9, 0))
        assert (error, nbytes, flags) == ("SUCCESS", 0, abi.EVENTRWFLAGS_HANGUP)
    os.close(read_end)


def test_what_is_ready_and_what_is_wrong_come_together_in_order(piped: tuple[Guest, int]) -> None:
    guest, write_end = piped
    os.write(write_end, b"abc")
    read_only = guest.open("file", rights=abi.FD_READ | abi.POLL_FD_READWRITE)
    no_poll = guest.open("file", rights=abi.FD_READ)
    events = poll(
        guest, reading(1, 99), clock(2, 1, abi.MASK64), reading(3, 0), writing(4, read_only), reading(5, no_poll),
        writing(6, 1), reading(7, 3), clock(8, 9, 0), reading(9, 0xFFFFFFFF),
    )  # fmt: skip
    assert [event[:2] for event in events] == [
        (1, "EBADF"), (3, "SUCCESS"), (4, "EBADF"), (5, "ENOTCAPABLE"), (6, "SUCCESS"), (7, "EBADF"), (8, "EINVAL"),
        (9, "EBADF"),
    ]  # fmt: skip


def test_errors() -> None:
    with Guest() as guest:
        assert guest.fails("poll_oneoff", 64, 256, 0, 512) == "EINVAL"
        assert guest.fails("poll_oneoff", 64, 256, 0xFFFFFFFF, 512) == "EINVAL"
        assert guest.fails("poll_oneoff", 64, 256, 1 << 28, 512) == "EINVAL"
        size = len(guest.memory)
        source = guest.put(clock(1, 1, 0))
        assert guest.fails("poll_oneoff", size - 47, 256, 1, 512) == "EFAULT"
        assert guest.fails("poll_oneoff", source, size - 31, 1, 512) == "EFAULT"
        assert guest.fails("poll_oneoff", source, 256, 1, size - 3) == "EFAULT"
        assert guest.fails("poll_oneoff", source, 256, 8000, 512) == "EFAULT"
        assert guest.fails("poll_oneoff", source, 256, 8193, 512) == "EINVAL"
        bad = guest.put(struct.pack("<QB39x", 1, 3))
        assert guest.fails("poll_oneoff", bad, 1024, 1, 512) == "EINVAL"


def test_events_may_be_written_over_the_subscriptions() -> None:
    with Guest() as guest:
        source = guest.put(clock(1, 9, 0) + clock(2, 9, 0))
        count = guest.room(4)
        guest.ok("poll_oneoff", source, source, 2, count)
        assert (guest.u64(source), guest.u64(source + 32)) == (1, 2)


def test_virtual_time_passes_at_once(asked: list[float]) -> None:
    with Guest(WasiConfig(deterministic=1)) as guest:
        guest.ok("clock_time_get", abi.CLOCK_MONOTONIC, 0, 64)
        before = guest.u64(64)
        assert poll(guest, clock(1, abi.CLOCK_MONOTONIC, 3600 * 10**9))[0][:2] == (1, "SUCCESS")
        guest.ok("clock_time_get", abi.CLOCK_MONOTONIC, 0, 64)
        assert 3600 * 10**9 <= guest.u64(64) - before < 3601 * 10**9
    assert sum(asked) == 0


def test_virtual_time_and_a_pipe() -> None:
    read_end, write_end = os.pipe()
    with Guest(WasiConfig(stdin=read_end, deterministic=1)) as guest:
        assert poll(guest, reading(1, 0), clock(2, 1, 10**12))[0][0] == 2
        os.write(write_end, b"x")
        assert [event[0] for event in poll(guest, reading(1, 0), clock(2, 1, 10**12))] == [1]
    os.close(read_end)
    os.close(write_end)


@pytest.mark.parametrize("place", [-31, 0])
def test_events_that_have_no_room_are_noticed_before_waiting(place: int, asked: list[float]) -> None:
    with Guest() as guest:
        subscription = guest.put(clock(1, abi.CLOCK_MONOTONIC, 1000 * MS))
        out, count = len(guest.memory) + place, guest.room(4)
        assert guest.fails("poll_oneoff", subscription, out, 1, count) == "EFAULT"
        assert guest.fails("poll_oneoff", len(guest.memory) - 47, 1024, 1, count) == "EFAULT"
    assert asked == []
