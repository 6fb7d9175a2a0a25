"""``environ_get`` and ``environ_sizes_get``."""

from __future__ import annotations

import struct

import pytest

from tests.wasi.guest import Guest
from wasmvm.wasi import WasiConfig


def test_environ_get_writes_strings_and_their_addresses() -> None:
    with Guest(WasiConfig(env={"A": "1", "B": ""})) as guest:
        guest.ok("environ_get", 64, 128)
        assert guest.written() == {64: struct.pack("<II", 128, 132), 128: b"A=1\0B=\0"}
        guest.ok("environ_sizes_get", 64, 128)
        assert (guest.u32(64), guest.u32(128)) == (2, 7)


def test_nothing_is_passed_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "1")
    with Guest() as guest:
        guest.ok("environ_sizes_get", 64, 128)
        assert (guest.u32(64), guest.u32(128)) == (0, 0)


def test_bad_addresses() -> None:
    with Guest(WasiConfig(env={"A": "1"})) as guest:
        size = len(guest.memory)
        for pointers, buffer in ((size - 3, 64), (64, size - 3), (0xFFFFFFFF, 64)):
            assert guest.fails("environ_get", pointers, buffer) == "EFAULT"
            assert guest.fails("environ_sizes_get", pointers, buffer) == "EFAULT"


@pytest.mark.parametrize("env", [{"": "1"}, {"A=B": "1"}, {"A": "\0"}, {"A\0": "1"}])
def test_what_cannot_be_a_variable(env: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"variable"):
        WasiConfig(env=env)
