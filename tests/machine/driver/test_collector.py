"""The collector: it frees all garbage and nothing else, and can be interrupted."""

from __future__ import annotations

import ctypes
import functools
import gc
import operator
import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.beside import beside
from tests.growth import seconds
from tests.machine.store.test_references import TYPES, Thing, exports
from tests.patience import PATIENCE
from tests.wat import wat2wasm
from wasmvm import (
    Global,
    GlobalType,
    HeapTrap,
    Instance,
    Limits,
    Memory,
    MemoryType,
    Module,
    Store,
    Table,
    TableType,
    Trap,
)
from wasmvm.errors import LinkError
from wasmvm.types import ANYREF, EQREF, EXTERNREF

# The collector


def test_garbage_is_freed_as_it_comes() -> None:
    store = Store()
    exports(store).garbage(500_000)
    assert 0 < store.heap_size < 4 << 20
    store.gc()
    assert store.heap_size == 0


@pytest.mark.parametrize("stress", [False, True])
def test_lists_survive(stress: bool) -> None:
    store = Store()
    vm = exports(store)
    length = 300 if stress else 60_000
    store.stress = stress
    assert vm.sum(vm.list(length)) == length * (length + 1) // 2
    kept = vm.list(length)
    store.gc()
    size = store.heap_size
    vm.garbage(length)
    store.gc()
    assert store.heap_size == size
    assert vm.sum(kept) == length * (length + 1) // 2
    del kept
    store.gc()
    assert store.heap_size == 0


def test_python_keeps_what_it_has() -> None:
    store = Store()
    vm = exports(store)
    node = vm.node(5, vm.node(6, None))
    more = [vm.id(node) for _ in range(70_000)]
    store.gc()
    assert node[1][0] == 6
    more.clear()
    store.gc()
    assert node[1][0] == 6


def test_cycles_are_freed() -> None:
    store = Store()
    vm = exports(store)
    anys = vm.anys(3)
    anys[0] = anys[1] = anys
    anys[2] = vm.wide()
    anys[2][8] = anys
    store.gc()
    assert anys[2][8][0] == anys
    del anys
    store.gc()
    assert store.heap_size == 0


def test_globals_tables_and_segments_hold_objects() -> None:
    store = Store()
    text = f"""(module {TYPES}
      (global $g (export "g") (mut (ref null $node)) (struct.new $node (i32.const 1) (ref.null $node)))
      (table $t (export "t") 2 anyref (array.new_default $bytes (i32.const 3)))
      (elem $e (ref $node) (item (struct.new $node (i32.const 2) (global.get 0))) (item (struct.new_default $wide)))
      (func (export "segment") (result anyref) (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2))
        (table.get $t (i32.const 0)))
      (func (export "drop") (elem.drop $e)))"""
    text = text.replace("(global.get 0)", "(ref.null $node)")
    store.stress = True
    vm = exports(store, text)
    store.gc()
    assert vm.g.value[0] == 1
    assert list(vm.t[1]) == [0, 0, 0]
    assert vm.segment()[0] == 2
    vm.t[0] = vm.t[1] = None
    store.gc()
    assert vm.segment()[0] == 2
    vm.t[0] = vm.t[1] = vm.g.value = None
    vm.drop()
    store.gc()
    assert store.heap_size == 0


@pytest.mark.parametrize("place", ["table", "array", "segment"])
def test_each_of_many_references_holds(place: str) -> None:
    """Also those that are looked at after the first look at the clock."""
    count = 50_000
    ats = (0, 16_383, 16_384, 16_385, 32_767, 32_768, 49_999)

    def node(at: int) -> str:
        return f"(struct.new $node (i32.const {at}))"

    items = " ".join(f"(item {node(at) if at in ats else '(ref.null $node)'})" for at in range(count))
    segment = f"(elem $e (ref null $node) {items})" if place == "segment" else ""
    init = f"(table.init $t $e (i32.const 0) (i32.const 0) (i32.const {count}))" if place == "segment" else ""
    text = f"""(module $m (type $node (struct (field i32))) (type $nodes (array (mut (ref null $node))))
      (table $t {count} (ref null $node))
      (global $a (ref $nodes) (array.new_default $nodes (i32.const {count})))
      {segment} (func (export "init") {init})
      (func (export "put") (param i32) (table.set $t (local.get 0) (struct.new $node (local.get 0))))
      (func (export "at") (param i32) (result i32) (struct.get $node 0 (table.get $t (local.get 0)))))"""
    if place == "array":
        text = text.replace("(table.set $t", "(array.set $nodes (global.get $a)")
        text = text.replace("(table.get $t", "(array.get $nodes (global.get $a)")
    store = Store()
    exports = Instance(Module(wat2wasm(text)), store=store).exports
    if place != "segment":
        for at in ats:
            exports.put(at)
    size = store.heap_size
    store.gc()
    assert store.heap_size == size
    exports.init()
    assert [exports.at(at) for at in ats] == list(ats)


def test_made_by_python_and_held_by_a_global_or_table() -> None:
    store = Store()
    vm = exports(store)
    held = Global(store, GlobalType(ANYREF, True), vm.node(3, None))
    table = Table(store, TableType(EQREF, Limits(2, None)), vm.bytes(5))
    store.gc()
    assert held.value[0] == 3
    assert len(table[1]) == 5
    table.grow(1, vm.node(4, None))
    store.gc()
    assert table[2][0] == 4
    del held, table
    gc.collect()
    store.gc()
    assert store.heap_size == 0


def test_a_host_function_may_collect() -> None:
    store = Store()
    text = f"""(module {TYPES} (import "h" "f" (func $f))
      (func (export "call") (param $n i32) (result i32) (local $node (ref null $node))
        (local.set $node (struct.new $node (local.get $n) (ref.null $node)))
        (struct.get $node $value (struct.new $node (local.get $n) (local.get $node)))
        (if (local.get $n) (then (drop (call 1 (i32.sub (local.get $n) (i32.const 1))))))
        (call $f)
        (i32.add (struct.get $node $value (local.get $node)))))"""
    vm = exports(store, text, f=store.gc)
    assert vm.call(50) == 100
    assert exports(store, text, f=lambda: exports(store).garbage(100_000)).call(50) == 100


def test_what_a_call_makes_of_its_arguments_is_not_freed_by_the_next_one() -> None:
    store = Store()
    text = """(module (func (export "second") (param externref externref) (result externref externref)
      local.get 1 local.get 0))"""
    second = exports(store, text).second
    store.stress = True
    for _ in range(50):
        a, b = Thing(), Thing()
        assert second(a, b) == (b, a)
        assert second.call_bits([a, b]) == [b, a]


def test_other_threads_run_while_many_objects_are_looked_at() -> None:
    store = Store()
    vm = exports(store)
    lists = [vm.list(40_000) for _ in range(10)]
    collecting: list[bool] = []
    began, ended = (functools.partial(collecting.append, value) for value in (True, False))
    seen: list[int] = []

    def watch() -> None:
        if collecting[-1:] == [True]:
            seen.append(len(collecting))
        time.sleep(0)

    end = time.monotonic() + PATIENCE
    with beside(watch):
        while len(set(seen)) < 3 and time.monotonic() < end:
            vm.garbage(1000)
            # No line of Python stands between the three calls, where others would have their turn in any case.
            list(map(operator.call, [began, store.gc, ended]))
    assert {vm.sum(list_) for list_ in lists} == {40_000 * 40_001 // 2}
    assert len(set(seen)) == 3, "others had their turn in the middle of three collections"


def test_collections_that_wait_for_the_gil_become_rare() -> None:
    """Beside a thread that computes in Python; and they are frequent again when nobody does."""
    store = Store()
    vm = exports(store)
    end = time.monotonic() + PATIENCE
    most = 0
    with beside(lambda: sum(range(1000))):
        while most < 16 << 20 and time.monotonic() < end:
            vm.garbage(400_000)
            most = max(most, store.heap_size)
    assert 16 << 20 <= most < 256 << 20
    most = 1 << 30
    while most > 4 << 20 and time.monotonic() < end:
        most = 0
        for _ in range(20):
            vm.garbage(90_000)
            most = max(most, store.heap_size)
    assert most <= 4 << 20


def large(kind: str) -> list[object]:
    """The last reference to something large."""
    if kind == "memory":
        memory = Memory(Store(), MemoryType(Limits(1000, None)))
        memory.array[:] = 1
        return [memory]
    if kind == "table":
        table = Table(Store(), TableType(EXTERNREF, Limits(1, None)))
        table.grow(4_000_000, "something")
        return [table]
    list_ = exports().list(300_000)
    gc.collect()
    return [list_]


@pytest.mark.parametrize("kind", ["memory", "table", "objects"])
def test_what_is_large_is_given_back_while_others_run(kind: str) -> None:
    letting: list[bool] = []
    seen: set[int] = set()

    def watch() -> None:
        if letting[-1:] == [True]:
            seen.add(len(letting))
        time.sleep(0)

    began, ended = (functools.partial(letting.append, value) for value in (True, False))
    end = time.monotonic() + PATIENCE
    with beside(watch):
        while len(seen) < 2 and time.monotonic() < end:
            held = large(kind)
            # No line of Python stands between the three calls, where others would have their turn in any case.
            steps = [began, held.clear, gc.collect, ended] if kind == "objects" else [began, held.clear, ended]
            list(map(operator.call, steps))
    assert len(seen) == 2


# Objects of Python


def test_externrefs_do_not_keep_objects_for_ever() -> None:
    store = Store()
    vm = exports(store)
    thing = Thing()
    alive = weakref.ref(thing)
    vm.internalize(thing)
    del thing
    store.gc()
    assert alive() is None
    assert store.heap_size == 0


def test_many_externrefs_are_let_go_without_being_asked() -> None:
    vm = exports()
    things = []
    for _ in range(100_000):
        thing = Thing()
        if len(things) < 10:
            things.append(weakref.ref(thing))
        vm.internalize(thing)
    del thing
    assert [thing() for thing in things] == [None] * 10


def test_others_have_their_turn_while_objects_are_let_go() -> None:
    """Even objects whose end runs no Python: a thread sees that some are gone and others are not."""
    store = Store()
    vm = exports(store)
    marker = object()
    seen: set[int] = set()
    done = threading.Event()
    count = 20_000

    def watch() -> None:
        while not done.is_set():
            seen.add(sys.getrefcount(marker) - few)

    few = sys.getrefcount(marker)
    thread = threading.Thread(target=watch)
    end = time.monotonic() + PATIENCE
    partly = False
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        thread.start()
        while not partly and time.monotonic() < end:
            things = [[marker] for _ in range(count)]
            for thing in things:
                vm.internalize(thing)
            del thing
            del things
            seen.clear()
            store.gc()
            partly = any(1000 < number < count - 1000 for number in set(seen))
    finally:
        done.set()
        sys.setswitchinterval(interval)
        thread.join()
    assert partly


@pytest.mark.parametrize("place", ["global", "table", "field", "array"])
def test_wasm_keeps_objects_of_python(place: str) -> None:
    store = Store()
    vm = exports(store)
    thing = Thing()
    alive = weakref.ref(thing)
    holder: Any
    if place == "global":
        holder = Global(store, GlobalType(EXTERNREF, True), thing)
    elif place == "table":
        holder = Table(store, TableType(EXTERNREF, Limits(1, None)), thing)
    elif place == "field":
        holder = vm.wide()
        holder[9] = thing
    else:
        holder = vm.anys(1)
        holder[0] = thing
    del thing
    store.gc()
    assert alive() is not None
    del holder
    gc.collect()
    store.gc()
    assert alive() is None


def test_a_finalizer_may_call_the_store() -> None:
    store = Store()
    vm = exports(store)
    calls = []

    class Calling:
        def __del__(self) -> None:
            vm.garbage(1000)
            store.gc()
            calls.append(vm.sum(vm.list(10)))

    for _ in range(3):
        vm.internalize(Calling())
    assert vm.sum(vm.list(60_000)) == 60_000 * 60_001 // 2
    store.gc()
    assert calls == [55] * 3


def test_a_store_in_a_cycle_with_what_it_holds() -> None:
    store = Store()
    vm = exports(store)
    thing = Thing()
    alive = weakref.ref(store)
    thing.holder = vm.anys(1)  # type: ignore[attr-defined]
    thing.holder[0] = thing  # type: ignore[attr-defined]
    del store, vm, thing
    gc.collect()
    assert alive() is None


# Limits


def test_lengths_that_do_not_fit() -> None:
    store = Store(max_heap=1 << 20)
    vm = exports(store)
    for length in (1 << 20, (1 << 31) - 1, -1):
        with pytest.raises(Trap, match="allocation failed") as caught:
            vm.bytes(length)
        assert caught.value.code == "allocation_failed"
        with pytest.raises(Trap, match="allocation failed"):
            vm.anys(length)
    with pytest.raises(Trap, match="allocation failed"):
        vm.list(1_000_000)
    store.gc()
    assert store.heap_size == 0
    assert len(vm.bytes(900_000)) == 900_000
    assert len(vm.bytes(900_000)) == 900_000
    with pytest.raises(HeapTrap):
        kept = [vm.bytes(900_000)]
        for _ in range(10_000):
            kept.append(Global(store, GlobalType(EXTERNREF, False), Thing()))


def test_a_constant_expression_that_does_not_fit() -> None:
    text = f"(module {TYPES} (global (ref $bytes) (array.new_default $bytes (i32.const -1))))"
    with pytest.raises((Trap, LinkError), match="allocation failed"):
        exports(text=text)


def test_arrays_pay_for_their_length() -> None:
    store = Store(metering=True)
    text = f"""(module {TYPES} (func (export "f") (param i32) (local (ref null $bytes))
      (local.set 1 (array.new_default $bytes (local.get 0)))
      (array.fill $bytes (local.get 1) (i32.const 0) (i32.const 7) (local.get 0))))"""
    vm = exports(store, text)
    store.fuel = 1 << 40
    vm.f(0)
    fixed = (1 << 40) - store.fuel
    store.fuel = 1 << 40
    vm.f(1000)
    assert (1 << 40) - store.fuel == fixed + 2000


def test_allocating_can_be_interrupted() -> None:
    store = Store()
    vm = exports(store, f'(module {TYPES} (func (export "f") (loop (drop (struct.new_default $wide)) (br 0))))')
    store.set_deadline(0.1)
    with pytest.raises(Trap, match="time limit"):
        vm.f()


CHURN = """(module (import "h" "object" (func $object (param i32) (result externref)))
  (type $node (struct (field i32) (field externref) (field (mut (ref null $node)))))
  (type $refs (array (mut (ref null $node))))
  (global $list (mut (ref null $node)) (ref.null $node)) (global $count (mut i32) (i32.const 0))
  (func (export "build") (param i32)
    (loop $more
      (global.set $list (struct.new $node (local.get 0) (ref.null extern) (global.get $list)))
      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "churn") (local $i i32) (local $x (ref null $node)) (local $r (ref null $refs))
    (loop $more
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $x (struct.new $node (local.get $i) (ref.null extern) (local.get $x)))
      (if (i32.eqz (i32.rem_u (local.get $i) (i32.const 5000)))
        (then
          (local.set $r (array.new $refs (local.get $x) (i32.const 50000)))
          (local.set $x (struct.new $node (local.get $i) (call $object (local.get $i)) (ref.null $node)))))
      (br $more)))
  (func (export "forget") (global.set $list (ref.null $node)))
  (func (export "sum") (result i32) (local $x (ref null $node)) (local $sum i32)
    (local.set $x (global.get $list))
    (block $end
      (loop $more
        (br_if $end (ref.is_null (local.get $x)))
        (local.set $sum (i32.add (local.get $sum) (struct.get $node 0 (local.get $x))))
        (local.set $x (struct.get $node 2 (local.get $x)))
        (br $more)))
    (local.get $sum)))"""


def test_collections_that_are_given_up() -> None:
    """Wherever an interruption finds the collector, nothing that is in use is lost, and garbage goes later."""
    store = Store()
    known = [object() for _ in range(3)]
    instance = Instance(
        Module(wat2wasm(CHURN)), {"h": {"object": lambda i: known[i % 3] if i % 2 else object()}}, store
    )
    instance.exports.build(60_000)
    for i in range(150):
        timer = threading.Timer(0.0005 * (i % 37), store.interrupt)
        timer.start()
        with pytest.raises(Trap, match="interrupted"):
            instance.exports.churn()
        timer.join()
        if i % 10 == 0:
            assert instance.exports.sum() == 60_000 * 60_001 // 2
    store.gc()
    assert instance.exports.sum() == 60_000 * 60_001 // 2
    assert store.heap_size < 60_000 * 100, "all else was garbage"


def test_roots_that_go_while_others_are_marked() -> None:
    """Another thread drops tables and globals while the collector, which runs without the GIL, may look at them."""
    text = """(module (type $refs (array (mut anyref))) (global $keep (export "keep") (mut anyref) (ref.null any))
      (func (export "run") (loop (global.set $keep (array.new_default $refs (i32.const 100000))) (br 0))))"""
    store = Store()
    instance = Instance(Module(wat2wasm(text)), {}, store)
    roots: list[Any] = []
    for _ in range(3000):
        roots.append(Table(store, TableType(ANYREF, Limits(1000, None)), 5))
        roots.append(Global(store, GlobalType(ANYREF, True), 7))

    def drop() -> None:
        while roots:
            del roots[-10:]
            time.sleep(0)
        store.interrupt()

    thread = threading.Thread(target=drop)
    thread.start()
    with pytest.raises(Trap, match="interrupted"):
        instance.exports.run()
    thread.join()
    store.gc()


# --- Signals in the middle of a collection ---------------------------------------------------------------------------


def collect_with_a_signal(store: Store) -> None:
    """Collect while a signal is pending: nothing between the two calls would serve it (what `signal` has does at once)."""
    send = ctypes.CDLL(None)["raise"]
    list(map(operator.call, [functools.partial(send, int(signal.SIGUSR1)), store.gc]))


@pytest.fixture
def on_signal() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Sets what SIGUSR1 calls."""
    before = signal.getsignal(signal.SIGUSR1)

    def handle(call: Callable[[], object]) -> None:
        signal.signal(signal.SIGUSR1, lambda number, frame: call() and None)

    yield handle
    signal.signal(signal.SIGUSR1, before)


OnSignal = Callable[[Callable[[], object]], None]
SUM = 60_000 * 60_001 // 2
needs_signals = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def many_objects() -> tuple[Store, Instance]:
    """A heap that takes several looks; in the mode of stress each of them is for signals as well."""
    store = Store()
    instance = Instance(Module(wat2wasm(CHURN)), {"h": {"object": lambda i: KNOWN[i % 3]}}, store)
    instance.exports.build(60_000)
    store.gc()
    store.stress = True
    return store, instance


KNOWN = [object() for _ in range(3)]


@needs_signals
def test_a_signal_ends_a_collection(on_signal: OnSignal) -> None:
    """The handler is called in the collection, before its end, and what it raises comes out; nothing is lost."""
    store, garbage = many_objects()
    instance = Instance(Module(wat2wasm(CHURN)), {"h": {"object": lambda i: None}}, store)
    instance.exports.build(1000)
    garbage.exports.forget()
    size = store.heap_size
    seen: list[int] = []

    def stop() -> None:
        seen.append(store.heap_size)
        raise KeyboardInterrupt

    on_signal(stop)
    for _ in range(300):  # more often than there are marks: those of long ago must not count
        with pytest.raises(KeyboardInterrupt):
            collect_with_a_signal(store)
    assert seen[0] == size, "the first look is before the sweep"
    assert seen[-1] < size // 10, "a collection comes to its end after all"
    assert instance.exports.sum() == 1000 * 1001 // 2
    store.gc()
    assert store.heap_size == seen[-1]
    assert instance.exports.sum() == 1000 * 1001 // 2


@needs_signals
def test_handlers_of_signals_use_the_store(on_signal: OnSignal) -> None:
    """In the middle of a collection a handler makes objects, drops them, collects, and takes the last reference away."""
    store, instance = many_objects()
    calls = []

    def use() -> None:
        calls.append(instance.exports.sum())
        store.stress = False
        instance.exports.forget()
        instance.exports.build(1000)
        store.stress = True
        store.gc()
        calls.append(instance.exports.sum())
        instance.exports.forget()
        instance.exports.build(100)

    on_signal(use)
    collect_with_a_signal(store)
    assert calls == [SUM, 1000 * 1001 // 2]
    assert store.heap_size < 100 * 200, "the collection began anew"
    assert instance.exports.sum() == 100 * 101 // 2
    store.gc()
    assert store.heap_size < 100 * 200


@needs_signals
def test_handlers_that_come_all_the_time(on_signal: OnSignal) -> None:
    """Each look finds a handler that uses the store, and the collection comes to its end nevertheless."""
    store, instance = many_objects()
    calls = []
    on_signal(lambda: calls.append(instance.exports.sum()))
    done = threading.Event()

    def tick() -> None:
        sent = 0
        while not done.is_set():
            if len(calls) >= sent:  # a handler that is in the middle of its work would be nested, without end
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
                sent += 1
            time.sleep(0)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        for _ in range(5):
            collect_with_a_signal(store)
    finally:
        done.set()
        thread.join()
    assert len(calls) >= 5
    assert set(calls) == {SUM}
    assert instance.exports.sum() == SUM


@needs_signals
def test_a_signal_in_the_sweep_finds_objects_of_the_host(on_signal: OnSignal) -> None:
    """What was swept is not found again by an object of Python that comes back; what was not swept yet is."""
    text = """(module (table (export "t") 100000 externref))"""
    store = Store()
    table = Instance(Module(wat2wasm(text)), {}, store).exports.t
    values = [object() for _ in range(100_000)]
    for i, value in enumerate(values):
        table[i] = value
    for i in range(len(values)):
        table[i] = None
    store.stress = True
    picks = values[:3] + values[-3:]
    calls = []

    def find() -> None:
        calls.append(1)
        store.stress = False
        for i, value in enumerate(picks):
            table[i] = value
        store.stress = True

    on_signal(find)
    collect_with_a_signal(store)
    assert calls
    assert [table[i] for i in range(6)] == picks
    for late in (1000, 20_000, 40_000):  # the signal comes from a finalizer, in the sweep of other objects
        store.stress = False
        for i, value in enumerate(values):
            table[i] = value
        table[late] = Late()
        for i in range(len(values)):
            table[i] = None
        store.stress = True
        before = len(calls)
        store.gc()
        assert len(calls) > before
        assert [table[i] for i in range(6)] == picks


class Late:
    """Signals when it goes."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGUSR1)


def test_numbers_that_a_guest_chooses_do_not_slow_a_collection_down() -> None:
    """A collection puts the slots of the stack into a set. These fall into one corner of it, where the place in it follows
    from the number by the factor that was there once: that took the better part of a minute, and takes a hundredth of a second."""
    import numpy as np

    count, mask, factor = 120_000, (1 << 18) - 1, np.uint64(0x9E3779B97F4A7C15)
    random = np.random.default_rng(1)
    chosen = np.zeros(0, np.uint64)
    while len(chosen) < count:  # between the two objects: one is small, the other has a mapping of its own
        some = random.integers(0x580000000000, 0x7C0000000000, 1 << 20, dtype=np.uint64)
        corner = (some * factor >> np.uint64(32)) & np.uint64(mask) < np.uint64(mask >> 7)
        chosen = np.concatenate([chosen, some[corner]])
    text = """(module (type $s (struct (field i64))) (type $b (array (mut i8))) (import "host" "collect" (func $collect))
          (memory (export "memory") 20) (global $x (mut anyref) (ref.null any)) (global $y (mut anyref) (ref.null any))
          (func $f (param $at i32) (local $v i64)
            (local.set $v (i64.load (local.get $at)))
            (if (i32.eqz (local.get $at)) (then (call $collect) (return)))
            (call $f (i32.sub (local.get $at) (i32.const 8))))
          (func (export "run") (param i32)
            (global.set $y (struct.new $s (i64.const 1)))
            (global.set $x (array.new_default $b (i32.const 40_000_000)))
            (call $f (local.get 0))))"""
    store = Store()
    took: list[float] = []

    def collect() -> None:
        took.append(seconds(store.gc))

    vm = Instance(Module(wat2wasm(text)), {"host": {"collect": collect}}, store)
    vm.exports.memory.write(0, chosen[:count].tobytes())
    vm.exports.run(8 * (count - 1))
    assert len(took) == 1
    assert took[0] < 5, "of processor time"
    assert store.heap_size > 40_000_000
