"""`WasmtimeError`, and how wasmvm's own exceptions become the ones that users of wasmtime expect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wasmvm import errors
from wasmvm.compat.wasmtime.managed import Managed
from wasmvm.compat.wasmtime.trap import Trap, with_backtrace
from wasmvm.quoting import escaped
from wasmvm.types import I64, valtype_text


class WasmtimeError(Exception, Managed[str]):
    """Everything that goes wrong, except a `Trap`."""

    def __init__(self, message: str) -> None:
        self._message = message
        self._set_ptr(message)

    def __str__(self) -> str:
        return self._message


class ExitTrap(WasmtimeError):
    """The guest called WASI's ``proc_exit``; raised for every code, also for 0."""

    code: int


def raised(error: errors.WasmError) -> Exception:
    """The exception to raise for one of wasmvm's."""
    if isinstance(error, errors.ExitTrap):
        exit_trap = ExitTrap(with_backtrace(error.frames, [f"Exited with i32 exit status {error.exit_code}"]))
        exit_trap.code = error.exit_code
        return exit_trap
    if isinstance(error, errors.Trap):
        if error.code is None:  # made by this package: see `Linker.define_unknown_imports_as_traps`
            return WasmtimeError(with_backtrace(error.frames, [error.message]))
        return Trap._of_core(error)
    if isinstance(error, errors.WasmException):
        return Trap._thrown(error)
    if isinstance(error, errors.LinkError):
        return WasmtimeError(link_message(error))
    return WasmtimeError(str(error))


def link_message(error: errors.LinkError) -> str:
    """What is wrong with an import, in wasmtime's words."""
    if error.module is None:
        return error.message
    import_ = f"`{escaped(error.module)}::{escaped(str(error.name))}`"
    if error.actual is None:
        return f"unknown import: {import_} has not been defined"
    expected, actual = KIND_NAMES[type(error.expected)], KIND_NAMES.get(type(error.actual), "something else")
    if expected == actual == "tag":
        cause = "incompatible tag types"
    elif expected != actual:
        cause = f"expected {expected}, but found {actual}"
    else:
        cause = _difference(expected, error.expected, error.actual)
    return f"incompatible import type for {import_}\n\nCaused by:\n    {cause}\n"


def _difference(kind: str, expected: Any, actual: Any) -> str:
    """How two types of one kind differ."""
    wanted = found = ""
    if kind == "global" and expected.valtype != actual.valtype:
        wanted, found = (f"global of type `{valtype_text(t.valtype)}`" for t in (expected, actual))
    elif kind == "global":
        wanted, found = (f"{'mutable' if t.mutable else 'immutable'} global" for t in (expected, actual))
    elif kind == "table" and expected.reftype != actual.reftype:
        wanted, found = (f"table of type `{valtype_text(t.reftype)}`" for t in (expected, actual))
    elif kind in ("table", "memory") and expected.addrtype != actual.addrtype:
        wanted, found = (f"{64 if t.addrtype == I64 else 32}-bit {kind}" for t in (expected, actual))
    elif kind in ("table", "memory"):
        texts = [
            f"(min: {low}, max: {'none' if high is None else high})" for low, high in (expected.limits, actual.limits)
        ]
        return (
            f"{kind} types incompatible: expected {kind} limits {texts[0]} "
            f"doesn't match provided {kind} limits {texts[1]}"
        )
    if wanted:
        return f"{kind} types incompatible: expected {wanted}, found {found}"
    return f"types incompatible: expected type `{expected}`, found type `{actual}`"


def _kind_names() -> dict[type, str]:
    from wasmvm.types import FuncType, GlobalType, MemoryType, TableType, TagType

    return {FuncType: "func", GlobalType: "global", MemoryType: "memory", TableType: "table", TagType: "tag"}


KIND_NAMES = _kind_names()


@contextmanager
def translated() -> Iterator[None]:
    """Raise wasmvm's exceptions as those of this package."""
    try:
        yield
    except errors.WasmError as error:
        raise raised(error) from None
    except MemoryError as error:
        raise WasmtimeError(str(error)) from None
