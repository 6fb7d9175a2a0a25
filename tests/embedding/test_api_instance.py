"""Instances and what they export, imports of every kind, and limits."""

from __future__ import annotations

import gc
import threading
import time
import traceback
import weakref
from collections.abc import Callable

import numpy as np
import pytest

import wasmvm
from wasmvm import FuncType, Limits, MemoryType, TableType, ValType, functype
from wasmvm.types import METER_CALLS, METER_INSTRUCTIONS

ADD = '(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))'
SPIN = '(module $spinner (func $spin (export "spin") (loop br 0)) (func (export "one") (result i32) i32.const 1))'


def test_signed_results_and_wrapping_arguments() -> None:
    vm = wasmvm.instantiate(ADD)
    assert vm.exports.add(2, 3) == vm.exports["add"](2, 3) == 5
    assert vm.exports.add(2**31 - 1, 1) == -(2**31)
    assert vm.exports.add(2**32 + 1, np.int64(1)) == 2


def test_several_results_are_a_tuple() -> None:
    vm = wasmvm.instantiate('(module (func (export "f") (result i32 f64 i64) i32.const -1 f64.const 0.5 i64.const -2))')
    assert vm.exports.f() == (-1, 0.5, -2)


def test_wrong_arguments_name_the_parameter() -> None:
    vm = wasmvm.instantiate(ADD)
    with pytest.raises(TypeError, match="parameter 1: expected an integer, got str"):
        vm.exports.add(1, "2")
    with pytest.raises(TypeError, match="2 arguments, got 1"):
        vm.exports.add(1)


def test_bits_carry_a_signalling_nan() -> None:
    vm = wasmvm.instantiate(
        '(module (func (export "f") (param f32 i64 v128 externref) (result f32 i64 v128 externref)'
        " local.get 0 local.get 1 local.get 2 local.get 3))"
    )
    bits = [0x7FA00001, 2**64 - 1, 2**127 + 5, "object"]
    assert vm.exports.f.call_bits(bits) == bits
    with pytest.raises(TypeError):
        vm.exports.f.call_bits([1.0, 1, 1, None])


def test_exports_named_like_methods_are_found_by_index() -> None:
    vm = wasmvm.instantiate('(module (func (export "get") (result i32) i32.const 7) (func (export "a b")))')
    assert vm.exports["get"]() == 7
    assert sorted(vm.exports) == ["a b", "get"]
    assert vm.exports.get("nothing") is None
    with pytest.raises(AttributeError, match="no export 'nothing'"):
        _ = vm.exports.nothing


def test_imports_of_every_kind() -> None:
    store = wasmvm.Store()
    memory = wasmvm.Memory(store, MemoryType(Limits(1, 2)))
    table = wasmvm.Table(store, TableType(ValType.EXTERNREF, Limits(2, None)), "nothing")
    cell = wasmvm.Global(store, wasmvm.GlobalType(ValType.I64, True), 40)
    text = """(module (import "m" "mem" (memory 1)) (import "m" "tab" (table 1 externref))
      (import "m" "cell" (global (mut i64))) (import "m" "f" (func $f (param i64) (result i64)))
      (func (export "run") (global.set 0 (call $f (global.get 0))) (i32.store8 (i32.const 3) (i32.const 255))
        (table.set (i32.const 1) (table.get (i32.const 0)))))"""
    items = {"mem": memory, "tab": table, "cell": cell, "f": lambda x: x + 2}
    wasmvm.instantiate(text, {"m": items}, store).exports.run()
    assert (cell.value, memory.load_i8(3), table[1]) == (42, -1, "nothing")


def test_link_errors_say_which_import() -> None:
    text = '(module (import "m" "f" (func (param i32))))'
    with pytest.raises(wasmvm.LinkError, match='unknown import "m" "f"') as caught:
        wasmvm.instantiate(text)
    assert (caught.value.module, caught.value.name) == ("m", "f")
    with pytest.raises(wasmvm.LinkError, match="incompatible import type"):
        wasmvm.instantiate(text, {"m": {"f": wasmvm.HostFunc(print, functype())}})
    with pytest.raises(wasmvm.LinkError, match="another store"):
        wasmvm.instantiate(text, {"m": {"f": wasmvm.Func(wasmvm.Store(), functype("i32"), print)}})


def test_annotations_make_a_type() -> None:
    def host(caller: wasmvm.Caller, a: int, b: float, c: ValType.I64) -> tuple[int, float]:  # type: ignore[valid-type]
        return a, b + c

    func = wasmvm.HostFunc(host, access_caller=True).bind(wasmvm.Store())
    assert func.type == functype("i32 f64 i64", "i32 f64")
    with pytest.raises(TypeError, match="parameter x is annotated with no value type"):
        wasmvm.HostFunc(lambda x: None).bind(wasmvm.Store())


def test_a_caller_gives_memory_and_exports() -> None:
    seen = []

    def host(caller: wasmvm.Caller, address: int) -> None:
        seen.append((caller.memory.read_cstring(address), caller["seven"].value, caller.get("nothing")))

    vm = wasmvm.instantiate(
        """(module (import "e" "f" (func $f (param i32))) (memory (export "memory") 1) (data (i32.const 8) "hi\\00")
          (global (export "seven") i32 (i32.const 7)) (func (export "go") (call $f (i32.const 8))))""",
        {"e": {"f": wasmvm.HostFunc(host, access_caller=True)}},
    )
    vm.exports.go()
    assert seen == [(b"hi", 7, None)]


def test_an_exception_passes_unchanged_with_wasm_frames() -> None:
    error = KeyError("mine")

    def host() -> None:
        raise error

    vm = wasmvm.instantiate(
        '(module $m (import "e" "f" (func $f)) (func $inner call $f) (func $outer (export "go") call $inner))',
        {"e": {"f": host}},
    )
    with pytest.raises(KeyError) as caught:
        vm.exports.go()
    assert caught.value is error
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names.index("outer") < names.index("inner") < names.index("host")


def test_a_trap_has_code_and_frames() -> None:
    vm = wasmvm.instantiate('(module $m (memory 1) (func $f (export "f") (drop (i32.load (i32.const 65534)))))')
    with pytest.raises(wasmvm.Trap) as caught:
        vm.exports.f()
    assert caught.value.code == "memory_out_of_bounds"
    assert [(frame.name, frame.module_name, frame.funcidx) for frame in caught.value.frames] == [("f", "m", 0)]
    assert caught.value.fault == "memory fault at wasm address 0x10000 in linear memory of size 0x10000"


def test_fuel_is_deterministic_and_left_over() -> None:
    vm = wasmvm.instantiate(ADD, fuel=100)
    vm.exports.add(1, 2)
    assert vm.store.fuel == 96
    vm.store.fuel = 3
    with pytest.raises(wasmvm.Trap) as caught:
        vm.exports.add(1, 2)
    assert (caught.value.code, vm.store.fuel) == ("out_of_fuel", 0)
    with pytest.raises(ValueError, match="fuel must be"):
        vm.store.fuel = -1


def test_fuel_ends_a_loop_and_pays_for_bulk() -> None:
    vm = wasmvm.instantiate(SPIN, fuel=10_000)
    with pytest.raises(wasmvm.Trap) as caught:
        vm.exports.spin()
    assert caught.value.code == "out_of_fuel"
    text = '(module (memory 1) (func (export "f") (memory.fill (i32.const 0) (i32.const 1) (i32.const 60000))))'
    with pytest.raises(wasmvm.Trap, match="fuel"):
        wasmvm.instantiate(text, fuel=50_000).exports.f()
    wasmvm.instantiate(text, fuel=61_000).exports.f()


CALLS = """(module (func $leaf) (func (export "turns") (param i32)
  (loop (call $leaf) (nop) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "twice") (loop (loop)) (block (br_if 0 (i32.const 1)) (loop))))"""


@pytest.mark.parametrize(
    ("metering", "turns", "twice"), [(METER_CALLS, 1 + 2 * 5, 1 + 2), (METER_INSTRUCTIONS, 1 + 7 * 5, 3)]
)
def test_what_costs_fuel_can_be_chosen(metering: int, turns: int, twice: int) -> None:
    store = wasmvm.Store(metering=metering)
    store.fuel = 1000
    vm = wasmvm.Instance(wasmvm.Module(CALLS), store=store)
    for name, args, cost in (("turns", (5,), turns), ("twice", (), twice), ("turns", (5,), turns)):
        before = store.fuel
        vm.exports[name](*args)
        assert before - store.fuel == cost, name
    store.fuel = 4
    with pytest.raises(wasmvm.Trap, match="fuel"):
        vm.exports.turns(1000)
    assert store.fuel == 0


def test_one_module_with_and_without_fuel() -> None:
    module = wasmvm.Module(ADD)
    assert wasmvm.instantiate(module).exports.add(1, 2) == wasmvm.instantiate(module, fuel=4).exports.add(1, 2) == 3


def test_a_timeout_is_for_each_call() -> None:
    vm = wasmvm.instantiate(SPIN, timeout=0.05)
    for _ in range(2):
        begin = time.monotonic()
        with pytest.raises(wasmvm.Trap) as caught:
            vm.exports.spin()
        assert caught.value.code == "deadline"
        assert time.monotonic() - begin > 0.04
    assert vm.exports.one() == 1


def test_limits_of_memory() -> None:
    text = '(module (memory (export "m") 1) (func (export "grow") (result i32) (memory.grow (i32.const 1))))'
    vm = wasmvm.instantiate(text, max_memory=2 << 16)
    assert [vm.exports.grow(), vm.exports.grow()] == [1, -1]
    with pytest.raises(wasmvm.LinkError, match="exceeds memory limits"):
        wasmvm.instantiate(text, max_memory=1000)
    with pytest.raises(ValueError, match="cannot grow"):
        vm.exports.m.grow(1)


def test_limits_by_number() -> None:
    store = wasmvm.Store(max_instances=1)
    vm = wasmvm.instantiate(ADD, store=store)
    with pytest.raises(wasmvm.LinkError, match="instance count too high at 2"):
        wasmvm.instantiate(ADD, store=store)
    with pytest.raises(ValueError, match="limits are given to the store"):
        wasmvm.instantiate(ADD, store=store, fuel=1)
    del vm  # what is gone counts no more
    assert wasmvm.instantiate(ADD, store=store).exports.add(2, 3) == 5


def test_epochs_stop_a_loop_from_another_thread() -> None:
    engine = wasmvm.Engine(wasmvm.Config(epoch_interruption=True))
    store = engine.store()
    vm = wasmvm.instantiate(SPIN, store=store)
    with pytest.raises(wasmvm.Trap):
        vm.exports.one()  # the first deadline is now
    engine.set_epoch_deadline(store, 2)
    assert vm.exports.one() == 1
    timer = threading.Timer(0.05, lambda: [engine.increment_epoch(), engine.increment_epoch()])
    timer.start()
    with pytest.raises(wasmvm.Trap) as caught:
        vm.exports.spin()
    assert caught.value.code == "interrupt"
    engine.set_epoch_deadline(store, 1)
    assert vm.exports.one() == 1


def test_a_linker_serves_many_instances() -> None:
    linker = wasmvm.Linker()
    linker.define("e", "f", lambda: 5)
    module = wasmvm.Module('(module (import "e" "f" (func $f (result i32))) (func (export "g") (result i32) call $f))')
    assert [linker.instantiate(module).exports.g() for _ in range(2)] == [5, 5]
    with pytest.raises(wasmvm.LinkError, match="defined twice"):
        linker.define("e", "f", print)
    linker.allow_shadowing = True
    linker.define("e", "f", lambda: 6)
    assert linker.instantiate(module).exports.g() == 6


def test_one_module_in_many_threads() -> None:
    module = wasmvm.Module(ADD)
    found: list[int] = []

    def work() -> None:
        add = wasmvm.Instance(module).exports.add
        found.append(sum(add(i, 1) for i in range(1000)))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [sum(range(1, 1001))] * 8


def test_instances_are_freed_without_the_collector() -> None:
    gc.disable()
    try:
        vm = wasmvm.instantiate('(module (memory (export "memory") 1) (table 1 funcref) (elem (i32.const 0) 0) (func))')
        assert vm.exports.memory.pages == 1
        gone = weakref.ref(vm.store)
        del vm
        assert gone() is None
    finally:
        gc.enable()


def test_a_function_outlives_its_instance_in_a_table() -> None:
    store = wasmvm.Store()
    table = wasmvm.Table(store, TableType(ValType.FUNCREF, Limits(1, 1)))
    table[0] = wasmvm.instantiate(ADD, store=store).exports.add
    gc.collect()
    assert table[0](20, 22) == 42


def test_memory_of_an_earlier_instance_does_not_show() -> None:
    text = '(module (memory (export "memory") 2))'
    for _ in range(3):
        memory = wasmvm.instantiate(text).exports.memory
        assert not memory.array.any()
        memory.array[:] = 7


def test_functions_belong_to_the_field() -> None:
    assert str(functype("i32 i64", "f64")) == "(func (param i32 i64) (result f64))"
    assert functype([ValType.I32]) == FuncType((0x7F,), ())
    with pytest.raises(ValueError, match="no value type 'i33'"):
        functype("i33")


I32 = ValType.I32
WRONG_TYPES: list[tuple[object, type[Exception], str]] = [
    (lambda s: wasmvm.Func(s, FuncType(("i32",), ()), print), TypeError, "type: expected a value type, got 'i32'"),
    (lambda s: wasmvm.Func(s, FuncType((1,), ()), print), ValueError, "type: there is no value type 1"),
    (lambda s: wasmvm.Func(s, FuncType((1 << 24,), ()), print), ValueError, "type: there is no value type"),
    (lambda s: wasmvm.Func(s, I32, print), TypeError, "type: expected a FuncType, got ValType"),
    (lambda s: wasmvm.Global(s, I32, 1), TypeError, "type: expected a GlobalType, got ValType"),
    (lambda s: wasmvm.Global(s, wasmvm.GlobalType(5, True), 1), ValueError, "type: there is no value type 5"),
    (lambda s: wasmvm.Table(s, TableType(I32, Limits(1))), ValueError, "type: expected a reference type, got i32"),
    (lambda s: wasmvm.Table(s, Limits(1)), TypeError, "type: expected a TableType, got Limits"),
    (lambda s: wasmvm.Memory(s, Limits(1)), TypeError, "type: expected a MemoryType, got Limits"),
    (lambda s: wasmvm.Memory(s, MemoryType((1, 2))), TypeError, "limits: expected a Limits, got tuple"),
    (lambda s: wasmvm.Memory(s, MemoryType(Limits(1.5))), TypeError, "minimum: expected a int, got float"),
    (lambda s: wasmvm.Memory(s, MemoryType(Limits(-1))), ValueError, "invalid limits: -1"),
    (lambda s: wasmvm.Store(max_memory=-1), ValueError, "max_memory must be from 0 to .*, not -1"),
    (lambda s: wasmvm.HostFunc(5), TypeError, "callable: expected a function, got 5"),
    (lambda s: wasmvm.Instance(5), TypeError, "module: expected a Module, got int"),
    (lambda s: wasmvm.Module(5), TypeError, "source: expected bytes, text or a path, got int"),
    (lambda s: wasmvm.Engine(5), TypeError, "config: expected a Config, got int"),
    (lambda s: wasmvm.instantiate('(module (import "a" "b" (func)))', {"a": 5}), TypeError, "imports: .* found int"),
    (lambda s: wasmvm.instantiate('(module (import "a" "b" (func)))', [5]), TypeError, "imports: .* found list"),
]


@pytest.mark.parametrize(("make", "error", "message"), WRONG_TYPES, ids=[message for _, _, message in WRONG_TYPES])
def test_what_is_of_the_wrong_type_is_named(
    make: Callable[[wasmvm.Store], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(wasmvm.Store())


def test_a_function_type_may_be_of_lists() -> None:
    double = wasmvm.Func(wasmvm.Store(), FuncType([I32], [I32]), lambda x: 2 * x)
    assert double(21) == 42
    assert double.type == FuncType((I32,), (I32,))
