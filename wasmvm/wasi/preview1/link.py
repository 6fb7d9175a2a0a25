"""The functions of preview 1, linked to a guest's state and to the instances that import them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from operator import and_

from wasmvm import types
from wasmvm.embedding.func import HostFunc
from wasmvm.wasi.host.waiting import called_by
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.function import Implementation, checked, quickest, signature_of
from wasmvm.wasi.preview1.guest import Wasi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_implementations: dict[abi.Row, Implementation] = {}


def implementation(name: str, module_name: str = abi.MODULE) -> Implementation:
    """A function by name. Only the file that it is in is imported, as starting up has to be quick.

    Raises:
        KeyError: if there is no such module, or no such function in it.
    """
    row = abi.MODULES[module_name][name]
    found = _implementations.get(row)
    if found is None:
        import_module(f"wasmvm.wasi.preview1.{row.file}")
        found = _implementations[row] = checked(row)
    return found


def bind(wasi: Wasi, name: str, module_name: str = abi.MODULE) -> tuple[types.FuncType, Callable[..., int | None]]:
    """A function of a guest, to be linked as import `name` of `module_name`.

    Returns:
        Its type, and a callable ``f(caller, *args)`` that takes Python integers of either sign; ``caller.memory`` is
        the memory of the instance that calls, or None.

    Raises:
        KeyError: if there is no such module, or no such function in it.
    """
    body = implementation(name, module_name)
    row = abi.MODULES[module_name][name]
    functype, masks = signature_of(row)
    if wasi.config.trace is not None:
        from wasmvm.wasi.preview1.trace import traced

        body = traced(name, row, body, wasi.config.trace)
    no_memory = memoryview(b"")
    if row.short:

        def function(caller: Any, *args: int) -> int:
            memory = caller.memory
            return body(wasi, no_memory if memory is None else memoryview(memory), *map(and_, args, masks))

    else:

        def function(caller: Any, *args: int) -> int:
            memory = caller.memory
            view = no_memory if memory is None else memoryview(memory)
            return called_by(caller, body, wasi, view, *map(and_, args, masks))

    return functype, function


class _Functions(dict[str, HostFunc]):
    """The functions of one import module, each made when it is first asked for: a guest imports a few of them."""

    def __init__(self, wasi: Wasi, module_name: str) -> None:
        super().__init__()
        self._wasi = wasi
        self._module_name = module_name

    def __missing__(self, name: str) -> HostFunc:
        functype, function = bind(self._wasi, name, self._module_name)
        if self._wasi.config.trace is None:
            function = quickest(abi.MODULES[self._module_name][name], self._wasi, function)
        self[name] = made = HostFunc(function, functype, access_caller=True)
        return made


def link(wasi: Wasi) -> dict[str, dict[str, HostFunc]]:
    """Imports for `Instance`: every function of preview 1, and of the snapshot before it (``wasi_unstable``).

    They work on `wasi` and on the memory of whoever calls them.
    """
    return {name: _Functions(wasi, name) for name in abi.MODULES}
