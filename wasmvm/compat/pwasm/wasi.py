"""pwasm's WASI: `WasiLite`, whose functions are those of `wasmvm.wasi` with no files granted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wasmvm import wasi
from wasmvm.compat.pwasm.errors import WasmError
from wasmvm.compat.wasicalls import WasiCalls
from wasmvm.errors import ExitTrap
from wasmvm.wasi.preview1 import abi

WASI_MODULES = (abi.MODULE, abi.UNSTABLE_MODULE)


class Exit(WasmError):
    """The guest called ``proc_exit``; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"guest exited with code {code}")
        self.code = code


class WasiLite:
    """Standard streams, arguments, environment, clocks and random numbers for one guest.

    Each function is a method with its name after ``wasi_``, which takes numbers and returns an error code: a subclass
    may override it. There are no files (ENOTCAPABLE) and no sockets; of the rest of preview 1 this has more than pwasm.

    Args:
        stdin: what the guest reads.
        args, env: its arguments and environment.

    Attributes:
        stdout, stderr: bytearrays of what it wrote.
        stdin_pos: how much of `stdin` it has read.
        sinks: by descriptor 1 or 2, a callable that gets what is written there instead.
        unsupported_calls: names of functions that it called and that do not exist here; they return ENOSYS.
        memory: the guest's.
    """

    ESUCCESS = abi.SUCCESS
    EBADF = abi.ERRNO["EBADF"]
    EINVAL = abi.ERRNO["EINVAL"]
    ENOSYS = abi.ERRNO["ENOSYS"]
    ESPIPE = abi.ERRNO["ESPIPE"]
    ENOTCAPABLE = abi.ERRNO["ENOTCAPABLE"]

    def __init__(self, stdin: bytes = b"", args: Any = ("guest",), env: Mapping[str, str] | None = None) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.stdin = bytes(stdin)
        self.stdin_pos = 0
        self.args = [str(arg).encode() + b"\0" for arg in args]
        self.env = [f"{name}={value}".encode() + b"\0" for name, value in (env or {}).items()]
        self.sinks: dict[int, Callable[[bytes], Any]] = {}
        self.unsupported_calls: list[str] = []
        self.memory: Any = None
        self._calls = WasiCalls(self._start)

    def _start(self) -> wasi.Wasi:
        env = dict(entry[:-1].decode().split("=", 1) for entry in self.env)
        return wasi.Wasi(
            wasi.WasiConfig(
                args=[arg[:-1] for arg in self.args],
                env=env,
                stdin=self._read,
                stdout=lambda data: self._write(1, self.stdout, data),
                stderr=lambda data: self._write(2, self.stderr, data),
            )
        )

    def _read(self, size: int) -> bytes:
        data = self.stdin[self.stdin_pos : self.stdin_pos + size]
        self.stdin_pos += len(data)
        return data

    def _write(self, fd: int, captured: bytearray, data: bytes) -> None:
        sink = self.sinks.get(fd)
        if sink is None:
            captured += data
        else:
            sink(data)

    def bind(self, instance: Any) -> None:
        """Work on the first memory of an instance."""
        self.memory = instance.memories[0]

    def imports(self, module: Any) -> dict[str, Callable[..., Any]]:
        """The functions of WASI that a module imports, by name."""
        return {
            import_.name: self.lookup(import_.name, bool(module.types[import_.desc].results))
            for import_ in module.imports
            if import_.kind == "func" and import_.module in WASI_MODULES
        }

    def lookup(self, name: str, has_result: bool = True) -> Callable[..., Any]:
        """The function of that name, or one that returns ENOSYS."""
        found: Callable[..., Any] | None = getattr(self, f"wasi_{name}", None)
        if found is not None:
            return found

        def unsupported(*args: Any) -> int | None:
            self.unsupported_calls.append(name)
            return self.ENOSYS if has_result else None

        unsupported.__name__ = name
        return unsupported

    def _perform(self, name: str, args: tuple[int, ...]) -> int:
        try:
            return self._calls(name, None if self.memory is None else self.memory.core(), args)
        except ExitTrap as end:
            raise Exit(end.exit_code) from None


def _method(name: str) -> Any:
    def function(self: WasiLite, *args: int) -> int:
        return self._perform(name, args)

    function.__name__ = f"wasi_{name}"
    function.__qualname__ = f"WasiLite.wasi_{name}"
    function.__doc__ = f"``{name}({abi.FUNCTIONS[name].params})``: the error code."
    return function


def _no_files(self: WasiLite, *args: int) -> int:
    return self.ENOTCAPABLE


for _name in abi.FUNCTIONS:
    if not _name.startswith("sock_"):
        setattr(WasiLite, f"wasi_{_name}", _no_files if _name.startswith("path_") else _method(_name))
