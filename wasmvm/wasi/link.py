"""WASI as imports of an instance: where the functions of `Wasi` meet the embedding API."""

from __future__ import annotations

from wasmvm.embedding.func import HostFunc
from wasmvm.wasi import abi
from wasmvm.wasi.host import Wasi


def link(wasi: Wasi) -> dict[str, dict[str, HostFunc]]:
    """Imports for `Instance`: every function of preview 1, working on `wasi` and on the memory of whoever calls it."""
    functions = wasi.imports(abi.MODULE)
    return {
        abi.MODULE: {
            name: HostFunc(function, functype, access_caller=True) for name, (functype, function) in functions.items()
        }
    }
