"""Rows of loads, stores and what is done to whole memories (spec "Execution: Memory Instructions").

Loads and stores are about the memory in `mem` and `mem_len`: memory 0, but for where lowering says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wasmvm.isa.regop.row import Access, Address, Bulk, Operand, RegOp, operands, touched
from wasmvm.isa.regop.statements import PAY, Exit, Result, calls

LOADS = {
    "i32.load": Access("load", 4, "load_u32({p})", "i64"),
    "i64.load": Access("load", 8, "load_u64({p})", "i64"),
    "i32.load8_s": Access("load", 1, "<uint32_t><int32_t><int8_t>{p}[0]", "i64"),
    "i32.load8_u": Access("load", 1, "{p}[0]", "i64"),
    "i32.load16_s": Access("load", 2, "<uint32_t><int32_t><int16_t>load_u16({p})", "i64"),
    "i32.load16_u": Access("load", 2, "load_u16({p})", "i64"),
    "i64.load8_s": Access("load", 1, "<uint64_t><int64_t><int8_t>{p}[0]", "i64"),
    "i64.load16_s": Access("load", 2, "<uint64_t><int64_t><int16_t>load_u16({p})", "i64"),
    "i64.load32_s": Access("load", 4, "<uint64_t><int64_t><int32_t>load_u32({p})", "i64"),
    # On their own, although the bits are those of integers: what consumes them wants them in an accumulator for floats.
    "f32.load": Access("load", 4, "load_f32({p})", "f32"),
    "f64.load": Access("load", 8, "load_f64({p})", "f64"),
}
"""What is loaded is written as all 64 bits of a slot, or as a float."""


class Store(NamedTuple):
    """`type`: what the value is read as; a constant is `narrow` where its word is stored as it is."""

    width: int
    text: str
    type: str
    narrow: bool = False


STORES = {
    "i32.store": Store(4, "store_u32({p}, <uint32_t>{v})", "i64", narrow=True),
    "i64.store": Store(8, "store_u64({p}, {v})", "i64"),
    "f32.store": Store(4, "store_f32({p}, {v})", "f32"),
    "f64.store": Store(8, "store_f64({p}, {v})", "f64"),
    "i32.store8": Store(1, "{p}[0] = <uint8_t>{v}", "i64", narrow=True),
    "i32.store16": Store(2, "store_u16({p}, <uint16_t>{v})", "i64", narrow=True),
}


class Form(NamedTuple):
    """How an address is given.

    Attributes:
        suffix: what names of this form end in.
        operands: those of the address, but for the offset.
        address: how they make one.
        constant_value: whether stores have forms with a constant value, too; beside a computed address that is rare.
    """

    suffix: str
    operands: str
    address: Address
    constant_value: bool = True


PLAIN = Form("", "a:i32", Address(base="a"))
"""A slot plus offset."""
CONSTANT = Form("_k", "", Address())
"""Constant and wholly in the offset."""
COMPUTED = (
    Form("_ak", "a:i32 k", Address(base="a", constant="k"), constant_value=False),
    Form("_ab", "a:i32 b:i32", Address(base="a", second="b")),
    Form("_shl", "a:i32 b:i32 k:shift", Address(base="a", second="b", shift="k"), constant_value=False),
)
"""Computed as the i32.add, or i32.shl and i32.add, before them did."""
FORMS = (PLAIN, CONSTANT, *COMPUTED)
WIDE = Address(base="a", offset="K", wide=True)
"""For addresses of 64 bits: a slot plus an offset of two words."""

_MEMORY = touched("memory")


def memory_rows() -> Iterator[RegOp]:
    for mnemonic, access in LOADS.items():
        result = "bits" if access.type == "i64" else access.type
        for form in FORMS:
            letters = operands(f"d:{result} {form.operands} o")
            yield _load_row(mnemonic, form.suffix, letters, form.address, access)
        yield _load_row(mnemonic, "_wide", operands(f"d:{result} a:i64 K"), WIDE, access)
    for mnemonic, store in STORES.items():
        yield from _store_rows(mnemonic, store)
    yield from _whole_memories()


def _load_row(mnemonic: str, suffix: str, letters: tuple[Operand, ...], address: Address, access: Access) -> RegOp:
    serves = (mnemonic,)
    return RegOp(mnemonic + suffix, letters, address=address, access=access, touches=_MEMORY, serves=serves)


def _store_rows(mnemonic: str, store: Store) -> Iterator[RegOp]:
    slot = Operand("c", "read", store.type)
    constant = Operand("K" if store.width == 8 else "k", "constant", "i32" if store.narrow else store.type)
    for form in FORMS:
        for suffix, value in (("", slot), ("_v", constant)) if form.constant_value else (("", slot),):
            yield RegOp(
                mnemonic + form.suffix + suffix,
                (*operands(f"{form.operands} o"), value),
                address=form.address,
                access=Access("store", store.width, store.text, value=value.letter),
                touches=_MEMORY,
                serves=(mnemonic,),
            )
    yield RegOp(
        f"{mnemonic}_wide",
        (*operands("a:i64 K"), slot),
        address=WIDE,
        access=Access("store", store.width, store.text, value=slot.letter),
        touches=_MEMORY,
        serves=(mnemonic,),
    )


def _whole_memories() -> Iterator[RegOp]:
    yield RegOp(
        "use_memory",
        operands("x:memidx"),
        text=(
            "machine.now.other_mem = {inst}.mems[{x}]",
            "mem = machine.now.other_mem.data",
            "{mem_len} = wvm_get_length(&machine.now.other_mem.length)",
        ),
        touches=touched("memories", "instance"),
    )
    yield RegOp(
        "use_memory_0",
        (),
        text=(
            "machine.now.other_mem = NULL",
            "mem = {inst}.mem.data",
            "{mem_len} = wvm_get_length(&{inst}.mem.length)",
        ),
        touches=touched("memories", "instance"),
    )
    yield RegOp(
        "memory.size",
        operands("d:i64 x:memidx"),
        text=(Result("bits", "wvm_get_length(&{inst}.mems[{x}].length) >> {inst}.mems[{x}].page_shift"),),
        touches=touched("memories"),
        rare=True,
    )
    for name, indices, call, touches in (
        ("fill", "x:memidx", "memory_fill({inst}.mems[{x}], {a:i64}, {b:i32}, {c:i64})", touched("memories")),
        (
            "copy",
            "x:memidx y:memidx",
            "memory_copy({inst}.mems[{x}], {inst}.mems[{y}], {a:i64}, {b:i64}, {c:i64})",
            touched("memories"),
        ),
        (
            "init",
            "x:dataidx y:memidx",
            "memory_init({inst}.mems[{y}], &{inst}.datas[{x}], {a:i64}, {b:i64}, {c:i64})",
            touched("memories", "datas"),
        ),
    ):
        yield RegOp(
            f"memory.{name}",
            operands(f"a:i64 b:{'i32' if name == 'fill' else 'i64'} c:i64 {indices}"),
            text=calls(call),
            bulk=Bulk("{c:i64}", "BYTES"),
            raises=("TRAP_MEMORY_OUT_OF_BOUNDS",),
            touches=touches,
            rare=True,
        )
    yield RegOp(
        "data.drop", operands("x:dataidx"), text=("{inst}.datas[{x}].length = 0",), touches=touched("datas"), rare=True
    )


def growth_rows() -> Iterator[RegOp]:
    yield RegOp(
        "memory.grow",
        operands("d:i64 a:i64 x:memidx"),
        "driver",
        text=(*PAY, Exit("EXIT_MEMORY_GROW")),
        touches=touched("memories"),
        rare=True,
    )
