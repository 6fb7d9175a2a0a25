"""Sockets that the embedder granted: ``sock_accept``, ``sock_recv``, ``sock_send``, ``sock_shutdown``.

A guest cannot make sockets. It gets listening ones as descriptors after the preopened directories (see
`wasmvm.wasi.config`), and those that it accepts from them; they can be read, written, polled and closed like files.
"""

from __future__ import annotations

from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.sockets import Connection, Listener
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import store_u16, store_u32
from wasmvm.wasi.preview1.function import buffers_of, wasi_function
from wasmvm.wasi.preview1.guest import Wasi


def _connection(wasi: Wasi, fd: int, rights: int) -> Connection:
    """The connected socket `fd`. Anything else is ENOTSOCK or ENOTCONN, whatever its rights."""
    connection = wasi.table.get(fd)
    if not connection.is_socket:
        raise WasiError(errno.ENOTSOCK)
    if not isinstance(connection, Connection):
        raise WasiError(errno.ENOTCONN)
    wasi.table.get(fd, rights)
    return connection


@wasi_function
def sock_accept(wasi: Wasi, mem: memoryview, fd: int, flags: int, connection: int) -> None:
    """Accept a connection and write its descriptor (u32) to `connection`.

    Parameters:
        fd: a listening socket.
        flags: flags of the new descriptor; only 4, nonblock, is possible.

    Right: sock_accept. Errors: EBADF, ENOTSOCK, EINVAL for other flags or a socket that does not listen, EAGAIN if
    `fd` is non-blocking and nobody waits, EMFILE, EFAULT.
    """
    listener = wasi.table.get(fd)
    if not listener.is_socket:
        raise WasiError(errno.ENOTSOCK)
    if not isinstance(listener, Listener) or flags & ~abi.FDFLAGS_NONBLOCK:
        raise WasiError(errno.EINVAL)
    wasi.table.get(fd, terms.MAY_ACCEPT)
    wasi.table.check_room()
    store_u32(mem, connection, wasi.table.add(listener.accept(abi.HOST_FDFLAGS[flags])))


@wasi_function
def sock_recv(
    wasi: Wasi,
    mem: memoryview,
    fd: int,
    ri_data: int,
    ri_data_len: int,
    ri_flags: int,
    ro_datalen: int,
    ro_flags: int,
) -> None:
    """Receive from a connection.

    Parameters:
        ri_data, ri_data_len: an array of ``iovec`` (buf u32, buf_len u32) to be filled in order.
        ri_flags: 1 to leave the data in the queue, 2 to wait until the buffers are full.
        ro_datalen: where the number of bytes received (u32) goes; 0 at the end.
        ro_flags: where flags (u16) go: 1 if data was cut off, which streams never do.

    Right: fd_read. Errors: EBADF, ENOTSOCK, ENOTCONN, EINVAL for another flag, EAGAIN, ECONNRESET, EFAULT.
    """
    connection = _connection(wasi, fd, terms.MAY_READ)
    if ri_flags & ~(abi.RIFLAGS_PEEK | abi.RIFLAGS_WAITALL):
        raise WasiError(errno.EINVAL)
    count, truncated = connection.receive(
        buffers_of(mem, ri_data, ri_data_len),
        peek=ri_flags & abi.RIFLAGS_PEEK != 0,
        wait_all=ri_flags & abi.RIFLAGS_WAITALL != 0,
    )
    store_u32(mem, ro_datalen, count)
    store_u16(mem, ro_flags, abi.ROFLAGS_DATA_TRUNCATED if truncated else 0)


@wasi_function
def sock_send(
    wasi: Wasi, mem: memoryview, fd: int, si_data: int, si_data_len: int, si_flags: int, so_datalen: int
) -> None:
    """Send to a connection.

    Parameters:
        si_data, si_data_len: an array of ``ciovec`` (buf u32, buf_len u32) to be sent in order.
        si_flags: must be 0.
        so_datalen: where the number of bytes sent (u32) goes.

    Right: fd_write. Errors: EBADF, ENOTSOCK, ENOTCONN, EINVAL for a flag, EAGAIN, EPIPE, ECONNRESET, EFAULT.
    """
    connection = _connection(wasi, fd, terms.MAY_WRITE)
    if si_flags:
        raise WasiError(errno.EINVAL)
    store_u32(mem, so_datalen, connection.write(buffers_of(mem, si_data, si_data_len)))


@wasi_function
def sock_shutdown(wasi: Wasi, mem: memoryview, fd: int, how: int) -> None:
    """End one or both directions of a connection.

    Parameters:
        how: 1 receiving, 2 sending, 3 both.

    Right: sock_shutdown. Errors: EBADF, ENOTSOCK, ENOTCONN, EINVAL for another `how`.
    """
    connection = _connection(wasi, fd, terms.MAY_SHUT_DOWN)
    if how == 0 or how & ~(abi.SDFLAGS_RD | abi.SDFLAGS_WR):
        raise WasiError(errno.EINVAL)
    connection.shut_down(how & abi.SDFLAGS_RD != 0, how & abi.SDFLAGS_WR != 0)
