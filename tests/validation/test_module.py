"""Rules of whole modules."""

from __future__ import annotations

import pytest

from tests.encode import (
    CODE,
    DATA,
    ELEM,
    EXPORT,
    FUNCTION,
    IMPORT,
    TYPE,
    body,
    functype,
    module,
    name,
    section,
    vec,
)
from tests.fuzz import verdict
from tests.wat import wat2wasm
from wasmvm.binary import decode
from wasmvm.errors import ValidationError
from wasmvm.validation import validate

VALID = [
    "(memory 0 65536)",
    "(memory 65536)",
    "(table 0 4294967295 funcref)",
    "(table 1 funcref) (table 2 externref) (table 0 0 funcref)",
    '(import "m" "t" (table 1 1 externref)) (import "m" "m" (memory 1 1))',
    "(func $f) (start $f)",
    '(import "m" "f" (func)) (start 0)',
    '(func $f) (export "a" (func $f)) (export "b" (func $f)) (export "" (func $f))',
    "(memory 1) (table 1 funcref) (global i32 (i32.const 0)) (func)"
    '(export "m" (memory 0)) (export "t" (table 0)) (export "g" (global 0)) (export "f" (func 0))',
    '(memory 1) (data (i32.const 0) "x") (data "passive")',
    '(import "m" "g" (global i32)) (memory 1) (data (global.get 0) "x")',
    "(table 1 funcref) (func $f) (elem (i32.const 0) $f) (elem func $f) (elem declare func $f)",
    "(table 1 externref) (elem (i32.const 0) externref (ref.null extern))",
    "(table 1 funcref) (func $f) (elem (i32.const 0) funcref (ref.func $f) (ref.null func))",
    "(table 1 (ref func) (ref.func $f)) (func $f)",
    "(table 0 (ref null func)) (table 1 (ref null extern))",
    # what a subtype may have in the place of what its supertype has
    "(type $a (sub (struct (field anyref)))) (type (sub $a (struct (field i31ref))))",
    "(type $a (sub (struct (field anyref)))) (type (sub $a (struct (field i31ref) (field (mut i32)))))",
    "(type $a (sub (struct (field (mut anyref))))) (type (sub $a (struct (field (mut anyref)) (field i8))))",
    "(type $a (sub (array eqref))) (type (sub $a (array (ref eq))))",
    "(type $a (sub (func (param i31ref) (result anyref)))) (type (sub $a (func (param anyref) (result (ref i31)))))",
    # what a function may refer to: whatever occurs outside of bodies
    "(elem declare func $f) (func $f ref.func $f drop)",
    "(elem declare funcref (ref.func $f)) (func $f ref.func $f drop)",
    "(global funcref (ref.func $f)) (func $f ref.func $f drop)",
    '(export "f" (func $f)) (func $f ref.func $f drop)',
    "(table 1 funcref) (elem (i32.const 0) $f) (func $f ref.func $f drop)",
]

INVALID = [
    ("(memory 2 1)", "size minimum must not be greater than maximum"),
    ("(memory 65537)", "memory size must be at most 65536 pages (4GiB)"),
    ("(memory 0 65537)", "memory size must be at most 65536 pages (4GiB)"),
    ('(import "m" "m" (memory 65537))', "memory size must be at most 65536 pages (4GiB)"),
    ("(table 2 1 funcref)", "size minimum must not be greater than maximum"),
    ('(import "m" "t" (table 2 1 funcref))', "size minimum must not be greater than maximum"),
    ("(type $a (sub (struct (field i31ref)))) (type (sub $a (struct (field anyref))))", "sub type 2 does not match"),
    ("(type $a (sub (struct (field (mut anyref))))) (type (sub $a (struct (field (mut i31ref)))))", "sub type 2"),
    ("(type $a (sub (struct (field anyref)))) (type (sub $a (struct (field (mut anyref)))))", "sub type 2"),
    ("(type $a (sub (struct (field i32) (field i32)))) (type (sub $a (struct (field i32))))", "sub type 2"),
    ("(type $a (sub (struct (field i8)))) (type (sub $a (struct (field i16))))", "sub type 2"),
    ("(type $a (sub (array eqref))) (type (sub $a (array anyref)))", "sub type 2"),
    ("(type $a (sub (array i32))) (type (sub $a (struct (field i32))))", "sub type 2"),
    ("(type $a (sub (func (param anyref)))) (type (sub $a (func (param i31ref))))", "sub type 2"),
    ("(type $a (sub (func (result i31ref)))) (type (sub $a (func (result anyref))))", "sub type 2"),
    ("(type $a (sub (func (param i32)))) (type (sub $a (func)))", "sub type 2"),
    ("(type $a (struct)) (type (sub $a (struct)))", "sub type 2"),
    ("(table 1 (ref func))", "type mismatch: elements of type (ref func) need a value"),
    ("(table 0 (ref extern))", "type mismatch: elements of type (ref extern) need a value"),
    ("(table 1 (ref func) (ref.null func))", "type mismatch"),
    ("(table 1 funcref (ref.null extern))", "type mismatch"),
    ("(func (type 1))", "unknown type 1"),
    ('(import "m" "f" (func (type 1)))', "unknown type 1"),
    ("(func (param i32)) (start 0)", "start function"),
    ("(func (result i32) unreachable) (start 0)", "start function"),
    ("(start 0)", "unknown function 0"),
    ('(func) (export "a" (func 0)) (export "a" (func 0))', "duplicate export name"),
    ('(func) (memory 1) (export "a" (func 0)) (export "a" (memory 0))', "duplicate export name"),
    ('(export "a" (func 0))', "unknown function 0"),
    ('(export "a" (table 0))', "unknown table 0"),
    ('(export "a" (memory 0))', "unknown memory 0"),
    ('(export "a" (global 0))', "unknown global 0"),
    ('(data (i32.const 0) "x")', "unknown memory 0"),
    ('(memory 1) (data (i64.const 0) "x")', "type mismatch"),
    ('(memory 1) (data (i32.ctz (i32.const 0)) "x")', "constant expression required"),
    ("(func $f) (elem (i32.const 0) $f)", "unknown table 0"),
    ("(table 1 funcref) (elem (i32.const 0) 0)", "unknown function 0"),
    ("(table 1 externref) (func $f) (elem (i32.const 0) $f)", "type mismatch"),
    ("(table 1 funcref) (elem (i32.const 0) externref)", "type mismatch"),
    ("(table 1 funcref) (elem (f32.const 0) funcref)", "type mismatch"),
    ("(elem funcref (ref.null extern))", "type mismatch"),
    ("(elem funcref (ref.func 0))", "unknown function 0"),
    ("(elem funcref (item nop (ref.null func)))", "constant expression required"),
    ("(func $f ref.func $f drop)", "undeclared function reference"),
    ("(func $f) (start $f) (func ref.func $f drop)", "undeclared function reference"),
]


def refusal(data: bytes) -> ValidationError:
    decoded = decode(data)
    with pytest.raises(ValidationError) as caught:
        validate(decoded)
    return caught.value


@pytest.mark.parametrize("text", VALID)
def test_valid(text: str) -> None:
    data = wat2wasm(f"(module (type (func)) {text})")
    assert verdict.by_wasmtime(data)
    validate(decode(data))


@pytest.mark.parametrize(("text", "message"), INVALID)
def test_invalid(text: str, message: str) -> None:
    data = wat2wasm(f"(module (type (func)) {text})")
    assert not verdict.by_wasmtime(data)
    assert refusal(data).message.startswith(message)


def test_sizes_that_do_not_fit_into_32_bits() -> None:
    huge = b"\x80\x80\x80\x80\x10"  # 2**32
    assert refusal(module(section(4, b"\1\x70\0" + huge))).message == "table size must be at most 2^32-1"
    assert refusal(module(section(5, b"\1\1\0" + huge))).message.startswith("memory size")


def test_offsets_of_indices() -> None:
    """An index in a long vector is found again, at its own byte."""
    types = section(TYPE, vec([functype()]))
    data = module(
        types, section(FUNCTION, vec([b"\0", b"\x80\0", b"\7", b"\x08"])), section(CODE, vec([body(b"\x0b")] * 4))
    )
    error = refusal(data)
    assert (error.message, data[error.offset]) == ("unknown type 7", 7)
    function = section(FUNCTION, vec([b"\0"]))
    code = section(CODE, vec([body(b"\x0b")]))
    data = module(types, function, section(ELEM, vec([b"\1\0" + vec([b"\0", b"\x80\0", b"\5", b"\6"])])), code)
    error = refusal(data)
    assert (error.message, data[error.offset]) == ("unknown function 5", 5)


def test_offsets_of_entries() -> None:
    imports = [name("m") + name("f") + b"\0\0", name("m") + name("g") + b"\0\x2a"]
    data = module(section(TYPE, vec([functype()])), section(IMPORT, vec(imports)))
    assert data[refusal(data).offset :] == imports[1]
    exports = [name("a") + b"\0\0", name("b") + b"\0\1"]
    data = module(section(TYPE, vec([functype()])), section(IMPORT, vec(imports[:1])), section(EXPORT, vec(exports)))
    assert data[refusal(data).offset :] == exports[1]
    datas = [b"\1\0", b"\0\x41\0\x0b\0"]
    data = module(section(DATA, vec(datas)))
    assert data[refusal(data).offset :] == datas[1]
