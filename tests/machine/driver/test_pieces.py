"""Bulk instructions pay for their size and are done in pieces where they are large: they stop, and others run meanwhile."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.patience import PATIENCE
from tests.wat import wat2wasm
from wasmvm import DeadlineTrap, Instance, Limits, Memory, MemoryType, Module, Store, Table, TableType, Trap
from wasmvm.types import FUNCREF, METER_INSTRUCTIONS

MEMORY = 5 << 20  # bytes, more than four pieces and no multiple of one with the offsets below
TABLE = 400_000
MOST = 60.0  # seconds for what takes a tenth of one
ARRAY = 700_000

BULK = {
    "memory_fill": "(memory.fill (i32.const 3) (i32.const 7) (i32.const 5242875))",
    "memory_copy": "(memory.copy (i32.const 3) (i32.const 0) (i32.const 5242875))",
    "memory_copy_down": "(memory.copy (i32.const 0) (i32.const 3) (i32.const 5242875))",
    "memory_init": "(memory.init $data (i32.const 3) (i32.const 1) (i32.const 199999))",
    "table_fill": "(table.fill $t (i32.const 3) (ref.func $fine) (i32.const 399997))",
    "table_copy": "(table.copy $t $t (i32.const 3) (i32.const 0) (i32.const 399997))",
    "table_init": "(table.init $t $elem (i32.const 3) (i32.const 0) (i32.const 5000))",
    "array_new": "(drop (array.new $bits (i64.const 5) (i32.const 700000)))",
    "array_new_default": "(drop (array.new_default $bits (i32.const 700000)))",
    "array_new_data": "(drop (array.new_data $bytes $data (i32.const 0) (i32.const 200000)))",
    "array_new_elem": "(drop (array.new_elem $funcs $elem (i32.const 0) (i32.const 5000)))",
    "array_fill": "(array.fill $bits (global.get $a) (i32.const 3) (i64.const 9) (i32.const 699997))",
    "array_copy": "(array.copy $bits $bits (global.get $a) (i32.const 3) (global.get $a) (i32.const 0) (i32.const 699997))",
    "array_init_data": "(array.init_data $bytes $data (global.get $b) (i32.const 0) (i32.const 0) (i32.const 200000))",
    "array_init_elem": "(array.init_elem $funcs $elem (global.get $f) (i32.const 0) (i32.const 0) (i32.const 5000))",
}
"""One large instruction of each kind."""

TEXT = f"""(module $m
  (type $bits (array (mut i64))) (type $bytes (array (mut i8))) (type $funcs (array (mut funcref)))
  (memory (export "memory") 80) (table $t (export "table") {TABLE} funcref)
  (data $data "{"wasm" * 50_000}") (elem $elem func {"$fine " * 5000})
  (global $a (ref $bits) (array.new_default $bits (i32.const {ARRAY})))
  (global $b (ref $bytes) (array.new_default $bytes (i32.const 200000)))
  (global $f (ref $funcs) (array.new_default $funcs (i32.const 5000)))
  {"".join(f'(func (export "{name}") (loop {text} (br 0)))' for name, text in BULK.items())}
  {"".join(f'(func (export "{name}_once") {text})' for name, text in BULK.items())}
  (func (export "straight") {" ".join(BULK["memory_fill"] for _ in range(2000))})
  (func $fine (export "fine") (result i32) i32.const 1))"""


@pytest.fixture(scope="module")
def module() -> Module:
    return Module(wat2wasm(TEXT))


@pytest.mark.parametrize("name", [*BULK, "straight"])
def test_deadline(module: Module, name: str) -> None:
    store = Store()
    instance = Instance(module, {}, store)
    for _ in range(2):
        store.set_deadline(0.02)
        with pytest.raises(Trap) as caught:
            instance.exports[name]()
        assert caught.value.code == "deadline"
        assert caught.value.frames
        assert caught.value.frames[0].offset
        store.set_deadline(None)
        assert instance.exports.fine() == 1
        instance.exports[name if name == "straight" else f"{name}_once"]()


@pytest.mark.parametrize("name", [*BULK, "straight"])
def test_another_thread_runs_and_interrupts(module: Module, name: str) -> None:
    """The other thread must have the GIL a few times before it interrupts: only then does the call end that way."""
    store = Store()
    instance = Instance(module, {}, store)
    started = threading.Event()
    turns = []

    def other() -> None:
        started.wait()
        for _ in range(5):
            turns.append(1)
            threading.Event().wait(0.001)
        store.interrupt()

    thread = threading.Thread(target=other)
    thread.start()
    store.set_deadline(PATIENCE)
    started.set()
    with pytest.raises(Trap) as caught:
        while True:  # the straight one ends by itself
            instance.exports[name]()
    thread.join()
    assert caught.value.code == "interrupt"
    assert len(turns) == 5
    assert instance.exports.fine() == 1


@pytest.mark.parametrize("name", BULK)
def test_fuel(name: str) -> None:
    """Each turn costs at least one unit per byte or element."""
    store = Store(metering=METER_INSTRUCTIONS)
    instance = Instance(Module(wat2wasm(TEXT)), {}, store)
    store.fuel = 5003
    with pytest.raises(Trap) as caught:
        for _ in range(2):
            instance.exports[f"{name}_once"]()
    assert caught.value.code == "out_of_fuel"
    store.fuel = 100
    assert instance.exports.fine() == 1


def test_one_that_takes_long_stops_in_the_middle() -> None:
    """No machine writes 512 MiB within a millisecond."""
    text = """(module (memory (export "memory") 8192)
      (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x20000000))) (func (export "fine")))"""
    store = Store()
    instance = Instance(Module(wat2wasm(text)), {}, store)
    memory = instance.exports.memory
    store.set_deadline(0.001)
    with pytest.raises(Trap, match="time limit"):
        instance.exports.fill()
    assert memory.load_u8(len(memory) - 1) == 0
    store.set_deadline(None)
    instance.exports.fine()


def test_pieces_do_not_wait_for_the_gil() -> None:
    """They go on while another thread keeps the GIL for itself."""
    store = Store()
    memory = Memory(store, MemoryType(Limits(81, 81)))
    seen = memoryview(memory)
    text = """(module (memory (import "h" "m") 81) (func (export "fill") (local $i i32) (loop $l
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 5242880))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
      (i32.store8 (i32.const 5242880) (i32.const 1))))"""
    fill = Instance(Module(wat2wasm(text)), {"h": {"m": memory}}, store).exports.fill
    before = sys.getswitchinterval()
    thread = threading.Thread(target=fill)
    try:
        sys.setswitchinterval(1000)
        thread.start()
        while not seen[0]:
            time.sleep(0.001)
        end = time.monotonic() + MOST
        while not seen[5242880] and time.monotonic() < end:
            pass
        assert seen[5242880]
    finally:
        sys.setswitchinterval(before)
        thread.join()


SMALL = """(module
  (type $bits (array (mut i32))) (memory (export "memory") 80) (table $t (export "table") 1 10 externref)
  (table $big (export "big") 400000 funcref) (elem declare func $fine)
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table_copy") (param i32 i32 i32) (table.copy $big $big (local.get 0) (local.get 1) (local.get 2)))
  (func (export "array_copy") (param i32 i32 i32) (result i32) (local $a (ref null $bits)) (local $i i32)
    (local.set $a (array.new $bits (i32.const -1) (i32.const 700000)))
    (loop $l
      (array.set $bits (local.get $a) (local.get $i) (local.get $i))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 700000))))
    (array.copy $bits $bits (local.get $a) (local.get 0) (local.get $a) (local.get 1) (local.get 2))
    (local.set $i (i32.const 0))
    (loop $l  ;; each element must be what a copy without overlap gives
      (if (i32.ne (array.get $bits (local.get $a) (local.get $i))
          (select (i32.sub (i32.add (local.get $i) (local.get 1)) (local.get 0)) (local.get $i)
            (i32.lt_u (i32.sub (local.get $i) (local.get 0)) (local.get 2))))
        (then (return (i32.const 0))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 700000))))
    (i32.const 1))
  (func $fine (export "fine") (result i32) i32.const 1))"""


@pytest.fixture(scope="module")
def small() -> Instance:
    return Instance(Module(wat2wasm(SMALL)))


MIB = 1 << 20
COPIES = [
    (d, s, n)
    for n in (0, 1, 1023, 1024, 1025, 65536, MIB - 1, MIB, MIB + 1, 3 * MIB + 17)
    for d, s in ((0, 0), (0, 1), (1, 0), (0, 4096), (4097, 1), (MIB, 0), (0, MIB), (MIB + 1, 0))
]


@pytest.mark.parametrize(("d", "s", "n"), COPIES)
def test_memory_copy_overlaps(small: Instance, d: int, s: int, n: int) -> None:
    memory = small.exports.memory
    before = random.Random(n).randbytes(len(memory))
    memory.write(0, before)
    small.exports.copy(d, s, n)
    assert memory.read(0, len(memory)) == before[:d] + before[s : s + n] + before[d + n :]


@pytest.mark.parametrize("n", [0, 1, 1024, 1025, 65537, MIB, MIB + 1, 4 * MIB - 1])
def test_memory_fill(small: Instance, n: int) -> None:
    memory = small.exports.memory
    memory.write(0, b"\2" * len(memory))
    small.exports.fill(5, 0x101, n)
    assert memory.read(0, len(memory)) == b"\2" * 5 + b"\1" * n + b"\2" * (len(memory) - n - 5)


@pytest.mark.parametrize(("d", "s"), [(0, 1), (1, 0), (0, 4096), (150_000, 0), (0, 150_000), (7, 7)])
def test_table_and_array_copies_overlap(small: Instance, d: int, s: int) -> None:
    table = small.exports.big
    fine = small.exports.fine
    marks = {0, 1, 5, 4095, 4096, 4097, 131_071, 131_072, 150_000, 249_000}
    for i in range(len(table)):
        table[i] = fine if i in marks else None
    small.exports.table_copy(d, s, 249_001)
    expected = {i for i in marks if not d <= i < d + 249_001} | {i + d - s for i in marks if s <= i < s + 249_001}
    assert {i for i in range(len(table)) if table[i] is not None} == expected
    assert small.exports.array_copy(d, s, 300_001) == 1


@pytest.mark.parametrize("name", ["fill", "copy"])
@pytest.mark.parametrize("n", [0xFFFFFFFF, 80 * 65536, 80 * 65536 - 9])
def test_bounds_come_first(small: Instance, name: str, n: int) -> None:
    memory = small.exports.memory
    memory.write(0, b"\3" * len(memory))
    with pytest.raises(Trap) as caught:
        small.exports[name](10, 0, n)
    assert caught.value.code == "memory_out_of_bounds"
    assert memory.read(0, len(memory)) == b"\3" * len(memory)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["new", "new_data", "new_elem"])
def test_an_array_that_is_being_made_stays(name: str) -> None:
    """Nothing refers to it until it is done; handlers of signals collect between its pieces, and make other objects."""
    text = """(module (type $bits (array (mut i64))) (type $refs (array (mut funcref)))
      (data $d "%s") (elem $e func %s)
      (func $f (export "new") (result i64) (local $a (ref null $bits))
        (local.set $a (array.new $bits (i64.const 77) (i32.const 400000)))
        (i64.add (array.get $bits (local.get $a) (i32.const 0)) (array.get $bits (local.get $a) (i32.const 399999))))
      (func (export "new_data") (result i64) (local $a (ref null $bits))
        (local.set $a (array.new_data $bits $d (i32.const 0) (i32.const 400000)))
        (i64.add (array.get $bits (local.get $a) (i32.const 0)) (array.get $bits (local.get $a) (i32.const 399999))))
      (func (export "new_elem") (result i64) (local $a (ref null $refs))
        (local.set $a (array.new_elem $refs $e (i32.const 0) (i32.const 400000)))
        (i64.mul (i64.const 77) (i64.extend_i32_u (i32.sub (i32.const 2) (i32.add
          (ref.is_null (array.get $refs (local.get $a) (i32.const 0)))
          (ref.is_null (array.get $refs (local.get $a) (i32.const 399999))))))))
      (func (export "garbage") (drop (array.new $bits (i64.const -1) (i32.const 400000)))))"""
    text %= ("M" + "\\00" * 7) * 400_000, "$f " * 400_000
    store = Store()
    exports: Any = Instance(Module(wat2wasm(text)), {}, store).exports
    exports[name](), exports.garbage()
    store.gc()
    store.stress = True
    met: list[int] = []
    over = threading.Event()

    def handler(*_: object) -> None:
        size = store.heap_size
        store.gc()
        if size > 3_000_000 and not over.is_set():
            met.append(size)
            store.stress = False
            exports.garbage()
            store.stress = True

    def send() -> None:
        while not over.wait(0.001):
            os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, handler)
    thread = threading.Thread(target=send)
    thread.start()
    try:
        while len(met) < 5:
            assert exports[name]() == 154
    finally:
        over.set()
        thread.join()
        signal.signal(signal.SIGUSR1, before)


# --- Growing and instantiating -----------------------------------------------------------------------------------

GROWING = """(module (memory 1 30000) (table $t (export "table") 0 9000000 funcref) (elem declare func $fine)
  (func (export "grows_memory") (loop (drop (memory.grow (i32.const 0))) (br 0)))
  (func (export "memory_fails") (loop (drop (memory.grow (i32.const -1))) (br 0)))
  (func (export "straight") %s)
  (func (export "grows_table") (loop (drop (table.grow $t (ref.func $fine) (i32.const 1))) (br 0)))
  (func (export "grow") (param i32) (result i32) (table.grow $t (ref.func $fine) (local.get 0)))
  (func $fine (export "fine") (result i32) i32.const 1))""" % ("(drop (memory.grow (i32.const 0)))" * 50_000)


@pytest.mark.parametrize("name", ["grows_memory", "memory_fails", "grows_table", "straight"])
def test_growing_stops(name: str) -> None:
    store = Store()
    instance = Instance(Module(wat2wasm(GROWING)), {}, store)
    store.set_deadline(0.02)
    with pytest.raises(Trap, match="time limit"):
        while True:
            instance.exports[name]()
    store.set_deadline(None)
    assert instance.exports.fine() == 1


def test_a_large_table_grows_in_pieces() -> None:
    store = Store()
    instance = Instance(Module(wat2wasm(GROWING)), {}, store)
    assert instance.exports.grow(3) == 0
    store.set_deadline(0)
    with pytest.raises(Trap, match="time limit"):
        instance.exports.grow(5_000_000)
    store.set_deadline(None)
    assert instance.exports.grow(0) == 3, "what did not come to its end has not happened"
    assert instance.exports.grow(5_000_000) == 3
    assert instance.exports.grow(5_000_000) == -1
    assert instance.exports.table[5_000_002] is not None


@pytest.mark.parametrize("text", [
    "(memory.grow (i32.const -1))", "(memory.grow (i32.const 30000))",
    "(table.grow $t (ref.null func) (i32.const -1))", "(table.grow $t (ref.null func) (i32.const 9000001))",
])  # fmt: skip
def test_growing_that_fails_costs_no_more_fuel(text: str) -> None:
    store = Store(metering=METER_INSTRUCTIONS)
    source = f"""(module (memory 1 30000) (table $t 0 9000000 funcref)
      (func (export "fails") (result i32) {text}) (func (export "grants") (result i32) (memory.grow (i32.const 40))))"""
    instance = Instance(Module(wat2wasm(source)), {}, store)
    store.fuel = 10
    assert instance.exports.fails() == -1
    assert store.fuel >= 6
    store.fuel = 100
    assert instance.exports.grants() == 1
    assert 40 <= 100 - store.fuel <= 43
    store.fuel = 30
    with pytest.raises(Trap) as caught:
        instance.exports.grants()
    assert caught.value.code == "out_of_fuel"
    assert store.fuel == 0


def test_the_timeout_is_for_an_instantiation_as_a_whole() -> None:
    """Many segments, each of which is over soon."""
    segments = "".join(f'(data (i32.const {i}) "{"x" * 200}")' for i in range(3000))
    source = wat2wasm(f"""(module (memory 1) {segments} (start $s) (func $s (loop (br 0))))""")
    store = Store()
    store.timeout = 0.02
    for _ in range(2):
        with pytest.raises(Trap) as caught:
            Instance(Module(source), {}, store)
        assert caught.value.code == "deadline"
    store.timeout = 0
    with pytest.raises(Trap) as caught:
        Instance(Module(wat2wasm(f"(module (memory 1) {segments})")), {}, store)
    assert caught.value.code == "deadline"
    store.timeout = None
    Instance(Module(wat2wasm(f"(module (memory 1) {segments})")), {}, store)


def test_what_instantiation_reads_of_a_module_is_made_within_the_timeout() -> None:
    """A million globals took a second before the time began to count."""
    module = Module(wat2wasm(f"(module {'(global i32 (i32.const 0))' * 20_000})"))
    for _ in range(2):
        with pytest.raises(DeadlineTrap):
            Instance(module, {}, Store(timeout=0))
        assert module.compiled.plan is None
    assert len(Instance(module, {}, Store(timeout=PATIENCE)).core.globals) == 20_000
    assert module.compiled.plan is not None


def test_large_segments_are_moved_in_pieces() -> None:
    text = f"""(module (memory (export "memory") 80) (table (export "table") 300000 funcref (ref.func $f)) (func $f)
      (data (i32.const 1) "{"wasm" * 1_000_000}") (elem (i32.const 2) func {"$f " * 200_000}))"""
    source = Module(wat2wasm(text))
    instance = Instance(source)
    assert instance.exports.memory.read(0, 4_000_002) == b"\0" + b"wasm" * 1_000_000 + b"\0"
    assert all(instance.exports.table[i] is not None for i in (0, 2, 150_000, 200_001, 299_999))
    store = Store()
    store.timeout = 0
    with pytest.raises(Trap, match="time limit"):
        Instance(source, {}, store)
    store.timeout = None
    assert Instance(source, {}, store).exports.memory.load_u8(1) == ord("w")


@contextmanager
def signals(handler: Callable[[], object]) -> Iterator[None]:
    """Call `handler` in this thread by one signal after the other, wherever signals are looked for."""
    done = threading.Event()
    me = threading.get_ident()
    sent = served = 0

    def serve(*_: object) -> None:
        nonlocal served
        handler()
        served += 1

    def send() -> None:
        nonlocal sent
        while not done.is_set():
            if served == sent:  # one that came during another would be nested in it, without end
                sent += 1
                signal.pthread_kill(me, signal.SIGUSR1)
            time.sleep(0)

    before = signal.signal(signal.SIGUSR1, serve)
    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        done.set()
        sender.join()
        signal.signal(signal.SIGUSR1, before)


needs_signals = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals to a thread")


@needs_signals
def test_a_table_that_moves_while_an_instance_is_made() -> None:
    """A signal's handler may grow the table that a segment is being copied to: what is left goes to its new place."""
    count = 400_000  # several pieces
    module = Module(
        f'(module (import "h" "t" (table {count} funcref)) (func $f) (elem (i32.const 0) func {"$f " * count}))'
    )
    moved = 0

    def move() -> None:
        nonlocal moved
        if table[0] is not None and table[count - 1] is None:
            moved += 1
            table.grow(50_000)

    end = time.monotonic() + PATIENCE
    while moved < 3 and time.monotonic() < end:
        table = Table(Store(), TableType(FUNCREF, Limits(count)))
        table.store.stress = True  # looks at signals after each piece
        with signals(move):
            Instance(module, {"h": {"t": table}}, table.store)
        assert all(table[i] is not None for i in range(0, count, 1000))
        assert table[count - 1] is not None
    assert moved >= 3


@needs_signals
def test_a_table_that_moves_while_it_grows() -> None:
    """Growing is given up where a handler has grown the table, and begun anew."""
    text = """(module (table $t (export "t") 1 funcref) (func $f) (elem declare func $f)
      (func (export "grow") (result i32) (table.grow $t (ref.func $f) (i32.const 400000))))"""
    module = Module(wat2wasm(text))
    anew = 0
    grown = False

    def grow() -> None:
        nonlocal grown
        if not grown:
            instance.exports.t.grow(1000)
            grown = True

    end = time.monotonic() + PATIENCE
    while anew < 3 and time.monotonic() < end:
        instance = Instance(module, {}, Store())
        instance.store.stress = True
        table = instance.exports.t
        with signals(grow):
            grown = True
            call, before, grown = instance.exports.grow, len(table), False
            old = call()
            anew += old == before + 1000  # or the handler came before the call
        assert table[old] is not None and table[old + 399_999] is not None
        assert len(table) in (before + 400_000, before + 401_000)
    assert anew >= 3
