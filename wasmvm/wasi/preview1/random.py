"""Randomness: ``random_get``."""

from __future__ import annotations

from wasmvm.wasi.host.waiting import wait_slice
from wasmvm.wasi.preview1.function import wasi_function
from wasmvm.wasi.preview1.guest import Wasi

_PIECE = 1 << 16


@wasi_function
def random_get(wasi: Wasi, mem: memoryview, buf: int, buf_len: int) -> None:
    """Fill `buf_len` bytes at `buf` with random bytes: the operating system's, unless the embedder gave a source.

    Errors: EFAULT if the range is not in memory; nothing is written then.
    """
    source = wasi.config.random
    end = buf + buf_len
    while buf < end:
        wait_slice()
        piece = min(end - buf, _PIECE)  # so that no host allocation is as large as a guest asks for
        mem[buf : buf + piece] = source(piece)
        buf += piece
