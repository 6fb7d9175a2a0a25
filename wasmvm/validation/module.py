"""Rules of whole modules (specification, 3.4.10), and what they ask of types (3.2)."""

from __future__ import annotations

from array import array

from wasmvm.errors import ValidationError
from wasmvm.reader import Reader
from wasmvm.syntax import ACTIVE, Elem, Module
from wasmvm.types import EXTERN_KINDS, FUNC, I32, MAX_PAGES, MAX_TABLE, TABLE, VALTYPE_NAMES, FuncType, Limits
from wasmvm.validation.body import BodyValidator
from wasmvm.validation.context import Context

FUNCTION_ID = 3


def validate(module: Module) -> None:
    """Whether instances of this module cannot go wrong other than by a trap.

    Raises:
        ValidationError: the module breaks a rule of the specification's chapter 3.
        DecodeError: a function body is malformed; bodies are read here for the first time.
    """
    check_types_of_functions(module)
    check_sizes(module)
    context = Context(module)
    body = BodyValidator(module.source, context)
    for global_ in module.globals:
        body.constant(global_.init.start, global_.init.end, global_.type.valtype)
    for elem in module.elems:
        check_elem(module, elem, context, body)
    check_exports(module, context)
    check_start(module)
    body.bodies(len(module.func_imports), module.code)
    check_datas(module, context, body)


def check_types_of_functions(module: Module) -> None:
    count = len(module.types)
    for import_ in module.func_imports:
        if import_.desc >= count:
            raise ValidationError(f"unknown type {import_.desc}", import_.offset)
    functions = module.section(FUNCTION_ID)
    if functions is not None:
        check_indices(module, module.funcs, count, "type", functions.start)


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


def check_sizes(module: Module) -> None:
    """3.2.1, 3.2.4, 3.2.5: limits of memories and tables, and that there is one memory at most."""
    tables = [(i.desc, i.offset) for i in module.table_imports] + [(t.type, t.offset) for t in module.tables]
    for table, offset in tables:
        check_limits(table.limits, MAX_TABLE, "table size must be at most 2^32-1", offset)
    mems = [(i.desc, i.offset) for i in module.mem_imports] + [(m.type, m.offset) for m in module.mems]
    for mem, offset in mems:
        check_limits(mem.limits, MAX_PAGES, "memory size must be at most 65536 pages (4GiB)", offset)
    if len(mems) > 1:
        raise ValidationError("multiple memories", mems[1][1])


def check_limits(limits: Limits, bound: int, message: str, offset: int) -> None:
    if limits.min > bound or (limits.max is not None and limits.max > bound):
        raise ValidationError(message, offset)
    if limits.max is not None and limits.max < limits.min:
        raise ValidationError("size minimum must not be greater than maximum", offset)


def check_elem(module: Module, elem: Elem, context: Context, body: BodyValidator) -> None:
    """3.4.6"""
    if elem.mode == ACTIVE:
        if elem.tableidx >= len(context.tables):
            raise ValidationError(f"unknown table {elem.tableidx}", elem.offset)
        reftype = context.tables[elem.tableidx]
        if elem.reftype != reftype:
            raise ValidationError(
                f"type mismatch: {VALTYPE_NAMES[elem.reftype]} elements for a table of {VALTYPE_NAMES[reftype]}",
                elem.offset,
            )
    if elem.offset_expr is not None:
        body.constant(elem.offset_expr.start, elem.offset_expr.end, I32)
    for expr in elem.exprs or ():
        body.constant(expr.start, expr.end, elem.reftype)
    if elem.funcidxs is not None:
        check_indices(module, elem.funcidxs, len(context.funcs), "function", elem.init_offset)
        for funcidx in elem.funcidxs:
            context.refs[funcidx] = 1


def check_datas(module: Module, context: Context, body: BodyValidator) -> None:
    """3.4.7"""
    for data in module.datas:
        if data.mode == ACTIVE and data.memidx >= context.mem_count:
            raise ValidationError(f"unknown memory {data.memidx}", data.offset)
        if data.offset_expr is not None:
            body.constant(data.offset_expr.start, data.offset_expr.end, I32)


def check_exports(module: Module, context: Context) -> None:
    """3.4.9; an exported function may be referred to in function bodies."""
    lengths = (len(context.funcs), len(context.tables), context.mem_count, len(context.globals))
    spaces = ("function", *EXTERN_KINDS[TABLE:])
    names = set()
    for export in module.exports:
        if export.index >= lengths[export.kind]:
            raise ValidationError(f"unknown {spaces[export.kind]} {export.index}", export.offset)
        if export.name in names:
            raise ValidationError(f"duplicate export name {export.name!r}", export.offset)
        names.add(export.name)
        if export.kind == FUNC:
            context.refs[export.index] = 1


def check_start(module: Module) -> None:
    """3.4.8"""
    if module.start is None:
        return
    if module.start >= module.func_count:
        raise ValidationError(f"unknown function {module.start}", module.start_offset)
    if module.func_type(module.start) != FuncType((), ()):
        raise ValidationError("start function must not take or give anything", module.start_offset)
