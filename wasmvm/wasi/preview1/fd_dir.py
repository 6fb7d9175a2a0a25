"""Descriptors of directories: ``fd_prestat_get``, ``fd_prestat_dir_name``, ``fd_readdir``."""

from __future__ import annotations

from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.directory import Directory
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.waiting import paced
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import store_u32
from wasmvm.wasi.preview1.function import wasi_function
from wasmvm.wasi.preview1.guest import Wasi

MAX_LISTED = 1 << 18
"""Entries that a guest's directories keep, besides the one that is being read."""


def _preopen_name(wasi: Wasi, fd: int) -> bytes:
    name = wasi.table.get(fd).preopen
    if name is None:
        raise WasiError(errno.EBADF)  # tells a C library that it has seen all of them
    return name


@wasi_function
def fd_prestat_get(wasi: Wasi, mem: memoryview, fd: int, buf: int) -> None:
    """Write what a preopened descriptor is to `buf`: 8 bytes, tag u8 (0: a directory), at 4 its name's length u32.

    Errors: EBADF if `fd` is not open or not preopened, EFAULT.
    """
    abi.PRESTAT.pack_into(mem, buf, abi.PREOPENTYPE_DIR, len(_preopen_name(wasi, fd)))


@wasi_function
def fd_prestat_dir_name(wasi: Wasi, mem: memoryview, fd: int, path: int, path_len: int) -> None:
    """Write the name of a preopened directory, without a NUL, to `path`.

    Errors: EBADF as for ``fd_prestat_get``, ENAMETOOLONG if `path_len` is less than its length (nothing is written),
    EFAULT.
    """
    name = _preopen_name(wasi, fd)
    if len(name) > path_len:
        raise WasiError(errno.ENAMETOOLONG)
    mem[path : path + len(name)] = name


def _bound_listings(wasi: Wasi, wanted: Directory) -> None:
    """Let the other directories forget their entries if together they keep too many."""
    others = [other for other in wasi.table if isinstance(other, Directory) and other is not wanted]
    if sum(other.listed() for other in others) > MAX_LISTED:
        for other in others:
            other.forget()


@wasi_function
def fd_readdir(wasi: Wasi, mem: memoryview, fd: int, buf: int, buf_len: int, cookie: int, bufused: int) -> None:
    """Write entries of a directory to `buf` until it is full, and the number of bytes used (u32) to `bufused`.

    An entry is 24 bytes (d_next u64, d_ino u64, d_namlen u32, d_type u8 at 20) and the name after them, unaligned.
    The last one may be cut off anywhere: if `bufused` is less than `buf_len`, the end of the directory was reached.

    Parameters:
        cookie: 0 to start, or the ``d_next`` of the entry before the first one wanted.

    A cookie stays good as long as the descriptor is open, whatever is made or removed meanwhile: an entry that exists
    all the time is seen once. The directory is read again whenever reading starts at 0. If the other open directories
    keep more than 262,144 entries then, these are forgotten, and read again when their reading goes on.

    Right: fd_readdir. Errors: ENOTDIR, EFAULT, ENOMEM for a directory of more than 1,048,576 entries.
    """
    directory = wasi.table.get(fd, terms.MAY_LIST)
    if not isinstance(directory, Directory):
        raise WasiError(errno.ENOTDIR)
    if cookie == 0:
        _bound_listings(wasi, directory)
    pack, filetypes, mask = abi.DIRENT.pack, abi.FILETYPES, abi.MASK64
    at, end = buf, buf + buf_len
    for next_cookie, entry in paced(directory.entries_after(cookie)):
        record = pack(next_cookie, entry.ino & mask, len(entry.name), filetypes[entry.filetype]) + entry.name
        room = end - at
        if len(record) > room:
            mem[at:end] = record[:room]
            at = end
            break
        mem[at : at + len(record)] = record
        at += len(record)
    store_u32(mem, bufused, at - buf)
