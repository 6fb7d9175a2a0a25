"""What can be imported and exported."""

from __future__ import annotations

from typing import Any

from wasmvm import _core
from wasmvm.compat.wasmtime.func import Func
from wasmvm.compat.wasmtime.global_ import Global
from wasmvm.compat.wasmtime.memory import Memory
from wasmvm.compat.wasmtime.sharedmemory import SharedMemory
from wasmvm.compat.wasmtime.table import Table
from wasmvm.compat.wasmtime.tag import Tag

AsExtern = Func | Global | Memory | SharedMemory | Tag | Table

_WRAPPERS: dict[type, Any] = {
    _core.Func: Func,
    _core.Global: Global,
    _core.Memory: Memory,
    _core.Table: Table,
    _core.Tag: Tag,
}


def wrap_extern(extern: Any) -> Any:
    """The class of this package for an object of wasmvm."""
    return _WRAPPERS[type(extern)]._of(extern)


def core_extern(item: Any) -> Any:
    """wasmvm's object behind one of this package; TypeError for anything else."""
    for cls, name in ((Func, "_func"), (Global, "_global"), (Memory, "_memory"), (Table, "_table"), (Tag, "_tag")):
        if isinstance(item, cls):
            return getattr(item, name)
    if isinstance(item, SharedMemory):
        return item
    raise TypeError("expected a Func, Global, Memory, SharedMemory, Tag, or Table")
