"""wasmvm: a Cython-accelerated WebAssembly virtual machine for Python.

>>> import wasmvm
>>> instance = wasmvm.instantiate("examples/add.wasm")
>>> instance.exports.add(2, 3)
5
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wasmvm._core import Caller, Func, Global, Memory, Store, Table
    from wasmvm.embedding.func import HostFunc
    from wasmvm.embedding.instance import Instance, instantiate
    from wasmvm.embedding.module import Module
    from wasmvm.errors import (
        DecodeError,
        ExitTrap,
        Frame,
        InternalError,
        LinkError,
        TextError,
        Trap,
        ValidationError,
        WasmError,
    )
    from wasmvm.types import FuncType, GlobalType, Limits, MemoryType, TableType

__version__ = "0.1.0"

_PLACES = {
    "wasmvm._core": ("Caller", "Func", "Global", "Memory", "Store", "Table"),
    "wasmvm.embedding.func": ("HostFunc",),
    "wasmvm.embedding.instance": ("Instance", "instantiate"),
    "wasmvm.embedding.module": ("Module",),
    "wasmvm.errors": (
        "DecodeError",
        "ExitTrap",
        "Frame",
        "InternalError",
        "LinkError",
        "TextError",
        "Trap",
        "ValidationError",
        "WasmError",
    ),
    "wasmvm.types": ("FuncType", "GlobalType", "Limits", "MemoryType", "TableType"),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}

__all__ = [
    "Caller",
    "DecodeError",
    "ExitTrap",
    "Frame",
    "Func",
    "FuncType",
    "Global",
    "GlobalType",
    "HostFunc",
    "Instance",
    "InternalError",
    "Limits",
    "LinkError",
    "Memory",
    "MemoryType",
    "Module",
    "Store",
    "Table",
    "TableType",
    "TextError",
    "Trap",
    "ValidationError",
    "WasmError",
    "instantiate",
]


def __getattr__(name: str) -> object:
    """Names are imported when they are first used: start-up time is a feature."""
    place = _PLACE_OF.get(name)
    if place is None:
        raise AttributeError(f"module 'wasmvm' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(place), name)
    return value
