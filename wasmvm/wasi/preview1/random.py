"""Randomness: ``random_get``."""

from __future__ import annotations

from os import urandom

from wasmvm.wasi.host.waiting import wait_slice
from wasmvm.wasi.preview1.abi import MASK32
from wasmvm.wasi.preview1.function import Linked, quick_way, wasi_function
from wasmvm.wasi.preview1.guest import Wasi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PIECE = 1 << 16
_FEW = 256
"""Bytes that the operating system gives in a moment."""


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


@quick_way("random_get")
def _quick_random(wasi: Wasi, general: Linked) -> Linked | None:
    if wasi.config.random is not urandom:
        return None  # the embedder's source may do anything, and must be asked once

    def function(caller: Any, buf: int, buf_len: int) -> int | None:
        memory = caller.memory
        if 0 < buf_len <= _FEW and memory is not None:
            try:
                memory.write(buf & MASK32, urandom(buf_len))
                return 0
            except (IndexError, OSError):
                pass
        return general(caller, buf, buf_len)

    return function
