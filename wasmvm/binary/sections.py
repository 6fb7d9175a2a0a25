"""Sections of the binary format (spec "Binary Format: Modules"), and the module they make up.

Function bodies are not looked into here: `Module.code` says where each lies, and the validator's one pass over
them finds what is malformed as well as what is invalid. Constant expressions are passed over to see where they end.

As in the reference interpreter, the contents of a section may run on to the end of the file, and only then are they
compared with its size: this is what decides between "section size mismatch" and the other words for a wrong length.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable

import cython

from wasmvm.errors import DecodeError
from wasmvm.isa.codes import MAGIC, SECTION_ORDER, VERSION
from wasmvm.reader import Reader
from wasmvm.record import made
from wasmvm.syntax import (
    ACTIVE,
    DECLARATIVE,
    PASSIVE,
    Custom,
    Data,
    Elem,
    Export,
    Extent,
    Global,
    Import,
    Memory,
    Module,
    Partial,
    RecType,
    Section,
    Table,
    Tag,
)
from wasmvm.types import (
    VALTYPE_NAMES,
    ArrayType,
    CompType,
    FieldType,
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    StructType,
    SubType,
    TableType,
)

if not cython.compiled:
    from wasmvm.isa.codes import (
        EXACT_FUNC,
        FORM_ARRAY,
        FORM_DESCRIBES,
        FORM_DESCRIPTOR,
        FORM_FUNC,
        FORM_REC,
        FORM_STRUCT,
        FORM_SUB,
        FORM_SUB_FINAL,
        LIMITS_I64,
        LIMITS_MAX,
        LIMITS_PAGE_SIZE,
        LIMITS_SHARED,
        SECTION_CODE,
        SECTION_DATA,
        TABLE_INIT,
    )
    from wasmvm.types import FUNC, FUNCREF, GLOBAL, I32, I64, MAX_TYPES, MEMORY, NON_NULL, TABLE, TAG

MAX_ARITY = 1000
"""Parameters or results of a function type, as in the limits that web browsers agreed upon. Every use of a type costs
time in proportion to it: without a bound, a small file could keep the validator busy for hours."""
MAX_FIELDS = 10_000
"""Fields of a structure type, likewise."""
MAX_BODY = 7_654_321
"""Bytes of a function body, likewise."""
MAX_ENTRIES = 1_000_000
"""Imports, exports, globals or tags of a module, likewise."""
MAX_TABLES = MAX_SEGMENTS = 100_000
"""Tables, element segments or data segments of a module, likewise."""
MAX_MEMORIES = 100
"""Memories of a module, likewise."""
MAX_SIZE = 1 << 30
"""Bytes of a module, from the same list: positions in it fit into 32 bits wherever that saves memory."""

SHORT = 16
INDICES_AT_ONCE = 1 << 14
"""Lists of indices of at most so many grow one by one, longer ones by so many at once."""

SHORT_TYPES = bytes(VALTYPE_NAMES)
"""The value types of one byte."""

COMPONENT_VERSION = b"\x0d\0\1\0"

ORDER = (0, *[1 + SECTION_ORDER.index(section_id) for section_id in range(1, 1 + len(SECTION_ORDER))])
"""By section id, the place of the section in a file, from 1 on; 0 for custom sections."""


def decode(
    data: bytes | bytearray | memoryview, partial: Partial | None = None, checkpoint: Callable[[], object] | None = None
) -> Module:
    """spec "Binary Format: Modules": the module that these bytes are, unvalidated and with its function bodies unread.

    Args:
        partial: knows the bodies, where `data` does not have them.
        checkpoint: is called again and again, see `Reader`; what it raises ends the work.

    Raises:
        DecodeError: they are not a module.
        TypeError: `data` is not bytes-like.
    """
    source = data if isinstance(data, bytes) else bytes(memoryview(data))
    reader = Reader(source, checkpoint)
    module = Module(source, partial)
    try:
        read_header(reader)
        if len(source) > MAX_SIZE:
            raise DecodeError(f"module is too large (limit {MAX_SIZE} bytes)", MAX_SIZE)
        read_sections(reader, module)
        check_lengths(module)
        module.descriptors_at = reader.descriptors_at
    except DecodeError:
        check_code(module)
        raise
    return module


def read_sections(reader: Reader, module: Module) -> None:
    """spec "Binary Format: Sections": read all of them, in the order that `ORDER` asks for."""
    last = 0
    while reader.pos < reader.end:
        if not len(module.sections) & 0x3FF:
            reader.look_around()
        at = reader.pos
        section_id = reader.byte()
        if section_id >= len(SECTIONS):
            raise DecodeError("malformed section id", at)
        size = reader.length()
        content = made(Extent, (reader.pos, reader.pos + size))
        if content.end > reader.end:
            raise DecodeError("length out of bounds", at + 1)
        module.sections.append(made(Section, (section_id, content)))
        read_section = SECTIONS[section_id]
        if read_section is None:
            read_custom_section(reader, module, content.end, last)
            continue
        if ORDER[section_id] <= ORDER[last]:
            raise DecodeError("unexpected content after last section", at)
        last = section_id
        read_section(reader, module, content.end)
        if reader.pos != content.end:
            if reader.exact_twice_at >= content.start:
                raise DecodeError("malformed storage type: exact twice", reader.exact_twice_at)
            raise DecodeError("section size mismatch", reader.pos)


def check_lengths(module: Module) -> None:
    """spec "Binary Format: Modules: Modules": sections that must have as many entries as another."""
    if 2 * len(module.funcs) != len(module.code):
        code = module.section(SECTION_CODE)
        at = len(module.loaded) if code is None else code.start
        raise DecodeError("function and code section have inconsistent lengths", at)
    if module.data_count is not None and module.data_count != len(module.datas):
        datas = module.section(SECTION_DATA)
        at = len(module.loaded) if datas is None else datas.start
        raise DecodeError("data count and data section have inconsistent lengths", at)


def check_code(module: Module) -> None:
    """Raise what is malformed in function bodies, if anything is.

    Bodies are not read while decoding, yet where something after them is malformed, the reason often lies in a body
    that is longer than its size says.
    """
    reader = Reader(module.source)
    for i in range(0, len(module.code) - 1, 2):
        reader.pos = module.code[i]
        reader.skip_func()
        if reader.pos != module.code[i + 1]:
            raise DecodeError("section size mismatch", reader.pos)


def read_header(reader: Reader) -> None:
    """spec "Binary Format: Modules: Modules": magic number and version."""
    magic = reader.source[:4]
    version = reader.source[4:8]
    if len(magic) == 4 and magic != MAGIC:
        raise DecodeError("magic header not detected", 0)
    if len(version) < 4:
        raise DecodeError("unexpected end", reader.end)
    if version != VERSION:
        hint = ": this is a component, not a core module" if version == COMPONENT_VERSION else ""
        raise DecodeError(f"unknown binary version{hint}", 4)
    reader.pos = 8


def missing_limits(flags: int) -> str:
    from wasmvm.isa import missing

    return missing.named(next((proposal for flag, proposal in missing.LIMITS if flags & flag), None))


def missing_form(form: int) -> str:
    from wasmvm.isa import missing

    return missing.named(missing.FORMS.get(form))


# spec "Binary Format: Types"


def read_result_type(reader: Reader) -> tuple[int, ...]:
    """spec "Binary Format: Result Types"."""
    at = reader.pos
    count = reader.length()
    if count > MAX_ARITY:
        raise DecodeError(f"too many parameters or results in a function type (limit {MAX_ARITY})", at)
    if count == 0:
        return ()
    short = reader.source[reader.pos : reader.pos + count]
    if len(short) == count and reader.pos + count <= reader.end and not short.translate(None, SHORT_TYPES):
        reader.pos += count
        return tuple(short)
    valtypes = []
    for _ in range(count):
        valtypes.append(reader.valtype())
    return tuple(valtypes)


def read_limits(reader: Reader, more: int = 0) -> tuple[int, Limits]:
    """spec "Binary Format: Limits": flags, and the limits. The validator says which sizes are too large.

    Args:
        more: flags that there may be besides; what they announce follows the limits.
    """
    at = reader.pos
    flags = reader.byte()
    if flags & ~(LIMITS_MAX | LIMITS_I64 | more):
        raise DecodeError(f"malformed limits flags{missing_limits(flags)}", at)
    if flags & more and reader.pos == reader.end:  # what there is to say if the flag means nothing
        raise DecodeError("malformed limits flags: limits must follow", at)
    minimum = reader.u64()
    return flags, Limits(minimum, reader.u64() if flags & LIMITS_MAX else None)


def addrtype_of(flags: int) -> int:
    return I64 if flags & LIMITS_I64 else I32


def read_memory_type(reader: Reader) -> MemoryType:
    """spec "Binary Format: Memory Types"; the proposal custom-page-sizes adds the logarithm of a page's size."""
    flags, limits = read_limits(reader, LIMITS_PAGE_SIZE | LIMITS_SHARED)
    shared = (flags & LIMITS_SHARED) != 0
    if not flags & LIMITS_PAGE_SIZE:
        return MemoryType(limits, addrtype_of(flags), shared=shared)
    at = reader.pos
    exponent = reader.u32()
    if exponent > 63:
        raise DecodeError(f"invalid custom page size: 2^{exponent}", at)
    return MemoryType(limits, addrtype_of(flags), 1 << exponent, shared)


def read_table_type(reader: Reader) -> TableType:
    """spec "Binary Format: Table Types"."""
    reftype = reader.reftype()
    flags, limits = read_limits(reader)
    return TableType(reftype, limits, addrtype_of(flags))


def read_mutability(reader: Reader) -> bool:
    """spec "Binary Format: Global Types": the byte that says whether a global, or a field, may be set."""
    at = reader.pos
    mutability = reader.byte()
    if mutability > 1:
        raise DecodeError("malformed mutability", at)
    return mutability == 1


def read_global_type(reader: Reader) -> GlobalType:
    """spec "Binary Format: Global Types"."""
    valtype = reader.valtype()
    return made(GlobalType, (valtype, read_mutability(reader)))


def read_tag_type(reader: Reader) -> int:
    """spec "Binary Format: Tag Types": the typeidx of a tag."""
    at = reader.pos
    if reader.byte() != 0:
        raise DecodeError("malformed tag attribute", at)
    return reader.u32()


def read_field_type(reader: Reader) -> FieldType:
    """spec "Binary Format: Composite Types": a field type."""
    storage = reader.storagetype()
    return made(FieldType, (storage, read_mutability(reader)))


def read_comptype(reader: Reader) -> CompType:
    """spec "Binary Format: Composite Types"."""
    at = reader.pos
    form = reader.byte()
    if form == FORM_FUNC:
        params = read_result_type(reader)
        return made(FuncType, (params, read_result_type(reader)))
    if form == FORM_STRUCT:
        count = reader.length()
        if count > MAX_FIELDS:
            raise DecodeError(f"too many fields in a structure type (limit {MAX_FIELDS})", at)
        fields = []
        for _ in range(count):
            fields.append(read_field_type(reader))
        return made(StructType, (tuple(fields),))
    if form == FORM_ARRAY:
        return made(ArrayType, (read_field_type(reader),))
    if form >= 0x80:
        raise DecodeError("integer representation too long", at)
    raise DecodeError(f"malformed definition type{missing_form(form)}", at)


def read_subtype(reader: Reader, module: Module, known: dict[CompType, CompType]) -> None:
    """spec "Binary Format: Recursive Types": append a sub type to `module.types`.

    `known` maps each composite type to the first one that equals it, which then takes the place of all others.
    """
    at = reader.pos
    typeidx = len(module.types)
    if typeidx >= MAX_TYPES:
        raise DecodeError(f"too many types (limit {MAX_TYPES})", at)
    module.type_offsets.append(at)
    form = reader.source[at] if at < reader.end else 0
    if form not in (FORM_SUB, FORM_SUB_FINAL, FORM_DESCRIBES, FORM_DESCRIPTOR):
        comptype = read_comptype(reader)
        module.types.append(known.setdefault(comptype, comptype))
        return
    supers: tuple[int, ...] = ()
    if form in (FORM_SUB, FORM_SUB_FINAL):
        reader.skip(1)
        supers = tuple(read_indices(reader))
    describes = read_clause(reader, FORM_DESCRIBES)
    descriptor = read_clause(reader, FORM_DESCRIPTOR)
    comptype = read_comptype(reader)
    comptype = known.setdefault(comptype, comptype)
    module.types.append(comptype)
    module.subtypes[typeidx] = made(SubType, (form != FORM_SUB, supers, comptype, describes, descriptor))


def read_clause(reader: Reader, form: int) -> int | None:
    """The typeidx after this byte, if that comes next."""
    at = reader.pos
    if at >= reader.end or reader.source[at] != form:
        return None
    reader.note_descriptors(at)
    reader.skip(1)
    return reader.u32()


def read_expr(reader: Reader, section_end: int) -> Extent:
    """spec "Binary Format: Expressions": pass over one; return where it lies."""
    start = reader.pos
    reader.skip_expr(section_end)
    return made(Extent, (start, reader.pos))


# Sections. Each function reads the content of one; the caller compares where it stopped with `section_end`.


def read_custom_section(reader: Reader, module: Module, section_end: int, after: int) -> None:
    """spec "Custom Section": its name; `after` is the id of the last other section before it."""
    end = reader.end
    reader.end = section_end
    name = reader.name()
    reader.end = end
    module.customs.append(made(Custom, (name, made(Extent, (reader.pos, section_end)), after)))
    reader.pos = section_end


def read_type_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Type Section"."""
    known: dict[CompType, CompType] = {}
    for i in range(reader.length()):
        if not i & 0xFF:  # a type may have a thousand parameters
            reader.look_around()
        if reader.pos < reader.end and reader.source[reader.pos] == FORM_REC:
            reader.skip(1)
            start = len(module.types)
            for j in range(reader.length()):
                if not j & 0xFF:
                    reader.look_around()
                read_subtype(reader, module, known)
            module.rectypes.append(made(RecType, (start, len(module.types) - start)))
        else:
            read_subtype(reader, module, known)


def read_import_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Import Section"."""
    spaces = (module.func_imports, module.table_imports, module.mem_imports, module.global_imports, module.tag_imports)
    for i in range(limited(reader, MAX_ENTRIES, "imports")):
        if not i & 0xFFF:
            reader.look_around()
        at = reader.pos
        module_name = reader.name()
        name = reader.name()
        kind_at = reader.pos
        kind = reader.byte()
        desc: int | TableType | MemoryType | GlobalType
        exact = kind == EXACT_FUNC
        if exact:
            reader.note_descriptors(kind_at)
            kind = FUNC
        if kind == FUNC:
            desc = reader.u32()
        elif kind == TABLE:
            desc = read_table_type(reader)
        elif kind == MEMORY:
            desc = read_memory_type(reader)
        elif kind == GLOBAL:
            desc = read_global_type(reader)
        elif kind == TAG:
            desc = read_tag_type(reader)
        else:
            raise DecodeError("malformed import kind", kind_at)
        import_ = made(Import, (module_name, name, kind, desc, at, exact))
        module.imports.append(import_)
        spaces[kind].append(import_)


def read_function_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Function Section": the typeidx of each function."""
    module.funcs = read_indices(reader)


def read_table_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Table Section"."""
    known: dict[TableType, TableType] = {}
    for i in range(limited(reader, MAX_TABLES, "tables")):
        if not i & 0xFFF:
            reader.look_around()
        at = reader.pos
        if reader.pos + 1 < reader.end and reader.source[at] == TABLE_INIT:
            reader.skip(1)
            if reader.byte() != 0:
                raise DecodeError("malformed table", at)
            table_type = read_table_type(reader)
            init: Extent | None = read_expr(reader, section_end)
        else:
            table_type = read_table_type(reader)
            init = None
        module.tables.append(made(Table, (known.setdefault(table_type, table_type), at, init)))


def read_memory_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Memory Section"."""
    for _ in range(limited(reader, MAX_MEMORIES, "memories")):
        at = reader.pos
        module.mems.append(Memory(read_memory_type(reader), at))


def read_tag_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Tag Section"."""
    for i in range(limited(reader, MAX_ENTRIES, "tags")):
        if not i & 0xFFF:
            reader.look_around()
        at = reader.pos
        module.tags.append(made(Tag, (read_tag_type(reader), at)))


def read_global_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Global Section"."""
    known: dict[GlobalType, GlobalType] = {}
    for i in range(limited(reader, MAX_ENTRIES, "globals")):
        if not i & 0xFFF:
            reader.look_around()
        at = reader.pos
        global_type = read_global_type(reader)
        global_type = known.setdefault(global_type, global_type)
        module.globals.append(made(Global, (global_type, read_expr(reader, section_end), at)))


def read_export_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Export Section"."""
    for i in range(limited(reader, MAX_ENTRIES, "exports")):
        if not i & 0xFFF:
            reader.look_around()
        at = reader.pos
        name = reader.name()
        kind_at = reader.pos
        kind = reader.byte()
        if kind > TAG:
            raise DecodeError("malformed export kind", kind_at)
        module.exports.append(made(Export, (name, kind, reader.u32(), at)))


def read_start_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Start Section"."""
    module.start_offset = reader.pos
    module.start = reader.u32()


def read_element_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Element Section"."""
    for i in range(limited(reader, MAX_SEGMENTS, "element segments")):
        if not i & 0xFFF:
            reader.look_around()
        module.elems.append(read_elem(reader, section_end))


def read_elem(reader: Reader, section_end: int) -> Elem:
    """spec "Element Section": flag 1 means passive or declarative, 2 a table index or declarative, 4 expressions."""
    at = reader.pos
    flags = reader.u32()
    if flags > 7:
        raise DecodeError("malformed elements segment kind", at)
    tableidx = 0
    offset_expr = None
    if flags & 1:
        mode = DECLARATIVE if flags & 2 else PASSIVE
    else:
        mode = ACTIVE
        if flags & 2:
            tableidx = reader.u32()
        offset_expr = read_expr(reader, section_end)
    reftype = FUNCREF if flags & 4 else FUNCREF + NON_NULL
    if flags & 3:
        if flags & 4:
            reftype = reader.reftype()
        elif reader.byte() != 0:
            raise DecodeError("malformed element kind", reader.pos - 1)
    init = reader.pos
    if flags & 4:
        exprs = read_exprs(reader, section_end)
        return made(Elem, (reftype, mode, tableidx, offset_expr, None, exprs, at, init))
    return made(Elem, (reftype, mode, tableidx, offset_expr, read_indices(reader), None, at, init))


def read_exprs(reader: Reader, section_end: int) -> list[Extent]:
    """spec "Element Section": a list of expressions, as where each lies."""
    exprs: list[Extent] = []
    for i in range(reader.length()):
        if not i & 0xFFF:
            reader.look_around()
        exprs.append(read_expr(reader, section_end))
    return exprs


def read_data_count_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Data Count Section"."""
    module.data_count = reader.u32()


def read_code_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Code Section": where each body lies, as two numbers of `Module.code`.

    A million of them must stay eight bytes each: no object per function.
    """
    if module.partial is not None:
        skip_bodies(reader, module.partial.code, section_end)
        module.code = module.partial.code
        return
    code = module.code
    for i in range(reader.length()):
        if not i & 0x7FF:  # each may be the first use of a page of memory
            reader.look_around()
        at = reader.pos
        size = reader.length()
        if size > MAX_BODY:
            raise DecodeError(f"function body is too large (limit {MAX_BODY} bytes)", at)
        code.append(reader.pos)
        reader.skip(size)
        code.append(reader.pos)


def skip_bodies(reader: Reader, code: array[int], section_end: int) -> None:
    """Go past the bodies that lie at the positions in `code`, if they can lie there."""
    for i in range(len(code)):
        if code[i] < reader.pos:
            raise DecodeError("function bodies are not in order", reader.pos)
        reader.pos = code[i]
    if reader.pos > section_end or (len(code) and reader.pos != section_end):
        raise DecodeError("function bodies are not in the code section", reader.pos)
    reader.pos = section_end


def read_data_section(reader: Reader, module: Module, section_end: int) -> None:
    """spec "Data Section"."""
    for i in range(limited(reader, MAX_SEGMENTS, "data segments")):
        if not i & 0xFFF:
            reader.look_around()
        at = reader.pos
        flags = reader.u32()
        if flags > 2:
            raise DecodeError("malformed data segment kind", at)
        memidx = reader.u32() if flags == 2 else 0
        mode = PASSIVE if flags == 1 else ACTIVE
        offset_expr = None if flags == 1 else read_expr(reader, section_end)
        size = reader.length()
        start = reader.pos
        reader.skip(size)
        module.datas.append(made(Data, (mode, memidx, offset_expr, made(Extent, (start, reader.pos)), at)))


def read_indices(reader: Reader) -> array[int]:
    """spec "Binary Format: Lists": a list of indices."""
    count = reader.length()
    indices = array("I")
    if count <= SHORT:  # as most are: each subtype has one
        for _ in range(count):
            indices.append(reader.u32())
        return indices
    some = array("I", bytes(4 * min(count, INDICES_AT_ONCE)))
    words = some
    at = 0
    for _ in range(count):
        words[at] = reader.u32()
        at += 1
        if at == INDICES_AT_ONCE:
            reader.look_around()
            indices.extend(some)
            at = 0
    indices.extend(some[:at])
    return indices


def limited(reader: Reader, most: int, what: str) -> int:
    """spec "Binary Format: Lists": the length of a list of which each item costs an object; at most `most`."""
    at = reader.pos
    count = reader.length()
    if count > most:
        raise DecodeError(f"too many {what} (limit {most})", at)
    return count


SECTIONS: tuple[Callable[[Reader, Module, int], None] | None, ...] = (
    None,  # custom sections may come anywhere and more than once
    read_type_section,
    read_import_section,
    read_function_section,
    read_table_section,
    read_memory_section,
    read_global_section,
    read_export_section,
    read_start_section,
    read_element_section,
    read_code_section,
    read_data_section,
    read_data_count_section,
    read_tag_section,
)
"""By section id."""
