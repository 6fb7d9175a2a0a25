"""What a guest's file descriptor stands for, and the table of them.

Guest descriptors are indices of this table and never host descriptors. A `Descriptor` is one open description: it knows
its rights and flags, and has the operations of its kind; all others fail as the base class says. Its operations do not
check rights: whoever calls them does, by `FdTable.get`.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Iterator, Sequence

from wasmvm.record import Record
from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.errno import WasiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.wasi.host.outputlimit import OutputLimit

MAX_DESCRIPTORS = 1024
"""Guest descriptors that may be open at once unless `WasiConfig.max_descriptors` says otherwise; more is EMFILE."""


MAX_OFFSET = (1 << 63) - 1
"""The largest offset in a file, as everywhere in POSIX."""


class Filestat(Record):
    """Attributes of a file.

    Attributes:
        dev: the number of the device that it is on.
        ino: its number there.
        filetype: one of ``FILETYPE_*``.
        nlink: how many names it has.
        size: bytes.
        atim, mtim, ctim: times of access, of change, and of change of the attributes: nanoseconds since 1970, negative
            before.
    """

    dev: int
    ino: int
    filetype: str
    nlink: int
    size: int
    atim: int
    mtim: int
    ctim: int


class Descriptor:
    """An open file, directory, stream or socket.

    Attributes:
        filetype: one of ``FILETYPE_*``.
        rights: what may be done with it, ``MAY_*``.
        inheriting: what may be done with what is opened through it.
        flags: its ``FLAG_*``.
        read_only: whether the embedder granted the directory that it came from for reading only.
        preopen: the guest's name of a preopened directory, or None.
        limit: what bounds the bytes that are written to it, or None.
        prompt: whether `write_bytes` and `read_bytes` never ask the store (`wasmvm.wasi.host.waiting`).
    """

    __slots__ = ("filetype", "flags", "inheriting", "limit", "preopen", "prompt", "read_only", "rights")

    def __init__(self, filetype: str, rights: int, inheriting: int = 0, flags: int = 0) -> None:
        self.filetype = filetype
        self.rights = rights
        self.inheriting = inheriting
        self.flags = flags
        self.read_only = False
        self.preopen: bytes | None = None
        self.limit: OutputLimit | None = None
        self.prompt = False

    def refuse(self, missing: int) -> WasiError:
        """The error for an operation whose rights this descriptor lacks.

        POSIX's own error if it has one, since C and Rust programs look for that: EBADF for reading or writing
        what was not opened for it (and for file operations on a directory), ESPIPE for seeking in a stream. EROFS if
        a read-only directory is the reason. Otherwise ENOTCAPABLE.
        """
        if self.read_only and missing & terms.RIGHTS_CHANGING:
            return WasiError(errno.EROFS)
        if missing & (terms.MAY_READ | terms.MAY_WRITE):
            return WasiError(errno.EBADF)
        is_directory = self.filetype == terms.FILETYPE_DIRECTORY
        if is_directory and missing & ~terms.RIGHTS_DIRECTORY:
            return WasiError(errno.EBADF)
        if missing & (terms.RIGHTS_PATH | terms.MAY_LIST) and not is_directory:
            return WasiError(errno.ENOTDIR)
        if (
            missing & (terms.MAY_SEEK | terms.MAY_TELL | terms.MAY_ADVISE | terms.MAY_ALLOCATE)
            and self.filetype != terms.FILETYPE_REGULAR_FILE
        ):
            return WasiError(errno.ESPIPE)
        if not self.rights & terms.MAY_WRITE:  # a file that was opened for reading
            if missing & terms.MAY_ALLOCATE:
                return WasiError(errno.EBADF)
            if missing & terms.MAY_SET_SIZE:
                return WasiError(errno.EINVAL)
        if missing & (terms.MAY_SHUT_DOWN | terms.MAY_ACCEPT) and not self.is_socket:
            return WasiError(errno.ENOTSOCK)
        return WasiError(errno.ENOTCAPABLE)

    @property
    def is_socket(self) -> bool:
        return self.filetype in (terms.FILETYPE_SOCKET_STREAM, terms.FILETYPE_SOCKET_DGRAM)

    def readv(self, buffers: Sequence[memoryview]) -> int:
        """Fill the buffers in order; returns the number of bytes, 0 at the end.

        Like all operations it raises WasiError or OSError.
        """
        raise WasiError(errno.EBADF)

    def writev(self, buffers: Sequence[memoryview]) -> int:
        """Write the buffers in order; returns the number of bytes written."""
        raise WasiError(errno.EBADF)

    def write(self, buffers: Sequence[memoryview]) -> int:
        """`writev` as far as the limit allows; OutputTrap if that is not far enough."""
        return self.writev(buffers) if self.limit is None else self.limit.write(self.writev, buffers)

    def write_bytes(self, data: bytes) -> int:
        """`write` of a few bytes."""
        return self.write((memoryview(data),))

    def read_bytes(self, size: int) -> bytes | bytearray:
        """At most `size` bytes, a few, as `readv` reads them."""
        data = bytearray(size)
        with memoryview(data) as buffer:
            count = self.readv((buffer,))
        del data[count:]
        return data

    def write_at(self, buffers: Sequence[memoryview], offset: int) -> int:
        """`pwritev` as far as the limit allows, likewise."""
        if self.limit is None:
            return self.pwritev(buffers, offset)
        return self.limit.write(lambda buffers: self.pwritev(buffers, offset), buffers)

    def preadv(self, buffers: Sequence[memoryview], offset: int) -> int:
        """`readv` at an offset, leaving the file's own offset alone."""
        raise WasiError(errno.ESPIPE)

    def pwritev(self, buffers: Sequence[memoryview], offset: int) -> int:
        """`writev` at an offset, leaving the file's own offset alone."""
        raise WasiError(errno.ESPIPE)

    def seek(self, offset: int, whence: int) -> int:
        """Move the file's offset and return the new one. `whence` is ``os.SEEK_SET``, ``SEEK_CUR`` or ``SEEK_END``."""
        raise WasiError(errno.ESPIPE)

    def stat(self) -> Filestat:
        """Attributes of the file; zeros if it is not a file."""
        return Filestat(0, 0, self.filetype, 1, 0, 0, 0, 0)

    def set_size(self, size: int) -> None:
        """Cut the file, or extend it with zeros."""
        raise WasiError(errno.EINVAL)

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        """Set the times of access and change; None leaves one as it is."""
        raise WasiError(errno.EINVAL)

    def allocate(self, offset: int, length: int) -> None:
        """Make sure that the range, which is not empty and ends at `MAX_OFFSET` at most, exists."""
        raise WasiError(errno.EINVAL)

    def advise(self, offset: int, length: int, advice: str) -> None:
        """A hint on how the range will be used, which does nothing by default.

        `advice` is POSIX's word: NORMAL, SEQUENTIAL, RANDOM, WILLNEED, DONTNEED or NOREUSE.
        """

    def sync(self, data_only: bool) -> None:
        """Put what was written on stable storage."""

    def set_flags(self, flags: int) -> None:
        """Change the ``FLAG_*``."""
        self.flags = flags

    def poll_fileno(self, write: bool) -> int:
        """The host descriptor that tells whether this is ready; -1 if it always is."""
        return -1

    def available(self, write: bool) -> int:
        """Bytes that can be read (written) without waiting; 1 if the number is unknown."""
        return 1

    def close(self) -> None:
        """Let go of the host's resources; harmless when done twice."""


class FdTable:
    """The guest's descriptors: a mapping from small integers, lowest free one first.

    Where several threads of a guest have one (`share`), what one closes is closed at the end only, as another may be in
    the middle of a call with it: the host would give its number to another file meanwhile. It counts for the limit as
    long.

    Attributes:
        find: the descriptor of a number, with whatever rights, or None.
    """

    __slots__ = ("_entries", "_free_from", "_limit", "_lock", "_retired", "find")

    def __init__(self, limit: int = MAX_DESCRIPTORS) -> None:
        self._entries: dict[int, Descriptor] = {}
        self.find: Callable[[int], Descriptor | None] = self._entries.get
        self._free_from = 0
        self._limit = limit
        self._lock = allocate_lock()
        self._retired: list[Descriptor] | None = None

    def share(self) -> None:
        """Several threads are going to use it."""
        if self._retired is None:
            self._retired = []

    def __iter__(self) -> Iterator[Descriptor]:
        return iter(list(self._entries.values()))  # a list: other threads and handlers of signals may change the table

    def get(self, fd: int, rights: int = 0) -> Descriptor:
        """The descriptor `fd`, which must have all of `rights`.

        Raises:
            WasiError: EBADF if it is not open; what `Descriptor.refuse` says if a right is missing.
        """
        descriptor = self._entries.get(fd)
        if descriptor is None:
            raise WasiError(errno.EBADF)
        missing = rights & ~descriptor.rights
        if missing:
            raise descriptor.refuse(missing)
        return descriptor

    def check_room(self) -> None:
        """Raises WasiError EMFILE if no descriptor can be added; to be called before anything is opened or created."""
        if len(self._entries) + len(self._retired or ()) >= self._limit:
            raise WasiError(errno.EMFILE)

    def add(self, descriptor: Descriptor) -> int:
        """Give `descriptor` the lowest free number."""
        with self._lock:
            fd = self._free_from
            while fd in self._entries:
                fd += 1
            self._entries[fd] = descriptor
            self._free_from = fd + 1
            return fd

    def remove(self, fd: int) -> Descriptor:
        """Forget a number; the descriptor is still open. WasiError EBADF if it is not in use."""
        with self._lock:
            return self._remove(fd)

    def _remove(self, fd: int) -> Descriptor:
        descriptor = self._entries.pop(fd, None)
        if descriptor is None:
            raise WasiError(errno.EBADF)
        self._free_from = min(self._free_from, fd)
        return descriptor

    def close_one(self, fd: int) -> None:
        """Forget a number and close what it stood for; WasiError EBADF if it is not in use."""
        self._let_go(self.remove(fd))

    def renumber(self, fd: int, to: int) -> None:
        """Move `fd` to the number `to`, and close what was there; WasiError EBADF if one is not in use."""
        if fd == to:
            return
        with self._lock:
            replaced = self._entries.get(to)
            if replaced is None:
                raise WasiError(errno.EBADF)
            self._entries[to] = self._remove(fd)
        self._let_go(replaced)

    def _let_go(self, descriptor: Descriptor) -> None:
        if self._retired is None:
            descriptor.close()
        else:
            self._retired.append(descriptor)

    def close(self) -> None:
        """Close all of them, even if one fails; raises the first failure at the end."""
        failure: OSError | None = None
        while self._entries or self._retired:
            descriptor = self._entries.popitem()[1] if self._entries else (self._retired or []).pop()
            try:
                descriptor.close()
            except OSError as error:
                failure = failure or error
        self._free_from = 0
        if failure is not None:
            raise failure
