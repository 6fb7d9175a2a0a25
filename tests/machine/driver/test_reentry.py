"""Python code that runs where nobody would think of it: finalizers in the middle of collections, handlers of signals in
the middle of moves, properties of exceptions, and what is left while Python's collector takes a cycle apart."""

from __future__ import annotations

import ctypes
import functools
import gc
import operator
import os
import signal
import subprocess
import sys
import weakref
from array import array
from typing import Any

import numpy as np
import pytest

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
    StructRef,
    Table,
    TableType,
    Tag,
    Trap,
    WasmException,
    _core,
    typetable,
)
from wasmvm.errors import InternalError
from wasmvm.types import EXTERNREF, I32, I64

LOCALS = 40


@pytest.fixture(autouse=True)
def usual_collector() -> Any:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.collect()


class Phoenix:
    """A cycle of which there is always one: whenever Python's collector runs, it does something."""

    alive = True

    def __init__(self, work: Any) -> None:
        self.work = work
        self.me = self

    def __del__(self) -> None:
        if Phoenix.alive:
            self.work()
            Phoenix(self.work)


@pytest.fixture
def at_collections() -> Any:
    """Does something at every collection of Python's, which come as soon as any object is made."""

    def begin(work: Any) -> None:
        gc.collect()
        gc.freeze()  # so that the many collections look at what is made from now on only
        Phoenix(work)
        gc.set_threshold(1, 1, 1)

    Phoenix.alive = True
    yield begin
    Phoenix.alive = False
    gc.unfreeze()


def drain(made: Any) -> list[Any]:
    """So many objects that the interpreter has no spare ones: the next is one that it may collect for."""
    return [made() for _ in range(3000)]


def test_a_finalizer_during_a_collection_leaves_the_frames_alone(at_collections: Any) -> None:
    locals_ = " ".join("i64" for _ in range(LOCALS))
    sets = " ".join(f"(local.set {i} (local.get 0))" for i in range(2, LOCALS + 2))
    total = "(i64.const 0) " + " ".join(f"(local.get {i}) (i64.add)" for i in range(2, LOCALS + 2))
    text = f"""(module (type $s (struct (field i64)))
      (func (export "f") (param i64 i32) (result i64) (local {locals_}) {sets}
        (loop $l (drop (struct.new $s (i64.const 1)))
          (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))) {total})
      (func (export "clobber") (param i64 i32) (result i64) (local {locals_}) {sets} {total}))"""
    store = Store()
    exports = Instance(Module(wat2wasm(text)), store=store).exports
    f, clobber = exports["f"], exports["clobber"]
    f(1, 1)
    store.stress = True
    ran = []

    def work() -> None:
        ran.append(clobber(0x4141, 1))

    at_collections(work)
    for _ in range(20):
        kept = drain(list)
        assert f(3, 5) == 3 * LOCALS
        del kept
    Phoenix.alive = False
    assert ran and set(ran) == {0x4141 * LOCALS}


def with_a_signal(handler: Any, call: Any, *args: Any) -> Any:
    """Call while a signal is pending, which has this handler: nothing but what is called can serve it."""
    before = signal.signal(signal.SIGUSR1, lambda number, frame: handler() and None)
    try:
        send = functools.partial(ctypes.CDLL(None)["raise"], int(signal.SIGUSR1))
        return list(map(operator.call, [send, functools.partial(call, *args)]))[1]
    finally:
        signal.signal(signal.SIGUSR1, before)


needs_signals = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@needs_signals
def test_a_signal_in_a_loop_leaves_the_frame_alone() -> None:
    """Its handler runs wasm above the frame that waits, and says when the loop may end."""
    locals_ = " ".join("i64" for _ in range(LOCALS))
    sets = " ".join(f"(local.set {i} (i64.add (local.get 0) (i64.const {i})))" for i in range(1, LOCALS + 1))
    total = "(i64.const 0) " + " ".join(f"(local.get {i}) (i64.add)" for i in range(1, LOCALS + 1))
    text = f"""(module (global $over (export "over") (mut i32) (i32.const 0))
      (func (export "f") (param i64) (result i64) (local {locals_}) (local $left i32) {sets}
        (local.set $left (i32.const 100_000_000))
        (loop $l (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br_if $l (i32.and (i32.eqz (global.get $over)) (i32.ne (local.get $left) (i32.const 0))))) {total})
      (func (export "clobber") (param i64 i64 i64 i64) (result i64) (local {locals_}) {sets} {total}))"""
    exports = Instance(Module(wat2wasm(text))).exports
    f, clobber, over = exports["f"], exports["clobber"], exports["over"]
    seen = []

    def handler() -> None:
        seen.append(clobber(0x4141, 0x4141, 0x4141, 0x4141))
        over.value = 1

    clobber(1, 2, 3, 4)
    expected = sum(range(LOCALS + 1))
    for n in range(20):
        over.value = 0
        assert with_a_signal(handler, f, n) == n * LOCALS + expected
        assert len(seen) == n + 1, "the loop was not over before"


EXN = """(module (type $s (struct (field i64))) (type $two (struct (field i64 i64)))
  (tag $e (param (ref $s))) (tag $number (param i64)) (tag $other)
  (func $throw (param i64) (throw $e (struct.new $s (local.get 0))))
  (func $made (param i64) (result exnref) (local $exn exnref)
    (block $h (result (ref $s) exnref) (try_table (catch_ref $e $h) (call $throw (local.get 0))) (unreachable))
    (local.set $exn) (drop) (local.get $exn))
  (func $garbage (export "garbage") (param i32) (local {i64}) {zeros}
    (loop $l (drop (struct.new $s (i64.const -1))) (drop (struct.new $two (i64.const -1) (i64.const -1)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "keep") (param i64) (result i64) (local $exn exnref)
    (local.set $exn (call $made (local.get 0)))
    (call $garbage (i32.const 50))
    (struct.get $s 0 (block $h (result (ref $s)) (try_table (catch $e $h) (throw_ref (local.get $exn))) (unreachable))))
  (func $down (param i64 i32)
    (block $h (try_table {clauses}
      (if (local.get 1) (then (call $down (local.get 0) (i32.sub (local.get 1) (i32.const 1))))
        (else (throw $number (local.get 0)))))))
  (func (export "deep") (param i64 i32) (result i64)
    (block $h (result i64) (try_table (catch $number $h) (call $down (local.get 0) (local.get 1))) (unreachable))))"""
EXN = EXN.replace("{clauses}", "(catch $other $h) " * 20).replace("{i64}", "i64 " * LOCALS)
EXN = EXN.replace("{zeros}", " ".join(f"(local.set {i} (i64.const 0))" for i in range(1, LOCALS + 1)))


def test_what_a_kept_exception_holds_stays() -> None:
    """Only the exception refers to its payload."""
    store = Store()
    exports = Instance(Module(wat2wasm(EXN)), store=store).exports
    exports.keep(1)
    store.stress = True
    for n in range(50):
        assert exports.keep(n) == n


@needs_signals
def test_an_exception_stays_while_its_clause_is_looked_for() -> None:
    """A signal is served in the middle of a long search; nothing but that refers to the exception."""
    store = Store()
    exports = Instance(Module(wat2wasm(EXN)), store=store).exports
    exports.deep(1, 400)
    collected = []

    def handler() -> None:
        store.gc()
        exports.garbage(1000)
        store.gc()
        exports.garbage(1000)
        collected.append(store.heap_size)

    for n in range(20):
        assert with_a_signal(handler, exports.deep, n, 400) == n
        assert len(collected) == n + 1


def test_a_finalizer_while_results_become_objects_leaves_them_alone(at_collections: Any) -> None:
    """Those of a call and of `call_bits` are in the store's stack until they are all read."""
    count = 60
    results = "(ref null $s) i64 " * count
    values = " ".join(f"(struct.new $s (i64.const {i})) (i64.add (local.get 0) (i64.const {i}))" for i in range(count))
    zeros = " ".join(f"(local.set {i} (i64.const 0))" for i in range(2 * count))
    text = f"""(module (type $s (struct (field i64))) (func (export "f") (param i64) (result {results}) {values})
      (func (export "clobber") (param i64) (local {"i64 " * 2 * count}) {zeros}))"""
    exports = Instance(Module(wat2wasm(text))).exports
    f, clobber = exports["f"], exports["clobber"]
    ran = []

    def work() -> None:
        clobber(1)
        ran.append(1)

    clobber(1)
    f(1)
    at_collections(work)
    for n in range(10):
        kept = drain(list) + drain(lambda: (object(), 1))
        for found in (f(n), f.call_bits([n])):
            assert list(found[1::2]) == list(range(n, n + count))
            assert [struct[0] for struct in found[::2]] == list(range(count))
        del kept
    Phoenix.alive = False
    assert ran


def test_a_collection_while_constant_expressions_become_globals_leaves_their_objects_alone(at_collections: Any) -> None:
    """Between the expression and the global, table or segment it is for, nothing else refers to the object."""
    globals_ = " ".join(f"(global $g{i} (ref $s) (struct.new $s (i64.const {i})))" for i in range(10))
    gets = " ".join(f"(i64.mul (i64.const {7**i}) (struct.get $s 0 (global.get $g{i})))" for i in range(10))
    adds = " ".join("(i64.add)" for _ in range(10))
    text = f"""(module (type $s (struct (field i64))) {globals_}
      (table $t 10 (ref $s) (struct.new $s (i64.const 99)))
      (elem $e (ref $s) (item (struct.new $s (i64.const 55))) (item (struct.new $s (i64.const 66))))
      (func (export "sum") (result i64) (i64.const 0) {gets} {adds})
      (func (export "table") (result i64) (struct.get $s 0 (table.get $t (i32.const 9))))
      (func (export "segment") (result i64) (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2))
        (i64.add (struct.get $s 0 (table.get $t (i32.const 0))) (struct.get $s 0 (table.get $t (i32.const 1)))))
      (func (export "garbage") (param i32)
        (loop $l (drop (struct.new $s (i64.const -1)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"""
    store = Store()
    module = Module(wat2wasm(text))
    garbage = Instance(module, store=store).exports["garbage"]
    garbage(1)
    ran = []

    def work() -> None:
        store.gc()
        garbage(40)
        ran.append(1)

    at_collections(work)
    for _ in range(20):
        kept = drain(list)
        exports = Instance(module, store=store).exports
        assert exports["sum"]() == sum(i * 7**i for i in range(10))
        assert exports["table"]() == 99
        assert exports["segment"]() == 121
        del kept
    Phoenix.alive = False
    assert ran


def test_a_finalizer_while_a_trap_is_described_leaves_its_operands_alone(at_collections: Any) -> None:
    """The address of a fault and the index of an element are in the frame that trapped."""
    locals_ = " ".join("i64" for _ in range(LOCALS))
    sets = " ".join(f"(local.set {i} (i64.const 0x4141414141414141))" for i in range(1, LOCALS + 1))
    text = f"""(module (memory 1) (memory i64 1) (table 10 funcref)
      (func (export "load") (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 16))))
      (func (export "wide") (param i64) (i64.store 1 (i64.mul (local.get 0) (i64.const 3)) (i64.const 1)))
      (func (export "call") (param i32) (call_indirect (local.get 0)))
      (func (export "clobber") (param i64) (local {locals_}) (local.set 0 (i64.const -2)) {sets}))"""
    exports = Instance(Module(wat2wasm(text))).exports
    clobber = exports["clobber"]
    ran = []

    def work() -> None:
        ran.append(clobber(1))

    clobber(1)
    at_collections(work)
    for _ in range(20):
        kept = drain(list) + drain(lambda: (object(), 1))
        for name, argument, expected in (
            ("load", 0x20000, "memory fault at wasm address 0x20010 in linear memory of size 0x10000"),
            ("wide", 0x50000, "memory fault at wasm address 0xf0000 in linear memory of size 0x10000"),
            ("call", 7, "uninitialized element 7"),
        ):
            with pytest.raises(Trap) as caught:
                exports[name](argument)
            assert expected in (caught.value.fault, caught.value.message)
        del kept
    Phoenix.alive = False
    assert ran


def test_an_object_that_a_finalizer_finds_again_while_it_is_let_go_of(at_collections: Any) -> None:
    store = Store()
    table = Table(store, TableType(EXTERNREF, Limits(4, None)))
    objects = [object() for _ in range(3)]

    def work() -> None:
        table[1] = objects[0]

    at_collections(work)
    for _ in range(200):
        kept = drain(list)
        table[0] = objects[0]
        table[0] = table[1] = None
        store.gc()
        table[2] = objects[1]
        assert table[1] is None or table[1] is objects[0]
        del kept
    Phoenix.alive = False
    store.gc()
    assert table[1] is None or table[1] is objects[0]
    assert table[2] is objects[1]


def test_types_that_a_finalizer_defines_have_numbers_of_their_own(at_collections: Any) -> None:
    store = Store()
    made: list[Func] = []
    count = [0]

    def define() -> None:
        count[0] += 1
        number = count[0]
        bits = tuple(I32 if number >> i & 1 else I64 for i in range(14))
        made.append(Func(store, FuncType(bits, ()), print))

    def work() -> None:
        if len(made) < 2000:
            define()

    at_collections(work)
    for _ in range(30):
        kept = drain(lambda: (object(), 1))
        define()
        del kept
    Phoenix.alive = False
    assert len({func.type_id for func in made}) == len(made) == count[0]
    for func in made:
        assert typetable.comptype_of(func.type_id) == func.type


MOVES = """
import signal, sys
from wasmvm import *
from wasmvm import _core
from wasmvm.types import FUNCREF
from tests.wat import wat2wasm

text = '''(module (table (export "t") 1 funcref)
  (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))'''
module = Module(wat2wasm(text))
how = sys.argv[1]
turns = [0]

def handler(*_):
    turns[0] += 1
    if inside[0]:
        raise RuntimeError("in the middle of the inner one")
    if turns[0] > 1:
        return
    if how == "python":
        table.grow(2_000_000)
        count[0] += 1
    elif how == "fails":  # more than the outer one has reserved: it gives its room back
        try:
            inside[0] = True
            signal.setitimer(signal.ITIMER_REAL, 0.0015)
            grow(4_500_000)
        except RuntimeError:
            count[0] += 1
        finally:
            inside[0] = False
    else:
        grow(3_000_000)
        count[0] += 1

signal.signal(signal.SIGALRM, handler)
count = [0]
inside = [False]
while count[0] < 12:  # however often that takes: the time is the machine's
    store = Store()
    exports = Instance(module, store=store).exports
    table, grow = exports["t"], exports["grow"]
    grow(1)
    turns[0] = 0
    signal.setitimer(signal.ITIMER_REAL, 0.0015)
    before = len(table)
    size = grow(3_000_000)
    signal.setitimer(signal.ITIMER_REAL, 0)
    turns[0] = 1
    assert len(table) >= size + 3_000_000 and store.table_size == len(table), (size, len(table), store.table_size)
    assert table[len(table) - 1] is None
print("done")
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no timers")
@pytest.mark.parametrize("how", ["python", "wasm", "fails"])
def test_a_handler_that_grows_the_table_that_is_growing(how: str) -> None:
    done = subprocess.run([sys.executable, "-c", MOVES, how], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout == "done\n", done.stderr[-1000:]


def raiser(text: str, error: Any, valtype: int = EXTERNREF) -> Any:
    """A store, its tag, and a function of wasm that catches what a host function raises as a reference."""
    store = Store()
    tag = Tag(store, FuncType((valtype,), ()))

    def throw() -> None:
        raise error(store, tag)

    module = Module(wat2wasm(text))
    return (
        store,
        tag,
        Instance(module, {"": {"t": tag, "f": Func(store, FuncType((), ()), throw)}}, store=store).exports["f"],
    )


CATCHES = """(module (import "" "t" (tag $t (param externref))) (import "" "f" (func $f))
  (func (export "f") (result externref)
    (block $h (result externref) (try_table (catch $t $h) (call $f)) (ref.null extern))))"""


def test_exceptions_whose_attributes_change() -> None:
    for name in ("tag", "reference"):
        for real_first in (True, False):
            for other in (object(), 5, None, "text", np.zeros(3)):

                class Lying(WasmException):
                    asked = 0

                def lie(self: Any, real: Any, other: Any = other, real_first: bool = real_first) -> Any:
                    self.asked += 1
                    return real if (self.asked == 1) == real_first else other

                def make(store: Any, tag: Any, Lying: Any = Lying, name: str = name, lie: Any = lie) -> Any:
                    error = Lying(tag, ("payload",))
                    real = tag if name == "tag" else None
                    setattr(Lying, name, property(lambda self: lie(self, real), lambda self, value: None))
                    return error

                _, _, f = raiser(CATCHES, make)
                try:
                    assert f() == "payload"
                except WasmException:
                    assert not real_first


def test_an_exception_stays_while_its_payload_goes() -> None:
    class Payload:
        def __init__(self, store: Store) -> None:
            self.store = store

        def __index__(self) -> int:
            return 5

        def __del__(self) -> None:
            self.store.gc()
            table = Table(self.store, TableType(EXTERNREF, Limits(20, None)))
            for i in range(20):
                table[i] = object()

    def make(store: Store, tag: Tag) -> Any:
        class Forgetful(WasmException):
            """It keeps neither its payload nor the reference that is made of it."""

            payload = property(lambda self: [Payload(store)], lambda self, value: None)  # type: ignore[assignment]
            reference = property(lambda self: None, lambda self, value: None)  # type: ignore[assignment]

        return Forgetful(tag)

    store, _, f = raiser(CATCHES.replace("externref", "i32").replace("ref.null extern", "i32.const 0"), make, I32)
    store.stress = True
    for _ in range(50):
        assert f() == 5


LATE = """
import gc, sys, weakref
from wasmvm import *
from wasmvm.types import *
from tests.wat import wat2wasm

module = Module(wat2wasm('''(module (import "" "h" (func $h (param i32) (result i32)))
  (memory (export "m") 1) (table (export "t") 2 funcref) (global (export "g") (mut i32) (i32.const 7))
  (tag (export "x") (param i32)) (elem (i32.const 0) $h $f)
  (func $f (export "f") (param i32) (result i32)
    (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))'''))
found, callbacks, errors = [], [], set()

class Last(set):
    pass

def late(_):
    for name, ref in weak:
        target = ref()
        found.append(target is not None)
        if target is None:
            continue
        for use in USES[name]:
            try:
                use(target)
            except Exception as error:
                errors.add(str(error))

class Trash:
    def __del__(self):  # weak references that are made here are not cleared before the cycle is taken apart
        for name in ("f", "h", "t", "g", "m", "x"):
            weak.append((name, weakref.ref(self.things[name])))
        for last in self.lasts:
            callbacks.append(weakref.ref(last[0], late))

USES = {
    "f": [lambda f: f(1), repr, lambda f: f.type, lambda f: f.name, lambda f: f.call_bits([1])],
    "h": [lambda f: f(1), repr, lambda f: f.type, lambda f: f.name, lambda f: f.call_bits([1])],
    "t": [lambda t: t[0], lambda t: t[1](2), lambda t: t.grow(3), lambda t: t.type, repr, len],
    "g": [lambda g: g.value, lambda g: setattr(g, "value", 3), lambda g: g.type, repr, lambda g: g.bits],
    "m": [lambda m: m.read(0, 10), lambda m: m.grow(1), repr, len, lambda m: m.type],
    "x": [repr, lambda x: x.type, lambda x: x.type_id],
}
def build(turn):
    # In the order in which they are taken apart: what is used comes before what uses it, and what keeps it is last.
    def called(i):
        return i if trash else 0
    store = Store()
    host = Func(store, FuncType((I32,), (I32,)), called)
    exports = Instance(module, {"": {"h": host}}, store=store).exports
    things = [host, *(exports[name] for name in "ftgmx")]
    lasts = [[Last()] for _ in range(turn + 1)]
    trash = Trash()
    trash.me = trash
    trash.lasts = lasts
    trash.things = dict(zip("hftgmx", things))

for turn in range(20):
    weak = []
    gc.collect()
    build(turn)
    gc.collect()
assert True in found and "the store is gone" in errors, errors
print("done")
"""


def test_what_is_left_while_a_cycle_is_taken_apart() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout == "done\n", (done.returncode, done.stderr[-1000:])


def test_cycles_by_way_of_functions_and_globals_go() -> None:
    gone = []
    for _ in range(20):
        store = Store()
        holder: list[Any] = []
        func = Func(store, FuncType((), ()), lambda holder=holder: holder)
        value = Global(store, GlobalType(EXTERNREF, True), holder)
        holder += [func, value, store]
        gone.append(weakref.ref(func))
        del store, holder, func, value
    gc.collect()
    assert not any(ref() for ref in gone)


def test_only_whole_calls_can_be_made() -> None:
    store = Store()
    assert not hasattr(store, "begin_call") and not hasattr(store, "end_call")
    with pytest.raises(ZeroDivisionError):
        store.during_call(lambda: 1 // 0)
    assert store.during_call(divmod, 7, 2) == (3, 1)


def test_instances_by_hand() -> None:
    with pytest.raises(InternalError):
        _core.ModuleCode(-1)
    with pytest.raises(InternalError):
        _core.ModuleCode(1 << 61)
    with pytest.raises(TypeError):
        _core.Instance(Store(), object(), [], (), (), ())  # type: ignore[arg-type]
    made = _core.Instance(Store(), Module("(module)").compiled, (), (), (), ())
    with pytest.raises(InternalError, match="a constant expression without code"):
        made.evaluate(array("i"), 0, I32)


def test_memory_types_are_kept_as_given_or_made_plain() -> None:
    class Odd(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    plain = MemoryType(Limits(1, 2))
    assert Memory(Store(), plain).type is plain
    for odd in (MemoryType(Limits(Odd(1), 2)), MemoryType(Limits(1, Odd(2))), MemoryType(Limits(True, 2))):
        limits = Memory(Store(), odd).type.limits
        assert type(limits.min) is type(limits.max) is int and limits == (1, 2)


def test_the_set_of_a_collection_cannot_be_flooded() -> None:
    """Of numbers that one choice of the factors would put in one corner, others put few there."""
    count = 1 << 14
    small = np.arange(1, count + 1, dtype=np.uint64)
    fixed = 0x9E3779B97F4A7C15
    families = [small << np.uint64(shift) for shift in (0, 4, 16, 24, 32, 40, 48)]
    families += [small * np.uint64(pow(fixed, -1, 1 << 64)), small * np.uint64(fixed), small * np.uint64(0x100000001)]
    spread = np.arange(1, 1 << 20, dtype=np.uint64) * np.uint64(16) + np.uint64(0x580000000000)
    corner = (spread * np.uint64(fixed)) >> np.uint64(32) & np.uint64(2 * count - 1)
    families.append(spread[corner < np.uint64(2 * count >> 7)])
    for numbers in families:
        assert _core.count_probes(numbers) < 8 * len(numbers)


def test_fields_after_their_module_is_gone() -> None:
    text = """(module (type $s (struct (field (mut i32)) (field i8) (field (mut (ref null $s)))))
      (func (export "f") (result (ref $s)) (struct.new $s (i32.const 5) (i32.const 200) (ref.null $s))))"""
    made: StructRef = Instance(Module(wat2wasm(text)), store=Store()).exports["f"]()
    gc.collect()
    made[2] = made
    made[0] = 2**32 + 9
    assert made[0] == 9 and made[1] == 200 and made[2] == made
    with pytest.raises(TypeError):
        made[1] = 3
    with pytest.raises(TypeError):
        made[2] = 7


# What C has borrowed


@pytest.mark.parametrize("kind", ["global", "table", "instance"])
def test_a_root_that_is_being_freed_is_not_kept_by_a_collection(kind: str) -> None:
    """A callback of a weak reference runs before the root has left its ring, and must not be able to free it once more."""
    store = Store()
    holder: Any
    if kind == "global":
        holder = Global(store, GlobalType(EXTERNREF, True), "held")
    elif kind == "table":
        holder = Table(store, TableType(EXTERNREF, Limits(10, None)), "held")
    else:
        holder = Instance(
            Module(wat2wasm('(module (elem externref (item (ref.null extern))) (func (export "f")))')), store=store
        ).core
    collected = []

    def callback(reference: object) -> None:
        store.gc()
        collected.append(store.heap_size)

    gc.collect()
    gc.disable()  # it would call back before the holder loses its last reference
    try:
        watched = weakref.ref(holder, callback)
        del holder
        assert len(collected) == 1
        assert watched() is None
    finally:
        gc.enable()
    others = [Global(store, GlobalType(EXTERNREF, True), i) for i in range(100)]
    store.gc()
    assert [other.value for other in others] == list(range(100))


def test_a_tag_that_is_being_freed_is_not_handed_out() -> None:
    store = Store()
    tags = [Tag(store, FuncType((I32,), ()))]
    first = id(tags[0])

    def throw() -> None:
        raise WasmException(tags[0], (3,))

    call = Instance(Module(wat2wasm(CALLS_HOST)), {"host": {"f": throw}}, store).exports.f
    with pytest.raises(WasmException) as caught:
        call()
    reference = caught.value.reference
    found = []
    del caught, throw, call
    gc.collect()
    gc.disable()
    try:
        watched = weakref.ref(tags[0], lambda dying: found.append(reference.tag))
        tags.clear()
        assert watched() is None
    finally:
        gc.enable()
    assert len(found) == 1
    assert id(found[0]) != first, "the memory of the one that was freed"
    assert reference.tag is found[0]
    assert reference.payload == (3,)
    found.clear()
    assert reference.tag.type.functype == FuncType((I32,), ())


CALLS_HOST = '(module (import "host" "f" (func $f)) (func (export "f") call $f))'


def test_an_export_is_one_object_whatever_runs_while_it_is_made() -> None:
    count = 200
    vm = Instance(Module(wat2wasm("(module" + "".join(f'(func (export "f{i}"))' for i in range(count)) + ")")))
    wanted = ""
    seen: list[Any] = []

    def collected(phase: str, info: object) -> None:
        if wanted and phase == "start":
            seen.append((vm.core.export(wanted), vm.exports))

    gc.callbacks.append(collected)
    gc.set_threshold(1)
    try:
        for i in range(count):
            wanted = f"f{i}"
            made = vm.core.export(wanted)
            exports = vm.exports
            wanted = ""
            for other, other_exports in seen:
                assert other is made
                assert other_exports is exports
            seen.clear()
            assert vm.exports[f"f{i}"] is made
    finally:
        gc.callbacks.remove(collected)


def test_the_memory_of_an_instance_whatever_runs_while_it_is_looked_for() -> None:
    more = "".join(f'(export "f{i}" (func $f))' for i in range(200))
    vm = Instance(Module(wat2wasm(f'(module (memory (export "memory") 1) (func $f) {more})')))
    pairs = [(i, i) for i in range(5000)]  # Python has tuples at hand no more, and making one may be reason to collect
    seen: list[Any] = []
    looking = False

    def collected(phase: str, info: object) -> None:
        if looking and phase == "start":
            seen.append(vm.core.memory)

    gc.callbacks.append(collected)
    gc.set_threshold(1)
    try:
        looking = True
        found = vm.core.memory
        looking = False
    finally:
        gc.callbacks.remove(collected)
    assert found is vm.exports.memory
    assert seen
    assert len(pairs) == 5000
    assert all(other is found for other in seen)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="the system has no such signal")
def test_stacks_that_are_taken_away_while_a_store_at_rest_waits() -> None:
    """What is wrong here, `python -m tools.sanitize address` finds: the stacks are freed while `spend` looks at signals."""
    module = Module(wat2wasm('(module (func (export "f") (result i32) i32.const 6))'))
    assert Instance(module).exports.f() == 6
    results = []

    def handler(signum: int, frame: object) -> None:
        vms = [Instance(module) for _ in range(40)]
        results.append(sum(vm.exports.f() for vm in vms))

    store = Store()
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        raise_ = getattr(ctypes.CDLL(None), "raise")  # which, unlike Python's, leaves the handler to who looks next
        steps = [functools.partial(raise_, int(signal.SIGUSR1)), functools.partial(store.spend, 1 << 40)]
        list(map(operator.call, steps))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert results == [240]
