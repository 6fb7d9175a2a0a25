"""Listening and connected sockets as descriptors of a guest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from wasmvm.wasi.host import terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import Descriptor
from wasmvm.wasi.host.hostfile import leave_some, readable_bytes, wait_ready
from wasmvm.wasi.host.waiting import rest_of, wait_slice

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any, TypeVar

    T = TypeVar("T")

_PEEK_AGAIN = 0.005
"""Seconds between two looks at a queue that is read only when it is full."""


class _Socket(Descriptor):
    """A socket of the host, which this object owns unless the embedder made it.

    For the host it is non-blocking, whatever the guest says: waiting is polling (`hostfile.wait_ready`).
    """

    __slots__ = ("_owned", "_timeout", "socket")

    def __init__(self, socket: socket.socket, rights: int, flags: int, owned: bool = True) -> None:
        super().__init__(terms.FILETYPE_SOCKET_STREAM, rights, 0, flags)
        self.socket = socket
        self._owned = owned
        self._timeout = socket.gettimeout()
        socket.setblocking(False)

    def _until_done(self, write: bool, operation: Callable[[], T]) -> T:
        """The result of an operation that raises BlockingIOError as long as it would wait."""
        while True:
            try:
                return operation()
            except BlockingIOError:
                if self.flags & terms.FLAG_NONBLOCK:
                    raise
            wait_ready(self.socket.fileno(), write)

    def poll_fileno(self, write: bool) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        if self._owned:
            self.socket.close()
        elif self.socket.fileno() >= 0:
            self.socket.settimeout(self._timeout)


class Listener(_Socket):
    """A socket that accepts connections."""

    __slots__ = ()

    def __init__(self, socket: socket.socket, owned: bool = True) -> None:
        super().__init__(socket, terms.RIGHTS_LISTENER, 0, owned)
        self.inheriting = terms.RIGHTS_SOCKET

    def accept(self, flags: int) -> Connection:
        """Wait for the next connection. Raises OSError (EAGAIN if this socket is non-blocking and there is none)."""
        accepted, _ = self._until_done(False, self.socket.accept)
        try:
            leave_some(accepted.fileno())
        except WasiError:
            accepted.detach()  # closed already
            raise
        return Connection(accepted, self.inheriting, flags)

    def available(self, write: bool) -> int:
        return 1


class Connection(_Socket):
    """A connected socket."""

    __slots__ = ()

    def receive(self, buffers: Sequence[memoryview], *, peek: bool = False, wait_all: bool = False) -> tuple[int, bool]:
        """Receive; returns the number of bytes, and whether some were cut off."""
        import socket

        flags = socket.MSG_PEEK if peek else 0
        rest, done = list(buffers), 0
        while True:
            try:
                count, truncated = self._until_done(False, partial(self._receive_some, rest, flags))
            except OSError:
                if done:
                    return done, False
                raise
            if peek:
                done, rest_size = max(done, count), sum(map(len, buffers)) - count
            else:
                done += count
                rest = rest_of(rest, count)
                rest_size = sum(map(len, rest))
            if not (wait_all and count and rest_size) or truncated or self.flags & terms.FLAG_NONBLOCK:
                return done, truncated
            if peek:
                if self._is_ended():
                    return done, False
                time.sleep(min(wait_slice(), _PEEK_AGAIN))

    def _receive_some(self, buffers: Sequence[memoryview], flags: int) -> tuple[int, bool]:
        import socket

        if not hasattr(self.socket, "recvmsg_into"):  # Windows
            return (self.socket.recv_into(buffers[0], 0, flags) if buffers else 0), False
        count, _, result_flags, _ = self.socket.recvmsg_into(buffers, 0, flags)
        return count, bool(result_flags & socket.MSG_TRUNC)

    def _is_ended(self) -> bool:
        """Whether the other side has said that no more will come; True if the host cannot tell."""
        import select

        if not hasattr(select, "POLLRDHUP"):
            return True
        poll = select.poll()
        poll.register(self.socket.fileno(), select.POLLRDHUP)
        return bool(poll.poll(0))

    def readv(self, buffers: Sequence[memoryview]) -> int:
        return self.receive(buffers)[0]

    def writev(self, buffers: Sequence[memoryview]) -> int:
        rest, done = list(buffers), 0
        while True:
            try:
                count = self._until_done(True, partial(self._send_some, rest))
            except OSError:
                if done:
                    return done
                raise
            done += count
            rest = rest_of(rest, count)
            if not rest or self.flags & terms.FLAG_NONBLOCK:
                return done

    def _send_some(self, buffers: Sequence[memoryview]) -> int:
        import socket

        flags = getattr(socket, "MSG_NOSIGNAL", 0)  # the embedder may have given SIGPIPE its deadly meaning back
        if not hasattr(self.socket, "sendmsg"):  # Windows
            return self.socket.send(buffers[0], flags) if buffers else 0
        return self.socket.sendmsg(buffers, (), flags)

    def available(self, write: bool) -> int:
        return 1 if write else readable_bytes(self.socket.fileno())

    def shut_down(self, receiving: bool, sending: bool) -> None:
        """End one direction, or both."""
        import socket

        both = receiving and sending
        self.socket.shutdown(socket.SHUT_RDWR if both else socket.SHUT_RD if receiving else socket.SHUT_WR)


def open_listener(address: Any) -> Listener:
    """A listening socket for ``"HOST:PORT"`` (``"[HOST]:PORT"`` for IPv6), or for the embedder's own socket object.

    Raises:
        ValueError: if the text is not of that form.
        OSError: if the host cannot listen at the address.
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
