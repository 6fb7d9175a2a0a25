"""Defined types: equal structure means an equal number, whatever module it comes from; and matching."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterator

import pytest

from wasmvm import instantiate, types, wasm2wat
from wasmvm.binary import decode
from wasmvm.deftype import (
    close_externtype,
    close_valtype,
    define,
    define_functype,
    match_comptype,
    match_deftype,
    match_valtype,
)
from wasmvm.text import wat2wasm
from wasmvm.types import (
    BOTTOM_REF,
    I32,
    I64,
    VALTYPES,
    FuncType,
    GlobalType,
    Limits,
    TableType,
    TagType,
    ref,
    ref_typeidx,
)
from wasmvm.typetable import comptype_of, super_of

KEPT: list[object] = []
"""The modules of the test that runs, so that their types stay."""


@pytest.fixture(autouse=True)
def forget_modules() -> Iterator[None]:
    yield
    KEPT.clear()


def numbers(text: str) -> array[int]:
    module = decode(wat2wasm(f"(module {text})"))
    KEPT.append(module)
    return define(module)


def test_function_types_are_the_same_everywhere() -> None:
    first, second = numbers("(type (func (param i32))) (type (func (param i64)))")
    assert list(numbers("(type (func)) (type (func (param i64))) (type (func (param i32)))")[1:]) == [second, first]
    assert define_functype(FuncType((I32,), ())).first == first != second
    assert comptype_of(first) == FuncType((I32,), ())


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("(type $a (func (param (ref null $a))))", "(type (func)) (type $b (func (param (ref null $b))))", True),
        ("(type $a (func (param (ref null $a))))", "(type $b (func (param (ref $b))))", False),
        ("(type $a (func))", "(type $b (sub (func)))", False),
        ("(type $a (func))", "(type $b (sub final (func)))", True),
        ("(type $a (func))", "(rec (type $b (func)))", True),
        ("(type $a (func))", "(rec (type (func)) (type $b (func)))", False),
        ("(type $a (struct (field i8)))", "(type $b (struct (field i8)))", True),
        ("(type $a (struct (field i8)))", "(type $b (struct (field (mut i8))))", False),
        ("(type $a (struct (field i32)))", "(type $b (array i32))", False),
        ("(type $a (struct))", "(type $b (func))", False),
        (
            "(rec (type (struct (field (ref null $a)))) (type $a (func (param (ref 0)))))",
            "(type $x (func)) (rec (type $y (struct (field (ref null $b)))) (type $b (func (param (ref $y)))))",
            True,
        ),
    ],
)
def test_types_are_equal_by_structure(one: str, other: str, equal: bool) -> None:
    assert (numbers(one)[-1] == numbers(other)[-1]) is equal


def test_recursive_types_are_closed() -> None:
    """The composite type in the table names numbers, those of its own group among them."""
    (number,) = numbers("(type $a (func (param (ref null $a)) (result (ref $a))))")
    assert comptype_of(number) == FuncType((ref_typeidx(number, True),), (ref_typeidx(number, False),))


def test_subtypes_know_what_is_above_them() -> None:
    top, middle, bottom, other = numbers("""
        (type $top (sub (struct)))
        (type $middle (sub $top (struct (field i32))))
        (type (sub final $middle (struct (field i32 i64))))
        (type (sub $top (struct (field i64))))""")
    assert [super_of(n) for n in (top, middle, bottom, other)] == [-1, top, middle, top]
    assert match_deftype(bottom, top)
    assert match_deftype(bottom, middle)
    assert match_deftype(bottom, bottom)
    assert not match_deftype(top, bottom)
    assert not match_deftype(bottom, other)
    assert match_comptype(comptype_of(bottom), comptype_of(middle))
    assert not match_comptype(comptype_of(middle), comptype_of(bottom))
    assert match_valtype(ref_typeidx(bottom, False), ref_typeidx(top, True))
    assert match_valtype(ref_typeidx(bottom, False), types.STRUCTREF)
    assert not match_valtype(ref_typeidx(bottom, False), types.ARRAYREF)
    assert not match_valtype(ref_typeidx(bottom, True), ref_typeidx(top, False))
    assert match_valtype(types.NULLREF, ref_typeidx(bottom, True))
    assert not match_valtype(types.NULLFUNCREF, ref_typeidx(bottom, True))


ABOVE = {
    "eqref": {"anyref"},
    "i31ref": {"eqref", "anyref"},
    "structref": {"eqref", "anyref"},
    "arrayref": {"eqref", "anyref"},
    "nullref": {"i31ref", "structref", "arrayref", "eqref", "anyref"},
    "nullfuncref": {"funcref"},
    "nullexternref": {"externref"},
    "nullexnref": {"exnref"},
}


@pytest.mark.parametrize("actual", VALTYPES)
@pytest.mark.parametrize("expected", VALTYPES)
def test_matching_of_abstract_types(actual: str, expected: str) -> None:
    matches = actual == expected or expected in ABOVE.get(actual, ())
    assert match_valtype(VALTYPES[actual], VALTYPES[expected]) is matches
    if types.is_reftype(VALTYPES[actual]) and types.is_reftype(VALTYPES[expected]):
        non_null = ref(VALTYPES[actual], False)
        assert match_valtype(non_null, VALTYPES[expected]) is matches
        assert match_valtype(non_null, ref(VALTYPES[expected], False)) is matches
        assert not match_valtype(VALTYPES[actual], ref(VALTYPES[expected], False))
        assert match_valtype(BOTTOM_REF, ref(VALTYPES[expected], False))


def test_function_types_match_against_the_grain_in_their_parameters() -> None:
    wide, narrow = types.ANYREF, types.EQREF
    assert match_comptype(FuncType((wide,), (narrow,)), FuncType((narrow,), (wide,)))
    assert not match_comptype(FuncType((narrow,), ()), FuncType((wide,), ()))
    assert not match_comptype(FuncType((), (wide,)), FuncType((), (narrow,)))
    assert not match_comptype(FuncType((I32,), ()), FuncType((), ()))


def test_types_of_externals_are_closed() -> None:
    table = numbers("(type (func (param f32 f32))) (type (func (param (ref 0))))")
    inside, outside = ref_typeidx(0, True), ref_typeidx(table[0], True)
    assert close_valtype(inside, table) == outside
    assert close_valtype(I64, table) == I64
    for made in (
        lambda t: FuncType((t,), (I32, t)),
        lambda t: GlobalType(t, True),
        lambda t: TableType(t, Limits(1, None)),
        lambda t: TagType(FuncType((t,), ())),
    ):
        assert close_externtype(made(inside), table) == made(outside)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_groups_may_be_empty(count: int) -> None:
    fields = ("(rec)", "(type (func))", "(rec (type (func (param i32))) (type (struct)))", "(type (sub (struct)))")
    for chosen in itertools.product(fields, repeat=count):
        text = f'(module {" ".join(chosen)} (func (export "seven") (result i32) (i32.const 7)))'
        binary = wat2wasm(text)
        assert instantiate(binary).exports.seven() == 7, text
        assert wat2wasm(wasm2wat(binary)) == binary, text
