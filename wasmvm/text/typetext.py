"""Types as text (spec "Text Format: Types"), with the identifiers of the types and fields that have names."""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.syntax import Module
from wasmvm.text.identifiers import Space
from wasmvm.types import (
    CONCRETE,
    I64,
    PAGE_SIZE,
    ArrayType,
    CompType,
    ExternType,
    FieldType,
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    StructType,
    TableType,
    TagType,
    heaptype_of,
    heaptype_text,
    is_exact,
    is_nullable,
    typeidx_of,
    valtype_text,
)


class TypeTexts:
    """Prints the types of one module.

    Attributes:
        bound_fields: names of fields that `definitions` has used, by typeidx and fieldidx.
    """

    def __init__(self, module: Module, space: Space, field_names: dict[int, dict[int, str]]) -> None:
        self.module = module
        self.bound_fields: dict[int, dict[int, str]] = {}
        self._space = space
        self._fields: dict[int, Space] = {}
        for typeidx, names in field_names.items():
            comptype = module.types[typeidx] if typeidx < len(module.types) else None
            if isinstance(comptype, StructType):
                self._fields[typeidx] = fields = Space(names, len(comptype.fields))
                if fields.names:
                    self.bound_fields[typeidx] = fields.names

    def heaptype(self, heaptype: int) -> str:
        """A heap type, which is given as the nullable reference to it."""
        if heaptype < CONCRETE:
            return heaptype_text(heaptype)
        name = self._space.ref(typeidx_of(heaptype))
        return f"(exact {name})" if is_exact(heaptype) else name

    def valtype(self, valtype: int) -> str:
        if valtype < CONCRETE:
            return valtype_text(valtype)
        return f"(ref {'null ' if is_nullable(valtype) else ''}{self.heaptype(heaptype_of(valtype))})"

    def typed(self, keyword: str, types: tuple[int, ...]) -> str:
        """``(param ...)`` or ``(result ...)`` with a space before it, or nothing where there are none."""
        return f" ({keyword} {' '.join(map(self.valtype, types))})" if types else ""

    def bindings(self, keyword: str, types: list[int], first: int, names: Space) -> str:
        """``(param ...)`` or ``(local ...)`` fields for values numbered from `first` on; a named one has its own."""
        return _runs(keyword, map(self.valtype, types), first, names)

    def functype(self, typeidx: int) -> FuncType | None:
        """The type with this index, if there is one and it is a function type."""
        comptype = self.module.types[typeidx] if typeidx < len(self.module.types) else None
        return comptype if isinstance(comptype, FuncType) else None

    def typeuse(self, typeidx: int) -> str:
        """``(type x)`` and what that type is."""
        found = f"(type {self._space.ref(typeidx)})"
        functype = self.functype(typeidx)
        return found + self._signature(functype) if functype else found

    def _signature(self, functype: FuncType) -> str:
        return self.typed("param", functype.params) + self.typed("result", functype.results)

    def fieldidx(self, typeidx: int, fieldidx: int) -> str:
        """How an instruction names a field."""
        fields = self._fields.get(typeidx)
        return fields.ref(fieldidx) if fields else str(fieldidx)

    # Definitions

    def definitions(self) -> Iterator[str]:
        """The lines that define the types."""
        typeidx = 0
        for start, count in self.module.rectypes:
            for single in range(typeidx, start):
                yield f"  {self._definition(single)}"
            yield "  (rec"
            for typeidx in range(start, start + count):
                yield f"    {self._definition(typeidx)}"
            yield "  )"
            typeidx = start + count
        for single in range(typeidx, len(self.module.types)):
            yield f"  {self._definition(single)}"

    def _definition(self, typeidx: int) -> str:
        comptype = self._comptype(typeidx, self.module.types[typeidx])
        sub = self.module.subtypes.get(typeidx)
        if sub is not None and sub.descriptor is not None:
            comptype = f"(descriptor {self._space.ref(sub.descriptor)}) {comptype}"
        if sub is not None and sub.describes is not None:
            comptype = f"(describes {self._space.ref(sub.describes)}) {comptype}"
        if sub is not None and (sub.supers or not sub.final):
            words = ["sub", *(["final"] if sub.final else []), *map(self._space.ref, sub.supers), comptype]
            comptype = f"({' '.join(words)})"
        return f"(type {self._space.define(typeidx)} {comptype})"

    def _comptype(self, typeidx: int, comptype: CompType) -> str:
        if isinstance(comptype, FuncType):
            return f"(func{self._signature(comptype)})"
        if isinstance(comptype, ArrayType):
            return f"(array {self._fieldtype(comptype.field)})"
        names = self._fields.get(typeidx) or Space({}, 0)
        return f"(struct{_runs('field', map(self._fieldtype, comptype.fields), 0, names)})"

    def _fieldtype(self, of: FieldType) -> str:
        storage = self.valtype(of.storage)
        return f"(mut {storage})" if of.mutable else storage

    # spec "Text Format: External Types": types of imports and definitions

    def externtype(self, of: ExternType) -> str:
        if isinstance(of, TableType):
            return f"{_limits(of.limits, of.addrtype)} {self.valtype(of.reftype)}"
        if isinstance(of, MemoryType):
            pages = "" if of.page_size == PAGE_SIZE else f" (pagesize {of.page_size})"
            return _limits(of.limits, of.addrtype) + (" shared" if of.shared else "") + pages
        if isinstance(of, GlobalType):
            return f"(mut {self.valtype(of.valtype)})" if of.mutable else self.valtype(of.valtype)
        return self._signature(of.functype if isinstance(of, TagType) else of)


def _runs(keyword: str, types: Iterator[str], first: int, names: Space) -> str:
    """Fields for types numbered from `first` on: a named one has its own."""
    fields: list[str] = []
    run: list[str] = []

    def close() -> None:
        if run:
            fields.append(f" ({keyword} {' '.join(run)})")
            run.clear()

    for index, text in enumerate(types, first):
        if index in names:
            close()
            fields.append(f" ({keyword} {names.bind(index)} {text})")
        else:
            run.append(text)
    close()
    return "".join(fields)


def _limits(of: Limits, addrtype: int) -> str:
    prefix = "i64 " if addrtype == I64 else ""
    return f"{prefix}{of.min}" if of.max is None else f"{prefix}{of.min} {of.max}"
