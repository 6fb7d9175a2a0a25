"""The environment: ``environ_get``, ``environ_sizes_get``."""

from __future__ import annotations

from wasmvm.wasi.preview1.abi import store_u32
from wasmvm.wasi.preview1.function import wasi_function
from wasmvm.wasi.preview1.guest import Wasi
from wasmvm.wasi.preview1.strings import store_strings, strings_size


@wasi_function
def environ_get(wasi: Wasi, mem: memoryview, environ: int, environ_buf: int) -> None:
    """Write the variables, each ``NAME=value`` and a NUL, to `environ_buf`, and their addresses to `environ`.

    Parameters:
        environ: address of as many u32 as there are variables.
        environ_buf: address of as many bytes as ``environ_sizes_get`` says.

    Errors: EFAULT if either does not fit in memory; nothing is written then.

    For ``A=1`` and ``B=`` with ``environ=16, environ_buf=32``::

        16: 20 00 00 00  24 00 00 00
        32: 41 3d 31 00 42 3d 00
    """
    store_strings(mem, wasi.config.env, environ, environ_buf)


@wasi_function
def environ_sizes_get(wasi: Wasi, mem: memoryview, environ_count: int, environ_buf_size: int) -> None:
    """Write the number of variables (u32) to `environ_count` and the bytes they take, NULs included (u32), to
    `environ_buf_size`.

    Errors: EFAULT.
    """
    store_u32(mem, environ_count, len(wasi.config.env))
    store_u32(mem, environ_buf_size, strings_size(wasi.config.env))
