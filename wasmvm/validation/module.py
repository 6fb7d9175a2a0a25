"""Rules of whole modules (specification, 3.5)."""

from __future__ import annotations

from array import array

from wasmvm.deftype import close_valtype, match_valtype
from wasmvm.errors import ValidationError
from wasmvm.quoting import quoted
from wasmvm.reader import Reader
from wasmvm.syntax import ACTIVE, Elem, Module
from wasmvm.types import (
    EXTERN_KINDS,
    FUNC,
    I64,
    MAX_PAGES,
    MAX_PAGES_64,
    MAX_TABLE,
    TABLE,
    FuncType,
    Limits,
    is_defaultable,
    valtype_text,
)
from wasmvm.validation.body import BodyValidator
from wasmvm.validation.context import Context
from wasmvm.validation.types import check_types, check_valtype

FUNCTION_ID = 3


def validate(module: Module) -> None:
    """Whether instances of this module cannot go wrong other than by a trap.

    Raises:
        ValidationError: the module breaks a rule of the specification's chapter 3.
        DecodeError: a function body is malformed; bodies are read here for the first time.
    """
    check_types(module)
    check_functypes(module)
    check_declarations(module)
    context = Context(module)
    body = BodyValidator(module.source, context)
    check_inits(module, context, body)
    for elem in module.elems:
        check_elem(module, elem, context, body)
    check_datas(module, context, body)
    check_exports(module, context)
    check_start(module)
    body.bodies(len(module.func_imports), module.code)


def check_functypes(module: Module) -> None:
    """3.5.1, 3.5.5: the types of functions and tags."""
    for import_ in module.func_imports:
        check_functype(module, import_.desc, import_.offset)
    functions = module.section(FUNCTION_ID)
    if functions is not None:
        check_indices(module, module.funcs, len(module.types), "type", functions.start)
        for typeidx in set(module.funcs):
            check_functype(module, typeidx, functions.start)
    for typeidx, offset in [(i.desc, i.offset) for i in module.tag_imports] + [tuple(tag) for tag in module.tags]:
        if check_functype(module, typeidx, offset).results:
            raise ValidationError("non-empty tag result type", offset)


def check_functype(module: Module, typeidx: int, offset: int) -> FuncType:
    """The function type with this index."""
    if typeidx >= len(module.types):
        raise ValidationError(f"unknown type {typeidx}", offset)
    functype = module.types[typeidx]
    if not isinstance(functype, FuncType):
        raise ValidationError(f"type mismatch: type {typeidx} is not a function type", offset)
    return functype


def check_indices(module: Module, indices: array[int], count: int, space: str, offset: int) -> None:
    """Check that indices which were read as a vector at this offset are below `count`."""
    if not indices or max(indices) < count:
        return
    reader = Reader(module.source)
    reader.pos = offset
    reader.length()
    for idx in indices:
        if idx >= count:
            raise ValidationError(f"unknown {space} {idx}", reader.pos)
        reader.u32()


def check_declarations(module: Module) -> None:
    """3.2.16 to 3.2.21: the types of tables, memories, globals and element segments."""
    count = len(module.types)
    tables = [(i.desc, i.offset) for i in module.table_imports] + [(t.type, t.offset) for t in module.tables]
    for table, offset in tables:
        check_valtype(table.reftype, count, offset)
        if table.addrtype == I64:
            check_limits(table.limits, (1 << 64) - 1, "table size", offset)
        else:
            check_limits(table.limits, MAX_TABLE, "table size must be at most 2^32-1", offset)
    mems = [(i.desc, i.offset) for i in module.mem_imports] + [(m.type, m.offset) for m in module.mems]
    for mem, offset in mems:
        if mem.addrtype == I64:
            check_limits(mem.limits, MAX_PAGES_64, "memory size must be at most 2^48 pages (16EiB)", offset)
        else:
            check_limits(mem.limits, MAX_PAGES, "memory size must be at most 65536 pages (4GiB)", offset)
    for import_ in module.global_imports:
        check_valtype(import_.desc.valtype, count, import_.offset)
    for global_ in module.globals:
        check_valtype(global_.type.valtype, count, global_.offset)
    for elem in module.elems:
        check_valtype(elem.reftype, count, elem.offset)


def check_limits(limits: Limits, bound: int, message: str, offset: int) -> None:
    if limits.min > bound or (limits.max is not None and limits.max > bound):
        raise ValidationError(message, offset)
    if limits.max is not None and limits.max < limits.min:
        raise ValidationError("size minimum must not be greater than maximum", offset)


def check_inits(module: Module, context: Context, body: BodyValidator) -> None:
    """3.5.3, 3.5.6: initial values of tables and globals, which may use the globals that there are by then."""
    imported = len(module.global_imports)
    for table in module.tables:
        if table.init is not None:
            body.constant(table.init.start, table.init.end, table.type.reftype, imported)
        elif not is_defaultable(table.type.reftype):
            raise ValidationError(
                f"type mismatch: elements of type {valtype_text(table.type.reftype)} need a value", table.offset
            )
    for i, global_ in enumerate(module.globals):
        body.constant(global_.init.start, global_.init.end, global_.type.valtype, imported + i)


def check_elem(module: Module, elem: Elem, context: Context, body: BodyValidator) -> None:
    """3.5.8"""
    count = len(context.globals)
    if elem.mode == ACTIVE:
        if elem.tableidx >= len(context.tables):
            raise ValidationError(f"unknown table {elem.tableidx}", elem.offset)
        reftype = context.tables[elem.tableidx]
        if not match_valtype(close_valtype(elem.reftype, context.numbers), close_valtype(reftype, context.numbers)):
            raise ValidationError(
                f"type mismatch: {valtype_text(elem.reftype)} elements for a table of {valtype_text(reftype)}",
                elem.offset,
            )
    if elem.offset_expr is not None:
        addrtype = context.table_addr[elem.tableidx]
        body.constant(elem.offset_expr.start, elem.offset_expr.end, addrtype, count)
    for expr in elem.exprs or ():
        body.constant(expr.start, expr.end, elem.reftype, count)
    if elem.funcidxs is not None:
        check_indices(module, elem.funcidxs, len(context.funcs), "function", elem.init_offset)
        for funcidx in elem.funcidxs:
            context.refs[funcidx] = 1


def check_datas(module: Module, context: Context, body: BodyValidator) -> None:
    """3.5.7"""
    for data in module.datas:
        if data.mode == ACTIVE and data.memidx >= len(context.mems):
            raise ValidationError(f"unknown memory {data.memidx}", data.offset)
        if data.offset_expr is not None:
            addrtype = context.mems[data.memidx]
            body.constant(data.offset_expr.start, data.offset_expr.end, addrtype, len(context.globals))


def check_exports(module: Module, context: Context) -> None:
    """3.5.9; an exported function may be referred to in function bodies."""
    lengths = (len(context.funcs), len(context.tables), len(context.mems), len(context.globals), len(context.tags))
    spaces = ("function", *EXTERN_KINDS[TABLE:])
    names = set()
    for export in module.exports:
        if export.index >= lengths[export.kind]:
            raise ValidationError(f"unknown {spaces[export.kind]} {export.index}", export.offset)
        if export.name in names:
            raise ValidationError(f"duplicate export name {quoted(export.name)}", export.offset)
        names.add(export.name)
        if export.kind == FUNC:
            context.refs[export.index] = 1


def check_start(module: Module) -> None:
    """3.5.10"""
    if module.start is None:
        return
    if module.start >= module.func_count:
        raise ValidationError(f"unknown function {module.start}", module.start_offset)
    if module.func_type(module.start) != FuncType((), ()):
        raise ValidationError("start function must not take or give anything", module.start_offset)
