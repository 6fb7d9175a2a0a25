"""The rows of instructions on structures, arrays and what references are to (specification, 4.4.6), for `rows`.

An operand `s` of an instruction that makes an object is the slot up to which the frame may hold references: what the
collector needs to know when there is no room. It is the second one always.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wasmvm.isa.regop.row import calls, pays, trap_if

LOADS = {
    "8_u": "{p}[0]",
    "16_u": "load_u16({p})",
    "32": "load_u32({p})",
    "64": "load_u64({p})",
}
"""By the width of a field: its value as the bits of a slot. That of 128 bits is copied."""
SIGNED_LOADS = {
    "8_s": "<uint32_t><int32_t><int8_t>{p}[0]",
    "16_s": "<uint32_t><int32_t><int16_t>load_u16({p})",
}
STORES = {
    "8": "{p}[0] = <uint8_t>{v}",
    "16": "store_u16({p}, <uint16_t>{v})",
    "32": "store_u32({p}, <uint32_t>{v})",
    "64": "store_u64({p}, {v})",
    "128": "memcpy({p}, &{v}, 16)",
}


class AggregateRow(NamedTuple):
    name: str
    operands: str
    body: tuple[str, ...]


_STRUCT = ("ea = fp[{a}].u64", *trap_if("ea == 0", "TRAP_NULL_STRUCTURE_REFERENCE"))
_ARRAY = (
    "ea = fp[{a}].u64",
    *trap_if("ea == 0", "TRAP_NULL_ARRAY_REFERENCE"),
    *trap_if("{b:i32} >= (<object_t*><size_t>ea).length", "TRAP_ARRAY_OUT_OF_BOUNDS"),
)


def _accesses() -> Iterator[AggregateRow]:
    """Reading and writing fields. Lowering adds the width's number to the first row of each kind."""
    for loads in (LOADS, SIGNED_LOADS):
        for kind, operands, check, address in (
            ("struct", "dak", _STRUCT, "(<uint8_t*><size_t>ea + {k})"),
            ("array", "dab", _ARRAY, "(<uint8_t*><size_t>ea + {at})"),
        ):
            for width, load in loads.items():
                size = int(width.partition("_")[0]) // 8
                value = load.replace("{p}", address.replace("{at}", f"OBJECT_HEADER + {size} * <uint64_t>{{b:i32}}"))
                yield AggregateRow(f"{kind}.get{width}", operands, (*check, f"fp[{{d}}].u64 = {value}"))
            if loads is LOADS:
                at = address.replace("{at}", "OBJECT_HEADER + 16 * <uint64_t>{b:i32}")
                yield AggregateRow(f"{kind}.get128", operands, (*check, f"memcpy(&fp[{{d}}], {at}, 16)"))
    for kind, operands, check, address, value in (
        ("struct", "abk", _STRUCT, "(<uint8_t*><size_t>ea + {k})", "b"),
        ("array", "abc", _ARRAY, "(<uint8_t*><size_t>ea + {at})", "c"),
    ):
        for width, store in STORES.items():
            at = address.replace("{at}", f"OBJECT_HEADER + {int(width) // 8} * <uint64_t>{{b:i32}}")
            bits = f"fp[{{{value}}}]" + ("" if width == "128" else ".u64")
            yield AggregateRow(f"{kind}.set{width}", operands, (*check, store.replace("{p}", at).replace("{v}", bits)))


def _objects() -> Iterator[AggregateRow]:
    """Making objects, and what is done to whole arrays: `a` is then the first of several operands in a row."""
    heap, of = "&machine.heap", "inst.types[{x}]"
    for name, operands, call in (
        ("struct.new", "dsax", f"struct_new({heap}, {of}, &fp[{{a}}], &fp[{{d}}])"),
        ("struct.new_default", "dsx", f"struct_new({heap}, {of}, NULL, &fp[{{d}}])"),
    ):
        yield AggregateRow(name, operands, calls(call))
    for name, operands, size, call in (
        ("array.new", "dsabx", "{b:i32}", f"array_new({heap}, {of}, &fp[{{a}}], {{b:i32}}, &fp[{{d}}])"),
        ("array.new_default", "dsax", "{a:i32}", f"array_new({heap}, {of}, NULL, {{a:i32}}, &fp[{{d}}])"),
        ("array.new_fixed", "dsanx", "", f"array_new_fixed({heap}, {of}, &fp[{{a}}], {{n}}, &fp[{{d}}])"),
        (
            "array.new_data",
            "dsabxy",
            "{b:i32}",
            f"array_new_data({heap}, {of}, &inst.datas[{{y}}], {{a:i32}}, {{b:i32}}, &fp[{{d}}])",
        ),
        (
            "array.new_elem",
            "dsabxy",
            "{b:i32}",
            f"array_new_elem({heap}, {of}, &inst.elems[{{y}}], {{a:i32}}, {{b:i32}}, &fp[{{d}}])",
        ),
        ("array.fill", "a", "fill_count(&fp[{a}])", "array_fill(&fp[{a}])"),
        ("array.copy", "a", "(<uint32_t>fp[{a} + 4].u64)", "array_copy(&fp[{a}])"),
        ("array.init_data", "ax", "(<uint32_t>fp[{a} + 3].u64)", "array_init_data(&fp[{a}], &inst.datas[{x}])"),
        ("array.init_elem", "ax", "(<uint32_t>fp[{a} + 3].u64)", "array_init_elem(&fp[{a}], &inst.elems[{x}])"),
    ):
        yield AggregateRow(name, operands, (*(pays(name, size) if size else ()), *calls(call)))
    yield AggregateRow(
        "array.len",
        "da",
        (
            "ea = fp[{a}].u64",
            *trap_if("ea == 0", "TRAP_NULL_ARRAY_REFERENCE"),
            "fp[{d}].u64 = (<object_t*><size_t>ea).length",
        ),
    )


MATCHES = "is_of_heaptype(fp[{a}].u64, inst.types, {k}, {n})"


def _references() -> Iterator[AggregateRow]:
    yield AggregateRow("ref.test", "dakn", (f"fp[{{d}}].u64 = {MATCHES}",))
    yield AggregateRow("ref.cast", "akn", trap_if(f"not {MATCHES}", "TRAP_CAST_FAILURE"))
    yield AggregateRow("ref.i31", "da", ("fp[{d}].u64 = <uint32_t>({a:i32} << 1 | 1)",))
    null = trap_if("ea == 0", "TRAP_NULL_I31_REFERENCE")
    yield AggregateRow(
        "i31.get_s", "da", ("ea = fp[{a}].u64", *null, "fp[{d}].u64 = <uint32_t>(<int32_t><uint32_t>ea >> 1)")
    )
    yield AggregateRow("i31.get_u", "da", ("ea = fp[{a}].u64", *null, "fp[{d}].u64 = <uint32_t>ea >> 1"))


def aggregate_rows() -> Iterator[AggregateRow]:
    """All but the branches, which `regop` makes of `MATCHES`."""
    yield from _accesses()
    yield from _objects()
    yield from _references()
