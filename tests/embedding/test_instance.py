"""Instances, their exports, and host functions given to them."""

from __future__ import annotations

import copy
import gc
from collections.abc import Mapping
from pathlib import Path

import pytest

import wasmvm
from tests.wat import wat2wasm
from wasmvm import Func, FuncType, Global, GlobalType, HostFunc, Instance, LinkError, Module, Store
from wasmvm.types import I32, I64

TEXT = """(module (import "h" "f" (func $f (param i32) (result i32)))
  (memory (export "memory") 1) (func (export "call") (param i32) (result i32) local.get 0  call $f)
  (func (export "not python") (result i32) i32.const 8) (export "same" (func 1)))"""


def test_exports_are_a_mapping_and_attributes() -> None:
    instance = Instance(Module(wat2wasm(TEXT)), {"h": {"f": lambda x: x + 1}})
    exports = instance.exports
    assert isinstance(exports, Mapping)
    assert list(exports) == ["memory", "call", "not python", "same"]
    assert len(exports) == 4
    assert exports.call(4) == exports["call"](4) == 5
    assert exports["not python"]() == 8
    assert exports.call is exports["call"] is exports.same, "the same function has one object"
    assert "memory" in exports
    assert "nothing" not in exports
    assert "call" in dir(exports)
    with pytest.raises(AttributeError, match="nothing"):
        exports.nothing  # noqa: B018
    with pytest.raises(KeyError):
        exports["nothing"]
    assert "memory" in repr(exports)


def count_funcs() -> int:
    return sum(type(made) is Func for made in gc.get_objects())


def test_an_export_is_made_when_it_is_asked_for() -> None:
    """Neither an instance nor its mapping of exports costs anything for those that nobody uses."""
    module = Module(wat2wasm("(module " + "".join(f'(func (export "f{i}"))' for i in range(500)) + ")"))
    gc.collect()
    before = count_funcs()
    exports = Instance(module).exports
    exports.f7()
    exports["f8"]()
    assert "f9" in exports
    assert "g" not in exports
    assert exports.get("g") is None
    assert (len(exports), list(exports)[:2], "f10" in dir(exports)) == (500, ["f0", "f1"], True)
    assert not hasattr(exports, "g")
    assert count_funcs() - before == 2
    assert exports.f7 is exports["f7"]
    assert [name for name, made in exports.items() if made is exports.f7] == ["f7"]
    assert count_funcs() - before == 500


def test_exports_with_names_of_the_mapping_itself() -> None:
    names = ["_core", "_externs", "keys", "__len__", "__init__", "__class__", "", "a b"]
    functions = "".join(f'(func (export "{name}") (result i32) i32.const {i})' for i, name in enumerate(names))
    exports = Instance(Module(wat2wasm(f"(module {functions})"))).exports
    assert [exports[name]() for name in names] == list(range(len(names)))
    assert list(exports.keys()) == names
    assert getattr(exports, "a b")() == 7
    assert set(names) <= set(dir(exports))
    again = copy.copy(exports)
    assert again == exports
    assert again["keys"] is exports["keys"]
    blank = type(exports).__new__(type(exports))
    with pytest.raises(AttributeError, match="_core"):
        len(blank)
    with pytest.raises(TypeError):
        [] in exports  # noqa: B015


def test_exports_of_one_are_imports_of_another() -> None:
    store = Store()
    first = Instance(Module(wat2wasm('(module (func (export "f") (param i32) (result i32) i32.const 3))')), None, store)
    second = Instance(Module(wat2wasm(TEXT)), {"h": first.exports}, store)
    assert second.exports.call(1) == 3
    with pytest.raises(LinkError, match="another store"):
        Instance(Module(wat2wasm(TEXT)), {"h": first.exports}, Store())


def test_each_instance_has_a_store_unless_it_is_given_one() -> None:
    module = Module(wat2wasm("(module)"))
    store = Store()
    assert Instance(module, store=store).store is store
    assert Instance(module).store is not Instance(module).store


def test_instantiate(tmp_path: Path) -> None:
    binary = wat2wasm(TEXT)
    path = tmp_path / "module.wasm"
    path.write_bytes(binary)
    imports = {"h": {"f": lambda x: 2 * x}}
    for source in (binary, path, str(path), Module(binary)):
        assert wasmvm.instantiate(source, imports).exports.call(21) == 42


@pytest.mark.parametrize("callable_", [abs, int, lambda x: x, type("C", (), {"__call__": lambda self, x: x})()])
def test_any_callable_can_be_imported(callable_: object) -> None:
    instance = Instance(Module(wat2wasm(TEXT)), {"h": {"f": callable_}})  # type: ignore[dict-item]
    assert instance.exports.call(7) == 7


def test_host_function_of_a_given_type() -> None:
    right = HostFunc(lambda x: x, FuncType((I32,), (I32,)))
    assert Instance(Module(wat2wasm(TEXT)), {"h": {"f": right}}).exports.call(2) == 2
    wrong = HostFunc(lambda x: x, FuncType((I64,), (I32,)))
    with pytest.raises(LinkError, match="incompatible import type"):
        Instance(Module(wat2wasm(TEXT)), {"h": {"f": wrong}})


def test_host_function_in_several_stores() -> None:
    host = HostFunc(lambda x: x + 1)
    for _ in range(2):
        assert Instance(Module(wat2wasm(TEXT)), {"h": {"f": host}}).exports.call(1) == 2


def test_function_says_what_it_is() -> None:
    def double(x: int) -> int:
        return 2 * x

    store = Store()
    func = Func(store, FuncType((I32,), (I32,)), double)
    assert func(21) == 42
    assert (func.name, func.funcidx, func.type) == ("double", None, FuncType((I32,), (I32,)))
    assert "double" in repr(func)
    text = '(module $m (func $inner (export "outer") (param i64)))'
    exported = Instance(Module(wat2wasm(text)), store=store).exports.outer
    assert (exported.name, exported.funcidx, exported.type) == ("inner", 0, FuncType((I64,), ()))
    assert exported(1) is None
    with pytest.raises(TypeError, match="inner"):
        exported()


def test_calls_with_bits_carry_signalling_nans() -> None:
    text = """(module (func (export "f") (param f32 f64) (result f64 f32) local.get 1  local.get 0)
      (func (export "i") (param i32 i64) (result i64 i32) local.get 1  local.get 0))"""
    exports = Instance(Module(wat2wasm(text))).exports
    assert exports.f.call_bits([0x7FA00001, 0x7FF4000000000001]) == [0x7FF4000000000001, 0x7FA00001]
    assert exports.i.call_bits([-1, -1]) == [0xFFFFFFFFFFFFFFFF, 0xFFFFFFFF]


def test_what_cannot_be_imported() -> None:
    module = Module('(module (import "a" "f" (func (result i32))) (import "a" "g" (global i32)))')
    store = Store()
    one = Global(store, GlobalType(I32, False), 1)
    for imports, message in (
        ([5], "expected mappings of module names to mappings of names, found list"),
        ({"a": 5}, "expected mappings of module names to mappings of names, found int"),
        ({"a": None}, "found NoneType"),
    ):
        with pytest.raises(TypeError, match=message):
            Instance(module, imports, store)  # type: ignore[arg-type]
    for f, g, wrong in (
        (5, one, '"a" "f": int is nothing that can be imported there'),
        (lambda: 1, 5, '"a" "g": int is nothing that can be imported there'),
        (lambda: 1, lambda: 1, '"a" "g": function is nothing that can be imported there'),
        (lambda: 1, HostFunc(print), '"a" "g"'),
        (lambda: 1, (FuncType((), (I32,)), print), '"a" "g"'),
        (one, one, '"a" "f"'),
    ):
        with pytest.raises(LinkError, match=f"incompatible import type.*{wrong}") as caught:
            Instance(module, {"a": {"f": f, "g": g}}, store)
        assert (caught.value.module, caught.value.name) == ("a", wrong[5])
    given = Instance(module, {"a": {"f": (FuncType((), (I32,)), lambda caller: 7), "g": one}}, store)
    assert given.store is store


def test_what_instances_and_modules_say_of_themselves() -> None:
    named, nameless = Module("(module $m)"), Module("(module (func) (func))")
    assert (repr(named), repr(nameless)) == ("<wasmvm.Module m>", "<wasmvm.Module of 2 functions>")
    assert repr(Instance(named)) == "<wasmvm.Instance of <wasmvm.Module m>>"
    assert repr(Module('(module $"a\\1b")')) == "<wasmvm.Module a\\x1b>"
