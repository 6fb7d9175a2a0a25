"""``random_get``."""

from __future__ import annotations

import pytest

from tests.wasi.guest import GUARD, Guest
from wasmvm.wasi import WasiConfig


def test_fills_the_range_and_nothing_else() -> None:
    with Guest() as guest:
        guest.ok("random_get", 100, 1000)
        assert len(set(guest.memory[100:1100])) > 100
        assert set(guest.memory[:100]) | set(guest.memory[1100:]) == {GUARD}


def test_two_calls_differ() -> None:
    with Guest() as guest:
        guest.ok("random_get", 0, 64)
        first = bytes(guest.memory[:64])
        guest.ok("random_get", 0, 64)
        assert bytes(guest.memory[:64]) != first


@pytest.mark.parametrize("address", [0, 1 << 16])
def test_nothing(address: int) -> None:
    with Guest() as guest:
        guest.ok("random_get", address, 0)
        assert guest.written() == {}


@pytest.mark.parametrize(("address", "size"), [(0, (1 << 16) + 1), (1, 1 << 16), (0, 0xFFFFFFFF), (0xFFFFFFFF, 1)])
def test_a_size_that_memory_does_not_have_asks_nothing_of_the_host(address: int, size: int) -> None:
    asked: list[int] = []

    def source(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    with Guest(WasiConfig(random=source)) as guest:
        assert guest.fails("random_get", address, size) == "EFAULT"
    assert asked == []


def test_the_host_never_makes_as_much_at_once_as_a_guest_asks_for() -> None:
    asked: list[int] = []

    def source(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    with Guest(WasiConfig(random=source), size=1 << 20) as guest:
        guest.ok("random_get", 0, (1 << 20) - 3)
    assert sum(asked) == (1 << 20) - 3
    assert max(asked) <= 1 << 16


def test_a_seed_gives_the_same_bytes_in_every_run() -> None:
    def draw(seed: int) -> bytes:
        with Guest(WasiConfig(deterministic=seed)) as guest:
            guest.ok("random_get", 0, 256)
            return bytes(guest.memory[:256])

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
