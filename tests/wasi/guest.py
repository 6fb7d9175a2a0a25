"""A guest without a VM: a byte array as its memory, with guards around everything that a function may write."""

from __future__ import annotations

import struct
from typing import Any

from wasmvm.wasi import Wasi, WasiConfig
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.link import implementation

RIGHTS_STREAM = (
    abi.FD_READ | abi.FD_WRITE | abi.FD_FDSTAT_SET_FLAGS | abi.FD_SYNC | abi.FD_DATASYNC | abi.FD_FILESTAT_GET
    | abi.POLL_FD_READWRITE
)  # fmt: skip
RIGHTS_FILE = (
    RIGHTS_STREAM | abi.FD_SEEK | abi.FD_TELL | abi.FD_ADVISE | abi.FD_ALLOCATE | abi.FD_FILESTAT_SET_SIZE
    | abi.FD_FILESTAT_SET_TIMES
)  # fmt: skip
RIGHTS_DIRECTORY = (
    abi.PATH_CREATE_DIRECTORY | abi.PATH_CREATE_FILE | abi.PATH_LINK_SOURCE | abi.PATH_LINK_TARGET | abi.PATH_OPEN
    | abi.PATH_READLINK | abi.PATH_RENAME_SOURCE | abi.PATH_RENAME_TARGET | abi.PATH_FILESTAT_GET
    | abi.PATH_FILESTAT_SET_SIZE | abi.PATH_FILESTAT_SET_TIMES | abi.PATH_SYMLINK | abi.PATH_REMOVE_DIRECTORY
    | abi.PATH_UNLINK_FILE | abi.FD_READDIR | abi.FD_FILESTAT_GET | abi.FD_FILESTAT_SET_TIMES
    | abi.FD_FDSTAT_SET_FLAGS | abi.FD_SYNC | abi.FD_DATASYNC
)  # fmt: skip
RIGHTS_SOCKET = (
    abi.FD_READ | abi.FD_WRITE | abi.FD_FDSTAT_SET_FLAGS | abi.FD_FILESTAT_GET | abi.POLL_FD_READWRITE
    | abi.SOCK_SHUTDOWN
)  # fmt: skip
RIGHTS_LISTENER = (
    abi.FD_READ | abi.FD_FDSTAT_SET_FLAGS | abi.FD_FILESTAT_GET | abi.POLL_FD_READWRITE | abi.SOCK_ACCEPT
)  # fmt: skip
"""All rights that a descriptor of each kind can have, as a guest sees them."""

GUARD = 0xA5
"""What every byte of memory is before a function writes to it."""


class Guest:
    """Calls functions of WASI as a guest would, with memory of 64 KiB or `size` bytes."""

    def __init__(self, config: WasiConfig | None = None, size: int = 1 << 16) -> None:
        self.wasi = Wasi(config)
        self.memory = bytearray([GUARD]) * size
        self._before = bytes(self.memory)
        self._top = 16
        self.module_name = abi.MODULE

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: Any) -> None:
        self.wasi.close()

    def call(self, name: str, *arguments: int) -> int:
        """The errno of one call; `written` then tells what it changed."""
        self._before = bytes(self.memory)
        with memoryview(self.memory) as mem:
            return implementation(name, self.module_name)(self.wasi, mem, *arguments)

    def ok(self, name: str, *arguments: int) -> None:
        """A call that must succeed."""
        code = self.call(name, *arguments)
        assert code == 0, f"{name}: {abi.ERRNO_NAMES[code]}"

    def fails(self, name: str, *arguments: int) -> str:
        """The name of the error of a call that must fail and must leave memory as it was."""
        code = self.call(name, *arguments)
        assert self.written() == {}, f"{name} failed and yet wrote"
        return abi.ERRNO_NAMES[code]

    def written(self) -> dict[int, bytes]:
        """What the last call changed in memory: runs of bytes by address."""
        runs: dict[int, bytes] = {}
        start = -1
        for at, (old, new) in enumerate(zip(self._before, self.memory, strict=True)):
            if old != new and start < 0:
                start = at
            elif old == new and start >= 0:
                runs[start] = bytes(self.memory[start:at])
                start = -1
        return runs if start < 0 else {**runs, start: bytes(self.memory[start:])}

    def room(self, size: int) -> int:
        """The address of so many bytes of memory that nothing else uses, with a guard around them."""
        address = (self._top + 15) & ~15
        self._top = address + size + 16
        assert self._top <= len(self.memory)
        return address

    def put(self, data: bytes) -> int:
        """The address of a copy of `data`."""
        address = self.room(len(data))
        self.memory[address : address + len(data)] = data
        return address

    def path(self, text: str | bytes) -> tuple[int, int]:
        """Address and length of a path."""
        data = text.encode() if isinstance(text, str) else text
        return self.put(data), len(data)

    def iovs(self, *regions: tuple[int, int]) -> tuple[int, int]:
        """Address and count of an array of ``iovec``."""
        return self.put(b"".join(struct.pack("<II", *region) for region in regions)), len(regions)

    def u32(self, address: int) -> int:
        return int(struct.unpack_from("<I", self.memory, address)[0])

    def u64(self, address: int) -> int:
        return int(struct.unpack_from("<Q", self.memory, address)[0])

    def open(self, path: str, *, fd: int = 3, oflags: int = 0, rights: int = abi.FD_READ, follow: bool = True,
             inheriting: int = abi.MASK64, fdflags: int = 0) -> int:  # fmt: skip
        """The descriptor of a path that must open."""
        out = self.room(4)
        self.ok("path_open", fd, int(follow), *self.path(path), oflags, rights, inheriting, fdflags, out)
        return self.u32(out)

    def rights(self, fd: int) -> tuple[int, int]:
        """The rights of a descriptor, and those that it hands on, as the guest sees them."""
        out = self.room(24)
        self.ok("fd_fdstat_get", fd, out)
        return self.u64(out + 8), self.u64(out + 16)

    def write(self, fd: int, data: bytes) -> int:
        """Write all of `data`; the count that the function gave."""
        out = self.room(4)
        self.ok("fd_write", fd, *self.iovs((self.put(data), len(data))), out)
        return self.u32(out)

    def read(self, fd: int, size: int) -> bytes:
        """At most `size` bytes."""
        out, buffer = self.room(4), self.room(size)
        self.ok("fd_read", fd, *self.iovs((buffer, size)), out)
        return bytes(self.memory[buffer : buffer + self.u32(out)])
