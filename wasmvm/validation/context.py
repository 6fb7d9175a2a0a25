"""The context C that instructions are validated in (spec "Validation: Contexts"), laid out in flat arrays.

A list of value types is a *range* ``at, count`` of the array `Context.flat`. It begins with a part that is the same for
every module: the value types that are, each as a range of one (``flat[t] == t``), and the operands of the instructions
whose types are data (`isa.wasm`). Then come the references to the module's types, each as a range of one again, and
what the types consist of: parameters and results of each function type in a row, fields of structures and arrays.
"""

from __future__ import annotations

from array import array

from wasmvm.deftype import define
from wasmvm.generated import signatures
from wasmvm.syntax import Module
from wasmvm.types import (
    BOTTOM,
    BOTTOM_REF,
    CONCRETE,
    I8,
    I16,
    I32,
    KIND_ARRAY,
    KIND_STRUCT,
    FieldType,
    FuncType,
    StructType,
)
from wasmvm.typetable import PIECE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    Numbers = TypeVar("Numbers", array[int], bytearray)

SINGLES = 2 * BOTTOM_REF
"""Every value type that is not a reference to a type of the module is less than this."""

PREFIX = array("i", range(SINGLES))
"""The first part of every `Context.flat`, completed below."""

# Of each opcode whose row gives its signature: where its operands are in the prefix, how many there are, and its
# result (BOTTOM for none; no such instruction has two).
PARAMS_AT = array("i", [SINGLES + at for at in signatures.PARAMS_AT])
PARAM_COUNT = signatures.PARAM_COUNT
RESULT = signatures.RESULT
NATURAL_ALIGNMENT = signatures.NATURAL_ALIGNMENT
PREFIX.extend(signatures.TYPES)
# What is between this and the references to types is never looked at.
PREFIX.extend([BOTTOM] * (CONCRETE - len(PREFIX)))


UNPACKED = {I8: I32, I16: I32}
"""spec "Structure: Composite Types": of packed types, that of the values that a field gives and takes."""


class Context:
    """What a module declares, as the validator's inner loop wants it.

    Attributes:
        checkpoint: as in `Reader`.
        flat: see above; packed types of fields are I32 in it.
        type_kind: by typeidx, which kind of composite type it is.
        type_at, type_params, type_results: by typeidx, where the type is in `flat` and its numbers of parameters
            and results; a structure has its fields for parameters, an array has one.
        storage, mutable: as long as `flat`; the types of fields as they are stored, and whether they may be set.
        type_ids: by typeidx, the id of the defined type (`deftype`).
        funcs, tags: by funcidx and tagidx, the typeidx.
        tables, table_addr: by tableidx, the reftype and the address type.
        mems: by memidx, the address type.
        globals, global_mutable: by globalidx, the value type and whether it may be set.
        elems: by elemidx, the reftype.
        data_count: what the data count section says, or -1 without one.
        inexact: by funcidx, whether its type may be a subtype of the one that is known.
        descriptors: by typeidx, that of the type of its descriptors, or -1.
        refs: by funcidx, whether the function occurs outside of function bodies, which `ref.func` asks for.
    """

    def __init__(self, module: Module, checkpoint: Callable[[], object] | None = None) -> None:
        self.checkpoint = checkpoint
        count = len(module.types)
        self.flat = PREFIX[:]
        extend(self.flat, range(CONCRETE, CONCRETE + 4 * count))
        self.type_kind = bytearray(count)
        self.type_at = array("i")
        self.type_params = array("i")
        self.type_results = array("i")
        fields = []
        for typeidx, comptype in enumerate(module.types):
            at = len(self.flat)
            self.type_at.append(at)
            if isinstance(comptype, FuncType):
                self.type_params.append(len(comptype.params))
                self.type_results.append(len(comptype.results))
                self.flat.extend(comptype.params)
                self.flat.extend(comptype.results)
                continue
            structure = isinstance(comptype, StructType)
            self.type_kind[typeidx] = KIND_STRUCT if structure else KIND_ARRAY
            own: tuple[FieldType, ...] = comptype.fields if isinstance(comptype, StructType) else (comptype.field,)
            self.type_params.append(len(own))
            self.type_results.append(0)
            self.flat.extend([UNPACKED.get(storage, storage) for storage, _ in own])
            fields.append((at, own))
        # Most modules have no fields: then these two arrays stay empty.
        self.storage = array("i")
        if fields:
            extend(self.storage, self.flat)
        self.mutable = bytearray(len(self.storage))
        for at, own in fields:
            for i, (storage, mutable) in enumerate(own, at):
                if storage in UNPACKED:
                    self.storage[i] = storage
                if mutable:
                    self.mutable[i] = 1
        self.type_ids = define(module)
        self.funcs = extend(array("I"), [i.desc for i in module.func_imports])
        self.funcs.extend(module.funcs)
        self.tags = extend(array("I"), module.tag_typeidxs())
        table_types = module.table_types()
        self.tables = extend(array("i"), [t.reftype for t in table_types])
        self.table_addr = extend(bytearray(), [t.addrtype for t in table_types])
        self.mems = bytes([m.addrtype for m in module.mem_types()])
        global_types = module.global_types()
        self.globals = extend(array("i"), [g.valtype for g in global_types])
        self.global_mutable = extend(bytearray(), [g.mutable for g in global_types])
        self.elems = extend(array("i"), [e.reftype for e in module.elems])
        self.data_count = -1 if module.data_count is None else module.data_count
        self.refs = bytearray(len(self.funcs))
        self.inexact = bytearray(len(self.funcs))
        for funcidx, import_ in enumerate(module.func_imports):
            self.inexact[funcidx] = not import_.exact
        self.descriptors = array("i", [-1]) * count
        for typeidx, subtype in module.subtypes.items():
            if subtype.descriptor is not None:
                self.descriptors[typeidx] = subtype.descriptor


def extend(target: Numbers, numbers: Sequence[int]) -> Numbers:
    """Append numbers to an array, which is returned; other threads have their turn where there are many."""
    if len(numbers) <= PIECE:
        target.extend(numbers)
    else:
        for at in range(0, len(numbers), PIECE):
            target.extend(numbers[at : at + PIECE])
    return target
