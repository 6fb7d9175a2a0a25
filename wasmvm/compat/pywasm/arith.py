"""pywasm's arithmetic by type, on Python numbers; `wasmvm.numeric` says what the operators mean."""

from __future__ import annotations

import struct
from typing import Any

from wasmvm.errors import Trap
from wasmvm.numeric import F32_FORMAT, F64_FORMAT, FLOAT, INTEGER, FloatFormat, signed


class _Integer:
    """Integers of `byte_length` bytes, as Python integers between `min` and `max`."""

    _signed = False
    max: int
    min: int

    def __init__(self, blen: int) -> None:
        self.bits_length = blen * 8
        self.byte_length = blen
        self.mask = (1 << self.bits_length) - 1
        self.mask_sign = 1 << (self.bits_length - 1)

    def from_bytearray(self, data: Any) -> int:
        assert len(data) == self.byte_length
        return int.from_bytes(data, "little", signed=self._signed)

    def into_bytearray(self, n: int) -> bytearray:
        """OverflowError if the type cannot hold it."""
        return bytearray(n.to_bytes(self.byte_length, "little", signed=self._signed))

    def fit(self, n: int) -> int:
        """Wrapped into the type's range."""
        return signed(n & self.mask, self.bits_length) if self._signed else n & self.mask

    def sat(self, n: int) -> int:
        """The nearest number in the type's range."""
        return max(min(n, self.max), self.min)

    def add(self, a: int, b: int) -> int:
        return self.fit(a + b)

    def add_sat(self, a: int, b: int) -> int:
        return self.sat(a + b)

    def sub(self, a: int, b: int) -> int:
        return self.fit(a - b)

    def sub_sat(self, a: int, b: int) -> int:
        return self.sat(a - b)

    def mul(self, a: int, b: int) -> int:
        return self.fit(a * b)

    def _operate(self, operator: str, *operands: int) -> int:
        try:
            return self.fit(INTEGER[operator](self.bits_length, *(n & self.mask for n in operands)))
        except Trap as trap:
            error = ZeroDivisionError if trap.code == "integer_division_by_zero" else AssertionError
            raise error(trap.message) from None

    def div(self, a: int, b: int) -> int:
        return self._operate("div_s" if self._signed else "div_u", a, b)

    def rem(self, a: int, b: int) -> int:
        return self._operate("rem_s" if self._signed else "rem_u", a, b)

    def shl(self, a: int, b: int) -> int:
        return self._operate("shl", a, b)

    def shr(self, a: int, b: int) -> int:
        return self._operate("shr_s" if self._signed else "shr_u", a, b)


class I(_Integer):  # noqa: E742  # pywasm's name
    """Signed integers."""

    _signed = True

    def __init__(self, blen: int) -> None:
        super().__init__(blen)
        self.max = (1 << (self.bits_length - 1)) - 1
        self.min = -1 << (self.bits_length - 1)


class U(_Integer):
    """Unsigned integers."""

    def __init__(self, blen: int) -> None:
        super().__init__(blen)
        self.max = self.mask
        self.min = 0

    def rotl(self, a: int, b: int) -> int:
        return self._operate("rotl", a, b)

    def rotr(self, a: int, b: int) -> int:
        return self._operate("rotr", a, b)

    def clz(self, a: int) -> int:
        return self._operate("clz", a)

    def ctz(self, a: int) -> int:
        return self._operate("ctz", a)

    def popcnt(self, a: int) -> int:
        return self._operate("popcnt", a)


class _Float:
    _format: FloatFormat
    _struct: struct.Struct
    _bits: struct.Struct

    def from_bytearray(self, data: Any) -> float:
        assert len(data) == self._struct.size
        return float(self._struct.unpack(data)[0])

    def into_bytearray(self, n: float) -> bytearray:
        return bytearray(self._struct.pack(self.fit(n)))

    def fit(self, n: float) -> float:
        """Rounded to the type."""
        return n

    def _operate(self, operator: str, *operands: float) -> float:
        bits = [self._bits.unpack(self._struct.pack(self.fit(n)))[0] for n in operands]
        return float(self._struct.unpack(self._bits.pack(FLOAT[operator](self._format, *bits)))[0])

    def div(self, a: float, b: float) -> float:
        return self._operate("div", a, b)

    def min(self, a: float, b: float) -> float:
        return self._operate("min", a, b)

    def max(self, a: float, b: float) -> float:
        return self._operate("max", a, b)


class F32(_Float):
    """Floats of 32 bits."""

    _format = F32_FORMAT
    _struct = struct.Struct("<f")
    _bits = struct.Struct("<I")

    def fit(self, n: float) -> float:
        """Rounded to the type."""
        from ctypes import c_float

        return c_float(n).value


class F64(_Float):
    """Floats of 64 bits."""

    _format = F64_FORMAT
    _struct = struct.Struct("<d")
    _bits = struct.Struct("<Q")


i8 = I(1)
u8 = U(1)
i16 = I(2)
u16 = U(2)
i32 = I(4)
i64 = I(8)
u32 = U(4)
u64 = U(8)
f32 = F32()
f64 = F64()
