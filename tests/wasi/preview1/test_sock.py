"""``sock_*`` on loopback, and sockets as descriptors."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE
from tests.wasi.guest import RIGHTS_LISTENER, RIGHTS_SOCKET, Guest
from tests.wasi.preview1.test_poll import clock, poll, reading, writing
from wasmvm.wasi import MemoryDirectory, WasiConfig
from wasmvm.wasi.host import sockets
from wasmvm.wasi.preview1 import abi

pytestmark = pytest.mark.skipif(not hasattr(socket, "create_server"), reason="no sockets on this platform")


class Server:
    """A guest with a listening socket as descriptor 4, and clients for it."""

    def __init__(self) -> None:
        self.guest = Guest(WasiConfig(dirs={"/": MemoryDirectory()}, tcplisten=["127.0.0.1:0"]))
        self.address = self.guest.wasi.table.get(4).socket.getsockname()  # type: ignore[attr-defined]
        self.clients: list[socket.socket] = []

    def connect(self) -> socket.socket:
        self.clients.append(socket.create_connection(self.address, timeout=PATIENCE))
        return self.clients[-1]

    def accept(self, flags: int = 0) -> int:
        out = self.guest.room(4)
        self.guest.ok("sock_accept", 4, flags, out)
        return self.guest.u32(out)

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.guest.wasi.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def test_a_conversation(server: Server) -> None:
    guest = server.guest
    client = server.connect()
    fd = server.accept()
    assert fd == 5
    client.sendall(b"hello")
    a, b, size, flags = guest.room(2), guest.room(16), guest.room(4), guest.room(2)
    guest.ok("sock_recv", fd, *guest.iovs((a, 2), (b, 16)), 0, size, flags)
    assert guest.written() == {a: b"he", b: b"llo", size: b"\x05\0\0\0", flags: b"\0\0"}
    guest.ok("sock_send", fd, *guest.iovs((guest.put(b"by"), 2), (guest.put(b"e"), 1)), 0, size)
    assert guest.u32(size) == 3
    assert client.recv(10) == b"bye"
    guest.ok("sock_shutdown", fd, abi.SDFLAGS_WR)
    assert client.recv(10) == b""
    client.sendall(b"still")
    assert guest.read(fd, 10) == b"still"
    client.close()
    assert guest.read(fd, 10) == b""
    guest.ok("fd_close", fd)


def test_files_calls_work_on_sockets(server: Server) -> None:
    guest, client = server.guest, server.connect()
    fd = server.accept()
    guest.write(fd, b"from the guest")
    assert client.recv(100) == b"from the guest"
    client.sendall(b"from the client")
    assert guest.read(fd, 100) == b"from the client"
    for name, arguments in (("fd_seek", (0, 0, 64)), ("fd_tell", (64,)), ("fd_pread", (64, 0, 0, 64))):
        assert guest.fails(name, fd, *arguments) == "ESPIPE"


def test_peek_and_wait_all(server: Server) -> None:
    guest, client = server.guest, server.connect()
    fd = server.accept()
    buffer, size, flags = guest.room(8), guest.room(4), guest.room(2)
    client.sendall(b"abcd")
    for _ in range(2):
        guest.ok("sock_recv", fd, *guest.iovs((buffer, 4)), abi.RIFLAGS_PEEK, size, flags)
        assert guest.memory[buffer : buffer + 4] == b"abcd"
    client.sendall(b"efgh")
    guest.ok("sock_recv", fd, *guest.iovs((buffer, 8)), abi.RIFLAGS_WAITALL, size, flags)
    assert guest.memory[buffer : buffer + 8] == b"abcdefgh"


@pytest.mark.skipif(not hasattr(select, "POLLRDHUP"), reason="the host does not tell whether more will come")
@pytest.mark.parametrize("slice_", [0.001, 30.0])
def test_peeking_at_all_looks_again_soon(server: Server, slice_: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some milliseconds, and no later than the store wants to be asked; all that came is then looked at, and stays."""
    guest, client = server.guest, server.connect()
    fd = server.accept()
    buffer, size, flags = guest.room(8), guest.room(4), guest.room(2)
    client.sendall(b"abcd")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            client.sendall(b"efgh")
            select.select([], [client], [])

    monkeypatch.setattr("wasmvm.wasi.host.sockets.time.sleep", sleep)
    monkeypatch.setattr("wasmvm.wasi.host.sockets.wait_slice", lambda: slice_)
    all_of_it = abi.RIFLAGS_PEEK | abi.RIFLAGS_WAITALL
    guest.ok("sock_recv", fd, *guest.iovs((buffer, 8)), all_of_it, size, flags)
    assert guest.memory[buffer : buffer + 8] == b"abcdefgh"
    assert len(slept) >= 3
    assert set(slept) == {min(slice_, sockets._PEEK_AGAIN)}
    assert sockets._PEEK_AGAIN <= 0.01
    assert guest.read(fd, 8) == b"abcdefgh"


def test_non_blocking(server: Server) -> None:
    guest = server.guest
    guest.ok("fd_fdstat_set_flags", 4, abi.FDFLAGS_NONBLOCK)
    assert guest.fails("sock_accept", 4, 0, 64) == "EAGAIN"
    server.connect()
    poll(guest, reading(1, 4))
    fd = server.accept(abi.FDFLAGS_NONBLOCK)
    guest.ok("fd_fdstat_get", fd, 64)
    assert guest.memory[66] == abi.FDFLAGS_NONBLOCK
    assert guest.fails("fd_read", fd, *guest.iovs((128, 8)), 256) == "EAGAIN"
    assert guest.fails("sock_recv", fd, *guest.iovs((128, 8)), 0, 256, 264) == "EAGAIN"


def test_polling(server: Server) -> None:
    guest = server.guest
    assert poll(guest, reading(1, 4), clock(2, 1, 10**7))[0][0] == 2
    client = server.connect()
    assert poll(guest, reading(1, 4), clock(2, 1, 10**11))[0][:2] == (1, "SUCCESS")
    fd = server.accept()
    assert poll(guest, reading(1, fd), writing(3, fd), clock(2, 1, 10**11)) == [
        (3, "SUCCESS", abi.EVENTTYPE_FD_WRITE, 1, 0)
    ]
    client.sendall(b"12345")
    assert poll(guest, reading(1, fd), clock(2, 1, 10**11)) == [(1, "SUCCESS", abi.EVENTTYPE_FD_READ, 5, 0)]


def test_what_descriptors_tell(server: Server) -> None:
    guest = server.guest
    server.connect()
    for fd, rights in ((4, RIGHTS_LISTENER), (server.accept(), RIGHTS_SOCKET)):
        guest.ok("fd_fdstat_get", fd, 64)
        assert struct.unpack_from("<BxH4xQ", guest.memory, 64) == (abi.FILETYPE_SOCKET_STREAM, 0, rights)
        guest.ok("fd_filestat_get", fd, 128)
        assert guest.memory[128 + 16] == abi.FILETYPE_SOCKET_STREAM
    assert guest.fails("fd_prestat_get", 4, 64) == "EBADF"


SOCK_CALLS = {
    "sock_accept": (0, 64), "sock_recv": (64, 0, 0, 64, 72), "sock_send": (64, 0, 0, 64), "sock_shutdown": (3,),
}  # fmt: skip


@pytest.mark.parametrize("name", SOCK_CALLS)
def test_bad_descriptors(server: Server, name: str) -> None:
    guest = server.guest
    assert guest.fails(name, 99, *SOCK_CALLS[name]) == "EBADF"
    for fd in (0, 1, 2, 3):
        assert guest.fails(name, fd, *SOCK_CALLS[name]) == "ENOTSOCK"
    server.connect()
    connection = server.accept()
    assert guest.fails(name, connection if name == "sock_accept" else 4, *SOCK_CALLS[name]) in ("EINVAL", "ENOTCONN")


@pytest.mark.parametrize(
    ("name", "place"), [("sock_accept", 1), ("sock_recv", 0), ("sock_recv", 3), ("sock_recv", 4), ("sock_send", 0),
                        ("sock_send", 3)],
)  # fmt: skip
def test_bad_addresses(server: Server, name: str, place: int) -> None:
    server.connect()
    fd = 4 if name == "sock_accept" else server.accept()
    arguments = list(SOCK_CALLS[name])
    for address in (0x10001, 0xFFFFFFFF):
        arguments[place] = address
        assert server.guest.fails(name, fd, *arguments) == "EFAULT"


def test_bad_flags(server: Server) -> None:
    guest = server.guest
    server.connect()
    for flags in (1, 2, 8, 16, 32, 0xFFFFFFFF):
        assert guest.fails("sock_accept", 4, flags, 64) == "EINVAL"
    fd = server.accept()
    for flags in (4, 0xFFFF):
        assert guest.fails("sock_recv", fd, 64, 0, flags, 64, 72) == "EINVAL"
    assert guest.fails("sock_send", fd, 64, 0, 1, 64) == "EINVAL"
    for how in (0, 4, 7, 0xFF, 0xFFFFFFFF):
        assert guest.fails("sock_shutdown", fd, how) == "EINVAL"


def test_rights(server: Server) -> None:
    guest = server.guest
    server.connect()
    fd = server.accept()
    guest.ok("fd_fdstat_set_rights", fd, 0, 0)
    assert guest.fails("sock_recv", fd, 64, 0, 0, 64, 72) == "EBADF"
    assert guest.fails("sock_send", fd, 64, 0, 0, 64) == "EBADF"
    assert guest.fails("sock_shutdown", fd, 3) == "ENOTCAPABLE"
    guest.ok("fd_fdstat_set_rights", 4, 0, 0)
    assert guest.fails("sock_accept", 4, 0, 64) == "ENOTCAPABLE"


def test_sending_to_nobody_is_an_error_and_no_signal(server: Server) -> None:
    guest, client = server.guest, server.connect()
    fd = server.accept()
    client.close()
    out = guest.room(4)
    data = guest.iovs((guest.put(b"x"), 1))
    codes = {abi.ERRNO_NAMES[guest.call("sock_send", fd, *data, 0, out)] for _ in range(20)}
    assert codes & {"EPIPE", "ECONNRESET"}


def test_a_socket_of_the_embedder_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with (
            Guest(WasiConfig(tcplisten=[listener])) as guest,
            socket.create_connection(listener.getsockname()) as client,
        ):
            out = guest.room(4)
            guest.ok("sock_accept", 3, 0, out)
            guest.write(guest.u32(out), b"hi")
            assert client.recv(10) == b"hi"
        assert listener.fileno() >= 0


@pytest.mark.parametrize("address", ["", "127.0.0.1", "127.0.0.1:x", ":", "127.0.0.1:65536", "127.0.0.1:-1"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        Guest(WasiConfig(tcplisten=[address]))


def test_closing_closes_the_listener() -> None:
    server = Server()
    server.close()
    with pytest.raises(OSError, match=r"."):
        socket.create_connection(server.address, timeout=PATIENCE)


def test_a_full_table_accepts_nobody() -> None:
    """What cannot get a number is not taken out of the host's queue either: the next one gets it."""
    with Guest(WasiConfig(tcplisten=["127.0.0.1:0"], max_descriptors=4)) as guest:
        address = guest.wasi.table.get(3).socket.getsockname()  # type: ignore[attr-defined]
        with socket.create_connection(address, timeout=PATIENCE):
            assert guest.fails("sock_accept", 3, 0, 64) == "EMFILE"
            guest.ok("fd_close", 0)
            guest.ok("sock_accept", 3, 0, 64)
            assert guest.u32(64) == 0


def test_an_address_of_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this host has no IPv6")
    with Guest(WasiConfig(tcplisten=["[::1]:0"])) as guest:
        address = guest.wasi.table.get(3).socket.getsockname()  # type: ignore[attr-defined]
        assert address[0] == "::1"
        with socket.create_connection(address[:2], timeout=PATIENCE):
            guest.ok("sock_accept", 3, 0, 64)
