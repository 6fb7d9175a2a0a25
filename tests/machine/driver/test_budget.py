"""The budget: whatever a guest does, it comes to the driver's looks soon. What runs before is counted, not timed.

With a deadline that is over already, the first look ends the call; a global counts what the guest has done until then.
"""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable

import pytest

from tests.patience import PATIENCE
from tests.wat import wat2wasm
from wasmvm import Instance, Module, Store, Tag, TagType, Trap, WasmException
from wasmvm.types import FuncType

FIRST_SLICE = 2000  # units, as `machine/store/store.pxi` has it
MAX_UNPAID = 512  # words of code, as `lowering.body` has it
COUNT = "(global.set $n (i32.add (global.get $n) (i32.const 1)))"


def done_until_stopped(
    text: str, imports: dict[str, Callable[..., object]] | None = None, stress: bool = False, **kwargs: int
) -> int:
    """What the guest's counter says after the first look at the deadline; the store is usable afterwards."""
    store = Store(**kwargs)
    store.stress = stress
    source = f"""(module $m {text}
      (global $n (export "n") (mut i32) (i32.const 0)) (func (export "fine") (result i32) (i32.const 1)))"""
    module = Module(wat2wasm(source))
    module.compiled.lower_all()  # which looks at the deadline, too, where it takes some milliseconds
    instance = Instance(module, {"h": imports or {}}, store)  # type: ignore[dict-item]
    store.set_deadline(0)
    with pytest.raises(Trap) as caught:
        instance.exports.run()
    assert caught.value.code == "deadline"
    assert caught.value.frames
    store.set_deadline(None)
    assert instance.exports.fine() == 1
    count = instance.exports.n.value
    assert isinstance(count, int)
    return count


def test_a_loop_has_the_first_slice() -> None:
    assert FIRST_SLICE - 5 <= done_until_stopped(f'(func (export "run") (loop {COUNT} (br 0)))') <= FIRST_SLICE + 5


@pytest.mark.parametrize(("n", "most"), [(1024, FIRST_SLICE + 1), (4096, 40), (1 << 20, 1)])
def test_a_bulk_instruction_pays_for_its_size(n: int, most: int) -> None:
    text = f"""(memory 16) (func (export "run") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const {n}))
      {COUNT} (br 0)))"""
    assert done_until_stopped(text) <= most


BULK = {
    "memory.fill": "(memory.fill (i32.const 3) (i32.const 7) (i32.const {n}))",
    "memory.copy": "(memory.copy (i32.const 3) (i32.const 0) (i32.const {n}))",
    "memory.init": "(memory.init $data (i32.const 3) (i32.const 1) (i32.const {n}))",
    "table.fill": "(table.fill $t (i32.const 3) (ref.null func) (i32.const {n}))",
    "table.copy": "(table.copy $t $t (i32.const 3) (i32.const 0) (i32.const {n}))",
    "table.init": "(table.init $t $elem (i32.const 3) (i32.const 1) (i32.const {n}))",
    "array.new": "(drop (array.new $bytes (i32.const 5) (i32.const {n})))",
    "array.new_default": "(drop (array.new_default $bytes (i32.const {n})))",
    "array.new_data": "(drop (array.new_data $bytes $data (i32.const 1) (i32.const {n})))",
    "array.new_elem": "(drop (array.new_elem $funcs $elem (i32.const 1) (i32.const {n})))",
    "array.fill": "(array.fill $bits (global.get $a) (i32.const 3) (i64.const 9) (i32.const {n}))",
    "array.copy": "(array.copy $bits $bits (global.get $a) (i32.const 3) (global.get $a) (i32.const 0) (i32.const {n}))",
    "array.init_data": "(array.init_data $bytes $data (global.get $b) (i32.const 3) (i32.const 1) (i32.const {n}))",
    "array.init_elem": "(array.init_elem $funcs $elem (global.get $f) (i32.const 3) (i32.const 1) (i32.const {n}))",
}
"""All bulk instructions, of so many bytes or elements."""


CALLS = {
    "direct": "call $done", "imported": "call $host", "indirect": "call_indirect $table (type $t) (i32.const 0)",
    "indirect, the host's": "call_indirect $table (type $t) (i32.const 1)", "reference": "call_ref $t (ref.func $done)",
    "reference, the host's": "call_ref $t (ref.func $host)",
}  # fmt: skip


@pytest.mark.parametrize("kind", CALLS)
def test_each_call_pays(kind: str) -> None:
    """A unit, as a turn of the loop; so does a tail call, besides the call that led to it."""
    text = f"""(type $t (func)) (import "h" "f" (func $host (type $t))) (table $table funcref (elem $done $host))
      (func $done (type $t)) (func $tail (return_{CALLS[kind]}))"""
    for call, paid in ((CALLS[kind], 2), ("call $tail", 3)):
        done = done_until_stopped(f'{text} (func (export "run") (loop ({call}) {COUNT} (br 0)))', {"f": lambda: None})
        assert FIRST_SLICE // paid - 5 <= done <= FIRST_SLICE // paid + 5


@pytest.mark.parametrize("name", BULK)
def test_each_bulk_instruction_pays_for_its_size(name: str) -> None:
    """Up to 1024 bytes or 128 elements nothing, beyond that a unit for 64 bytes or 8 elements, besides what the loop pays.
    The size may be a constant or in a local."""
    free, unit = (1024, 64) if name.startswith("memory") else (128, 8)
    text = f"""(type $bits (array (mut i64))) (type $bytes (array (mut i8))) (type $funcs (array (mut funcref)))
      (memory 1) (table $t 9000 funcref) (data $data "{"wasm" * 2500}") (elem $elem func {"$fine " * 9000})
      (func $fine)
      (global $a (ref $bits) (array.new_default $bits (i32.const 9000)))
      (global $b (ref $bytes) (array.new_default $bytes (i32.const 9000)))
      (global $f (ref $funcs) (array.new_default $funcs (i32.const 9000)))"""
    for n in (0, free, free + 1, free + unit, 8 * free):
        paid = 1 + (n // unit if n > free else 0)
        for size in (f"(i32.const {n})", "(local.get $n)"):
            instruction = BULK[name].replace("(i32.const {n})", size)
            run = f"""(func (export "run") (local $n i32) (local.set $n (i32.const {n}))
              (loop {instruction} {COUNT} (br 0)))"""
            done, expected = done_until_stopped(text + run), FIRST_SLICE // paid
            assert done <= expected + 5, f"{n} as {size}"
            if name != "array.new_elem" or n != free:  # so much garbage of that would be looked at before
                assert done >= expected - 5, f"{n} as {size}"


@pytest.mark.parametrize("name", BULK)
def test_what_costs_more_than_there_is_waits(name: str) -> None:
    """A look comes before such a bulk instruction is done, not after it."""
    n = 200_000 if name.startswith("memory") else 40_000
    text = f"""(type $bits (array (mut i64))) (type $bytes (array (mut i8))) (type $funcs (array (mut funcref)))
      (memory 4) (table $t {n + 3} funcref) (data $data "{"wasm" * 50_001}") (elem $elem func {"$fine " * (n + 1)})
      (func $fine)
      (global $a (ref $bits) (array.new_default $bits (i32.const {n + 3})))
      (global $b (ref $bytes) (array.new_default $bytes (i32.const {n + 3})))
      (global $f (ref $funcs) (array.new_default $funcs (i32.const {n + 3})))"""
    for size in (f"(i32.const {n})", "(local.get $n)"):
        instruction = BULK[name].replace("(i32.const {n})", size)
        run = f"""(func (export "run") (local $n i32) (local.set $n (i32.const {n})) {instruction} {COUNT})"""
        assert done_until_stopped(text + run) == 0


def test_straight_code_pays() -> None:
    """20,000 additions without a turn of a loop, again and again."""
    text = f"""(func (export "run") (loop (call $long) (br 0))) (func $long {COUNT * 20_000})"""
    assert done_until_stopped(text) <= FIRST_SLICE * MAX_UNPAID // 5


def test_no_branch_leads_past_what_is_to_be_paid() -> None:
    """Wherever `pay` might stand in straight code, some block's branch jumps over it."""
    step = f"(block (br_if 0 (i32.eqz (local.get $x))) {COUNT * 3})"
    arms = f"(if (local.get $x) (then {COUNT * 2}) (else {COUNT}))"
    nested = f"(block (block (br_if 1 (local.get $x)) {COUNT * 30}) {COUNT * 10})"
    table = f"(block (block (block (br_table 0 1 2 (local.get $x))) {COUNT * 5}) {COUNT * 5})"
    body = (step + arms + COUNT + nested + table) * 3000
    text = f"""(func (export "run") (loop (call $long (i32.const 0)) (call $long (i32.const 1))
      (call $long (i32.const 2)) (br 0))) (func $long (param $x i32) {body})"""
    assert done_until_stopped(text) <= FIRST_SLICE * MAX_UNPAID // 5


def test_zeroing_locals_pays() -> None:
    names = range(50_000)
    reads = "(drop (i64.add (local.get 0) (local.get 49999)))"
    text = f"""(func (export "run") (loop (call $wide) {COUNT} (br 0)))
      (func $wide (local {" i64" * len(names)}) {reads})"""
    assert done_until_stopped(text) <= FIRST_SLICE // 40


def test_casts_pay() -> None:
    """Down a line of 63 subtypes each takes as long as many other instructions."""
    types = "".join(f"(type $t{i} (sub {f'$t{i - 1}' if i else ''} (struct)))" for i in range(63))
    casts = "(drop (ref.cast (ref $t0) (global.get $x)))" * 2000
    text = f"""{types} (global $x anyref (struct.new $t62)) (func (export "run") (loop {casts} {COUNT} (br 0)))"""
    assert done_until_stopped(text) <= FIRST_SLICE * MAX_UNPAID // (2000 * 32)


def test_sorting_catch_clauses_pays() -> None:
    """Each function that is lowered between two throws makes it due again."""
    functions = "".join(f"(func $f{i} (block (try_table (catch $t 0) (throw $t))))" for i in range(3000))
    calls = "".join(f"(call $f{i}) {COUNT}" for i in range(3000))
    text = f"""(tag $t) {functions} (func (export "run") (loop {calls} (br 0)))"""
    assert done_until_stopped(text) <= 400  # without it each throw pays 2 units, and 700 of them fit into a slice


def test_growing_pays() -> None:
    text = f"""(memory 1 2) (func (export "run") {("(drop (memory.grow (i32.const 0)))" + COUNT) * 10_000})"""
    assert done_until_stopped(text) <= FIRST_SLICE


def test_callbacks_share_the_budget_of_their_caller() -> None:
    instances: list[Instance] = []
    source = f"""(module (import "h" "back" (func $back)) (global $n (export "n") (mut i32) (i32.const 0))
      (func (export "run") (loop (call $back) {COUNT} (br 0)))
      (func (export "again") (loop (if (i32.rem_u (global.get $n) (i32.const 7)) (then {COUNT} (br 1))))))"""
    store = Store()
    instances.append(Instance(Module(wat2wasm(source)), {"h": {"back": lambda: instances[0].exports.again()}}, store))
    store.set_deadline(0)
    with pytest.raises(Trap, match="time limit"):
        instances[0].exports.run()
    assert instances[0].exports.n.value <= 1.2 * FIRST_SLICE


def test_a_search_for_handlers_pays() -> None:
    """Each throw passes 50 frames of 2000 clauses that do not fit."""
    clauses = "(catch $other 0)" * 2000
    text = f"""(tag $t) (tag $other)
      (func $deep (param i32) (block (try_table {clauses}
        (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (throw $t))))))
      (func (export "run") (loop (block (try_table (catch $t 0) (call $deep (i32.const 50)))) {COUNT} (br 0)))"""
    assert done_until_stopped(text) <= 1


def test_one_long_search_stops_and_goes_on() -> None:
    """It is gone on with after each look; a handler at its end is found, and what interrupts it leaves all as it was."""
    clauses = "(catch $other 0)" * 1000
    text = f"""(module (tag $t (param i32)) (tag $other) (import "h" "f" (func $f))
      (func $deep (param i32) (block (try_table {clauses}
        (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (throw $t (i32.const 5)))))))
      (func (export "run") (param i32) (result i32)
        (block (result i32) (try_table (catch $t 0) (call $f) (call $deep (local.get 0))) (i32.const 0))))"""
    store = Store()
    instance = Instance(Module(wat2wasm(text)), {"h": {"f": lambda: None}}, store)
    assert instance.exports.run(3000) == 5
    store.set_deadline(0)
    with pytest.raises(Trap, match="time limit"):
        instance.exports.run(1000)
    store.set_deadline(None)
    assert instance.exports.run(2) == 5


def test_collections_look_around() -> None:
    text = f"""(type $b (array (mut i8)))
      (func (export "run") (loop (drop (array.new_default $b (i32.const 600000))) {COUNT} (br 0)))"""
    assert done_until_stopped(text) <= 4, "the first collection is due at 2 MiB"


def test_functions_that_are_lowered_look_around() -> None:
    functions = "".join(f"(func $f{i} {COUNT})" for i in range(3000))
    text = f"""{functions} (func (export "run") (loop {"".join(f"(call $f{i})" for i in range(3000))} (br 0)))"""
    assert done_until_stopped(text) <= FIRST_SLICE


# --- Host functions ----------------------------------------------------------------------------------------------


def test_a_deadline_that_passes_while_the_host_runs() -> None:
    """The call that is the guest's last does not return as if nothing were."""
    store = Store()
    text = '(module (import "h" "f" (func $f)) (func (export "run") (call $f)) (func (export "tail") (return_call $f)))'
    calls = []

    def sleep() -> None:
        calls.append(1)
        time.sleep(0.3)

    instance = Instance(Module(wat2wasm(text)), {"h": {"f": sleep}}, store)
    store.timeout = 0.1
    for name in ("run", "tail"):
        with pytest.raises(Trap, match="time limit") as caught:
            instance.exports[name]()
        assert len(caught.value.frames) == (name == "run")
    assert calls == [1, 1]
    store.timeout = None
    instance.exports.run()


CLOCK_MONOTONIC_COARSE = 6  # of Linux


def coarse() -> float:
    """The time, no later than on the clock that is read for each call, which may be late by a tick of the system."""
    return time.clock_gettime(CLOCK_MONOTONIC_COARSE) if sys.platform == "linux" else time.monotonic()


@pytest.mark.parametrize("throws", [False, True])
@pytest.mark.parametrize("seconds", [0.001, 0.02])
def test_slow_host_calls_end_at_the_deadline(seconds: float, throws: bool) -> None:
    """The one that ends after the deadline is the last one."""
    store = Store()
    tag = Tag(store, TagType(FuncType((), ())))
    late: list[bool] = []
    end = 0.0

    def slow() -> None:
        time.sleep(seconds)
        late.append(coarse() > end)
        if throws:
            raise WasmException(tag, ())

    text = """(module (import "h" "f" (func $f)) (import "h" "t" (tag $t))
      (func (export "run") (loop (block (try_table (catch $t 0) (call $f))) (br 0))))"""
    instance = Instance(Module(wat2wasm(text)), {"h": {"f": slow, "t": tag}}, store)
    store.set_deadline(0.1)
    end = time.monotonic() + 0.1
    with pytest.raises(Trap, match="time limit"):
        instance.exports.run()
    assert sum(late) <= 1


def test_an_interrupt_while_the_host_runs() -> None:
    store = Store()
    text = '(module (import "h" "f" (func $f)) (func (export "run") (call $f)))'
    instance = Instance(Module(wat2wasm(text)), {"h": {"f": store.interrupt}}, store)
    for _ in range(2):
        with pytest.raises(Trap, match="interrupted"):
            instance.exports.run()


def test_an_interrupt_while_nothing_runs_stops_the_next_call() -> None:
    store = Store()
    instance = Instance(Module(wat2wasm('(module (func (export "fine") (result i32) (i32.const 1)))')), {}, store)
    store.interrupt()
    with pytest.raises(Trap, match="interrupted"):
        instance.exports.fine()
    assert instance.exports.fine() == 1, "one call alone"
    store.interrupt()
    store.hold(False)
    assert instance.exports.fine() == 1, "it was taken back"
    store.hold(True)
    for _ in range(2):
        with pytest.raises(Trap, match="interrupted"):
            instance.exports.fine()
    store.hold(False)
    assert instance.exports.fine() == 1


def test_host_functions_of_c_leave_the_gil_to_others() -> None:
    """They hold it and look at no signal, each for a fraction of a millisecond."""
    store = Store()
    text = '(module (import "h" "f" (func $f (result i64))) (func (export "run") (loop (drop (call $f)) (br 0))))'
    count = functools.partial(bytes(4_000_000).count, b"x")
    instance = Instance(Module(wat2wasm(text)), {"h": {"f": count}}, store)
    turns = []

    def other() -> None:
        for _ in range(5):
            turns.append(1)
            threading.Event().wait(0.001)
        store.interrupt()

    thread = threading.Thread(target=other)
    thread.start()
    store.set_deadline(PATIENCE)
    with pytest.raises(Trap) as caught:
        instance.exports.run()
    thread.join()
    assert caught.value.code == "interrupt"


def test_a_collection_for_wasm_begins_with_a_look() -> None:
    """Straight code that allocates ends as well, however short it is."""
    make = "(drop (struct.new $s (i32.const 5)))"
    text = f"""(type $s (struct (field i32))) (func (export "run") {f"{COUNT} {make}" * 4})"""
    assert done_until_stopped(text, stress=True) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the naps of a thread")
def test_code_that_comes_back_all_the_time_naps_rarely() -> None:
    """Naps are for others who wait for the GIL: one in some milliseconds, not each time that the budget is used up."""
    import resource

    text = """(module (import "h" "f" (func $f)) (func (export "run") (param i32)
      (loop $l (call $f) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"""
    run = Instance(Module(wat2wasm(text)), {"h": {"f": lambda: None}}).exports.run
    run(10)
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
    run(400_000)
    naps = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - before
    assert naps <= 5 + (time.monotonic() - began) / 0.005
