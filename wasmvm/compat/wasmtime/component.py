"""The names of ``wasmtime.component``, so that programs can be imported that use components only in part.

wasmvm runs core modules only: making an object of one of these classes, or calling one of their methods, says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from wasmvm.compat.wasmtime.error import WasmtimeError

__all__ = """
    Bool BorrowType Char Component ComponentInstanceType ComponentItem ComponentType EnumType ErrorContext ExportIndex
    F32 F64 FlagsType Func FuncType FutureType Instance Linker LinkerInstance ListType ModuleType OptionType OwnType
    Record RecordType ResourceAny ResourceHost ResourceType ResultType S16 S32 S64 S8 StreamType String TupleType
    U16 U32 U64 U8 ValType Variant VariantType
""".split()


class _Absent(type):
    """The class of these classes."""

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise WasmtimeError(f"component.{cls.__name__} belongs to the component model; wasmvm runs core modules only")

    def __getattr__(cls, name: str) -> Callable[..., NoReturn]:
        if name.startswith("_"):
            raise AttributeError(name)
        return cls


def __getattr__(name: str) -> type:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = globals()[name] = _Absent(name, (), {"__module__": __name__})
    return made
