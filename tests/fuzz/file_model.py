"""A model of the file system that a guest of WASI sees, for `wasi_model`: dictionaries and nothing else.

It is written from what the docstrings of `wasmvm.wasi` and POSIX say; it knows neither descriptors of the host nor
`wasmvm.wasi.host.walk`.
"""

from __future__ import annotations

from wasmvm.wasi.preview1 import abi

READ, WRITE = abi.FD_READ, abi.FD_WRITE
MAX_LINKS = 40


class Failed(Exception):
    """A step of the model ends with this error."""


class File:
    def __init__(self) -> None:
        self.data = bytearray()
        self.names = 0


class Link:
    def __init__(self, text: str) -> None:
        self.text = text
        self.names = 0


class Folder:
    def __init__(self) -> None:
        self.entries: dict[str, Node] = {}
        self.is_removed = False
        self.names = 0


Node = File | Link | Folder
KINDS = {File: abi.FILETYPE_REGULAR_FILE, Link: abi.FILETYPE_SYMBOLIC_LINK, Folder: abi.FILETYPE_DIRECTORY}


class Open:
    """A descriptor: a folder, or a file with an offset."""

    def __init__(self, node: File | Folder, rights: int = 0, can_write: bool = False, appends: bool = False) -> None:
        self.node = node
        self.rights = rights
        self.can_write = can_write
        self.appends = appends
        self.offset = 0


class Place:
    """Where a path leads: a name in a folder ("." for itself), and whether an entry's path ended in a slash."""

    def __init__(self, folder: Folder, name: str, slash: bool) -> None:
        self.folder, self.name, self.slash = folder, name, slash

    @property
    def node(self) -> Node | None:
        return self.folder if self.name == "." else self.folder.entries.get(self.name)

    def existing(self) -> Node:
        node = self.node
        if node is None:
            raise Failed("ENOENT")
        return node


class Model:
    """A guest with a folder as descriptor 3; each method is a function of WASI, returns its results or raises Failed."""

    def __init__(self) -> None:
        self.root = Folder()
        self.open: dict[int, Open] = {3: Open(self.root)}

    # --- helpers ---

    def add(self, made: Open) -> int:
        fd = next(number for number in range(3, 1 << 20) if number not in self.open)
        self.open[fd] = made
        return fd

    def folder(self, fd: int) -> Folder:
        if fd not in self.open:
            raise Failed("EBADF")
        node = self.open[fd].node
        if not isinstance(node, Folder):
            raise Failed("ENOTDIR")
        return node

    def file(self, fd: int, right: int = 0, otherwise: str = "EBADF") -> tuple[Open, File]:
        if fd not in self.open or not isinstance(self.open[fd].node, File):
            raise Failed("EBADF")
        if right & ~self.open[fd].rights:
            raise Failed(otherwise)
        return self.open[fd], self.open[fd].node  # type: ignore[return-value]

    def place(self, folder: Folder, path: str, *, follow: bool = False, entry: bool = False) -> Place:
        if not path:
            raise Failed("ENOENT")
        if path[0] == "/":
            raise Failed("EPERM")
        slash = entry and path[-1] == "/"
        if slash:
            path = path.rstrip("/")
        above, todo, links = [folder], self.parts(path), 0
        while True:
            name = todo.pop(0)
            if name == "..":
                above.pop()
                if not above:
                    raise Failed("EPERM")
            if name in ("..", "."):
                if todo:
                    continue
                return Place(above[-1], ".", slash)
            if not todo and not follow:
                return Place(above[-1], name, slash)
            if len(name) > 255:
                raise Failed("ENAMETOOLONG")
            node = above[-1].entries.get(name)
            if isinstance(node, Link):
                links += 1
                if links > MAX_LINKS:
                    raise Failed("ELOOP")
                if node.text[0] == "/":
                    raise Failed("EPERM")
                todo = self.parts(node.text) + todo
            elif not todo:
                return Place(above[-1], name, slash)
            elif isinstance(node, Folder):
                above.append(node)
            else:
                raise Failed("ENOENT" if node is None else "ENOTDIR")

    @staticmethod
    def parts(path: str) -> list[str]:
        parts = path.split("/")
        return [part for part in parts if part not in ("", ".")] + (["."] if parts[-1] in ("", ".") else [])

    @staticmethod
    def put(place: Place, node: Node) -> None:
        if len(place.name) > 255:
            raise Failed("ENAMETOOLONG")
        if place.node is not None:
            raise Failed("EEXIST")
        if place.folder.is_removed:
            raise Failed("ENOENT")
        place.folder.entries[place.name] = node
        node.names += 1

    @staticmethod
    def drop(place: Place) -> None:
        node = place.folder.entries.pop(place.name)
        node.names -= 1
        if isinstance(node, Folder):
            node.is_removed = True

    @staticmethod
    def check_name(place: Place) -> None:
        if len(place.name) > 255:
            raise Failed("ENAMETOOLONG")

    # --- functions on paths ---

    def path_create_directory(self, fd: int, path: str) -> None:
        self.put(self.place(self.folder(fd), path, entry=True), Folder())

    def path_remove_directory(self, fd: int, path: str) -> None:
        place = self.place(self.folder(fd), path, entry=True)
        if place.name == ".":
            raise Failed("EINVAL")
        self.check_name(place)
        node = place.existing()
        if not isinstance(node, Folder):
            raise Failed("ENOTDIR")
        if node.entries:
            raise Failed("ENOTEMPTY")
        self.drop(place)

    def path_unlink_file(self, fd: int, path: str) -> None:
        place = self.place(self.folder(fd), path, entry=True)
        self.check_name(place)
        node = place.existing()
        if isinstance(node, Folder):
            raise Failed("EISDIR")
        if place.slash:
            raise Failed("ENOTDIR")
        self.drop(place)

    def path_rename(self, fd: int, old: str, new_fd: int, new: str) -> None:
        source_folder, target_folder = self.folder(fd), self.folder(new_fd)
        source = self.place(source_folder, old, entry=True)
        target = self.place(target_folder, new, entry=True)
        if "." in (source.name, target.name):
            raise Failed("EBUSY")
        if source.slash or target.slash:
            self.check_name(source)
            if not isinstance(source.existing(), Folder):
                raise Failed("ENOTDIR")
        self.check_name(source)
        node = source.existing()
        self.check_name(target)
        replaced = target.node
        if isinstance(node, Folder) and self.is_inside(target.folder, node):
            raise Failed("EINVAL")
        if isinstance(replaced, Folder) and self.is_inside(source.folder, replaced):
            raise Failed("ENOTEMPTY")
        if node is replaced:
            return
        if replaced is None and target.folder.is_removed:
            raise Failed("ENOENT")
        if isinstance(node, Folder) and replaced is not None and not isinstance(replaced, Folder):
            raise Failed("ENOTDIR")
        if isinstance(replaced, Folder):
            if not isinstance(node, Folder):
                raise Failed("EISDIR")
            if replaced.entries:
                raise Failed("ENOTEMPTY")
        if replaced is not None:
            self.drop(target)
        del source.folder.entries[source.name]
        target.folder.entries[target.name] = node

    def is_inside(self, folder: Folder, above: Folder) -> bool:
        todo = [above]
        while todo:
            found = todo.pop()
            if found is folder:
                return True
            todo += [node for node in found.entries.values() if isinstance(node, Folder)]
        return False

    def path_link(self, fd: int, flags: int, old: str, new_fd: int, new: str) -> None:
        source_folder, target_folder = self.folder(fd), self.folder(new_fd)
        source = self.place(source_folder, old, follow=flags == 1)
        target = self.place(target_folder, new, entry=True)
        self.check_name(source)
        node = source.existing()
        self.check_name(target)
        if target.node is not None:
            raise Failed("EEXIST")
        if target.slash:
            raise Failed("ENOENT")
        if isinstance(node, Folder):
            raise Failed("EPERM")
        self.put(target, node)

    def path_symlink(self, text: str, fd: int, path: str) -> None:
        folder = self.folder(fd)
        if text[:1] == "/":
            raise Failed("EPERM")
        if not text:
            raise Failed("ENOENT")
        place = self.place(folder, path, entry=True)
        self.check_name(place)
        if place.slash:
            raise Failed("ENOENT" if place.node is None else "EEXIST")
        self.put(place, Link(text))

    def path_readlink(self, fd: int, path: str) -> bytes:
        place = self.place(self.folder(fd), path)
        self.check_name(place)
        node = place.existing()
        if not isinstance(node, Link):
            raise Failed("EINVAL")
        return node.text.encode()[:50]

    def path_filestat_get(self, fd: int, flags: int, path: str) -> tuple[int, ...]:
        place = self.place(self.folder(fd), path, follow=flags == 1)
        self.check_name(place)
        return self.stat(place.existing())

    @staticmethod
    def stat(node: Node) -> tuple[int, ...]:
        """Type, and of what is no folder the number of names and the size."""
        if isinstance(node, Folder):
            return (KINDS[Folder],)
        return KINDS[type(node)], node.names, len(node.data if isinstance(node, File) else node.text.encode())

    def path_open(self, fd: int, flags: int, path: str, oflags: int, rights: int, fdflags: int) -> int:
        folder = self.folder(fd)
        creates, exclusive = oflags & abi.OFLAGS_CREAT, oflags & abi.OFLAGS_EXCL
        if creates and oflags & abi.OFLAGS_DIRECTORY:
            raise Failed("EINVAL")
        if creates and path.endswith("/"):
            place = self.place(folder, path, entry=True)
            raise Failed("EEXIST" if place.name == "." and exclusive else "EISDIR")
        place = self.place(folder, path, follow=flags == 1 and not (creates and exclusive))
        self.check_name(place)
        node = place.node
        can_write = bool(rights & WRITE or oflags & abi.OFLAGS_TRUNC)
        if node is None:
            if not creates:
                raise Failed("ENOENT")
            node = File()
            self.put(place, node)
        elif creates and exclusive:
            raise Failed("EEXIST")
        elif isinstance(node, Folder):
            if can_write or creates:
                raise Failed("EISDIR")
            return self.add(Open(node))
        elif oflags & abi.OFLAGS_DIRECTORY:
            raise Failed("ENOTDIR")
        elif isinstance(node, Link):
            raise Failed("ELOOP")
        elif oflags & abi.OFLAGS_TRUNC:
            node.data.clear()
        assert isinstance(node, File)
        return self.add(Open(node, rights, can_write, bool(fdflags & abi.FDFLAGS_APPEND)))

    # --- functions on descriptors ---

    def fd_close(self, fd: int) -> None:
        if fd not in self.open:
            raise Failed("EBADF")
        del self.open[fd]

    def fd_renumber(self, fd: int, to: int) -> None:
        if fd not in self.open or to not in self.open:
            raise Failed("EBADF")
        if fd != to:
            self.open[to] = self.open.pop(fd)

    def fd_read(self, fd: int, sizes: list[int]) -> bytes:
        opened, file = self.file(fd, READ)
        data = bytes(file.data[opened.offset : opened.offset + sum(sizes)])
        opened.offset += len(data)
        return data

    def fd_pread(self, fd: int, sizes: list[int], offset: int) -> bytes:
        _, file = self.file(fd, READ)
        return bytes(file.data[offset : offset + sum(sizes)])

    def fd_write(self, fd: int, pieces: list[bytes]) -> int:
        opened, file = self.file(fd, WRITE)
        data = b"".join(pieces)
        if opened.appends and data:
            opened.offset = len(file.data)
        self.store(file, data, opened.offset)
        opened.offset += len(data)
        return len(data)

    def fd_pwrite(self, fd: int, pieces: list[bytes], offset: int) -> int:
        _, file = self.file(fd, WRITE)
        self.store(file, b"".join(pieces), offset)
        return sum(map(len, pieces))

    @staticmethod
    def store(file: File, data: bytes, offset: int) -> None:
        if data:
            file.data.extend(bytes(max(0, offset - len(file.data))))
            file.data[offset : offset + len(data)] = data

    def fd_seek(self, fd: int, offset: int, whence: int) -> int:
        opened, file = self.file(fd)
        if whence > 2 or (0, opened.offset, len(file.data))[whence] + offset < 0:
            raise Failed("EINVAL")
        opened.offset = (0, opened.offset, len(file.data))[whence] + offset
        return opened.offset

    def fd_tell(self, fd: int) -> int:
        return self.file(fd)[0].offset

    def fd_filestat_get(self, fd: int) -> tuple[int, ...]:
        if fd not in self.open:
            raise Failed("EBADF")
        return self.stat(self.open[fd].node)

    def fd_filestat_set_size(self, fd: int, size: int) -> None:
        opened, file = self.file(fd)
        if not opened.can_write:
            raise Failed("EINVAL")
        file.data.extend(bytes(max(0, size - len(file.data))))
        del file.data[size:]

    def fd_allocate(self, fd: int, offset: int, length: int) -> None:
        opened, file = self.file(fd)
        if length == 0:
            raise Failed("EINVAL")
        if not opened.can_write:
            raise Failed("EBADF")
        file.data.extend(bytes(max(0, offset + length - len(file.data))))

    def fd_fdstat_get(self, fd: int) -> int:
        if fd not in self.open:
            raise Failed("EBADF")
        return KINDS[type(self.open[fd].node)]

    def fd_sync(self, fd: int) -> None:
        if fd not in self.open:
            raise Failed("EBADF")

    def fd_readdir(self, fd: int) -> dict[str, int]:
        folder = self.folder(fd)
        names = {name: KINDS[type(node)] for name, node in folder.entries.items()}
        return {".": KINDS[Folder], "..": KINDS[Folder], **names}

    def poll_oneoff(self, fd: int, write: int) -> int:
        """What the event tells: bytes that are there. An error of the event is an error here."""
        opened, file = self.file(fd, WRITE if write else READ)
        return 1 if write else max(0, len(file.data) - opened.offset)

    def bad_address(self, name: str, arguments: list[int]) -> None:
        raise Failed("EFAULT")

    def tree(self) -> dict[str, str]:
        """Paths, and what is there."""
        found = {}
        todo: list[tuple[str, Folder]] = [("", self.root)]
        while todo:
            prefix, folder = todo.pop()
            for name, node in folder.entries.items():
                if isinstance(node, Folder):
                    todo.append((prefix + name + "/", node))
                    found[prefix + name] = "directory"
                elif isinstance(node, Link):
                    found[prefix + name] = f"link to {node.text}"
                else:
                    found[prefix + name] = f"file with {bytes(node.data)!r}"
        return found
