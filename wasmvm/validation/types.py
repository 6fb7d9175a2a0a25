"""Types of modules (spec "Validation: Types")."""

from __future__ import annotations

from array import array

from wasmvm.deftype import close_comptype, define, match_comptype, match_deftype
from wasmvm.errors import ValidationError
from wasmvm.syntax import Module
from wasmvm.types import CONCRETE, CompType, StructType, SubType, typeidx_of, valtypes_of
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
        check_descriptors(module, typeidx, subtype, ends)
    type_ids = define(module, checkpoint)
    if module.subtypes:
        check_subtypes(module, type_ids, checkpoint)


def check_descriptors(module: Module, typeidx: int, subtype: SubType, ends: dict[int, int]) -> None:
    """Overview.md of the custom-descriptors proposal: both are structures of one group, and name each other."""
    for other, is_descriptor in ((subtype.describes, False), (subtype.descriptor, True)):
        if other is None:
            continue
        offset = module.type_offsets[typeidx]
        name = "descriptor" if is_descriptor else "described"
        if other >= ends.get(typeidx, typeidx + 1) or ends.get(other, other + 1) != ends.get(typeidx, typeidx + 1):
            raise ValidationError(f"{name} type is outside rec group: type {other}", offset)
        if not isinstance(subtype.comptype, StructType):
            kind = "descriptor type" if is_descriptor else "described type"
            raise ValidationError(f"{kind} must be a struct: a type with such a clause", offset)
        if not is_descriptor and other >= typeidx:
            raise ValidationError(f"forward use of described type {other}", offset)
        back = module.subtypes.get(other)
        if is_descriptor and (back is None or back.describes != typeidx):
            raise ValidationError(f"type is not described by its descriptor: type {other}", offset)
        if not is_descriptor and (back is None or back.descriptor != typeidx):
            raise ValidationError(f"described type is not described by descriptor: type {other}", offset)


def check_descriptor_subtypes(module: Module, typeidx: int, type_ids: array[int]) -> None:
    """Overview.md of the custom-descriptors proposal: descriptors of subtypes are of subtypes, and the other way."""
    subtype = module.subtypes[typeidx]
    expected = module.subtypes[subtype.supers[0]]
    offset = module.type_offsets[typeidx]
    mismatch = f"sub type {typeidx} does not match super type {subtype.supers[0]}"
    if expected.descriptor is not None:
        if subtype.descriptor is None:
            raise ValidationError(f"{mismatch}: it has no descriptor", offset)
        if not match_deftype(type_ids[subtype.descriptor], type_ids[expected.descriptor]):
            raise ValidationError(f"descriptor type {subtype.descriptor} does not match {expected.descriptor}", offset)
    if (expected.describes is None) != (subtype.describes is None):
        raise ValidationError(f"{mismatch}: only one of them describes a type", offset)
    if (
        expected.describes is not None
        and subtype.describes is not None
        and not match_deftype(type_ids[subtype.describes], type_ids[expected.describes])
    ):
        raise ValidationError(f"described type {subtype.describes} does not match {expected.describes}", offset)


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
        check_descriptor_subtypes(module, typeidx, type_ids)
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
