"""pwasm's types: value types as strings, and what a module is made of."""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from typing import Any

from wasmvm import syntax, types
from wasmvm.compat.pwasm.contents import data_of, decode_body, element_of, expr_at, functions_of
from wasmvm.compat.pwasm.records import *  # noqa: F403 - pwasm has all of these here
from wasmvm.compat.pwasm.records import (
    Data,
    Element,
    Export,
    FuncType,
    Global,
    GlobalType,
    Import,
    Instruction,
    Limits,
    Memory,
    Table,
    ValType,
    import_of,
    table_fields,
)
from wasmvm.compiled import CompiledModule


class Function:
    """A function of a module: the index of its type, its locals, the bytes of its code.

    `body` is the list of its instructions, read when it is first asked for.
    """

    __slots__ = ("_body", "code", "locals", "type_idx")

    def __init__(
        self,
        type_idx: int,
        locals: tuple[ValType, ...],
        body: list[Instruction] | None = None,
        *,
        code: bytes | None = None,
    ) -> None:
        self.type_idx = type_idx
        self.locals = locals
        self.code = code
        self._body = body

    @property
    def body(self) -> list[Instruction]:
        if self._body is None:
            self._body = decode_body(self.code or b"")
        return self._body

    def __repr__(self) -> str:
        return f"Function(type_idx={self.type_idx}, locals={self.locals!r})"


class Module:
    """A module, as lists of what it holds.

    Only one that `decode_module` gave can be instantiated; its lists are made when they are asked for.
    """

    _compiled: CompiledModule | None = None
    digest: str | None = None

    _FIELDS = ("types", "funcs", "tables", "mems", "globals", "exports", "imports", "start", "elem", "data")

    def __init__(self) -> None:
        self._syntax = syntax.Module(b"")

    @classmethod
    def _of(cls, compiled: CompiledModule) -> Module:
        made = cls()
        made._compiled = compiled
        made._syntax = compiled.syntax
        made.digest = sha256(made._syntax.source).hexdigest()
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Module):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._FIELDS)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Module({', '.join(f'{name}={getattr(self, name)!r}' for name in self._FIELDS)})"

    @cached_property
    def types(self) -> list[Any]:
        return [FuncType._of(t) if isinstance(t, types.FuncType) else t for t in self._syntax.types]

    @cached_property
    def funcs(self) -> list[Function]:
        return [Function(idx, locals_, code=code) for idx, locals_, code in functions_of(self._syntax)]

    @cached_property
    def tables(self) -> list[Table]:
        return [Table(*table_fields(table.type)) for table in self._syntax.tables]

    @cached_property
    def mems(self) -> list[Memory]:
        return [Memory(Limits._of(memory.type.limits)) for memory in self._syntax.mems]

    @cached_property
    def globals(self) -> list[Global]:
        found = self._syntax
        return [Global(GlobalType._of(g.type), expr_at(found.source, g.init)) for g in found.globals]

    @cached_property
    def exports(self) -> list[Export]:
        return [Export(e.name, types.EXTERN_KINDS[e.kind], e.index) for e in self._syntax.exports]

    @cached_property
    def imports(self) -> list[Import]:
        return [import_of(import_) for import_ in self._syntax.imports]

    @cached_property
    def start(self) -> int | None:
        return self._syntax.start

    @cached_property
    def elem(self) -> list[Element]:
        return [element_of(self._syntax.source, elem) for elem in self._syntax.elems]

    @cached_property
    def data(self) -> list[Data]:
        return [data_of(self._syntax.source, data) for data in self._syntax.datas]
