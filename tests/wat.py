"""WAT to bytes in tests, by the parser of wasmtime: an independent one."""

from __future__ import annotations

import functools

import wasmtime


@functools.cache
def wat2wasm(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))
