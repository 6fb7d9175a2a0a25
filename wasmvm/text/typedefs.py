"""Type definitions (spec "Text Format: Recursive Types"): text to groups of types."""

from __future__ import annotations

from wasmvm.isa import codes
from wasmvm.text.context import Context
from wasmvm.types import PACKED_NAMES, ArrayType, CompType, FieldType, StructType, SubType

_PACKED = {name: packed for packed, name in PACKED_NAMES.items()}


def read_rec(context: Context) -> None:
    """Reads the types of a group; the cursor stands after ``(rec``."""
    cursor = context.cursor
    group: list[SubType] = []
    while cursor.open_field("type"):
        group.append(_read_named(context, len(context.types) + len(group)))
        cursor.expect(")")
    context.add_types(group, True)


def read_type(context: Context) -> None:
    """Reads a type that is its own group; the cursor stands after ``(type``."""
    context.add_types([_read_named(context, len(context.types))], False)


def _read_named(context: Context, typeidx: int) -> SubType:
    cursor = context.cursor
    context.bind("type", typeidx)
    if not cursor.open_field("sub"):
        clauses = _read_clauses(context)
        return SubType(True, (), _read_comptype(context, typeidx), *clauses)
    final = cursor.accept("final")
    supers = []
    while cursor.at_index():
        supers.append(context.index("type"))
    clauses = _read_clauses(context)
    comptype = _read_comptype(context, typeidx)
    cursor.expect(")")
    return SubType(final, tuple(supers), comptype, *clauses)


def _read_clauses(context: Context) -> list[int | None]:
    """Reads ``(describes x)`` and ``(descriptor x)``, each of which may be missing."""
    clauses: list[int | None] = []
    for keyword in ("describes", "descriptor"):
        if context.cursor.open_field(keyword):
            clauses.append(context.index("type"))
            context.cursor.expect(")")
        else:
            clauses.append(None)
    return clauses


def _read_comptype(context: Context, typeidx: int) -> CompType:
    cursor = context.cursor
    found: CompType
    if cursor.open_field("struct"):
        found = StructType(tuple(_read_fields(context, typeidx)))
    elif cursor.open_field("array"):
        found = ArrayType(_read_fieldtype(context))
    else:
        cursor.expect("(")
        cursor.expect("func")
        found = context.functype([])
    cursor.expect(")")
    return found


def _read_fields(context: Context, typeidx: int) -> list[FieldType]:
    cursor = context.cursor
    fields: list[FieldType] = []
    identifiers = context.fields[typeidx] = {}
    while cursor.open_field("field"):
        start = cursor.position
        identifier, name = context.bound_name("field")
        if name is None:
            while cursor.tokens[cursor.position] != ")":
                fields.append(_read_fieldtype(context))
        else:
            if identifier is not None:
                if identifier in identifiers:
                    raise cursor.error(f"duplicate field {identifier}", start)
                identifiers[identifier] = len(fields)
            context.names.add_indirect(codes.NAME_FIELD, typeidx, len(fields), name)
            fields.append(_read_fieldtype(context))
        cursor.expect(")")
    return fields


def _read_fieldtype(context: Context) -> FieldType:
    cursor = context.cursor
    mutable = cursor.open_field("mut")
    packed = _PACKED.get(cursor.tokens[cursor.position])
    if packed is None:
        storage = context.valtype()
    else:
        cursor.position += 1
        storage = packed
    if mutable:
        cursor.expect(")")
    return FieldType(storage, mutable)
