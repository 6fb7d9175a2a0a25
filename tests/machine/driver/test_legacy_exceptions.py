"""Legacy exception handling at work: who catches what, what `rethrow` throws, where `delegate` leads, with exceptions of
`try_table`, of other instances and of Python among them."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from wasmvm import (
    Config,
    DeadlineTrap,
    Engine,
    FuelTrap,
    Func,
    FuncType,
    Instance,
    Module,
    Store,
    Tag,
    Trap,
    ValidationError,
    WasmException,
    instantiate,
)
from wasmvm.text import wat2wasm
from wasmvm.types import I32

TAGS = """(tag $none (export "none")) (tag $i (export "i") (param i32)) (tag $v (export "v") (param v128 i64 v128))
  (tag $other)"""


def make(body: str, host: Callable[..., Any] = print, **options: Any) -> Any:
    """The exports of a module with four tags, which imports a function `host` without parameters."""
    source = wat2wasm(f'(module (import "" "host" (func $host)) {TAGS} {body})')
    return instantiate(source, {"": {"host": host}}, **options).exports


def test_a_payload_of_vectors_and_what_is_below_it() -> None:
    exports = make("""
      (func $throw (throw $v (v128.const i32x4 1 2 3 4) (i64.const -5) (v128.const i32x4 6 7 8 9)))
      (func (export "f") (param i32 v128) (result i32 v128 i64 v128 i32 v128)
        (local.get 0)
        (try (result v128 i64 v128 i32)
          (do (local.set 0 (i32.const 40)) (call $throw) (unreachable))
          (catch $other (unreachable))
          (catch $v (local.get 0) (if (i32.eqz (local.get 0)) (then (rethrow 1)))))
        (local.get 1))""")
    w = bytes(range(16))
    first = b"".join(n.to_bytes(4, "little") for n in (1, 2, 3, 4))
    last = b"".join(n.to_bytes(4, "little") for n in (6, 7, 8, 9))
    assert exports.f(3, w) == (3, first, -5, last, 40, w)


def test_a_handler_leaves_its_results_where_the_body_would() -> None:
    exports = make(
        """
      (func $throw (param i32) (if (local.get 0) (then (throw $i (local.get 0)))))
      (func (export "one") (param i32) (result i32)
        (i32.sub (i32.const 1000) (try (result i32)
          (do (call $throw (local.get 0)) (i32.const 1)) (catch $i (i32.mul (i32.const 2))))))
      (func (export "branch") (param i32) (result i32)
        (i32.sub (i32.const 1000) (try $l (result i32)
          (do (call $throw (local.get 0)) (i32.const 1))
          (catch $i
            (br_if $l (i32.lt_s (local.get 0) (i32.const 10))) (drop)
            (block (br_table $l 0 (i32.const 7) (i32.sub (local.get 0) (i32.const 10))))
            (br $l (i32.const 8))))))
      (func (export "return") (param i32) (result i32)
        (try (result i32) (do (call $throw (local.get 0)) (i32.const 1)) (catch $i (return))))
      (func (export "many") (param i32) (result i32 i64 v128 i32 f64 i32)
        (i32.const 77) (drop)
        (try $l (result i32 i64 v128 i32 f64 i32)
          (do (call $throw (local.get 0)) (unreachable))
          (catch $i (i64.const 1) (v128.const i64x2 2 3) (local.get 0) (f64.const 4) (i32.const 5)
            (br_if $l (i32.eq (local.get 0) (i32.const 9))))
          (catch_all (rethrow $l))))""".replace("(br_table $l 0 (i32.const 7)", "(br_if 0").replace("$l 0 ", "")
    )
    assert [exports.one(n) for n in (0, 5, 9)] == [999, 990, 982]
    assert [exports.branch(n) for n in (0, 5, 9, 10, 11)] == [999, 995, 991, 992, 992]
    assert [exports["return"](n) for n in (0, 5)] == [1, 5]
    vector = (2).to_bytes(8, "little") + (3).to_bytes(8, "little")
    for n in (8, 9):
        assert exports.many(n) == (n, 1, vector, n, 4.0, 5)


def test_rethrow_throws_the_very_exception() -> None:
    seen: list[WasmException] = []

    def host() -> None:
        seen.append(WasmException(exports.i, [5]))
        raise seen[-1]

    exports = make(
        """
      (func (export "once") (try (do (call $host)) (catch $i (drop) (rethrow 0))))
      (func (export "all") (try (do (call $host)) (catch_all (rethrow 0))))
      (func (export "outer") (try (do (call $host)) (catch $i (drop)
        (try (do (throw $other)) (catch_all (rethrow 1))))))
      (func (export "inner") (result i32)
        (try (result i32) (do (try (do (call $host)) (catch $i (drop)
          (try (do (throw $none)) (catch_all (rethrow 0)))))(unreachable)) (catch $i) (catch $none (i32.const 9))))
      (func (export "after_another_call") (result i32)
        (try (result i32) (do
          (try (do (call $host)) (catch_all (drop (call $clobber (i32.const 1) (i32.const 2))) (rethrow 0))) (unreachable))
          (catch $i)))
      (func $clobber (param i32 i32) (result i32) (local i64 i64 i64 v128)
        (local.set 2 (i64.const -1)) (local.set 3 (i64.const -1)) (i32.add (local.get 0) (local.get 1)))""",
        host=host,
    )
    for name in ("once", "all", "outer"):
        with pytest.raises(WasmException) as caught:
            exports[name]()
        assert caught.value.reference is seen[-1].reference or caught.value.reference == seen[-1].reference, name
        assert caught.value.payload == (5,)
        assert [frame.funcidx for frame in caught.value.frames][-1] is not None
    assert exports.inner() == 9
    assert exports.after_another_call() == 5


def test_a_handler_in_a_loop_keeps_the_last_exception() -> None:
    exports = make("""
      (func (export "f") (param i32) (result i32)
        (try (result i32) (do
          (loop $l (result i32)
            (try (result i32) (do (throw $i (local.get 0)))
              (catch $i
                (local.set 0 (i32.sub (i32.const 1)))
                (br_if $l (i32.gt_s (local.get 0) (i32.const 3)))
                (rethrow 0)))))
          (catch $i)))""")
    assert exports.f(1000) == 4


DELEGATE = """
  (func $throw (param i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $none)))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $i (i32.const 50)))))
  (func $to_caller (param i32) (try (do (try (do (call $throw (local.get 0))) (delegate 1))) (catch_all (unreachable))))
  (func (export "to_caller") (param i32) (result i32)
    (try (result i32) (do (call $to_caller (local.get 0)) (i32.const 0)) (catch $none (i32.const 1)) (catch $i)))
  (func (export "chain") (param i32) (result i32)
    (try $a (result i32) (do
      (try $b (do
        (try $c (do
          (try $d (do
            (try (do (call $throw (local.get 0))) (delegate $d)))
            (delegate $b)))
          (catch_all (unreachable))))
        (delegate $a))
      (i32.const 0))
      (catch $none (i32.const 1)) (catch $i)))
  (func (export "try_table") (param i32) (result i32)
    (block $h (result i32)
      (try_table $t (catch $i $h) (try (do (try (do (call $throw (local.get 0))) (delegate $t))) (catch_all (unreachable))))
      (i32.const 0)))
  (func (export "past_try_table") (param i32) (result i32)
    (block $h
      (return (try $a (result i32)
        (do (try_table (catch_all $h) (try (do (call $throw (local.get 0))) (delegate $a))) (i32.const 0))
        (catch $i) (catch_all (i32.const 3)))))
    (i32.const -1))
  (func (export "to_handler") (param i32) (result i32)
    (try $o (result i32) (do
      (try $a (do (throw $other))
        (catch $other (try (do (call $throw (local.get 0))) (delegate $a)))
        (catch_all (unreachable)))
      (i32.const 0))
      (catch $none (i32.const 1)) (catch $i)))
  (func (export "to_loop") (param i32) (result i32)
    (try $o (result i32) (do
      (loop $l (try (do (try (do (call $throw (local.get 0))) (delegate $l))) (catch_all (unreachable))))
      (i32.const 0))
      (catch $none (i32.const 1)) (catch $i)))
  (func (export "neighbours") (param i32) (result i32)
    (try $o (result i32) (do
      (try (do
        (try (do (call $throw (i32.const 0))) (catch_all (unreachable)))
        (try (do (call $throw (local.get 0))) (delegate $o))
        (try (do (call $throw (i32.const 0))) (catch_all (unreachable))))
        (catch_all (unreachable)))
      (i32.const 0))
      (catch $none (i32.const 1)) (catch $i)))"""


@pytest.mark.parametrize("name", ["to_caller", "chain", "to_handler", "to_loop", "neighbours"])
def test_delegate(name: str) -> None:
    exports = make(DELEGATE)
    assert [exports[name](n) for n in (0, 1, 2)] == [0, 1, 50]


def test_delegate_and_try_table() -> None:
    exports = make(DELEGATE)
    assert [exports.try_table(n) for n in (0, 2)] == [0, 50]
    with pytest.raises(WasmException):
        exports.try_table(1)
    assert [exports.past_try_table(n) for n in (0, 1, 2)] == [0, 3, 50]


def test_each_kind_catches_what_the_other_throws_across_instances() -> None:
    store = Store()
    throwing = """(module (tag $t (export "t") (param i32)) (memory 2)
      (func (export "new") (block $h (result i32 exnref) (try_table (catch_ref $t $h) (throw $t (i32.const 3))) (unreachable))
        (throw_ref) (drop))
      (func (export "old") (try (do (throw $t (i32.const 4))) (catch $t (drop) (rethrow 0)))))"""
    inner = Instance(Module(wat2wasm(throwing.replace("(throw_ref) (drop))", "(throw_ref))"))), store=store).exports
    outer = Instance(
        Module(
            wat2wasm("""(module (import "" "t" (tag $t (param i32))) (import "" "new" (func $new)) (import "" "old" (func $old))
      (memory 1)
      (func (export "old_of_new") (result i32 i32)
        (try (result i32) (do (call $new) (unreachable)) (catch $t)) (memory.size))
      (func (export "old_of_old") (result i32 i32)
        (try (result i32) (do (call $old) (unreachable)) (catch $t)) (memory.size))
      (func (export "new_of_old") (result i32 i32)
        (block $h (result i32) (try_table (catch $t $h) (call $old)) (unreachable)) (memory.size))
      (func (export "both") (result i32)
        (block $h (result i32)
          (try_table (catch $t $h)
            (try (do (call $old)) (catch_all
              (try (do (call $new)) (catch $t (drop) (rethrow 1)))))) (unreachable))))""")
        ),
        {"": {"t": inner.t, "new": inner.new, "old": inner.old}},
        store,
    ).exports
    assert outer.old_of_new() == (3, 1)
    assert outer.old_of_old() == (4, 1)
    assert outer.new_of_old() == (4, 1)
    assert outer.both() == 4


def test_python_throws_and_catches() -> None:
    thrown: list[BaseException] = []

    def host() -> None:
        raise thrown[-1]

    exports = make(
        """
      (func (export "f") (result i32)
        (try (result i32) (do (call $host) (i32.const -1)) (catch $i) (catch_all (i32.const -2))))
      (func (export "delegated") (result i32)
        (try (result i32) (do (try (do (try (do (call $host)) (delegate 1))) (catch_all (unreachable))) (i32.const -1))
          (catch $i)))
      (func (export "throw") (try (do (throw $i (i32.const 8))) (catch $i (drop) (rethrow 0))))""",
        host=host,
    )
    thrown.append(WasmException(exports.i, [5]))
    assert exports.f() == 5
    thrown.append(WasmException(exports.none))
    assert exports.f() == -2
    with pytest.raises(WasmException) as caught:
        exports.throw()
    assert (caught.value.tag, caught.value.payload) == (exports.i, (8,))
    assert len(caught.value.frames) == 1
    for error in (KeyError("mine"), WasmException(Tag(Store(), FuncType((), ()))), KeyboardInterrupt()):
        thrown.append(error)
        with pytest.raises(type(error)) as other:
            exports.f()
        assert other.value is error


def test_traps_are_not_caught() -> None:
    exports = make("""
      (func (export "f") (result i32) (try (result i32) (do (unreachable)) (catch_all (i32.const 1))))
      (func $deep (export "deep") (result i32) (try (result i32) (do (call $deep)) (catch_all (i32.const 1))))""")
    with pytest.raises(Trap, match="unreachable"):
        exports.f()
    with pytest.raises(Trap, match="call stack exhausted"):
        exports.deep()


def test_a_backtrace_begins_where_it_was_thrown_again() -> None:
    exports = make("""
      (func $throw (throw $none))
      (func $middle (try (do (call $throw)) (catch_all (nop) (rethrow 0))))
      (func (export "f") (try (do (call $middle)) (catch $other)))""")
    with pytest.raises(WasmException) as caught:
        exports.f()
    assert [frame.name for frame in caught.value.frames] == ["middle", None]


def test_endless_rethrowing_can_be_stopped() -> None:
    body = (
        '(func (export "f") (loop $l (try (do (throw $none)) (catch_all (try (do (rethrow 1)) (catch_all (br $l)))))))'
    )
    with pytest.raises(FuelTrap):
        make(body, fuel=10_000).f()
    with pytest.raises(DeadlineTrap):
        make(body, timeout=0.2).f()


def test_fuel_is_paid_for_a_try_and_a_rethrow() -> None:
    """As for any instruction that is not only there to say where another ends."""
    store = Store(fuel=1000)
    source = f"""(module {TAGS} (func (export "none")) (func (export "plain") (try (do) (catch_all)))
      (func (export "again") (try (do (try (do (throw $none)) (catch_all (rethrow 0)))) (catch_all))))"""
    exports = Instance(Module(wat2wasm(source.replace('(export "none")', ""))), {}, store).exports
    costs = {}
    for name in ("plain", "again"):
        before = store.fuel
        exports[name]()
        costs[name] = before - store.fuel
    assert costs == {"plain": 2, "again": 5}  # a call and a try; a call, two of them, throw and rethrow


def test_what_is_caught_survives_collections() -> None:
    """The exception that `rethrow` wants lies in the frame, where the collector finds it."""
    source = """(module (type $s (struct (field i32))) (tag $t (param (ref $s)))
      (func $garbage (result anyref) (struct.new $s (i32.const 1)))
      (func (export "f") (param i32) (result i32)
        (try (result i32) (do
          (try (result i32) (do (throw $t (struct.new $s (local.get 0))))
            (catch $t (drop) (drop (call $garbage)) (drop (struct.new $s (i32.const 6))) (rethrow 0))))
          (catch $t (drop (call $garbage)) (struct.get $s 0)))))"""
    store = Store()
    store.stress = True
    exports = Instance(Module(wat2wasm(source)), {}, store).exports
    for n in range(20):
        assert exports.f(n) == n


def test_locals_that_a_handler_finds() -> None:
    """What the body has set until it threw, also where its values lay on the stack, and zero where it has set nothing."""
    exports = make("""
      (func $throw (param i32) (if (local.get 0) (then (throw $none))))
      (func (export "f") (param i32) (result i32 i32 i32) (local $a i32) (local $b i32)
        (local.get $a) (local.get 0)
        (try (result i32)
          (do (local.set $a (i32.const 1)) (call $throw (i32.eq (local.get 0) (i32.const 1)))
              (local.set $b (i32.const 2)) (call $throw (i32.eq (local.get 0) (i32.const 2))) (i32.const 100))
          (catch_all (i32.add (i32.mul (local.get $a) (i32.const 10)) (local.get $b)))))""")
    assert [exports.f(n) for n in (0, 1, 2)] == [(0, 0, 100), (0, 1, 10), (0, 2, 12)]


def test_other_memories_are_not_in_use_in_a_handler() -> None:
    exports = make("""
      (memory $m 1) (memory $n 1)
      (func (export "f") (result i32)
        (i32.store $m (i32.const 0) (i32.const 11)) (i32.store $n (i32.const 0) (i32.const 22))
        (try (result i32)
          (do (drop (i32.load $n (i32.const 0))) (throw $i (i32.load $n (i32.const 0))))
          (catch $i (drop) (i32.load $m (i32.const 0)))))""")
    assert exports.f() == 11


def test_kept_code_runs_again() -> None:
    source = wat2wasm(f"""(module {TAGS}
      (func $throw (param i32) (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $none)))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $i (i32.const 50)))))
      (func (export "f") (param i32) (result i32)
        (try $o (result i32) (do
          (try (do (try (do (call $throw (local.get 0))) (delegate $o))) (catch_all (unreachable))) (i32.const 0))
          (catch $none (i32.const 1)) (catch $i)))
      (func (export "again") (param i32) (result i32)
        (try (result i32) (do (try (do (call $throw (local.get 0))) (catch_all (rethrow 0))) (i32.const 0))
          (catch $none (i32.const 1)) (catch $i))))""")
    module = Module(source)
    for made in (module, Module.deserialize(module.serialize()), pickle.loads(pickle.dumps(module))):
        exports = Instance(made).exports
        for name in ("f", "again"):
            assert [exports[name](n) for n in (0, 1, 2)] == [0, 1, 50]
        module = made


def test_start_functions_and_host_functions_of_other_stores() -> None:
    store = Store()
    tag = Tag(store, FuncType((I32,), ()))

    def host() -> None:
        raise WasmException(tag, [6])

    source = wat2wasm("""(module (import "" "t" (tag $t (param i32))) (import "" "host" (func $host))
      (global $got (export "got") (mut i32) (i32.const 0))
      (func $start (try (do (call $host)) (catch $t (global.set $got)))) (start $start))""")
    found = Instance(Module(source), {"": {"t": tag, "host": Func(store, FuncType((), ()), host)}}, store)
    assert found.exports.got.value == 6


def test_the_proposal_can_be_switched_off() -> None:
    source = wat2wasm("(module (tag) (func (try (do) (catch_all))))")
    assert "legacy-exceptions" in Module(source).features
    assert "legacy-exceptions" not in Module(wat2wasm("(module (tag) (func (throw 0)))")).features
    with pytest.raises(ValidationError, match="needs the legacy-exceptions proposal, which is switched off"):
        Module(source, features="-legacy-exceptions")
    with pytest.raises(ValidationError, match=r"Config\(legacy_exceptions=True\)"):
        Engine(Config(legacy_exceptions=False)).module(source)
    Engine(Config(legacy_exceptions=True)).module(source)
