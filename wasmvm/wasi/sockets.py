"""Listening and connected sockets as descriptors of a guest's."""

from __future__ import annotations

from collections.abc import Sequence

from wasmvm.wasi import abi
from wasmvm.wasi.fdtable import Descriptor

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any


class _Socket(Descriptor):
    """A socket of the host's, which this object owns unless the embedder made it."""

    __slots__ = ("_owned", "socket")

    def __init__(self, socket: socket.socket, rights: int, fdflags: int, owned: bool = True) -> None:
        super().__init__(abi.FILETYPE_SOCKET_STREAM, rights, 0, fdflags)
        self.socket = socket
        self._owned = owned
        socket.setblocking(not fdflags & abi.FDFLAGS_NONBLOCK)

    def set_flags(self, fdflags: int) -> None:
        self.socket.setblocking(not fdflags & abi.FDFLAGS_NONBLOCK)
        self.fdflags = fdflags

    def poll_fileno(self, write: bool) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        if self._owned:
            self.socket.close()


class Listener(_Socket):
    """A socket that connections are accepted from."""

    __slots__ = ()

    def __init__(self, socket: socket.socket, owned: bool = True) -> None:
        super().__init__(socket, abi.RIGHTS_LISTENER, 0, owned)
        self.inheriting = abi.RIGHTS_SOCKET

    def accept(self, fdflags: int) -> Connection:
        """The next connection. Raises OSError (EAGAIN if this socket is non-blocking and there is none)."""
        accepted, _ = self.socket.accept()
        return Connection(accepted, self.inheriting, fdflags)

    def available(self, write: bool) -> int:
        return 1


class Connection(_Socket):
    """A connected socket."""

    __slots__ = ()

    def receive(self, buffers: Sequence[memoryview], *, peek: bool = False, wait_all: bool = False) -> tuple[int, bool]:
        """Bytes received, and whether some were cut off."""
        import socket

        flags = (socket.MSG_PEEK if peek else 0) | (getattr(socket, "MSG_WAITALL", 0) if wait_all else 0)
        if not hasattr(self.socket, "recvmsg_into"):  # Windows
            return (self.socket.recv_into(buffers[0], 0, flags) if buffers else 0), False
        count, _, result_flags, _ = self.socket.recvmsg_into(buffers, 0, flags)
        return count, bool(result_flags & socket.MSG_TRUNC)

    def readv(self, buffers: Sequence[memoryview]) -> int:
        return self.receive(buffers)[0]

    def writev(self, buffers: Sequence[memoryview]) -> int:
        import socket

        flags = getattr(socket, "MSG_NOSIGNAL", 0)  # the embedder may have given SIGPIPE its deadly meaning back
        if not hasattr(self.socket, "sendmsg"):  # Windows
            return self.socket.send(buffers[0], flags) if buffers else 0
        return self.socket.sendmsg(buffers, (), flags)

    def available(self, write: bool) -> int:
        from wasmvm.wasi.hostfile import readable_bytes

        return 1 if write else readable_bytes(self.socket.fileno())

    def shut_down(self, how: int) -> None:
        """End the directions ``SDFLAGS_*``."""
        import socket

        self.socket.shutdown((socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR)[how - 1])


def open_listener(address: Any) -> Listener:
    """A listening socket for ``"HOST:PORT"`` (``"[HOST]:PORT"`` for IPv6), or for a socket object of the embedder's.

    Raises:
        ValueError: if the text is not of that form.
        OSError: if the address cannot be had.
    """
    import socket

    if isinstance(address, socket.socket):
        return Listener(address, owned=False)
    host, colon, port = str(address).rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{address!r} is not HOST:PORT")
    family = socket.AF_INET
    if host.startswith("[") and host.endswith("]"):
        host, family = host[1:-1], socket.AF_INET6
    return Listener(socket.create_server((host, int(port)), family=family))
