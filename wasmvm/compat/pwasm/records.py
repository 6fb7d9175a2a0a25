"""pwasm's records: value types as strings, types, instructions, and the parts of modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wasmvm import syntax, types

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
