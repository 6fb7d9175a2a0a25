"""Type definitions: the groups that the binary format is to have, and which of them a type use without index means."""

from __future__ import annotations

import pytest

from wasmvm.binary import decode
from wasmvm.errors import TextError
from wasmvm.text import wat2wasm
from wasmvm.text.encoder import section, vec

HEADER = b"\0asm\1\0\0\0"


def types(text: str) -> bytes:
    """The module of these types, without the names that identifiers give them."""
    return wat2wasm(text + '(@custom "name" "")').removesuffix(b"\0\5\4name")


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("(type (struct))", [b"\x5f\0"]),
        ("(type (struct (field)))", [b"\x5f\0"]),
        ("(type (struct (field i32 i64) (field (mut i8)) (field $x i16)))", [b"\x5f\4\x7f\0\x7e\0\x78\1\x77\0"]),
        ("(type (array (mut f64)))", [b"\x5e\x7c\1"]),
        ("(type (array i8))", [b"\x5e\x78\0"]),
        ("(type $t (func (param $x i32) (result (ref $t))))", [b"\x60\1\x7f\1\x64\0"]),
        # references: one byte where there is one
        ("(type (func (param anyref eqref i31ref structref arrayref)))", [b"\x60\5\x6e\x6d\x6c\x6b\x6a\0"]),
        ("(type (func (param nullref nullfuncref nullexternref nullexnref exnref)))", [b"\x60\5\x71\x73\x72\x74\x69\0"]),
        ("(type (func (param (ref null any) (ref null none) (ref null exn))))", [b"\x60\3\x6e\x71\x69\0"]),
        ("(type (func (param (ref func) (ref noextern) (ref 0) (ref null 64))))",
         [b"\x60\4\x64\x70\x64\x72\x64\0\x63\xc0\0\0"]),
        # subtyping; what says nothing of it is short
        ("(type (sub (struct)))", [b"\x50\0\x5f\0"]),
        ("(type (sub final (struct)))", [b"\x5f\0"]),
        ("(type (sub (func))) (type (sub 0 (func)))", [b"\x50\0\x60\0\0", b"\x50\1\0\x60\0\0"]),
        ("(type $t (sub (array i8))) (type (sub final $t (array i8)))", [b"\x50\0\x5e\x78\0", b"\x4f\1\0\x5e\x78\0"]),
        # groups
        ("(rec)", [b"\x4e\0"]),
        ("(rec (type (func)))", [b"\x4e\1\x60\0\0"]),
        ("(rec (type $a (struct (field (ref $b)))) (type $b (array (ref $a)))) (type (struct (field (ref $b))))",
         [b"\x4e\2\x5f\1\x64\1\0\x5e\x64\0\0", b"\x5f\1\x64\1\0"]),
    ],
)  # fmt: skip
def test_encoding(text: str, encoded: list[bytes]) -> None:
    assert types(text) == HEADER + section(1, vec(encoded))


@pytest.mark.parametrize(
    ("definitions", "typeidx"),
    [
        ("(type (func)) (type (func))", 0),
        ("(rec (type (func)))", 0),
        ("(type (sub final (func)))", 0),
        # What may have subtypes, has a supertype, or has company is another type; the use adds one where none is left.
        ("(type (sub (func))) (type (func))", 1),
        ("(type (sub (func))) (type (sub final 0 (func))) (type (func))", 2),
        ("(rec (type (func)) (type (func))) (type (func))", 2),
        ("(rec (type (func)) (type (struct)))", 2),
        ("(type (sub (func)))", 1),
        ("(type (struct)) (type (array i8))", 2),
    ],
)
def test_type_uses_without_index(definitions: str, typeidx: int) -> None:
    assert decode(types(definitions + "(func)")).funcs[0] == typeidx


def test_a_type_use_may_name_types_that_come_later() -> None:
    text = "(func (param (ref $s))) (rec (type $s (struct (field (ref null $f)))) (type $f (func (param (ref $s)))))"
    assert decode(types(text)).funcs[0] == 2  # which the use has added


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("(type $t (func)) (rec (type $t (func)))", "duplicate type $t", 29),
        ("(type (struct (field $x i32) (field $x i32)))", "duplicate field $x", 37),
        ("(type (func (param (ref $t))))", "unknown type $t", 25),
        ("(type (sub $t (func)))", "unknown type $t", 12),
        ("(type (struct (field $x i32 i32)))", "unexpected token i32", 29),
        ("(type (array))", "unexpected token )", 13),
        ("(type (array i32 i32))", "unexpected token i32", 18),
        ("(type (func (param i8)))", "unexpected token i8", 20),
        ("(type (sub (sub (func))))", "unexpected token sub", 13),
        ("(type (array (mut (mut i32))))", "unexpected token (", 19),
        ("(rec (func))", "unexpected token (", 6),
        ("(rec (rec))", "unexpected token (", 6),
        ("(type (func (param (ref null))))", "unexpected token )", 29),
        ("(type (func (param (ref i32))))", "unexpected token i32", 25),
        ("(type $s (struct)) (func (type $s) (param i32))", "inline function type", 26),
    ],
)
def test_error(text: str, message: str, column: int) -> None:
    with pytest.raises(TextError) as caught:
        wat2wasm(text)
    assert caught.value.message.startswith(message)
    assert caught.value.column == column
