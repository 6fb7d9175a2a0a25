"""A file or stream that is a descriptor of the host.

Bytes go between the host and the guest's memory directly (``readv``/``writev`` on views of it). If the platform
lacks a call (Windows has neither ``readv`` nor ``pread``), there is one copy, or ENOTSUP.
"""

from __future__ import annotations

import errno as host_errno
import os
import stat as host_stat
import sys
from collections.abc import Callable, Sequence

from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import Descriptor, Filestat
from wasmvm.wasi.host.waiting import PIECE, pieces_of, rest_of, wait_slice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.wasi.host.quota import Quota

_readv: Callable[[int, Sequence[memoryview]], int] | None = getattr(os, "readv", None)
_writev: Callable[[int, Sequence[memoryview]], int] | None = getattr(os, "writev", None)
_FILETYPES = {
    host_stat.S_IFBLK: terms.FILETYPE_BLOCK_DEVICE,
    host_stat.S_IFCHR: terms.FILETYPE_CHARACTER_DEVICE,
    host_stat.S_IFDIR: terms.FILETYPE_DIRECTORY,
    host_stat.S_IFREG: terms.FILETYPE_REGULAR_FILE,
    host_stat.S_IFLNK: terms.FILETYPE_SYMBOLIC_LINK,
    host_stat.S_IFSOCK: terms.FILETYPE_SOCKET_STREAM,
}
_NO_WAIT: int = getattr(os, "RWF_NOWAIT", 0) if hasattr(os, "preadv") and hasattr(os, "pwritev") else 0
"""Linux: makes one read or write not wait, whatever the flags of the open file are."""
_NO_WAIT_IS_UNKNOWN = frozenset(
    number for name in ("EOPNOTSUPP", "ENOSYS", "EINVAL", "ESPIPE") if (number := getattr(host_errno, name, 0))
)
_TERMINAL_PIECE = 256
"""Bytes that a terminal takes whenever it is ready to be written."""
_FEW = 16
"""A number of host descriptors that no limit forbids."""
_PAUSE = 0.001
"""Seconds until the next try when somebody else took what was ready."""
_ALLOCATED_PIECE = 64 << 20
"""Bytes that are allocated before the store is asked again."""


def filetype_of(mode: int) -> str:
    """The ``FILETYPE_*`` for a host's ``st_mode``; a FIFO is unknown."""
    return _FILETYPES.get(host_stat.S_IFMT(mode), terms.FILETYPE_UNKNOWN)


def filestat_of(status: os.stat_result) -> Filestat:
    """A host's ``stat_result`` as a `Filestat`."""
    return Filestat(
        status.st_dev,
        status.st_ino,
        filetype_of(status.st_mode),
        status.st_nlink,
        status.st_size,
        status.st_atime_ns,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def poll_host(wanted: Sequence[tuple[int, bool]], nanoseconds: int | None) -> list[tuple[bool, bool]]:
    """Wait for host descriptors, for at most `nanoseconds` (None: for ever).

    Args:
        wanted: descriptors, each with whether it is to be written (else read).

    Returns:
        For each, whether it is ready and whether its other side hung up. What the host cannot poll counts as ready.
    """
    import select

    if not hasattr(select, "poll"):  # Windows, where only sockets can be polled
        reads = [fileno for fileno, write in wanted if not write]
        writes = [fileno for fileno, write in wanted if write]
        try:
            ready = select.select(reads, writes, [], None if nanoseconds is None else nanoseconds / 1e9)
        except OSError:
            return [(True, False)] * len(wanted)
        return [(fileno in ready[write], False) for fileno, write in wanted]
    events: dict[int, int] = {}
    for fileno, write in wanted:
        events[fileno] = events.get(fileno, 0) | (select.POLLOUT if write else select.POLLIN)
    poll = select.poll()
    for fileno, mask in events.items():
        poll.register(fileno, mask)
    found = dict(poll.poll(None if nanoseconds is None else (nanoseconds + 999_999) // 1_000_000))
    other = select.POLLERR | select.POLLHUP | select.POLLNVAL
    return [
        (
            found.get(fileno, 0) & ((select.POLLOUT if write else select.POLLIN) | other) != 0,
            found.get(fileno, 0) & select.POLLHUP != 0,
        )
        for fileno, write in wanted
    ]


def wait_ready(fileno: int, write: bool) -> None:
    """Wait until a host descriptor can be read (written) or has an error, or its store ends the guest (`waiting`)."""
    while not poll_host([(fileno, write)], int(wait_slice() * 1e9))[0][0]:
        pass


def leave_some(fileno: int) -> int:
    """Return a descriptor that was just opened for a guest, unless it is one of the last that the process may have.

    Hosts give the lowest free number. A quarter of what the process may have is left to the embedder, however many
    guests there are.

    Raises:
        WasiError: EMFILE; the descriptor is closed then.
    """
    if fileno >= _FEW and hasattr(os, "sysconf"):
        limit = os.sysconf("SC_OPEN_MAX")
        if limit > 0 and fileno >= limit - limit // 4:
            os.close(fileno)
            raise WasiError(errno.EMFILE)
    return fileno


def readable_bytes(fileno: int) -> int:
    """Bytes that wait in a pipe, terminal or socket; 1 if the host does not say."""
    try:
        import fcntl
        import termios

        return int.from_bytes(fcntl.ioctl(fileno, termios.FIONREAD, bytes(4)), sys.byteorder)
    except (ImportError, OSError):
        return 1


def _total(buffers: Sequence[memoryview]) -> int:
    return sum(map(len, buffers))


def scatter(data: bytes | memoryview, buffers: Sequence[memoryview]) -> int:
    """Copy `data`, which fits, into the buffers in order; returns its length."""
    at = 0
    for buffer in buffers:
        piece = data[at : at + len(buffer)]
        buffer[: len(piece)] = piece
        at += len(piece)
        if at == len(data):
            break
    return at


class HostFile(Descriptor):
    """A host descriptor that is not a directory.

    Regular files and disks are read and written directly, in pieces. Anything else may keep the host waiting for any
    time: so it is only asked for what can be done at once, and waiting is polling (`wait_ready`).

    Attributes:
        fileno: the host's number; -1 when closed.
        owned: whether `close` closes it. What was inherited is not closed, and its flags are not changed, since the
            embedder and other processes share them: this class then does what NONBLOCK and APPEND ask for. What is
            owned and not a file is non-blocking for the host, whatever the guest says.
        is_stream: whether it may wait.
        quota: the quota of the directory that it is in, or None; `account_to` sets it.
    """

    __slots__ = ("_no_wait", "fileno", "is_stream", "owned", "quota")

    def __init__(self, fileno: int, filetype: str, rights: int, flags: int = 0, owned: bool = True) -> None:
        super().__init__(filetype, rights, 0, flags)
        self.fileno = fileno
        self.owned = owned
        self.is_stream = filetype not in (terms.FILETYPE_REGULAR_FILE, terms.FILETYPE_BLOCK_DEVICE)
        self.prompt = not self.is_stream
        self._no_wait = _NO_WAIT
        self.quota: Quota | None = None

    def account_to(self, quota: Quota) -> None:
        """Count what is written to this file, if it is a regular one."""
        if self.filetype == terms.FILETYPE_REGULAR_FILE:
            self.quota = quota
            quota.opened(os.fstat(self.fileno))

    def _written(self, count: int) -> int:
        """The end of every write: does what the SYNC flags ask for, as hosts cannot change them on an open file."""
        if self.flags & (terms.FLAG_SYNC | terms.FLAG_DSYNC | terms.FLAG_RSYNC):
            self.sync(not self.flags & (terms.FLAG_SYNC | terms.FLAG_RSYNC))
        return count

    def readv(self, buffers: Sequence[memoryview]) -> int:
        if self.is_stream:
            return self._read_stream(buffers)
        return _in_pieces(buffers, self._read_some)

    def writev(self, buffers: Sequence[memoryview]) -> int:
        if self.is_stream:
            count = self._write_stream(buffers)
            return count if not self.flags else self._written(count)
        if self.flags & terms.FLAG_APPEND and not self.owned:
            os.lseek(self.fileno, 0, os.SEEK_END)
        if self.quota is None:
            if not self.flags and _writev is not None and len(buffers) == 1 and len(buffers[0]) <= PIECE:
                return _writev(self.fileno, buffers)  # as nearly always
            return self._written(_in_pieces(buffers, self._write_some))
        offset = -1 if self.flags & terms.FLAG_APPEND else os.lseek(self.fileno, 0, os.SEEK_CUR)
        return self._written(self._counted(buffers, offset, self._write_some))

    def write_bytes(self, data: bytes) -> int:
        if self.is_stream or self.flags or self.quota is not None or self.limit is not None:
            return super().write_bytes(data)
        return os.write(self.fileno, data)

    def read_bytes(self, size: int) -> bytes | bytearray:
        return super().read_bytes(size) if self.is_stream else os.read(self.fileno, size)

    def _counted(
        self, buffers: Sequence[memoryview], offset: int, some: Callable[[Sequence[memoryview], int], int]
    ) -> int:
        """`_in_pieces` for a file with a quota: writes what it has room for at `offset` (-1: the end)."""
        quota, size, status = self.quota, _total(buffers), os.fstat(self.fileno)
        if quota is None or size == 0:
            return _in_pieces(buffers, some)
        offset = status.st_size if offset < 0 else offset
        fitting = quota.fitting(status, offset, size)
        taken = quota.growth(status, offset, fitting)
        quota.take(taken)
        done = 0
        try:
            done = _in_pieces(buffers if fitting == size else next(pieces_of(buffers, fitting)), some)
        finally:  # also when the store ends the guest: then the file's size says what was written
            if done < fitting:
                written = max(done, min(fitting, os.fstat(self.fileno).st_size - offset))
                quota.take(quota.growth(status, offset, max(0, written)) - taken)
        return done

    def preadv(self, buffers: Sequence[memoryview], offset: int) -> int:
        return _in_pieces(buffers, lambda piece, done: _pread(self.fileno, piece, offset + done))

    def pwritev(self, buffers: Sequence[memoryview], offset: int) -> int:
        return self._written(
            self._counted(buffers, offset, lambda piece, done: _pwrite(self.fileno, piece, offset + done))
        )

    def _read_some(self, buffers: Sequence[memoryview], done: int = 0) -> int:
        if _readv is not None:
            return _readv(self.fileno, buffers)
        return scatter(os.read(self.fileno, min(_total(buffers), 1 << 20)), buffers)

    def _write_some(self, buffers: Sequence[memoryview], done: int = 0) -> int:
        if _writev is not None:
            return _writev(self.fileno, buffers)
        count = 0
        for buffer in buffers:
            written = os.write(self.fileno, buffer)
            count += written
            if written < len(buffer):
                break
        return count

    def _read_stream(self, buffers: Sequence[memoryview]) -> int:
        buffers = next(pieces_of(buffers), [])
        if not buffers:
            return 0
        pause = 0.0
        if self.owned and not self.flags & terms.FLAG_NONBLOCK:
            wait_ready(self.fileno, False)  # else a FIFO that nobody opened for writing yet would be at its end
        while True:
            try:
                return self._at_once(False, buffers)
            except BlockingIOError:
                self._wait_for_another_try(False, pause)
                pause = _PAUSE

    def _write_stream(self, buffers: Sequence[memoryview]) -> int:
        done = self._first_write(buffers) if self._no_wait else 0
        if done == _total(buffers):
            return done
        rest, pause = rest_of(buffers, done), 0.0
        while rest:
            try:
                count = self._at_once(True, rest)
            except BlockingIOError:
                if done and self.flags & terms.FLAG_NONBLOCK:
                    break
                self._wait_for_another_try(True, pause)
                pause = _PAUSE
            except OSError:
                if done:
                    break  # the guest gets it when it goes on writing
                raise
            else:
                done += count
                rest = rest_of(rest, count)
                pause = 0.0
        return done

    def _first_write(self, buffers: Sequence[memoryview]) -> int:
        """Write what can be written without waiting, nearly always all; 0 for any error, which will come again."""
        try:
            return os.pwritev(self.fileno, buffers, -1, self._no_wait)
        except OSError:
            return 0

    def _wait_for_another_try(self, write: bool, pause: float) -> None:
        """Wait until it is ready. Raises WasiError EAGAIN for a non-blocking one."""
        if self.flags & terms.FLAG_NONBLOCK:
            raise WasiError(errno.EAGAIN)
        if pause:
            import time

            time.sleep(min(pause, wait_slice()))
        wait_ready(self.fileno, write)

    def _at_once(self, write: bool, buffers: Sequence[memoryview]) -> int:
        """Read or write what is possible without waiting. BlockingIOError if that is nothing, or another OSError."""
        if self._no_wait:
            try:
                if write:
                    return os.pwritev(self.fileno, buffers, -1, self._no_wait)
                return os.preadv(self.fileno, buffers, -1, self._no_wait)
            except BlockingIOError:
                raise
            except OSError as error:
                if error.errno not in _NO_WAIT_IS_UNKNOWN:
                    raise
                self._no_wait = 0  # terminals, and older systems
        if not poll_host([(self.fileno, write)], 0)[0][0]:
            raise BlockingIOError
        if not write:
            return self._read_some(buffers)
        return self._write_some(next(pieces_of(buffers, write_room(self.fileno))))

    def seek(self, offset: int, whence: int) -> int:
        return os.lseek(self.fileno, offset, whence)

    def stat(self) -> Filestat:
        if self.is_stream and not self.owned:
            return super().stat()  # numbers of the host's pipes and terminals are not the guest's business
        return filestat_of(os.fstat(self.fileno))

    def set_size(self, size: int) -> None:
        if self.quota is None:
            os.ftruncate(self.fileno, size)
            return
        status = os.fstat(self.fileno)
        longer = size - status.st_size
        if longer > 0:
            self.quota.take(longer)
        try:
            os.ftruncate(self.fileno, size)
        except OSError:
            self.quota.take(min(0, -longer))
            raise
        if longer < 0:
            self.quota.take(-min(-longer, self.quota.held(status)))

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        set_host_times(self.fileno, os.fstat(self.fileno), atim, mtim)

    def allocate(self, offset: int, length: int) -> None:
        if not hasattr(os, "posix_fallocate"):
            if os.fstat(self.fileno).st_size < offset + length:
                os.ftruncate(self.fileno, offset + length)
            return
        status, disk = os.fstat(self.fileno), os.fstatvfs(self.fileno)
        if length - status.st_blocks * 512 > disk.f_bavail * disk.f_frsize:  # before the disk is full, not after
            raise WasiError(errno.ENOSPC)
        end = offset + length
        while offset < end:
            wait_slice()
            piece = min(end - offset, _ALLOCATED_PIECE)
            if self.quota is None:
                os.posix_fallocate(self.fileno, offset, piece)
            else:
                taken = self.quota.growth(os.fstat(self.fileno), offset, piece)
                self.quota.take(taken)
                try:
                    os.posix_fallocate(self.fileno, offset, piece)
                except OSError:
                    self.quota.take(-taken)
                    raise
            offset += piece

    def advise(self, offset: int, length: int, advice: str) -> None:
        if hasattr(os, "posix_fadvise") and self.filetype == terms.FILETYPE_REGULAR_FILE:
            os.posix_fadvise(self.fileno, offset, length, getattr(os, f"POSIX_FADV_{advice}"))

    def sync(self, data_only: bool) -> None:
        sync_host(self.fileno, data_only, self.filetype)

    def set_flags(self, flags: int) -> None:
        if (self.flags ^ flags) & terms.FLAG_APPEND and self.owned:
            try:
                import fcntl
            except ImportError:
                raise WasiError(errno.ENOTSUP) from None
            host_flags = fcntl.fcntl(self.fileno, fcntl.F_GETFL) & ~os.O_APPEND
            if flags & terms.FLAG_APPEND:
                host_flags |= os.O_APPEND
            fcntl.fcntl(self.fileno, fcntl.F_SETFL, host_flags)
        self.flags = flags

    def poll_fileno(self, write: bool) -> int:
        return self.fileno if self.is_stream else -1

    def available(self, write: bool) -> int:
        if write:
            return 1
        if self.filetype == terms.FILETYPE_REGULAR_FILE:
            return max(0, os.fstat(self.fileno).st_size - os.lseek(self.fileno, 0, os.SEEK_CUR))
        return readable_bytes(self.fileno)

    def close(self) -> None:
        fileno, self.fileno = self.fileno, -1
        if fileno >= 0 and self.owned:
            if self.quota is not None:
                self.quota.closed(os.fstat(fileno))
            os.close(fileno)


def _in_pieces(buffers: Sequence[memoryview], some: Callable[[Sequence[memoryview], int], int]) -> int:
    """Read or write a file, and ask the store between pieces; `some` does one piece, and gets the count done before.

    After an error in a later piece the count is shorter, as with hosts.
    """
    if (len(buffers[0]) if len(buffers) == 1 else _total(buffers)) <= PIECE:
        return some(buffers, 0)
    done = 0
    for piece in pieces_of(buffers):
        wait_slice()
        try:
            count = some(piece, done)
        except OSError:
            if done:
                break
            raise
        done += count
        if count < _total(piece):
            break
    return done


def _pread(fileno: int, buffers: Sequence[memoryview], offset: int) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(fileno, buffers, offset)
    if hasattr(os, "pread"):
        return scatter(os.pread(fileno, min(_total(buffers), 1 << 20), offset), buffers)
    raise WasiError(errno.ENOTSUP)


def _pwrite(fileno: int, buffers: Sequence[memoryview], offset: int) -> int:
    if hasattr(os, "pwritev"):
        return os.pwritev(fileno, buffers, offset)
    if hasattr(os, "pwrite"):
        return os.pwrite(fileno, b"".join(buffers), offset)
    raise WasiError(errno.ENOTSUP)


def write_room(fileno: int) -> int:
    """Bytes that can be written without waiting to a descriptor that is ready."""
    if os.isatty(fileno):
        return _TERMINAL_PIECE
    import select

    return getattr(select, "PIPE_BUF", 512)


def sync_host(fileno: int, data_only: bool, filetype: str) -> None:
    """``fsync`` or ``fdatasync``; does nothing for what cannot be synchronised (a terminal, a pipe)."""
    if filetype not in (terms.FILETYPE_REGULAR_FILE, terms.FILETYPE_DIRECTORY, terms.FILETYPE_BLOCK_DEVICE):
        return
    if data_only and hasattr(os, "fdatasync"):
        os.fdatasync(fileno)
    else:
        os.fsync(fileno)


def set_host_times(
    file: int | bytes,
    status: os.stat_result,
    atim: int | None,
    mtim: int | None,
    dir_fd: int | None = None,
) -> None:
    """Set the times of an open file, or of the entry `file` of the directory `dir_fd` (a link itself, not its target).

    The host's call sets both, so one that is None is set to what `status` says. A time that the host cannot represent
    is EOVERFLOW.
    """
    if atim is None and mtim is None:
        return
    times = (
        status.st_atime_ns if atim is None else atim,
        status.st_mtime_ns if mtim is None else mtim,
    )
    try:
        if dir_fd is None:
            os.utime(file, ns=times)
        else:
            os.utime(file, ns=times, dir_fd=dir_fd, follow_symlinks=False)
    except OverflowError:
        raise WasiError(errno.EOVERFLOW) from None
