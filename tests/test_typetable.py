"""Types come and go: as long as somebody needs a type it means the same, and when nobody does it is gone."""

from __future__ import annotations

import gc
import pickle
import random
import subprocess
import sys
import threading
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import wasmvm
from wasmvm import (
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    Module,
    Store,
    Table,
    TableType,
    Tag,
    WasmException,
    typetable,
)
from wasmvm.binary import decode
from wasmvm.deftype import define, define_functype
from wasmvm.errors import Trap
from wasmvm.text import wat2wasm
from wasmvm.types import ANYREF, EXTERNREF, F64, FUNCREF, I32, V128, ref_typeidx


@pytest.fixture(autouse=True)
def groups() -> Iterator[int]:
    """How many groups there were before; every test must leave as many."""
    gc.collect()
    before = typetable.count_groups()
    yield before
    assert now() == before


def now() -> int:
    gc.collect()
    gc.collect()  # what a finalizer of the first time has made
    return typetable.count_groups()


def compiled(text: str) -> Module:
    return Module(wat2wasm(f"(module {text})"))


LIST = """(rec (type $pair (sub (struct (field i64 f32 (mut (ref null $pair)) (ref null $make)))))
  (type $make (func (param i64 f32) (result (ref $pair)))))
  (type $triple (sub final $pair (struct (field i64 f32 (mut (ref null $pair)) (ref null $make) i16))))
  (type $row (array (mut (ref null $pair))))
"""
MAKER = f"""{LIST}
  (func (export "make") (type $make) (struct.new $pair (local.get 0) (local.get 1) (ref.null $pair) (ref.null $make)))
  (func (export "triple") (result (ref $triple)) (struct.new_default $triple))
  (func (export "row") (result (ref $row)) (array.new_default $row (i32.const 3)))
"""
USER = f"""{LIST}
  (func (export "is_pair") (param anyref) (result i32) (ref.test (ref $pair) (local.get 0)))
  (func (export "is_triple") (param anyref) (result i32) (ref.test (ref $triple) (local.get 0)))
  (func (export "is_row") (param anyref) (result i32) (ref.test (ref $row) (local.get 0)))
  (func (export "first") (param anyref) (result i64) (struct.get $pair 0 (ref.cast (ref $pair) (local.get 0))))
  (func (export "call") (param funcref) (result anyref)
    (call_ref $make (i64.const 7) (f32.const 1) (ref.cast (ref $make) (local.get 0))))
"""


def test_types_go_with_their_module(groups: int) -> None:
    module = compiled(MAKER)
    assert now() > groups
    del module
    assert now() == groups


def test_types_go_with_modules_that_are_not_valid(groups: int) -> None:
    for text in (
        "(type $a (sub (struct (field i64 i64 i32)))) (type (sub $a (struct (field i64 i64 f32))))",
        "(type (func (param i64 i64 i32 i64))) (func (result i32))",
    ):
        with pytest.raises(wasmvm.ValidationError):
            compiled(text)
    assert now() == groups


def test_types_of_two_modules_are_the_same(groups: int) -> None:
    first = compiled(MAKER)
    count = now()
    second = compiled(MAKER)
    assert now() == count
    numbers = list(second.compiled.type_ids)
    assert list(first.compiled.type_ids) == numbers
    del first
    third = compiled(MAKER)
    assert now() == count
    assert list(third.compiled.type_ids) == numbers


def test_numbers_of_what_is_gone_mean_nothing() -> None:
    module = compiled('(type $a (struct (field f64 f64 i8))) (global (export "g") (ref null $a) (ref.null $a))')
    (export,) = module.exports
    again = compiled('(type $a (struct (field f64 f64 i8))) (global (export "g") (ref null $a) (ref.null $a))')
    assert again.exports[0].type == export.type
    valtype = export.type.valtype
    del module, again, export
    gc.collect()
    fresh = compiled('(type $a (struct (field f64 f64 i16))) (func (export "f") (param (ref null $a)))')
    assert fresh.exports[0].type.params != (valtype,)
    store = Store()
    for make in (
        lambda: Func(store, FuncType((valtype,), ()), print),
        lambda: Global(store, GlobalType(valtype, True), None),
        lambda: Table(store, TableType(valtype, Limits(1))),
        lambda: Tag(store, FuncType((valtype,), ())),
    ):
        with pytest.raises(ValueError, match=f"there is no value type {valtype}, or what it refers to is gone"):
            make()


@pytest.mark.parametrize("number", [-1, 1 << 29, 1 << 31, 1 << 64, 1 << 200])
def test_no_number_is_too_large_to_be_looked_up(number: int) -> None:
    assert not typetable.is_there(number)
    with pytest.raises(ValueError, match="there is no value type"):
        Func(Store(), FuncType((ref_typeidx(number, True),), ()), print)


@pytest.mark.parametrize("gone", ["maker", "user"])
def test_objects_are_of_their_type_after_their_module(gone: str) -> None:
    """Whichever module dies first, casts and tests in the other tell the objects of both."""
    store = Store()
    maker = Instance(compiled(MAKER), store=store)
    if gone == "user":
        user = Instance(compiled(USER), store=store)
        del user
        gc.collect()
    objects = [maker.exports.make(5, 1.0), maker.exports.triple(), maker.exports.row()]
    if gone == "maker":
        del maker
        gc.collect()
    user = Instance(compiled(USER), store=store)
    store.stress = True
    for _ in range(2):
        assert [user.exports.is_pair(o) for o in objects] == [1, 1, 0]
        assert [user.exports.is_triple(o) for o in objects] == [0, 1, 0]
        assert [user.exports.is_row(o) for o in objects] == [0, 0, 1]
        store.gc()
    assert user.exports.first(objects[0]) == 5
    with pytest.raises(Trap, match="cast failure"):
        user.exports.first(objects[2])
    assert objects[0].type.fields[0].storage == 0x7E
    objects[2][1] = objects[1]
    assert objects[2][1] == objects[1]
    with pytest.raises(TypeError, match="expected"):
        objects[2][1] = objects[2]


def test_objects_in_globals_and_tables_after_their_module() -> None:
    store = Store()
    maker = Instance(compiled(MAKER), store=store)
    held = Global(store, GlobalType(ANYREF, True), maker.exports.make(9, 0.0))
    table = Table(store, TableType(ANYREF, Limits(2)), maker.exports.row())
    del maker
    gc.collect()
    user = Instance(compiled(USER), store=store)
    store.gc()
    assert user.exports.first(held.value) == 9
    assert user.exports.is_row(table[1])


def test_tables_and_globals_of_concrete_types_after_their_module() -> None:
    store = Store()
    text = f"""{LIST} (table (export "t") 2 (ref null $make)) (global (export "g") (mut (ref null $row)) (ref.null $row))"""
    instance = Instance(compiled(text), store=store)
    table, held = instance.exports.t, instance.exports.g
    del instance
    gc.collect()
    maker = Instance(compiled(MAKER), store=store)
    table[0] = maker.exports.make
    held.value = maker.exports.row()
    assert table[0](3, 1.0)[0] == 3
    assert len(held.value) == 3
    with pytest.raises(TypeError, match="got a function of type"):
        table[1] = maker.exports.row
    with pytest.raises(TypeError, match="expected"):
        held.value = maker.exports.triple()
    again = Instance(compiled(f'{LIST} (import "a" "t" (table 2 (ref null $make)))'), {"a": {"t": table}}, store)
    assert again.core.tables[0] is table


def test_functions_after_their_instance_and_module() -> None:
    """A function that a table has is called with its type, by modules that come later."""
    store = Store()
    table = Table(store, TableType(FUNCREF, Limits(4)))
    maker = Instance(compiled(MAKER), store=store)
    table[0] = maker.exports.make
    table[1] = Func(store, FuncType((F64, F64, F64, F64, F64), (I32,)), lambda *_: 11)
    del maker
    gc.collect()
    text = f"""{LIST} (type $five (func (param f64 f64 f64 f64 f64) (result i32)))
      (import "a" "t" (table 4 funcref))
      (func (export "make") (result anyref) (call_indirect (type $make) (i64.const 8) (f32.const 1) (i32.const 0)))
      (func (export "five") (param i32) (result i32)
        (call_indirect (type $five) (f64.const 1) (f64.const 1) (f64.const 1) (f64.const 1) (f64.const 1) (local.get 0)))"""
    caller = Instance(compiled(text), {"a": {"t": table}}, store)
    assert caller.exports.make()[0] == 8
    assert caller.exports.five(1) == 11
    with pytest.raises(Trap, match="indirect call type mismatch"):
        caller.exports.five(0)


def test_imports_after_the_module_they_come_from() -> None:
    store = Store()
    make = Instance(compiled(MAKER), store=store).exports.make
    gc.collect()
    importer = Instance(
        compiled(f'{LIST} (import "a" "make" (func $make (type $make))) (export "again" (func $make))'),
        {"a": {"make": make}},
        store,
    )
    del make
    gc.collect()
    assert importer.exports.again(4, 1.0)[0] == 4


def test_a_type_keeps_the_types_above_it(groups: int) -> None:
    """The supertype's module dies; a later module's equal supertype still is it."""
    store = Store()
    above = "(type $top (sub (struct (field i64 i64 i64)))) (type $middle (sub $top (struct (field i64 i64 i64 i8))))"
    below = "(type $bottom (sub final $middle (struct (field i64 i64 i64 i8 i16))))"
    top = compiled(above)
    bottom = Instance(
        compiled(f'{above} {below} (func (export "f") (result anyref) (struct.new_default $bottom))'), store=store
    )
    del top
    o = bottom.exports.f()
    del bottom
    gc.collect()
    tester = Instance(
        compiled(f'{above} (func (export "f") (param anyref) (result i32) (ref.test (ref $top) (local.get 0)))'),
        store=store,
    )
    assert tester.exports.f(o) == 1
    del tester, store, o
    assert now() == groups


def test_exceptions_after_their_module(groups: int) -> None:
    store = Store()
    text = f"""{LIST} (tag $t (export "t") (param (ref null $pair) i64))
      (func (export "f") (throw $t (struct.new_default $pair) (i64.const 6)))"""
    with pytest.raises(WasmException) as caught:
        Instance(compiled(text), store=store).exports.f()
    error = caught.value
    error.__traceback__ = None
    del caught
    store.stress = True
    store.gc()
    catcher = Instance(
        compiled(f"""{LIST} (import "a" "t" (tag $t (param (ref null $pair) i64))) (import "a" "f" (func $f))
          (func (export "f") (result i64)
            (block $h (result (ref null $pair) i64) (try_table (catch $t $h) (call $f)) (unreachable))
            (local.set 0) (drop) (local.get 0)) """.replace("(result i64)\n", "(result i64) (local i64)\n")),
        {"a": {"t": error.tag, "f": HostRaiser(error)}},
        store,
    )  # fmt: skip
    assert catcher.exports.f() == 6
    reference = error.reference
    del error, catcher
    gc.collect()
    assert reference.payload[1] == 6
    assert reference.payload[0].type.fields[0].storage == 0x7E
    assert reference.tag.type.functype.params[1] == 0x7E
    assert now() > groups
    del reference, store
    assert now() == groups


class HostRaiser:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self) -> None:
        raise self.error


def test_host_functions_keep_their_types_and_no_longer(groups: int) -> None:
    """Endless different types of host functions leave nothing."""
    store = Store()
    for i in range(200):
        params = tuple([I32, F64, V128, EXTERNREF][i >> 2 * k & 3] for k in range(12))
        func = Func(store, FuncType(params, (F64, F64, F64)), print)
        tag = Tag(store, FuncType(params, ()))
        assert func.type.params == tag.type.functype.params == params
        assert typetable.count_groups() == groups + 2
    del func, tag
    assert now() == groups


def test_types_that_refer_to_types_that_are_not_of_a_module(groups: int) -> None:
    """A host function whose type names a type of a module keeps that."""
    module = compiled(MAKER)
    valtype = module.exports[0].type.results[0]
    store = Store()
    func = Func(store, FuncType((valtype,) * 1100, ()), lambda *_: None)
    del module
    gc.collect()
    maker = Instance(compiled(MAKER), store=store)
    func(*[maker.exports.make(1, 1.0)] * 1100)
    with pytest.raises(TypeError, match="expected"):
        func(*[maker.exports.row()] * 1100)
    count = now()
    del func, maker
    del store
    assert now() == groups < count


def test_pickled_modules(groups: int) -> None:
    data = pickle.dumps(compiled(MAKER))
    assert now() == groups
    module: Module = pickle.loads(data)
    store = Store()
    o = Instance(module, store=store).exports.make(2, 1.0)
    del module
    gc.collect()
    assert Instance(compiled(USER), store=store).exports.first(o) == 2


def test_metered_modules_have_the_same_types(groups: int) -> None:
    module = compiled(MAKER)
    count = now()
    store = Store(metering=True)
    store.fuel = 1000
    o = Instance(module, store=store).exports.make(2, 1.0)
    assert now() == count
    del module
    gc.collect()
    assert o[0] == 2
    del o, store
    assert now() == groups


def test_cycles(groups: int) -> None:
    """Through the heap, host functions and Python objects; finalizers in them still use all of it."""
    seen: list[Any] = []

    class Node:
        def __del__(self) -> None:
            o = self.instance.exports.make(3, 1.0)
            seen.append((self.user.exports.first(o), self.user.exports.is_row(self.row), self.call(o)))

    for _ in range(3):
        node = Node()
        store = Store()
        node.instance = Instance(compiled(MAKER), store=store)
        node.user = Instance(compiled(USER), store=store)
        node.row = node.instance.exports.row()
        node.call = Func(store, FuncType((EXTERNREF,), (I32,)), lambda _, node=node: 5 + len(node.row))
        node.self = node
        node.box = Global(store, GlobalType(EXTERNREF, True), node)
        del node, store
        assert now() == groups
    assert seen == [(3, 1, 8)] * 3


def test_a_module_in_a_cycle_that_is_instantiated_by_a_finalizer(groups: int) -> None:
    seen: list[Any] = []

    class Node:
        def __del__(self) -> None:
            seen.append(Instance(self.module).exports.make(3, 1.0)[0])

    node = Node()
    node.module = compiled(MAKER)
    node.self = node
    del node
    assert now() == groups
    assert seen == [3]


def test_a_long_chain_of_types(groups: int) -> None:
    """Each refers to the one before; the last one to go takes all others along."""
    n = 3000
    items = [f"(type $t{i} (struct (field f32 (ref null $t{i - 1}))))" for i in range(1, n)]
    module = compiled("(type $t0 (struct (field f32 f32 v128)))" + "".join(items))
    Instance(module)
    assert now() == groups + n
    valtype = ref_typeidx(module.compiled.type_ids[n - 1], True)
    keeper = Func(Store(), FuncType((valtype,), ()), print)
    del module
    assert now() == groups + n + 1
    del keeper
    assert now() == groups


@pytest.mark.parametrize("size", [1, 31, 32, 33, 64, 1000])
def test_groups_of_any_size(size: int, groups: int) -> None:
    """Every type of a large group is found by its number, and no number beyond."""
    rec = " ".join(f"(type $t{i} (struct (field f32 (ref null $t{(i + 1) % size}))))" for i in range(size))
    module = decode(
        wat2wasm(f"(module (type $f (func (result f32 f32))) (rec {rec}) (type $g (func (result f32 f64))))")
    )
    numbers = define(module)
    for i in range(size):
        comptype: Any = typetable.comptype_of(numbers[1 + i])
        assert comptype.fields[1].storage == ref_typeidx(numbers[1 + (i + 1) % size], True)
        assert typetable.super_of(numbers[1 + i]) == -1
    assert len(set(numbers)) == size + 2
    assert not typetable.is_there(max(numbers) + 1)
    assert now() == groups + 3


def test_numbers_come_round() -> None:
    """A billion types later, numbers that are in use are left out."""
    saved = list(typetable._next)
    modules = [decode(wat2wasm(f"(module (type (func (param {'f32 ' * (i + 20)}))))")) for i in range(3)]
    many = "".join(f"(type (struct (field i8 i8 i8 {'i16 ' * i})))" for i in range(40))
    modules.append(decode(wat2wasm(f"(module (rec {many}))")))
    try:
        typetable._next[:] = [0, True]
        first = [define(module)[0] for module in modules]
        typetable._next[:] = [0, True]
        others = [
            decode(wat2wasm(f"(module (rec (type (func (param {'f64 ' * (i + 20)}))) (type (func))))"))
            for i in range(50)
        ]
        others.append(decode(wat2wasm(f"(module (rec {many.replace('i16', 'i64')}))")))
        used = [number for module in (*modules, *others) for number in define(module)]
        assert len(set(used)) == len(used)
        for module, number in zip(modules, first, strict=True):
            assert typetable.comptype_of(number) == module.types[0]
        typetable._next[:] = [typetable.MAX_TYPE_ID - 1, False]
        last = decode(wat2wasm("(module (type (func (param f64 f64 f64 f32))))"))
        over = decode(wat2wasm("(module (type (func (param f64 f64 f64 i32))))"))
        assert define(last)[0] == typetable.MAX_TYPE_ID - 1
        assert define(over)[0] < typetable.MAX_TYPE_ID - 1
        assert typetable._next[1]
        store = Store()
        func = Func(store, FuncType((ref_typeidx(define(last)[0], False),), ()), lambda f: None)
        func(Func(store, FuncType((F64, F64, F64, 0x7D), ()), print))
        del func, store
    finally:
        typetable._next[:] = saved


def test_a_compiled_hold_is_nothing_for_the_collector() -> None:
    """Its finalizer would run too early otherwise."""
    held = define_functype(FuncType((F64, F64, I32, I32, I32), ()))
    if typetable.__file__.endswith(".py"):
        pytest.skip("not compiled")
    assert not gc.is_tracked(held)


def live(seed: int) -> None:
    choose = random.Random(seed)
    stores: list[Any] = []
    for step in range(1500):
        if not stores or choose.random() < 0.05:
            store = Store()
            store.stress = True
            stores.append((store, [], []))
        place = choose.randrange(len(stores))
        store, users, objects = stores[place]
        act = choose.random()
        if act < 0.25:
            own = f"(type (struct (field {'i8 ' * choose.randrange(1, 30)} i64 f64 i64)))"
            text = choose.choice((MAKER + own, own + USER))
            users.append(Instance(compiled(text), store=store))
        elif act < 0.5 and users:
            users.pop(choose.randrange(len(users)))
        elif act < 0.55:
            stores.pop(place)
        elif users:
            user = choose.choice(users)
            if hasattr(user.exports, "make"):
                objects.append((step, user.exports.make(step, 1.0)))
            elif objects:
                value, o = choose.choice(objects)
                assert user.exports.first(o) == value
                assert user.exports.is_triple(o) == 0
            del user
        if objects and choose.random() < 0.1:
            objects.pop(choose.randrange(len(objects)))
        del store, users, objects


@pytest.mark.parametrize("seed", [11, 12])
def test_random_lives_under_stress(seed: int, groups: int) -> None:
    """Modules with shared and own types come and go in any order, in stores that collect whenever they can."""
    live(seed)
    assert now() == groups


def test_threads(groups: int) -> None:
    """Threads define, use and drop the same types at once."""
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        choose = random.Random(seed)
        try:
            for i in range(150):
                store = Store()
                o = Instance(
                    compiled(choose.choice((MAKER, MAKER + "(type (func (param v128 i64)))"))), store=store
                ).exports.make(i, 1.0)
                user = Instance(compiled(USER), store=store)
                assert user.exports.first(o) == i
        except BaseException as error:
            failures.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not failures


def test_the_end_of_the_interpreter() -> None:
    """Types that are there at the end of a program go without a word."""
    text = f"""if True:
        import wasmvm
        from wasmvm.text import wat2wasm
        module = wasmvm.Module(wat2wasm({f"(module {MAKER})"!r}))
        store = wasmvm.Store()
        instance = wasmvm.Instance(module, store=store)
        o = instance.exports.make(1, 2.0)
        func = wasmvm.Func(store, wasmvm.FuncType((0x7F,) * 9, ()), print)
        wasmvm.kept = wasmvm.typetable.kept = [o, func, module, instance]
    """
    ended = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_large_group_needs_nobody_who_looks_around(groups: int) -> None:
    """It is worked on in pieces, whether or not there is a checkpoint, and then is the same type."""
    members = "".join(f"(type (struct (field (ref null {i}))))" for i in range(20_000))
    module = decode(wat2wasm(f"(module (rec {members}))"))
    calls: list[int] = []

    def key(checkpoint: Callable[[], object] | None) -> tuple[bytes, set[int]]:
        return typetable.group_key([*module.types], dict(module.subtypes), 0, 20_000, array("i"), checkpoint)

    assert key(None) == key(lambda: calls.append(1))
    assert calls
