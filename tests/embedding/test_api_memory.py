"""Memories from Python: views, reads and writes, typed access."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import wasmvm


@pytest.fixture
def memory() -> wasmvm.Memory:
    return wasmvm.Memory(wasmvm.Store(), wasmvm.MemoryType(wasmvm.Limits(1, 3)))


def test_views_stay_valid_when_it_grows(memory: wasmvm.Memory) -> None:
    array, view = memory.array, memoryview(memory)
    assert memory.grow(1) == 1
    array[10] = 99
    assert view[10] == memory.load_u8(10) == memory.array[10] == 99
    assert (len(array), len(memory), memory.array.nbytes) == (65536, 131072, 131072)
    assert np.frombuffer(memory, np.uint16)[5] == 99


def test_reads_and_writes_raise_instead_of_clamping(memory: wasmvm.Memory) -> None:
    memory.write(65530, b"abcdef")
    assert memory.read(65530, 6) == b"abcdef"
    for wrong in (lambda: memory.read(65530, 7), lambda: memory.read(-1, 1), lambda: memory.write(65535, b"ab")):
        with pytest.raises(IndexError):
            wrong()
    assert memory.read(65535, 1) == b"f"


@pytest.mark.parametrize(
    ("name", "value", "width"),
    [("i8", -5, 1), ("u8", 250, 1), ("i16", -3, 2), ("u16", 65000, 2), ("i32", -(2**31), 4), ("u32", 2**32 - 1, 4),
     ("i64", -(2**63), 8), ("u64", 2**64 - 1, 8), ("f32", 0.5, 4), ("f64", 0.1, 8)],
)  # fmt: skip
def test_typed_access(memory: wasmvm.Memory, name: str, value: float, width: int) -> None:
    store: Callable[[int, float], None] = getattr(memory, f"store_{name}")
    load: Callable[[int], float] = getattr(memory, f"load_{name}")
    store(65536 - width, value)
    assert load(65536 - width) == value
    for wrong in (65537 - width, -1, 2**70):
        with pytest.raises(IndexError):
            load(wrong)
        with pytest.raises(IndexError):
            store(wrong, value)


def test_typed_access_is_little_endian_and_wraps(memory: wasmvm.Memory) -> None:
    memory.store_u32(1, 0x1_0403_0201)
    assert memory.read(1, 4) == b"\1\2\3\4"
    with pytest.raises(TypeError):
        memory.store_u8(0, 1.5)


def test_c_strings(memory: wasmvm.Memory) -> None:
    memory.write_cstring(5, "grüße")
    assert memory.read_cstring(5).decode() == "grüße"
    assert memory.read_cstring(100) == b""
    memory.array[:] = 65
    with pytest.raises(IndexError, match="ends before"):
        memory.read_cstring(65000)
    with pytest.raises(ValueError, match="no zero byte within 10"):
        memory.read_cstring(0, 10)
    with pytest.raises(IndexError):
        memory.write_cstring(65535, b"x")
