"""Running wasm can be stopped: by Ctrl-C, by another thread, by a deadline; and it leaves the GIL to others."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.beside import beside
from tests.patience import PATIENCE
from tests.wat import wat2wasm
from wasmvm import Func, FuncType, Instance, Module, Store, Trap
from wasmvm._core import looks
from wasmvm.types import I32

ENDLESS = """(module $m (import "h" "abs" (func $host (param i32) (result i32)))
  (memory (export "memory") 16)
  (func (export "loop") (loop br 0))
  (func (export "branch") (param i32) (loop local.get 0  br_if 0))
  (func (export "compare") (param i32) (loop local.get 0  i32.const 1  i32.eq  br_if 0))
  (func (export "table") (param i32) (loop (loop local.get 0  br_table 0 1 0)))
  (func (export "table_with_values") (param i32) (result i32)
    i32.const 5  loop (param i32) (result i32)  i32.const 1  i32.add  i32.const 3  local.get 0  br_table 0 0  end)
  (func (export "calls") (loop call $nothing  br 0))
  (func $nothing)
  (func (export "branching_calls") (param i32) (result i32) local.get 0  call $tree)
  (func $tree (param i32) (result i32)
    local.get 0  i32.eqz  if (result i32)  i32.const 1  else
    local.get 0  i32.const 1  i32.sub  call $tree  local.get 0  i32.const 1  i32.sub  call $tree  i32.add  end)
  (func (export "host_calls") (param i32) (loop local.get 0  call $host  drop  br 0))
  (func (export "host_calls_without_loop") (param i32) (result i32) local.get 0  call $host_tree)
  (func $host_tree (param i32) (result i32)
    local.get 0  i32.eqz  if (result i32)  i32.const 1  call $host  else
    local.get 0  i32.const 1  i32.sub  call $host_tree
    local.get 0  i32.const 1  i32.sub  call $host_tree  i32.add  end)
  (func (export "growing") (loop i32.const 0  memory.grow  drop  br 0))
  (func (export "filling") (loop i32.const 0  i32.const 1  i32.const 1048576  memory.fill  br 0))
  (func (export "fine") (result i32) i32.const 1))"""

FUNCTIONS = {
    "loop": (), "branch": (1,), "compare": (1,), "table": (0,), "table_with_values": (0,), "calls": (),
    "branching_calls": (10_000,), "host_calls": (-1,), "host_calls_without_loop": (10_000,), "growing": (),
    "filling": (),
}  # fmt: skip
"""Functions that do not end, with arguments; those of the tree end after 2^10000 calls."""


def endless(store: Store | None = None) -> Instance:
    # `abs` is not Python code: no signal is looked at while it is called.
    return Instance(Module(wat2wasm(ENDLESS)), {"h": {"abs": abs}}, store)


CHILD = """
import os, signal, sys, threading, time
from tests.machine.driver.test_interrupts import endless
signal.signal(signal.SIGINT, signal.default_int_handler)
instance = endless()
name, args = sys.argv[1], [int(a) for a in sys.argv[2:]]
instance.exports.fine()  # so that all is imported
sent = []
def interrupt():
    sent.append(time.process_time())
    os.kill(os.getpid(), signal.SIGINT)
threading.Timer(0.2, interrupt).start()
try:
    instance.exports[name](*args)
except KeyboardInterrupt as error:
    delay = time.process_time() - sent[0]
    files = []
    tb = error.__traceback__
    while tb:
        files.append(tb.tb_frame.f_code.co_filename)
        tb = tb.tb_next
    print(delay, any("m!" in file for file in files), instance.exports.fine())
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_ctrl_c(name: str) -> None:
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, name, *map(str, FUNCTIONS[name])],
        cwd=root, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    delay, *after = done.stdout.split()
    assert after == ["True", "1"], "the traceback shows wasm frames, and the instance is usable afterwards"
    assert float(delay) < 1, "processor time: it is a tenth of that, and does not pass while others have the machine"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_deadline(name: str) -> None:
    store = Store()
    instance = endless(store)
    for _ in range(2):
        store.set_deadline(0.05)
        begin, spent = time.monotonic(), time.thread_time()
        with pytest.raises(Trap) as caught:
            instance.exports[name](*FUNCTIONS[name])
        assert caught.value.code == "deadline"
        assert caught.value.frames
        assert all(frame.offset for frame in caught.value.frames), "each tells where it is"
        assert time.monotonic() - begin > 0.04
        assert time.thread_time() - spent < 1
    store.set_deadline(None)
    assert instance.exports.fine() == 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_interrupt_from_another_thread(name: str) -> None:
    store = Store()
    instance = endless(store)
    sent: list[float] = []

    def interrupt() -> None:
        sent.append(time.process_time())
        store.interrupt()

    timer = threading.Timer(0.05, interrupt)
    timer.start()
    with pytest.raises(Trap) as caught:
        instance.exports[name](*FUNCTIONS[name])
    assert time.process_time() - sent[0] < 1
    assert caught.value.code == "interrupt"
    timer.join()
    assert instance.exports.fine() == 1


def test_an_interruption_is_for_one_call() -> None:
    """What runs for longer afterwards is not stopped: of wasm that was interrupted, and of waiting."""
    store = Store()
    instance = Instance(Module(wat2wasm(COUNT)), store=store)
    for _ in range(2):
        store.interrupt()
        with pytest.raises(Trap, match="interrupted"):
            instance.exports.count(1_000_000)
        assert instance.exports.count(1_000_000) == 7
    store.interrupt()
    with pytest.raises(Trap, match="interrupted"):
        store.during_call(store.wait_slice)
    assert store.during_call(store.wait_slice) > 0
    assert instance.exports.count(1_000_000) == 7
    store.hold(True)
    for _ in range(2):
        with pytest.raises(Trap, match="interrupted"):
            instance.exports.count(1_000_000)
    store.hold(False)
    assert instance.exports.count(1_000_000) == 7


def test_a_past_deadline_does_not_disturb_what_is_short() -> None:
    store = Store()
    instance = endless(store)
    assert instance.exports.fine() == 1  # what is to be lowered is no longer short where the machine is busy
    store.set_deadline(0)
    assert instance.exports.fine() == 1


def test_others_run_meanwhile() -> None:
    """The GIL is free: another Python thread makes progress while wasm loops, and is what ends it."""
    store = Store(timeout=PATIENCE)
    instance = endless(store)
    inside = threading.Event()
    seen: list[str | None] = []

    def run() -> None:
        inside.set()
        with pytest.raises(Trap) as caught:
            instance.exports.loop()
        seen.append(caught.value.code)

    thread = threading.Thread(target=run)
    thread.start()
    inside.wait()
    for _ in range(1000):
        time.sleep(0)
    assert not seen
    store.interrupt()
    thread.join()
    assert seen == ["interrupt"]


COUNT = """(module (func (export "count") (param i32) (result i32)
  (loop local.get 0  i32.const 1  i32.sub  local.tee 0  br_if 0) i32.const 7))"""


def test_two_stores_in_two_threads() -> None:
    module = Module(wat2wasm(COUNT))
    results: list[int] = []

    def run() -> None:
        instance = Instance(module)
        results.extend(instance.exports.count(200_000) for _ in range(20))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [7] * 80


def test_one_store_in_two_threads() -> None:
    """The second is refused, and the first does not notice: neither its operands nor its tables."""
    text = """(module (import "h" "wait" (func $wait)) (table (export "table") 1 funcref)
      (func (export "run") (param i32 i32) (result i32) local.get 0  local.get 1  call $wait  i32.add)
      (func $spin (export "spin") (param i32) (result i32)
        (loop local.get 0  i32.const 1  i32.sub  local.tee 0  br_if 0) local.get 0)
      (func (export "wait_and_spin") (result i32) call $wait  i32.const -1  call $spin))"""
    store = Store()
    inside, done = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert done.wait(PATIENCE)

    instance = Instance(Module(wat2wasm(text)), {"h": {"wait": wait}}, store)
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(instance.exports.run(30, 12)))
    thread.start()
    assert inside.wait(PATIENCE)
    host = Func(store, FuncType((I32,), (I32,)), lambda x: x)
    try:
        with pytest.raises(RuntimeError, match="another thread"):
            instance.exports.run(-1, -1)
        with pytest.raises(RuntimeError, match="another thread"):
            instance.exports.spin(1)
        with pytest.raises(RuntimeError, match="another thread"):
            host(1)
        with pytest.raises(RuntimeError, match="another thread"):
            instance.exports.table.grow(1000)
    finally:
        done.set()
        thread.join(PATIENCE)
    assert results == [42]
    assert host(1) == 1

    def spin() -> None:
        with pytest.raises(Trap, match="interrupted"):
            instance.exports.wait_and_spin()
        results.append(0)

    inside.clear()
    thread = threading.Thread(target=spin)
    thread.start()
    assert inside.wait(PATIENCE)
    for _ in range(100):
        with pytest.raises(RuntimeError, match="another thread"):
            instance.exports.spin(1)
    store.interrupt()
    thread.join(PATIENCE)
    assert results == [42, 0]


def spin(seconds: float = 0.2) -> None:
    """Run wasm for as long."""
    store = Store()
    instance = endless(store)
    for limit in (0.0, seconds):  # the first call may take long until wasm runs
        store.set_deadline(limit)
        with pytest.raises(Trap) as caught:
            instance.exports.loop()
        assert caught.value.code == "deadline"


def test_only_the_main_thread_looks_for_signals() -> None:
    """No other one ever takes the GIL in order to look, which would cost it milliseconds beside a thread that computes."""
    before, _ = looks()
    after = before
    end = time.monotonic() + PATIENCE
    while after == before and time.monotonic() < end:
        spin()
        after, _ = looks()
    assert after > before
    thread = threading.Thread(target=spin)
    thread.start()
    thread.join()
    assert looks()[0] == after


def test_looks_that_wait_for_the_gil_become_rare() -> None:
    """Beside a thread that computes in Python; and they are never as rare as Ctrl-C allows, a tenth of a second."""
    intervals = set()
    end = time.monotonic() + PATIENCE
    with beside(lambda: sum(range(1000))):
        while max(intervals, default=0.0) < 0.06 and time.monotonic() < end:
            spin()
            intervals.add(looks()[1])
    assert 0.06 <= max(intervals) <= 0.08
    while looks()[1] > 0.02 and time.monotonic() < end:
        spin()
    assert looks()[1] == pytest.approx(0.02), "and frequent again when nobody computes"


def test_a_deadline_that_another_thread_sets_while_wasm_runs() -> None:
    """It is seen at once, although the thread that runs wasm comes back for nothing."""
    for in_main in (False, True):
        store = Store()
        instance = endless(store)
        caught: list[str | None] = []

        def run(instance: Instance = instance, caught: list[str | None] = caught) -> None:
            try:
                instance.exports.loop()
            except Trap as trap:
                caught.append(trap.code)

        timer = threading.Timer(0.05, store.set_deadline, (0.01,))
        timer.start()
        if in_main:
            run()
        else:
            thread = threading.Thread(target=run)
            thread.start()
            thread.join(PATIENCE)
        timer.join()
        assert caught == ["deadline"]
