"""Operations on descriptors: every ``fd_*`` but those on directories' contents and preopens (`fd_dir`).

All of them fail with EBADF if the descriptor is not open, with what `Descriptor.refuse` says if it lacks the right,
with EFAULT for memory that does not exist (nothing has been done then), and with the host's error if it reports one.
"""

from __future__ import annotations

import os
from struct import Struct
from struct import error as StructError

from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import MAX_OFFSET, Descriptor, Filestat
from wasmvm.wasi.host.timesource import CLOCK_REALTIME
from wasmvm.wasi.host.waiting import called_by
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import MASK32, store_u32, store_u64
from wasmvm.wasi.preview1.function import Linked, buffers_of, code_of, quick_way, wasi_function
from wasmvm.wasi.preview1.guest import Wasi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FEW = 4096
"""Bytes that are copied once more rather than looked at where they are, which takes longer."""


@wasi_function
def fd_advise(wasi: Wasi, mem: memoryview, fd: int, offset: int, length: int, advice: int) -> None:
    """Say how a range of a file will be used; a hint without visible effect.

    Parameters:
        advice: 0 normal, 1 sequential, 2 random, 3 willneed, 4 dontneed, 5 noreuse.

    Right: fd_advise. Errors: EINVAL for another advice or a range beyond 2^63 - 1, ESPIPE for a stream, EBADF for a
    directory.
    """
    descriptor = wasi.table.get(fd, terms.MAY_ADVISE)
    if advice >= len(abi.ADVICE):
        raise WasiError(errno.EINVAL)
    if offset > MAX_OFFSET or length > MAX_OFFSET:
        raise WasiError(errno.EINVAL)
    descriptor.advise(offset, length, abi.ADVICE[advice])


@wasi_function
def fd_allocate(wasi: Wasi, mem: memoryview, fd: int, offset: int, length: int) -> None:
    """Make sure that a range of a file exists; extends the file with zeros if needed.

    Right: fd_allocate. Errors: EINVAL for an empty range, EFBIG for one beyond 2^63 - 1, ENOSPC, ESPIPE for a stream,
    EBADF for a directory.
    """
    descriptor = wasi.table.get(fd, terms.MAY_ALLOCATE)
    if length == 0:
        raise WasiError(errno.EINVAL)
    if offset + length > MAX_OFFSET:
        raise WasiError(errno.EFBIG)
    descriptor.allocate(offset, length)


@wasi_function
def fd_close(wasi: Wasi, mem: memoryview, fd: int) -> None:
    """Close a descriptor; preopened directories and standard streams can be closed too.

    Errors: EBADF; EIO, ENOSPC if the host could not store what was written (the descriptor is closed all the same).
    """
    wasi.table.get(fd)
    wasi.table.close_one(fd)


@wasi_function
def fd_datasync(wasi: Wasi, mem: memoryview, fd: int) -> None:
    """Put a file's contents on stable storage. Right: fd_datasync."""
    wasi.table.get(fd, terms.MAY_SYNC_DATA).sync(True)


@wasi_function
def fd_sync(wasi: Wasi, mem: memoryview, fd: int) -> None:
    """Put a file's contents and attributes on stable storage. Right: fd_sync."""
    wasi.table.get(fd, terms.MAY_SYNC).sync(False)


@wasi_function
def fd_fdstat_get(wasi: Wasi, mem: memoryview, fd: int, stat: int) -> None:
    """Write kind, flags and rights of a descriptor to `stat`: 24 bytes.

    ``fs_filetype`` u8 at 0, ``fs_flags`` u16 at 2, ``fs_rights_base`` u64 at 8, ``fs_rights_inheriting`` u64 at 16.
    Standard output on a terminal, for example::

        02 00 00 00 00 00 00 00  59 00 20 08 00 00 00 00  00 00 00 00 00 00 00 00

    Errors: EBADF, EFAULT.
    """
    descriptor = wasi.table.get(fd)
    abi.FDSTAT.pack_into(
        mem,
        stat,
        abi.FILETYPES[descriptor.filetype],
        abi.GUEST_FDFLAGS[descriptor.flags],
        abi.GUEST_RIGHTS[descriptor.rights],
        abi.GUEST_RIGHTS[descriptor.inheriting],
    )


@wasi_function
def fd_fdstat_set_flags(wasi: Wasi, mem: memoryview, fd: int, flags: int) -> None:
    """Set append, dsync, nonblock, rsync, sync (bits 0 to 4) of a descriptor.

    Right: fd_fdstat_set_flags. Errors: EINVAL for another bit, ENOTSUP where the host cannot.
    """
    descriptor = wasi.table.get(fd, terms.MAY_SET_FLAGS)
    if flags & ~abi.FDFLAGS_ALL:
        raise WasiError(errno.EINVAL)
    descriptor.set_flags(abi.HOST_FDFLAGS[flags])


@wasi_function
def fd_fdstat_set_rights(wasi: Wasi, mem: memoryview, fd: int, fs_rights_base: int, fs_rights_inheriting: int) -> None:
    """Give up rights of a descriptor.

    Errors: ENOTCAPABLE if a right that it does not have would be added; nothing changes then.
    """
    descriptor = wasi.table.get(fd)
    rights, inheriting = abi.GUEST_RIGHTS[descriptor.rights], abi.GUEST_RIGHTS[descriptor.inheriting]
    if fs_rights_base & ~rights or fs_rights_inheriting & ~inheriting:
        raise WasiError(errno.ENOTCAPABLE)
    descriptor.rights = abi.HOST_RIGHTS[fs_rights_base]
    descriptor.inheriting = abi.HOST_RIGHTS[fs_rights_inheriting]


def store_filestat(mem: memoryview, buf: int, stat: Filestat, layout: Struct = abi.FILESTAT) -> None:
    """Write a ``filestat``: dev u64, ino u64, filetype u8, then at 24 nlink, size, atim, mtim, ctim, each a u64.

    A time before 1970 wraps, as a u64 has no sign.
    """
    dev, ino, filetype, nlink, size, atim, mtim, ctim = stat
    kind = abi.FILETYPES[filetype]
    try:
        layout.pack_into(mem, buf, dev, ino, kind, nlink, size, atim, mtim, ctim)
    except StructError:
        mask = abi.MASK64
        times = atim & mask, mtim & mask, ctim & mask
        layout.pack_into(mem, buf, dev & mask, ino & mask, kind, nlink, size, *times)


@wasi_function
def fd_filestat_get(wasi: Wasi, mem: memoryview, fd: int, buf: int) -> None:
    """Write the attributes of an open file to `buf`: 64 bytes, see `store_filestat`. Right: fd_filestat_get."""
    store_filestat(mem, buf, wasi.table.get(fd, terms.MAY_STAT).stat())


@wasi_function
def fd_filestat_set_size(wasi: Wasi, mem: memoryview, fd: int, size: int) -> None:
    """Cut an open file, or extend it with zeros.

    Right: fd_filestat_set_size. Errors: EINVAL for a size beyond 2^63 - 1, EFBIG, EBADF for a directory.
    """
    descriptor = wasi.table.get(fd, terms.MAY_SET_SIZE)
    if size > MAX_OFFSET:
        raise WasiError(errno.EINVAL)
    descriptor.set_size(size)


def new_times(wasi: Wasi, atim: int, mtim: int, fst_flags: int) -> tuple[int | None, int | None]:
    """The times that a call wants to set; None for one that stays.

    Raises:
        WasiError: EINVAL for an unknown flag, or for a time both given and now.
    """
    now = wasi.clock.time(CLOCK_REALTIME)
    times: list[int | None] = []
    for given, flag, flag_now in (
        (atim, abi.FSTFLAGS_ATIM, abi.FSTFLAGS_ATIM_NOW),
        (mtim, abi.FSTFLAGS_MTIM, abi.FSTFLAGS_MTIM_NOW),
    ):
        if fst_flags & flag and fst_flags & flag_now:
            raise WasiError(errno.EINVAL)
        times.append(given if fst_flags & flag else now if fst_flags & flag_now else None)
    if fst_flags & ~abi.FSTFLAGS_ALL:
        raise WasiError(errno.EINVAL)
    return times[0], times[1]


@wasi_function
def fd_filestat_set_times(wasi: Wasi, mem: memoryview, fd: int, atim: int, mtim: int, fst_flags: int) -> None:
    """Set the times of access and change of an open file.

    Parameters:
        atim, mtim: nanoseconds since 1970.
        fst_flags: 1 set `atim`, 2 set it to now, 4 set `mtim`, 8 set it to now.

    Right: fd_filestat_set_times. Errors: EINVAL for another flag, or for a time both given and now.
    """
    descriptor = wasi.table.get(fd, terms.MAY_SET_TIMES)
    descriptor.set_times(*new_times(wasi, atim, mtim, fst_flags))


def _check_range(offset: int, buffers: list[memoryview]) -> None:
    """Raises WasiError EINVAL if the buffers at `offset` would end after the largest offset of a file."""
    if offset + sum(map(len, buffers)) > MAX_OFFSET:
        raise WasiError(errno.EINVAL)


@wasi_function
def fd_pread(wasi: Wasi, mem: memoryview, fd: int, iovs: int, iovs_len: int, offset: int, nread: int) -> None:
    """Read from a file at `offset`; the descriptor's own offset does not move.

    Parameters:
        iovs, iovs_len: an array of ``iovec`` (buf u32, buf_len u32) to be filled in order.
        nread: where the number of bytes read (u32) goes; 0 at the end of the file.

    Rights: fd_read, fd_seek. Errors: EBADF without the right to read, ESPIPE for a stream, EINVAL for an offset
    beyond 2^63 - 1.
    """
    descriptor = wasi.table.get(fd, terms.MAY_READ | terms.MAY_SEEK)
    buffers = buffers_of(mem, iovs, iovs_len)
    _check_range(offset, buffers)
    store_u32(mem, nread, descriptor.preadv(buffers, offset))


@wasi_function
def fd_pwrite(wasi: Wasi, mem: memoryview, fd: int, iovs: int, iovs_len: int, offset: int, nwritten: int) -> None:
    """Write to a file at `offset`; the descriptor's own offset does not move.

    Parameters:
        iovs, iovs_len: an array of ``ciovec`` (buf u32, buf_len u32) to be written in order.
        nwritten: where the number of bytes written (u32) goes.

    Rights: fd_write, fd_seek. Errors: as for ``fd_pread``, and ENOSPC, EFBIG.
    """
    descriptor = wasi.table.get(fd, terms.MAY_WRITE | terms.MAY_SEEK)
    buffers = buffers_of(mem, iovs, iovs_len)
    _check_range(offset, buffers)
    store_u32(mem, nwritten, descriptor.write_at(buffers, offset))


@wasi_function
def fd_read(wasi: Wasi, mem: memoryview, fd: int, iovs: int, iovs_len: int, nread: int) -> None:
    """Read from a descriptor.

    Parameters:
        iovs, iovs_len: an array of ``iovec`` (buf u32, buf_len u32) to be filled in order.
        nread: where the number of bytes read (u32) goes; 0 at the end.

    Right: fd_read. Errors: EBADF without it, EAGAIN if it would wait and is non-blocking.

    With ``hello`` in the file, ``iovs=16, iovs_len=2, nread=4`` and two buffers of 2 bytes at 32 and 16 at 48::

         4: 05 00 00 00
        16: 20 00 00 00 02 00 00 00  30 00 00 00 10 00 00 00   (as it was)
        32: 68 65
        48: 6c 6c 6f
    """
    descriptor = wasi.table.get(fd, terms.MAY_READ)
    store_u32(mem, nread, descriptor.readv(buffers_of(mem, iovs, iovs_len)))


@wasi_function
def fd_write(wasi: Wasi, mem: memoryview, fd: int, iovs: int, iovs_len: int, nwritten: int) -> None:
    """Write to a descriptor.

    Parameters:
        iovs, iovs_len: an array of ``ciovec`` (buf u32, buf_len u32) to be written in order, all in one go.
        nwritten: where the number of bytes written (u32) goes.

    Right: fd_write. Errors: EBADF without it, EAGAIN if it would wait and is non-blocking, EPIPE, ENOSPC, EFBIG.
    """
    descriptor = wasi.table.get(fd, terms.MAY_WRITE)
    store_u32(mem, nwritten, descriptor.write(buffers_of(mem, iovs, iovs_len)))


@quick_way("fd_read")
def _quick_read(wasi: Wasi, general: Linked) -> Linked:
    """One or two buffers, as C libraries have them, with few bytes together."""
    find = wasi.table.find

    def function(caller: Any, fd: int, iovs: int, iovs_len: int, nread: int) -> int | None:
        memory, descriptor, size = caller.memory, find(fd), 0
        if memory is not None and descriptor is not None and 0 < iovs_len <= 2:
            try:
                iovec = memory.load_u64(iovs & MASK32)
                other = memory.load_u64((iovs & MASK32) + 8) if iovs_len == 2 else 0
                first, last, end = iovec >> 32, other >> 32, len(memory)
                if (
                    descriptor.rights & terms.MAY_READ
                    and first + last <= _FEW
                    and (iovec & MASK32) + first <= end
                    and (other & MASK32) + last <= end
                    and (nread & MASK32) + 4 <= end
                ):
                    size = first + last
            except IndexError:
                pass
        if descriptor is None or size == 0:
            return general(caller, fd, iovs, iovs_len, nread)
        try:
            if descriptor.prompt:
                data = descriptor.read_bytes(size)
            else:
                data = called_by(caller, descriptor.read_bytes, size)
        except (WasiError, OSError) as error:
            return code_of(error)
        count = len(data)
        if count <= first:
            memory.write(iovec & MASK32, data)
        else:
            memory.write(iovec & MASK32, data[:first])
            memory.write(other & MASK32, data[first:])
        memory.store_u32(nread & MASK32, count)
        return 0

    return function


@quick_way("fd_write")
def _quick_write(wasi: Wasi, general: Linked) -> Linked:
    """One or two buffers, as C libraries have them, with few bytes together."""
    find = wasi.table.find

    def function(caller: Any, fd: int, iovs: int, iovs_len: int, nwritten: int) -> int | None:
        memory, descriptor, size = caller.memory, find(fd), 0
        if memory is not None and descriptor is not None and 0 < iovs_len <= 2:
            try:
                iovec = memory.load_u64(iovs & MASK32)
                other = memory.load_u64((iovs & MASK32) + 8) if iovs_len == 2 else 0
                first, last = iovec >> 32, other >> 32
                if (
                    descriptor.rights & terms.MAY_WRITE
                    and first + last <= _FEW
                    and (nwritten & MASK32) + 4 <= len(memory)
                ):
                    data = memory.read(iovec & MASK32, first)
                    if last:
                        data += memory.read(other & MASK32, last)
                    size = first + last
            except IndexError:
                pass
        if descriptor is None or size == 0:
            return general(caller, fd, iovs, iovs_len, nwritten)
        try:
            if descriptor.prompt:
                count = descriptor.write_bytes(data)
            else:
                count = called_by(caller, descriptor.write_bytes, data)
        except (WasiError, OSError) as error:
            return code_of(error)
        memory.store_u32(nwritten & MASK32, count)
        return 0

    return function


@wasi_function
def fd_renumber(wasi: Wasi, mem: memoryview, fd: int, to: int) -> None:
    """Move a descriptor to the number of another, which is closed; `fd` is free afterwards.

    Renumbering to the same number does nothing.

    Errors: EBADF if either is not open.
    """
    wasi.table.get(fd)
    wasi.table.get(to)
    wasi.table.renumber(fd, to)


def _seekable(wasi: Wasi, fd: int, moves: bool) -> Descriptor:
    """The descriptor, if the guest may know (or move) its offset. The right to seek includes the right to tell."""
    may_seek = wasi.table.get(fd).rights & terms.MAY_SEEK
    return wasi.table.get(fd, terms.MAY_SEEK if moves or may_seek else terms.MAY_TELL)


def move_offset(wasi: Wasi, fd: int, offset: int, whence: int) -> int:
    """`fd_seek` with the host's `whence`, -1 for an unknown one; the new offset."""
    descriptor = _seekable(wasi, fd, moves=not (whence == os.SEEK_CUR and offset == 0))
    if whence < 0:
        raise WasiError(errno.EINVAL)
    return descriptor.seek(offset, whence)


@wasi_function
def fd_seek(wasi: Wasi, mem: memoryview, fd: int, offset: int, whence: int, newoffset: int) -> None:
    """Move a file's offset and write the new one (u64) to `newoffset`.

    Parameters:
        offset: signed.
        whence: 0 from the start, 1 from where it is, 2 from the end.

    Right: fd_seek; fd_tell is enough to move by 0 from where it is. Errors: EINVAL for another whence or a place
    before the start, ESPIPE for a stream, EBADF for a directory.
    """
    known = whence < len(abi.WHENCE)
    store_u64(mem, newoffset, move_offset(wasi, fd, offset, abi.WHENCE[whence] if known else -1))


@wasi_function
def fd_tell(wasi: Wasi, mem: memoryview, fd: int, offset: int) -> None:
    """Write a file's offset (u64) to `offset`.

    Right: fd_tell or fd_seek. Errors: ESPIPE for a stream, EBADF for a directory.
    """
    store_u64(mem, offset, _seekable(wasi, fd, moves=False).seek(0, os.SEEK_CUR))
