"""pwasm's types: value types as strings, and what a module is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wasmvm import syntax, types

if TYPE_CHECKING:
    from wasmvm.compiled import CompiledModule

VALTYPE_ENCODING = {t: types.VALTYPE_NAMES[t] for t in (*types.NUMTYPES, types.FUNCREF, types.EXTERNREF)}
VALTYPE_TO_BYTE = {name: valtype for valtype, name in VALTYPE_ENCODING.items()}
VALTYPE_I32 = "i32"
VALTYPE_I64 = "i64"
VALTYPE_F32 = "f32"
VALTYPE_F64 = "f64"
VALTYPE_FUNCREF = "funcref"
VALTYPE_EXTERNREF = "externref"
ValType = str

EXPORT_FUNC, EXPORT_TABLE, EXPORT_MEMORY, EXPORT_GLOBAL = types.EXTERN_KINDS[:4]
EXPORT_KIND_ENCODING = dict(enumerate(types.EXTERN_KINDS[:4]))


@dataclass(frozen=True)
class FuncType:
    """Value types of parameters and results."""

    params: tuple[ValType, ...]
    results: tuple[ValType, ...]

    def __repr__(self) -> str:
        return f"({', '.join(self.params)}) -> ({', '.join(self.results)})"

    @classmethod
    def _of(cls, functype: types.FuncType) -> FuncType:
        text = types.valtype_text
        return cls(tuple(map(text, functype.params)), tuple(map(text, functype.results)))

    @property
    def _core(self) -> types.FuncType:
        valtypes = types.VALTYPES
        return types.FuncType(tuple(valtypes[t] for t in self.params), tuple(valtypes[t] for t in self.results))


@dataclass(frozen=True)
class Limits:
    """Of a memory in pages, of a table in elements."""

    min: int
    max: int | None = None

    @classmethod
    def _of(cls, limits: types.Limits) -> Limits:
        return cls(limits.min, limits.max)


@dataclass(frozen=True)
class MemoryType:
    """A memory type."""

    limits: Limits


@dataclass(frozen=True)
class TableType:
    """A table type."""

    element_type: ValType
    limits: Limits


@dataclass(frozen=True)
class GlobalType:
    """A global type."""

    valtype: ValType
    mutable: bool

    @classmethod
    def _of(cls, type: types.GlobalType) -> GlobalType:
        return cls(types.valtype_text(type.valtype), type.mutable)

    @property
    def _core(self) -> types.GlobalType:
        return types.GlobalType(types.VALTYPES[self.valtype], self.mutable)


@dataclass(frozen=True)
class Instruction:
    """An instruction: its mnemonic, and its immediates or None."""

    opcode: str
    operand: Any = None

    def __repr__(self) -> str:
        return self.opcode if self.operand is None else f"{self.opcode} {self.operand}"


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
            from wasmvm.compat.pwasm.decoder import decode_body

            self._body = decode_body(self.code or b"")
        return self._body

    def __repr__(self) -> str:
        return f"Function(type_idx={self.type_idx}, locals={self.locals!r})"


@dataclass
class Export:
    """An export: its name, its kind, its index among that kind."""

    name: str
    kind: str
    index: int


@dataclass
class Import:
    """An import; `desc` is the index of a function's type, or the type of something else."""

    module: str
    name: str
    kind: str
    desc: Any


@dataclass
class Memory:
    """A memory of a module."""

    limits: Limits


@dataclass
class Table:
    """A table of a module."""

    element_type: ValType
    limits: Limits


@dataclass
class Global:
    """A global of a module; `init` are the instructions of its constant expression."""

    type: GlobalType
    init: list[Instruction]


@dataclass
class Element:
    """An element segment; `init` are indices of functions, or constant expressions."""

    table_idx: int
    offset: list[Instruction]
    init: list[Any]
    mode: str = "active"
    elem_type: ValType = "funcref"


@dataclass
class Data:
    """A data segment; `memory_idx` is -1 for a passive one."""

    memory_idx: int
    offset: list[Instruction]
    init: bytes


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
        from hashlib import sha256

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
        from wasmvm.compat.pwasm.decoder import functions_of

        return functions_of(self._syntax)

    @cached_property
    def tables(self) -> list[Table]:
        return [Table(*table_fields(table.type)) for table in self._syntax.tables]

    @cached_property
    def mems(self) -> list[Memory]:
        return [Memory(Limits._of(memory.type.limits)) for memory in self._syntax.mems]

    @cached_property
    def globals(self) -> list[Global]:
        from wasmvm.compat.pwasm.decoder import expr_at

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
        from wasmvm.compat.pwasm.decoder import element_of

        return [element_of(self._syntax.source, elem) for elem in self._syntax.elems]

    @cached_property
    def data(self) -> list[Data]:
        from wasmvm.compat.pwasm.decoder import data_of

        return [data_of(self._syntax.source, data) for data in self._syntax.datas]


def table_fields(type: types.TableType) -> tuple[str, Limits]:
    """A table type in two parts."""
    return types.valtype_text(type.reftype), Limits._of(type.limits)


def import_of(import_: syntax.Import) -> Import:
    """An import as pwasm has it."""
    desc = import_.desc
    if import_.kind == types.TABLE:
        desc = table_fields(desc)
    elif import_.kind == types.MEMORY:
        desc = Limits._of(desc.limits)
    elif import_.kind == types.GLOBAL:
        desc = GlobalType._of(desc)
    return Import(import_.module, import_.name, types.EXTERN_KINDS[import_.kind], desc)
