"""What is kept of a module: decoded, validated, lowered as its functions are called, in memory, on disk and as bytes.

The way in is `open_module`, or `serialize.load` for what `serialize.dump` wrote.
"""

from wasmvm.compiled.module import CompiledModule, look_around
from wasmvm.compiled.source import open_file, open_module

__all__ = ["CompiledModule", "look_around", "open_file", "open_module"]
