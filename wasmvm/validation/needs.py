"""Which proposals a module needs (`features`), and whether it has what is switched off."""

from __future__ import annotations

from wasmvm.deftype import close_valtype, define, match_valtype
from wasmvm.errors import ValidationError
from wasmvm.features import DEFAULT, WHOLE, Features
from wasmvm.isa.codes import SECTION_DATA_COUNT
from wasmvm.isa.proposals import PROPOSALS
from wasmvm.isa.wasm import BY_CODE, BY_MNEMONIC
from wasmvm.reader import Reader
from wasmvm.record import Record
from wasmvm.syntax import ACTIVE, Module
from wasmvm.types import (
    CONCRETE,
    EXNREF,
    EXTERNREF,
    F32,
    F64,
    FUNCREF,
    GLOBAL,
    I64,
    NULLEXNREF,
    PAGE_SIZE,
    V128,
    FuncType,
    MemoryType,
    TableType,
    heaptype_of,
    is_exact,
    is_nullable,
    is_reftype,
    valtype_text,
    valtypes_of,
)
from wasmvm.validation.occurrences import MEMIDX, MULTI_VALUE, Occurrences

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

EXTENDED = [BY_MNEMONIC[f"{type}.{name}"].code for type in ("i32", "i64") for name in ("add", "sub", "mul")]
"""The instructions of constant expressions that came with the proposal extended-const."""
GLOBAL_GET = BY_MNEMONIC["global.get"].code


class Need(Record):
    """What of a module needs a proposal: in words, and its offset."""

    offset: int
    what: str


def check_features(module: Module, features: Features, checkpoint: Callable[[], object] | None = None) -> None:
    """Check that a valid module needs no other proposals than these.

    Raises:
        ValidationError: it does; the message names the proposal, and says how to switch it on.
        OSError: function bodies cannot be read any more.
    """
    module.may_have_descriptors = "custom-descriptors" in features
    if features >= DEFAULT and (module.may_have_descriptors or module.descriptors_at < 0):
        return
    for name, need in needs(module, checkpoint).items():
        if name not in features:
            raise switched_off(need.what, WHOLE.get(name, name), need.offset)


def switched_off(what: str, name: str, offset: int) -> ValidationError:
    """The error for what needs a proposal that is off."""
    return ValidationError(
        f"{what} needs the {name} proposal, which is switched off "
        f"(on: Config({name.replace('-', '_')}=True), -W {name}=yes)",
        offset,
    )


def needs(module: Module, checkpoint: Callable[[], object] | None = None) -> dict[str, Need]:
    """By feature, the first thing of a valid module that needs it, in the order of the file.

    Args:
        checkpoint: is called again and again, see `Reader`; what it raises ends the work.

    Raises:
        OSError: function bodies cannot be read any more.
    """
    found = _Found(module, checkpoint)
    found.types()
    found.imports()
    found.definitions()
    found.segments()
    found.constants()
    found.bodies()
    return dict(sorted(found.needs.items(), key=lambda item: item[1].offset))


class _Found:
    def __init__(self, module: Module, checkpoint: Callable[[], object] | None) -> None:
        self.module = module
        self.reader = Reader(module.source, checkpoint)
        self.needs: dict[str, Need] = {}

    def add(self, feature: str, offset: int, what: str) -> None:
        known = self.needs.get(feature)
        if known is None or offset < known.offset:
            self.needs[feature] = Need(offset, what)

    def type(self, valtype: int, offset: int) -> None:
        what = f"the type {valtype_text(valtype)}"
        if valtype in (F32, F64):
            self.add("floats", offset, what)
        elif valtype == V128:
            self.add("simd", offset, what)
        elif is_reftype(valtype):
            self.add("reference-types", offset, what)
            heaptype = heaptype_of(valtype)
            if is_exact(valtype):
                self.add("custom-descriptors", offset, what)
            elif heaptype >= CONCRETE or not is_nullable(valtype):
                self.add("function-references", offset, what)
            if heaptype in (EXNREF, NULLEXNREF):
                self.add("exceptions", offset, what)
            elif heaptype < CONCRETE and heaptype not in (FUNCREF, EXTERNREF):
                self.add("gc", offset, what)

    def types(self) -> None:
        module = self.module
        for typeidx, comptype in enumerate(module.types):
            if not typeidx & 0xFFF:
                self.reader.look_around()
            offset = module.type_offsets[typeidx]
            for valtype in dict.fromkeys(valtypes_of(comptype)):
                self.type(valtype, offset)
            if not isinstance(comptype, FuncType):
                self.add("gc", offset, "a type of structures or arrays")
            elif len(comptype.results) > 1:
                self.add("multi-value", offset, "a function type with several results")
        for rectype in module.rectypes:
            if rectype.start < len(module.types):
                self.add("gc", module.type_offsets[rectype.start], "a group of recursive types")
        for typeidx, subtype in module.subtypes.items():
            self.add("gc", module.type_offsets[typeidx], "a sub type")
            if subtype.describes is not None or subtype.descriptor is not None:
                self.add("custom-descriptors", module.type_offsets[typeidx], "a type with a descriptor")

    def imports(self) -> None:
        module = self.module
        for import_ in module.func_imports:
            if import_.exact:
                self.add("custom-descriptors", import_.offset, "the import of a function of an exact type")
        for import_ in module.table_imports:
            self.table(import_.desc, import_.offset)
        for import_ in module.mem_imports:
            self.memory(import_.desc, import_.offset)
        for import_ in module.global_imports:
            self.type(import_.desc.valtype, import_.offset)
            if import_.desc.mutable:
                self.add("mutable-global", import_.offset, "the import of a mutable global")
        for import_ in module.tag_imports[:1]:
            self.add("exceptions", import_.offset, "a tag")
        self.second("tables", [i.offset for i in module.table_imports], [t.offset for t in module.tables])
        self.second("memories", [i.offset for i in module.mem_imports], [m.offset for m in module.mems])

    def second(self, what: str, imported: list[int], defined: list[int]) -> None:
        offsets = imported + defined
        if len(offsets) > 1:
            feature = "multi-memory" if what == "memories" else "reference-types"
            self.add(feature, offsets[1], f"a module with several {what}")

    def table(self, type_: TableType, offset: int) -> None:
        if type_.reftype != FUNCREF:
            self.type(type_.reftype, offset)
        if type_.addrtype == I64:
            self.add("memory64", offset, "a table with 64-bit addresses")

    def memory(self, type_: MemoryType, offset: int) -> None:
        if type_.addrtype == I64:
            self.add("memory64", offset, "a memory with 64-bit addresses")
        if type_.shared:
            self.add("threads", offset, "a shared memory")
        if type_.page_size != PAGE_SIZE:
            self.add("custom-page-sizes", offset, f"a memory with pages of {type_.page_size} byte")

    def definitions(self) -> None:
        module = self.module
        for table in module.tables:
            self.table(table.type, table.offset)
            if table.init is not None:
                self.add("function-references", table.offset, "a table with an initial value")
        for mem in module.mems:
            self.memory(mem.type, mem.offset)
        for global_ in module.globals:
            self.type(global_.type.valtype, global_.offset)
        for tag in module.tags[:1]:
            self.add("exceptions", tag.offset, "a tag")
        types = module.global_types()
        for export in module.exports:
            if export.kind == GLOBAL and types[export.index].mutable:
                self.add("mutable-global", export.offset, "the export of a mutable global")

    def segments(self) -> None:
        module = self.module
        for elem in module.elems:
            if elem.mode != ACTIVE:
                self.add("bulk-memory", elem.offset, "an element segment that is not active")
            if elem.exprs is not None:
                self.type(elem.reftype, elem.offset)
                self.add("reference-types", elem.offset, "an element segment of expressions")
        for data in module.datas:
            if data.mode != ACTIVE:
                self.add("bulk-memory", data.offset, "a passive data segment")
        count = module.section(SECTION_DATA_COUNT)
        if count is not None:
            self.add("bulk-memory", count.start, "a data count section")

    def constants(self) -> None:
        module = self.module
        extents = [table.init for table in module.tables] + [global_.init for global_ in module.globals]
        for elem in module.elems:
            extents += [elem.offset_expr, *(elem.exprs or ())]
        extents += [data.offset_expr for data in module.datas]
        found = Occurrences(self.reader)
        for extent in extents:
            if extent is not None:
                found.expr(extent.start, extent.end)
        for code in EXTENDED:
            if found.opcodes[code]:
                self.add(
                    "extended-const", found.opcodes[code] - 1, f"{BY_CODE[code].mnemonic} in a constant expression"
                )
        self.later_globals()
        self.occurrences(found)

    def later_globals(self) -> None:
        """Globals whose values are those of others that the module defines."""
        reader = self.reader
        for global_ in self.module.globals:
            reader.pos = global_.init.start
            if reader.opcode() == GLOBAL_GET and reader.u32() >= len(self.module.global_imports):
                self.add("gc", global_.init.start, "a global with the value of another one that is defined here")

    def bodies(self) -> None:
        code = self.module.code
        found = Occurrences(self.reader)
        found.bodies(code)
        self.occurrences(found)

    def occurrences(self, found: Occurrences) -> None:
        for opcode, features in PROPOSALS.items():
            if found.opcodes[opcode]:
                for feature in features:
                    self.add(feature, found.opcodes[opcode] - 1, BY_CODE[opcode].mnemonic)
        for type, offset in found.types.items():
            if type == MULTI_VALUE:
                self.add("multi-value", offset, "a block with parameters, or several results")
            elif type == MEMIDX:
                self.add("multi-memory", offset, "a memory index")
            else:
                self.type(type, offset)
        type_ids = define(self.module)
        for (source, target), offset in found.casts.items():
            if not match_valtype(close_valtype(target, type_ids), close_valtype(source, type_ids)):
                what = f"type mismatch: a branch on a cast from {valtype_text(source)} to {valtype_text(target)}"
                self.add("custom-descriptors", offset, what)
