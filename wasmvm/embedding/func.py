"""Functions of the host, to be given to instances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wasmvm._core import Caller, Func, Store
from wasmvm.types import FuncType

__all__ = ["Caller", "Func", "HostFunc"]


class HostFunc:
    """A Python function for imports, when more is to be said of it than a plain callable does.

    Args:
        callable: it receives a value per parameter and returns None, a value, or a sequence of them.
        type: its `FuncType`; None takes the type of the import it is given for.
        access_caller: pass the calling instance, as a `Caller`, as first argument.
    """

    __slots__ = ("access_caller", "callable", "type")

    def __init__(
        self, callable: Callable[..., Any], type: FuncType | None = None, *, access_caller: bool = False
    ) -> None:
        self.callable = callable
        self.type = type
        self.access_caller = access_caller

    def bind(self, store: Store, type: FuncType) -> Func:
        """The function of a store, for an import of the given type."""
        return Func(store, self.type or type, self.callable, access_caller=self.access_caller)
