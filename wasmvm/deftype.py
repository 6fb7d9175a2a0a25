"""Defined types (specification, 2.3.14 and 3.1.2): what types mean outside of the module that declares them.

Types are compared by structure, a group of recursive types by the structure of the whole group (3.3.12 "Defined
types"). So every group is *rolled up*: references into itself become positions in it, all others name types that were
defined before; and a table keeps one copy of each. A defined type is then a number, equal types have the same one, and
a *closed* value type, whose typeidxs are such numbers, means the same in every module and every store. Numbers are
never given back: a process knows finitely many types, and comparing them costs nothing.
"""

from __future__ import annotations

from _thread import allocate_lock
from array import array

from wasmvm.record import Record
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
    SubType,
    TableType,
    TagType,
    heaptype_of,
    is_nullable,
    is_reftype,
    typeidx_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wasmvm.syntax import Module


class DefType(Record):
    """A defined type; its composite type is closed.

    Attributes:
        number: what stands for it.
        final: whether it may have no subtypes.
        super: the number of its supertype, or -1.
        depth: how many types are above it.
        heaptype: the abstract heap type right above all types of its kind: FUNCREF, STRUCTREF or ARRAYREF.
    """

    number: int
    final: bool
    super: int
    depth: int
    heaptype: int
    comptype: CompType


DEFTYPES: list[DefType] = []
"""By number."""
_groups: dict[object, int] = {}
"""The number of the first type of each group that is known, by the group rolled up."""
_lock = allocate_lock()

_SUPERTYPE = {EQREF: ANYREF, I31REF: EQREF, STRUCTREF: EQREF, ARRAYREF: EQREF}
_TOP = {
    **dict.fromkeys((ANYREF, EQREF, I31REF, STRUCTREF, ARRAYREF, NULLREF), ANYREF),
    **dict.fromkeys((FUNCREF, NULLFUNCREF), FUNCREF),
    **dict.fromkeys((EXTERNREF, NULLEXTERNREF), EXTERNREF),
    **dict.fromkeys((EXNREF, NULLEXNREF), EXNREF),
}
_BOTTOMS = frozenset((NULLREF, NULLFUNCREF, NULLEXTERNREF, NULLEXNREF))


def map_comptype(comptype: CompType, change: Callable[[int], int]) -> CompType:
    """The type with each value type in it changed; the same object where nothing does."""
    if isinstance(comptype, FuncType):
        valtypes = comptype.params + comptype.results
        if not valtypes or (min(valtypes) > 0 and max(valtypes) < CONCRETE):
            return comptype
        return FuncType(tuple(map(change, comptype.params)), tuple(map(change, comptype.results)))
    if isinstance(comptype, StructType):
        return StructType(tuple([FieldType(change(f.storage), f.mutable) for f in comptype.fields]))
    return ArrayType(FieldType(change(comptype.field.storage), comptype.field.mutable))


def define(module: Module) -> array[int]:
    """The numbers of a module's types, by typeidx; whether they are valid is not looked at.

    References to types that do not exist, or are declared later, must have been ruled out.
    """
    numbers = array("i")
    groups = {rectype.start: rectype.count for rectype in module.rectypes if rectype.count}
    with _lock:
        while len(numbers) < len(module.types):
            start = len(numbers)
            _define_group(module, start, groups.get(start, 1), numbers)
    return numbers


def _define_group(module: Module, start: int, count: int, numbers: array[int]) -> None:
    """Append the numbers of one group to those of the types before it."""
    group = []
    for typeidx in range(start, start + count):
        subtype = module.subtypes.get(typeidx)
        final, supers = (True, ()) if subtype is None else (subtype.final, subtype.supers)
        # A reference into the group is a negative number, all others are closed.
        group.append(
            SubType(
                final,
                tuple([start - 1 - x if x >= start else numbers[x] for x in supers]),
                map_comptype(module.types[typeidx], lambda t: _rolled(t, start, numbers)),
            )
        )
    first = _known(group)
    numbers.extend(range(first, first + count))


def _rolled(valtype: int, start: int, numbers: array[int]) -> int:
    if valtype < CONCRETE:
        return valtype
    if typeidx_of(valtype) >= start:
        return -(valtype - 2 * start)
    return close_valtype(valtype, numbers)


def _known(group: list[SubType]) -> int:
    """The number of the first type of a rolled group, which is new or not."""
    # Most types are functions in a group of their own, for which the function type itself will do; others need their
    # class to be told apart from it, since all are tuples.
    key: object = group[0].comptype
    if len(group) > 1 or not group[0].final or group[0].supers or not isinstance(key, FuncType):
        key = tuple([(type(subtype.comptype), *subtype) for subtype in group])
    first = _groups.get(key)
    if first is None:
        first = len(DEFTYPES)
        for subtype in group:
            supers = [first - 1 - x if x < 0 else x for x in subtype.supers]
            super_ = supers[0] if supers else -1
            DEFTYPES.append(
                DefType(
                    len(DEFTYPES),
                    subtype.final,
                    super_,
                    DEFTYPES[super_].depth + 1 if supers else 0,
                    _kind(subtype.comptype),
                    map_comptype(subtype.comptype, lambda t: 2 * first - t if t < 0 else t),
                )
            )
        _groups[key] = first
    return first


def _kind(comptype: CompType) -> int:
    if isinstance(comptype, FuncType):
        return FUNCREF
    return STRUCTREF if isinstance(comptype, StructType) else ARRAYREF


def define_functype(functype: FuncType) -> int:
    """The number of the final type of its own group that is this closed function type."""
    with _lock:
        return _known([SubType(True, (), functype)])


def check_valtype(valtype: object, reference: bool = False) -> None:
    """See that an embedder's value type is one, or a `reference` type.

    Raises:
        TypeError: it is no number.
        ValueError: no closed type has that number, or it is no reference type.
    """
    if not isinstance(valtype, int):
        raise TypeError(f"type: expected a value type, got {valtype!r}")
    if valtype not in NUMTYPES and valtype != V128:
        heaptype = heaptype_of(valtype) if is_reftype(valtype) else -1
        if heaptype not in HEAPTYPE_NAMES and not (heaptype >= CONCRETE and typeidx_of(heaptype) < len(DEFTYPES)):
            raise ValueError(f"type: there is no value type {valtype}")
    elif reference:
        raise ValueError(f"type: expected a reference type, got {VALTYPE_NAMES[valtype]}")


def checked_functype(functype: object) -> FuncType:
    """An embedder's function type, whose parts may be other sequences than tuples; raises as `check_valtype` does."""
    if not isinstance(functype, FuncType):
        raise TypeError(f"type: expected a FuncType, got {type(functype).__name__}")
    params, results = tuple(functype.params), tuple(functype.results)
    for valtype in params + results:
        check_valtype(valtype)
    return FuncType(params, results)


def close_valtype(valtype: int, numbers: array[int]) -> int:
    """3.1.2: the value type as it is outside of the module whose types have these numbers."""
    if valtype < CONCRETE:
        return valtype
    return CONCRETE + 2 * numbers[typeidx_of(valtype)] + (valtype & 1)


def close_externtype(type_: ExternType, numbers: array[int]) -> ExternType:
    if isinstance(type_, FuncType):
        functype = map_comptype(type_, lambda t: close_valtype(t, numbers))
        return functype if isinstance(functype, FuncType) else type_
    if isinstance(type_, TableType):
        return TableType(close_valtype(type_.reftype, numbers), type_.limits, type_.addrtype)
    if isinstance(type_, GlobalType):
        return GlobalType(close_valtype(type_.valtype, numbers), type_.mutable)
    if isinstance(type_, TagType):
        functype = map_comptype(type_.functype, lambda t: close_valtype(t, numbers))
        return TagType(functype) if isinstance(functype, FuncType) else type_
    return type_


# 3.3: matching, of closed types


def match_deftype(actual: int, expected: int) -> bool:
    """3.3.12: whether one defined type is the other or a subtype of it."""
    while actual != expected:
        actual = DEFTYPES[actual].super
        if actual < 0:
            return False
    return True


def top_of(heaptype: int) -> int:
    """The greatest heap type above this one."""
    return _TOP[DEFTYPES[typeidx_of(heaptype)].heaptype if heaptype >= CONCRETE else heaptype]


def match_heaptype(actual: int, expected: int) -> bool:
    """3.3.3; both as `types.heaptype_of` gives them."""
    if actual == expected:
        return True
    if actual in _BOTTOMS:
        return _TOP[actual] == top_of(expected)
    if expected >= CONCRETE:
        return actual >= CONCRETE and match_deftype(typeidx_of(actual), typeidx_of(expected))
    if actual >= CONCRETE:
        actual = DEFTYPES[typeidx_of(actual)].heaptype
    while actual != expected:
        if actual not in _SUPERTYPE:
            return False
        actual = _SUPERTYPE[actual]
    return True


def match_valtype(actual: int, expected: int) -> bool:
    """3.3.5: whether a value of type `actual` is of type `expected` as well."""
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
    """3.3.10."""
    if actual == expected:
        return True
    return not actual.mutable and not expected.mutable and match_valtype(actual.storage, expected.storage)


def match_comptype(actual: CompType, expected: CompType) -> bool:
    """3.3.9 to 3.3.11."""
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
