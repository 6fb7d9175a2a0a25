"""The argument list: ``args_get``, ``args_sizes_get``."""

from __future__ import annotations

from wasmvm.wasi.preview1.abi import store_u32
from wasmvm.wasi.preview1.function import wasi_function
from wasmvm.wasi.preview1.guest import Wasi
from wasmvm.wasi.preview1.strings import store_strings, strings_size


@wasi_function
def args_get(wasi: Wasi, mem: memoryview, argv: int, argv_buf: int) -> None:
    """Write the arguments, each with a NUL after it, to `argv_buf`, and their addresses to `argv`.

    Parameters:
        argv: address of as many u32 as there are arguments.
        argv_buf: address of as many bytes as ``args_sizes_get`` says.

    Errors: EFAULT if either does not fit in memory; nothing is written then.

    For the arguments ``a`` and ``bc`` with ``argv=16, argv_buf=32``::

        16: 20 00 00 00  22 00 00 00
        32: 61 00 62 63 00
    """
    store_strings(mem, wasi.config.args, argv, argv_buf)


@wasi_function
def args_sizes_get(wasi: Wasi, mem: memoryview, argc: int, argv_buf_size: int) -> None:
    """Write the number of arguments (u32) to `argc` and the bytes they take, NULs included (u32), to `argv_buf_size`.

    Errors: EFAULT.
    """
    store_u32(mem, argc, len(wasi.config.args))
    store_u32(mem, argv_buf_size, strings_size(wasi.config.args))
