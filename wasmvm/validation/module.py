"""Rules of whole modules (spec "Validation: Modules")."""

from __future__ import annotations

from array import array

from wasmvm.deftype import close_valtype, match_valtype
from wasmvm.errors import ValidationError
from wasmvm.generated import signatures
from wasmvm.isa.codes import SECTION_FUNCTION
from wasmvm.quoting import quoted
from wasmvm.reader import Reader
from wasmvm.syntax import ACTIVE, Elem, Extent, Module
from wasmvm.types import (
    EXTERN_KINDS,
    FUNC,
    I32,
    I64,
    LOOK,
    MAX_TABLE,
    PAGE_SIZE,
    PAGE_SIZES,
    TABLE,
    FuncType,
    Limits,
    MemoryType,
    is_defaultable,
    valtype_text,
)
from wasmvm.typetable import PIECE
from wasmvm.validation.context import RESULT, Context
from wasmvm.validation.types import check_types, check_valtype

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeVar

    Item = TypeVar("Item")

    from wasmvm.validation.body import BodyValidator


def validate(module: Module, checkpoint: Callable[[], object] | None = None) -> None:
    """Check that a module is valid (spec "Validation").

    Args:
        checkpoint: is called again and again, see `Reader`; what it raises ends the work.

    Raises:
        ValidationError: the module breaks a rule.
        DecodeError: a function body is malformed; bodies are read here for the first time.
    """
    LateValidation(module, checkpoint).bodies(checkpoint)


class LateValidation:
    """A module whose declarations are valid, and whose function bodies are validated one by one.

    Args:
        module: its function bodies may not be loaded yet (`Module.load_body`).
        checkpoint: as for `validate`.

    Raises:
        ValidationError, DecodeError: as `validate`.
    """

    def __init__(self, module: Module, checkpoint: Callable[[], object] | None = None) -> None:
        self._module = module
        self._context = check_all_declarations(module, checkpoint)
        self._context.checkpoint = None  # which may keep a store
        self._spare: list[BodyValidator] = []

    def body(self, index: int, checkpoint: Callable[[], object] | None = None) -> None:
        """Validate a function, counted among those that the module defines; raises what `validate` raises.

        Another thread or the handler of a signal may do so at the same time, with a validator of its own.

        Args:
            checkpoint: as for `validate`, instead of the one that the declarations were validated with.
        """
        code = self._module.code
        try:
            validator = self._spare.pop()
        except IndexError:
            validator = body_validator(self._module.loaded, self._context)
        validator.look_with(checkpoint)
        validator.body(self._module.funcs[index], code[2 * index], code[2 * index + 1])
        validator.look_with(None)
        if validator.descriptors_at >= 0 and not self._module.may_have_descriptors:
            from wasmvm.validation.needs import switched_off

            raise switched_off("a function", "custom-descriptors", validator.descriptors_at)
        self._spare.append(validator)

    def bodies(self, checkpoint: Callable[[], object] | None = None) -> None:
        """Validate all functions; raises what `validate` raises, and OSError where bodies cannot be read."""
        module = self._module
        validator = body_validator(module.source, self._context)
        validator.look_with(checkpoint)
        validator.bodies(len(module.func_imports), module.code)
        note_descriptors(module, validator)


def note_descriptors(module: Module, validator: BodyValidator) -> None:
    """Let the module know where the first thing is that belongs to the custom-descriptors proposal."""
    at = validator.descriptors_at
    if at >= 0 and (module.descriptors_at < 0 or at < module.descriptors_at):
        module.descriptors_at = at


def body_validator(source: bytes, context: Context) -> BodyValidator:
    """Make it late: a start from the cache, of a module with plain constants, does not need it."""
    from wasmvm.validation.body import BodyValidator

    return BodyValidator(source, context)


class Constants:
    """Validates constant expressions (spec "Constant Expressions"). `checkpoint`: as for `validate`."""

    def __init__(self, module: Module, context: Context) -> None:
        self.checkpoint = context.checkpoint
        self._module = module
        self._source = module.loaded
        self._context = context
        self._reader = Reader(self._source)
        self._validator: BodyValidator | None = None

    def check(self, extent: Extent, valtype: int, global_count: int) -> None:
        """Check that it has this type and uses only the first `global_count` globals; raises what `validate` raises."""
        if self._is_number(extent, valtype):
            return
        if self._validator is None:
            self._validator = body_validator(self._source, self._context)
        self._validator.constant(extent.start, extent.end, valtype, global_count)
        note_descriptors(self._module, self._validator)

    def _is_number(self, extent: Extent, valtype: int) -> bool:
        """Whether it is one instruction that gives a number of this type, as nearly all are."""
        opcode = self._source[extent.start]
        size = signatures.NUMBERS.get(opcode)
        if size is None or RESULT[opcode] != valtype:
            return False
        reader = self._reader
        reader.pos = extent.start + 1
        if size:
            reader.skip(size)
        else:
            reader.sint(32 if valtype == I32 else 64)
        return reader.pos + 1 == extent.end and self._source[reader.pos] == signatures.END


def check_all_declarations(module: Module, checkpoint: Callable[[], object] | None) -> Context:
    """Check all but function bodies; return the context that these are validated in."""
    check_types(module, checkpoint)
    check_functypes(module)
    check_declarations(module, checkpoint)
    context = Context(module, checkpoint)
    constants = Constants(module, context)
    check_inits(module, constants)
    for elem in looking(module.elems, checkpoint):
        check_elem(module, elem, context, constants)
    check_datas(module, context, constants)
    check_exports(module, context)
    check_start(module)
    return context


def looking(items: Sequence[Item], checkpoint: Callable[[], object] | None) -> Iterable[Item]:
    """The items; where there are many, the checkpoint is called again and again."""
    return items if checkpoint is None or len(items) < LOOK else _looking(items, checkpoint)


def _looking(items: Sequence[Item], checkpoint: Callable[[], object]) -> Iterator[Item]:
    for i, item in enumerate(items):
        if not i % LOOK:
            checkpoint()
        yield item


def check_functypes(module: Module) -> None:
    """spec "Validation: Modules: Functions", spec "Validation: Modules: Tags": their types."""
    for import_ in module.func_imports:
        check_functype(module, import_.desc, import_.offset)
    functions = module.section(SECTION_FUNCTION)
    if functions is not None:
        check_indices(module, module.funcs, len(module.types), "type", functions.start)
        used: set[int] = set()
        for at in range(0, len(module.funcs), PIECE):
            used.update(module.funcs[at : at + PIECE])
        for typeidx in used:
            check_functype(module, typeidx, functions.start)
    checked = set()
    for typeidx, offset in [(i.desc, i.offset) for i in module.tag_imports] + [*module.tags]:
        if typeidx not in checked:
            if check_functype(module, typeidx, offset).results:
                raise ValidationError("non-empty tag result type", offset)
            checked.add(typeidx)


def check_functype(module: Module, typeidx: int, offset: int) -> FuncType:
    """The function type with this index."""
    if typeidx >= len(module.types):
        raise ValidationError(f"unknown type {typeidx}", offset)
    functype = module.types[typeidx]
    if not isinstance(functype, FuncType):
        raise ValidationError(f"type mismatch: type {typeidx} is not a function type", offset)
    return functype


def check_indices(module: Module, indices: array[int], count: int, space: str, offset: int) -> None:
    """Check that the indices of the list at this byte offset are below `count`."""
    if all(max(indices[at : at + PIECE]) < count for at in range(0, len(indices), PIECE)):
        return
    reader = Reader(module.loaded)
    reader.pos = offset
    reader.length()
    for idx in indices:
        if idx >= count:
            raise ValidationError(f"unknown {space} {idx}", reader.pos)
        reader.u32()


def check_declarations(module: Module, checkpoint: Callable[[], object] | None) -> None:
    """spec "Validation: Types": those of tables, memories, globals and element segments."""
    count = len(module.types)
    tables = [(i.desc, i.offset) for i in module.table_imports] + [(t.type, t.offset) for t in module.tables]
    checked = set()
    for table, offset in looking(tables, checkpoint):
        if table in checked:
            continue
        checked.add(table)
        check_valtype(table.reftype, count, offset)
        if table.addrtype == I64:
            check_limits(table.limits, (1 << 64) - 1, "table size", offset)
        else:
            check_limits(table.limits, MAX_TABLE, "table size must be at most 2^32-1", offset)
    mems = [(i.desc, i.offset) for i in module.mem_imports] + [(m.type, m.offset) for m in module.mems]
    for mem, offset in mems:
        if mem.page_size not in PAGE_SIZES:
            raise ValidationError(
                f"invalid custom page size: {mem.page_size} bytes; it can be 1 or {PAGE_SIZE}", offset
            )
        if mem.shared and mem.limits.max is None:
            raise ValidationError("shared memory must have maximum", offset)
        check_limits(mem.limits, mem.most_pages(), f"memory size must be at most {mem_bound(mem)}", offset)
    for import_ in looking(module.global_imports, checkpoint):
        check_valtype(import_.desc.valtype, count, import_.offset)
    for global_ in looking(module.globals, checkpoint):
        check_valtype(global_.type.valtype, count, global_.offset)
    for elem in module.elems:
        check_valtype(elem.reftype, count, elem.offset)


def mem_bound(mem: MemoryType) -> str:
    """What `most_pages` is, in words."""
    if mem.page_size != PAGE_SIZE:
        return f"2^{64 if mem.addrtype == I64 else 32}-1 bytes"
    return "2^48 pages (16EiB)" if mem.addrtype == I64 else "65536 pages (4GiB)"


def check_limits(limits: Limits, bound: int, message: str, offset: int) -> None:
    if limits.min > bound or (limits.max is not None and limits.max > bound):
        raise ValidationError(message, offset)
    if limits.max is not None and limits.max < limits.min:
        raise ValidationError("size minimum must not be greater than maximum", offset)


def check_inits(module: Module, constants: Constants) -> None:
    """spec "Validation: Modules: Globals": initial values of tables and globals; they may use earlier globals."""
    imported = len(module.global_imports)
    for table in looking(module.tables, constants.checkpoint):
        if table.init is not None:
            constants.check(table.init, table.type.reftype, imported)
        elif not is_defaultable(table.type.reftype):
            raise ValidationError(
                f"type mismatch: elements of type {valtype_text(table.type.reftype)} need a value", table.offset
            )
    for i, global_ in enumerate(looking(module.globals, constants.checkpoint)):
        constants.check(global_.init, global_.type.valtype, imported + i)


def check_elem(module: Module, elem: Elem, context: Context, constants: Constants) -> None:
    """spec "Validation: Data Segments"."""
    count = len(context.globals)
    if elem.mode == ACTIVE:
        if elem.tableidx >= len(context.tables):
            raise ValidationError(f"unknown table {elem.tableidx}", elem.offset)
        reftype = context.tables[elem.tableidx]
        if not match_valtype(close_valtype(elem.reftype, context.type_ids), close_valtype(reftype, context.type_ids)):
            raise ValidationError(
                f"type mismatch: {valtype_text(elem.reftype)} elements for a table of {valtype_text(reftype)}",
                elem.offset,
            )
    if elem.offset_expr is not None:
        addrtype = context.table_addr[elem.tableidx]
        constants.check(elem.offset_expr, addrtype, count)
    for expr in looking(elem.exprs or (), constants.checkpoint):
        constants.check(expr, elem.reftype, count)
    if elem.funcidxs is not None:
        check_indices(module, elem.funcidxs, len(context.funcs), "function", elem.init_offset)
        for at in range(0, len(elem.funcidxs), LOOK):
            if at and constants.checkpoint is not None:
                constants.checkpoint()
            for funcidx in elem.funcidxs[at : at + LOOK]:
                context.refs[funcidx] = 1


def check_datas(module: Module, context: Context, constants: Constants) -> None:
    """spec "Validation: Data Segments"."""
    for data in looking(module.datas, constants.checkpoint):
        if data.mode == ACTIVE and data.memidx >= len(context.mems):
            raise ValidationError(f"unknown memory {data.memidx}", data.offset)
        if data.offset_expr is not None:
            addrtype = context.mems[data.memidx]
            constants.check(data.offset_expr, addrtype, len(context.globals))


def check_exports(module: Module, context: Context) -> None:
    """spec "Validation: Modules: Exports"; an exported function may be referred to in function bodies."""
    lengths = (len(context.funcs), len(context.tables), len(context.mems), len(context.globals), len(context.tags))
    spaces = ("function", *EXTERN_KINDS[TABLE:])
    # A set that grows is copied in one go.
    names: list[set[str]] = [set() for _ in range(1 + len(module.exports) // PIECE)]
    for export in looking(module.exports, context.checkpoint):
        if export.index >= lengths[export.kind]:
            raise ValidationError(f"unknown {spaces[export.kind]} {export.index}", export.offset)
        known = names[hash(export.name) % len(names)]
        if export.name in known:
            raise ValidationError(f"duplicate export name {quoted(export.name)}", export.offset)
        known.add(export.name)
        if export.kind == FUNC:
            context.refs[export.index] = 1
    for known in names:
        known.clear()  # one by one: this takes its time, too


def check_start(module: Module) -> None:
    """spec "Validation: Start Function"."""
    if module.start is None:
        return
    if module.start >= module.func_count:
        raise ValidationError(f"unknown function {module.start}", module.start_offset)
    if module.func_type(module.start) != FuncType((), ()):
        raise ValidationError("start function must not take or give anything", module.start_offset)
