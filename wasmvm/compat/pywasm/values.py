"""pywasm's value types and values."""

from __future__ import annotations

from typing import Any

from wasmvm import types
from wasmvm.compat.pywasm import arith

NAMES = {**types.VALTYPE_NAMES, types.FUNCREF: "ref.func", types.EXTERNREF: "ref.extern"}


class ValType:
    """A value type, as its byte of the binary format."""

    def __init__(self, data: int) -> None:
        assert data in (*types.NUMTYPES, types.V128, types.FUNCREF, types.EXTERNREF)
        self.data = data

    def __eq__(self, value: object) -> bool:
        assert isinstance(value, self.__class__)
        return self.data == value.data

    def __hash__(self) -> int:
        return hash(self.data)

    def __repr__(self) -> str:
        return NAMES[self.data]

    @classmethod
    def i32(cls) -> ValType:
        return cls(types.I32)

    @classmethod
    def i64(cls) -> ValType:
        return cls(types.I64)

    @classmethod
    def f32(cls) -> ValType:
        return cls(types.F32)

    @classmethod
    def f64(cls) -> ValType:
        return cls(types.F64)

    @classmethod
    def v128(cls) -> ValType:
        return cls(types.V128)

    @classmethod
    def ref_func(cls) -> ValType:
        return cls(types.FUNCREF)

    @classmethod
    def ref_extern(cls) -> ValType:
        return cls(types.EXTERNREF)

    @classmethod
    def from_reader(cls, r: Any) -> ValType:
        return cls(ord(r.read(1)))


_REFERENCE = 4
"""The byte of a value that says that a reference is not null; its number is in the four bytes before."""


class ValInst:
    """A value: its type, and 16 bytes that begin with it. A reference is a number of 32 bits, or null."""

    blen = 16

    def __init__(self, type: ValType, data: bytearray) -> None:
        assert len(data) == self.blen
        self.type = type
        self.data = data

    def __eq__(self, value: object) -> bool:
        assert isinstance(value, self.__class__)
        return self.type == value.type and self.data == value.data

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self.type.data == types.V128:
            return f"{self.type} {self.into_v128().hex()}"
        if types.is_reftype(self.type.data) and not self.data[_REFERENCE]:
            return f"{self.type} null"
        return f"{self.type} {self.into_all()}"

    @classmethod
    def _of(cls, type: ValType, data: bytes | bytearray) -> ValInst:
        return cls(type, bytearray(data) + bytearray(cls.blen - len(data)))

    @classmethod
    def from_bits(cls, type: ValType, bits: int) -> ValInst:
        """A value from wasmvm's own: a number or vector from its bits."""
        return cls(type, bytearray(bits.to_bytes(cls.blen, "little")))

    @classmethod
    def from_i32(cls, n: int) -> ValInst:
        return cls._of(ValType.i32(), arith.i32.into_bytearray(n))

    @classmethod
    def from_i64(cls, n: int) -> ValInst:
        return cls._of(ValType.i64(), arith.i64.into_bytearray(n))

    @classmethod
    def from_u32(cls, n: int) -> ValInst:
        return cls._of(ValType.i32(), arith.u32.into_bytearray(n))

    @classmethod
    def from_u64(cls, n: int) -> ValInst:
        return cls._of(ValType.i64(), arith.u64.into_bytearray(n))

    @classmethod
    def from_f32(cls, n: float) -> ValInst:
        return cls._of(ValType.f32(), arith.f32.into_bytearray(n))

    @classmethod
    def from_f32_u32(cls, n: int) -> ValInst:
        return cls._of(ValType.f32(), arith.u32.into_bytearray(n))

    @classmethod
    def from_f64(cls, n: float) -> ValInst:
        return cls._of(ValType.f64(), arith.f64.into_bytearray(n))

    @classmethod
    def from_f64_u64(cls, n: int) -> ValInst:
        return cls._of(ValType.f64(), arith.u64.into_bytearray(n))

    @classmethod
    def from_v128(cls, n: Any) -> ValInst:
        assert len(n) == 16
        return cls._of(ValType.v128(), n)

    @classmethod
    def from_ref(cls, type: ValType, n: int) -> ValInst:
        return cls._of(type, arith.i32.into_bytearray(n) + b"\1")

    @classmethod
    def from_all(cls, type: ValType, n: Any) -> ValInst:
        """From the Python value for that type; OverflowError for an integer out of its signed range."""
        if types.is_reftype(type.data):
            return cls.from_ref(type, n)
        return _MAKERS[type.data](cls, n)  # type: ignore[no-any-return]

    def into_i32(self) -> int:
        return arith.i32.from_bytearray(self.data[:4])

    def into_i64(self) -> int:
        return arith.i64.from_bytearray(self.data[:8])

    def into_u32(self) -> int:
        return arith.u32.from_bytearray(self.data[:4])

    def into_u64(self) -> int:
        return arith.u64.from_bytearray(self.data[:8])

    def into_f32(self) -> float:
        return arith.f32.from_bytearray(self.data[:4])

    def into_f64(self) -> float:
        return arith.f64.from_bytearray(self.data[:8])

    def into_v128(self) -> bytearray:
        return self.data[:16]

    def into_ref(self) -> int:
        """The number of a reference; AssertionError for null."""
        assert self.data[_REFERENCE] == 1
        return self.into_i32()

    def into_all(self) -> Any:
        """The Python value."""
        return _GETTERS[self.type.data](self)

    @classmethod
    def zero(cls, type: ValType) -> ValInst:
        """Zero, or null."""
        return cls._of(type, b"")


_MAKERS: dict[int, Any] = {
    types.I32: lambda cls, n: cls.from_i32(n),
    types.I64: lambda cls, n: cls.from_i64(n),
    types.F32: lambda cls, n: cls.from_f32(n),
    types.F64: lambda cls, n: cls.from_f64(n),
    types.V128: lambda cls, n: cls.from_v128(n),
}
_GETTERS: dict[int, Any] = {
    types.I32: ValInst.into_i32,
    types.I64: ValInst.into_i64,
    types.F32: ValInst.into_f32,
    types.F64: ValInst.into_f64,
    types.V128: ValInst.into_v128,
    types.FUNCREF: ValInst.into_ref,
    types.EXTERNREF: ValInst.into_ref,
}


def _add_lanes(shape: str, size: int, kind: Any) -> None:
    """``from_v128_<shape>`` and ``into_v128_<shape>``: a vector as the list of its lanes."""

    def from_lanes(cls: type[ValInst], n: list[Any]) -> ValInst:
        assert len(n) == 16 // size
        return cls._of(ValType.v128(), b"".join(kind.into_bytearray(lane) for lane in n))

    def into_lanes(self: ValInst) -> list[Any]:
        return [kind.from_bytearray(self.data[at : at + size]) for at in range(0, 16, size)]

    setattr(ValInst, f"from_v128_{shape}", classmethod(from_lanes))
    setattr(ValInst, f"into_v128_{shape}", into_lanes)


for _shape in ("i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"):
    _add_lanes(_shape, int(_shape[1:]) // 8, getattr(arith, _shape))
