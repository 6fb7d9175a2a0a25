"""Operations on paths: every ``path_*``.

`fd` is the directory that paths are relative to. All of them fail with EBADF if it is not open, ENOTDIR if it is not a
directory, what `Descriptor.refuse` says if it lacks the right (EROFS in a read-only directory), EFAULT for memory that
does not exist; and for a path with ENOENT (empty, or a part is missing), ENOTDIR, ELOOP, ENAMETOOLONG (more than
4096 bytes, or what the host says), EILSEQ (not UTF-8), EINVAL (a NUL in it), and EPERM if it is absolute or leads
out of the directory, through a link or by ``..``, even if it came back. `wasmvm.wasi.host.walk` says how a path
is walked.
"""

from __future__ import annotations

from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.directory import Directory
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import Filestat
from wasmvm.wasi.host.walk import MAX_PATH, checked_path
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import store_u32
from wasmvm.wasi.preview1.fd import new_times, store_filestat
from wasmvm.wasi.preview1.function import wasi_function
from wasmvm.wasi.preview1.guest import Wasi


def path_bytes(mem: memoryview, address: int, length: int) -> bytes:
    """A path in memory. Raises WasiError as `checked_path` does."""
    if length > MAX_PATH:
        length = MAX_PATH + 1  # which is too long
    return checked_path(bytes(mem[address : address + length]))


def _directory(wasi: Wasi, fd: int, rights: int) -> Directory:
    directory = wasi.table.get(fd, rights)
    if not isinstance(directory, Directory):
        raise WasiError(errno.ENOTDIR)
    return directory


def _follows(lookupflags: int) -> bool:
    """Whether the flags ask to follow a link in the last place. Raises WasiError EINVAL for an unknown flag."""
    if lookupflags & ~abi.LOOKUPFLAGS_SYMLINK_FOLLOW:
        raise WasiError(errno.EINVAL)
    return lookupflags != 0


@wasi_function
def path_create_directory(wasi: Wasi, mem: memoryview, fd: int, path: int, path_len: int) -> None:
    """Make a directory. A trailing slash is allowed.

    Right: path_create_directory. Errors: EEXIST, ENOSPC, EACCES.
    """
    directory = _directory(wasi, fd, terms.MAY_CREATE_DIRECTORY)
    with directory.walk(path_bytes(mem, path, path_len), entry=True) as at:
        at.tree.make_directory(at.handle, at.name)


def filestat_at(wasi: Wasi, fd: int, flags: int, path: bytes) -> Filestat:
    """The attributes of what is at `path`; `flags` as for ``path_filestat_get``."""
    directory = _directory(wasi, fd, terms.MAY_STAT_PATH)
    with directory.walk(path, follow=_follows(flags)) as at:
        return at.tree.stat(at.handle, at.name)


@wasi_function
def path_filestat_get(wasi: Wasi, mem: memoryview, fd: int, flags: int, path: int, path_len: int, buf: int) -> None:
    """Write the attributes of a file to `buf`: 64 bytes, see `fd.store_filestat`.

    Parameters:
        flags: 1 to follow a link in the last place.

    Right: path_filestat_get. Errors: EINVAL for another flag.
    """
    store_filestat(mem, buf, filestat_at(wasi, fd, flags, path_bytes(mem, path, path_len)))


@wasi_function
def path_filestat_set_times(
    wasi: Wasi, mem: memoryview, fd: int, flags: int, path: int, path_len: int, atim: int, mtim: int, fst_flags: int
) -> None:
    """Set the times of access and change of a file.

    Parameters:
        flags: 1 to follow a link in the last place; without it, the link's own times are set.
        atim, mtim, fst_flags: as for ``fd_filestat_set_times``.

    Right: path_filestat_set_times. Errors: EINVAL for another flag, or for a time both given and now; EPERM, EACCES.
    """
    directory = _directory(wasi, fd, terms.MAY_SET_TIMES_OF_PATH)
    times = new_times(wasi, atim, mtim, fst_flags)
    with directory.walk(path_bytes(mem, path, path_len), follow=_follows(flags)) as at:
        at.tree.set_times(at.handle, at.name, *times)


@wasi_function
def path_link(
    wasi: Wasi, mem: memoryview,
    old_fd: int, old_flags: int, old_path: int, old_path_len: int, new_fd: int, new_path: int, new_path_len: int,
) -> None:  # fmt: skip
    """Give a file another name.

    Parameters:
        old_fd, old_path: the file.
        old_flags: 1 to follow a link in the last place; without it, the link itself gets the name.
        new_fd, new_path: the name.

    Rights: path_link_source of `old_fd`, path_link_target of `new_fd`. Errors: EINVAL for another flag, EEXIST,
    EPERM for a directory, EXDEV between file systems, ENOENT for a new name that ends in a slash.
    """
    source = _directory(wasi, old_fd, terms.MAY_LINK_FROM)
    target = _directory(wasi, new_fd, terms.MAY_LINK_TO)
    old, new = path_bytes(mem, old_path, old_path_len), path_bytes(mem, new_path, new_path_len)
    with source.walk(old, follow=_follows(old_flags)) as at, target.walk(new, entry=True) as to:
        if at.tree is not to.tree:
            raise WasiError(errno.EXDEV)
        is_directory = at.is_directory()
        if to.exists():
            raise WasiError(errno.EEXIST)
        if to.slash:
            raise WasiError(errno.ENOENT)
        if is_directory:
            raise WasiError(errno.EPERM)
        at.tree.link(at.handle, at.name, to.handle, to.name)


@wasi_function
def path_open(
    wasi: Wasi, mem: memoryview, fd: int, dirflags: int, path: int, path_len: int, oflags: int,
    fs_rights_base: int, fs_rights_inheriting: int, fdflags: int, opened: int,
) -> None:  # fmt: skip
    """Open a file or directory and write its descriptor (u32), the lowest free one, to `opened`.

    Parameters:
        dirflags: 1 to follow a link in the last place.
        oflags: 1 create it if it does not exist, 2 it must be a directory, 4 it must not exist, 8 empty it.
        fs_rights_base: rights of the descriptor, without those that its kind cannot have or that `fd` does not hand on.
        fs_rights_inheriting: rights of what is opened through it, if it is a directory; cut in the same way.
        fdflags: 1 append, 2 dsync, 4 nonblock, 8 rsync, 16 sync.

    Rights: path_open; with oflags 1 path_create_file, with 8 path_filestat_set_size; and, to hand on, with fdflags
    2 fd_datasync or fd_sync, with 8 or 16 fd_sync. Errors: EINVAL for other flags, or to create a directory;
    EEXIST, EISDIR (to write to a directory), EMFILE, ELOOP for a link that is not followed; EROFS or ENOTCAPABLE to
    read or write if `fd` does not allow it.
    """
    rights = terms.MAY_OPEN
    if oflags & abi.OFLAGS_CREAT:
        rights |= terms.MAY_CREATE_FILE
    if oflags & abi.OFLAGS_TRUNC:
        rights |= terms.MAY_SET_SIZE_OF_PATH
    directory = _directory(wasi, fd, rights)
    if fdflags:
        if fdflags & (abi.FDFLAGS_RSYNC | abi.FDFLAGS_SYNC) and not directory.inheriting & terms.MAY_SYNC:
            raise WasiError(errno.ENOTCAPABLE)
        if fdflags & abi.FDFLAGS_DSYNC and not directory.inheriting & (terms.MAY_SYNC | terms.MAY_SYNC_DATA):
            raise WasiError(errno.ENOTCAPABLE)
    if oflags & ~abi.OFLAGS_ALL or fdflags & ~abi.FDFLAGS_ALL:
        raise WasiError(errno.EINVAL)
    if oflags & abi.OFLAGS_DIRECTORY and oflags & abi.OFLAGS_CREAT:
        raise WasiError(errno.EINVAL)
    wasi.table.check_room()
    descriptor = directory.open(
        path_bytes(mem, path, path_len),
        _follows(dirflags),
        abi.HOST_OFLAGS[oflags] if oflags else 0,
        abi.HOST_FDFLAGS[fdflags] if fdflags else 0,
        abi.HOST_RIGHTS[fs_rights_base],
        abi.HOST_RIGHTS[fs_rights_inheriting],
    )
    store_u32(mem, opened, wasi.table.add(descriptor))


@wasi_function
def path_readlink(
    wasi: Wasi, mem: memoryview, fd: int, path: int, path_len: int, buf: int, buf_len: int, bufused: int
) -> None:
    """Write the text of a symbolic link, cut to `buf_len` bytes, without a NUL, to `buf`; its length to `bufused`.

    Right: path_readlink. Errors: EINVAL for something that is not a link.
    """
    directory = _directory(wasi, fd, terms.MAY_READ_LINK)
    with directory.walk(path_bytes(mem, path, path_len)) as at:
        text = at.tree.readlink(at.handle, at.name)
        if text is None:
            at.tree.stat(at.handle, at.name)  # ENOENT if it does not exist
            raise WasiError(errno.EINVAL)
    text = text[:buf_len]
    mem[buf : buf + len(text)] = text
    store_u32(mem, bufused, len(text))


@wasi_function
def path_remove_directory(wasi: Wasi, mem: memoryview, fd: int, path: int, path_len: int) -> None:
    """Remove an empty directory. A trailing slash is allowed.

    Right: path_remove_directory. Errors: ENOTEMPTY, ENOTDIR, EINVAL for a path that ends in ``.``, EBUSY.
    """
    directory = _directory(wasi, fd, terms.MAY_REMOVE_DIRECTORY)
    with directory.walk(path_bytes(mem, path, path_len), entry=True) as at:
        at.tree.remove_directory(at.handle, at.name)


@wasi_function
def path_rename(
    wasi: Wasi,
    mem: memoryview,
    fd: int,
    old_path: int,
    old_path_len: int,
    new_fd: int,
    new_path: int,
    new_path_len: int,
) -> None:
    """Give a file or directory another name; a file or an empty directory that has it is replaced.

    Parameters:
        fd, old_path: what is renamed; a link in the last place is renamed itself.
        new_fd, new_path: its new name.

    Rights: path_rename_source of `fd`, path_rename_target of `new_fd`. Errors: ENOTDIR if something that is not a
    directory is named with a trailing slash or would replace a directory, EISDIR, ENOTEMPTY, EXDEV between file
    systems, EINVAL to move a directory into itself, EBUSY for ``.``.
    """
    source = _directory(wasi, fd, terms.MAY_RENAME_FROM)
    target = _directory(wasi, new_fd, terms.MAY_RENAME_TO)
    old, new = path_bytes(mem, old_path, old_path_len), path_bytes(mem, new_path, new_path_len)
    with source.walk(old, entry=True) as at, target.walk(new, entry=True) as to:
        if at.tree is not to.tree:
            raise WasiError(errno.EXDEV)
        if b"." in (at.name, to.name):
            raise WasiError(errno.EBUSY)
        if (at.slash or to.slash) and not at.is_directory():
            raise WasiError(errno.ENOTDIR)
        at.tree.rename(at.handle, at.name, to.handle, to.name)


@wasi_function
def path_symlink(
    wasi: Wasi, mem: memoryview, old_path: int, old_path_len: int, fd: int, new_path: int, new_path_len: int
) -> None:
    """Make a symbolic link `new_path` with the text `old_path`, which may lead nowhere.

    Right: path_symlink. Errors: EPERM for a text that is absolute, EEXIST; ENOENT for an empty text, or for a name
    that ends in a slash.
    """
    directory = _directory(wasi, fd, terms.MAY_SYMLINK)
    text = path_bytes(mem, old_path, old_path_len)
    if text.startswith(b"/"):
        raise WasiError(errno.EPERM)
    if not text:
        raise WasiError(errno.ENOENT)
    with directory.walk(path_bytes(mem, new_path, new_path_len), entry=True) as at:
        if at.slash:
            raise WasiError(errno.EEXIST if at.exists() else errno.ENOENT)
        at.tree.symlink(text, at.handle, at.name)


@wasi_function
def path_unlink_file(wasi: Wasi, mem: memoryview, fd: int, path: int, path_len: int) -> None:
    """Remove a name, but not of a directory; a link in the last place is removed itself.

    Right: path_unlink_file. Errors: EISDIR for a directory, ENOTDIR for anything else with a trailing slash.
    """
    directory = _directory(wasi, fd, terms.MAY_UNLINK)
    with directory.walk(path_bytes(mem, path, path_len), entry=True) as at:
        if at.slash:
            raise WasiError(errno.EISDIR if at.is_directory() else errno.ENOTDIR)
        at.tree.unlink(at.handle, at.name)
