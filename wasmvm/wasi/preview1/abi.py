"""WASI preview 1 as numbers: error codes, flags, rights, struct layouts, and one row per function.

Everything here is fixed by the preview 1 document (``wasi_snapshot_preview1``); behaviour is in the files named
after the topics. All integers are little-endian; a pointer or a ``size`` is a u32, offsets and times are u64.
"""

from __future__ import annotations

import errno as host_errno
from struct import Struct

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

SUCCESS = 0
EACCES = 2
EAGAIN = 6
EBADF = 8
EBUSY = 10
EDQUOT = 19
EEXIST = 20
EFAULT = 21
EFBIG = 22
EILSEQ = 25
EINVAL = 28
EIO = 29
EISDIR = 31
ELOOP = 32
EMFILE = 33
ENAMETOOLONG = 37
ENOENT = 44
ENOMEM = 48
ENOSPC = 51
ENOSYS = 52
ENOTCONN = 53
ENOTDIR = 54
ENOTEMPTY = 55
ENOTSOCK = 57
ENOTSUP = 58
EOVERFLOW = 61
EPERM = 63
EPIPE = 64
EROFS = 69
ESPIPE = 70
EXDEV = 75
ENOTCAPABLE = 76

_FROM_HOST: dict[int, int] = {
    number: code for code, name in enumerate(ERRNO_NAMES) if (number := getattr(host_errno, name, 0)) != 0
}
for _host, _code in (("EWOULDBLOCK", EAGAIN), ("EOPNOTSUPP", ENOTSUP), ("ESHUTDOWN", EPIPE)):
    _FROM_HOST.setdefault(getattr(host_errno, _host, -1), _code)


class WasiError(Exception):
    """A function of WASI ends with this error code; never leaves `wasmvm.wasi`."""

    def __init__(self, code: int) -> None:
        super().__init__(ERRNO_NAMES[code])
        self.code = code


def code_of(error: OSError) -> int:
    """The WASI error code for a host's error; EIO for one that WASI has no name for."""
    return _FROM_HOST.get(error.errno or 0, EIO)


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

ADVICE_COUNT = 6
"""normal, sequential, random, willneed, dontneed, noreuse"""

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

RIGHTS_STREAM = FD_READ | FD_WRITE | FD_FDSTAT_SET_FLAGS | FD_SYNC | FD_DATASYNC | FD_FILESTAT_GET | POLL_FD_READWRITE
"""What applies to a pipe, a terminal, or an object of the embedder's."""
RIGHTS_FILE = RIGHTS_STREAM | FD_SEEK | FD_TELL | FD_ADVISE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE | FD_FILESTAT_SET_TIMES
"""What applies to a regular file."""
RIGHTS_PATH = (
    PATH_CREATE_DIRECTORY | PATH_CREATE_FILE | PATH_LINK_SOURCE | PATH_LINK_TARGET | PATH_OPEN | PATH_READLINK
    | PATH_RENAME_SOURCE | PATH_RENAME_TARGET | PATH_FILESTAT_GET | PATH_FILESTAT_SET_SIZE | PATH_FILESTAT_SET_TIMES
    | PATH_SYMLINK | PATH_REMOVE_DIRECTORY | PATH_UNLINK_FILE
)  # fmt: skip
RIGHTS_DIRECTORY = (
    RIGHTS_PATH | FD_READDIR | FD_FILESTAT_GET | FD_FILESTAT_SET_TIMES | FD_FDSTAT_SET_FLAGS | FD_SYNC | FD_DATASYNC
)
"""What applies to a directory itself."""
RIGHTS_SOCKET = FD_READ | FD_WRITE | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE | SOCK_SHUTDOWN
RIGHTS_LISTENER = FD_READ | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE | SOCK_ACCEPT
"""What applies to a listening socket; the right to read is what polling it takes."""
RIGHTS_CHANGING = (
    FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE | FD_FILESTAT_SET_TIMES
    | PATH_CREATE_DIRECTORY | PATH_CREATE_FILE | PATH_LINK_SOURCE | PATH_LINK_TARGET
    | PATH_RENAME_SOURCE | PATH_RENAME_TARGET | PATH_FILESTAT_SET_SIZE | PATH_FILESTAT_SET_TIMES
    | PATH_SYMLINK | PATH_REMOVE_DIRECTORY | PATH_UNLINK_FILE
)  # fmt: skip
"""What a read-only directory does not grant. A link *from* it counts: the file could be written through the link."""

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
"""Bytes that a result of each kind takes in memory."""

FUNCTIONS: dict[str, str] = {
    "args_get": "argv:ptr argv_buf:ptr",
    "args_sizes_get": "argc:>size argv_buf_size:>size",
    "clock_res_get": "id:clockid resolution:>u64",
    "clock_time_get": "id:clockid precision:u64 time:>u64",
    "environ_get": "environ:ptr environ_buf:ptr",
    "environ_sizes_get": "environ_count:>size environ_buf_size:>size",
    "fd_advise": "fd:fd offset:u64 len:u64 advice:advice",
    "fd_allocate": "fd:fd offset:u64 len:u64",
    "fd_close": "fd:fd",
    "fd_datasync": "fd:fd",
    "fd_fdstat_get": "fd:fd stat:>fdstat",
    "fd_fdstat_set_flags": "fd:fd flags:fdflags",
    "fd_fdstat_set_rights": "fd:fd fs_rights_base:rights fs_rights_inheriting:rights",
    "fd_filestat_get": "fd:fd buf:>filestat",
    "fd_filestat_set_size": "fd:fd size:u64",
    "fd_filestat_set_times": "fd:fd atim:u64 mtim:u64 fst_flags:fstflags",
    "fd_pread": "fd:fd iovs:iovs offset:u64 nread:>size",
    "fd_prestat_dir_name": "fd:fd path:buf",
    "fd_prestat_get": "fd:fd buf:>prestat",
    "fd_pwrite": "fd:fd iovs:ciovs offset:u64 nwritten:>size",
    "fd_read": "fd:fd iovs:iovs nread:>size",
    "fd_readdir": "fd:fd buf:buf cookie:u64 bufused:>size",
    "fd_renumber": "fd:fd to:fd",
    "fd_seek": "fd:fd offset:s64 whence:whence newoffset:>u64",
    "fd_sync": "fd:fd",
    "fd_tell": "fd:fd offset:>u64",
    "fd_write": "fd:fd iovs:ciovs nwritten:>size",
    "path_create_directory": "fd:fd path:path",
    "path_filestat_get": "fd:fd flags:lookupflags path:path buf:>filestat",
    "path_filestat_set_times": "fd:fd flags:lookupflags path:path atim:u64 mtim:u64 fst_flags:fstflags",
    "path_link": "old_fd:fd old_flags:lookupflags old_path:path new_fd:fd new_path:path",
    "path_open": "fd:fd dirflags:lookupflags path:path oflags:oflags fs_rights_base:rights "
    "fs_rights_inheriting:rights fdflags:fdflags opened:>fd",
    "path_readlink": "fd:fd path:path buf:buf bufused:>size",
    "path_remove_directory": "fd:fd path:path",
    "path_rename": "fd:fd old_path:path new_fd:fd new_path:path",
    "path_symlink": "old_path:path fd:fd new_path:path",
    "path_unlink_file": "fd:fd path:path",
    "poll_oneoff": "in:ptr out:ptr nsubscriptions:size nevents:>size",
    "proc_exit": "rval:size",
    "proc_raise": "sig:sig",
    "random_get": "buf:buf",
    "sched_yield": "",
    "sock_accept": "fd:fd flags:fdflags connection:>fd",
    "sock_recv": "fd:fd ri_data:iovs ri_flags:riflags ro_datalen:>size ro_flags:>u16",
    "sock_send": "fd:fd si_data:ciovs si_flags:siflags so_datalen:>size",
    "sock_shutdown": "fd:fd how:sdflags",
}
"""A row per function: its parameters as ``name:kind``. All return an errno, but proc_exit, which does not return."""
DIRECTORY_FUNCTIONS = ("fd_prestat_dir_name", "fd_prestat_get", "fd_readdir")
"""Those of them that are in `wasmvm.wasi.preview1.fd_dir`; the others are in the file that their first word names."""
SHORT_FUNCTIONS = frozenset(
    "args_get args_sizes_get clock_res_get clock_time_get environ_get environ_sizes_get fd_advise fd_close "
    "fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights fd_filestat_get fd_prestat_dir_name fd_prestat_get fd_seek "
    "fd_tell proc_exit proc_raise".split()
)
"""Those that neither wait nor do work in proportion to an argument, and so never ask the store
(`wasmvm.wasi.host.waiting`)."""
UNSTABLE_FUNCTIONS: dict[str, str] = {
    name: row.replace(">filestat", ">filestat0") for name, row in FUNCTIONS.items() if name != "sock_accept"
}
"""The same for ``wasi_unstable``."""


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


def params_of(row: str) -> tuple[Param, ...]:
    """The parameters of a row of `FUNCTIONS`."""
    params: list[Param] = []
    index = 0
    for text in row.split():
        param = Param(text, index)
        params.append(param)
        index += len(param.code)
    return tuple(params)


def spans_of(row: str) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """The ranges of guest memory that a function's arguments name directly.

    Returns:
        Results, each as the index of the argument that is its address and its size in bytes; and arrays, each as the
        index of its address, behind which is the argument that counts its elements, and the size of one of these.
    """
    element = {"path": 1, "buf": 1, "iovs": IOVEC.size, "ciovs": IOVEC.size}
    params = params_of(row)
    results = tuple((param.index, RESULT_SIZES[param.kind]) for param in params if param.is_result)
    arrays = tuple((param.index, element[param.kind]) for param in params if param.kind in element)
    return results, arrays
