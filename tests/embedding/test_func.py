"""Host functions whose type is taken from annotations."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import pytest

import wasmvm
from wasmvm import ValType, functype


def annotated(parameter: Any, result: Any) -> Callable[..., Any]:
    def host(x: Any) -> Any:
        return x

    host.__annotations__ = {"x": parameter, "return": result}
    return host


RESULTS = [
    (None, ""), ("None", ""), (int, "i32"), (float, "f64"), ("int", "i32"), ("float", "f64"), (ValType.F32, "f32"),
    ("i64", "i64"), ("externref", "externref"), ("v128", "v128"), (tuple[int, float], "i32 f64"),
    ("tuple[int, float, int]", "i32 f64 i32"), ("tuple[i64, f32, 'v128', int]", "i64 f32 v128 i32"), (tuple[()], ""),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "results"), RESULTS, ids=str)
def test_the_result(annotation: Any, results: str) -> None:
    func = wasmvm.HostFunc(annotated("i64", annotation)).bind(wasmvm.Store())
    assert func.type == functype("i64", results)


@pytest.mark.parametrize("annotation", [int, float, "int", "float", ValType.I64, "i64", "f32", "funcref"], ids=str)
def test_a_parameter(annotation: Any) -> None:
    given = {int: "i32", float: "f64", "int": "i32", "float": "f64", ValType.I64: "i64"}
    func = wasmvm.HostFunc(annotated(annotation, None)).bind(wasmvm.Store())
    assert func.type == functype(given.get(annotation, annotation), "")


WRONG: tuple[Any, ...] = (str, "str", "nothing", "i64 i64", "1 / 0", "int('x')", "(", list[int], 5, "", type)


@pytest.mark.parametrize("annotation", WRONG, ids=str)
def test_what_is_no_value_type(annotation: Any) -> None:
    """Also what cannot be evaluated, for whatever reason."""
    store = wasmvm.Store()
    with pytest.raises(TypeError, match="host: parameter x is annotated with no value type"):
        wasmvm.HostFunc(annotated(annotation, None)).bind(store)
    with pytest.raises(TypeError, match="host: the result is annotated with no value type"):
        wasmvm.HostFunc(annotated(int, annotation)).bind(store)
    with pytest.raises(TypeError, match="host: the result is annotated with no value type"):
        wasmvm.HostFunc(annotated(int, tuple[int, Any])).bind(store)


def test_what_has_no_annotations() -> None:
    store = wasmvm.Store()
    with pytest.raises(TypeError, match="<lambda>: the result is not annotated"):
        wasmvm.HostFunc(lambda: None).bind(store)
    with pytest.raises(TypeError, match="parameter x is annotated with no value type"):
        wasmvm.HostFunc(lambda x: None).bind(store)
    for without in (builtins.iter, builtins.max, dict.get):
        with pytest.raises(TypeError, match=f"{without.__name__}: "):
            wasmvm.HostFunc(without).bind(store)


def test_a_function_of_several_results_gives_them() -> None:
    def both(x: int) -> tuple[int, float]:
        return x, x / 2

    vm = wasmvm.instantiate(
        '(module (import "e" "f" (func $f (param i32) (result i32 f64)))'
        ' (func (export "g") (result i32 f64) (call $f (i32.const 3))))',
        {"e": {"f": wasmvm.HostFunc(both)}},
    )
    assert vm.exports.g() == (3, 1.5)
