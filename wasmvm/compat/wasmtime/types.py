"""Types: values, functions, globals, tables, memories, imports and exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from wasmvm import types
from wasmvm.compat.wasmtime.error import WasmtimeError
from wasmvm.compat.wasmtime.managed import Managed


class ValType(Managed[int]):
    """The type of a value; the class methods with the types' names make it."""

    def __init__(self) -> None:
        raise WasmtimeError("cannot construct directly")

    @classmethod
    def i32(cls) -> ValType:
        return ValType._of(types.I32)

    @classmethod
    def i64(cls) -> ValType:
        return ValType._of(types.I64)

    @classmethod
    def f32(cls) -> ValType:
        return ValType._of(types.F32)

    @classmethod
    def f64(cls) -> ValType:
        return ValType._of(types.F64)

    @classmethod
    def externref(cls) -> ValType:
        return ValType._of(types.EXTERNREF)

    @classmethod
    def funcref(cls) -> ValType:
        return ValType._of(types.FUNCREF)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ValType) and self.ptr() == other.ptr()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return "anyref" if self.ptr() == types.EXTERNREF else types.valtype_text(self.ptr())


def _valtype(given: object) -> int:
    if not isinstance(given, ValType):
        raise TypeError("expected valtype")
    return given.ptr()


class FuncType(Managed[types.FuncType]):
    """Args: params, results: sequences of `ValType`."""

    def __init__(self, params: Sequence[ValType], results: Sequence[ValType]) -> None:
        if not all(isinstance(valtype, ValType) for valtype in (*params, *results)):
            raise TypeError("expected ValType")
        self._set_ptr(types.FuncType(tuple(t.ptr() for t in params), tuple(t.ptr() for t in results)))

    @property
    def params(self) -> list[ValType]:
        return [ValType._of(valtype) for valtype in self.ptr().params]

    @property
    def results(self) -> list[ValType]:
        return [ValType._of(valtype) for valtype in self.ptr().results]


class GlobalType(Managed[types.GlobalType]):
    """Args: valtype: a `ValType`. mutable: whether the value may change."""

    def __init__(self, valtype: ValType, mutable: bool) -> None:
        self._set_ptr(types.GlobalType(_valtype(valtype), bool(mutable)))

    @property
    def content(self) -> ValType:
        return ValType._of(self.ptr().valtype)

    @property
    def mutable(self) -> bool:
        return self.ptr().mutable


class Limits:
    """Args: min, max: sizes; `max` is None if there is none."""

    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __init__(self, min: int, max: int | None) -> None:
        self.min = min
        self.max = max

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limits) and (self.min, self.max) == (other.min, other.max)


def _limits(limits: Limits) -> types.Limits:
    if not isinstance(limits, Limits):
        raise TypeError("expected Limits")
    return types.Limits(limits.min, limits.max)


class TableType(Managed[types.TableType]):
    """Args: valtype: the type of the elements. limits: their number."""

    def __init__(self, valtype: ValType, limits: Limits) -> None:
        checked = _limits(limits)
        self._set_ptr(types.TableType(_valtype(valtype), checked))

    @property
    def element(self) -> ValType:
        return ValType._of(self.ptr().reftype)

    @property
    def limits(self) -> Limits:
        return Limits(*self.ptr().limits)


class MemoryType(Managed[types.MemoryType]):
    """Args: limits: in pages. is_64: whether addresses are i64. shared: between threads. page_size_log2: 16 or 0."""

    def __init__(self, limits: Limits, is_64: bool = False, shared: bool = False, page_size_log2: int = 16) -> None:
        low, high = _limits(limits)
        maximum = 1 << (64 if is_64 else 32)
        if low >= maximum:
            raise WasmtimeError("minimum size too large")
        if high and high >= maximum:
            raise WasmtimeError("maximum size too large")
        if page_size_log2 not in (0, 16):
            raise WasmtimeError(
                f"page size must be 2**16 or 2**0, but was given 2**{page_size_log2}; note that future Wasm extensions "
                "might allow any power of two page size, but only 2**16 and 2**0 are currently valid"
            )
        if shared and high is None:
            raise WasmtimeError("shared memories must have a maximum size")
        if high is not None and high < low:
            raise WasmtimeError("maximum page size cannot be smaller than the minimum page size")
        pages = 1 << (64 if is_64 else 32) - page_size_log2
        if is_64 and low >= pages:
            cause = "\n\nCaused by:\n    size overflow calculating memory size\n"
            raise WasmtimeError(f"memory's minimum byte size must fit in a u64{cause}")
        if not is_64 and low > pages:
            raise WasmtimeError("minimum size is too large for this memory type's index type")
        if not is_64 and high is not None and high > pages:
            raise WasmtimeError("maximum size is too large for this memory type's index type")
        addrtype = types.I64 if is_64 else types.I32
        self._set_ptr(types.MemoryType(types.Limits(low, high), addrtype, 1 << page_size_log2, bool(shared)))

    @property
    def limits(self) -> Limits:
        return Limits(*self.ptr().limits)

    @property
    def is_64(self) -> bool:
        return self.ptr().addrtype == types.I64

    @property
    def is_shared(self) -> bool:
        return self.ptr().shared

    @property
    def page_size(self) -> int:
        return self.ptr().page_size

    @property
    def page_size_log2(self) -> int:
        return self.page_size.bit_length() - 1


class TagType(Managed[FuncType]):
    """Args: functype: the values that an exception carries; it is used up."""

    def __init__(self, functype: FuncType) -> None:
        if not isinstance(functype, FuncType):
            raise TypeError("expected a FuncType")
        self._set_ptr(FuncType._of(functype._consume()))

    @classmethod
    def _wrapped(cls, tagtype: types.TagType) -> TagType:
        return cls._of(FuncType._of(tagtype.functype))

    @property
    def functype(self) -> FuncType:
        return FuncType._of(self.ptr().ptr())


AsExternType = FuncType | TableType | MemoryType | GlobalType | TagType


def wrap_externtype(externtype: types.ExternType) -> AsExternType:
    """The class of this package for a type of wasmvm."""
    wrappers: dict[type, Any] = {
        types.FuncType: FuncType._of,
        types.TableType: TableType._of,
        types.MemoryType: MemoryType._of,
        types.GlobalType: GlobalType._of,
        types.TagType: TagType._wrapped,
    }
    return wrappers[type(externtype)](externtype)  # type: ignore[no-any-return]


class ImportType(Managed[Any]):
    """What a module asks for."""

    @property
    def module(self) -> str:
        return self.ptr().module  # type: ignore[no-any-return]

    @property
    def name(self) -> str | None:
        return self.ptr().name  # type: ignore[no-any-return]

    @property
    def type(self) -> AsExternType:
        return wrap_externtype(self.ptr().type)


class ExportType(Managed[Any]):
    """What a module offers."""

    @property
    def name(self) -> str:
        return self.ptr().name  # type: ignore[no-any-return]

    @property
    def type(self) -> AsExternType:
        return wrap_externtype(self.ptr().type)
