"""``wasi_unstable``: the same interface one snapshot earlier, for programs built in 2019.

It lacks ``sock_accept``. What else differs is here: ``whence`` counts in another order, ``filestat`` has a u32 for the
number of links and so takes 56 bytes, a subscription has one more field and so takes 56 bytes too.
"""

from __future__ import annotations

import os
from struct import Struct

from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import Filestat
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import store_u64
from wasmvm.wasi.preview1.fd import move_offset, store_filestat
from wasmvm.wasi.preview1.function import unstable_function
from wasmvm.wasi.preview1.guest import Wasi
from wasmvm.wasi.preview1.path import filestat_at, path_bytes
from wasmvm.wasi.preview1.poll import poll

FILESTAT = Struct("<QQB3xIQQQQ")
"""dev, ino, filetype, nlink, size, atim, mtim, ctim"""
SUBSCRIPTION = Struct("<QB7x8xI4xQ8xH6x")
"""userdata, tag, then of a clock: (identifier), id, timeout, (precision), flags"""
_WHENCE = (os.SEEK_CUR, os.SEEK_END, os.SEEK_SET)


def _store_filestat(mem: memoryview, buf: int, stat: Filestat) -> None:
    store_filestat(mem, buf, stat._replace(nlink=min(stat.nlink, abi.MASK32)), FILESTAT)


@unstable_function
def fd_filestat_get(wasi: Wasi, mem: memoryview, fd: int, buf: int) -> None:
    """As `fd.fd_filestat_get`, but 56 bytes."""
    _store_filestat(mem, buf, wasi.table.get(fd, terms.MAY_STAT).stat())


@unstable_function
def fd_seek(wasi: Wasi, mem: memoryview, fd: int, offset: int, whence: int, newoffset: int) -> None:
    """As `fd.fd_seek`, but `whence` is 0 from where it is, 1 from the end, 2 from the start."""
    if whence >= len(_WHENCE):
        raise WasiError(errno.EINVAL)
    store_u64(mem, newoffset, move_offset(wasi, fd, offset, _WHENCE[whence]))


@unstable_function
def path_filestat_get(wasi: Wasi, mem: memoryview, fd: int, flags: int, path: int, path_len: int, buf: int) -> None:
    """As `path.path_filestat_get`, but 56 bytes."""
    _store_filestat(mem, buf, filestat_at(wasi, fd, flags, path_bytes(mem, path, path_len)))


@unstable_function
def poll_oneoff(wasi: Wasi, mem: memoryview, in_: int, out: int, nsubscriptions: int, nevents: int) -> None:
    """As `poll.poll_oneoff`, but a subscription is 56 bytes: a clock's fields are 8 bytes further on."""
    poll(wasi, mem, SUBSCRIPTION, in_, out, nsubscriptions, nevents)
