"""Types of modules (spec "Validation: Types")."""

from __future__ import annotations

from array import array

from wasmvm.deftype import close_comptype, define, match_comptype
from wasmvm.errors import ValidationError
from wasmvm.syntax import Module
from wasmvm.types import CONCRETE, CompType, StructType, typeidx_of, valtypes_of
from wasmvm.typetable import LOOK_TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 63
"""Supertypes above a type, as in the limits of web browsers: a cast may have to look at all."""


def check_types(module: Module, checkpoint: Callable[[], object] | None = None) -> None:
    """Check that every type refers to existing types, and matches what it is declared a subtype of.

    Args:
        checkpoint: is called again and again, see `Reader`; what it raises ends the work.
    """
    ends = {}
    for rectype in module.rectypes:
        for typeidx in range(rectype.start, rectype.start + rectype.count):
            ends[typeidx] = rectype.start + rectype.count
    for typeidx, comptype in enumerate(module.types):
        if checkpoint is not None and not (typeidx + 1) % LOOK_TYPES:
            checkpoint()
        valtypes = valtypes_of(comptype)
        if not valtypes or max(valtypes) < CONCRETE:
            continue
        for valtype in valtypes:
            check_valtype(valtype, ends.get(typeidx, typeidx + 1), module.type_offsets[typeidx])
    for typeidx, subtype in module.subtypes.items():
        for super_ in subtype.supers:
            if super_ >= typeidx:
                raise ValidationError(f"unknown type {super_}", module.type_offsets[typeidx])
        if len(subtype.supers) > 1:
            raise ValidationError("sub type: there may be one supertype only", module.type_offsets[typeidx])
    type_ids = define(module, checkpoint)
    if module.subtypes:
        check_subtypes(module, type_ids, checkpoint)


def check_subtypes(module: Module, type_ids: array[int], checkpoint: Callable[[], object] | None) -> None:
    """spec "Validation: Recursive Types": supertypes are not final, and match."""
    depths: dict[int, int] = {}
    for typeidx, subtype in module.subtypes.items():
        if checkpoint is not None and not (typeidx + 1) % LOOK_TYPES:
            checkpoint()
        if not subtype.supers:
            continue
        super_ = subtype.supers[0]
        expected = module.subtypes.get(super_)
        if (
            expected is None
            or expected.final
            or not (
                extends(subtype.comptype, expected.comptype)
                or match_comptype(
                    close_comptype(subtype.comptype, type_ids), close_comptype(expected.comptype, type_ids)
                )
            )
        ):
            raise ValidationError(
                f"sub type {typeidx} does not match super type {super_}", module.type_offsets[typeidx]
            )
        depth = depths[typeidx] = depths.get(super_, 0) + 1
        if depth > MAX_DEPTH:
            raise ValidationError(f"sub type {typeidx} is too deep (limit {MAX_DEPTH})", module.type_offsets[typeidx])


def extends(comptype: CompType, expected: CompType) -> bool:
    """Whether a composite type is just another, or begins with the same fields: then it matches, as most do."""
    if isinstance(comptype, StructType) and isinstance(expected, StructType):
        return comptype.fields[: len(expected.fields)] == expected.fields
    return comptype == expected


def check_valtype(valtype: int, count: int, offset: int) -> None:
    """spec "Validation: Types: Heap Types": whether the type it refers to, if any, is one of the first `count`."""
    if valtype >= CONCRETE and typeidx_of(valtype) >= count:
        raise ValidationError(f"unknown type {typeidx_of(valtype)}", offset)
