"""A store is one thread's: what another one does with it meanwhile is refused, whatever lets it in; and finalizers."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from wasmvm import (
    Func,
    FuncType,
    Global,
    GlobalType,
    HostFunc,
    Instance,
    Limits,
    Memory,
    MemoryType,
    Module,
    Store,
    Table,
    TableType,
    Trap,
    WasmException,
    instantiate,
)
from wasmvm.types import EXTERNREF, I32, I64, V128

TEXT = """(module (import "h" "wait" (func $wait (param externref) (result i64 i64)))
  (type $s (struct (field (mut i32)) (field (mut anyref)))) (type $a (array (mut anyref)))
  (tag $tag (export "tag") (param i32))
  (global (export "number") (mut i32) (i32.const 3)) (global (export "ref") (mut externref) (ref.null extern))
  (table (export "table") 10 20 externref) (memory (export "memory") 1 3)
  (func (export "struct") (result (ref $s)) (struct.new_default $s))
  (func (export "array") (result (ref $a)) (array.new_default $a (i32.const 3)))
  (func (export "throw") (throw $tag (i32.const 1)))
  (func (export "wait") (param externref) (result i64 i64) (call $wait (local.get 0)))
  (func (export "spin") (loop (br 0)))
  (func (export "args") (param i64 i64 i64 i64) (result i64 i64 i64 i64)
    (local.get 0) (local.get 1) (local.get 2) (local.get 3))
  (func (export "victim") (param i64 i64 i64 i64) (result i64)
    (i64.add (i64.add (local.get 0) (local.get 1)) (i64.add (local.get 2) (local.get 3)))))"""
MODULE = Module(TEXT)
INNER = Module(
    "(module (type $s (struct (field i64))) (func $start (drop (struct.new $s (i64.const 1)))) (start $start)"
    " (global (ref $s) (struct.new $s (i64.const 66))) (table 1 (ref $s) (struct.new $s (i64.const 67))))"
)


def made() -> Instance:
    return Instance(MODULE, {"h": {"wait": lambda value: value()}}, Store())


def uses(vm: Instance) -> dict[str, Callable[[], Any]]:
    """Everything that touches the store's objects, each of which another thread must not do meanwhile."""
    store, e = vm.store, vm.exports
    struct, array = e.struct(), e.array()
    with pytest.raises(WasmException) as caught:
        e.throw()
    thrown = caught.value.reference
    host = Func(store, FuncType((), ()), lambda: None)

    def put(thing: Any, index: int) -> Callable[[], None]:
        return lambda: thing.__setitem__(index, object())

    return {
        "call": lambda: e.victim(1, 2, 3, 4),
        "call_bits": lambda: e.victim.call_bits([1, 2, 3, 4]),
        "call of a host function": lambda: host(),
        "call with an argument that runs code": lambda: e.victim(Runs(lambda: None), 2, 3, 4),
        "get of a number": lambda: e.number.value,
        "set of a number": lambda: setattr(e.number, "value", 4),
        "get of a reference": lambda: e.ref.value,
        "set of a reference": lambda: setattr(e.ref, "value", object()),
        "table get": lambda: e.table[1],
        "table set": put(e.table, 1),
        "table grow": lambda: e.table.grow(1, object()),
        "memory grow": lambda: e.memory.grow(0),
        "struct get": lambda: struct[1],
        "struct set": put(struct, 1),
        "array get": lambda: array[1],
        "array set": put(array, 1),
        "payload": lambda: thrown.payload,
        "tag": lambda: thrown.tag,
        "global made": lambda: Global(store, GlobalType(EXTERNREF, True), object()),
        "table made": lambda: Table(store, TableType(EXTERNREF, Limits(1)), object()),
        "memory made": lambda: Memory(store, MemoryType(Limits(1))),
        "instance made": lambda: Instance(INNER, {}, store),
        "gc": store.gc,
        "stress": lambda: setattr(store, "stress", False),
    }


class Runs:
    """An argument whose conversion runs a function."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function

    def __index__(self) -> int:
        self.function()
        return 7

    def __float__(self) -> float:
        return float(self.__index__())


def elsewhere(*functions: Callable[[], Any]) -> list[BaseException | None]:
    """What calling each of them in another thread raises."""
    raised: list[BaseException | None] = []

    def run() -> None:
        for function in functions:
            try:
                function()
                raised.append(None)
            except BaseException as error:
                raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised


@contextmanager
def spinning(vm: Instance) -> Iterator[None]:
    """While wasm runs in another thread without the GIL."""
    ended: list[BaseException] = []

    def run() -> None:
        try:
            vm.exports.wait(started)
            vm.exports.spin()
        except Trap as error:
            ended.append(error)

    running = threading.Event()

    def started() -> tuple[int, int]:
        running.set()
        return 0, 0

    thread = threading.Thread(target=run)
    thread.start()
    running.wait()
    try:
        while not any(isinstance(error, RuntimeError) for error in [attempt(vm.store.gc)]):
            pass  # between the two calls
        yield
    finally:
        vm.store.interrupt()
        thread.join()
    assert len(ended) == 1


def attempt(function: Callable[[], Any]) -> BaseException | None:
    try:
        function()
    except RuntimeError as error:
        return error
    return None


def check_refused(vm: Instance, todo: dict[str, Callable[[], Any]], raised: list[BaseException | None]) -> None:
    wrong = [
        (name, error)
        for name, error in zip(todo, raised, strict=True)
        if type(error) is not RuntimeError or "in use by another thread" not in str(error)
    ]
    assert wrong == []


def test_while_wasm_runs() -> None:
    vm = made()
    todo = uses(vm)
    with spinning(vm):
        raised = [attempt(function) for function in todo.values()]
        for shown in (vm.exports.table, vm.exports.ref, vm.exports.array, vm.exports.memory, vm.exports.throw):
            assert repr(shown).startswith("<wasmvm.")
        assert len(vm.exports.table) == 10
    check_refused(vm, todo, raised)
    assert [attempt(function) for function in todo.values()] == [None] * len(todo)


@pytest.mark.parametrize(
    "where", ["argument", "first of many", "call_bits", "host function", "host function from Python"]
)
def test_while_another_converts_or_is_called_back(where: str) -> None:
    """The first thread is in the middle of something that lets go of the GIL."""
    vm = made()
    todo = uses(vm)
    raised: list[list[BaseException | None]] = []

    def let_in() -> tuple[int, int]:
        raised.append(elsewhere(*todo.values()))
        return 1, 2

    if where == "argument":
        assert vm.exports.args(1, 2, Runs(let_in), 4) == (1, 2, 7, 4)
    elif where == "first of many":
        assert vm.exports.args(Runs(let_in), *[0x4141] * 3) == (7, *[0x4141] * 3)
    elif where == "call_bits":
        assert vm.exports.args.call_bits([Runs(let_in), 2, 3, 4]) == [7, 2, 3, 4]
    elif where == "host function":
        assert vm.exports.wait(let_in) == (1, 2)
    else:
        Func(vm.store, FuncType((), (I64, I64)), let_in)()
    assert len(raised) == 1
    check_refused(vm, todo, raised[0])
    assert vm.exports.args(1, 2, 3, 4) == (1, 2, 3, 4)


@pytest.mark.parametrize("thing", ["number", "v128", "table", "struct", "made", "argument"])
def test_conversions_may_use_the_store_themselves(thing: str) -> None:
    vm = made()
    vm.store.stress = True
    struct = vm.exports.struct()

    def use() -> None:
        assert vm.exports.victim(1, 2, Runs(vm.store.gc), 4) == 14
        Instance(INNER, {}, vm.store)
        struct[1] = object()

    if thing == "number":
        vm.exports.number.value = Runs(use)
        assert vm.exports.number.value == 7
    elif thing == "v128":
        lanes = Global(vm.store, GlobalType(V128, True), bytes(16))
        lanes.value = bytes(range(16))
        with pytest.raises(TypeError):
            lanes.value = Runs(use)
        assert lanes.value == bytes(range(16))
    elif thing == "table":
        vm.exports.table[Runs(use)] = thing
        assert vm.exports.table[7] == thing
        assert vm.exports.table.grow(Runs(use), thing) == 10
        assert vm.exports.table[16] == thing
    elif thing == "struct":
        struct[0] = Runs(use)
        assert struct[0] == 7
    elif thing == "made":
        assert Global(vm.store, GlobalType(I32, True), Runs(use)).value == 7
    else:
        assert vm.exports.args(1, Runs(use), Runs(use), 4) == (1, 7, 7, 4)


def test_a_failed_conversion_gives_the_store_back() -> None:
    vm = made()

    def fail() -> None:
        raise KeyError("mine")

    for use in (
        lambda: vm.exports.args(1, Runs(fail), 3, 4),
        lambda: vm.exports.args.call_bits([1, Runs(fail), 3, 4]),
        lambda: setattr(vm.exports.number, "value", Runs(fail)),
        lambda: vm.exports.table.grow(Runs(fail)),
        lambda: vm.exports.struct().__setitem__(0, Runs(fail)),
        lambda: Global(vm.store, GlobalType(I32, False), Runs(fail)),
        lambda: Func(vm.store, FuncType((), ()), fail)(),
    ):
        with pytest.raises(KeyError, match="mine"):
            use()
    assert elsewhere(lambda: vm.exports.args(1, 2, 3, 4)) == [None]


def test_references_die_in_another_thread_while_wasm_collects() -> None:
    """Counts and the ring of roots belong to who has the GIL, and the collector looks at them with it."""
    vm = instantiate(
        """(module (type $n (struct (field (mut (ref null $n))) (field i64)))
        (func (export "one") (result (ref $n)) (struct.new $n (ref.null $n) (i64.const 5)))
        (func (export "go") (param externref)) (func (export "churn") (param i32) (local $l (ref null $n))
          (loop $x (local.set $l (struct.new $n (local.get $l) (i64.const 1)))
            (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 30000))) (then (local.set $l (ref.null $n))))
            (br_if $x (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"""
    )
    kept = vm.exports.one()
    dying: list[Any] = [vm.exports.one() for _ in range(30_000)]
    instances = [Instance(INNER, {}, vm.store) for _ in range(50)]
    globals_ = [Global(vm.store, GlobalType(EXTERNREF, True), object()) for _ in range(300)]
    thread = threading.Thread(target=vm.exports.churn, args=(3_000_000,))
    thread.start()
    while dying or globals_:
        del dying[-100:], globals_[-1:], instances[-1:]
    thread.join()
    assert kept[1] == 5
    vm.store.gc()
    assert vm.store.heap_size < 10_000


class Finalized:
    """Garbage that only Python's collector finds, and that does some work then."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.me = self

    def __del__(self) -> None:
        self.work()


@contextmanager
def finalizers(store: Store, most: int) -> Iterator[list[int]]:
    """While Python's collector runs all the time, and finalizers use the store each time."""
    runs = [0]
    busy = []

    def work() -> None:
        if busy or runs[0] >= most:
            return
        busy.append(1)
        runs[0] += 1
        Instance(INNER, {}, store)
        store.gc()
        Instance(INNER, {}, store)
        busy.clear()
        Finalized(work)

    before = gc.get_threshold()
    gc.set_threshold(3, 1, 1)
    try:
        Finalized(work)
        yield runs
    finally:
        gc.set_threshold(*before)
        busy.append(1)  # else the last one would work while the interpreter ends


def test_finalizers_that_instantiate_in_the_same_store() -> None:
    """What a constant expression made stays until it has got where it belongs, each instance for itself."""
    count = 30
    outer = Module(
        "(module (type $t (struct (field i64)))"
        + "".join(f"(global $g{i} (ref $t) (struct.new $t (i64.const 77)))" for i in range(count))
        + " (table $t 3 (ref $t) (struct.new $t (i64.const 77)))"
        + f" (elem $e (ref $t) {'(item (struct.new $t (i64.const 77)))' * 5})"
        + f' (func (export "sum") (result i64) (table.init $t $e (i32.const 0) (i32.const 1) (i32.const 2)) {"(i64.const 0)"}'
        + "".join(f"(i64.add (struct.get $t 0 (global.get $g{i})))" for i in range(count))
        + "".join(f"(i64.add (struct.get $t 0 (table.get $t (i32.const {i}))))" for i in range(3))
        + "))"
    )
    store = Store()
    with finalizers(store, 2000) as runs:
        for _ in range(5):
            assert Instance(outer, {}, store).exports.sum() == 77 * (count + 3)
    assert runs[0] > 100


def test_finalizers_while_a_throw_is_searched_for_long() -> None:
    """Between two slices of the search the frames that it goes through are live, and Python objects are made."""
    vm = instantiate(
        """(module (tag $t (param i64)) (func $f (param i32 i64) (result i64)
          (if (i32.eqz (local.get 0)) (then (throw $t (local.get 1))))
          (call $f (i32.sub (local.get 0) (i32.const 1)) (local.get 1)) (i64.const 0) (i64.add))
        (func (export "run") (param i32 i64) (result i64) (local $a i64) (local $b i64)
          (local.set $a (local.get 1)) (local.set $b (local.get 1))
          (block $h (result i64)
            (try_table (catch $t $h) (drop (call $f (local.get 0) (i64.const 5)))) (i64.const 0))
          (i64.add (i64.add (local.get $a) (local.get $b)))))"""
    )
    with finalizers(vm.store, 1000):
        for _ in range(20):
            assert vm.exports.run(200_000, 1000) == 2005


def test_the_frame_of_a_host_function_ends_with_the_stack() -> None:
    """The collector looks at what there is of the stack, however deep the guest was when it called."""
    slots = 65536 // 8

    def text(turns: int) -> str:
        return f"""(module (import "h" "f" (func $h (result externref))) (global $depth (mut i32) (i32.const 0))
          (func $g {"(drop (call $h))" * turns})
          (func $f
            (if (i32.eqz (global.get $depth)) (then (call $g) (return)))
            (global.set $depth (i32.sub (global.get $depth) (i32.const 1)))
            (call $f))
          (func (export "run") (param i32) (global.set $depth (local.get 0)) (call $f)))"""

    calls = []

    def collects() -> object:
        store.gc()
        calls.append(1)
        return object()

    store = Store(max_stack=65536)
    vm = Instance(Module(text(3)), {"h": {"f": collects}}, store)
    deepest = 0
    for depth in range(slots - 20, slots + 1):
        try:
            vm.exports.run(depth)
            deepest = depth
        except Trap as error:
            assert error.code == "call_stack_exhausted"
    assert slots - 20 < deepest < slots
    assert len(calls) >= 3
    default = instantiate(text(2), {"h": {"f": lambda: object()}})  # whose stack may have a hole above it
    default.store.stress = True
    low, high = 1, (8 << 20) // 8
    while low < high:
        middle = (low + high + 1) // 2
        try:
            default.exports.run(middle)
            low = middle
        except Trap:
            high = middle - 1


def test_the_caller_of_an_instance_in_another_thread() -> None:
    """Host functions of `access_caller` see an instance whose methods ask for the thread as well."""
    refused = []

    def f(caller: Any) -> None:
        core = caller.instance
        refused.extend(elsewhere(lambda: core.func(1)(), lambda: core.globals[0].value))

    vm = instantiate(
        '(module (import "h" "f" (func $f)) (global i32 (i32.const 1)) (func (export "g") (call $f)))',
        {"h": {"f": HostFunc(f, FuncType((), ()), access_caller=True)}},
    )
    vm.exports.g()
    assert [type(error) for error in refused] == [RuntimeError] * 2


def test_the_same_object_is_one_externref_even_if_a_finalizer_makes_it_one() -> None:
    """Making an externref may run a finalizer, which may make one of the same object."""
    vm = made()
    for count in range(1, 30):
        thing = object()
        before = gc.get_threshold()
        garbage = Finalized(lambda thing=thing: setattr(vm.exports.ref, "value", thing))
        del garbage
        gc.set_threshold(count, 1, 1)
        try:
            vm.exports.table[1] = thing
            vm.exports.table[2] = thing
        finally:
            gc.set_threshold(*before)
        gc.collect()
        assert vm.exports.table[1] is vm.exports.table[2] is vm.exports.ref.value is thing
        vm.exports.table[1] = vm.exports.ref.value = None
        vm.store.gc()
        assert vm.exports.table[2] is thing
