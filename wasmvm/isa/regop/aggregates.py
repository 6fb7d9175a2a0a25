"""Rows of instructions on structures, arrays and what references are to (spec "Aggregate Instructions").

An operand `s` of an instruction that makes an object is the slot up to which the frame may hold references: what the
collector needs to know when there is no room. It is the second one always.
"""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.regop.row import NOTHING, Access, Bulk, Field, RegOp, operands, touched
from wasmvm.isa.regop.statements import Result, calls, trap_if

LOADS = {
    "8_u": Access("load", 1, "{p}[0]"),
    "16_u": Access("load", 2, "load_u16({p})"),
    "32": Access("load", 4, "load_u32({p})"),
    "64": Access("load", 8, "load_u64({p})"),
    "128": Access("load", 16, "memcpy(&fp[{{d}}], {p}, 16)"),
}
"""By the width of a field in bits: its value as the bits of a slot. That of 128 bits is copied."""
SIGNED_LOADS = {
    "8_s": Access("load", 1, "<uint32_t><int32_t><int8_t>{p}[0]"),
    "16_s": Access("load", 2, "<uint32_t><int32_t><int16_t>load_u16({p})"),
}
STORES = {
    "8": Access("store", 1, "{p}[0] = <uint8_t>{v}"),
    "16": Access("store", 2, "store_u16({p}, <uint16_t>{v})"),
    "32": Access("store", 4, "store_u32({p}, <uint32_t>{v})"),
    "64": Access("store", 8, "store_u64({p}, {v})"),
    "128": Access("store", 16, "memcpy({p}, &{v}, 16)"),
}

_HEAP = touched("heap", "references")
_SEGMENTS = {"dataidx": touched("datas"), "elemidx": touched("elems"), "typeidx": NOTHING, "slots": NOTHING}
"""By what the last operand is an index of."""
MATCHES = "is_of_heaptype({a:i64}, {inst}.types, {k}, {n})"
"""Whether a reference is of a heap type."""


def aggregate_rows() -> Iterator[RegOp]:
    """All but the branches, which `branch` makes of `MATCHES`."""
    yield from _accesses()
    yield from _objects()
    yield from _arrays()
    yield from _references()


def _accesses() -> Iterator[RegOp]:
    """Reading and writing fields. Lowering adds the width's number to the first row of each kind."""
    kinds = (
        ("struct", "k", Field("structure", offset="k")),
        ("array", "b:i32", Field("array", element="b")),
    )
    for signed, loads in ((False, LOADS), (True, SIGNED_LOADS)):
        for name, place, field in kinds:
            for width, access in loads.items():
                result = "v128" if access.width == 16 else "bits"
                yield RegOp(
                    f"{name}.get{width}",
                    operands(f"d:{result} a:ref {place}"),
                    field=field,
                    access=access,
                    touches=_HEAP,
                    serves=(f"{name}.get_s",) if signed else (f"{name}.get", f"{name}.get_u"),
                )
    for name, _, field in kinds:
        value = "c" if field.element else "b"
        for width, access in STORES.items():
            type_ = "v128" if access.width == 16 else "bits"
            last = f"b:i32 {value}:{type_}" if field.element else f"{value}:{type_} k"
            yield RegOp(
                f"{name}.set{width}",
                operands(f"a:ref {last}"),
                field=field,
                access=access._replace(value=value),
                touches=_HEAP,
                rare=True,
                serves=(f"{name}.set",),
            )


_HEAP_OF, _TYPE = "&machine.store.heap", "{inst}.types[{x}]"
_ALLOCATES = ("EXIT_COLLECT", "TRAP_ALLOCATION_FAILED")


def _objects() -> Iterator[RegOp]:
    """Making objects."""
    for name, letters, size, call, raises in (
        ("struct.new", "d:ref s a:slots x:typeidx", "", f"struct_new({_HEAP_OF}, {_TYPE}, &fp[{{a}}], &fp[{{d}}])", ()),
        ("struct.new_default", "d:ref s x:typeidx", "", f"struct_new({_HEAP_OF}, {_TYPE}, NULL, &fp[{{d}}])", ()),
        (
            "array.new",
            "d:ref s a:slots b:i32 x:typeidx",
            "{b:i32}",
            f"array_new({_HEAP_OF}, {_TYPE}, &fp[{{a}}], {{b:i32}}, &fp[{{d}}])",
            (),
        ),
        (
            "array.new_default",
            "d:ref s a:i32 x:typeidx",
            "{a:i32}",
            f"array_new({_HEAP_OF}, {_TYPE}, NULL, {{a:i32}}, &fp[{{d}}])",
            (),
        ),
        (
            "array.new_fixed",
            "d:ref s a:slots n x:typeidx",
            "",
            f"array_new_fixed({_HEAP_OF}, {_TYPE}, &fp[{{a}}], {{n}}, &fp[{{d}}])",
            (),
        ),
        (
            "array.new_data",
            "d:ref s a:i32 b:i32 x:typeidx y:dataidx",
            "{b:i32}",
            f"array_new_data({_HEAP_OF}, {_TYPE}, &{{inst}}.datas[{{y}}], {{a:i32}}, {{b:i32}}, &fp[{{d}}])",
            ("TRAP_MEMORY_OUT_OF_BOUNDS",),
        ),
        (
            "array.new_elem",
            "d:ref s a:i32 b:i32 x:typeidx y:elemidx",
            "{b:i32}",
            f"array_new_elem({_HEAP_OF}, {_TYPE}, &{{inst}}.elems[{{y}}], {{a:i32}}, {{b:i32}}, &fp[{{d}}])",
            ("TRAP_TABLE_OUT_OF_BOUNDS",),
        ),
    ):
        yield RegOp(
            name,
            operands(letters),
            text=calls(call),
            bulk=Bulk(size) if size else None,
            raises=(*_ALLOCATES, *raises),
            touches=_HEAP | _SEGMENTS[operands(letters)[-1].type],
            rare=True,
        )


def _arrays() -> Iterator[RegOp]:
    """What is done to whole arrays: `a` is the first of several operands in a row."""
    of_arrays = ("TRAP_NULL_ARRAY_REFERENCE", "TRAP_ARRAY_OUT_OF_BOUNDS")
    for name, letters, size, call, raises in (
        ("array.fill", "a:slots", "fill_count(&fp[{a}])", "array_fill(&fp[{a}])", ()),
        ("array.copy", "a:slots", "(<uint32_t>fp[{a} + 4].u64)", "array_copy(&fp[{a}])", ()),
        (
            "array.init_data",
            "a:slots x:dataidx",
            "(<uint32_t>fp[{a} + 3].u64)",
            "array_init_data(&fp[{a}], &{inst}.datas[{x}])",
            ("TRAP_MEMORY_OUT_OF_BOUNDS",),
        ),
        (
            "array.init_elem",
            "a:slots x:elemidx",
            "(<uint32_t>fp[{a} + 3].u64)",
            "array_init_elem(&fp[{a}], &{inst}.elems[{x}])",
            ("TRAP_TABLE_OUT_OF_BOUNDS",),
        ),
    ):
        yield RegOp(
            name,
            operands(letters),
            text=calls(call),
            bulk=Bulk(size),
            raises=(*of_arrays, *raises),
            touches=_HEAP | _SEGMENTS[operands(letters)[-1].type],
        )
    yield RegOp(
        "array.len",
        operands("d:i32 a:ref"),
        text=(
            "{ea} = {a:i64}",
            trap_if("{ea} == 0", "TRAP_NULL_ARRAY_REFERENCE"),
            Result("bits", "(<object_t*><size_t>{ea}).length"),
        ),
        touches=_HEAP,
    )


def _references() -> Iterator[RegOp]:
    yield RegOp(
        "ref.test",
        operands("d:i32 a:ref k n"),
        text=(Result("bits", MATCHES),),
        touches=touched("references"),
        rare=True,
        serves=("ref.test", "ref.test_null"),
    )
    yield RegOp(
        "ref.cast",
        operands("a:ref k n"),
        text=(trap_if(f"not {MATCHES}", "TRAP_CAST_FAILURE"),),
        touches=touched("references"),
        rare=True,
        serves=("ref.cast", "ref.cast_null"),
    )
    # An i31 is a number in the place of a reference, so these touch nothing.
    yield RegOp(
        "ref.i31",
        operands("d a:i32"),
        text=(Result("bits", "<uint32_t>({a:i32} << 1 | 1)"),),
        touches=NOTHING,
        rare=True,
    )
    for name, value in (
        ("i31.get_s", "<uint32_t>(<int32_t><uint32_t>{ea} >> 1)"),
        ("i31.get_u", "<uint32_t>{ea} >> 1"),
    ):
        yield RegOp(
            name,
            operands("d:i32 a"),
            text=("{ea} = {a:i64}", trap_if("{ea} == 0", "TRAP_NULL_I31_REFERENCE"), Result("bits", value)),
            touches=NOTHING,
        )
