"""An open directory in any kind of tree: where path operations start."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import Descriptor, Filestat
from wasmvm.wasi.host.waiting import paced
from wasmvm.wasi.host.walk import DirectoryEntry, Tree, Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Directory(Descriptor):
    """A descriptor of a directory.

    Attributes:
        tree: the tree that it is in; links and renames are possible between directories of the same tree object.
        handle: the tree's own handle, which this object owns.
    """

    __slots__ = ("_closed", "_cookies", "_listing", "_next_cookie", "handle", "tree")

    def __init__(self, tree: Tree[Any], handle: Any, rights: int, inheriting: int, flags: int = 0) -> None:
        super().__init__(terms.FILETYPE_DIRECTORY, rights, inheriting, flags)
        self.tree = tree
        self.handle = handle
        self._closed = False
        self._listing: list[DirectoryEntry] | None = None
        self._cookies: list[int] = []
        self._next_cookie = 1

    def walk(self, path: bytes, *, follow: bool = False, entry: bool = False) -> Walk[Any]:
        """See `walk.Walk`."""
        return Walk(self.tree, self.handle, path, follow=follow, entry=entry)

    def open(self, path: bytes, follow: bool, how: int, flags: int, rights: int, inheriting: int) -> Descriptor:
        """Open what is at `path`.

        The rights asked for are cut to those that its kind can have and that this directory hands on, except for
        reading and writing: asking for these when they cannot be had is an error.

        Args:
            follow: whether a link in the last place is followed.
            how: ``OPEN_*``.
            flags: ``FLAG_*`` of the descriptor.
            rights: ``MAY_*``.
            inheriting: rights of what is opened through it, if it is a directory.

        Raises:
            WasiError: EROFS, ENOTCAPABLE for reading or writing; EISDIR, EEXIST to create what has to be a directory;
                what `Walk` and `Tree.open` raise.
            OSError: what the host says.
        """
        granted = rights & self.inheriting
        lost = rights & ~granted & (terms.MAY_READ | terms.MAY_WRITE)
        if lost:
            raise WasiError(errno.EROFS if self.read_only and lost & terms.MAY_WRITE else errno.ENOTCAPABLE)
        write = granted & terms.MAY_WRITE != 0 or how & terms.OPEN_TRUNCATE != 0
        if how & terms.OPEN_CREATE:
            exclusive = how & terms.OPEN_EXCLUSIVE
            if exclusive:
                follow = False  # a link in the last place is something that exists
            if path.endswith(b"/"):
                with self.walk(path, entry=True) as at:  # an error even if there is a directory: none would be made
                    raise WasiError(errno.EEXIST if at.name == b"." and exclusive else errno.EISDIR)
        with self.walk(path, follow=follow) as at:
            opened = self.tree.open(at.handle, at.name, how, flags, granted & terms.MAY_READ != 0, write)
        if not isinstance(opened, Descriptor):
            opened = Directory(self.tree, opened, terms.RIGHTS_DIRECTORY, inheriting & self.inheriting, flags)
        opened.rights &= granted
        opened.read_only = self.read_only
        return opened

    def entries_after(self, cookie: int) -> Iterator[tuple[int, DirectoryEntry]]:
        """Entries with their cookies, in order, from the one after `cookie` on; 0 reads the directory again.

        A name keeps its cookie as long as every reading finds it, and a new name gets a higher one than any before. So
        a cookie from an earlier reading still divides what the guest has seen from what it has not.
        """
        if cookie == 0 or self._listing is None:
            self._look()
        listing = self._listing or []
        for index in range(bisect_right(self._cookies, cookie), len(listing)):
            yield self._cookies[index], listing[index]

    def listed(self) -> int:
        """How many entries it keeps."""
        return len(self._cookies)

    def forget(self) -> None:
        """Keep no entries; cookies stay good only if nothing was made or removed since the first reading."""
        self._listing = None
        self._cookies = []
        self._next_cookie = 1

    def _look(self) -> None:
        ino = self.stat().ino  # also stands for the parent, which may be out of the guest's sight
        found = [DirectoryEntry(b".", ino, self.filetype), DirectoryEntry(b"..", ino, self.filetype)]
        found += self.tree.entries(self.handle)
        by_name = {entry.name: entry for entry in paced(found)}
        listing, cookies = [], []
        for old_cookie, old in paced(zip(self._cookies, self._listing or (), strict=True)):
            entry = by_name.pop(old.name, None)
            if entry is not None:
                listing.append(entry)
                cookies.append(old_cookie)
        fresh = range(self._next_cookie, self._next_cookie + len(by_name))
        self._next_cookie = fresh.stop
        self._listing = listing + list(by_name.values())
        self._cookies = cookies + list(fresh)

    def stat(self) -> Filestat:
        return self.tree.stat(self.handle, b".")

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        self.tree.set_times(self.handle, b".", atim, mtim)

    def sync(self, data_only: bool) -> None:
        self.tree.sync(self.handle, data_only)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.tree.leave(self.handle)
