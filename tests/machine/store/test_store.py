"""Lives and deaths: what a store keeps, and that it all goes when nobody needs it any more."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from functools import partial
from pathlib import Path

import pytest

from tests.growth import FACTOR, assert_in_proportion
from tests.wat import wat2wasm
from wasmvm import (
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    Memory,
    MemoryType,
    Module,
    Store,
    Table,
    TableType,
)
from wasmvm.types import EXTERNREF, FUNCREF, I32

TEXT = """(module (import "h" "f" (func $f)) (memory (export "m") 16) (table (export "t") 10 funcref)
  (global (export "x") (mut externref) (ref.null extern)) (elem (i32.const 0) $f $g)
  (func $g (export "g") (param i32) (result i32)
    i32.const 0  i32.const 1  i32.const 1048576  memory.fill  call $f  local.get 0))"""

MANY = """
import sys
from tests.machine.store.test_store import TEXT
from tests.growth import FACTOR, assert_in_proportion
from tests.wat import wat2wasm
from wasmvm import Instance, Module, Store
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
module = Module(wat2wasm(TEXT))
top = 0
for i in range(10_000):
    store = Store()
    instance = Instance(module, {"h": {"f": lambda: None}}, store)
    if i % 10 == 0:
        instance.exports.g(1)
    if i % 50 == 0:
        top = max(top, resident())
print(top)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ten_thousand_stores_in_a_loop() -> None:
    """Each has a memory of 1 MiB, which every tenth touches: together 1 GB, if they stayed."""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", MANY], cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    assert int(done.stdout) < 250_000_000


def test_instance_dies_when_it_is_dropped() -> None:
    store = Store()
    instance = Instance(Module(wat2wasm(TEXT)), {"h": {"f": lambda: None}}, store)
    instance.exports.x.value = instance  # a circle through the store's externrefs
    refs = [weakref.ref(thing) for thing in (instance.core, instance.exports.m, instance.exports.t, store)]
    del instance, store
    gc.collect()
    assert [ref() for ref in refs] == [None] * 4


@pytest.mark.parametrize("kept", ["g", "m", "t", "x"])
def test_an_extern_keeps_what_it_needs(kept: str) -> None:
    called: list[int] = []
    instance = Instance(Module(wat2wasm(TEXT)), {"h": {"f": lambda: called.append(1)}}, Store())
    extern = instance.exports[kept]
    instance.exports.x.value = [3]
    del instance
    gc.collect()
    if isinstance(extern, Func):
        assert extern(5) == 5
        assert called
    elif isinstance(extern, Memory):
        assert extern.read(0, 1) == b"\0"
    elif isinstance(extern, Table):
        assert extern[1](6) == 6
        extern[0]()
        assert len(called) == 2
    else:
        assert extern.value == [3]


def test_views_keep_the_memory() -> None:
    memory = Memory(Store(), MemoryType(Limits(1, None)))
    view, array = memoryview(memory), memory.array
    memory.write(7, b"x")
    del memory
    gc.collect()
    assert view[7] == array[7] == ord("x")


def test_many_host_functions_in_a_table() -> None:
    """Each is kept once, which must not take time for all that are kept already."""

    def table_of(count: int) -> Table:
        return Table(Store(), TableType(FUNCREF, Limits(count, None)))

    def fill(table: Table) -> None:
        for i in range(len(table)):
            table[i] = Func(table.store, FuncType((), (I32,)), lambda i=i: i)

    assert_in_proportion(lambda count: partial(fill, table_of(count)), 50_000 // FACTOR)
    table = table_of(50_000)
    fill(table)
    gc.collect()
    assert [table[i]() for i in (0, 777, 49_999)] == [0, 777, 49_999]


def test_an_externref_is_stored_once() -> None:
    """The same object has the same handle, so that passing it again and again takes no memory."""
    exports = Instance(
        Module(wat2wasm('(module (func (export "f") (param externref) (result externref) local.get 0))'))
    ).exports
    thing = object()
    before = sys.getrefcount(thing)
    for _ in range(1000):
        assert exports.f(thing) is thing
    assert sys.getrefcount(thing) == before + 1


def test_functions_of_dead_instances_are_not_mixed_up() -> None:
    """Memory of instances that died is used again; what lives must not notice."""
    living = []
    for i in range(200):
        text = f'(module (func (export "f") (result i32) i32.const {i}) (global (export "g") i32 (i32.const {i})))'
        instance = Instance(Module(wat2wasm(text)))
        if i % 7 == 0:
            living.append((i, instance.exports.f, instance.exports.g))
        del instance
        gc.collect(0)
    gc.collect()
    assert all(function() == global_.value == i for i, function, global_ in living)


def test_wrong_store() -> None:
    one, other = Store(), Store()
    func = Func(other, FuncType((), ()), lambda: None)
    with pytest.raises(ValueError, match="another store"):
        Global(one, GlobalType(FUNCREF, True), func)
    with pytest.raises(ValueError, match="another store"):
        Table(one, TableType(FUNCREF, Limits(1, None)), func)
    table = Table(one, TableType(FUNCREF, Limits(1, None)))
    with pytest.raises(ValueError, match="another store"):
        table[0] = func
    with pytest.raises(ValueError, match="another store"):
        table.grow(1, func)
    made = Global(one, GlobalType(FUNCREF, True), None)
    with pytest.raises(ValueError, match="another store"):
        made.value = func
    host = Func(one, FuncType((), (FUNCREF,)), lambda: func)
    with pytest.raises(ValueError, match="another store"):
        host()
    assert (table[0], len(table), made.value) == (None, 1, None)


def test_external_references_may_cross_stores() -> None:
    thing = object()
    made = [Global(Store(), GlobalType(EXTERNREF, True), thing) for _ in range(2)]
    assert made[0].value is made[1].value is thing


PROVIDER = """(module (memory 1) (data (i32.const 0) "\\2a")
  (func (export "f") (result i32) i32.const 0  i32.load))"""


@pytest.mark.parametrize(
    "text",
    [
        """(module (import "p" "f" (func $f (result i32))) (func (export "run") (result i32) call $f))""",
        """(module (import "p" "f" (func $f (result i32))) (table 1 funcref) (elem (i32.const 0) $f)
          (func (export "run") (result i32) i32.const 0  call_indirect (result i32)))""",
        """(module (import "p" "f" (func $f (result i32))) (table (export "t") 1 funcref) (elem (i32.const 0) $f)
          (func (export "run") (result i32) i32.const 0  call_indirect (result i32)))""",
        """(module (import "p" "f" (func $f (result i32))) (table 1 funcref) (global $g funcref (ref.func $f))
          (func (export "run") (result i32) i32.const 0  global.get $g  table.set 0
            i32.const 0  call_indirect (result i32)))""",
    ],
    ids=["called", "in a table", "in an exported table", "in a global"],
)
def test_a_function_keeps_its_instance_wherever_it_is(text: str) -> None:
    store = Store()
    provider = Instance(Module(wat2wasm(PROVIDER)), store=store)
    ref = weakref.ref(provider.core)
    user = Instance(Module(wat2wasm(text)), {"p": provider.exports}, store)
    run, table = user.exports.run, user.exports.get("t")
    del provider, user, store
    others = [Instance(Module(wat2wasm(PROVIDER.replace("2a", "2b")))) for _ in range(20)]  # take what was freed
    gc.collect()
    assert ref() is not None
    assert run() == 42
    if table is not None:
        del run
        gc.collect()
        assert table[0]() == 42
    assert all(other.exports.f() == 43 for other in others)


def test_a_function_given_to_a_table_from_outside_keeps_its_instance() -> None:
    store = Store()
    table = Table(store, TableType(FUNCREF, Limits(3, None)))
    table[0] = Instance(Module(wat2wasm(PROVIDER)), store=store).exports.f
    text = """(module (import "m" "t" (table 1 funcref)) (memory 1) (data (i32.const 0) "\\07")
      (elem (i32.const 1) $f) (func $f (result i32) i32.const 0  i32.load))"""
    Instance(Module(wat2wasm(text)), {"m": {"t": table}}, store)
    text = """(module (memory 1) (data (i32.const 0) "\\09") (func $f (result i32) i32.const 0  i32.load)
      (elem declare func $f) (func (export "ref") (result funcref) ref.func $f))"""
    table[2] = Instance(Module(wat2wasm(text)), None, store).exports.ref()
    gc.collect()
    others = [Instance(Module(wat2wasm(PROVIDER))) for _ in range(20)]
    assert [table[i]() for i in range(3)] == [42, 7, 9]
    assert others[0].exports.f() == 42


def test_memory_used_again_holds_zeros() -> None:
    """Whatever its address range held before (CVE-2022-39393 was that)."""
    for _ in range(40):
        memory = Memory(Store(), MemoryType(Limits(1, None)))
        memory.grow(3)
        assert not memory.array.any()
        memory.array[::511] = 0xAA
        del memory
        gc.collect(0)


def test_locals_of_another_store_are_not_seen() -> None:
    text = """(module (func (export "fill") (param i64) (local i64 i64 i64 i64 i64 i64)
        local.get 0  local.set 1  local.get 0  local.set 3  local.get 0  local.set 6
        local.get 0  i64.eqz  if  else  i64.const 0  local.get 1  local.get 3  local.get 6  drop drop drop drop  end)
      (func (export "read") (result i64) (local i64 i64 i64 i64 i64 i64 i64)
        local.get 0  local.get 1  local.get 2  local.get 3  local.get 4  local.get 5  local.get 6
        i64.or  i64.or  i64.or  i64.or  i64.or  i64.or))"""
    module = Module(wat2wasm(text))
    for _ in range(20):
        instance = Instance(module)
        assert instance.exports.read() == 0
        instance.exports.fill(-1)
        assert instance.exports.read() == 0
        del instance


def test_instance_dropped_while_it_runs() -> None:
    """A host function takes away every reference to the instance that waits for it."""
    text = """(module (import "h" "f" (func $f)) (memory 1) (data (i32.const 3) "\\05")
      (func (export "run") (param i32) (result i32) call $f  local.get 0  i32.load8_u))"""
    held: list[Instance] = []

    def drop() -> None:
        held.clear()
        gc.collect()
        for _ in range(10):
            Instance(Module(wat2wasm(PROVIDER)))

    held.append(Instance(Module(wat2wasm(text)), {"h": {"f": drop}}))
    assert held[0].exports.run(3) == 5
