"""Instantiation (spec "Execution: Modules: Instantiation").

Compiled, since there are programs that make an instance for every request.
"""

from __future__ import annotations

from collections.abc import Sequence

import cython

from wasmvm._core import BLANK, InitialData, image_of
from wasmvm.deftype import close_externtype, close_valtype, match_deftype, match_valtype
from wasmvm.errors import LinkError
from wasmvm.quoting import quoted
from wasmvm.runtime.constexpr import constant, evaluate
from wasmvm.syntax import ACTIVE, DECLARATIVE, Import
from wasmvm.types import EXTERN_KINDS, FUNC, GLOBAL, I32, MEMORY, TABLE, TAG, TagType, match_limits

if not cython.compiled:
    from wasmvm._core import Func, Global, Instance, Memory, SharedMemory, Store, Table, Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasmvm._core import MemoryImage
    from wasmvm.compiled import CompiledModule
    from wasmvm.syntax import Data, Extent, Module

Extern = Func | Table | Memory | SharedMemory | Global | Tag

IMAGE_WISHES = 3
"""How often a module asks for an image: there may be too many at the moment, or a signal came."""
UNITS = 16
"""What a global, a segment, or an element that is an expression costs of a call's budget: under a microsecond."""


class Plan:
    """The parts of a decoded module that instantiation reads, each one load away.

    It is made for the first instance; the limit of time of that store ends this as well.
    """

    def __init__(self, module: CompiledModule, store: Store) -> None:
        syntax = module.syntax
        type_ids = module.type_ids
        self.source = syntax.loaded
        self.imports = syntax.imports
        self.type_ids = type_ids
        self.import_types = module.import_types
        self.tables: list[tuple[Any, Extent | None]] = []
        self.globals: list[tuple[Any, Extent]] = []
        for table in syntax.tables:
            self.tables.append((close_externtype(table.type, type_ids), table.init))
        self.mems = syntax.mems
        for global_ in syntax.globals:
            self.globals.append((close_externtype(global_.type, type_ids), global_.init))
            store.spend(UNITS)
        self.tags: list[tuple[TagType, int]] = []
        for tag in syntax.tags:
            self.tags.append((TagType(syntax.functype(tag.typeidx)), type_ids[tag.typeidx]))
        self.elems = syntax.elems
        self.elem_types: list[int] = []
        for elem in syntax.elems:
            self.elem_types.append(close_valtype(elem.reftype, type_ids))
        # Data segments that need nothing but the module are known once for all instances; the others follow them.
        self.initial = InitialData(self.source)
        self.datas: list[tuple[int, Data]] = []
        in_order = True
        for i, data in enumerate(syntax.datas):
            offset = -1
            if data.mode == ACTIVE and data.offset_expr is not None and in_order:
                offset = constant(self.source, data.offset_expr)
                in_order = offset >= 0
            if offset >= 0:
                self.initial.add(i, data.memidx, offset, data.init.start, data.init.end)
            else:
                self.datas.append((i, data))
            store.spend(UNITS)
        self.has_segments = bool(syntax.elems or syntax.datas)
        self.start = syntax.start
        self.image: MemoryImage | None = None
        self.wishes = IMAGE_WISHES if self._may_have_image(syntax) else 0
        self.made_before = False

    def _may_have_image(self, syntax: Module) -> bool:
        """Whether memories may begin with what the data segments write, so that nobody can tell when that was.

        A segment of references in somebody else's table makes functions of the instance known before that.
        """
        memidx = self.initial.memidx - len(syntax.mem_imports)
        if memidx < 0 or memidx >= len(syntax.mems):
            return False
        imported = len(syntax.table_imports)
        if any(elem.mode == ACTIVE and elem.tableidx < imported for elem in syntax.elems):
            return False
        memtype = syntax.mems[memidx].type
        return not memtype.shared and self.initial.plan_image(memtype.limits.min, memtype.page_size)

    def next_image(self, store: Store) -> MemoryImage | None:
        """What the memory of the next instance begins with; made for the second one, as most programs have one only."""
        if self.image is None and self.made_before:
            self.wishes -= 1
            self.image = image_of(store, self.initial)
        self.made_before = True
        return self.image


def instantiate(store: Store, module: CompiledModule, externs: Sequence[Extern]) -> Instance:
    """Make an instance of a module whose imports are `externs`, in the order of the module; run its start function.

    Raises:
        LinkError: an import has another type than the module asks for, or the store's limits forbid the instance.
        Trap, WasmException: an active segment does not fit, or the start function trapped or threw. What was written
            before stays written. Or the store was interrupted, or its limit of time, which is for all of this together,
            was reached.
    """
    made: Instance = store.during_call(planned_instance, store, module, externs)
    return made


def planned_instance(store: Store, module: CompiledModule, externs: Sequence[Extern]) -> Instance:
    plan = module.plan
    if plan is None:
        plan = module.plan = Plan(module, store)
    return new_instance(store, module, plan, externs)


def new_instance(store: Store, module: CompiledModule, plan: Any, externs: Sequence[Extern]) -> Instance:
    funcs: list[Any] = []
    tables: list[Any] = []
    memories: list[Any] = []
    globals_: list[Any] = []
    tags: list[Any] = []
    if externs or plan.imports:
        spaces = (funcs, tables, memories, globals_, tags)
        for import_, expected, extern in zip(plan.imports, plan.import_types, externs, strict=True):
            given = of_store(store, extern) if import_.kind == MEMORY else extern
            check_import(store, plan, import_, expected, given)
            spaces[import_.kind].append(given)
    image = plan.next_image(store) if plan.wishes else plan.image
    written = 0
    try:
        store.count_made(len(plan.tables), len(plan.mems))
        for table_type, _ in plan.tables:
            tables.append(Table(store, table_type, BLANK))
        for memory in plan.mems:
            if image is not None and len(memories) == plan.initial.memidx:
                own = Memory(store, memory.type, image)
                if own.has_image:
                    written = plan.initial.imaged
                memories.append(own)
            else:
                memories.append(Memory(store, memory.type))
        for tag_type, type_id in plan.tags:
            tags.append(Tag(store, tag_type, type_id=type_id))
        instance = Instance(store, module, tuple(funcs), tuple(tables), tuple(memories), tuple(tags))
    except MemoryError as error:
        raise LinkError(str(error), limit=getattr(error, "limit", None)) from error
    try:
        fill(store, plan, instance, globals_, len(tables) - len(plan.tables), written)
    finally:  # also where what was written before stays
        instance.finish()
    if plan.start is not None:
        instance.func(plan.start)()
    return instance


def fill(store: Store, plan: Plan, instance: Instance, globals_: list[Any], imported_tables: int, written: int) -> None:
    """Give the instance its globals (`globals_` has the imported ones) and run its segments.

    Its memory begins with what the first `written` segments of `plan.initial` write.
    """
    for imported in globals_:
        instance.add_global(imported)
    for i, (table_type, init) in enumerate(plan.tables, imported_tables):
        if init is not None:
            instance.fill_table(i, evaluate(plan.source, init, instance, table_type.reftype))
    for global_type, init in plan.globals:
        instance.define_global(global_type, evaluate(plan.source, init, instance, global_type.valtype))
        store.spend(UNITS)
    if plan.has_segments:
        set_segments(store, plan, instance, written)
        run_segments(plan, instance, written)


def of_store(store: Store, extern: Any) -> Any:
    """A shared memory as a memory of the store; everything else as it is."""
    shared = extern
    if isinstance(extern, Memory) and extern.store is not store:
        shared = extern.shared
    return Memory(store, shared) if isinstance(shared, SharedMemory) else extern


def is_of_kind(extern: Extern, kind: int) -> bool:
    """Whether an object is of the class that imports of this kind need."""
    if kind == FUNC:
        return isinstance(extern, Func)
    if kind == TABLE:
        return isinstance(extern, Table)
    if kind == MEMORY:
        return isinstance(extern, Memory)
    return isinstance(extern, Global if kind == GLOBAL else Tag)


def check_import(store: Store, plan: Plan, import_: Import, expected: Any, extern: Any) -> None:
    """spec "Matching: External Types": an import may be given only what matches its type."""
    kind = import_.kind
    actual: Any = None if kind == FUNC else extern.actual_type
    if not is_of_kind(extern, kind):
        problem = f"type for {{}}: it must be a {EXTERN_KINDS[kind]}"
    elif extern.store is not store:
        problem = "{}: it belongs to another store"
    else:
        if kind == FUNC:
            type_id = plan.type_ids[import_.desc]
            matches = extern.type_id == type_id or (not import_.exact and match_deftype(extern.type_id, type_id))
        elif kind == TAG:
            matches = extern.type_id == plan.type_ids[import_.desc]
        elif kind == GLOBAL:
            matches = actual == expected or (
                not actual.mutable and not expected.mutable and match_valtype(actual.valtype, expected.valtype)
            )
        else:
            matches = (
                (
                    actual.page_size == expected.page_size and actual.shared == expected.shared
                    if kind == MEMORY
                    else actual.reftype == expected.reftype
                )
                and actual.addrtype == expected.addrtype
                and match_limits(actual.limits, expected.limits)
            )
        if matches:
            return
        exactly = "exactly " if import_.exact else ""
        problem = f"type for {{}}: expected {exactly}{expected}, got {extern.actual_type}"
    name = f"{quoted(import_.module)} {quoted(import_.name)}"
    actual = extern.actual_type
    raise LinkError(f"incompatible import {problem.format(name)}", import_.module, import_.name, expected, actual)


def set_segments(store: Store, plan: Plan, instance: Instance, written: int) -> None:
    """Give the instance its element and data instances."""
    for i, elem in enumerate(plan.elems):
        if elem.funcidxs is not None:
            instance.set_elem_funcs(i, elem.funcidxs)
        else:
            exprs = elem.exprs or ()
            instance.set_elem_size(i, len(exprs), plan.elem_types[i])
            for j, expr in enumerate(exprs):  # at once: making the next one may free what nothing refers to
                bits = evaluate(plan.source, expr, instance, plan.elem_types[i])
                instance.set_elem_bits(i, j, bits)
                store.spend(UNITS)
    instance.set_initial_data(plan.initial, written)
    for i, data in plan.datas:
        instance.set_data(i, plan.source, data.init.start, data.init.end)
        store.spend(UNITS)


def run_segments(plan: Plan, instance: Instance, written: int) -> None:
    """Initialise tables and memories from the active segments, in order; forget the declarative ones."""
    for i, elem in enumerate(plan.elems):
        if elem.mode == ACTIVE and elem.offset_expr is not None:
            instance.table_init(i, elem.tableidx, evaluate(plan.source, elem.offset_expr, instance, I32))
        elif elem.mode == DECLARATIVE:
            instance.drop_elem(i)
    instance.run_initial_data(plan.initial, written)
    for i, data in plan.datas:
        if data.mode == ACTIVE and data.offset_expr is not None:
            instance.memory_init(i, data.memidx, evaluate(plan.source, data.offset_expr, instance, I32))
