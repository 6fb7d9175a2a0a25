"""WASI as imports of an instance: where the functions of `Wasi` meet the embedding API."""

from __future__ import annotations

from wasmvm.embedding.func import HostFunc
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.guest import Wasi


class _Functions(dict[str, HostFunc]):
    """The functions of one import module, each made when it is first asked for: a guest imports a few of them."""

    def __init__(self, wasi: Wasi, module_name: str) -> None:
        super().__init__()
        self._wasi = wasi
        self._module_name = module_name

    def __missing__(self, name: str) -> HostFunc:
        functype, function = self._wasi.bind(name, self._module_name)
        self[name] = made = HostFunc(function, functype, access_caller=True)
        return made


def link(wasi: Wasi) -> dict[str, dict[str, HostFunc]]:
    """Imports for `Instance`: every function of preview 1, and of the snapshot before it (``wasi_unstable``).

    They work on `wasi` and on the memory of whoever calls them.
    """
    return {name: _Functions(wasi, name) for name in (abi.MODULE, abi.UNSTABLE_MODULE)}
