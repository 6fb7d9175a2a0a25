"""What an embedder grants a guest. Nothing is granted that is not named here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wasmvm.wasi.timesource import Clock, SystemClock


class HostDirectory:
    """A directory of the host, granted to a guest; with `read_only`, nothing in it can be changed (EROFS).

    POSIX only: elsewhere `Wasi` raises NotImplementedError for it.
    """

    __slots__ = ("path", "read_only")

    def __init__(self, path: str | bytes | os.PathLike[str], read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only


def _c_string(text: str | bytes, what: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)
    if b"\0" in data:
        raise ValueError(f"a NUL cannot be in {what}")
    return data


class WasiConfig:
    """What a guest is granted; each attribute is the argument of its name, ready for use.

    Args:
        args: the guest's argument list, the program's name first.
        env: its environment; by default it is empty, and never the process's own.
        stdin, stdout, stderr: see `wasmvm.wasi.streams`; by default empty and thrown away.
        dirs: from the guest's name of a directory to a path of the host or `HostDirectory`. They become descriptors
        3, 4, ... clock: what time it is and how to wait, see `wasmvm.wasi.timesource`.
        random: a callable that gives so many random bytes.

    Raises:
        ValueError: for a NUL in a string, or ``=`` in the name of a variable.
    """

    __slots__ = ("args", "clock", "dirs", "env", "random", "stderr", "stdin", "stdout")

    def __init__(
        self,
        *,
        args: Iterable[str | bytes] = (),
        env: Mapping[str, str] | None = None,
        stdin: Any = None,
        stdout: Any = None,
        stderr: Any = None,
        dirs: Mapping[str, Any] | None = None,
        clock: Clock | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.args = [_c_string(arg, "an argument") for arg in args]
        self.env: list[bytes] = []
        for name, value in (env or {}).items():
            if not name or "=" in name:
                raise ValueError(f"{name!r} cannot be the name of an environment variable")
            self.env.append(_c_string(name, "a variable's name") + b"=" + _c_string(value, "a variable"))
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.dirs = [(_c_string(name, "a directory's name"), source) for name, source in (dirs or {}).items()]
        self.clock = clock if clock is not None else SystemClock()
        self.random = random
