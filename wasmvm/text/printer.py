"""Modules as text that the assembler turns into the same bytes again (spec "Text Format").

Identifiers come from the name section. If that is exactly what the assembler makes of the identifiers, it is not
printed; any other is kept as it is, in a ``@custom`` annotation, like every custom section.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from wasmvm.isa import codes
from wasmvm.syntax import ACTIVE, DECLARATIVE, Custom, Data, Elem, Extent, Import, Module
from wasmvm.text import encoder
from wasmvm.text.hints import hint_section, printable_hints
from wasmvm.text.identifiers import Space, identifier, quoted, quoted_bytes
from wasmvm.text.lexer import DATA_COUNT
from wasmvm.text.listing import Listing
from wasmvm.text.typetext import TypeTexts
from wasmvm.types import EXTERN_KINDS, FuncType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object

_BYTES_A_LINE = 64
_LINES_A_PIECE = 1024
_SECTION_WORDS = {id_: word for word, id_ in encoder.SECTION_NAMES.items()}


class Names(Protocol):
    """What the printer asks of the names of a module (`binary.names`)."""

    @property
    def module_name(self) -> str | None: ...
    @property
    def func_names(self) -> dict[int, str]: ...
    @property
    def local_names(self) -> dict[int, dict[int, str]]: ...
    @property
    def label_names(self) -> dict[int, dict[int, str]]: ...
    @property
    def type_names(self) -> dict[int, str]: ...
    @property
    def table_names(self) -> dict[int, str]: ...
    @property
    def mem_names(self) -> dict[int, str]: ...
    @property
    def global_names(self) -> dict[int, str]: ...
    @property
    def elem_names(self) -> dict[int, str]: ...
    @property
    def data_names(self) -> dict[int, str]: ...
    @property
    def tag_names(self) -> dict[int, str]: ...
    @property
    def field_names(self) -> dict[int, dict[int, str]]: ...


class _Printer:
    def __init__(self, module: Module, names: Names) -> None:
        self.module = module
        self.names = names
        self.spaces = {
            "func": Space(names.func_names, module.func_count),
            "type": Space(names.type_names, len(module.types)),
            "table": Space(names.table_names, len(module.table_imports) + len(module.tables)),
            "memory": Space(names.mem_names, len(module.mem_imports) + len(module.mems)),
            "global": Space(names.global_names, len(module.global_imports) + len(module.globals)),
            "elem": Space(names.elem_names, len(module.elems)),
            "data": Space(names.data_names, len(module.datas)),
            "tag": Space(names.tag_names, len(module.tag_imports) + len(module.tags)),
        }
        self.types = TypeTexts(module, self.spaces["type"], names.field_names)
        self.listing = Listing(module, self.types, self.spaces)
        section = hint_section(module)
        hints = printable_hints(module, section) if section else None
        self.hint_section = section if hints is not None else None
        self.hints = hints or {}
        # What the assembler will put into the name section, function by function.
        self.bound = encoder.Names()

    def lines(self) -> Iterator[str]:
        module = self.module
        yield f"(module{self._module_name()}"
        yield from self.types.definitions()
        counts = dict.fromkeys(EXTERN_KINDS, 0)
        for import_ in module.imports:
            kind = EXTERN_KINDS[import_.kind]
            yield self._import(import_, kind, counts[kind])
            counts[kind] += 1
        for i, table in enumerate(module.tables, counts["table"]):
            init = "" if table.init is None else self._expr(table.init)
            yield f"  (table {self.spaces['table'].define(i)} {self.types.externtype(table.type)}{init})"
        for i, memory in enumerate(module.mems, counts["memory"]):
            yield f"  (memory {self.spaces['memory'].define(i)} {self.types.externtype(memory.type)})"
        for i, tag in enumerate(module.tags, counts["tag"]):
            yield f"  (tag {self.spaces['tag'].define(i)} {self.types.typeuse(tag.typeidx)})"
        for i, global_ in enumerate(module.globals, counts["global"]):
            init = self._expr(global_.init)
            yield f"  (global {self.spaces['global'].define(i)} {self.types.externtype(global_.type)}{init})"
        for export in module.exports:
            kind = EXTERN_KINDS[export.kind]
            yield f"  (export {quoted(export.name)} ({kind} {self.spaces[kind].ref(export.index)}))"
        if module.start is not None:
            yield f"  (start {self.spaces['func'].ref(module.start)})"
        for i, elem in enumerate(module.elems):
            yield self._elem(i, elem)
        for i, typeidx in enumerate(module.funcs):
            yield from self._func(i, counts["func"] + i, typeidx)
        if module.data_count is not None and not self.listing.uses_data:
            yield f"  (@{DATA_COUNT})"
        for i, data in enumerate(module.datas):
            yield from self._data(i, data)
        yield from self._customs()
        yield ")"

    def _module_name(self) -> str:
        name = self.names.module_name
        if name is None:
            return ""
        self.bound.module = name
        return f" {identifier(name)}" if name else ' (@name "")'

    def _import(self, import_: Import, kind: str, index: int) -> str:
        if isinstance(import_.desc, int):
            externtype = self.types.typeuse(import_.desc)
            if import_.exact:
                externtype = f"(exact {externtype})"
        else:
            externtype = self.types.externtype(import_.desc)
        begin = f"  (import {quoted(import_.module)} {quoted(import_.name)} "
        return f"{begin}({kind} {self.spaces[kind].define(index)} {externtype}))"

    # Definitions

    def _func(self, i: int, funcidx: int, typeidx: int) -> Iterator[str]:
        module = self.module
        functype = self.types.functype(typeidx) or FuncType((), ())
        local_names = self.names.local_names.get(funcidx, {})
        label_names = self.names.label_names.get(funcidx, {})
        extent = Extent(module.code[2 * i], module.code[2 * i + 1])
        body = self.listing.body(extent, local_names, label_names, functype, self.hints.get(funcidx, []))
        yield f"  (func {self.spaces['func'].define(funcidx)} (type {self.spaces['type'].ref(typeidx)}){next(body)}"
        yield from body
        yield "  )"
        if self.listing.bound_locals:
            self.bound.indirect.setdefault(codes.NAME_LOCAL, {})[funcidx] = self.listing.bound_locals
        if self.listing.bound_labels:
            self.bound.indirect.setdefault(codes.NAME_LABEL, {})[funcidx] = self.listing.bound_labels

    def _expr(self, extent: Extent) -> str:
        """An expression that stands for itself."""
        instructions = self.listing.expr(extent)
        return f" ({instructions[0]})" if len(instructions) == 1 else "".join(f" {i}" for i in instructions)

    def _target(self, space: str, offset: int, index: int, expr: Extent) -> str:
        """The table or memory of an active segment, if the segment names it, and the offset."""
        # Only the flags tell whether it does.
        named = self.module.source[offset] & 2
        target = f" ({space} {self.spaces[space].ref(index)})" if named else ""
        return f"{target} {self.listing.folded(expr, 'offset')}"

    def _elem(self, i: int, elem: Elem) -> str:
        mode = " declare" if elem.mode == DECLARATIVE else ""
        if elem.mode == ACTIVE and elem.offset_expr is not None:
            mode = self._target("table", elem.offset, elem.tableidx, elem.offset_expr)
        if elem.funcidxs is not None:
            items = " func" + "".join([f" {self.spaces['func'].ref(f)}" for f in elem.funcidxs])
        else:
            exprs = [self.listing.folded(expr, "item") for expr in elem.exprs or ()]
            items = f" {' '.join([self.types.valtype(elem.reftype), *exprs])}"
        return f"  (elem {self.spaces['elem'].define(i)}{mode}{items})"

    def _data(self, i: int, data: Data) -> Iterator[str]:
        mode = ""
        if data.offset_expr is not None:
            mode = self._target("memory", data.offset, data.memidx, data.offset_expr)
        yield from self._with_bytes(f"  (data {self.spaces['data'].define(i)}{mode}", data.init)

    def _with_bytes(self, begin: str, extent: Extent) -> Iterator[str]:
        """A field that ends with bytes: on its line if they are few."""
        source, (start, end) = self.module.source, extent
        if end - start <= _BYTES_A_LINE:
            yield f"{begin} {quoted_bytes(source[start:end])})"
            return
        yield begin
        for at in range(start, end, _BYTES_A_LINE):
            yield f"    {quoted_bytes(source[at : min(at + _BYTES_A_LINE, end)])}"
        yield "  )"

    # Custom sections

    def _customs(self) -> Iterator[str]:
        module = self.module
        last = next((s.id for s in reversed(module.sections) if s.id != codes.SECTION_CUSTOM), 0)
        after_names = False
        implied = self._implied_name_section(last)
        for custom in module.customs:
            if custom is self.hint_section:
                continue
            if custom is implied:
                after_names = True
                continue
            if custom.after == last:
                place = " (after last)" if after_names else ""
            elif custom.after == 0:
                place = " (before first)"
            else:
                place = f" (after {_SECTION_WORDS[custom.after]})"
            yield from self._with_bytes(f"  (@custom {quoted(custom.name)}{place}", custom.content)

    def _implied_name_section(self, last: int) -> Custom | None:
        """The name section, if the assembler makes the same one of the identifiers."""
        found = [custom for custom in self.module.customs if custom.name == "name"]
        if len(found) != 1 or found[0].after != last:
            return None
        spaces = ((id_, self.spaces[space].names) for space, id_ in encoder.NAME_SUBSECTIONS.items())
        if self.types.bound_fields:
            self.bound.indirect[codes.NAME_FIELD] = self.types.bound_fields
        self.bound.direct = {id_: bound for id_, bound in spaces if bound}
        start, end = found[0].content
        content = self.module.source[start:end]
        return found[0] if content and content == self.bound.content() else None


def print_module(module: Module, names: Names) -> Iterator[str]:
    """The text of a decoded module, with its parts called by `names`, in pieces of many lines.

    Raises:
        DecodeError: a function body is not well-formed; the pieces before it have come by then.
    """
    lines = _Printer(module, names).lines()
    while piece := "\n".join(islice(lines, _LINES_A_PIECE)):
        yield piece + "\n"
