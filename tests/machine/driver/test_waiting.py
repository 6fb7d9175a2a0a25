"""Waiting for a shared memory and waking those that wait: who, in which order, and what ends it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.patience import PATIENCE
from wasmvm import DeadlineTrap, Instance, InterruptTrap, Limits, MemoryType, Module, SharedMemory, Store

MODULE = Module("""(module (memory (import "env" "memory") 1 10 shared)
  (func (export "wait") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "read_when_told") (param i32) (result i32) (local i32)
    (drop (i32.load (i32.const 0)))
    (loop $again
      (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1)))
      (br_if $again (i32.eqz (i32.atomic.load (i32.const 4)))))
    (i32.load (local.get 0)))
  (func (export "spin_and_read") (param i32) (result i32)
    (drop (i32.load (i32.const 0)))
    (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 4)))))
    (i32.load (local.get 0))))""")


def shared(pages: int = 1) -> SharedMemory:
    return SharedMemory(MemoryType(Limits(pages, 10), shared=True))


def user(memory: SharedMemory, **options: Any) -> Any:
    return Instance(MODULE, {"env": {"memory": memory}}, Store(**options))


class Beside:
    """`work()` in another thread; `result` waits for what it gives or raises."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._found: list[object] = []
        self._thread = threading.Thread(target=self._run, args=(work,))
        self._thread.start()

    def _run(self, work: Callable[[], object]) -> None:
        try:
            self._found.append(work())
        except BaseException as error:
            self._found.append(error)

    def result(self) -> object:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self._found[0]


def wake_one(memory: SharedMemory, address: int = 0) -> None:
    """Until somebody is there to be woken."""
    end = time.monotonic() + PATIENCE
    while not memory.notify(address, 1):
        assert time.monotonic() < end
        time.sleep(0.001)


def test_what_a_wait_gives() -> None:
    memory = shared()
    exports = user(memory).exports
    assert exports.wait(0, 1, -1) == 1
    assert exports.wait(0, 0, 0) == 2
    assert exports.wait(0, 0, 1_000_000) == 2
    assert exports.wait64(0, 1 << 32, -1) == 1
    assert exports.wait64(8, 0, 1) == 2
    assert exports.notify(0, 10) == 0
    assert memory.wait(0, 1) == "not-equal"
    assert memory.wait(0, 0, 0.001) == "timed-out"
    assert memory.wait(0, 1 << 32, 0, bits=64) == "not-equal"
    assert memory.wait(0, 1 << 32, 0) == "timed-out"  # 32 bits are compared
    waiting = Beside(lambda: exports.wait(0, 0, -1))
    wake_one(memory)
    assert waiting.result() == 0
    waiting = Beside(lambda: memory.wait(16, 0, bits=64))
    wake_one(memory, 16)
    assert waiting.result() == "ok"


def test_only_those_at_the_address_are_woken_and_first_who_came_first() -> None:
    memory = shared()
    other = Beside(lambda: memory.wait(64, 0))
    order: list[int] = []

    def wait(number: int) -> None:
        user(memory).exports.wait(0, 0, -1)
        order.append(number)

    threads = []
    for number in range(5):
        threads.append(Beside(lambda number=number: wait(number)))  # type: ignore[misc]
        end = time.monotonic() + PATIENCE
        while memory.waiters(0) < number + 1:
            assert time.monotonic() < end
            time.sleep(0.001)
    for number in range(5):
        assert memory.notify(0, 1) == 1
        threads[number].result()
        assert order == list(range(number + 1))
    assert memory.notify(0) == 0
    wake_one(memory, 64)
    assert other.result() == "ok"


def test_a_count_is_kept() -> None:
    memory = shared()
    threads = [Beside(lambda: user(memory).exports.wait(0, 0, -1)) for _ in range(6)]
    while memory.waiters(0) < 6:
        time.sleep(0.001)
    assert user(memory).exports.notify(0, 0) == 0
    assert user(memory).exports.notify(0, 4) == 4
    assert memory.waiters(0) == 2
    assert memory.notify(0) == 2
    assert [thread.result() for thread in threads] == [0] * 6


def test_interrupt_and_hold_end_a_wait() -> None:
    memory = shared()
    for stop in (Store.interrupt, lambda store: store.hold(True)):
        instance = user(memory)
        thread = Beside(lambda instance=instance: instance.exports.wait(0, 0, -1))  # type: ignore[misc]
        while not memory.waiters(0):
            time.sleep(0.001)
        stop(instance.store)
        assert isinstance(thread.result(), InterruptTrap)
        assert memory.waiters(0) == 0


def test_a_deadline_ends_a_wait() -> None:
    memory = shared()
    with pytest.raises(DeadlineTrap):
        user(memory, timeout=0.05).exports.wait(0, 0, -1)
    instance = user(memory)
    thread = Beside(lambda: instance.exports.wait(0, 0, -1))
    while not memory.waiters(0):
        time.sleep(0.001)
    instance.store.set_deadline(0)
    assert isinstance(thread.result(), DeadlineTrap)
    assert memory.waiters(0) == 0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers of the system")
def test_a_signal_ends_a_wait_if_its_handler_raises() -> None:
    memory = shared()
    rang = []

    def ring(*_: object) -> None:
        rang.append(1)
        if len(rang) == 2:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        for wait in (lambda: user(memory).exports.wait(0, 0, -1), lambda: memory.wait(0, 0)):
            rang.clear()
            with pytest.raises(KeyboardInterrupt):
                wait()
            assert memory.waiters(0) == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", ("read_when_told", "spin_and_read"))
def test_what_another_thread_has_let_grow_is_there(name: str) -> None:
    """Also while the loop knows the length of before, and nothing has told it."""
    memory = shared()
    for page in range(1, 9):
        memory.store_u32(4, 0)
        instance = user(memory)
        thread = Beside(lambda instance=instance, page=page: instance.exports[name](65536 * page))  # type: ignore[misc]
        time.sleep(0.002)
        assert memory.grow(1) == page
        memory.store_u32(65536 * page, 1000 + page)
        memory.store_u32(4, 1)
        memory.notify(4)
        assert thread.result() == 1000 + page


def test_growing_by_many_threads_gives_each_a_page_of_its_own() -> None:
    memory = shared()
    threads = [Beside(lambda: user(memory).exports.grow(1)) for _ in range(12)]
    found = sorted(thread.result() for thread in threads)  # type: ignore[type-var]
    assert found == [-1, -1, -1, *range(1, 10)]
    assert memory.pages == 10
