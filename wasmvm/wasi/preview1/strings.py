"""Lists of NUL-terminated strings in guest memory, for arguments and environment."""

from __future__ import annotations

from collections.abc import Sequence

from wasmvm.wasi.host import errno
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.preview1.abi import store_u32


def strings_size(strings: Sequence[bytes]) -> int:
    """Bytes that the strings take, each with its NUL."""
    return sum(map(len, strings)) + len(strings)


def store_strings(mem: memoryview, strings: Sequence[bytes], pointers: int, buffer: int) -> None:
    """Write the strings to `buffer` and the address of each, as a u32, to `pointers`.

    Raises:
        WasiError: EFAULT if they do not fit in memory; nothing is written then.
    """
    if max(pointers + 4 * len(strings), buffer + strings_size(strings)) > len(mem):
        raise WasiError(errno.EFAULT)
    for string in strings:
        store_u32(mem, pointers, buffer)
        end = buffer + len(string)
        mem[buffer:end] = string
        mem[end] = 0
        pointers += 4
        buffer = end + 1
