"""`wasmvm.compat.wasmtime` against the package it replaces."""

from __future__ import annotations

import ast
import gc
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wasmtime as original

import wasmvm
from tests.compat.running import run, run_on
from wasmvm.compat import wasmtime

SCRIPT = Path(__file__).with_name("scripts.py")


def test_the_same_script_prints_the_same() -> None:
    expected = run("-m", "tests.compat.scripts")
    assert expected.count("\n") > 400
    assert run_on("wasmtime", "-m", "tests.compat.scripts").splitlines() == expected.splitlines()


def test_every_public_name_is_there_and_in_the_script() -> None:
    assert sorted(wasmtime.__all__) == sorted(original.__all__)
    used = {node.id for node in ast.walk(ast.parse(SCRIPT.read_text())) if isinstance(node, ast.Name)}
    assert set(original.__all__) <= used


@pytest.mark.parametrize("name", original.__all__)
def test_every_member_of_a_class_is_there(name: str) -> None:
    theirs, ours = getattr(original, name), getattr(wasmtime, name)
    if isinstance(theirs, type):
        assert {m for m in dir(theirs) if not m.startswith("_")} <= set(dir(ours))
        for member, value in vars(theirs).items():
            if isinstance(value, property):
                assert isinstance(getattr(ours, member), property)


ADD = '(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))'


def test_an_object_of_another_store_raises() -> None:
    store, other = wasmtime.Store(), wasmtime.Store()
    add = wasmtime.Instance(store, wasmtime.Module(store.engine, ADD), []).exports(store)["add"]
    with pytest.raises(wasmtime.WasmtimeError, match="wrong store"):
        add(other, 1, 2)
    module = wasmtime.Module(other.engine, '(module (import "e" "f" (func (param i32 i32) (result i32))))')
    with pytest.raises(wasmtime.WasmtimeError):
        wasmtime.Instance(other, module, [add])


def test_a_v128_is_bytes() -> None:
    store = wasmtime.Store()
    text = '(module (func (export "f") (param v128) (result v128) local.get 0))'
    f = wasmtime.Instance(store, wasmtime.Module(store.engine, text), []).exports(store)["f"]
    assert f(store, bytes(range(16))) == bytes(range(16))
    with pytest.raises(TypeError, match="don't know how to convert 1 to v128"):
        f(store, 1)


def test_a_component_says_so() -> None:
    with pytest.raises(wasmtime.WasmtimeError, match="component"):
        wasmtime.Module(wasmtime.Engine(), b"\0asm\x0d\0\1\0")


def test_the_names_of_components_are_there_and_say_so() -> None:
    original_component = pytest.importorskip("wasmtime.component")
    from wasmvm.compat.wasmtime import component

    for name in original_component.__all__:
        cls = getattr(component, name)
        assert isinstance(cls, type)
        assert not isinstance(1, cls)
        with pytest.raises(wasmtime.WasmtimeError, match=f"component.{name} belongs to the component model"):
            cls()
    with pytest.raises(wasmtime.WasmtimeError, match="core modules only"):
        component.Component.from_file(wasmtime.Engine(), "x.wasm")
    with pytest.raises(AttributeError):
        component.Nothing  # noqa: B018


def test_permissions_of_both_ages() -> None:
    for arguments in ({"dir_perms": wasmtime.DirPerms.READ_ONLY, "file_perms": wasmtime.FilePerms.READ_ONLY},
                      {"fs_mutable": False}):  # fmt: skip
        config = wasmtime.WasiConfig()
        config.preopen_dir(".", "/x", **arguments)
        assert config.ptr()["dirs"]["/x"].read_only
    config.preopen_dir(".", "/y", wasmtime.DirPerms.READ_WRITE, wasmtime.FilePerms.READ_WRITE)
    assert not config.ptr()["dirs"]["/y"].read_only


def test_a_host_exception_keeps_its_wasm_frames() -> None:
    store = wasmtime.Store()

    def host() -> None:
        raise RuntimeError("boo")

    text = '(module $m (import "" "" (func $f)) (func $run (export "run") call $f))'
    func = wasmtime.Func(store, wasmtime.FuncType([], []), host)
    e = wasmtime.Instance(store, wasmtime.Module(store.engine, text), [func]).exports(store)
    with pytest.raises(RuntimeError) as caught:
        e["run"](store)
    assert "run" in [entry.name for entry in caught.traceback]


def test_install_from_code() -> None:
    code = """
import wasmvm.compat
wasmvm.compat.install("wasmtime")
wasmvm.compat.install("wasmtime")
import wasmtime, wasmtime.func
from wasmtime import Store
assert Store is wasmvm.compat.wasmtime.Store and wasmtime.func.Func is wasmtime.Func
from wasmtime.component import Component
assert Component.__module__ == "wasmvm.compat.wasmtime.component"
for name, error in (("numpy", ValueError), ("nothing", ValueError)):
    try:
        wasmvm.compat.install(name)
    except error as e:
        print(e)
"""
    output = run("-c", code)
    assert "there is no replacement for 'numpy'" in output


def test_the_replacement_stands_for_the_name_and_what_is_below_it_only() -> None:
    """Also where the name is imported anew, as programs do that forget modules; nothing else is found by it."""
    assert run("-c", """
import importlib, importlib.util, sys, wasmvm.compat
wasmvm.compat.install("wasmtime")
for name in [name for name in sys.modules if name.partition(".")[0] == "wasmtime"]:
    del sys.modules[name]
import wasmtime, wasmtime.func
assert wasmtime is wasmvm.compat.wasmtime and wasmtime.func is wasmvm.compat.wasmtime.func
finder = sys.meta_path[0]
assert finder.find_spec("wasmtime").loader is finder
for name in ("wasmtimes", "wasmtime_wasi", "wasm", "wasmtime.nothing", "numpy", "os"):
    assert finder.find_spec(name) is None, name
assert importlib.util.find_spec("json").loader is not finder
print("found")
""") == "found\n"  # fmt: skip


def test_install_comes_too_late() -> None:
    assert "already" in run("-c", """
import wasmtime, wasmvm.compat
try:
    wasmvm.compat.install("wasmtime")
except RuntimeError as error:
    print(error)
""")  # fmt: skip


def test_the_command_line(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys, wasmtime, beside\nprint(wasmtime.__name__, sys.argv[1:], __name__, beside.x)")
    (tmp_path / "beside.py").write_text("x = 5")
    assert run("-m", "wasmvm.compat", "wasmtime", str(program), "-a", "b").split("\n")[0] == (
        "wasmvm.compat.wasmtime ['-a', 'b'] __main__ 5"
    )
    assert run("-m", "wasmvm.compat", "wasmtime", "-c", "import wasmtime; print(wasmtime.Store)", "x").startswith(
        "<class"
    )
    for wrong in (["wasmtime"], ["wasmtime", "-m"], ["nothing", "x.py"]):
        done = subprocess.run(
            [sys.executable, "-m", "wasmvm.compat", *wrong], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "usage" in done.stderr


def test_the_shim_is_in_the_package() -> None:
    assert wasmvm.instantiate(ADD).exports.add(1, 1) == 2


def test_pointers_keep_the_memory() -> None:
    """What ctypes has of a memory never shows another one's bytes, whose range is used again."""
    store = wasmtime.Store()
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(1, None)))
    array, pointer = memory.get_buffer_ptr(store), memory.data_ptr(store)
    part = memory.get_buffer_ptr(store, 4, 65532)
    pointer[1] = 7
    assert array[1] == 7
    for size, offset in ((5, 65532), (1, -1), (-1, 0), (1, 2**40), (65537, 0)):
        with pytest.raises((ValueError, OverflowError)):
            memory.get_buffer_ptr(store, size, offset)
    gone = weakref.ref(memory._memory)
    del memory, store
    for held in ("array", "pointer", "part"):
        gc.collect()
        assert gone() is not None
        other = wasmtime.Store()
        wasmtime.Memory(other, wasmtime.MemoryType(wasmtime.Limits(1, None))).write(
            other, b"secret of the next guest", 0
        )
        assert held == "part" or pointer[1] == 7
        if held == "array":
            del array
        elif held == "pointer":
            del pointer
        else:
            assert bytes(part) == bytes(4)
            del part
    gc.collect()
    assert gone() is None


def test_numbers_of_numpy() -> None:
    """They wrap at their own width, if one computes with them."""
    store = wasmtime.Store()
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(1, 3)))
    memory.write(store, bytes(range(256)), 0)
    assert memory.read(store, np.uint8(250), np.uint8(5)) == b""
    assert memory.read(store, np.uint32(0xFFFFFFF0), np.uint32(0x10)) == b""
    assert memory.read(store, np.int8(-4), None) == bytes(4)
    assert memory.read(store, np.uint8(2), np.uint8(5)) == b"\2\3\4"
    assert memory.write(store, b"ab", np.uint16(65534)) == 2
    with pytest.raises(IndexError):
        memory.write(store, b"abc", np.uint16(65534))
    assert memory.grow(store, np.uint8(1)) == 1
    with pytest.raises(wasmtime.WasmtimeError):
        memory.grow(store, np.int8(-1))
    table = wasmtime.Table(store, wasmtime.TableType(wasmtime.ValType.externref(), wasmtime.Limits(1, 3)), None)
    assert table.grow(store, np.int8(1), 5) == 1
    assert table.get(store, np.uint64(1)) == 5
    assert table.get(store, np.uint64(2**64 - 1)) is None
    for amount in (np.int8(-1), np.uint64(2**64 - 1)):
        with pytest.raises(wasmtime.WasmtimeError):
            table.grow(store, amount, None)
    with pytest.raises(wasmtime.WasmtimeError):
        table.set(store, np.int64(-1), None)


def test_limits_that_are_taken_back_are_as_before() -> None:
    store = wasmtime.Store()
    store.set_limits(table_elements=9_000_000)
    store.set_limits()
    tabletype = wasmtime.TableType(wasmtime.ValType.funcref(), wasmtime.Limits(9_000_000, None))
    first = wasmtime.Table(store, tabletype, None)
    with pytest.raises(wasmtime.WasmtimeError):
        wasmtime.Table(store, tabletype, None)
    assert first.size(store) == 9_000_000


@pytest.mark.parametrize(
    ("given", "bytes_"),
    [(None, 8 << 20), (0, 65536), (16384, 65536), (16385, 65540), (1 << 30, 1 << 32), ((1 << 30) + 1, 1 << 32),
     (1 << 70, 1 << 32)],
)  # fmt: skip
def test_the_stack_is_as_large_as_given_within_what_can_be(given: int | None, bytes_: int) -> None:
    """Four bytes for one, since interpreted frames are larger; from 64 KiB to 4 GiB."""
    config = wasmtime.Config()
    if given is not None:
        config.max_wasm_stack = given
    engine = wasmtime.Engine(config).ptr()
    assert engine.config.max_stack == bytes_
    assert engine.store().max_stack == bytes_ // 8 * 8


def as_seen(function: Callable[..., Any], *args: Any) -> tuple[str, str]:
    """What comes of a call, as far as it is the same for both packages."""
    try:
        result = function(*args)
    except Exception as error:
        if "Val" in str(error) or "type mismatch" in str(error):
            return "an error", ""  # for a `Val` of another type they are of different kinds
        return type(error).__name__, "" if "object at" in str(error) else str(error)
    name = type(result).__name__
    return name, "" if name in ("Func", "object", "Val", "function") or isinstance(result, list) else repr(result)


def values_seen_by(package: Any, name: str) -> list[tuple[str, str]]:
    """What comes of many values as a parameter alone and as the last of several, and as results of host functions."""
    store = package.Store()
    text = f"""(module (import "" "one" (func $one (result {name}))) (import "" "two" (func $two (result i32 {name})))
      (func $f (export "f") (param {name}) (result {name})  local.get 0) (func $nothing (export "nothing"))
      (func (export "last") (param i32 f64 {name}) (result {name})  local.get 2)
      (func (export "one") (result {name})  call $one) (func (export "two") (result i32 {name})  call $two))"""
    valtype, answer = getattr(package.ValType, name)(), [None]
    one = package.Func(store, package.FuncType([], [valtype]), lambda: answer[0])
    two = package.Func(store, package.FuncType([], [package.ValType.i32(), valtype]), lambda: (1, answer[0]))
    exports = package.Instance(store, package.Module(store.engine, text), [one, two]).exports(store)
    val = package.Val
    values: list[Any] = [
        0,
        1,
        -1,
        1 << 31,
        1 << 40,
        True,
        1.5,
        float("inf"),
        0.1,
        np.float64(2.5),
        "1",
        b"1",
        None,
        [],
        (1, 2),
    ]
    values += [
        val.i32(5),
        val.i64(5),
        val.f32(0.5),
        val.f64(0.5),
        val.externref("x"),
        val.funcref(None),
        *([exports["nothing"]] if name.endswith("ref") else []),
    ]
    found = []
    for value in values:
        answer[0] = value
        found.append(as_seen(exports["f"], store, value))
        found.append(as_seen(exports["last"], store, 1, 2.5, value))
        found.append(as_seen(exports["last"], store, package.Val.i32(1), 2.5, value))
        found.append(as_seen(exports["one"], store))
        found.append(as_seen(exports["two"], store))
    for arguments in ((), (1,), (1, 2.5), (1, 2.5, None, None), (None, None, None, None), ("", 1, "")):
        found.append(as_seen(exports["last"], store, *arguments))
    return found


@pytest.mark.parametrize("name", ["i32", "i64", "f32", "f64", "externref", "funcref"])
def test_values_are_taken_and_refused_as_the_other_does(name: str) -> None:
    theirs, ours = (values_seen_by(package, name) for package in (original, wasmtime))
    assert len(ours) > 100
    assert ours == theirs


def test_a_tuple_that_is_an_external_reference_stays_one() -> None:
    store = wasmtime.Store()
    text = """(module (func (export "f") (param externref) (result externref)  local.get 0)
      (func (export "g") (param externref) (result externref externref)  local.get 0  local.get 0))"""
    exports = wasmtime.Instance(store, wasmtime.Module(store.engine, text), []).exports(store)
    assert exports["f"](store, (1, 2)) == (1, 2)
    assert exports["g"](store, (1, 2)) == [(1, 2), (1, 2)]


def test_memories_are_written_where_slices_would_be() -> None:
    for data in (b"", b"abc", bytearray(b"abc"), bytearray(), memoryview(b"abc"), [1, 2, 3]):
        for start in (None, 0, 1, -1, -3, -70000, 65533, 65534, 65536, 1 << 40, True, np.int8(5)):
            seen = []
            for package in (original, wasmtime):
                store = package.Store()
                memory = package.Memory(store, package.MemoryType(package.Limits(1, None)))
                try:
                    done: object = memory.write(store, data, start)
                except Exception as error:
                    done = type(error)
                seen.append((done, bytes(memory.read(store, 0, 65536))))
            assert seen[0] == seen[1], (data, start)


@pytest.mark.parametrize("name", ["i32", "i64", "f32", "f64"])
def test_there_is_no_null_number(name: str) -> None:
    with pytest.raises(wasmtime.WasmtimeError, match="Invalid reference type"):
        wasmtime.Val.ref_null(getattr(wasmtime.ValType, name)())
    for reference in ("funcref", "externref"):
        null = wasmtime.Val.ref_null(getattr(wasmtime.ValType, reference)())
        assert null.value is None


def test_exports_are_the_same_object_each_time() -> None:
    for package in (original, wasmtime):
        store = package.Store()
        instance = package.Instance(store, package.Module(store.engine, '(module (func (export "f")))'), [])
        exports = instance.exports(store)
        assert instance.exports(store) is exports
        assert exports["f"] is instance.exports(store)["f"]


def test_types_of_imports_and_exports() -> None:
    text = """(module (import "a" "f" (func (param i32))) (import "b" "" (memory 1 2)) (import "" "t" (table 3 externref))
      (export "g" (func 0)) (global (export "v") (mut i64) (i64.const 1)))"""
    module = wasmtime.Module(wasmtime.Engine(), text)
    assert [(i.module, i.name, type(i.type)) for i in module.imports] == [
        ("a", "f", wasmtime.FuncType), ("b", "", wasmtime.MemoryType), ("", "t", wasmtime.TableType)
    ]  # fmt: skip
    assert [(e.name, type(e.type)) for e in module.exports] == [
        ("g", wasmtime.FuncType), ("v", wasmtime.GlobalType)
    ]  # fmt: skip
    assert [str(p) for p in module.imports[0].type.params] == ["i32"]
    limits = module.imports[1].type.limits
    assert (limits.min, limits.max) == (1, 2)
    assert module.imports[2].type.element == wasmtime.ValType.externref()
