"""The core API of the PyPI package ``wasmtime`` over wasmvm: its names, semantics, exceptions and messages.

What differs: of components only the names exist, which say so when used; options of wasmtime's compiler are ignored
(see `Config`); integers may be anything with ``__index__``, a v128 is 16 bytes; and if wasmtime aborts the process, as
for an object of another store, this raises `WasmtimeError`.
"""

from wasmvm.compat.wasmtime.caller import Caller, StoreContext
from wasmvm.compat.wasmtime.caller import Storelike as Storelike
from wasmvm.compat.wasmtime.config import Config
from wasmvm.compat.wasmtime.engine import Engine
from wasmvm.compat.wasmtime.error import ExitTrap, WasmtimeError
from wasmvm.compat.wasmtime.func import Func
from wasmvm.compat.wasmtime.global_ import Global
from wasmvm.compat.wasmtime.instance import Instance, InstancePre
from wasmvm.compat.wasmtime.linker import Linker
from wasmvm.compat.wasmtime.managed import Managed as Managed
from wasmvm.compat.wasmtime.memory import Memory
from wasmvm.compat.wasmtime.module import Module
from wasmvm.compat.wasmtime.sharedmemory import SharedMemory
from wasmvm.compat.wasmtime.store import Store
from wasmvm.compat.wasmtime.table import Table
from wasmvm.compat.wasmtime.tag import Tag
from wasmvm.compat.wasmtime.trap import Frame, Trap, TrapCode
from wasmvm.compat.wasmtime.types import (
    ExportType,
    FuncType,
    GlobalType,
    ImportType,
    Limits,
    MemoryType,
    TableType,
    TagType,
    ValType,
)
from wasmvm.compat.wasmtime.val import Val
from wasmvm.compat.wasmtime.wasi import DirPerms as DirPerms
from wasmvm.compat.wasmtime.wasi import FilePerms as FilePerms
from wasmvm.compat.wasmtime.wasi import WasiConfig
from wasmvm.compat.wasmtime.wat import wat2wasm

__all__ = [
    "Caller",
    "Config",
    "Engine",
    "ExitTrap",
    "ExportType",
    "Frame",
    "Func",
    "FuncType",
    "Global",
    "GlobalType",
    "ImportType",
    "Instance",
    "InstancePre",
    "Limits",
    "Linker",
    "Memory",
    "MemoryType",
    "Module",
    "SharedMemory",
    "Store",
    "StoreContext",
    "Table",
    "TableType",
    "Tag",
    "TagType",
    "Trap",
    "TrapCode",
    "Val",
    "ValType",
    "WasiConfig",
    "WasmtimeError",
    "wat2wasm",
]
