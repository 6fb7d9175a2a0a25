"""Host functions: their exceptions, calls back into wasm, what they may change while wasm waits for them."""

from __future__ import annotations

import contextlib
import gc
import traceback

import pytest

from tests.wat import wat2wasm
from wasmvm import Caller, Func, FuncType, HostFunc, Instance, Module, Store, Trap
from wasmvm.types import F64, FUNCREF, I32, I64

CALLS = """(module $guest (import "host" "f" (func $f (param i32) (result i32)))
  (import "host" "g" (func $g))
  (memory (export "memory") 1) (table (export "table") 2 funcref)
  (elem declare func $deep)
  (func $deep (export "deep") (param i32) (result i32)
    local.get 0  if (result i32)  local.get 0  i32.const 1  i32.sub  call $deep  else  i32.const 5  call $f  end)
  (func (export "plus_one") (param i32) (result i32)  local.get 0  i32.const 1  i32.add)
  (func (export "divide") (param i32 i32) (result i32)  local.get 0  local.get 1  i32.div_s)
  (func (export "locals_survive") (param i32 i32) (result i32)
    local.get 0  local.get 1  local.get 0  call $f  local.get 1  i32.mul  i32.add  i32.add  local.get 0  i32.add)
  (func (export "load_after") (param i32) (result i32)  call $g  local.get 0  i32.load)
  (func (export "size_after") (result i32 i32)  call $g  memory.size  table.size 0)
  (func (export "call_after") (result i32)  i32.const 41  call $g  i32.const 9
    call_indirect (param i32) (result i32)))"""


def guest(f: object = None, g: object = None) -> Instance:
    def nothing(*_: object) -> int:
        return 0

    return Instance(Module(wat2wasm(CALLS)), {"host": {"f": f or nothing, "g": g or (lambda: None)}})  # type: ignore[dict-item]


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit, StopIteration, MemoryError])
def test_exception_passes_through_unchanged(kind: type[BaseException]) -> None:
    error = kind("from the host")

    def f(_: int) -> int:
        raise error

    instance = guest(f)
    for _ in range(2):
        with pytest.raises(kind) as caught:
            instance.exports.deep(3)
        assert caught.value is error
        assert error.__context__ is None
        assert error.__cause__ is None
        error.__traceback__ = None
    assert instance.exports.plus_one(4) == 5, "the store is usable afterwards"


def frames_of(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of a traceback without those of the machine itself, which Cython shows."""
    return [entry for entry in traceback.extract_tb(error.__traceback__) if not entry.name.startswith("wasmvm._core")]


def test_traceback_names_the_wasm_frames_in_order() -> None:
    def f(_: int) -> int:
        raise LookupError

    with pytest.raises(LookupError) as caught:
        guest(f).exports.deep(2)
    assert [entry.name for entry in frames_of(caught.value)][-4:] == ["deep", "deep", "deep", "f"]
    places = [entry.filename for entry in frames_of(caught.value)][-4:-1]
    assert all("guest!deep" in place for place in places)
    assert places[0] == places[1] != places[2], "the innermost stands at another call"


def test_exception_caught_in_between() -> None:
    """wasm calls Python, which calls wasm that traps, catches the trap, and goes on."""

    def f(x: int) -> int:
        with pytest.raises(Trap, match="divide by zero") as caught:
            instance.exports.divide(x, 0)
        assert [frame.funcidx for frame in caught.value.frames] == [4]
        return 10

    instance = guest(f)
    assert instance.exports.locals_survive(3, 4) == 3 + 4 * 0 + (4 + 10 * 4) + 3


def test_trap_below_a_host_function_has_the_frames_of_its_own_run() -> None:
    def f(x: int) -> int:
        return int(instance.exports.divide(x, 0))

    instance = guest(f)
    with pytest.raises(Trap) as caught:
        instance.exports.deep(1)
    assert len(caught.value.frames) == 1
    assert [entry.name for entry in frames_of(caught.value)][-4:-1] == ["deep", "deep", "f"]


def test_calling_back_keeps_locals_and_operands() -> None:
    def f(x: int) -> int:
        return int(instance.exports.plus_one(x)) + int(instance.exports.deep(0)) if x != 5 else 100

    instance = guest(f)
    assert instance.exports.locals_survive(3, 4) == 3 + (4 + 104 * 4) + 3


def depth() -> int:
    """How deep Python may recurse from here."""

    def deeper(n: int) -> int:
        try:
            return deeper(n + 1)
        except RecursionError:
            return n

    return deeper(0)


def test_hosts_that_cannot_be_called_leave_the_limit_of_recursion_as_it_is() -> None:
    """Where Python's own limit is met on the way to a host function, nothing is taken back that was not taken."""
    text = '(module (import "" "h" (func $h (param i32) (result i32))) (func (export "f") (result i32) (call $h (i32.const 1))))'
    call = Instance(Module(wat2wasm(text)), {"": {"h": abs}}).exports.f
    refused = 0

    def to_the_edge(n: int) -> None:
        nonlocal refused
        if n:
            to_the_edge(n - 1)
        else:
            try:
                call()
            except RecursionError:
                refused += 1

    before = depth()
    for spare in range(20):
        for _ in range(30):
            with contextlib.suppress(RecursionError):
                to_the_edge(before - spare)
    assert refused
    assert depth() == before


def test_recursion_through_the_host_is_bounded() -> None:
    depth = 0

    def f(x: int) -> int:
        nonlocal depth
        depth += 1
        return int(instance.exports.deep(0))

    instance = guest(f)
    with pytest.raises((Trap, RecursionError)):
        instance.exports.deep(0)
    assert depth >= 50
    assert instance.exports.plus_one(1) == 2
    first = depth
    with pytest.raises((Trap, RecursionError)):
        instance.exports.deep(0)
    assert depth == 2 * first, "nothing of the first time is left"


def test_memory_grown_during_the_call_is_seen() -> None:
    def g() -> None:
        assert instance.exports.memory.grow(2) == 1
        instance.exports.memory.write(2 * 65536, b"\x2a\0\0\0")
        instance.exports.table.grow(5)

    instance = guest(g=g)
    view = memoryview(instance.exports.memory)
    view[100] = 7
    assert instance.exports.load_after(2 * 65536) == 42
    assert view[100] == 7
    assert len(view) == 65536, "a view keeps its length"
    view[101] = 8
    assert instance.exports.memory.read(100, 2) == b"\x07\x08"


def test_sizes_after_growth_in_the_host() -> None:
    def g() -> None:
        instance.exports.memory.grow(1)
        instance.exports.table.grow(3)

    instance = guest(g=g)
    assert instance.exports.size_after() == (2, 5)
    assert instance.exports.size_after() == (3, 8)


def test_table_moved_during_the_call_is_seen() -> None:
    def g() -> None:
        instance.exports.table.grow(100_000)
        instance.exports.table[9] = instance.exports.plus_one

    instance = guest(g=g)
    assert instance.exports.call_after() == 42


def test_multi_value_results() -> None:
    text = """(module (import "h" "three" (func $three (param i32 i64 f64) (result f64 i64 i32)))
      (func (export "f") (param i32 i64 f64) (result f64 i64 i32)
        local.get 0  local.get 1  local.get 2  call $three))"""
    instance = Instance(Module(wat2wasm(text)), {"h": {"three": lambda a, b, c: (c, b, a)}})
    assert instance.exports.f(-1, -(2**63), 2.5) == (2.5, -(2**63), -1)
    for wrong in ((1, 2), (1, 2, 3, 4), None, 5, ("a", 1, 1)):
        instance = Instance(Module(wat2wasm(text)), {"h": {"three": lambda a, b, c, wrong=wrong: wrong}})
        with pytest.raises(TypeError):
            instance.exports.f(1, 2, 3.0)


@pytest.mark.parametrize("result", ["5", 1.5, b"", [1]])
def test_result_of_the_wrong_type(result: object) -> None:
    with pytest.raises(TypeError, match="result of a host function"):
        guest(lambda _: result).exports.deep(0)


def test_value_from_a_function_that_has_no_result() -> None:
    with pytest.raises(TypeError, match="returned a value"):
        guest(g=lambda: 3).exports.size_after()


def test_caller() -> None:
    text = """(module (import "h" "f" (func $f (param i32))) (memory (export "memory") 1)
      (func (export "run") i32.const 7  call $f))"""
    seen: list[tuple[Caller, int]] = []
    imports = {"h": {"f": HostFunc(lambda caller, x: seen.append((caller, x)), access_caller=True)}}
    instance = Instance(Module(wat2wasm(text)), imports)
    instance.exports.run()
    caller, x = seen[0]
    assert x == 7
    assert caller.memory is instance.exports.memory
    assert caller["memory"] is instance.exports.memory
    assert caller.get("nothing") is None


class Meddler:
    """A number whose conversion calls into the store that the value is meant for."""

    def __init__(self, instance: Instance, value: float) -> None:
        self.instance = instance
        self.value = value

    def __index__(self) -> int:
        self.instance.exports.divide(-7, 1)
        return int(self.value)

    def __float__(self) -> float:
        self.instance.exports.divide(-7, 1)
        return self.value


def test_conversion_of_arguments_may_call_the_store() -> None:
    instance = guest()
    assert instance.exports.divide(60, Meddler(instance, 3)) == 20
    assert instance.exports.divide(Meddler(instance, 60), Meddler(instance, 3)) == 20


def test_conversion_of_results_may_call_the_store() -> None:
    store = Store()
    type_ = FuncType((), (I32, I64, F64))
    instance = Instance(Module(wat2wasm(CALLS)), {"host": {"f": lambda _: 0, "g": lambda: None}}, store)
    func = Func(store, type_, lambda: (11, Meddler(instance, 12), Meddler(instance, 13.0)))
    assert func() == (11, 12, 13.0)
    text = """(module (import "h" "f" (func $f (result i32 i64 f64)))
      (func (export "run") (result i32 i64 f64) call $f))"""
    assert Instance(Module(wat2wasm(text)), {"h": {"f": func}}, store).exports.run() == (11, 12, 13.0)


def test_finalizer_that_calls_the_store_while_results_are_made() -> None:
    """Making a tuple may start the garbage collector, which may run anything."""
    text = """(module (func (export "many") (result i32 i32 i32 i32) i32.const 1  i32.const 2  i32.const 3  i32.const 4)
      (func (export "overwrite") (param i32 i32 i32 i32)))"""
    instance = Instance(Module(wat2wasm(text)))
    ran = []

    class Finalized:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            ran.append(1)
            instance.exports.overwrite(-1, -1, -1, -1)

    threshold = gc.get_threshold()
    many = instance.exports.many
    try:
        gc.set_threshold(1, 1, 1)
        for _ in range(50):
            Finalized()
            assert many() == (1, 2, 3, 4)
    finally:
        gc.set_threshold(*threshold)
    assert ran


def test_function_references() -> None:
    """A funcref keeps its identity wherever it goes, and the store that it belongs to."""
    text = """(module (import "h" "f" (func $f (param funcref) (result funcref))) (table (export "table") 3 funcref)
      (elem (i32.const 1) func $own $f)
      (func $own (export "own") (result i32) i32.const 3)
      (func (export "pass") (param funcref) (result funcref) local.get 0  call $f)
      (func (export "get") (param i32) (result funcref) local.get 0  table.get 0)
      (func (export "call") (param i32) (result i32) local.get 0  call_indirect (result i32)))"""
    seen = []
    instance = Instance(Module(wat2wasm(text)), {"h": {"f": lambda x: seen.append(x) or x}})
    exports = instance.exports
    assert exports["pass"](exports.own) is exports.own
    assert seen == [exports.own]
    assert exports["get"](1) is exports.own
    assert exports.table[1] is exports.own
    assert exports["get"](0) is None
    host = Func(instance.store, FuncType((), (I32,)), lambda: 77)
    exports.table[0] = host
    assert exports["get"](0) is host
    assert exports.call(0) == 77
    assert exports["get"](2).type == FuncType((FUNCREF,), (FUNCREF,))
    with pytest.raises(Trap, match="indirect call type mismatch"):
        exports.call(2)
    with pytest.raises(ValueError, match="another store"):
        exports["pass"](Func(Store(), FuncType((), ()), lambda: None))
    with pytest.raises(TypeError):
        exports["pass"](print)


def test_host_function_in_a_table_lives_as_long_as_the_store() -> None:
    text = """(module (table (export "t") 1 funcref)
      (func (export "f") (result i32) i32.const 0  call_indirect (result i32)))"""
    instance = Instance(Module(wat2wasm(text)))
    instance.exports.t[0] = Func(instance.store, FuncType((), (I32,)), lambda: 5)
    gc.collect()
    assert instance.exports.f() == 5


def test_external_references() -> None:
    text = """(module (import "h" "f" (func $f (param externref) (result externref)))
      (table (export "table") 4 externref) (global (export "g") (mut externref) (ref.null extern))
      (func (export "pass") (param externref) (result externref) local.get 0  call $f)
      (func (export "keep") (param i32 externref) local.get 0  local.get 1  table.set 0)
      (func (export "is_null") (param externref) (result i32) local.get 0  ref.is_null))"""
    exports = Instance(Module(wat2wasm(text)), {"h": {"f": lambda x: x}}).exports
    values: list[object] = [object(), [], 0, "", b"x", False, exports, 1.5, (1,)]
    for value in values:
        assert exports["pass"](value) is value
        assert exports.is_null(value) == 0
    assert exports["pass"](None) is None
    assert exports.is_null(None) == 1
    exports.keep(2, values[0])
    assert exports.table[2] is values[0]
    exports.g.value = values[1]
    assert exports.g.value is values[1]
    exports.table[3] = values[1]
    assert exports.table[3] is exports.g.value
    exports.table.grow(2, "filler")
    assert exports.table[5] == "filler"
