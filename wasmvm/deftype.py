"""Defined types (spec "Validation: Conventions: Defined Types"): types outside of the module that declares them.

Types are compared by structure, a group of recursive types by the structure of the whole group (spec "Matching:
Defined Types"). So every group is looked up in a table for the whole process (`typetable`), which has one copy of each
while somebody holds it. A defined type is then a number, its *type id*: equal types have the same one, and a *closed*
value type, whose typeidxs are type ids, means the same in every module and every store.
"""

from __future__ import annotations

from array import array

from wasmvm import typetable
from wasmvm.types import (
    ANYREF,
    ARRAYREF,
    BOTTOM_REF,
    CONCRETE,
    EQREF,
    EXNREF,
    EXTERNREF,
    FUNCREF,
    HEAPTYPE_NAMES,
    I31REF,
    NULLEXNREF,
    NULLEXTERNREF,
    NULLFUNCREF,
    NULLREF,
    NUMTYPES,
    STRUCTREF,
    V128,
    VALTYPE_NAMES,
    ArrayType,
    CompType,
    ExternType,
    FieldType,
    FuncType,
    GlobalType,
    StructType,
    TableType,
    TagType,
    heaptype_of,
    is_exact,
    is_nullable,
    is_reftype,
    typeidx_of,
)
from wasmvm.typetable import LOOK_TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wasmvm.syntax import Module

_SUPERTYPE = {EQREF: ANYREF, I31REF: EQREF, STRUCTREF: EQREF, ARRAYREF: EQREF}
_TOP = {
    **dict.fromkeys((ANYREF, EQREF, I31REF, STRUCTREF, ARRAYREF, NULLREF), ANYREF),
    **dict.fromkeys((FUNCREF, NULLFUNCREF), FUNCREF),
    **dict.fromkeys((EXTERNREF, NULLEXTERNREF), EXTERNREF),
    **dict.fromkeys((EXNREF, NULLEXNREF), EXNREF),
}
_BOTTOMS = frozenset((NULLREF, NULLFUNCREF, NULLEXTERNREF, NULLEXNREF))


def define(module: Module, checkpoint: Callable[[], object] | None = None) -> array[int]:
    """The ids of a module's types, by typeidx; whether they are valid is not looked at.

    References to types that do not exist, or are declared later, must have been ruled out. The types stay as long as
    the module does, or a copy of ``module.hold``.

    Args:
        checkpoint: is called again and again, see `Reader`; what it raises ends the work, which leaves no trace.
    """
    if module.type_ids is not None:
        return module.type_ids
    types, subtypes = module.types, module.subtypes
    counts = {rectype.start: rectype.count for rectype in module.rectypes if rectype.count}
    type_ids = array("i")
    firsts: list[int] = []
    typeidx, look = 0, LOOK_TYPES
    try:
        while typeidx < len(types):
            count = counts.get(typeidx, 1)
            comptype = types[typeidx]
            key = None
            subtype = subtypes.get(typeidx)
            is_plain = subtype is None or subtype.is_plain
            if is_plain and count == 1 and isinstance(comptype, FuncType):
                key = typetable.plain_key(comptype)
                needs: set[int] = set()
            if key is None:
                key, needs = typetable.group_key(types, subtypes, typeidx, count, type_ids, checkpoint)
            first = typetable.enter(key, count, needs).first
            firsts.append(first)
            type_ids.extend(range(first, first + count))
            typeidx += count
            if checkpoint is not None and typeidx >= look:
                checkpoint()
                look = typeidx + LOOK_TYPES
    except BaseException:
        typetable.release(firsts)
        raise
    module.hold = typetable.holding(firsts)
    module.type_ids = type_ids
    return type_ids


def define_functype(functype: FuncType) -> typetable.Hold:
    """What keeps the final type of its own group that is this closed function type.

    Raises:
        ValueError: a type that it refers to is gone.
    """
    key = typetable.plain_key(functype)
    needs: set[int] = set()
    if key is None:
        key, needs = typetable.functype_key(functype)
    return typetable.holding([typetable.enter(key, 1, needs).first])


def hold_valtype(valtype: int) -> typetable.Hold | None:
    """What keeps the type that a closed value type refers to, or None if to none; ValueError if it is gone."""
    return typetable.hold(typeidx_of(valtype)) if valtype >= CONCRETE else None


def check_valtype(valtype: object, reference: bool = False) -> int:
    """An embedder's value type, or `reference` type, as an int of no subclass.

    Raises:
        TypeError: it is not a number.
        ValueError: no closed type has that number, none has it any more, or it is not a reference type.
    """
    if not isinstance(valtype, int):
        raise TypeError(f"type: expected a value type, got {valtype!r}")
    valtype = int.__pos__(valtype)
    if valtype not in NUMTYPES and valtype != V128:
        heaptype = heaptype_of(valtype) if is_reftype(valtype) else -1
        if heaptype >= CONCRETE:
            if not typetable.is_there(typeidx_of(heaptype)):
                raise ValueError(
                    f"type: there is no value type {valtype}, or what it refers to is gone with its modules"
                )
        elif heaptype not in HEAPTYPE_NAMES:
            raise ValueError(f"type: there is no value type {valtype}")
    elif reference:
        raise ValueError(f"type: expected a reference type, got {VALTYPE_NAMES[valtype]}")
    return valtype


def checked_functype(functype: object) -> FuncType:
    """An embedder's function type, whose parts may be other sequences than tuples; raises as `check_valtype` does."""
    if not isinstance(functype, FuncType):
        raise TypeError(f"type: expected a FuncType, got {type(functype).__name__}")
    return FuncType(tuple(map(check_valtype, functype.params)), tuple(map(check_valtype, functype.results)))


def close_valtype(valtype: int, type_ids: array[int]) -> int:
    """The value type as it is outside of the module whose types have these ids."""
    if valtype < CONCRETE:
        return valtype
    return CONCRETE + 4 * type_ids[typeidx_of(valtype)] + (valtype & 3)


def close_functype(functype: FuncType, type_ids: array[int]) -> FuncType:
    if max(functype.params + functype.results, default=0) < CONCRETE:
        return functype
    return FuncType(
        tuple([close_valtype(valtype, type_ids) for valtype in functype.params]),
        tuple([close_valtype(valtype, type_ids) for valtype in functype.results]),
    )


def close_comptype(comptype: CompType, type_ids: array[int]) -> CompType:
    if isinstance(comptype, FuncType):
        return close_functype(comptype, type_ids)
    if isinstance(comptype, StructType):
        return StructType(tuple([FieldType(close_valtype(t, type_ids), mutable) for t, mutable in comptype.fields]))
    return ArrayType(FieldType(close_valtype(comptype.field.storage, type_ids), comptype.field.mutable))


def close_externtype(type_: ExternType, type_ids: array[int]) -> ExternType:
    if isinstance(type_, FuncType):
        return close_functype(type_, type_ids)
    if isinstance(type_, TableType):
        return TableType(close_valtype(type_.reftype, type_ids), type_.limits, type_.addrtype)
    if isinstance(type_, GlobalType):
        return GlobalType(close_valtype(type_.valtype, type_ids), type_.mutable)
    if isinstance(type_, TagType):
        return TagType(close_functype(type_.functype, type_ids))
    return type_


# spec "Validation: Matching", of closed types


def match_deftype(actual: int, expected: int) -> bool:
    """spec "Matching: Defined Types": whether one defined type is the other or a subtype of it."""
    while actual != expected:
        actual = typetable.super_of(actual)
        if actual < 0:
            return False
    return True


def top_of(heaptype: int) -> int:
    """The greatest heap type above this one."""
    return _TOP[typetable.kind_of(typeidx_of(heaptype)) if heaptype >= CONCRETE else heaptype]


def match_heaptype(actual: int, expected: int) -> bool:
    """spec "Matching: Heap Types"; both as `types.heaptype_of` gives them."""
    if actual == expected:
        return True
    if actual in _BOTTOMS:
        return _TOP[actual] == top_of(expected)
    if is_exact(expected):  # the bottom types aside, nothing but that very type
        return False
    if expected >= CONCRETE:
        return actual >= CONCRETE and match_deftype(typeidx_of(actual), typeidx_of(expected))
    if actual >= CONCRETE:
        actual = typetable.kind_of(typeidx_of(actual))
    while actual != expected:
        if actual not in _SUPERTYPE:
            return False
        actual = _SUPERTYPE[actual]
    return True


def match_valtype(actual: int, expected: int) -> bool:
    """spec "Matching: Value Types": whether a value of type `actual` is of type `expected` as well."""
    if actual == expected:
        return True
    if not (is_reftype(actual) and is_reftype(expected)):
        return False
    if actual == BOTTOM_REF:
        return True
    if expected == BOTTOM_REF or (is_nullable(actual) and not is_nullable(expected)):
        return False
    return match_heaptype(heaptype_of(actual), heaptype_of(expected))


def match_fieldtype(actual: FieldType, expected: FieldType) -> bool:
    """spec "Matching: Field Types"."""
    if actual == expected:
        return True
    return not actual.mutable and not expected.mutable and match_valtype(actual.storage, expected.storage)


def match_comptype(actual: CompType, expected: CompType) -> bool:
    """spec "Matching: Composite Types"."""
    if isinstance(actual, FuncType) and isinstance(expected, FuncType):
        return (
            len(actual.params) == len(expected.params)
            and len(actual.results) == len(expected.results)
            and all(map(match_valtype, expected.params, actual.params))
            and all(map(match_valtype, actual.results, expected.results))
        )
    if isinstance(actual, StructType) and isinstance(expected, StructType):
        return len(actual.fields) >= len(expected.fields) and all(map(match_fieldtype, actual.fields, expected.fields))
    if isinstance(actual, ArrayType) and isinstance(expected, ArrayType):
        return match_fieldtype(actual.field, expected.field)
    return False
