"""What a guest is granted, in wasmtime's words."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from wasmvm import wasi
from wasmvm.compat.wasmtime.config import setter_property
from wasmvm.compat.wasmtime.error import WasmtimeError
from wasmvm.compat.wasmtime.managed import Managed


class DirPerms(Enum):
    """What may be done with a directory, in versions of wasmtime before 48."""

    READ_ONLY = 1
    WRITE_ONLY = 2
    READ_WRITE = 3


class FilePerms(Enum):
    """What may be done with the files of a directory, in versions of wasmtime before 48."""

    READ_ONLY = 1
    WRITE_ONLY = 2
    READ_WRITE = 3


class WasiConfig(Managed[dict[str, Any]]):
    """What a guest is granted: nothing, at first. Its properties can be set only."""

    def __init__(self) -> None:
        self._set_ptr({"args": (), "env": {}, "dirs": {}})

    @setter_property
    def argv(self, argv: list[str]) -> None:
        """Set-only; the guest's arguments, its name first."""
        for word in argv:
            word.encode()
        self.ptr()["args"] = list(argv)

    def inherit_argv(self) -> None:
        """Give the guest this process's arguments, the interpreter's name first."""
        self.ptr()["args"] = list(sys.orig_argv)

    @setter_property
    def env(self, pairs: Iterable[Iterable[str]]) -> None:
        """Set-only; pairs of name and value."""
        made = {}
        for name, value in pairs:
            name.encode()
            value.encode()
            made[name] = value
        self.ptr()["env"] = made

    def inherit_env(self) -> None:
        """Give the guest this process's environment."""
        self.ptr()["env"] = dict(os.environ)

    def _open(self, stream: str, path: str | bytes | os.PathLike[str], mode: str) -> None:
        options = self.ptr()
        try:
            options[stream] = open(path, mode, buffering=0)  # noqa: SIM115 - the guest's descriptor, closed with it
        except OSError:
            raise WasmtimeError(f"failed to set {stream} file") from None

    @setter_property
    def stdin_file(self, path: str | bytes | os.PathLike[str]) -> None:
        """Set-only; the file to be read, which must exist."""
        self._open("stdin", path, "rb")

    def inherit_stdin(self) -> None:
        self.ptr()["stdin"] = wasi.INHERIT

    @setter_property
    def stdout_file(self, path: str | bytes | os.PathLike[str]) -> None:
        """Set-only; the file to be written, which is made or emptied."""
        self._open("stdout", path, "wb")

    @setter_property
    def stdout_custom(self, callback: Callable[[bytes], int | None]) -> None:
        """Set-only; called with bytes, it returns how many it took, or None for all."""
        self.ptr()["stdout"] = _output(callback)

    def inherit_stdout(self) -> None:
        self.ptr()["stdout"] = wasi.INHERIT

    @setter_property
    def stderr_file(self, path: str | bytes | os.PathLike[str]) -> None:
        """Set-only; the file to be written, which is made or emptied."""
        self._open("stderr", path, "wb")

    @setter_property
    def stderr_custom(self, callback: Callable[[bytes], int | None]) -> None:
        """Set-only; called with bytes, it returns how many it took, or None for all."""
        self.ptr()["stderr"] = _output(callback)

    def inherit_stderr(self) -> None:
        self.ptr()["stderr"] = wasi.INHERIT

    def preopen_dir(
        self,
        path: str,
        guest_path: str,
        fs_mutable: Any = True,
        file_perms: FilePerms | None = None,
        *,
        dir_perms: DirPerms | None = None,
    ) -> None:
        """Grant a directory under the name `guest_path`.

        The parameters of older and newer versions of wasmtime are accepted: `fs_mutable`, or `dir_perms` and
        `file_perms`. A directory is granted for reading only if any of them says so.
        """
        path.encode()
        guest_path.encode()
        permissions = (fs_mutable, dir_perms, file_perms)
        read_only = fs_mutable is False or any(getattr(p, "name", None) == "READ_ONLY" for p in permissions)
        if not os.path.isdir(path):
            raise WasmtimeError("failed to add preopen dir")
        self.ptr()["dirs"][guest_path] = wasi.HostDirectory(path, read_only=read_only)

    def _start(self) -> wasi.Wasi:
        """The guest's WASI; the configuration is used up."""
        options = self._consume()
        try:
            return wasi.Wasi(wasi.WasiConfig(**options))
        except (OSError, ValueError) as error:
            raise WasmtimeError(str(error)) from None


def _output(callback: Callable[[bytes], int | None]) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        while data:
            try:
                taken = callback(data)
            except Exception as error:
                print("failed custom output, required to catch exception:", error)
                raise OSError(errno.EIO, "custom output failed") from None
            if taken is None:
                return
            if taken <= 0:
                raise OSError(-taken or errno.EIO, "custom output failed")
            data = data[taken:]

    return write
