"""The text format."""

from __future__ import annotations

from wasmvm.compat.wasmtime.error import translated


def wat2wasm(wat: str | bytes) -> bytearray:
    """The module in the binary format; WasmtimeError if the text is not a module."""
    from wasmvm import text

    with translated():
        return bytearray(text.wat2wasm(wat))


def to_wasm(wasm: str | bytes | bytearray) -> bytes:
    """What a module can be made of, as bytes; TypeError for anything else."""
    if isinstance(wasm, (str, bytes)) and wasm and wasm[0] not in (0, "\0"):
        return bytes(wat2wasm(wasm))
    if not isinstance(wasm, (bytes, bytearray)):
        raise TypeError("expected wasm bytes")
    return bytes(wasm)
