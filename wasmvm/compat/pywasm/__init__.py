"""The PyPI package ``pywasm`` (2.2) over wasmvm: all of its modules and classes; docs/compat.md says what differs."""

from wasmvm.compat.pywasm import arith, core, leb128, log, opcode, wasi
from wasmvm.compat.pywasm.core import *  # noqa: F403
from wasmvm.compat.pywasm.core import __all__ as _classes

version = "2.2.1"
"""What pywasm 2.2.3 calls itself."""

__all__ = ["arith", "core", "leb128", "log", "opcode", "version", "wasi", *_classes]
