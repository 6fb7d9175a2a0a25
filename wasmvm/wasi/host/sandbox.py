"""Directories of the host, reached only through open descriptors. POSIX only; the rest of WASI works anywhere.

Every operation is one ``*at`` system call on an open directory and one component, told not to follow links. Together
with `wasmvm.wasi.host.walk` this is what keeps a guest inside what it was granted. The one call with a path of several
components is Linux's ``openat2``, told to go through no link and not out of the directory: `HostTree.reach`.
"""

from __future__ import annotations

import errno as host_errno
import os
import stat as host_stat
import time

from wasmvm._core import can_open_beneath, open_beneath
from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import Descriptor, Filestat
from wasmvm.wasi.host.hostfile import HostFile, filestat_of, filetype_of, leave_some, set_host_times, sync_host
from wasmvm.wasi.host.waiting import wait_slice
from wasmvm.wasi.host.walk import DirectoryEntry, sorted_entries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.wasi.host.quota import Quota

AVAILABLE = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW") and hasattr(os, "O_DIRECTORY")
"""Whether this platform has the calls that the sandbox needs."""

_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_ONLY_DIRECTORY: int = getattr(os, "O_DIRECTORY", 0) | _NO_FOLLOW
_ENTER = _ONLY_DIRECTORY | int(getattr(os, "O_PATH", getattr(os, "O_SEARCH", 0)))
"""Walking through a directory takes permission to search it, not to list it."""
_OPEN: int = _NO_FOLLOW | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0)
"""Non-blocking means nothing for a file; opening a FIFO or a device would wait otherwise (see `hostfile.HostFile`)."""
_PATIENCE = 0.02
"""Seconds between two tries to open something that cannot be opened yet."""
_IS_NO_DIRECTORY = (host_errno.ENOTDIR, host_errno.ELOOP, getattr(host_errno, "EMLINK", 0))
"""What hosts say when something that is not a directory, or is a link, is opened as one: they differ."""


class _OneStep:
    """Whether the host can open a path of several names, none of them a link, in one step; looked at when first needed.

    Where that is denied later on, each try fails, and the walk goes on name by name.
    """

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: bool | None = None

    def is_there(self) -> bool:
        if self._found is None:
            self._found = can_open_beneath()
        return self._found


_one_step = _OneStep()


def open_root(path: str | bytes | os.PathLike[str]) -> int:
    """Open a directory that the embedder grants. Only here links are followed, as the embedder may name one.

    Raises:
        OSError: what the host says.
        NotImplementedError: if the platform cannot confine a guest to a directory.
    """
    if not AVAILABLE:
        raise NotImplementedError(
            "directories of the host can only be granted to a guest on POSIX systems (openat and O_NOFOLLOW are "
            "needed); grant an in-memory directory instead"
        )
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


class HostTree:
    """The host's file system; handles are host descriptors of directories. See `walk.Tree` for the operations.

    Attributes:
        quota: the quota for what guests add, or None.
    """

    __slots__ = ("quota",)

    def __init__(self, quota: Quota | None = None) -> None:
        self.quota = quota

    def enter(self, directory: int, name: bytes) -> int | None:
        try:
            return leave_some(os.open(name, _ENTER, dir_fd=directory))
        except OSError as error:
            if error.errno in _IS_NO_DIRECTORY:
                return None
            raise

    def reach(self, directory: int, path: bytes) -> int | None:
        if not _one_step.is_there():
            return None
        found = open_beneath(directory, path)
        return None if found < 0 else leave_some(found)

    def leave(self, directory: int) -> None:
        os.close(directory)

    def readlink(self, directory: int, name: bytes) -> bytes | None:
        try:
            return os.readlink(name, dir_fd=directory)
        except OSError as error:
            if error.errno in (host_errno.EINVAL, host_errno.ENOENT):
                return None
            raise

    def open(self, directory: int, name: bytes, how: int, flags: int, read: bool, write: bool) -> Descriptor | int:
        host_flags = _OPEN | (os.O_RDWR if read and write else os.O_WRONLY if write else os.O_RDONLY)
        if how:
            if how & terms.OPEN_CREATE:
                host_flags |= os.O_CREAT
            if how & terms.OPEN_EXCLUSIVE:
                host_flags |= os.O_EXCL
            if how & terms.OPEN_TRUNCATE:
                host_flags |= os.O_TRUNC
            if how & terms.OPEN_DIRECTORY:
                host_flags |= os.O_DIRECTORY
        if flags & terms.FLAG_APPEND:
            host_flags |= os.O_APPEND
        patient = flags & terms.FLAG_NONBLOCK == 0
        if self.quota is None:
            fileno = _open_without_waiting(directory, name, host_flags, patient)
        else:
            adds = how & terms.OPEN_CREATE and _status(directory, name) is None
            with _Counted(self.quota, bool(adds)):
                fileno = _open_without_waiting(directory, name, host_flags & ~os.O_TRUNC, patient)
        leave_some(fileno)
        try:
            filetype = filetype_of(os.fstat(fileno).st_mode)
            if filetype == terms.FILETYPE_DIRECTORY:
                return fileno
            rights = terms.RIGHTS_FILE if filetype == terms.FILETYPE_REGULAR_FILE else _device_rights(fileno)
            file = HostFile(fileno, filetype, rights, flags)
            if self.quota is not None:
                file.account_to(self.quota)
                if how & terms.OPEN_TRUNCATE and file.quota is not None:
                    file.set_size(0)
            return file
        except BaseException:
            os.close(fileno)
            raise

    def stat(self, directory: int, name: bytes) -> Filestat:
        return filestat_of(os.stat(name, dir_fd=directory, follow_symlinks=False))

    def entries(self, directory: int) -> list[DirectoryEntry]:
        fileno = leave_some(os.open(b".", os.O_RDONLY | _ONLY_DIRECTORY, dir_fd=directory))
        try:
            with os.scandir(fileno) as listing:
                return sorted_entries(
                    DirectoryEntry(os.fsencode(entry.name), entry.inode(), _filetype_of_entry(entry))
                    for entry in listing
                )
        finally:
            os.close(fileno)

    def set_times(self, directory: int, name: bytes, atim: int | None, mtim: int | None) -> None:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        set_host_times(name, status, atim, mtim, dir_fd=directory)

    def make_directory(self, directory: int, name: bytes) -> None:
        with _Counted(self.quota):
            os.mkdir(name, dir_fd=directory)

    def remove_directory(self, directory: int, name: bytes) -> None:
        status = None if self.quota is None else _status(directory, name)
        os.rmdir(name, dir_fd=directory)
        self._removed(status)

    def _removed(self, status: os.stat_result | None) -> None:
        if status is not None and self.quota is not None:
            self.quota.removed(status)

    def unlink(self, directory: int, name: bytes) -> None:
        status = None if self.quota is None else _status(directory, name)
        try:
            os.unlink(name, dir_fd=directory)
            self._removed(status)
        except PermissionError:
            # POSIX, and macOS with it, says EPERM for a directory; WASI programs expect EISDIR as on Linux.
            if host_stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
                raise WasiError(errno.EISDIR) from None
            raise

    def symlink(self, text: bytes, directory: int, name: bytes) -> None:
        with _Counted(self.quota):
            os.symlink(text, name, dir_fd=directory)

    def link(self, directory: int, name: bytes, new_directory: int, new_name: bytes) -> None:
        with _Counted(self.quota):
            os.link(name, new_name, src_dir_fd=directory, dst_dir_fd=new_directory, follow_symlinks=False)

    def rename(self, directory: int, name: bytes, new_directory: int, new_name: bytes) -> None:
        replaced = None
        if self.quota is not None:
            moved, replaced = _status(directory, name), _status(new_directory, new_name)
            if moved is not None and replaced is not None and os.path.samestat(moved, replaced):
                replaced = None  # two names of one file both stay
        os.rename(name, new_name, src_dir_fd=directory, dst_dir_fd=new_directory)
        self._removed(replaced)

    def sync(self, directory: int, data_only: bool) -> None:
        sync_host(directory, data_only, terms.FILETYPE_DIRECTORY)


HOST_TREE = HostTree()
"""The host without a quota: entries can be linked and renamed between any two of its directories."""


class _Counted:
    """A context manager for what makes a name, which counts before, and is given back if making it fails."""

    __slots__ = ("_quota",)

    def __init__(self, quota: Quota | None, adds: bool = True) -> None:
        self._quota = quota if adds else None

    def __enter__(self) -> None:
        if self._quota is not None:
            self._quota.take(self._quota.ENTRY_COST)

    def __exit__(self, kind: object, *_: object) -> None:
        if self._quota is not None and kind is not None:
            self._quota.take(-self._quota.ENTRY_COST)


def _status(directory: int, name: bytes) -> os.stat_result | None:
    """Attributes of an entry, or None if it does not exist."""
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _open_without_waiting(directory: int, name: bytes, flags: int, patient: bool) -> int:
    """Open an entry with flags that say non-blocking; the host's descriptor.

    With `patient`, what cannot be opened yet is tried again until the store ends the guest: a FIFO that nobody reads
    yet, or a file that another process has a lease on. A FIFO that nobody writes yet can be opened, and reading waits.
    """
    while True:
        try:
            return os.open(name, flags, 0o666, dir_fd=directory)
        except OSError as error:
            if not patient or error.errno not in (host_errno.ENXIO, host_errno.EAGAIN):
                raise
            if error.errno == host_errno.ENXIO and not _is_fifo(directory, name):
                raise
        time.sleep(min(wait_slice(), _PATIENCE))


def _is_fifo(directory: int, name: bytes) -> bool:
    return host_stat.S_ISFIFO(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)


def _device_rights(fileno: int) -> int:
    """Rights of something that is not a regular file: seeking is among them if the host can."""
    try:
        os.lseek(fileno, 0, os.SEEK_CUR)
    except OSError:
        return terms.RIGHTS_STREAM
    return terms.RIGHTS_STREAM | terms.MAY_SEEK | terms.MAY_TELL if not os.isatty(fileno) else terms.RIGHTS_STREAM


def _filetype_of_entry(entry: os.DirEntry[str]) -> str:
    """The kind of file, from the listing itself if the host gives it there, without a system call."""
    if entry.is_symlink():
        return terms.FILETYPE_SYMBOLIC_LINK
    if entry.is_dir(follow_symlinks=False):
        return terms.FILETYPE_DIRECTORY
    if entry.is_file(follow_symlinks=False):
        return terms.FILETYPE_REGULAR_FILE
    try:
        return filetype_of(entry.stat(follow_symlinks=False).st_mode)
    except OSError:  # gone meanwhile
        return terms.FILETYPE_UNKNOWN
