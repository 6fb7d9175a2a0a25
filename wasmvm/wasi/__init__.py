"""WASI preview 1: what a guest can do with the world outside, and only what it was granted.

An embedder says what it grants in a `WasiConfig` and makes a `Wasi` of it, which `link` turns into imports::

    with Wasi(WasiConfig(args=["prog"], stdout=INHERIT, dirs={"/": "data"})) as wasi:
        instance = Instance(module, link(wasi))
        instance.exports["_start"]()
"""

from __future__ import annotations

from wasmvm.wasi.config import HostDirectory, WasiConfig
from wasmvm.wasi.host.streams import INHERIT
from wasmvm.wasi.preview1.guest import Wasi
from wasmvm.wasi.preview1.link import link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasmvm.wasi.host.memtree import MemoryDirectory

__all__ = ["INHERIT", "HostDirectory", "MemoryDirectory", "Wasi", "WasiConfig", "link"]


def __getattr__(name: str) -> Any:
    if name == "MemoryDirectory":  # few programs need it, and all wait for what is imported
        from wasmvm.wasi.host.memtree import MemoryDirectory

        return MemoryDirectory
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
