"""Loads and stores by each form of address that lowering knows, and fields and elements of each width, at the edges of what is there.

Addresses are compared with wasmtime's; what fields and elements hold is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
import wasmtime

from tests import oracle
from tests.machine.loop.test_branches import instructions
from tests.machine.loop.test_numeric import BITS, constant, from_bits, to_bits
from tests.wat import wat2wasm
from wasmvm import Instance, Module, Trap
from wasmvm.isa import wasm
from wasmvm.isa.regop import rows
from wasmvm.types import VALTYPE_NAMES

MEMORY = 65536
MASK = 0xFFFFFFFF
PLACES = (0, 1, 3, 100, *range(MEMORY - 9, MEMORY + 2), 0x7FFFFFFF, 0x80000000, 0xFFFFFFF8, MASK)
OFFSETS = (0, 5, 0xFFF0)
CONSTANT = 0x8877665544332211
ROWS = [row for row in wasm.ROWS if row.width and row.code < 0x100]


class Form(NamedTuple):
    """A form of address: its text, and what is added to parameter 0: a constant, or parameter 1 shifted."""

    text: str
    added: int = 0
    shift: int | None = None


FORMS = (
    Form("(local.get 0)"),
    *(Form(f"(i32.add (local.get 0) (i32.const {k}))", k) for k in (8, -8)),
    Form("(i32.add (local.get 0) (local.get 1))", shift=0),
    *(Form(f"(i32.add (local.get 0) (i32.shl (local.get 1) (i32.const {k})))", shift=k) for k in (1, 3, 31)),
)


def function(name: str, row: wasm.Row, offset: int, address: str, constant_value: bool) -> str:
    """It takes two parameters for the address and one of 64 bits to be stored; a load gives back bits."""
    assert row.params
    access = f"{row.mnemonic} offset={offset} {address}"
    head = f'(func (export "{name}") (param i32 i32 i64)'
    if row.results:
        (result,) = row.results
        return f"{head} (result i{BITS[result]}) (local $r {VALTYPE_NAMES[result]}) (local.set $r ({access})) {to_bits('(local.get $r)', result)})"
    valtype = row.params[1]
    value = "(local.get $v)"
    if constant_value:
        value = constant(CONSTANT & (1 << BITS[valtype]) - 1, valtype)
    bits = "(local.get 2)" if BITS[valtype] == 64 else "(i32.wrap_i64 (local.get 2))"
    return f"{head} (local $v {VALTYPE_NAMES[valtype]}) (local.set $v {from_bits(bits, valtype)}) ({access} {value}))"


def functions(row: wasm.Row) -> Iterator[tuple[str, str, list[tuple[int, int]]]]:
    """Name and text of each function, and the arguments to try."""
    for constant_value in (False, True) if not row.results else (False,):
        for offset in OFFSETS:
            for form in FORMS:
                args = []
                for place in PLACES:
                    for i in (0, 1, 3, MASK) if form.shift is not None else (7,):
                        added = form.added if form.shift is None else i << form.shift
                        args.append((place - offset - added & MASK, i))
                name = f"{form.text} {offset} {constant_value}"
                yield name, function(name, row, offset, form.text, constant_value), args
            for place in PLACES:
                name = f"{place} {offset} {constant_value}"
                address = f"(i32.const {place - offset & MASK})"
                yield name, function(name, row, offset, address, constant_value), [(0, 0)]


def source_of(row: wasm.Row) -> bytes:
    pattern = "".join(f"\\{(i * 73 + 133) % 256:02x}" for i in range(128))
    text = f"""(module (memory (export "memory") 1) (data (i32.const 0) "{pattern}")
      (data (i32.const {MEMORY - 128}) "{pattern}") {" ".join(text for _, text, _ in functions(row))})"""
    return wat2wasm(text)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.mnemonic)
def test_access(row: wasm.Row) -> None:
    """The same value or trap, the same memory in the end, and a trap that says how far it reached."""
    source = source_of(row)
    expected, actual = oracle.Instance(source), Instance(Module(source))
    theirs = expected.exports["memory"]
    assert isinstance(theirs, wasmtime.Memory)
    ours = memoryview(actual.exports["memory"])
    trapped = 0
    for number, (name, _, choices) in enumerate(functions(row)):
        call = actual.exports[name]
        for count, (base, index) in enumerate(choices):
            args = base, index, (CONSTANT * (number + count + 1)) & (1 << 64) - 1
            want = expected.call(name, *args)
            try:
                got: object = call(*args)
            except Trap as trap:
                got = trap.code
                trapped += 1
                assert trap.fault
                assert int(trap.fault.split()[5], 16) >= MEMORY
            assert got == want, f"{row.mnemonic} {name} {tuple(map(hex, args))}: {got!r}, not {want!r}"
        if not row.results:
            assert bytes(ours) == bytes(theirs.read(expected.store, 0, MEMORY)), f"{row.mnemonic} {name}"
    assert trapped > 50


def test_every_form_is_tried() -> None:
    """All but stores of constants at sums of slots, which lowering does not write (`tests/lowering/test_every_row.py`)."""
    tried = set().union(*(instructions(source_of(row)) for row in ROWS))
    names = {row.name for row in rows.ROWS if row.name.startswith(("i32_load", "i32_store", "i64_load", "i64_store", "f32_load",
             "f32_store", "f64_load", "f64_store")) and not row.name.endswith("_ab_v")}  # fmt: skip
    assert {name for name in names if not name.endswith("64") and "wide" not in name} - tried == set()


WIDTHS = {"i8": 8, "i16": 16, "i32": 32, "i64": 64, "f32": 32, "f64": 64, "v128": 128}
VALUES = (
    0,
    1,
    -1,
    0x80,
    0x7F,
    0x8000,
    0x7FFF,
    0x1234,
    -0x80,
    1 << 31,
    (1 << 31) - 1,
    1 << 62,
    -1 << 63,
    0x4009_21FB_5444_2D18,
)


def text_of(storage: str, sign: str) -> str:
    """A structure and an array that have the type between others, and functions that set and get by 64 bits."""
    valtype = "i32" if storage in ("i8", "i16") else storage
    given, got = {
        "i32": ("(i32.wrap_i64 {})", "(i64.extend_i32_s {})"),
        "i64": ("{}", "{}"),
        "f32": ("(f32.reinterpret_i32 (i32.wrap_i64 {}))", "(i64.extend_i32_s (i32.reinterpret_f32 {}))"),
        "f64": ("(f64.reinterpret_i64 {})", "(i64.reinterpret_f64 {})"),
        "v128": ("(i64x2.replace_lane 1 (i64x2.splat (i64.const 5)) {})", "(i64x2.extract_lane 1 {})"),
    }[valtype]
    value = given.format("(local.get 1)")
    element = given.format("(local.get 2)")
    get, of_array = f"(struct.get{sign} $s 1 (local.get 0))", f"(array.get{sign} $a (local.get 0) (local.get 1))"
    return f"""(module (type $s (struct (field (mut {storage})) (field (mut {storage})) (field (mut {storage}))))
      (type $a (array (mut {storage})))
      (func (export "struct") (result anyref) (struct.new_default $s))
      (func (export "array") (result anyref) (array.new_default $a (i32.const 3)))
      (func (export "set") (param anyref i64) (struct.set $s 1 (ref.cast (ref null $s) (local.get 0)) {value}))
      (func (export "got") (param anyref) (result i64) {got.format(get.replace("(local.get 0)", "(ref.cast (ref null $s) (local.get 0))"))})
      (func (export "put") (param anyref i32 i64) (array.set $a (ref.cast (ref null $a) (local.get 0)) (local.get 1) {element}))
      (func (export "at") (param anyref i32) (result i64)
        {got.format(of_array.replace("(local.get 0)", "(ref.cast (ref null $a) (local.get 0))"))})
      (func (export "len") (param anyref) (result i32) (array.len (ref.cast (ref null $a) (local.get 0)))))"""


@pytest.mark.parametrize(("storage", "sign"), [
    ("i8", "_s"), ("i8", "_u"), ("i16", "_s"), ("i16", "_u"), ("i32", ""), ("i64", ""), ("f32", ""), ("f64", ""), ("v128", ""),
])  # fmt: skip
def test_fields_and_elements(storage: str, sign: str) -> None:
    """What is set is got, cut to its width; what lies beside it stays; there is nothing at other indices, or in null."""
    exports = Instance(Module(wat2wasm(text_of(storage, sign)))).exports
    struct, array = exports.struct(), exports.array()
    bits = min(WIDTHS[storage], 64)
    for value in VALUES:
        expected = value & (1 << bits) - 1
        if sign != "_u" and expected >> bits - 1:
            expected -= 1 << bits
        exports.set(struct, value)
        assert exports.got(struct) == expected
        for index in range(3):
            exports.put(array, index, value)
            assert [exports.at(array, i) for i in range(3)] == [expected if i == index else 0 for i in range(3)]
            exports.put(array, index, 0)
        assert struct[0] in (0, bytes(16)) and struct[2] in (0, bytes(16))
    assert exports.len(array) == 3
    for index in (3, 4, -1, 1 << 31, (1 << 31) - 1):
        for call in (lambda i=index: exports.at(array, i), lambda i=index: exports.put(array, i, 1)):
            with pytest.raises(Trap) as caught:
                call()
            assert caught.value.code == "array_out_of_bounds"
    for call, kind in (
        (lambda: exports.got(None), "structure"), (lambda: exports.set(None, 1), "structure"), (lambda: exports.at(None, 0), "array"),
        (lambda: exports.put(None, 0, 1), "array"), (lambda: exports.len(None), "array"),
    ):  # fmt: skip
        with pytest.raises(Trap) as caught:
            call()
        assert caught.value.code == f"null_{kind}_reference"
