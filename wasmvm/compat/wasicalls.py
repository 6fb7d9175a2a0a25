"""WASI for packages whose functions are called with plain lists of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from wasmvm.wasi import Wasi
from wasmvm.wasi.preview1.link import bind


class _Caller:
    """What a function of WASI is called with: the guest's memory, and as `instance` what knows the store, or None."""

    __slots__ = ("instance", "memory")

    def __init__(self, memory: Any) -> None:
        self.memory = self.instance = memory


class WasiCalls:
    """Calls functions of preview 1 by name.

    Args:
        make: returns the `Wasi` that they work on; called when the first of them is.

    Attributes:
        wasi: that `Wasi`, or None before.
    """

    def __init__(self, make: Callable[[], Wasi]) -> None:
        self._make = make
        self._functions: dict[str, Callable[..., int | None]] = {}
        self.wasi: Wasi | None = None

    def __call__(self, name: str, memory: Any, args: Iterable[int]) -> int:
        """Call a function and return its error code. `memory` is wasmvm's, or None; integers may have either sign.

        Raises:
            ExitTrap: by ``proc_exit``.
            KeyError: if there is no such function.
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
