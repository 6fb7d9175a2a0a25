"""WASI preview 1: what a guest can do with the world outside, and only what it was granted.

An embedder says what it grants in a `WasiConfig` and makes a `Wasi` of it, which `link` turns into imports::

    with Wasi(WasiConfig(args=["prog"], stdout=INHERIT, dirs={"/": "data"})) as wasi:
        instance = Instance(module, link(wasi))
        instance.exports["_start"]()
"""

from wasmvm.wasi.config import HostDirectory, WasiConfig
from wasmvm.wasi.host import Wasi
from wasmvm.wasi.link import link
from wasmvm.wasi.memtree import MemoryDirectory
from wasmvm.wasi.streams import INHERIT

__all__ = ["INHERIT", "HostDirectory", "MemoryDirectory", "Wasi", "WasiConfig", "link"]
