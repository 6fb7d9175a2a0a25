"""Instantiation (spec "Execution: Modules: Instantiation"): imports, segments, start functions; what stays when it fails."""

from __future__ import annotations

import pytest

from tests.wat import wat2wasm
from wasmvm import (
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    LinkError,
    Memory,
    MemoryType,
    Module,
    Store,
    Table,
    TableType,
    Trap,
)
from wasmvm.lowered import Lowered
from wasmvm.lowering import body
from wasmvm.lowering.context import Context
from wasmvm.types import EXTERNREF, F32, F64, FUNCREF, I32, I64


def instantiate(text: str, imports: object = None, store: Store | None = None) -> Instance:
    return Instance(Module(wat2wasm(text)), imports, store)  # type: ignore[arg-type]


def limits(low: int, high: int | None = None) -> Limits:
    return Limits(low, high)


STORE = Store()
MATCHES = [
    ("(func)", Func(STORE, FuncType((), ()), print), True),
    ("(func (param i32))", Func(STORE, FuncType((), ()), print), False),
    ("(func (result i32))", Func(STORE, FuncType((), (I64,)), print), False),
    ("(func (param i32 i64) (result f32 f64))", Func(STORE, FuncType((I32, I64), (F32, F64)), print), True),
    ("(func)", Memory(STORE, MemoryType(limits(1))), False),
    ("(memory 1)", Memory(STORE, MemoryType(limits(1))), True),
    ("(memory 1)", Memory(STORE, MemoryType(limits(2, 3))), True),
    ("(memory 2)", Memory(STORE, MemoryType(limits(1))), False),
    ("(memory 1 4)", Memory(STORE, MemoryType(limits(1))), False),
    ("(memory 1 4)", Memory(STORE, MemoryType(limits(1, 4))), True),
    ("(memory 1 4)", Memory(STORE, MemoryType(limits(1, 5))), False),
    ("(memory i64 1)", Memory(STORE, MemoryType(limits(1), I64)), True),
    ("(memory i64 1 4)", Memory(STORE, MemoryType(limits(1, 5), I64)), False),
    ("(memory i64 1)", Memory(STORE, MemoryType(limits(1))), False),
    ("(memory 1)", Memory(STORE, MemoryType(limits(1), I64)), False),
    ("(table i64 1 funcref)", Table(STORE, TableType(FUNCREF, limits(1), I64)), True),
    ("(table i64 1 funcref)", Table(STORE, TableType(FUNCREF, limits(1))), False),
    ("(table 1 funcref)", Table(STORE, TableType(FUNCREF, limits(1), I64)), False),
    ("(table 1 funcref)", Table(STORE, TableType(FUNCREF, limits(1))), True),
    ("(table 1 funcref)", Table(STORE, TableType(EXTERNREF, limits(1))), False),
    ("(table 2 funcref)", Table(STORE, TableType(FUNCREF, limits(1))), False),
    ("(table 1 2 funcref)", Table(STORE, TableType(FUNCREF, limits(1, 2))), True),
    ("(table 1 2 funcref)", Table(STORE, TableType(FUNCREF, limits(1))), False),
    ("(global i32)", Global(STORE, GlobalType(I32, False), 1), True),
    ("(global i32)", Global(STORE, GlobalType(I32, True), 1), False),
    ("(global (mut i32))", Global(STORE, GlobalType(I32, True), 1), True),
    ("(global (mut i64))", Global(STORE, GlobalType(I32, True), 1), False),
    ("(global funcref)", Global(STORE, GlobalType(FUNCREF, False), None), True),
]


@pytest.mark.parametrize(("import_", "extern", "matches"), MATCHES)
def test_import_matching(import_: str, extern: object, matches: bool) -> None:
    text = f'(module (import "m" "n" {import_}))'
    if matches:
        instantiate(text, {"m": {"n": extern}}, STORE)
    else:
        with pytest.raises(LinkError, match='incompatible import type for "m" "n"'):
            instantiate(text, {"m": {"n": extern}}, STORE)


def test_size_of_now_is_what_an_import_is_matched_against() -> None:
    store = Store()
    memory, table = Memory(store, MemoryType(limits(1, 9))), Table(store, TableType(FUNCREF, limits(1, 9)))
    text = '(module (import "m" "mem" (memory 3 9)) (import "m" "tab" (table 5 9 funcref)))'
    with pytest.raises(LinkError):
        instantiate(text, {"m": {"mem": memory, "tab": table}}, store)
    memory.grow(2)
    table.grow(4)
    instantiate(text, {"m": {"mem": memory, "tab": table}}, store)


@pytest.mark.parametrize("given", [{}, {"m": {}}, {"n": {"n": 1}}])
def test_missing_import(given: object) -> None:
    with pytest.raises(LinkError, match='unknown import "m" "n"'):
        instantiate('(module (import "m" "n" (func)))', given)


@pytest.mark.parametrize("given", [5, "f", object(), None])
def test_what_cannot_be_imported(given: object) -> None:
    for kind in ("(func)", "(memory 1)", "(table 1 funcref)", "(global i32)"):
        with pytest.raises(LinkError):
            instantiate(f'(module (import "m" "n" {kind}))', {"m": {"n": given}})


def test_externs_of_another_store() -> None:
    for kind, extern in (
        ("(func)", Func(Store(), FuncType((), ()), print)),
        ("(memory 1)", Memory(Store(), MemoryType(limits(1)))),
        ("(table 1 funcref)", Table(Store(), TableType(FUNCREF, limits(1)))),
        ("(global i32)", Global(Store(), GlobalType(I32, False), 1)),
    ):
        with pytest.raises(LinkError, match="another store"):
            instantiate(f'(module (import "m" "n" {kind}))', {"m": {"n": extern}})


def test_imported_things_are_shared() -> None:
    store = Store()
    text = """(module (import "m" "mem" (memory 1)) (import "m" "tab" (table 2 funcref))
      (import "m" "g" (global $g (mut i64))) (func $f (export "f") (result i32) i32.const 6)
      (elem (i32.const 1) $f) (data (i32.const 10) "data")
      (func (export "add") (param i64) global.get $g  local.get 0  i64.add  global.set $g)
      (func (export "call") (result i32) i32.const 1  call_indirect (result i32)))"""
    given = {
        "mem": Memory(store, MemoryType(limits(1))),
        "tab": Table(store, TableType(FUNCREF, limits(2))),
        "g": Global(store, GlobalType(I64, True), 40),
    }
    first, second = instantiate(text, {"m": given}, store), instantiate(text, {"m": given}, store)
    first.exports.add(1)
    second.exports.add(1)
    assert given["g"].value == 42
    assert given["mem"].read(10, 4) == b"data"
    assert given["tab"][1] is second.exports.f, "the later instance wrote last"
    assert first.exports.call() == 6
    given["mem"].write(10, b"ATAD")
    assert (
        instantiate('(module (import "m" "mem" (memory 1)) (export "x" (memory 0)))', {"m": given}, store).exports.x
        is given["mem"]
    )


def test_instances_do_not_share_what_they_define() -> None:
    module = Module(
        wat2wasm("""(module (global $g (mut i32) (i32.const 0)) (memory (export "m") 1)
      (func (export "count") (result i32) global.get $g  i32.const 1  i32.add  global.set $g  global.get $g))""")
    )
    first, second = Instance(module), Instance(module)
    assert [first.exports.count(), first.exports.count(), second.exports.count()] == [1, 2, 1]
    first.exports.m.write(0, b"x")
    assert second.exports.m.read(0, 1) == b"\0"


def test_constant_expressions() -> None:
    store = Store()
    text = """(module (import "m" "g" (global $imported i32)) (import "m" "f" (func $f))
      (global (export "i32") i32 (i32.const -5)) (global (export "i64") i64 (i64.const -0x8000000000000000))
      (global (export "f32") f32 (f32.const -0x1.8p3)) (global (export "f64") f64 (f64.const 0x1p-1074))
      (global (export "get") i32 (global.get $imported)) (global (export "null") externref (ref.null extern))
      (global (export "func") funcref (ref.func $own)) (global (export "imported") funcref (ref.func $f))
      (table (export "t") 10 funcref) (elem (offset (global.get $imported)) funcref (ref.func $own) (ref.null func))
      (memory (export "mem") 1) (data (offset (global.get $imported)) "hello")
      (func $own (export "own")))"""
    host = Func(store, FuncType((), ()), lambda: None)
    exports = instantiate(text, {"m": {"g": Global(store, GlobalType(I32, False), 7), "f": host}}, store).exports
    values = [exports[name].value for name in ("i32", "i64", "f32", "f64", "get", "null")]
    assert values == [-5, -(2**63), -12.0, 2.0**-1074, 7, None]
    assert exports.func.value is exports.own
    assert exports.imported.value is host
    assert [exports.t[i] for i in (6, 7, 8)] == [None, exports.own, None]
    assert exports.mem.read(6, 7) == b"\0hello\0"


def test_segments_run_in_order_and_the_last_wins() -> None:
    text = """(module (memory (export "m") 1) (data (i32.const 0) "aaaa") (data (i32.const 2) "bb")
      (data (i32.const 3) "c"))"""
    assert instantiate(text).exports.m.read(0, 5) == b"aabc\0"


def test_segment_that_does_not_fit_leaves_what_was_written_before() -> None:
    store = Store()
    memory, table = Memory(store, MemoryType(limits(1))), Table(store, TableType(FUNCREF, limits(2)))
    given = {"m": {"mem": memory, "tab": table}}
    text = """(module (import "m" "mem" (memory 1)) (import "m" "tab" (table 2 funcref))
      (func $f (result i32) i32.const 9) (elem (i32.const 0) $f)
      (data (i32.const 0) "written") (data (i32.const 65535) "xy") (data (i32.const 20) "not written"))"""
    with pytest.raises(Trap) as caught:
        instantiate(text, given, store)
    assert caught.value.code == "memory_out_of_bounds"
    assert memory.read(0, 7) == b"written"
    assert memory.read(65535, 1) == b"\0", "a segment is written as a whole or not at all"
    assert memory.read(20, 3) == b"\0\0\0"
    assert table[0]() == 9, "a function of an instance that failed lives on in the table"
    with pytest.raises(Trap) as caught:
        instantiate('(module (import "m" "tab" (table 2 funcref)) (func $f) (elem (i32.const 1) $f $f))', given, store)
    assert caught.value.code == "table_out_of_bounds"
    assert table[1] is None


def test_active_and_declarative_segments_are_dropped() -> None:
    text = """(module (memory 1) (table $t 3 funcref) (func $f)
      (data $active (i32.const 0) "ab") (data $passive "cd")
      (elem $eactive (i32.const 0) $f) (elem $edeclarative declare func $f) (elem $epassive func $f)
      (func (export "active") i32.const 0  i32.const 0  i32.const 1  memory.init $active)
      (func (export "passive") i32.const 0  i32.const 0  i32.const 1  memory.init $passive)
      (func (export "eactive") i32.const 0  i32.const 0  i32.const 1  table.init $eactive)
      (func (export "edeclarative") i32.const 0  i32.const 0  i32.const 1  table.init $edeclarative)
      (func (export "epassive") i32.const 0  i32.const 0  i32.const 1  table.init $epassive)
      (func (export "drop") data.drop $passive  elem.drop $epassive))"""
    exports = instantiate(text).exports
    exports.passive()
    exports.epassive()
    for name in ("active", "eactive", "edeclarative"):
        with pytest.raises(Trap, match="out of bounds"):
            exports[name]()
    exports.drop()
    for name in ("passive", "epassive"):
        with pytest.raises(Trap, match="out of bounds"):
            exports[name]()


def test_start_function() -> None:
    calls = []
    text = """(module (import "h" "f" (func $f)) (memory (export "m") 1) (data (i32.const 0) "d")
      (func $start call $f  i32.const 0  i32.const 1  i32.store8 offset=1) (start $start))"""
    assert instantiate(text, {"h": {"f": lambda: calls.append(1)}}).exports.m.read(0, 2) == b"d\x01"
    assert calls == [1]


def test_imported_start_function() -> None:
    calls = []
    instantiate('(module (import "h" "f" (func $f)) (start $f))', {"h": {"f": lambda: calls.append(1)}})
    assert calls == [1]


def test_start_function_that_traps() -> None:
    binary = wat2wasm("(module $m (func $inner unreachable) (func $start nop call $inner) (start $start))")
    with pytest.raises(Trap) as caught:
        Instance(Module(binary))
    frames = caught.value.frames
    assert [frame.name for frame in frames] == ["inner", "start"]
    assert [binary[frame.offset] for frame in frames] == [0x00, 0x10], "unreachable and call"


def test_start_function_whose_host_fails() -> None:
    error = OSError("no")

    def fail() -> None:
        raise error

    with pytest.raises(OSError) as caught:
        instantiate('(module (import "h" "f" (func $f)) (start $f))', {"h": {"f": fail}})
    assert caught.value is error


def test_limits_of_the_store() -> None:
    store = Store(max_memory=3 * 65536, max_table=10)
    with pytest.raises(LinkError, match="memory"):
        instantiate("(module (memory 4))", None, store)
    with pytest.raises(LinkError, match="table"):
        instantiate("(module (table 11 funcref))", None, store)
    exports = instantiate(
        """(module (memory 1) (table 5 funcref)
      (func (export "mem") (param i32) (result i32) local.get 0  memory.grow)
      (func (export "tab") (param i32) (result i32) ref.null func  local.get 0  table.grow 0))""",
        None,
        store,
    ).exports
    assert [exports.mem(3), exports.mem(-1), exports.mem(2), exports.mem(0), exports.mem(1)] == [-1, -1, 1, 3, -1]
    assert [exports.tab(6), exports.tab(-1), exports.tab(5), exports.tab(0), exports.tab(1)] == [-1, -1, 5, 10, -1]


def test_growing_until_it_fails() -> None:
    exports = instantiate("""(module (memory 0 5) (table 0 7 funcref)
      (func (export "mem") (result i32) (loop i32.const 1  memory.grow  i32.const -1  i32.ne  br_if 0) memory.size)
      (func (export "tab") (result i32)
        (loop ref.null func  i32.const 1  table.grow 0  i32.const -1  i32.ne  br_if 0) table.size 0))""").exports
    assert (exports.mem(), exports.tab()) == (5, 7)


def test_large_memory_costs_nothing_until_it_is_touched() -> None:
    exports = instantiate(
        """(module (memory (export "m") 65536)
      (func (export "last") (result i32) i32.const -1  i32.const 9  i32.store8  i32.const -4  i32.load)
      (func (export "beyond") (result i32) i32.const -3  i32.load)
      (func (export "size") (result i32) memory.size))""",
        None,
        Store(max_memory=1 << 32),
    ).exports
    assert exports.last() == 9 << 24
    assert exports.size() == 65536
    assert len(exports.m) == 1 << 32
    with pytest.raises(Trap):
        exports.beyond()


def test_constant_expressions_are_lowered_once_for_all_instances(monkeypatch: pytest.MonkeyPatch) -> None:
    lowered = []
    real = body.lower_expr

    def counted(context: Context, start: int, end: int) -> Lowered:
        lowered.append(start)
        return real(context, start, end)

    monkeypatch.setattr(body, "lower_expr", counted)
    module = Module(
        wat2wasm("""(module (import "" "g" (global $g i32)) (memory 1)
      (global (export "a") i32 (i32.add (global.get $g) (i32.const 2)))
      (global (export "b") i32 (i32.mul (global.get $g) (i32.const 3)))
      (data (i32.add (global.get $g) (i32.const 4)) "x"))""")
    )
    for value in (5, 6, 7):
        store = Store()
        imports = {"": {"g": Global(store, GlobalType(I32, False), value)}}
        exports = Instance(module, imports, store).exports
        assert (exports.a.value, exports.b.value) == (value + 2, value * 3)
    assert len(lowered) == len(set(lowered)) == 3
