"""pywasm's WASI: `Preview1`, whose functions are those of `wasmvm.wasi`."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import Any

from wasmvm import wasi
from wasmvm.compat.pywasm.machine import Runtime
from wasmvm.compat.pywasm.store import ModuleInst
from wasmvm.compat.pywasm.syntax import FuncType
from wasmvm.compat.wasicalls import WasiCalls
from wasmvm.errors import ExitTrap
from wasmvm.wasi.host import terms
from wasmvm.wasi.host.fdtable import Descriptor
from wasmvm.wasi.host.hostfile import filetype_of
from wasmvm.wasi.host.streams import open_input, open_output
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.function import functype_of

_SIGNALS = (
    "NONE HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CONT STOP TSTP TTIN TTOU URG XCPU "
    "XFSZ VTALRM PROF WINCH POLL PWR SYS"
)
_SEQUENCES = {
    "ADVICE": " ".join(abi.ADVICE),
    "CLOCKID": "REALTIME MONOTONIC PROCESS_CPUTIME_ID THREAD_CPUTIME_ID",
    "ERRNO": " ".join(name[name.startswith("E") :] for name in abi.ERRNO_NAMES),
    "SIGNAL": _SIGNALS,
}
"""Names whose numbers are their places."""
_SAME_NAMES = ("EVENTTYPE_", "FDFLAGS_", "FILETYPE_", "FSTFLAGS_", "LOOKUPFLAGS_", "OFLAGS_", "PREOPENTYPE_", "WHENCE_")
_RIGHTS = ("FD_", "PATH_", "POLL_", "SOCK_")
_OTHERS = {
    "DIRCOOKIE_START": 0,
    "EVENTRWFLAGS_FD_READWRITE_HANGUP": abi.EVENTRWFLAGS_HANGUP,
    "FD_STDIN": 0,
    "FD_STDOUT": 1,
    "FD_STDERR": 2,
    "RIFLAGS_RECV_PEEK": abi.RIFLAGS_PEEK,
    "RIFLAGS_RECV_WAITALL": abi.RIFLAGS_WAITALL,
    "ROFLAGS_RECV_DATA_TRUNCATED": abi.ROFLAGS_DATA_TRUNCATED,
    "SDFLAGS_RD": abi.SDFLAGS_RD,
    "SDFLAGS_WR": abi.SDFLAGS_WR,
    "SDFLAGS_RW": abi.SDFLAGS_RD | abi.SDFLAGS_WR,
    "SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME": abi.SUBCLOCKFLAGS_ABSTIME,
}


def _constants() -> dict[str, int]:
    """The numbers of preview 1 under pywasm's names."""
    found = dict(_OTHERS)
    for prefix, names in _SEQUENCES.items():
        found |= {f"{prefix}_{name}": number for number, name in enumerate(names.split())}
    for prefix in _SAME_NAMES:
        found |= {prefix + name: value for name, value in abi.constants(prefix).items()}
    for prefix in _RIGHTS:
        found |= {f"RIGHTS_{prefix}{name}": value for name, value in abi.constants(prefix).items()}
    return found


class _File:
    """A descriptor of the guest: attributes ``wasm_...`` are what the guest sees, ``host_...`` are the host's.

    `pipe` is an object with ``read`` or ``write`` in place of a standard stream, or None. `host_fd` is -1 for what the
    guest has opened itself.
    """

    _FIELDS = (
        "host_fd", "host_flag", "host_name", "host_status", "pipe", "wasm_fd",
        "wasm_flag", "wasm_name", "wasm_rights_base", "wasm_rights_root", "wasm_status", "wasm_type",
    )  # fmt: skip

    def __init__(
        self, host_fd: int, host_flag: int, host_name: Any, host_status: int, pipe: Any, wasm_fd: int,
        wasm_flag: int, wasm_name: Any, wasm_rights_base: int, wasm_rights_root: int, wasm_status: int, wasm_type: int,
    ) -> None:  # fmt: skip
        self.host_fd = host_fd
        self.host_flag = host_flag
        self.host_name = host_name
        self.host_status = host_status
        self.pipe = pipe
        self.wasm_fd = wasm_fd
        self.wasm_flag = wasm_flag
        self.wasm_name = wasm_name
        self.wasm_rights_base = wasm_rights_base
        self.wasm_rights_root = wasm_rights_root
        self.wasm_status = wasm_status
        self.wasm_type = wasm_type

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._FIELDS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _File) and self._values() == other._values()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._FIELDS)
        return f"Preview1.File({fields})"


def _host_type(file: _File) -> str:
    """The host's word for the kind of file that a `File` says it is."""
    return next((name for name, number in abi.FILETYPES.items() if number == file.wasm_type), terms.FILETYPE_UNKNOWN)


class _Standard(Descriptor):
    """A standard stream: the host's, or the `pipe` of its `File` while that is set."""

    __slots__ = ("_file", "_host", "_open")

    def __init__(self, file: _File, write: bool) -> None:
        # What pywasm grants, and what every stream of wasmvm can do.
        others = terms.RIGHTS_STREAM & ~(terms.MAY_READ | terms.MAY_WRITE)
        super().__init__(_host_type(file), abi.HOST_RIGHTS[file.wasm_rights_base] | others)
        self._file = file
        self._open: Any = open_output if write else open_input
        self._host: Descriptor = self._open(*((file.host_fd, file.wasm_fd) if write else (file.host_fd,)))

    def _now(self) -> Descriptor:
        pipe = self._file.pipe
        if pipe is None:
            return self._host
        opened: Descriptor = self._open(*((pipe, self._file.wasm_fd) if self._open is open_output else (pipe,)))
        return opened

    def readv(self, buffers: Any) -> int:
        return self._now().readv(buffers)

    def writev(self, buffers: Any) -> int:
        return self._now().writev(buffers)

    def poll_fileno(self, write: bool) -> int:
        return self._now().poll_fileno(write)

    def available(self, write: bool) -> int:
        return self._now().available(write)


def _opened(file: _File, number: int) -> Descriptor:
    """The descriptor for one of the embedder's `File` objects that is not a directory."""
    if number <= 2:
        return _Standard(file, number > 0)
    if file.wasm_type in (abi.FILETYPE_SOCKET_STREAM, abi.FILETYPE_SOCKET_DGRAM):
        import socket

        from wasmvm.wasi.host.sockets import Connection, Listener

        made = socket.socket(fileno=os.dup(file.host_fd))
        if file.wasm_rights_base & abi.SOCK_ACCEPT:
            listener = Listener(made)
            listener.inheriting = abi.HOST_RIGHTS[file.wasm_rights_base]
            return listener
        connection = Connection(made, abi.HOST_RIGHTS[file.wasm_rights_base], abi.HOST_FDFLAGS[file.wasm_flag])
        connection.filetype = _host_type(file)
        return connection
    from wasmvm.wasi.host.hostfile import HostFile

    return HostFile(file.host_fd, _host_type(file), abi.HOST_RIGHTS[file.wasm_rights_base], owned=False)


def _fileno(stream: Any, number: int) -> int:
    """The host's descriptor of a standard stream; the usual one if the stream was replaced by an object without."""
    try:
        found: int = stream.fileno()
    except (AttributeError, OSError, ValueError):
        return number
    return found


class Preview1:
    """WASI preview 1 for one guest.

    Each function is a method of its name, which takes the machine and a list of arguments and returns a list: a
    subclass may override it. The numbers of preview 1 are attributes of the class.

    Args:
        args: the guest's arguments, its name first.
        dirs: from the guest's name of a directory to the host's.
        envs: its environment.

    Attributes:
        fd: a `File` for each descriptor. Before the guest runs, `pipe` may be set to catch or provide a standard
            stream, and open sockets may be added.
        return_on_exit: whether `main` returns the code of ``proc_exit``; otherwise Python exits with it.
    """

    FILE_STATUS_OPENED = 0
    FILE_STATUS_CLOSED = 1

    File = _File

    def __init__(self, args: list[str], dirs: dict[str, str], envs: dict[str, str]) -> None:
        self.args = args
        self.dirs = {os.path.normpath(k): os.path.normpath(v) for k, v in dirs.items()}
        self.envs = ["=".join(pair) for pair in sorted(envs.items())]
        self.return_on_exit = 1
        self.fd: list[_File] = []
        self._calls = WasiCalls(self._start)
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            stream = getattr(sys, name)
            shown = getattr(stream, "name", f"<{name}>")
            right = abi.FD_WRITE if number else abi.FD_READ
            self._add(_fileno(stream, number), 0, shown, shown, abi.POLL_FD_READWRITE | right, 0,
                      abi.FILETYPE_CHARACTER_DEVICE)  # fmt: skip
        for guest, host in sorted(self.dirs.items()):
            host = os.path.abspath(host)
            flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
            rights, files = abi.GUEST_RIGHTS[terms.RIGHTS_DIRECTORY], abi.GUEST_RIGHTS[terms.RIGHTS_FILE]
            self._add(os.open(host, flags), flags, host, guest, rights, rights | files, abi.FILETYPE_DIRECTORY)

    def _add(
        self, host_fd: int, host_flag: int, host_name: Any, wasm_name: Any, base: int, root: int, kind: int
    ) -> None:
        opened = self.FILE_STATUS_OPENED
        file = _File(host_fd, host_flag, host_name, opened, None, len(self.fd), 0, wasm_name, base, root, opened, kind)
        self.fd.append(file)

    # The functions

    def bind(self, runtime: Runtime) -> None:
        """Let the modules of a runtime import the functions."""
        names = runtime.imports["wasi_snapshot_preview1"] = {}
        for name in abi.FUNCTIONS:
            functype = FuncType._of(functype_of(name))
            names[name] = runtime.allocate_func_host(functype, getattr(self, name))

    def _start(self) -> wasi.Wasi:
        """wasmvm's WASI with what `fd` holds."""
        env = dict(entry.split("=", 1) for entry in self.envs)
        dirs = {guest: os.path.abspath(host) for guest, host in sorted(self.dirs.items())}
        started = wasi.Wasi(wasi.WasiConfig(args=self.args, env=env, dirs=dirs))
        for number, file in enumerate(self.fd):
            if number <= 2:
                started.table.remove(number)
            elif number < 3 + len(dirs):
                continue
            if file.wasm_status == self.FILE_STATUS_OPENED:
                started.table.add(_opened(file, number))
        return started

    def _perform(self, name: str, m: Any, args: list[int]) -> list[int]:
        memories = m.stack.frame[-1].module.mems if m.stack.frame else []
        memory = m.store.mems[memories[0]]._core if memories else None
        try:
            errno = self._calls(name, memory, args)
        except ExitTrap as end:
            if self.return_on_exit:
                raise Exception(SystemExit, end.exit_code) from None
            sys.exit(end.exit_code)
        if errno == abi.SUCCESS and name in _TABLE_FUNCTIONS:
            self._follow(name, memory, args)
        return [errno]

    def _follow(self, name: str, memory: Any, args: list[int]) -> None:
        """Bring `fd` up to what a function has just done."""
        closed = self.FILE_STATUS_CLOSED
        if name in ("path_open", "sock_accept"):
            assert self._calls.wasi is not None
            number = memory.load_u32(args[-1])
            made = self._calls.wasi.table.get(number)
            source = self.fd[args[0]]
            path = memory.read(args[2], args[3]).decode("utf-8", "replace") if name == "path_open" else ""
            host_name, wasm_name = source.host_name, source.wasm_name
            if path:
                host_name = os.path.join(host_name, path)
                wasm_name = os.path.normpath(os.path.join(wasm_name, path))
            rights, root = abi.GUEST_RIGHTS[made.rights], abi.GUEST_RIGHTS[made.inheriting]
            flags, kind = abi.GUEST_FDFLAGS[made.flags], abi.FILETYPES[made.filetype]
            file = _File(-1, 0, host_name, 0, None, number, flags, wasm_name, rights, root, 0, kind)
            self.fd[number : number + 1] = [file]
        elif name == "fd_close":
            self._release(self.fd[args[0]])
            self.fd[args[0]].wasm_status = closed
        elif name == "fd_renumber" and args[0] != args[1]:
            self._release(self.fd[args[1]])
            moved = self.fd[args[0]]
            self.fd[args[1]] = _File(*moved._values())
            moved.host_status = moved.wasm_status = closed
        elif name == "fd_fdstat_set_flags":
            self.fd[args[0]].wasm_flag = args[1]
        elif name == "fd_fdstat_set_rights":
            self.fd[args[0]].wasm_rights_base, self.fd[args[0]].wasm_rights_root = args[1], args[2]

    def _release(self, file: _File) -> None:
        """Close the host's descriptor for one of the guest, except standard streams."""
        if file.wasm_type != abi.FILETYPE_CHARACTER_DEVICE and file.host_status == self.FILE_STATUS_OPENED:
            if file.host_fd >= 0:
                with suppress(OSError):
                    os.close(file.host_fd)
            file.host_status = self.FILE_STATUS_CLOSED

    def main(self, runtime: Runtime, module: ModuleInst) -> int:
        """Call ``_start`` and return the exit code. IndexError if there is none; and what `Runtime.invocate` raises."""
        try:
            runtime.invocate(module, "_start", [])
        except Exception as error:
            if len(error.args) >= 1 and error.args[0] is SystemExit:
                return int(error.args[1])
            raise
        else:
            return 0
        finally:
            for file in self.fd[1:3]:
                if file.pipe:
                    file.pipe.seek(0)
            for file in self.fd[3:]:
                self._release(file)
            self._calls.close()

    # What pywasm's functions ask of a descriptor

    def help_badf(self, fd: int) -> bool:
        return not 0 <= fd < len(self.fd) or self.fd[fd].wasm_status != self.FILE_STATUS_OPENED

    def help_escp(self, root: str, name: str) -> bool:
        """Whether a path leads out of `root`; a guest is confined by more than this."""
        return not os.path.normpath(os.path.join(root, name)).startswith(root)

    def help_wasm_type(self, info: os.stat_result) -> int:
        return abi.FILETYPES[filetype_of(info.st_mode)]

    def help_idir(self, fd: int) -> bool:
        return self.fd[fd].wasm_type == abi.FILETYPE_DIRECTORY

    def help_perm(self, fd: int, perm: int) -> bool:
        return self.fd[fd].wasm_rights_base & perm == 0

    def help_pipe(self, fd: int) -> bool:
        return fd < 3 and self.fd[fd].pipe is not None

    def help_sock(self, fd: int) -> bool:
        """Whether it is not a socket."""
        return self.fd[fd].wasm_type not in (abi.FILETYPE_SOCKET_DGRAM, abi.FILETYPE_SOCKET_STREAM)

    def help_time(self, id: int) -> int:
        """Nanoseconds; 0 for an unsupported clock."""
        clocks = (time.time_ns, time.monotonic_ns, time.process_time_ns, time.thread_time_ns)
        return clocks[id]() if 0 <= id < len(clocks) else 0


_TABLE_FUNCTIONS = frozenset(
    ("path_open", "sock_accept", "fd_close", "fd_renumber", "fd_fdstat_set_flags", "fd_fdstat_set_rights")
)


def _method(name: str) -> Any:
    def function(self: Preview1, m: Any, args: list[int]) -> list[int]:
        return self._perform(name, m, args)

    function.__name__ = name
    function.__qualname__ = f"Preview1.{name}"
    function.__doc__ = f"``{name}({abi.FUNCTIONS[name].params})``: the error code, in a list."
    return function


for _name in abi.FUNCTIONS:
    setattr(Preview1, _name, _method(_name))
for _name, _value in _constants().items():
    setattr(Preview1, _name, _value)
