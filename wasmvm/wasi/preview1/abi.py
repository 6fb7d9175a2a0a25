"""WASI preview 1 as numbers: error codes, flags, rights, struct layouts, and one row per function.

The preview 1 document (``wasi_snapshot_preview1``) fixes all of it; behaviour is in the files that the rows name.
All integers are little-endian; a pointer or a ``size`` is a u32, offsets and times are u64.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from struct import Struct

from wasmvm.wasi.host import terms, timesource

MODULE = "wasi_snapshot_preview1"
"""The import module that these functions live in."""
UNSTABLE_MODULE = "wasi_unstable"
"""The same interface one snapshot earlier (see `wasmvm.wasi.preview1.unstable`)."""

# --- errno ------------------------------------------------------------------------------------------------------------

_ERRNO_TEXT = """
SUCCESS E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBADMSG EBUSY ECANCELED ECHILD
ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTUNREACH EIDRM
EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENETDOWN
ENETRESET ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT ENOEXEC ENOLCK ENOLINK ENOMEM ENOMSG ENOPROTOOPT ENOSPC
ENOSYS ENOTCONN ENOTDIR ENOTEMPTY ENOTRECOVERABLE ENOTSOCK ENOTSUP ENOTTY ENXIO EOVERFLOW EOWNERDEAD EPERM EPIPE
EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EROFS ESPIPE ESRCH ESTALE ETIMEDOUT ETXTBSY EXDEV ENOTCAPABLE
"""
ERRNO_NAMES: tuple[str, ...] = tuple(_ERRNO_TEXT.split())
"""The error codes in order: a code is its index."""
ERRNO: dict[str, int] = {name: code for code, name in enumerate(ERRNO_NAMES)}
"""The error codes by name."""
SUCCESS = 0


# --- flags and small enumerations -------------------------------------------------------------------------------------

CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME, CLOCK_THREAD_CPUTIME = range(4)

FILETYPE_UNKNOWN = 0
FILETYPE_BLOCK_DEVICE = 1
FILETYPE_CHARACTER_DEVICE = 2
FILETYPE_DIRECTORY = 3
FILETYPE_REGULAR_FILE = 4
FILETYPE_SOCKET_DGRAM = 5
FILETYPE_SOCKET_STREAM = 6
FILETYPE_SYMBOLIC_LINK = 7

FDFLAGS_APPEND = 1
FDFLAGS_DSYNC = 2
FDFLAGS_NONBLOCK = 4
FDFLAGS_RSYNC = 8
FDFLAGS_SYNC = 16
FDFLAGS_ALL = 31

LOOKUPFLAGS_SYMLINK_FOLLOW = 1

OFLAGS_CREAT = 1
OFLAGS_DIRECTORY = 2
OFLAGS_EXCL = 4
OFLAGS_TRUNC = 8
OFLAGS_ALL = 15

WHENCE_SET, WHENCE_CUR, WHENCE_END = range(3)

FSTFLAGS_ATIM = 1
FSTFLAGS_ATIM_NOW = 2
FSTFLAGS_MTIM = 4
FSTFLAGS_MTIM_NOW = 8
FSTFLAGS_ALL = 15

PREOPENTYPE_DIR = 0

EVENTTYPE_CLOCK, EVENTTYPE_FD_READ, EVENTTYPE_FD_WRITE = range(3)
EVENTRWFLAGS_HANGUP = 1
SUBCLOCKFLAGS_ABSTIME = 1

RIFLAGS_PEEK = 1
RIFLAGS_WAITALL = 2
ROFLAGS_DATA_TRUNCATED = 1
SDFLAGS_RD = 1
SDFLAGS_WR = 2

SIGNAL_COUNT = 31
"""none, hup, int, ... sys"""

# --- rights -----------------------------------------------------------------------------------------------------------

FD_DATASYNC = 1 << 0
FD_READ = 1 << 1
FD_SEEK = 1 << 2
FD_FDSTAT_SET_FLAGS = 1 << 3
FD_SYNC = 1 << 4
FD_TELL = 1 << 5
FD_WRITE = 1 << 6
FD_ADVISE = 1 << 7
FD_ALLOCATE = 1 << 8
PATH_CREATE_DIRECTORY = 1 << 9
PATH_CREATE_FILE = 1 << 10
PATH_LINK_SOURCE = 1 << 11
PATH_LINK_TARGET = 1 << 12
PATH_OPEN = 1 << 13
FD_READDIR = 1 << 14
PATH_READLINK = 1 << 15
PATH_RENAME_SOURCE = 1 << 16
PATH_RENAME_TARGET = 1 << 17
PATH_FILESTAT_GET = 1 << 18
PATH_FILESTAT_SET_SIZE = 1 << 19
PATH_FILESTAT_SET_TIMES = 1 << 20
FD_FILESTAT_GET = 1 << 21
FD_FILESTAT_SET_SIZE = 1 << 22
FD_FILESTAT_SET_TIMES = 1 << 23
PATH_SYMLINK = 1 << 24
PATH_REMOVE_DIRECTORY = 1 << 25
PATH_UNLINK_FILE = 1 << 26
POLL_FD_READWRITE = 1 << 27
SOCK_SHUTDOWN = 1 << 28
SOCK_ACCEPT = 1 << 29

# --- from the guest's numbers to the host's terms, and back -----------------------------------------------------------


class FlagMap(dict[int, int]):
    """Maps sets of flags of one kind to the same sets of another kind, each computed when it is first needed.

    Bits without a counterpart are left out.
    """

    __slots__ = ("_pairs",)
    MAX_KEPT = 256
    """Sets that are kept: guests choose them, so they must not pile up."""

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        super().__init__()
        self._pairs = tuple(pairs)

    def __missing__(self, flags: int) -> int:
        found = 0
        for flag, counterpart in self._pairs:
            if flags & flag:
                found |= counterpart
        if len(self) >= self.MAX_KEPT:
            self.clear()
        self[flags] = found
        return found

    def inverse(self) -> FlagMap:
        """The map back."""
        return FlagMap((counterpart, flag) for flag, counterpart in self._pairs)


FILETYPES: dict[str, int] = {
    terms.FILETYPE_UNKNOWN: FILETYPE_UNKNOWN,
    terms.FILETYPE_BLOCK_DEVICE: FILETYPE_BLOCK_DEVICE,
    terms.FILETYPE_CHARACTER_DEVICE: FILETYPE_CHARACTER_DEVICE,
    terms.FILETYPE_DIRECTORY: FILETYPE_DIRECTORY,
    terms.FILETYPE_REGULAR_FILE: FILETYPE_REGULAR_FILE,
    terms.FILETYPE_SOCKET_DGRAM: FILETYPE_SOCKET_DGRAM,
    terms.FILETYPE_SOCKET_STREAM: FILETYPE_SOCKET_STREAM,
    terms.FILETYPE_SYMBOLIC_LINK: FILETYPE_SYMBOLIC_LINK,
}
"""The number of each of the host's kinds of files."""

HOST_FDFLAGS = FlagMap((
    (FDFLAGS_APPEND, terms.FLAG_APPEND),
    (FDFLAGS_DSYNC, terms.FLAG_DSYNC),
    (FDFLAGS_NONBLOCK, terms.FLAG_NONBLOCK),
    (FDFLAGS_RSYNC, terms.FLAG_RSYNC),
    (FDFLAGS_SYNC, terms.FLAG_SYNC),
))  # fmt: skip
"""From ``fdflags`` to ``terms.FLAG_*``."""
GUEST_FDFLAGS = HOST_FDFLAGS.inverse()

HOST_OFLAGS = FlagMap((
    (OFLAGS_CREAT, terms.OPEN_CREATE),
    (OFLAGS_DIRECTORY, terms.OPEN_DIRECTORY),
    (OFLAGS_EXCL, terms.OPEN_EXCLUSIVE),
    (OFLAGS_TRUNC, terms.OPEN_TRUNCATE),
))  # fmt: skip
"""From ``oflags`` to ``terms.OPEN_*``."""

HOST_RIGHTS = FlagMap((
    (FD_DATASYNC, terms.MAY_SYNC_DATA),
    (FD_READ, terms.MAY_READ),
    (FD_SEEK, terms.MAY_SEEK),
    (FD_FDSTAT_SET_FLAGS, terms.MAY_SET_FLAGS),
    (FD_SYNC, terms.MAY_SYNC),
    (FD_TELL, terms.MAY_TELL),
    (FD_WRITE, terms.MAY_WRITE),
    (FD_ADVISE, terms.MAY_ADVISE),
    (FD_ALLOCATE, terms.MAY_ALLOCATE),
    (PATH_CREATE_DIRECTORY, terms.MAY_CREATE_DIRECTORY),
    (PATH_CREATE_FILE, terms.MAY_CREATE_FILE),
    (PATH_LINK_SOURCE, terms.MAY_LINK_FROM),
    (PATH_LINK_TARGET, terms.MAY_LINK_TO),
    (PATH_OPEN, terms.MAY_OPEN),
    (FD_READDIR, terms.MAY_LIST),
    (PATH_READLINK, terms.MAY_READ_LINK),
    (PATH_RENAME_SOURCE, terms.MAY_RENAME_FROM),
    (PATH_RENAME_TARGET, terms.MAY_RENAME_TO),
    (PATH_FILESTAT_GET, terms.MAY_STAT_PATH),
    (PATH_FILESTAT_SET_SIZE, terms.MAY_SET_SIZE_OF_PATH),
    (PATH_FILESTAT_SET_TIMES, terms.MAY_SET_TIMES_OF_PATH),
    (FD_FILESTAT_GET, terms.MAY_STAT),
    (FD_FILESTAT_SET_SIZE, terms.MAY_SET_SIZE),
    (FD_FILESTAT_SET_TIMES, terms.MAY_SET_TIMES),
    (PATH_SYMLINK, terms.MAY_SYMLINK),
    (PATH_REMOVE_DIRECTORY, terms.MAY_REMOVE_DIRECTORY),
    (PATH_UNLINK_FILE, terms.MAY_UNLINK),
    (POLL_FD_READWRITE, terms.MAY_POLL),
    (SOCK_SHUTDOWN, terms.MAY_SHUT_DOWN),
    (SOCK_ACCEPT, terms.MAY_ACCEPT),
))  # fmt: skip
"""From ``rights`` to ``terms.MAY_*``."""
GUEST_RIGHTS = HOST_RIGHTS.inverse()

CLOCKS = (
    timesource.CLOCK_REALTIME,
    timesource.CLOCK_MONOTONIC,
    timesource.CLOCK_PROCESS_CPUTIME,
    timesource.CLOCK_THREAD_CPUTIME,
)
"""The host's clock for each ``clockid``."""
WHENCE = (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END)
"""The host's for each ``whence``."""
ADVICE = ("NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED", "NOREUSE")
"""The host's for each ``advice``."""


def constants(prefix: str) -> dict[str, int]:
    """The numbers above whose names begin with `prefix`, by the rest of their names; ``..._ALL`` is none."""
    return {
        name.removeprefix(prefix): value
        for name, value in globals().items()
        if name.startswith(prefix) and isinstance(value, int) and not name.endswith("_ALL")
    }


# --- struct layouts ---------------------------------------------------------------------------------------------------

U16, U32, U64 = Struct("<H"), Struct("<I"), Struct("<Q")
load_u32 = U32.unpack_from
store_u16, store_u32, store_u64 = U16.pack_into, U32.pack_into, U64.pack_into

IOVEC = Struct("<II")
"""buf, buf_len"""
PRESTAT = Struct("<B3xI")
"""tag, pr_name_len"""
FDSTAT = Struct("<BxH4xQQ")
"""fs_filetype, fs_flags, fs_rights_base, fs_rights_inheriting"""
FILESTAT = Struct("<QQB7xQQQQQ")
"""dev, ino, filetype, nlink, size, atim, mtim, ctim"""
DIRENT = Struct("<QQIB3x")
"""d_next, d_ino, d_namlen, d_type; the name follows"""
SUBSCRIPTION = Struct("<QB7xI4xQ8xH6x")
"""userdata, tag, then of a clock: id, timeout, (precision), flags"""
SUBSCRIPTION_FD = 16
"""Where a subscription to a descriptor has its number."""
EVENT = Struct("<QHB5xQH6x")
"""userdata, error, type, fd_readwrite: nbytes, flags"""

MASK32 = (1 << 32) - 1
MASK64 = (1 << 64) - 1

# --- functions --------------------------------------------------------------------------------------------------------

_I32_KINDS = "fd u8 u16 size ptr advice clockid whence sig lookupflags oflags fdflags fstflags riflags siflags sdflags"
KINDS: dict[str, str] = {
    **dict.fromkeys(_I32_KINDS.split(), "i"),
    **dict.fromkeys(("u64", "rights"), "I"),
    "s64": "s",
    **dict.fromkeys(("path", "buf", "iovs", "ciovs"), "ii"),
}
"""The kinds of parameters that the rows use, and what each is in wasm: ``i`` an i32, ``I`` an i64, ``s`` an i64 that is
read as signed. ``path``, ``buf``, ``iovs`` and ``ciovs`` are an address and a length. ``>kind`` is the address of a
result."""
RESULT_SIZES: dict[str, int] = {
    "fd": 4, "size": 4, "u16": 2, "u64": 8, "prestat": 8, "fdstat": 24, "filestat": 64, "filestat0": 56,
}  # fmt: skip
"""Bytes of memory that a result of each kind takes."""


class Row:
    """What the document and this package say of a function.

    Attributes:
        file: the file of this folder that it is in.
        params: its parameters as ``name:kind``, separated by spaces.
        short: whether it neither waits nor does work in proportion to an argument, and so never asks the store
            (`wasmvm.wasi.host.waiting`).
        unstable: whether it is the same function in ``wasi_unstable``.
        returns: whether it returns, an errno then.
    """

    __slots__ = ("file", "params", "returns", "short", "unstable")

    def __init__(
        self, file: str, params: str, *, short: bool = False, unstable: bool = False, returns: bool = True
    ) -> None:
        self.file = file
        self.params = params
        self.short = short
        self.unstable = unstable
        self.returns = returns


FUNCTIONS: dict[str, Row] = {
    "args_get": Row("args", "argv:ptr argv_buf:ptr", short=True, unstable=True),
    "args_sizes_get": Row("args", "argc:>size argv_buf_size:>size", short=True, unstable=True),
    "clock_res_get": Row("clock", "id:clockid resolution:>u64", short=True, unstable=True),
    "clock_time_get": Row("clock", "id:clockid precision:u64 time:>u64", short=True, unstable=True),
    "environ_get": Row("environ", "environ:ptr environ_buf:ptr", short=True, unstable=True),
    "environ_sizes_get": Row("environ", "environ_count:>size environ_buf_size:>size", short=True, unstable=True),
    "fd_advise": Row("fd", "fd:fd offset:u64 len:u64 advice:advice", short=True, unstable=True),
    "fd_allocate": Row("fd", "fd:fd offset:u64 len:u64", unstable=True),
    "fd_close": Row("fd", "fd:fd", short=True, unstable=True),
    "fd_datasync": Row("fd", "fd:fd", unstable=True),
    "fd_fdstat_get": Row("fd", "fd:fd stat:>fdstat", short=True, unstable=True),
    "fd_fdstat_set_flags": Row("fd", "fd:fd flags:fdflags", short=True, unstable=True),
    "fd_fdstat_set_rights": Row(
        "fd",
        "fd:fd fs_rights_base:rights fs_rights_inheriting:rights",
        short=True,
        unstable=True,
    ),
    "fd_filestat_get": Row("fd", "fd:fd buf:>filestat", short=True),
    "fd_filestat_set_size": Row("fd", "fd:fd size:u64", unstable=True),
    "fd_filestat_set_times": Row("fd", "fd:fd atim:u64 mtim:u64 fst_flags:fstflags", unstable=True),
    "fd_pread": Row("fd", "fd:fd iovs:iovs offset:u64 nread:>size", unstable=True),
    "fd_prestat_dir_name": Row("fd_dir", "fd:fd path:buf", short=True, unstable=True),
    "fd_prestat_get": Row("fd_dir", "fd:fd buf:>prestat", short=True, unstable=True),
    "fd_pwrite": Row("fd", "fd:fd iovs:ciovs offset:u64 nwritten:>size", unstable=True),
    "fd_read": Row("fd", "fd:fd iovs:iovs nread:>size", unstable=True),
    "fd_readdir": Row("fd_dir", "fd:fd buf:buf cookie:u64 bufused:>size", unstable=True),
    "fd_renumber": Row("fd", "fd:fd to:fd", unstable=True),
    "fd_seek": Row("fd", "fd:fd offset:s64 whence:whence newoffset:>u64", short=True),
    "fd_sync": Row("fd", "fd:fd", unstable=True),
    "fd_tell": Row("fd", "fd:fd offset:>u64", short=True, unstable=True),
    "fd_write": Row("fd", "fd:fd iovs:ciovs nwritten:>size", unstable=True),
    "path_create_directory": Row("path", "fd:fd path:path", unstable=True),
    "path_filestat_get": Row("path", "fd:fd flags:lookupflags path:path buf:>filestat"),
    "path_filestat_set_times": Row(
        "path",
        "fd:fd flags:lookupflags path:path atim:u64 mtim:u64 fst_flags:fstflags",
        unstable=True,
    ),
    "path_link": Row("path", "old_fd:fd old_flags:lookupflags old_path:path new_fd:fd new_path:path", unstable=True),
    "path_open": Row(
        "path",
        "fd:fd dirflags:lookupflags path:path oflags:oflags fs_rights_base:rights "
        "fs_rights_inheriting:rights fdflags:fdflags opened:>fd",
        unstable=True,
    ),
    "path_readlink": Row("path", "fd:fd path:path buf:buf bufused:>size", unstable=True),
    "path_remove_directory": Row("path", "fd:fd path:path", unstable=True),
    "path_rename": Row("path", "fd:fd old_path:path new_fd:fd new_path:path", unstable=True),
    "path_symlink": Row("path", "old_path:path fd:fd new_path:path", unstable=True),
    "path_unlink_file": Row("path", "fd:fd path:path", unstable=True),
    "poll_oneoff": Row("poll", "in:ptr out:ptr nsubscriptions:size nevents:>size"),
    "proc_exit": Row("proc", "rval:size", short=True, returns=False, unstable=True),
    "proc_raise": Row("proc", "sig:sig", short=True, unstable=True),
    "random_get": Row("random", "buf:buf", unstable=True),
    "sched_yield": Row("sched", "", unstable=True),
    "sock_accept": Row("sock", "fd:fd flags:fdflags connection:>fd"),
    "sock_recv": Row("sock", "fd:fd ri_data:iovs ri_flags:riflags ro_datalen:>size ro_flags:>u16", unstable=True),
    "sock_send": Row("sock", "fd:fd si_data:ciovs si_flags:siflags so_datalen:>size", unstable=True),
    "sock_shutdown": Row("sock", "fd:fd how:sdflags", unstable=True),
}
"""The functions of ``wasi_snapshot_preview1``."""
UNSTABLE_FUNCTIONS: dict[str, Row] = {
    **{name: row for name, row in FUNCTIONS.items() if row.unstable},
    "fd_filestat_get": Row("unstable", "fd:fd buf:>filestat0", short=True),
    "fd_seek": Row("unstable", "fd:fd offset:s64 whence:whence newoffset:>u64", short=True),
    "path_filestat_get": Row("unstable", "fd:fd flags:lookupflags path:path buf:>filestat0"),
    "poll_oneoff": Row("unstable", "in:ptr out:ptr nsubscriptions:size nevents:>size"),
}
"""The functions of ``wasi_unstable``: the same, and those that differ."""
MODULES: dict[str, dict[str, Row]] = {MODULE: FUNCTIONS, UNSTABLE_MODULE: UNSTABLE_FUNCTIONS}
"""The functions of each import module."""


class Param:
    """One parameter of a row, at its place among the wasm arguments.

    Attributes:
        name: the document's name for it.
        kind: one of `KINDS`, or of `RESULT_SIZES` if `is_result`.
        is_result: whether the argument is the address where a result goes.
        index: index of its first wasm argument.
    """

    __slots__ = ("index", "is_result", "kind", "name")

    def __init__(self, text: str, index: int) -> None:
        self.name, _, kind = text.partition(":")
        self.is_result = kind.startswith(">")
        self.kind = kind.lstrip(">")
        self.index = index

    @property
    def code(self) -> str:
        """What the parameter is in wasm, as in `KINDS`."""
        return "i" if self.is_result else KINDS[self.kind]


def params_of(row: Row) -> tuple[Param, ...]:
    """The parameters of a function."""
    params: list[Param] = []
    index = 0
    for text in row.params.split():
        param = Param(text, index)
        params.append(param)
        index += len(param.code)
    return tuple(params)


def spans_of(row: Row) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """The ranges of guest memory that a function's arguments name directly.

    Returns:
        Results, each as the index of the argument that is its address and its size in bytes; and arrays, each as the
        index of its address, after which comes the argument that counts its elements, and the size of one of these.
    """
    element = {"path": 1, "buf": 1, "iovs": IOVEC.size, "ciovs": IOVEC.size}
    params = params_of(row)
    results = tuple((param.index, RESULT_SIZES[param.kind]) for param in params if param.is_result)
    arrays = tuple((param.index, element[param.kind]) for param in params if param.kind in element)
    return results, arrays
