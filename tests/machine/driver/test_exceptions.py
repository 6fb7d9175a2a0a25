"""Exceptions: who catches what, what a handler finds, and the way through Python and other instances."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

from tests.wat import wat2wasm
from wasmvm import (
    ExceptionRef,
    Func,
    FuncType,
    Instance,
    Module,
    Store,
    Tag,
    Trap,
    WasmException,
    instantiate,
)
from wasmvm.compiled import CompiledModule
from wasmvm.lowered import CLAUSE_REF, CLAUSE_TAG, CLAUSE_WORDS
from wasmvm.lowering.disasm import disassemble
from wasmvm.types import I32, I64

TAGS = '(tag $none (export "none")) (tag $i (export "i") (param i32)) (tag $v (export "v") (param v128 i64 v128))'


def make(body: str, host: Callable[..., Any] = print) -> Any:
    """The exports of a module with three tags, which imports a function `host` without parameters."""
    return instantiate(
        wat2wasm(f'(module (import "" "host" (func $host)) {TAGS} {body})'), {"": {"host": host}}
    ).exports


def test_an_uncaught_exception_arrives_with_tag_payload_and_frames() -> None:
    exports = make("""
      (func $inner (param i32) (throw $i (local.get 0)))
      (func (export "f") (param i32) (call $inner (local.get 0)))""")
    with pytest.raises(WasmException) as caught:
        exports.f(-7)
    error = caught.value
    assert error.tag is exports.i
    assert error.payload == (-7,)
    assert [frame.name for frame in error.frames] == ["inner", None]
    assert "inner" in error.backtrace()
    assert isinstance(error.reference, ExceptionRef) and error.reference.payload == (-7,)
    with pytest.raises(WasmException) as caught:
        exports.f(8)
    assert caught.value.payload == (8,), "the store is as it was"


def test_v128_payloads_take_two_slots_and_locals_keep_what_they_had() -> None:
    exports = make("""
      (func (export "f") (param i32) (result i64 i64 i32 i32) (local $x i32) (local $w v128)
        (local.set $x (i32.const 1))
        (block $h (result v128 i64 v128)
          (try_table (catch $v $h)
            (local.set $x (i32.const 2))
            (if (local.get 0) (then (local.set $x (i32.const 3))
              (throw $v (i64x2.splat (i64.const 5)) (i64.const 6) (i64x2.splat (i64.const 7)))))
            (local.set $x (i32.const 4)))
          (return (i64.const 0) (i64.const 0) (i32.const 0) (local.get $x)))
        (local.set $w) (drop) (drop) (i64x2.extract_lane 0 (local.get $w)) (i64x2.extract_lane 1 (local.get $w))
        (local.get 0) (local.get $x))""")
    assert exports.f(0) == (0, 0, 0, 4)
    assert exports.f(9) == (7, 7, 9, 3)


def test_operands_below_a_try_are_there_after_a_handler() -> None:
    exports = make("""
      (func $throw (param i32) (throw $i (local.get 0)))
      (func (export "f") (param i32) (result i32)
        (i32.add (local.get 0) (i32.mul (i32.const 100)
          (block $h (result i32)
            (try_table (result i32) (catch $i $h)
              (local.set 0 (i32.const 50)) (call $throw (i32.const 3)) (i32.const 1))))))""")
    assert exports.f(2) == 302


def test_handlers_of_the_function_and_of_loops() -> None:
    exports = make("""
      (func (export "whole") (param i32) (result i32)
        (try_table (catch $i 0) (throw $i (local.get 0))) (i32.const 0))
      (func (export "loop") (param i32) (result i32) (local $n i32)
        (i32.const 0)
        (loop $l (param i32)
          (local.set $n (i32.add (local.get $n)))
          (if (i32.gt_s (local.get 0) (i32.const 0)) (then
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (try_table (catch $i $l) (throw $i (local.get 0))))))
        (local.get $n))""")
    assert exports.whole(77) == 77
    assert exports.loop(10) == 45


def test_inner_handlers_come_first_and_the_first_clause_that_fits() -> None:
    exports = make("""
      (func (export "f") (param i32) (result i32)
        (block $outer
          (try_table (catch_all $outer)
            (block $inner (result i32)
              (try_table (catch $i $inner) (catch_all $outer)
                (if (local.get 0) (then (throw $i (i32.const 5))) (else (throw $none))))
              (i32.const 1))
            (return)))
        (i32.const -1))
      (func (export "second") (result i32)
        (block $all (block $one (result i32)
          (try_table (catch_all $all) (catch $i $one) (throw $i (i32.const 4))) (i32.const 1)) (return))
        (i32.const 2))""")
    assert exports.f(1) == 5
    assert exports.f(0) == -1
    assert exports.second() == 2


def test_what_is_thrown_before_and_after_a_try_is_not_caught_there() -> None:
    exports = make("""
      (func $maybe (param i32) (if (local.get 0) (then (throw $none))))
      (func (export "f") (param i32 i32 i32) (result i32)
        (call $maybe (local.get 0))
        (block $h (try_table (catch_all $h) (call $maybe (local.get 1))) (call $maybe (local.get 2)) (return (i32.const 1)))
        (call $maybe (local.get 2)) (i32.const 2))""")
    assert exports.f(0, 0, 0) == 1
    assert exports.f(0, 1, 0) == 2
    for args in ((1, 0, 0), (0, 0, 1), (0, 1, 1)):
        with pytest.raises(WasmException):
            exports.f(*args)


def test_what_is_thrown_by_the_instruction_beside_a_try_is_not_caught_there() -> None:
    """The last instruction before the body and the first after it, where each may be a call or a `throw`."""
    exports = make("""
      (func $nop)
      (func (export "after") (block $h (try_table (catch $none $h) (call $nop)) (throw $none)))
      (func (export "after_a_call") (block $h (try_table (catch $none $h) (call $nop)) (call $raise)))
      (func (export "after_nothing") (block $h (try_table (catch $none $h)) (throw $none)))
      (func (export "last") (result i32) (block $h (try_table (catch $none $h) (call $raise)) (return (i32.const 0)))
        (i32.const 1))
      (func (export "first") (result i32)
        (block $h (try_table (catch $none $h) (throw $none) (call $nop)) (return (i32.const 0))) (i32.const 1))
      (func (export "only") (result i32)
        (block $h (try_table (catch $none $h) (throw $none)) (return (i32.const 0))) (i32.const 1))
      (func (export "before") (block $h (call $raise) (try_table (catch $none $h) (call $nop))))
      (func (export "between") (block $h (try_table (catch $none $h) (call $nop)) (call $raise)
        (try_table (catch $none $h) (call $nop))))
      (func $raise (throw $none))""")
    for name in ("after", "after_a_call", "after_nothing", "before", "between"):
        with pytest.raises(WasmException):
            exports[name]()
    for name in ("last", "first", "only"):
        assert exports[name]() == 1


def test_references_are_thrown_again_and_null_traps() -> None:
    exports = make("""
      (global $kept (mut exnref) (ref.null exn))
      (func (export "keep") (param i32)
        (block $h (result i32 exnref)
          (try_table (catch_ref $i $h) (throw $i (local.get 0))) (unreachable))
        (global.set $kept) (drop))
      (func (export "again") (throw_ref (global.get $kept)))
      (func (export "caught") (result i32)
        (block $h (result i32) (try_table (catch $i $h) (throw_ref (global.get $kept))) (unreachable)))
      (func (export "fetch") (result exnref) (global.get $kept))
      (func (export "throw") (param exnref) (throw_ref (local.get 0)))""")
    with pytest.raises(Trap) as trapped:
        exports.again()
    assert (trapped.value.message, trapped.value.code) == ("null exception reference", "null_exception_reference")
    assert exports.fetch() is None
    exports.keep(11)
    assert exports.caught() == exports.caught() == 11
    reference = exports.fetch()
    assert (reference, hash(reference)) == (exports.fetch(), hash(exports.fetch()))
    assert (reference.tag, reference.payload) == (exports.i, (11,))
    exports.keep(12)
    assert reference != exports.fetch()
    with pytest.raises(WasmException) as caught:
        exports.throw(reference)
    assert caught.value.payload == (11,)
    for wrong, error in ((5, TypeError), (make('(func (export "f"))'), TypeError)):
        with pytest.raises(error):
            exports.throw(wrong)
    other = make("""(func (export "f") (param exnref))""")
    with pytest.raises(ValueError, match="another store"):
        other.f(reference)


def test_traps_are_not_caught() -> None:
    exports = make("""
      (func (export "f") (result i32) (block $h (try_table (catch_all $h) (unreachable))) (i32.const 1))
      (func $deep (export "deep") (result i32) (block $h (try_table (catch_all $h) (return (call $deep)))) (i32.const 1))""")
    with pytest.raises(Trap, match="unreachable"):
        exports.f()
    with pytest.raises(Trap, match="call stack exhausted"):
        exports.deep()


def test_many_frames_are_left_at_once() -> None:
    exports = make("""
      (func $down (param i32) (if (i32.eqz (local.get 0)) (then (throw $i (i32.const 6))))
        (call $down (i32.sub (local.get 0) (i32.const 1))))
      (func (export "f") (param i32) (result i32)
        (block $h (result i32) (try_table (catch $i $h) (call $down (local.get 0))) (i32.const 0)))
      (func (export "often") (param i32) (result i32) (local $sum i32)
        (loop $l
          (block $h (result i32) (try_table (catch $i $h) (call $down (i32.const 3))) (unreachable))
          (local.set $sum (i32.add (local.get $sum)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $sum))""")
    assert exports.f(100_000) == 6
    assert exports.often(50_000) == 300_000


def test_through_a_host_function_and_another_instance() -> None:
    store = Store()
    inner = Instance(
        Module(
            wat2wasm("""(module (tag $t (export "t") (param i64)) (memory (export "m") 3)
      (func (export "throw") (param i64) (throw $t (local.get 0))))""")
        ),
        store=store,
    ).exports
    seen: list[BaseException] = []

    def through(value: int) -> None:
        try:
            inner.throw(value)
        except WasmException as error:
            seen.append(error)
            raise

    outer = Instance(
        Module(
            wat2wasm("""(module
      (import "" "t" (tag $t (param i64))) (import "" "host" (func $host (param i64)))
      (import "" "throw" (func $throw (param i64))) (memory 1)
      (func (export "host") (param i64) (result i64 i32)
        (block $h (result i64) (try_table (catch $t $h) (call $host (local.get 0))) (unreachable)) (memory.size))
      (func (export "direct") (param i64) (result i64 i32)
        (block $h (result i64) (try_table (catch $t $h) (call $throw (local.get 0))) (unreachable)) (memory.size))
      (func $tail (param i64) (return_call $throw (local.get 0)))
      (func (export "tail") (param i64) (result i64 i32)
        (block $h (result i64) (try_table (catch $t $h) (call $tail (local.get 0))) (unreachable)) (memory.size)))
      """)
        ),
        {"": {"t": inner.t, "host": Func(store, FuncType((I64,), ()), through), "throw": inner.throw}},
        store,
    ).exports
    for name in ("direct", "host", "tail", "host"):
        assert outer[name](1 << 40) == (1 << 40, 1), name
    assert len(seen) == 2


def test_a_tail_call_has_left_the_try_around_it() -> None:
    def refuse() -> None:
        raise WasmException(exports.none)

    exports = make(
        """
      (func $throw (throw $none))
      (func $tail (try_table (catch_all 0) (return_call $throw)))
      (func $tail_host (try_table (catch_all 0) (return_call $host)))
      (func (export "f") (result i32)
        (block $h (try_table (catch_all $h) (call $tail)) (return (i32.const 1))) (i32.const 2))
      (func (export "g") (result i32)
        (block $h (try_table (catch_all $h) (call $tail_host)) (return (i32.const 1))) (i32.const 2))
      (func (export "h") (call $tail_host))""",
        host=refuse,
    )
    assert exports.f() == 2
    assert exports.g() == 2
    with pytest.raises(WasmException) as caught:
        exports.h()
    assert [frame.funcidx for frame in caught.value.frames] == [6], "the frame of the tail call is gone"


def test_python_throws_what_wasm_catches_by_its_tag() -> None:
    thrown: list[BaseException] = []

    def host() -> None:
        raise thrown[-1]

    exports = make(
        """
      (func (export "f") (result i32)
        (block $all (block $i (result i32)
          (try_table (catch $i $i) (catch_all $all) (call $host)) (i32.const -1)) (return)) (i32.const -2))
      (func (export "vectors") (result v128 i64 v128) (try_table (catch $v 0) (call $host)) (unreachable))
      (func (export "bare") (call $host))""",
        host=host,
    )
    thrown.append(WasmException(exports.i, [5]))
    assert exports.f() == exports.f() == 5
    with pytest.raises(WasmException) as caught:
        exports.bare()
    assert caught.value is thrown[-1], "it is the same exception that comes out"
    assert len(caught.value.frames) == 1
    thrown.append(WasmException(exports.none))
    assert exports.f() == -2
    thrown.append(WasmException(exports.v, (bytes(range(16)), -1, bytes(16))))
    assert exports.vectors() == (bytes(range(16)), -1, bytes(16))
    # Of another store: no handler here can know it.
    thrown.append(WasmException(Tag(Store(), FuncType((), ()))))
    with pytest.raises(WasmException):
        exports.f()
    for wrong in (WasmException(exports.i, ["x"]), WasmException(exports.i), WasmException(exports.i, [1, 2])):
        thrown.append(wrong)
        with pytest.raises(TypeError, match=r"payload 0|values"):
            exports.f()


def test_other_exceptions_of_python_pass_through_wasm() -> None:
    def host() -> None:
        raise KeyError("mine")

    exports = make('(func (export "f") (block $h (try_table (catch_all $h) (call $host))))', host=host)
    with pytest.raises(KeyError, match="mine") as caught:
        exports.f()
    assert "wasm function" in str([entry.name for entry in caught.traceback])


def test_bits_of_floats_survive_python() -> None:
    def through() -> None:
        outer.thrower()

    source = """(module (import "" "host" (func $host)) (tag $f (param f32))
      (func (export "thrower") (throw $f (f32.reinterpret_i32 (i32.const 0x7fa00001))))
      (func (export "f") (result i32) (i32.reinterpret_f32
        (block $h (result f32) (try_table (catch $f $h) (call $host)) (unreachable)))))"""
    outer = instantiate(wat2wasm(source), {"": {"host": through}}).exports
    assert outer.f() == 0x7FA00001


def test_start_functions_throw() -> None:
    with pytest.raises(WasmException):
        instantiate(wat2wasm("(module (tag $t) (func $f (throw $t)) (start $f))"))


def test_endless_throwing_can_be_stopped() -> None:
    exports = make("""
      (func (export "handler") (loop $l (try_table (catch_all $l) (throw $none))))
      (func $throw (throw $none))
      (func (export "callee") (loop $l (try_table (catch_all $l) (call $throw))))""")
    for name in ("handler", "callee"):
        function = exports[name]
        function.store.timeout = 0.05
        with pytest.raises(Trap, match="time limit"):
            function()


def test_a_long_search_ends_and_can_be_stopped() -> None:
    clauses = "(catch $i $h)" * 500
    exports = make(f"""
      (func $down (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (throw $none)))
        (block $h (result i32)
          (try_table (result i32) {clauses} (call $down (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "f") (param i32) (result i32)
        (block $h (try_table (catch_all $h) (return (call $down (local.get 0))))) (i32.const 3))""")
    assert exports.f(20_000) == 3
    exports.f.store.timeout = 0.02
    with pytest.raises(Trap, match="time limit"):
        for _ in range(1000):
            exports.f(100_000)


def test_fuel_is_paid_for_throwing() -> None:
    store = Store(metering=True)
    store.fuel = 1000
    source = """(module (tag $t) (func (export "f") (loop $l (try_table (catch_all $l) (throw $t)))))"""
    with pytest.raises(Trap, match="fuel"):
        Instance(Module(wat2wasm(source)), {}, store).exports.f()
    assert store.fuel == 0


def test_tags_outlive_their_module_with_their_exceptions() -> None:
    source = """(module (tag $t (param i32))
      (func (export "f") (result exnref) (local exnref)
        (block $h (result i32 exnref) (try_table (catch_ref $t $h) (throw $t (i32.const 9))) (unreachable))
        (local.set 0) (drop) (local.get 0)))"""
    store = Store()
    reference = Instance(Module(wat2wasm(source)), {}, store).exports.f()
    gc.collect()
    assert reference.payload == (9,)
    assert reference.tag is reference.tag
    tag = reference.tag
    assert tag.type.functype == FuncType((I32,), ())
    del reference, store
    gc.collect()
    assert tag.type.functype == FuncType((I32,), ())


def test_references_and_tags_in_cycles_go_before_their_store() -> None:
    """The collector of Python breaks cycles in any order, but what these stand for is in the store's memory."""
    module = Module(wat2wasm('(module (tag $t (param i64)) (func (export "f") (throw $t (i64.const 1))))'))
    for _ in range(300):
        cycle: list[Any] = []
        with pytest.raises(WasmException) as caught:
            Instance(module, {}, Store()).exports.f()
        error = caught.value
        cycle += [cycle, error, error.reference, error.tag]
        error.args = (cycle,)
        del cycle, caught, error
        gc.collect(0)
    gc.collect()


def test_kept_code_keeps_its_catch_clauses() -> None:
    source = wat2wasm(f"""(module {TAGS} (func $throw (throw $i (i32.const 6)))
      (func (export "f") (result i32) (try_table (catch $i 0) (call $throw)) (i32.const 1)))""")
    module = Module(source)
    assert Instance(module).exports.f() == 6
    again = Module.deserialize(module.serialize())
    assert Instance(again).exports.f() == 6
    code = module.compiled.code.get(1)
    assert code is not None
    assert again.compiled.code.get(1) == code
    assert len(code.clauses) == CLAUSE_WORDS
    assert (code.clauses[CLAUSE_TAG], code.clauses[CLAUSE_REF]) == (1, 0)


def test_one_module_in_many_instances() -> None:
    """Each instance has tags of its own, and finds handlers in code that all share."""
    module = Module(
        wat2wasm("""(module (import "" "throw" (func $throw)) (tag $t (export "t"))
      (func (export "throw") (throw $t))
      (func (export "f") (result i32)
        (block $all (block $mine (try_table (catch $t $mine) (catch_all $all) (call $throw)) (return (i32.const 0)))
          (return (i32.const 1))) (i32.const 2)))""")
    )
    store = Store()
    first = Instance(module, {"": {"throw": Func(store, FuncType((), ()), lambda: None)}}, store).exports
    second = Instance(module, {"": {"throw": first.throw}}, store).exports
    third = Instance(module, {"": {"throw": second.throw}}, store).exports
    assert (first.f(), second.f(), third.f()) == (0, 2, 2)
    assert first.t is not second.t
    recursive: list[Any] = []

    def throw() -> None:
        recursive[0].throw()

    own = Instance(module, {"": {"throw": Func(store, FuncType((), ()), throw)}}, store).exports
    recursive.append(own)
    assert own.f() == 1


def test_tags_have_no_results() -> None:
    with pytest.raises(ValueError, match="no results"):
        Tag(Store(), FuncType((), (I32,)))


def test_clauses_in_lowered_code() -> None:
    compiled = CompiledModule(
        wat2wasm("""(module (tag $t (param i64)) (func $f)
      (func (result i64)
        (call $f)
        (block $h (result i64) (try_table (catch $t $h) (call $f)) (i64.const 0))))""")
    )
    compiled.lower(1)
    found = compiled.code.get(1)
    assert found is not None
    start, end, target, tag, with_ref, slot = found.clauses
    assert (start, end) == (3, 6), "no instruction but the call is inside, and entering costs none"
    assert end < target < len(found.code)
    assert (tag, with_ref, slot) == (0, 0, 1)
    assert f"{start} up to {end}: catch tag 0 -> {target}, s1" in disassemble(compiled.syntax, 1)
