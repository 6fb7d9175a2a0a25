"""The binary format (spec "Binary Format"): bytes to a `syntax.Module`."""

from wasmvm.binary.sections import decode

__all__ = ["decode"]
