"""Types (spec "Structure: Types"): value types as integers, the rest as named tuples.

Number and vector types, and the reference types that are written as one byte, are that byte; so decoder, validator and
lowering compare plain integers. `ref` says how the other reference types are numbered.

Two kinds of records hold typeidxs: as decoded they count in the type index space of their module; those that `deftype`
*closed* (spec "Validation: Conventions: Types") hold type ids instead, which mean the same in the whole process.
"""

from __future__ import annotations

from wasmvm.record import Record

I32 = 0x7F
I64 = 0x7E
F32 = 0x7D
F64 = 0x7C
V128 = 0x7B
I8 = 0x78
I16 = 0x77
NULLEXNREF = 0x74
NULLFUNCREF = 0x73
NULLEXTERNREF = 0x72
NULLREF = 0x71
FUNCREF = 0x70
EXTERNREF = 0x6F
ANYREF = 0x6E
EQREF = 0x6D
I31REF = 0x6C
STRUCTREF = 0x6B
ARRAYREF = 0x6A
EXNREF = 0x69

VALTYPE_NAMES: dict[int, str] = {
    I32: "i32",
    I64: "i64",
    F32: "f32",
    F64: "f64",
    V128: "v128",
    NULLEXNREF: "nullexnref",
    NULLFUNCREF: "nullfuncref",
    NULLEXTERNREF: "nullexternref",
    NULLREF: "nullref",
    FUNCREF: "funcref",
    EXTERNREF: "externref",
    ANYREF: "anyref",
    EQREF: "eqref",
    I31REF: "i31ref",
    STRUCTREF: "structref",
    ARRAYREF: "arrayref",
    EXNREF: "exnref",
}
"""The value types of one byte."""
VALTYPES: dict[str, int] = {name: valtype for valtype, name in VALTYPE_NAMES.items()}
NUMTYPES = frozenset((I32, I64, F32, F64))
PACKED_NAMES = {I8: "i8", I16: "i16"}
"""spec "Structure: Composite Types": packed types, which only fields of structures and arrays have."""

HEAPTYPE_NAMES: dict[int, str] = {
    NULLEXNREF: "noexn",
    NULLFUNCREF: "nofunc",
    NULLEXTERNREF: "noextern",
    NULLREF: "none",
    FUNCREF: "func",
    EXTERNREF: "extern",
    ANYREF: "any",
    EQREF: "eq",
    I31REF: "i31",
    STRUCTREF: "struct",
    ARRAYREF: "array",
    EXNREF: "exn",
}
"""spec "Structure: Heap Types": abstract heap types, each by the nullable reference to it, whose byte it shares."""
HEAPTYPES: dict[str, int] = {name: heaptype for heaptype, name in HEAPTYPE_NAMES.items()}

NON_NULL = 0x80
"""What is added to the byte of a nullable reference to an abstract heap type to make it non-null."""
CONCRETE = 0x400
"""The first number of a reference to a defined type; all smaller ones mean the same in every module."""
NULLABLE_BIT, EXACT_BIT = 1, 2
"""Of a reference to a defined type: whether it may be null, and whether it is to that very type and none below it.

Each typeidx has four numbers, so that all four references to a type are alike but for these bits.
"""
BOTTOM = 0
"""The type of an operand that unreachable code may take for any type; no value type is 0."""
BOTTOM_REF = NON_NULL
"""The non-null reference of unreachable code, which may refer to anything; the binary format cannot write it."""


def ref(heaptype: int, nullable: bool) -> int:
    """spec "Structure: Reference Types": the reference to a heap type, which comes as the nullable reference to it."""
    if heaptype >= CONCRETE:
        return heaptype | 1 if nullable else heaptype & ~1
    return heaptype if nullable else heaptype | NON_NULL


def ref_typeidx(typeidx: int, nullable: bool, exact: bool = False) -> int:
    """The reference type to a defined type."""
    return CONCRETE + 4 * typeidx + 2 * exact + nullable


def heaptype_of(reftype: int) -> int:
    """The heap type of a reference type, as the nullable reference to it."""
    return reftype | 1 if reftype >= CONCRETE else reftype & ~NON_NULL


def typeidx_of(reftype: int) -> int:
    """The typeidx in a reference to a defined type."""
    return (reftype - CONCRETE) >> 2


def is_exact(reftype: int) -> bool:
    """Whether it is to a defined type and to none below it."""
    return reftype >= CONCRETE and bool(reftype & EXACT_BIT)


def is_nullable(reftype: int) -> bool:
    return bool(reftype & 1) if reftype >= CONCRETE else not reftype & NON_NULL


def is_reftype(valtype: int) -> bool:
    return valtype >= NON_NULL or EXNREF <= valtype <= NULLEXNREF


def is_defaultable(valtype: int) -> bool:
    """Whether the type has a default value (spec "Execution: Runtime Structure: Values")."""
    return not is_reftype(valtype) or is_nullable(valtype)


def heaptype_text(heaptype: int) -> str:
    if heaptype < CONCRETE:
        return HEAPTYPE_NAMES[heaptype]
    return f"(exact {typeidx_of(heaptype)})" if is_exact(heaptype) else str(typeidx_of(heaptype))


def valtype_text(valtype: int) -> str:
    """The type as the text format writes it."""
    name = VALTYPE_NAMES.get(valtype) or PACKED_NAMES.get(valtype)
    if name is not None:
        return name
    if valtype == BOTTOM_REF:
        return "(ref bot)"
    return f"(ref {'null ' if is_nullable(valtype) else ''}{heaptype_text(heaptype_of(valtype))})"


PAGE_SIZE = 1 << 16
"""Bytes in a page of linear memory."""
MAX_PAGES = 1 << 16
"""Pages in a memory whose addresses are i32."""
MAX_PAGES_64 = 1 << 48
"""Pages in a memory whose addresses are i64."""
PAGE_SIZES = (1, PAGE_SIZE)
"""What a page may be (proposal custom-page-sizes)."""
MAX_TABLE = (1 << 32) - 1
"""Elements in a table whose indices are i32, as the binary format can state them."""

MAX_TYPES = 1_000_000
"""Types of a module, as in the limits of web browsers; so the number of a reference type stays small."""
MAX_LOCALS = 50_000
"""Parameters and locals of a function, as in the limits of web browsers: a few bytes can ask for billions."""


LOOK = 1 << 14
"""Bytes of code, or items of a list, that are worked on between two calls of `Reader.look_around`."""


def valtype_slots(valtype: int) -> int:
    """Number of 8-byte slots that a value of this type takes in a frame."""
    return 2 if valtype == V128 else 1


NO_METERING, METER_INSTRUCTIONS, METER_CALLS = range(3)
"""What wasm costs fuel for: nothing; instructions; or only calls and turns of loops, one unit each."""


class FuncType(Record):
    """spec "Structure: Composite Types": a function type; both parts are tuples of value types."""

    params: tuple[int, ...]
    results: tuple[int, ...]

    def __str__(self) -> str:
        params = "".join(f" {valtype_text(t)}" for t in self.params)
        results = "".join(f" {valtype_text(t)}" for t in self.results)
        return f"(func{f' (param{params})' if params else ''}{f' (result{results})' if results else ''})"


class FieldType(Record):
    """spec "Structure: Composite Types"; `storage` is a value type, `I8` or `I16`."""

    storage: int
    mutable: bool

    def __str__(self) -> str:
        text = valtype_text(self.storage)
        return f"(mut {text})" if self.mutable else text


class StructType(Record):
    """spec "Structure: Composite Types": a structure type."""

    fields: tuple[FieldType, ...]

    def __str__(self) -> str:
        return f"(struct{''.join(f' (field {field})' for field in self.fields)})"


class ArrayType(Record):
    """spec "Structure: Composite Types": an array type."""

    field: FieldType

    def __str__(self) -> str:
        return f"(array {self.field})"


OBJECT_HEADER = 16
"""Bytes that a structure or an array begins with before its fields: `object_t` of the machine."""


def storage_size(storage: int) -> int:
    """Bytes that a field takes."""
    return {I8: 1, I16: 2, I32: 4, F32: 4, V128: 16}.get(storage, 8)


def layout(fields: tuple[FieldType, ...]) -> tuple[list[int], int]:
    """Where in a structure each field is, and how many bytes it has in all.

    Fields lie in order, each at a multiple of its size, so that structures of a subtype begin like all of the type.
    """
    end = OBJECT_HEADER
    offsets = []
    for field in fields:
        size = storage_size(field.storage)
        end += -end % min(size, 8)
        offsets.append(end)
        end += size
    return offsets, end


KIND_FUNC, KIND_STRUCT, KIND_ARRAY = range(3)
"""Kinds of composite types."""
CompType = FuncType | StructType | ArrayType
"""spec "Structure: Composite Types"."""


def valtypes_of(comptype: CompType) -> tuple[int, ...]:
    """The types that the composite type consists of, packed ones among them."""
    if isinstance(comptype, FuncType):
        return comptype.params + comptype.results
    if isinstance(comptype, StructType):
        return tuple([field.storage for field in comptype.fields])
    return (comptype.field.storage,)


class SubType(Record):
    """spec "Structure: Recursive Types": a composite type, and what it was declared a subtype of, at most one type.

    Attributes:
        final: whether it may have no subtypes itself.
        supers: typeidxs.
        describes, descriptor: typeidxs of the type whose descriptors are of this type, and of the type of the
            descriptor that each structure of this type has (Overview.md of the custom-descriptors proposal), or None.
    """

    final: bool
    supers: tuple[int, ...]
    comptype: CompType
    describes: int | None = None
    descriptor: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing but what a composite type that stands alone says."""
        return self.final and not self.supers and self.describes is None and self.descriptor is None


class Limits(Record):
    """spec "Structure: Limits": pages of memories, elements of tables; `max` is None where there is none."""

    min: int
    max: int | None = None

    def __str__(self) -> str:
        return str(self.min) if self.max is None else f"{self.min} {self.max}"


class MemoryType(Record):
    """spec "Structure: Memory Types".

    Attributes:
        limits: in pages.
        addrtype: I32 or I64 (spec "Structure: Address Types").
        page_size: bytes in a page, one of `PAGE_SIZES` (proposal custom-page-sizes).
        shared: whether many threads may use it (proposal threads); it needs a maximum then.
    """

    limits: Limits
    addrtype: int = I32
    page_size: int = PAGE_SIZE
    shared: bool = False

    def most_pages(self) -> int:
        """spec "Validation: Types: Memory Types": all that can be addressed, less one byte where a page is a byte."""
        if self.page_size == PAGE_SIZE:
            return MAX_PAGES_64 if self.addrtype == I64 else MAX_PAGES
        return (1 << (64 if self.addrtype == I64 else 32)) - 1

    def __str__(self) -> str:
        pages = "" if self.page_size == PAGE_SIZE else f" (pagesize {self.page_size})"
        return (
            f"(memory {'i64 ' if self.addrtype == I64 else ''}{self.limits}{' shared' if self.shared else ''}{pages})"
        )


class TableType(Record):
    """spec "Structure: Table Types"; `addrtype` is I32 or I64."""

    reftype: int
    limits: Limits
    addrtype: int = I32

    def __str__(self) -> str:
        return f"(table {'i64 ' if self.addrtype == I64 else ''}{self.limits} {valtype_text(self.reftype)})"


class GlobalType(Record):
    """spec "Structure: Global Types"."""

    valtype: int
    mutable: bool

    def __str__(self) -> str:
        text = valtype_text(self.valtype)
        return f"(global {f'(mut {text})' if self.mutable else text})"


class TagType(Record):
    """spec "Structure: Tag Types": the type of a tag; `functype` has no results."""

    functype: FuncType

    def __str__(self) -> str:
        return f"(tag{str(self.functype).removeprefix('(func')}"


ExternType = FuncType | TableType | MemoryType | GlobalType | TagType
"""spec "Structure: External Types": the type of an import or export."""

FUNC, TABLE, MEMORY, GLOBAL, TAG = range(5)
"""Kinds of external values, as the binary format numbers them (spec "Binary Format: External Types")."""
EXTERN_KINDS = ("func", "table", "memory", "global", "tag")


def match_limits(actual: Limits, expected: Limits) -> bool:
    """spec "Matching: Limits": whether `actual` may be given where `expected` is imported."""
    return actual.min >= expected.min and (
        expected.max is None or (actual.max is not None and actual.max <= expected.max)
    )
