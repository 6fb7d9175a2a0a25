"""Values that Python hands over: numbers, buffers and references that are plain, wrong, or that do something when asked."""

from __future__ import annotations

import array
import ctypes
import struct
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

Mischief = Callable[[], None]

NUMPY_INTEGERS = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64)
EDGES = (0, 1, 2, 3, 4, 7, 8, 15, 16, 40, 60, 63, 64, 255, 256, 1000, 65535, 65536, 65537, 131072, 0x7FFFFFFF, 0x80000000,
         0xFFFFFFF0, 0xFFFFFFFF, 1 << 32, (1 << 32) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 8, (1 << 64) - 1, 1 << 64,
         1 << 80, -1, -2, -8, -65536, -(1 << 31), -(1 << 63), -(1 << 63) - 1, -(1 << 70))  # fmt: skip


class Odd(Exception):
    """What odd objects and functions of the host raise."""


class Index:
    """Does something when it is asked for its number, which may be another one the next time."""

    def __init__(self, values: list[Any], mischief: Mischief) -> None:
        self.values = values
        self.mischief = mischief
        self.asked = 0

    def __index__(self) -> Any:
        self.asked += 1
        self.mischief()
        return self.values[self.asked % len(self.values)]


class Both(Index):
    def __float__(self) -> float:
        self.mischief()
        return float(self.asked)

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        self.mischief()
        return other is self

    def __len__(self) -> int:
        self.mischief()
        return 3


class Whole(int):
    """An int whose special methods lie."""

    def __index__(self) -> int:
        return 0xFFFFFFF0

    def __add__(self, other: object) -> int:
        return 0

    __radd__ = __sub__ = __rsub__ = __add__

    def __lt__(self, other: object) -> bool:
        return True

    __le__ = __lt__

    def __gt__(self, other: object) -> bool:
        return False

    __ge__ = __gt__


class Real(float):
    """A float whose special methods lie."""

    def __float__(self) -> float:
        return -1.0


class Fin:
    """Does something when it is freed."""

    mischief: Mischief = staticmethod(lambda: None)  # of a copy that is not complete yet

    def __init__(self, mischief: Mischief) -> None:
        self.mischief = mischief
        self.other: Any = None

    def __del__(self) -> None:
        self.mischief()


class Again(Fin):
    """A cycle that does something whenever Python's collector finds it, and there is another one, some times."""

    def __init__(self, mischief: Mischief, times: int) -> None:
        super().__init__(mischief)
        self.other = self
        self.times = times

    def __del__(self) -> None:
        self.mischief()
        if self.times:
            Again(self.mischief, self.times - 1)


def plain_integer(rng: Random, small: int | None = None) -> int:
    if small is not None and rng.random() < 0.75:
        return rng.randrange(small)
    return rng.choice(EDGES) + rng.choice((0, 0, 0, 1, -1))


def integer(rng: Random, mischief: Mischief, small: int | None = None) -> Any:
    """Something that stands for an integer, mostly below `small`, or does not."""
    value = plain_integer(rng, small)
    roll = rng.random()
    if roll < 0.5:
        return value
    if roll < 0.7:
        kind = rng.choice(NUMPY_INTEGERS)
        bits = np.dtype(kind).itemsize * 8
        value &= (1 << bits) - 1
        if np.dtype(kind).kind == "i":
            value -= value >> (bits - 1) << bits
        return kind(value) if rng.random() < 0.9 else np.array(value, dtype=kind)
    if roll < 0.85:
        values = [
            value,
            plain_integer(rng, small),
            *([rng.choice((None, "1", 2.5, True))] if rng.random() < 0.1 else []),
        ]
        return rng.choice((Index, Both))(values, mischief)
    return rng.choice((True, Whole(value), float(value % 1000), None, "5", b"5", 1 + 2j, np.float64(2), np.bool_(True),
                       ctypes.c_int(3), [1], (), Fin(mischief), Real(3)))  # fmt: skip


def number(rng: Random, mischief: Mischief) -> Any:
    """Something that stands for a float, or does not."""
    roll = rng.random()
    if roll < 0.5:
        return rng.choice((0.0, -0.0, 1.5, -1e300, float("nan"), float("inf"), 3, 1 << 70, 1 << 2000))
    if roll < 0.8:
        return rng.choice(
            (np.float32(1.5), np.float64(2.5), np.float16(1), np.longdouble(1), Real(2), np.int8(3), True)
        )
    return rng.choice((Both([1, 2], mischief), Index([1], mischief), None, "1.5", b"1", 1j, Fin(mischief)))


def buffer(rng: Random, size: int) -> Any:
    """Bytes in one of the forms that Python has for them."""
    data = rng.randbytes(size)
    roll = rng.randrange(14)
    if roll < 4:
        return data
    if roll == 4:
        return bytearray(data)
    if roll == 5:
        return memoryview(data)
    if roll == 6:
        return array.array("I", data[: size // 4 * 4])
    if roll == 7:
        return np.frombuffer(data, dtype=np.uint8)
    if roll == 8:
        return np.frombuffer(data + data, dtype=np.uint8)[::2]
    if roll == 9:
        return (ctypes.c_uint8 * size).from_buffer_copy(data)
    if roll == 10:
        return memoryview(bytearray(data))[::-1]
    if roll == 11:
        return np.zeros((2, size // 2 + 1), dtype=np.uint16).T
    return rng.choice(("text", None, 5, [1, 2], struct.Struct("i")))
