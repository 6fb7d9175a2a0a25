"""`WasmtimeError`, and how wasmvm's own exceptions become the ones that users of wasmtime expect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wasmvm import errors
from wasmvm.compat.wasmtime.managed import Managed
from wasmvm.types import I64, valtype_text


class WasmtimeError(Exception, Managed[str]):
    """Everything that goes wrong and is no `Trap`."""

    def __init__(self, message: str) -> None:
        self._message = message
        self._set_ptr(message)

    def __str__(self) -> str:
        return self._message


class ExitTrap(WasmtimeError):
    """The guest called WASI's ``proc_exit``; raised for every code, 0 too."""

    code: int


def raised(error: errors.WasmError) -> Exception:
    """The exception to raise for one of wasmvm's."""
    from wasmvm.compat.wasmtime.trap import Trap, with_backtrace

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
    import_ = f"`{error.module}::{error.name}`"
    if error.actual is None:
        return f"unknown import: {import_} has not been defined"
    expected, actual = KIND_NAMES[type(error.expected)], KIND_NAMES.get(type(error.actual), "something else")
    if expected == actual == "tag":
        cause = "incompatible tag types"
    elif expected != actual:
        cause = f"expected {expected}, but found {actual}"
    elif actual in ("memory", "table"):
        cause = f"{actual} types incompatible: {mismatch(actual, error.expected, error.actual)}"
    else:
        cause = f"types incompatible: expected type `{error.expected}`, found type `{error.actual}`"
    return f"incompatible import type for {import_}\n\nCaused by:\n    {cause}\n"


def mismatch(kind: str, expected: Any, actual: Any) -> str:
    """In what memory types or table types differ."""
    if kind == "table" and expected.reftype != actual.reftype:
        types = (valtype_text(type_.reftype) for type_ in (expected, actual))
        return "expected table of type `{}`, found table of type `{}`".format(*types)
    if expected.addrtype != actual.addrtype:
        bits = (64 if type_.addrtype == I64 else 32 for type_ in (expected, actual))
        return "expected {}-bit {kind}, found {}-bit {kind}".format(*bits, kind=kind)
    found = []
    for limits in (expected.limits, actual.limits):
        found.append(f"{kind} limits (min: {limits.min}, max: {'none' if limits.max is None else limits.max})")
    return "expected {} doesn't match provided {}".format(*found)


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
