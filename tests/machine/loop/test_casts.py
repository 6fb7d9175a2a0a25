"""Tests and casts to every abstract heap type, of a value of every kind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wat import wat2wasm
from wasmvm import Global, GlobalType, Instance, Module, Store, Trap
from wasmvm.types import EXTERNREF

KINDS = {
    "null": "(ref.null none)",
    "i31": "(ref.i31 (i32.const 7))",
    "struct": "(struct.new_default $s)",
    "array": "(array.new_default $a (i32.const 1))",
    "host": "(any.convert_extern (global.get $host))",
}
MATCHES = {
    "any": {"i31", "struct", "array", "host"},
    "eq": {"i31", "struct", "array"},
    "i31": {"i31"},
    "struct": {"struct"},
    "array": {"array"},
    "none": set(),
}
"""By heap type, the kinds of values that are not null and that match it."""
OTHERS = {
    "func": ("(ref.func $f)", "(ref.null func)"),
    "nofunc": ("(ref.func $f)", "(ref.null func)"),
    "extern": ("(global.get $host)", "(ref.null extern)"),
    "noextern": ("(global.get $host)", "(ref.null extern)"),
}
"""By heap type of the other hierarchies, a value of the hierarchy and null."""


@pytest.fixture(scope="module")
def exports() -> Any:
    functions = []
    for target in (*MATCHES, *OTHERS):
        values = KINDS if target in MATCHES else dict(zip(("value", "null"), OTHERS[target], strict=True))
        for kind, value in values.items():
            for null in ("", "null "):
                name = f"{target} {kind} {null}"
                functions.append(
                    f"""(func (export "test {name}") (result i32) (ref.test (ref {null}{target}) {value}))
                    (func (export "cast {name}") (drop (ref.cast (ref {null}{target}) {value})))"""
                )
    text = f"""(module (type $s (struct)) (type $a (array i8)) (import "" "host" (global $host externref))
      (func $f) (elem declare func $f) {"".join(functions)})"""
    store = Store()
    host = Global(store, GlobalType(EXTERNREF, False), object())
    return Instance(Module(wat2wasm(text)), {"": {"host": host}}, store).exports


@pytest.mark.parametrize("null", ["", "null "])
@pytest.mark.parametrize(("target", "kind"), [(target, kind) for target in MATCHES for kind in KINDS])
def test_any_and_below(exports: Any, target: str, kind: str, null: str) -> None:
    check(exports, f"{target} {kind} {null}", bool(null) if kind == "null" else kind in MATCHES[target])


@pytest.mark.parametrize("null", ["", "null "])
@pytest.mark.parametrize("target", OTHERS)
def test_other_hierarchies(exports: Any, target: str, null: str) -> None:
    check(exports, f"{target} value {null}", not target.startswith("no"))
    check(exports, f"{target} null {null}", bool(null))


def check(exports: Any, name: str, expected: bool) -> None:
    assert exports[f"test {name}"]() == expected
    if expected:
        assert exports[f"cast {name}"]() is None
    else:
        with pytest.raises(Trap) as caught:
            exports[f"cast {name}"]()
        assert caught.value.code == "cast_failure"
