"""How a guest's path becomes a place in a tree: the one algorithm that the sandbox stands on.

A path is walked component by component from a directory that the guest holds. Each step opens a *child* of a directory
that is already open, and does not follow links; links are read, and their text is walked in the same way. So nothing
that happens in the tree meanwhile can lead the walk outside. ``..`` goes back to a directory that the walk itself came
through, never above its start. A tree may offer one step for several names in a row (`Tree.reach`), which must end at
the same directory or nowhere: what is a link, or ``..``, or fails in any way is walked.

Two kinds of operation differ in what a last component means:

- one that is about a *file* (open, stat, set times) may follow a link there, and a trailing slash means "enter it";
- one that is about an *entry* (make, remove, rename, link, read a link) never follows, and a trailing slash is noted,
  and the operation says what it means. Hosts never get it, since they follow links at ``name/``.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import GenericAlias

from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import Descriptor, Filestat
from wasmvm.wasi.host.waiting import paced, wait_slice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Generic, Protocol, TypeVar

    H = TypeVar("H")
    """An open directory of a tree: a host descriptor, or a node."""
else:
    H = object

    class Generic:
        """A class that can be indexed by a type; typing's takes too long to import."""

        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)

    Protocol = Generic

MAX_PATH = 4096
"""Bytes in a path; more is ENAMETOOLONG."""
MAX_LINKS = 40
"""Symbolic links that one path may go through; more is ELOOP."""


class DirectoryEntry:
    """A name in a directory, with the number and the kind (``FILETYPE_*``) of what has it."""

    __slots__ = ("filetype", "ino", "name")

    def __init__(self, name: bytes, ino: int, filetype: str) -> None:
        self.name = name
        self.ino = ino
        self.filetype = filetype


MAX_ENTRIES = 1 << 20
"""Entries of a directory that can be listed; more is ENOMEM."""
_SORTED_AT_ONCE = 1 << 13
"""Entries that are sorted before other threads may run."""


def sorted_entries(entries: Iterable[DirectoryEntry]) -> list[DirectoryEntry]:
    """The entries sorted by name, so that a guest does the same everywhere.

    Raises:
        WasiError: ENOMEM if they are too many.
        Exception: what ends the guest (see `wasmvm.wasi.host.waiting`).
    """
    runs: list[list[DirectoryEntry]] = [[]]
    for number, entry in enumerate(paced(entries)):
        if number >= MAX_ENTRIES:
            raise WasiError(errno.ENOMEM)
        if len(runs[-1]) == _SORTED_AT_ONCE:
            runs[-1].sort(key=_name_of)
            runs.append([])
        runs[-1].append(entry)
    runs[-1].sort(key=_name_of)
    if len(runs) == 1:
        return runs[0]
    from heapq import merge

    return list(paced(merge(*runs, key=_name_of)))


def _name_of(entry: DirectoryEntry) -> bytes:
    return entry.name


class Tree(Protocol[H]):
    """A file system, as operations on single entries of open directories. No operation follows a symbolic link.

    `name` is one component, or ``b"."`` for the directory itself. Errors are WasiError or OSError.
    """

    def enter(self, directory: H, name: bytes) -> H | None:
        """Open the child directory `name`; None if it is something else, also a link."""

    def reach(self, directory: H, path: bytes) -> H | None:
        """Open the directory at `path`, names with slashes in between, in one step.

        None if that does not lead to the same as entering one after the other, or for any other reason: then they are
        to be entered one by one.
        """

    def leave(self, directory: H) -> None:
        """Close what `enter`, `reach` or `open` returned."""

    def readlink(self, directory: H, name: bytes) -> bytes | None:
        """The text of a link; None if it is not a link or does not exist."""

    def open(self, directory: H, name: bytes, how: int, flags: int, read: bool, write: bool) -> Descriptor | H:
        """A file, with all the rights that its kind can have, or the handle of a directory.

        `how` is ``OPEN_*``, `flags` are the ``FLAG_*`` of the descriptor.
        """

    def stat(self, directory: H, name: bytes) -> Filestat:
        """Attributes of the entry."""

    def entries(self, directory: H) -> list[DirectoryEntry]:
        """What is in the directory, without ``.`` and ``..``, in an order that stays the same between changes."""

    def set_times(self, directory: H, name: bytes, atim: int | None, mtim: int | None) -> None:
        """Set times of access and change; None leaves one as it is."""

    def make_directory(self, directory: H, name: bytes) -> None:
        """A new empty directory."""

    def remove_directory(self, directory: H, name: bytes) -> None:
        """Remove an empty directory."""

    def unlink(self, directory: H, name: bytes) -> None:
        """Remove an entry that is not a directory."""

    def symlink(self, text: bytes, directory: H, name: bytes) -> None:
        """A new symbolic link."""

    def link(self, directory: H, name: bytes, new_directory: H, new_name: bytes) -> None:
        """Another name for the file; both in this tree."""

    def rename(self, directory: H, name: bytes, new_directory: H, new_name: bytes) -> None:
        """Move an entry, replacing a file or an empty directory; both in this tree, neither of them ``b"."``."""

    def sync(self, directory: H, data_only: bool) -> None:
        """Put the directory on stable storage."""


def checked_path(path: bytes) -> bytes:
    """A path of the guest's, if it can be one.

    Raises:
        WasiError: ENAMETOOLONG; EILSEQ if it is not UTF-8; EINVAL if there is a NUL in it.
    """
    if len(path) > MAX_PATH:
        raise WasiError(errno.ENAMETOOLONG)
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        raise WasiError(errno.EILSEQ) from None
    if b"\0" in path:
        raise WasiError(errno.EINVAL)
    return path


def components(path: bytes) -> list[bytes]:
    """The components of a relative path. One that ends in ``/`` or ``/.`` ends in ``.``: its last is entered."""
    if b"/" not in path and path not in (b"", b"."):
        return [path]  # as nearly always
    parts = path.split(b"/")
    names = [part for part in parts if part not in (b"", b".")]
    if parts[-1] in (b"", b"."):
        names.append(b".")
    return names


class Walk(Generic[H]):
    """A walked path: `name` in the directory `handle`. A context manager, which keeps the directories open.

    Attributes:
        tree: the tree that it is in.
        handle: the open directory.
        name: one component, neither empty nor ``..``; ``b"."`` for `handle` itself.
        slash: whether an entry operation's path ended in a slash.
    """

    __slots__ = ("_stack", "name", "slash", "tree")

    def __init__(self, tree: Tree[H], start: H, path: bytes, *, follow: bool = False, entry: bool = False) -> None:
        """Walk `path` from the open directory `start`.

        Args:
            follow: whether a link in the last place is followed.
            entry: whether this is for an operation on an entry (see above).

        Raises:
            WasiError: ENOENT for an empty path, EPERM for one that is absolute or leads outside, ENOTDIR, ELOOP.
            OSError: what the host says.
        """
        if not path:
            raise WasiError(errno.ENOENT)
        if path.startswith(b"/"):
            raise WasiError(errno.EPERM)
        self.slash = entry and path.endswith(b"/")
        self.tree = tree
        self._stack: list[H] = [start]
        try:
            self.name = self._walk(components(path.rstrip(b"/") if self.slash else path), follow)
        except BaseException:
            self.__exit__()
            raise

    @property
    def handle(self) -> H:
        return self._stack[-1]

    def _reach(self, names: list[bytes], follow: bool) -> bytes | None:
        """Come to the last of the names in one step; None if that cannot be done, and then nothing has happened."""
        tree, stack = self.tree, self._stack
        child = tree.reach(stack[-1], b"/".join(names[:-1]))
        if child is None:
            return None
        stack.append(child)
        name = names[-1]
        if follow and name != b"." and tree.readlink(child, name) is not None:
            tree.leave(stack.pop())  # its text may lead up, to directories that are not open
            return None
        return name

    def _walk(self, names: list[bytes], follow: bool) -> bytes:
        if len(names) > 2 and b".." not in names:
            reached = self._reach(names, follow)
            if reached is not None:
                return reached
        tree, stack = self.tree, self._stack
        links = 0
        pending = names[::-1]
        while True:
            name = pending.pop()
            if name == b"..":
                if len(stack) == 1:
                    raise WasiError(errno.EPERM)
                tree.leave(stack.pop())
                name = b"."
            if name == b".":
                if pending:
                    continue
                return name
            if pending:
                child = tree.enter(stack[-1], name)
                if child is not None:
                    stack.append(child)
                    continue
            elif not follow:
                return name
            text = tree.readlink(stack[-1], name)
            if text is None:
                if pending:
                    raise WasiError(errno.ENOTDIR)
                return name
            links += 1
            if links > MAX_LINKS:
                raise WasiError(errno.ELOOP)
            wait_slice()  # each link may be two thousand steps long
            if text.startswith(b"/"):
                raise WasiError(errno.EPERM)
            pending.extend(reversed(components(text)))

    def is_directory(self) -> bool:
        """Whether the entry exists and is a directory."""
        return self.tree.stat(self.handle, self.name).filetype == terms.FILETYPE_DIRECTORY

    def exists(self) -> bool:
        """Whether the entry exists, even if it is a link that leads nowhere."""
        try:
            self.tree.stat(self.handle, self.name)
        except FileNotFoundError:
            return False
        except WasiError as error:
            if error.name != errno.ENOENT:
                raise
            return False
        return True

    def __enter__(self) -> Walk[H]:
        return self

    def __exit__(self, *_: Any) -> None:
        while len(self._stack) > 1:
            self.tree.leave(self._stack.pop())
