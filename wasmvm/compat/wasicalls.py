"""WASI for packages whose functions are called with plain lists of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from wasmvm.wasi import Wasi
from wasmvm.wasi.preview1.link import bind


class _Caller:
    """What a function of `Wasi` is called with: the guest's memory, and as `instance` what knows its store, or None."""

    __slots__ = ("instance", "memory")

    def __init__(self, memory: Any) -> None:
        self.memory = self.instance = memory


class WasiCalls:
    """Calls functions of preview 1 by name.

    Args:
        make: gives the `Wasi` that they work on, when the first of them is called.

    Attributes:
        wasi: that, or None before.
    """

    def __init__(self, make: Callable[[], Wasi]) -> None:
        self._make = make
        self._functions: dict[str, Callable[..., int | None]] = {}
        self.wasi: Wasi | None = None

    def __call__(self, name: str, memory: Any, args: Iterable[int]) -> int:
        """The error code of a call. `memory` is wasmvm's, or None; integers may have either sign.

        Raises:
            ExitTrap: by ``proc_exit``.
            KeyError: there is no such function.
        """
        function = self._functions.get(name)
        if function is None:
            if self.wasi is None:
                self.wasi = self._make()
            function = self._functions[name] = bind(self.wasi, name)[1]
        return function(_Caller(memory), *args) or 0

    def close(self) -> None:
        """Close the descriptors."""
        if self.wasi is not None:
            self.wasi.close()
