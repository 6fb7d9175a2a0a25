"""Instantiation (specification, 4.5.4). Programs that make an instance per request live by its speed: it is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cython

from wasmvm.errors import LinkError
from wasmvm.runtime.constexpr import evaluate
from wasmvm.syntax import ACTIVE, DECLARATIVE, Import
from wasmvm.types import EXTERN_KINDS, FUNC, GLOBAL, MEMORY, TABLE, match_limits

if not cython.compiled:
    from wasmvm._core import Func, Global, Instance, Memory, Store, Table

if TYPE_CHECKING:
    from wasmvm.compile import CompiledModule

Extern = Func | Table | Memory | Global


def instantiate(store: Store, module: CompiledModule, externs: Sequence[Extern]) -> Instance:
    """Make an instance of a module whose imports are `externs`, in the order of the module; run its start function.

    Raises:
        LinkError: an import has another type than the module asks for, or the store's limits forbid the instance.
        Trap: an active segment does not fit, or the start function trapped. What was written before stays written.
    """
    syntax = module.syntax
    funcs: list[Any] = []
    tables: list[Any] = []
    memories: list[Any] = []
    globals_: list[Any] = []
    if externs or syntax.imports:
        spaces = {FUNC: funcs, TABLE: tables, MEMORY: memories, GLOBAL: globals_}
        for import_, extern in zip(syntax.imports, externs, strict=True):
            check_import(store, module, import_, extern)
            spaces[import_.kind].append(extern)
    try:
        store.admit(len(syntax.tables), len(syntax.mems))
        for table in syntax.tables:
            tables.append(Table(store, table.type))
        for memory in syntax.mems:
            memories.append(Memory(store, memory.type))
        instance = Instance(store, module, funcs, tables, memories)
    except MemoryError as error:
        raise LinkError(str(error)) from error
    for imported in globals_:
        instance.add_global(imported)
    for global_ in syntax.globals:
        bits = evaluate(syntax.source, global_.init, instance)
        instance.add_global(Global.from_bits(store, global_.type, bits))
    if syntax.elems or syntax.datas:
        set_segments(module, instance)
        run_segments(module, instance)
    if syntax.start is not None:
        instance.func(syntax.start)()
    return instance


def is_of_kind(extern: Extern, kind: int) -> bool:
    """Whether an object is what the store has for imports of this kind."""
    if kind == FUNC:
        return isinstance(extern, Func)
    if kind == TABLE:
        return isinstance(extern, Table)
    return isinstance(extern, Memory if kind == MEMORY else Global)


def check_import(store: Store, module: CompiledModule, import_: Import, extern: Extern) -> None:
    """3.2 "Matching": an import may be given only what matches its type."""
    kind = import_.kind
    expected: Any = module.syntax.import_type(import_)
    actual: Any = extern.actual_type
    if not is_of_kind(extern, kind):
        problem = f"type for {{}}: it must be a {EXTERN_KINDS[kind]}"
    elif extern.store is not store:
        problem = "{}: it belongs to another store"
    else:
        if kind == TABLE:
            matches = actual.reftype == expected.reftype and match_limits(actual.limits, expected.limits)
        elif kind == MEMORY:
            matches = match_limits(actual.limits, expected.limits)
        else:
            matches = actual == expected
        if matches:
            return
        problem = f"type for {{}}: expected {expected}, got {actual}"
    name = f'"{import_.module}" "{import_.name}"'
    raise LinkError(
        f"incompatible import {problem.format(name)}", import_.module, import_.name, expected, actual
    )


def set_segments(module: CompiledModule, instance: Instance) -> None:
    """Give the instance its element and data instances."""
    syntax = module.syntax
    for i, elem in enumerate(syntax.elems):
        if elem.funcidxs is not None:
            instance.set_elem_funcs(i, elem.funcidxs)
        else:
            instance.set_elem_bits(i, [evaluate(syntax.source, expr, instance) for expr in elem.exprs or ()])
    for i, data in enumerate(syntax.datas):
        instance.set_data(i, syntax.source, data.init.start, data.init.end)


def run_segments(module: CompiledModule, instance: Instance) -> None:
    """Initialise tables and memories from the active segments, in order; forget the declarative ones."""
    syntax = module.syntax
    for i, elem in enumerate(syntax.elems):
        if elem.mode == ACTIVE and elem.offset_expr is not None:
            instance.table_init(i, elem.tableidx, evaluate(syntax.source, elem.offset_expr, instance))
        elif elem.mode == DECLARATIVE:
            instance.drop_elem(i)
    for i, data in enumerate(syntax.datas):
        if data.mode == ACTIVE and data.offset_expr is not None:
            instance.memory_init(i, evaluate(syntax.source, data.offset_expr, instance))
