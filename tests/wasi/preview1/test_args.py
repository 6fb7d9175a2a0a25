"""``args_get`` and ``args_sizes_get``; ``environ_*`` shares their code and has its own file."""

from __future__ import annotations

import struct

import pytest

from tests.wasi.guest import Guest
from wasmvm.wasi import WasiConfig


def test_args_get_writes_strings_and_their_addresses() -> None:
    with Guest(WasiConfig(args=["a", "bc", ""])) as guest:
        guest.ok("args_get", 64, 128)
        assert guest.written() == {64: struct.pack("<III", 128, 130, 133), 128: b"a\0bc\0\0"}


def test_args_sizes_get() -> None:
    with Guest(WasiConfig(args=["a", "bc", "ü"])) as guest:
        guest.ok("args_sizes_get", 64, 128)
        assert guest.written() == {64: b"\x03\0\0\0", 128: b"\x08\0\0\0"}


def test_no_arguments() -> None:
    with Guest() as guest:
        guest.ok("args_get", 64, 128)
        assert guest.written() == {}
        guest.ok("args_sizes_get", 64, 128)
        assert guest.written() == {64: bytes(4), 128: bytes(4)}


def test_they_may_end_where_memory_ends() -> None:
    with Guest(WasiConfig(args=["abc"])) as guest:
        size = len(guest.memory)
        guest.ok("args_get", size - 8, size - 4)
        assert bytes(guest.memory[-8:]) == struct.pack("<I", size - 4) + b"abc\0"


@pytest.mark.parametrize(("argv", "buffer"), [(-3, 64), (64, -3), (0xFFFFFFFF, 64), (64, 0xFFFFFFFF)])
def test_bad_addresses(argv: int, buffer: int) -> None:
    with Guest(WasiConfig(args=["abc"])) as guest:
        size = len(guest.memory)
        argv, buffer = (size + address if address < 0 else address for address in (argv, buffer))
        assert guest.fails("args_get", argv, buffer) == "EFAULT"
        assert guest.fails("args_sizes_get", argv, buffer) == "EFAULT"


def test_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        WasiConfig(args=["a\0b"])


def test_an_argument_that_is_not_utf8_arrives_as_it_is() -> None:
    with Guest(WasiConfig(args=["\udcff", b"\xfe"])) as guest:
        guest.ok("args_get", 64, 128)
        assert guest.written()[128] == b"\xff\0\xfe\0"
