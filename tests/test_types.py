"""Types as text: what error messages show."""

from __future__ import annotations

import pytest

from wasmvm.types import (
    EXTERNREF,
    F64,
    FUNCREF,
    I8,
    I16,
    I32,
    I64,
    ArrayType,
    FieldType,
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    StructType,
    TableType,
    TagType,
)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (FuncType((), ()), "(func)"),
        (FuncType((I32, I64), (F64,)), "(func (param i32 i64) (result f64))"),
        (MemoryType(Limits(1)), "(memory 1)"),
        (MemoryType(Limits(1, 2), I64), "(memory i64 1 2)"),
        (TableType(FUNCREF, Limits(0, 9)), "(table 0 9 funcref)"),
        (TableType(EXTERNREF, Limits(3), I64), "(table i64 3 externref)"),
        (GlobalType(I32, False), "(global i32)"),
        (GlobalType(I64, True), "(global (mut i64))"),
        (TagType(FuncType((I32,), ())), "(tag (param i32))"),
        (TagType(FuncType((), ())), "(tag)"),
        (FieldType(I32, False), "i32"),
        (FieldType(I8, True), "(mut i8)"),
        (StructType(()), "(struct)"),
        (StructType((FieldType(I16, False), FieldType(FUNCREF, True))), "(struct (field i16) (field (mut funcref)))"),
        (ArrayType(FieldType(I64, False)), "(array i64)"),
        (ArrayType(FieldType(I8, True)), "(array (mut i8))"),
    ],
)
def test_as_in_the_text_format(type_: object, text: str) -> None:
    assert str(type_) == text
