"""The main API of the PyPI package ``pwasm`` (0.2a0) over wasmvm: modules, instances, limits, `sandbox.Sandbox`.

What differs: fuel counts instructions; WASI is whole but grants no files; the decoder's insides (``BinaryReader``,
``Instruction``) are not there.
"""

from wasmvm.compat.pwasm.errors import (
    DecodeError,
    LinkError,
    OutOfFuel,
    Timeout,
    TrapError,
    ValidationError,
    WasmError,
)
from wasmvm.compat.pwasm.runtime import Instance, decode_module, instantiate
from wasmvm.embedding.module import Module
from wasmvm.types import FuncType

__all__ = [
    "DecodeError",
    "FuncType",
    "Instance",
    "LinkError",
    "Module",
    "OutOfFuel",
    "Timeout",
    "TrapError",
    "ValidationError",
    "WasmError",
    "decode_module",
    "instantiate",
]
