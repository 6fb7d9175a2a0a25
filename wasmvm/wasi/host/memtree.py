"""A directory tree in memory: what a guest writes stays in this process, and is never on a disk.

Works like the host's (see `wasmvm.wasi.host.sandbox`), down to hard links, open files without a name and the error
codes, on every platform. Times of access are not kept up to date by reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from os import SEEK_CUR, SEEK_SET

from wasmvm._core import check_limit
from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import MAX_OFFSET, Descriptor, Filestat
from wasmvm.wasi.host.hostfile import scatter
from wasmvm.wasi.host.timesource import CLOCK_REALTIME, Clock, SystemClock
from wasmvm.wasi.host.waiting import paced, pieces_of, wait_slice
from wasmvm.wasi.host.walk import DirectoryEntry, sorted_entries

DEFAULT_CAPACITY = 256 << 20
MAX_NAME = 255
"""Bytes in a name; more is ENAMETOOLONG."""
_devices = count(0x6D656D << 32)
"""Device numbers, where no disk of a host has its own."""
_NODE_COST = 512
"""Bytes of the capacity that a file, directory or link costs besides its contents: about what it takes of the host's
memory, so that empty ones cannot fill it."""
_ENTRY_COST = 160
"""Bytes that every name costs besides its whole path. The path counts since the embedder gets to see it: otherwise a
few bytes, a thousand levels deep, would become gigabytes in `MemoryDirectory.files`."""
_PIECE = 1 << 20
"""Bytes that are copied before other threads of the process may run."""


class Node:
    """A file, directory or link.

    Attributes:
        ino, nlink, atim, mtim, ctim: as in `Filestat`.
    """

    __slots__ = ("atim", "ctim", "ino", "mtim", "nlink")
    filetype = terms.FILETYPE_UNKNOWN

    def __init__(self, ino: int, now: int) -> None:
        self.ino = ino
        self.nlink = 0
        self.atim = self.mtim = self.ctim = now

    def size(self) -> int:
        return 0


class FileNode(Node):
    """A regular file; `opens` counts the descriptors that it is open through."""

    __slots__ = ("data", "opens")
    filetype = terms.FILETYPE_REGULAR_FILE

    def __init__(self, ino: int, now: int) -> None:
        super().__init__(ino, now)
        self.data = bytearray()
        self.opens = 0

    def size(self) -> int:
        return len(self.data)


class DirectoryNode(Node):
    """A directory.

    Attributes:
        parent: the one that it is in; None for the root and for one that was removed.
        path_length: bytes of its path and the slash after it; 0 for the root.
    """

    __slots__ = ("entries", "is_removed", "parent", "path_length")
    filetype = terms.FILETYPE_DIRECTORY

    def __init__(self, ino: int, now: int, parent: DirectoryNode | None, name: bytes = b"") -> None:
        super().__init__(ino, now)
        self.entries: dict[bytes, Node] = {}
        self.parent = parent
        self.path_length: int = 0 if parent is None else parent.path_length + len(name) + 1
        self.is_removed = False

    def cost(self, name: bytes) -> int:
        """Bytes of the capacity that a name in it costs."""
        return self.path_length + len(name) + _ENTRY_COST


class LinkNode(Node):
    """A symbolic link."""

    __slots__ = ("text",)
    filetype = terms.FILETYPE_SYMBOLIC_LINK

    def __init__(self, ino: int, now: int, text: bytes) -> None:
        super().__init__(ino, now)
        self.text = text

    def size(self) -> int:
        return len(self.text)


class MemoryTree:
    """A file system in memory, as `walk.Tree`; its handles are `DirectoryNode`.

    Attributes:
        root: the directory that a guest is granted.
        clock: where times come from; `Wasi` puts its own here.
        dev: the number of the device.
        capacity: bytes that it may take; more is ENOSPC.
        used: bytes that are taken.
    """

    __slots__ = ("_last_ino", "capacity", "clock", "dev", "root", "used")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self.clock: Clock = SystemClock()
        self.dev = next(_devices)
        self.capacity = capacity
        self.used = 0
        self._last_ino = 1
        self.root = DirectoryNode(1, self.now(), None)
        self.root.nlink = 1

    def now(self) -> int:
        return self.clock.time(CLOCK_REALTIME)

    def take(self, size: int) -> None:
        """Count bytes as used (negative: as free). Raises WasiError ENOSPC if there is no room for them."""
        if size > self.capacity - self.used:
            raise WasiError(errno.ENOSPC)
        self.used += size

    def new_ino(self) -> int:
        self._last_ino += 1
        return self._last_ino

    # --- entries ---

    def find(self, directory: DirectoryNode, name: bytes) -> Node | None:
        """The node of an entry, or None if it does not exist."""
        if name == b".":
            return directory
        if len(name) > MAX_NAME:
            raise WasiError(errno.ENAMETOOLONG)
        return directory.entries.get(name)

    def get(self, directory: DirectoryNode, name: bytes) -> Node:
        """The node of an entry. Raises WasiError ENOENT."""
        node = self.find(directory, name)
        if node is None:
            raise WasiError(errno.ENOENT)
        return node

    def add(self, directory: DirectoryNode, name: bytes, node: Node) -> None:
        """Make an entry that does not exist."""
        if directory.is_removed:
            raise WasiError(errno.ENOENT)
        self.take(directory.cost(name) + (_NODE_COST + node.size() if node.nlink == 0 else 0))
        directory.entries[name] = node
        node.nlink += 1
        self.touch(directory)

    def drop(self, directory: DirectoryNode, name: bytes) -> None:
        """Remove an entry that exists."""
        node = directory.entries.pop(name)
        node.nlink -= 1
        self.take(-directory.cost(name))
        if isinstance(node, DirectoryNode):
            node.is_removed = True
            node.parent = None
        self.give_back(node)
        node.ctim = self.touch(directory)

    def give_back(self, node: Node) -> None:
        """Give back the room of a node if it has no name any more and is not open."""
        if node.nlink == 0 and not (isinstance(node, FileNode) and node.opens):
            self.take(-_NODE_COST - node.size())

    def touch(self, node: Node) -> int:
        """Set the time of change to now, and return it."""
        node.mtim = node.ctim = now = self.now()
        return now

    def resize(self, node: FileNode, size: int) -> None:
        """Cut a file, or extend it with zeros."""
        growth = size - len(node.data)
        if growth > self.capacity - self.used:
            raise WasiError(errno.ENOSPC)
        while growth > 0:
            piece = min(growth, _PIECE)
            self.take(piece)
            node.data.extend(bytes(piece))
            growth -= piece
            if growth:
                wait_slice()
        if growth < 0:
            del node.data[size:]
            self.take(growth)
        self.touch(node)

    # --- walk.Tree ---

    def enter(self, directory: DirectoryNode, name: bytes) -> DirectoryNode | None:
        node = self.get(directory, name)
        return node if isinstance(node, DirectoryNode) else None

    def reach(self, directory: DirectoryNode, path: bytes) -> DirectoryNode | None:
        for name in path.split(b"/"):
            node = directory.entries.get(name)
            if not isinstance(node, DirectoryNode):
                return None
            directory = node
        return directory

    def leave(self, directory: DirectoryNode) -> None:
        pass

    def readlink(self, directory: DirectoryNode, name: bytes) -> bytes | None:
        node = self.find(directory, name)
        return node.text if isinstance(node, LinkNode) else None

    def open(
        self, directory: DirectoryNode, name: bytes, how: int, flags: int, read: bool, write: bool
    ) -> Descriptor | DirectoryNode:
        node = self.find(directory, name)
        if node is None:
            if not how & terms.OPEN_CREATE:
                raise WasiError(errno.ENOENT)
            node = FileNode(self.new_ino(), self.now())
            self.add(directory, name, node)
        elif how & terms.OPEN_CREATE and how & terms.OPEN_EXCLUSIVE:
            raise WasiError(errno.EEXIST)
        elif isinstance(node, DirectoryNode):
            if write or how & terms.OPEN_CREATE:
                raise WasiError(errno.EISDIR)
            return node
        elif how & terms.OPEN_DIRECTORY:
            raise WasiError(errno.ENOTDIR)
        elif not isinstance(node, FileNode):
            raise WasiError(errno.ELOOP)
        elif how & terms.OPEN_TRUNCATE:
            self.resize(node, 0)
        node.opens += 1
        return MemoryFile(self, node, flags, write)

    def stat(self, directory: DirectoryNode, name: bytes) -> Filestat:
        return self.stat_node(self.get(directory, name))

    def stat_node(self, node: Node) -> Filestat:
        """Attributes of a node."""
        return Filestat(self.dev, node.ino, node.filetype, node.nlink, node.size(), node.atim, node.mtim, node.ctim)

    def entries(self, directory: DirectoryNode) -> list[DirectoryEntry]:
        listing = list(directory.entries.items())
        return sorted_entries(DirectoryEntry(name, node.ino, node.filetype) for name, node in listing)

    def set_times(self, directory: DirectoryNode, name: bytes, atim: int | None, mtim: int | None) -> None:
        self.set_node_times(self.get(directory, name), atim, mtim)

    def set_node_times(self, node: Node, atim: int | None, mtim: int | None) -> None:
        """Set times of access and change; None leaves one as it is."""
        if atim is not None:
            node.atim = atim
        if mtim is not None:
            node.mtim = mtim
        node.ctim = self.now()

    def set_all_times(self, now: int) -> None:
        """Set all times of all that there is."""
        for directory in contents_of(self.root)[0]:
            for node in (directory, *directory.entries.values()):
                node.atim = node.mtim = node.ctim = now

    def make_directory(self, directory: DirectoryNode, name: bytes) -> None:
        self.refuse_existing(directory, name)
        self.add(directory, name, DirectoryNode(self.new_ino(), self.now(), directory, name))

    def refuse_existing(self, directory: DirectoryNode, name: bytes) -> None:
        """Raises WasiError EEXIST if there is an entry."""
        if self.find(directory, name) is not None:
            raise WasiError(errno.EEXIST)

    def remove_directory(self, directory: DirectoryNode, name: bytes) -> None:
        if name == b".":
            raise WasiError(errno.EINVAL)
        node = self.get(directory, name)
        if not isinstance(node, DirectoryNode):
            raise WasiError(errno.ENOTDIR)
        if node.entries:
            raise WasiError(errno.ENOTEMPTY)
        self.drop(directory, name)

    def unlink(self, directory: DirectoryNode, name: bytes) -> None:
        if isinstance(self.get(directory, name), DirectoryNode):
            raise WasiError(errno.EISDIR)
        self.drop(directory, name)

    def symlink(self, text: bytes, directory: DirectoryNode, name: bytes) -> None:
        self.refuse_existing(directory, name)
        self.add(directory, name, LinkNode(self.new_ino(), self.now(), text))

    def link(self, directory: DirectoryNode, name: bytes, new_directory: DirectoryNode, new_name: bytes) -> None:
        node = self.get(directory, name)
        if isinstance(node, DirectoryNode):
            raise WasiError(errno.EPERM)
        self.refuse_existing(new_directory, new_name)
        self.add(new_directory, new_name, node)
        node.ctim = self.now()

    def rename(self, directory: DirectoryNode, name: bytes, new_directory: DirectoryNode, new_name: bytes) -> None:
        node, replaced = self.get(directory, name), self.find(new_directory, new_name)
        if new_directory.is_removed:
            raise WasiError(errno.ENOENT)
        if node is replaced:
            return
        if node in lineage(new_directory):
            raise WasiError(errno.EINVAL)
        if replaced in lineage(directory):
            raise WasiError(errno.ENOTEMPTY)
        if replaced is not None:
            if isinstance(replaced, DirectoryNode):
                if not isinstance(node, DirectoryNode):
                    raise WasiError(errno.EISDIR)
                if replaced.entries:
                    raise WasiError(errno.ENOTEMPTY)
            elif isinstance(node, DirectoryNode):
                raise WasiError(errno.ENOTDIR)
        inside: list[DirectoryNode] = []
        count = longer = 0
        if isinstance(node, DirectoryNode):
            longer = new_directory.path_length + len(new_name) + 1 - node.path_length
            inside, count = contents_of(node) if longer else ([], 0)
        self.take(new_directory.cost(new_name) - directory.cost(name) + count * longer)
        for moved in inside:
            moved.path_length += longer
        if replaced is not None:
            self.drop(new_directory, new_name)
        del directory.entries[name]
        new_directory.entries[new_name] = node
        if isinstance(node, DirectoryNode):
            node.parent = new_directory
        self.touch(directory)
        node.ctim = self.touch(new_directory)

    def sync(self, directory: DirectoryNode, data_only: bool) -> None:
        pass


def lineage(directory: DirectoryNode) -> list[Node]:
    """A directory, the one that it is in, and so on up to the root."""
    found: list[Node] = []
    above: DirectoryNode | None = directory
    while above is not None:
        found.append(above)
        above = above.parent
    return found


def contents_of(directory: DirectoryNode) -> tuple[list[DirectoryNode], int]:
    """The directory and all directories in it, at any depth, and the number of names in all of them."""
    found, count = [directory], 0
    for above in found:
        count += len(above.entries)
        found.extend(node for node in paced(above.entries.values()) if isinstance(node, DirectoryNode))
    return found, count


class MemoryFile(Descriptor):
    """A `FileNode` that is open."""

    __slots__ = ("_is_open", "_node", "_offset", "_tree", "_writable")

    def __init__(self, tree: MemoryTree, node: FileNode, flags: int, writable: bool) -> None:
        super().__init__(terms.FILETYPE_REGULAR_FILE, terms.RIGHTS_FILE, 0, flags)
        self._tree = tree
        self._node = node
        self._offset = 0
        self._writable = writable
        self._is_open = True

    def readv(self, buffers: Sequence[memoryview]) -> int:
        count = self.preadv(buffers, self._offset)
        self._offset += count
        return count

    def writev(self, buffers: Sequence[memoryview]) -> int:
        if self.flags & terms.FLAG_APPEND and any(map(len, buffers)):
            self._offset = len(self._node.data)
        count = self.pwritev(buffers, self._offset)
        self._offset += count
        return count

    def read_bytes(self, size: int) -> bytes | bytearray:
        data = self._node.data[self._offset : self._offset + size]
        self._offset += len(data)
        return data

    def preadv(self, buffers: Sequence[memoryview], offset: int) -> int:
        if len(buffers) == 1 and len(buffers[0]) <= _PIECE:
            with memoryview(self._node.data) as data:
                return scatter(data[offset:], buffers) if offset < len(data) else 0
        start = offset
        for piece in pieces_of(buffers, _PIECE):
            if offset > start:
                wait_slice()
            with memoryview(self._node.data) as data:
                if offset < len(data):
                    offset += scatter(data[offset:], piece)
        return offset - start

    def pwritev(self, buffers: Sequence[memoryview], offset: int) -> int:
        count = sum(map(len, buffers))
        data = self._node.data
        if count and offset + count > len(data):
            self._tree.resize(self._node, offset + count)
        if count <= _PIECE:
            for buffer in buffers:
                data[offset : offset + len(buffer)] = buffer
                offset += len(buffer)
        else:
            for piece in pieces_of(buffers, _PIECE):
                wait_slice()
                for buffer in piece:
                    data[offset : offset + len(buffer)] = buffer
                    offset += len(buffer)
        self._tree.touch(self._node)
        return count

    def seek(self, offset: int, whence: int) -> int:
        start = 0 if whence == SEEK_SET else self._offset if whence == SEEK_CUR else len(self._node.data)
        if not 0 <= start + offset <= MAX_OFFSET:
            raise WasiError(errno.EINVAL)
        self._offset = start + offset
        return self._offset

    def stat(self) -> Filestat:
        return self._tree.stat_node(self._node)

    def set_size(self, size: int) -> None:
        if not self._writable:
            raise WasiError(errno.EINVAL)
        self._tree.resize(self._node, size)

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        self._tree.set_node_times(self._node, atim, mtim)

    def allocate(self, offset: int, length: int) -> None:
        if not self._writable:
            raise WasiError(errno.EBADF)
        if offset + length > len(self._node.data):
            self._tree.resize(self._node, offset + length)

    def available(self, write: bool) -> int:
        return 1 if write else max(0, len(self._node.data) - self._offset)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._node.opens -= 1
            self._tree.give_back(self._node)


class MemoryDirectory:
    """A tree in memory, granted to a guest; what it holds afterwards can be read from it.

    What it is made with has the time of its first guest's clock when that guest begins: so a guest with a clock that is
    the same in every run sees the same files.

    Args:
        files: contents by path: ``{"a.txt": b"...", "sub/b.txt": "text"}``; directories on the way are made.
        read_only: whether nothing in it can be changed (EROFS).
        capacity: bytes that the guest may add: contents of files and texts of links; each file, directory and link also
            counts 512, and each name the length of its path and 160. None is no limit.

    Raises:
        ValueError: for a path that is empty or absolute, has ``..`` in it, or goes through a file.
        ValueError, TypeError: if `capacity` is not a non-negative integer or None.
    """

    __slots__ = ("_is_granted", "read_only", "tree")

    def __init__(
        self,
        files: Mapping[str, bytes | str] | None = None,
        *,
        read_only: bool = False,
        capacity: int | None = DEFAULT_CAPACITY,
    ) -> None:
        self.read_only = read_only
        room: int | None = check_limit("capacity", capacity)
        self.tree = MemoryTree(MAX_OFFSET)
        for path, contents in (files or {}).items():
            self._put(path, contents.encode() if isinstance(contents, str) else contents)
        self.tree.capacity = MAX_OFFSET if room is None else self.tree.used + room
        self._is_granted = False

    def attach(self, clock: Clock) -> tuple[MemoryTree, DirectoryNode]:
        """The tree and the directory that the guest is to see."""
        self.tree.clock = clock
        if not self._is_granted:
            self._is_granted = True
            self.tree.set_all_times(clock.time(CLOCK_REALTIME))
        return self.tree, self.tree.root

    def _put(self, path: str, contents: bytes) -> None:
        tree, directory = self.tree, self.tree.root
        *parents, name = path.encode().split(b"/")
        if any(part in (b"", b".", b"..") or len(part) > MAX_NAME or b"\0" in part for part in (*parents, name)):
            raise ValueError(f"not a path in the tree: {path!r}")
        for parent in parents:
            if tree.find(directory, parent) is None:
                tree.make_directory(directory, parent)
            entered = tree.enter(directory, parent)
            if entered is None:
                raise ValueError(f"a part of the path is a file: {path!r}")
            directory = entered
        if tree.find(directory, name) is not None:
            raise ValueError(f"the path is there already: {path!r}")
        node = FileNode(tree.new_ino(), tree.now())
        tree.add(directory, name, node)
        tree.resize(node, len(contents))
        node.data[:] = contents

    def walk(self) -> Iterator[tuple[str, Node]]:
        """Paths and nodes, in the order of the paths' components; they are made one by one."""
        path: list[str] = []
        pending = [iter(sorted(self.tree.root.entries.items()))]
        while pending:
            name, node = next(pending[-1], (b"", None))
            if node is None:
                pending.pop()
                del path[-1:]
                continue
            path.append(name.decode())
            yield "/".join(path), node
            if isinstance(node, DirectoryNode):
                pending.append(iter(sorted(node.entries.items())))
            else:
                path.pop()

    def files(self) -> dict[str, bytes]:
        """The contents of all files by path, as they are now."""
        return {path: bytes(node.data) for path, node in self.walk() if isinstance(node, FileNode)}

    def directories(self) -> list[str]:
        """The paths of all directories."""
        return [path for path, node in self.walk() if isinstance(node, DirectoryNode)]

    def links(self) -> dict[str, str]:
        """The texts of all symbolic links by path."""
        return {path: node.text.decode() for path, node in self.walk() if isinstance(node, LinkNode)}
