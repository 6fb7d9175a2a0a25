"""What an embedder grants a guest. Nothing is granted that is not named here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from wasmvm._core import check_limit
from wasmvm.wasi.host.fdtable import MAX_DESCRIPTORS
from wasmvm.wasi.host.timesource import Clock, SystemClock, VirtualClock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from wasmvm.wasi.host.walk import Tree
else:
    Protocol = object


class DirectoryGrant(Protocol):
    """A directory that can be granted: `HostDirectory` or `MemoryDirectory`."""

    read_only: bool

    def attach(self, clock: Clock) -> tuple[Tree[Any], Any]:
        """The tree and an open handle of the directory in it, which the caller owns; times come from `clock`."""


class HostDirectory:
    """A directory of the host, granted to a guest.

    POSIX only: elsewhere `Wasi` raises NotImplementedError for it.

    Args:
        path: where it is.
        read_only: whether nothing in it can be changed (EROFS).
        max_bytes: by how many bytes all guests together may make it larger; more is EDQUOT. None is no limit.
            `wasmvm.wasi.host.quota` says what counts.

    Raises:
        ValueError, TypeError: if `max_bytes` is not a non-negative integer or None.
    """

    __slots__ = ("_tree", "max_bytes", "path", "read_only")

    def __init__(
        self, path: str | bytes | os.PathLike[str], read_only: bool = False, *, max_bytes: int | None = None
    ) -> None:
        self.path = path
        self.read_only = read_only
        self.max_bytes: int | None = check_limit("max_bytes", max_bytes)
        self._tree: Tree[Any] | None = None

    @property
    def used(self) -> int:
        """Bytes of `max_bytes` that are used; 0 without a limit."""
        quota = getattr(self._tree, "quota", None)
        return 0 if quota is None else int(quota.used)

    def attach(self, clock: Clock) -> tuple[Tree[Any], Any]:
        """Open the directory. Raises OSError, NotImplementedError."""
        from wasmvm.wasi.host.sandbox import HOST_TREE, HostTree, open_root

        handle = open_root(self.path)
        if self._tree is None:
            made = HOST_TREE
            if self.max_bytes is not None:
                from wasmvm.wasi.host.quota import Quota

                made = HostTree(Quota(self.max_bytes))
            if self._tree is None:  # still: another thread may have been here meanwhile, and all share one quota
                self._tree = made
        return self._tree, handle


def _c_string(text: str | bytes, what: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)
    if b"\0" in data:
        raise ValueError(f"a NUL cannot be in {what}")
    return data


def _seeded(seed: int) -> Callable[[int], bytes]:
    from random import Random

    return Random(seed).randbytes


class WasiConfig:
    """What a guest is granted; each attribute is the argument of its name, ready for use.

    Args:
        args: the guest's argument list, the program's name first.
        env: its environment; by default it is empty, and never the process's own.
        stdin, stdout, stderr: see `wasmvm.wasi.host.streams`; by default empty and thrown away.
        dirs: from the guest's name of a directory to a path of the host, `HostDirectory` or `MemoryDirectory`. They
            become the descriptors 3, 4, ...
        tcplisten: addresses ``"HOST:PORT"`` to listen at, or listening sockets, which stay the embedder's. They become
            the descriptors after the directories.
        clock: what time it is and how to wait, see `wasmvm.wasi.host.timesource`; by default the host's.
        random: called with a count, returns that many random bytes; by default the operating system's.
        deterministic: a seed: unless `clock` and `random` are given, time passes only when it is looked at, and random
            bytes are always the same.
        trace: called with a line of text for every call of a function.
        max_output: bytes that it may write to standard output and standard error together, wherever they go; more ends
            it with an `OutputTrap`. None is no limit.
        max_descriptors: descriptors that may be open at once, standard streams and directories included; more is
            EMFILE. In any case guests leave a quarter of the process's own limit to the embedder.

    Raises:
        ValueError: for a NUL in a string, or ``=`` in the name of a variable.
        TypeError, ValueError: if `max_output` or `max_descriptors` is not an integer in range.
    """

    __slots__ = (
        "args",
        "clock",
        "dirs",
        "env",
        "max_descriptors",
        "max_output",
        "random",
        "stderr",
        "stdin",
        "stdout",
        "tcplisten",
        "trace",
    )

    def __init__(
        self,
        *,
        args: Iterable[str | bytes] = (),
        env: Mapping[str, str] | None = None,
        stdin: Any = None,
        stdout: Any = None,
        stderr: Any = None,
        dirs: Mapping[str, Any] | None = None,
        tcplisten: Iterable[Any] = (),
        clock: Clock | None = None,
        random: Callable[[int], bytes] | None = None,
        deterministic: int | None = None,
        trace: Callable[[str], object] | None = None,
        max_output: int | None = None,
        max_descriptors: int = MAX_DESCRIPTORS,
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
        self.tcplisten = list(tcplisten)
        if clock is None:
            clock = SystemClock() if deterministic is None else VirtualClock()
        if random is None:
            random = os.urandom if deterministic is None else _seeded(deterministic)
        self.clock: Clock = clock
        self.random = random
        self.trace = trace
        self.max_output: int | None = check_limit("max_output", max_output)
        self.max_descriptors: int = check_limit("max_descriptors", max_descriptors, 1) or MAX_DESCRIPTORS
