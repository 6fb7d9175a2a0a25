"""The binary format (specification, chapter 5): bytes to a `syntax.Module`."""

from wasmvm.binary.sections import decode

__all__ = ["decode"]
