"""`SharedMemory`: whose limits it counts for, what may import it, and that it outlives who made it."""

from __future__ import annotations

import gc
import random
import struct
from threading import Thread

import pytest

from wasmvm import Instance, Limits, LinkError, MemoryType, Module, SharedMemory, Store
from wasmvm.types import I64

SHARED = MemoryType(Limits(1, 10), shared=True)
DEFINES = Module('(module (memory (export "m") 1 10 shared) (data (i32.const 4) "abcd") (data (i32.const 6) "xy"))')


def importing(type_: str) -> Module:
    return Module(f'(module (import "env" "memory" (memory {type_})) (export "m" (memory 0)))')


def test_what_is_no_type_of_a_shared_memory() -> None:
    for type_ in (MemoryType(Limits(1, 2)), MemoryType(Limits(1), shared=True), MemoryType(Limits(3, 2), shared=True)):
        with pytest.raises(ValueError, match=r"shared|limits"):
            SharedMemory(type_)
    with pytest.raises(TypeError):
        SharedMemory(Limits(1, 2))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        SharedMemory()  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="maximum"):
        SharedMemory(MemoryType(Limits(1), shared=True), Store())


@pytest.mark.parametrize("type_", ("1 10 shared", "1 11 shared", "0 65536 shared"))
def test_it_is_imported_by_what_asks_for_a_shared_memory(type_: str) -> None:
    memory = SharedMemory(SHARED)
    instance = Instance(importing(type_), {"env": {"memory": memory}})
    memory.write(9, b"here")
    assert instance.exports.m.read(9, 4) == b"here"
    assert instance.exports.m.shared is memory
    assert instance.exports.m.store is instance.store


@pytest.mark.parametrize("type_", ("1 10", "1", "2 10 shared", "1 9 shared", "i64 1 10 shared"))
def test_it_is_not_imported_by_what_asks_for_another(type_: str) -> None:
    with pytest.raises(LinkError, match="incompatible import type"):
        Instance(importing(type_), {"env": {"memory": SharedMemory(SHARED)}})


def test_an_unshared_memory_is_no_shared_one() -> None:
    unshared = Instance(Module('(module (memory (export "m") 1 10))'))
    with pytest.raises(LinkError, match="incompatible import type"):
        Instance(importing("1 10 shared"), {"env": {"memory": unshared.exports.m}}, unshared.store)
    with pytest.raises(LinkError, match="another store"):
        Instance(importing("1 10"), {"env": {"memory": unshared.exports.m}})


def test_one_that_a_module_defines_goes_to_other_stores_and_stays() -> None:
    first = Instance(DEFINES)
    assert first.exports.m.read(4, 4) == b"abxy"  # each segment is written, in order
    again = Instance(DEFINES)
    again.exports.m.write(4, b"....")
    second = Instance(importing("1 10 shared"), {"env": {"memory": first.exports.m}})
    store = first.store
    assert store.memory_size == 65536
    assert second.store.memory_size == 0
    del first
    gc.collect()
    assert store.memory_size == 65536
    assert second.exports.m.grow(1) == 1
    assert store.memory_size == 131072
    assert second.exports.m.read(4, 4) == b"abxy"
    del second
    gc.collect()
    assert store.memory_size == 0


def test_the_limits_of_the_store_that_made_it_hold_for_all() -> None:
    store = Store(max_memory=3 * 65536)
    first = Instance(DEFINES, store=store)
    second = Instance(importing("1 10 shared"), {"env": {"memory": first.exports.m}})
    assert second.exports.m.grow(1) == 1
    other = Instance(Module("(module (memory 1))"), store=store)
    with pytest.raises(ValueError, match="cannot grow"):
        second.exports.m.grow(1)
    del other
    gc.collect()
    assert second.exports.m.grow(1) == 2
    del first, store
    gc.collect()
    with pytest.raises(ValueError, match="cannot grow"):  # also when that store is gone
        second.exports.m.grow(1)
    with pytest.raises(MemoryError):
        SharedMemory(SHARED, Store(max_memory=65535))


def test_one_made_by_hand_is_limited_by_its_type_alone() -> None:
    memory = SharedMemory(SHARED)
    store = Store(max_memory=65536)
    instance = Instance(importing("1 10 shared"), {"env": {"memory": memory}}, store)
    assert instance.exports.m.grow(9) == 1
    assert (len(memory), memory.pages, store.memory_size) == (655360, 10, 0)
    for delta in (1, 1 << 40, (1 << 64) - 1):
        with pytest.raises(ValueError, match="cannot grow"):
            memory.grow(delta)


def test_views_stay_and_addresses_do_not_move() -> None:
    memory = SharedMemory(SHARED)
    view, address = memoryview(memory), memory.address
    memory.grow(5)
    assert memory.address == address
    view[3] = 7
    assert memory.load_u8(3) == 7
    assert (len(view), len(memoryview(memory))) == (65536, 6 * 65536)
    memory.store_u64(65536 * 6 - 8, 1)
    with pytest.raises(IndexError):
        memory.store_u64(65536 * 6 - 7, 1)


def test_wide_addresses_and_pages_of_one_byte() -> None:
    memory = SharedMemory(MemoryType(Limits(100, 200), I64, 1, True))
    assert memory.actual_type == MemoryType(Limits(100, 200), I64, 1, True)
    assert str(memory.actual_type) == "(memory i64 100 200 shared (pagesize 1))"
    assert memory.grow(100) == 100
    assert len(memory) == 200
    with pytest.raises(IndexError):
        memory.wait(200, 0, 0)
    for offset in (2, 198):
        with pytest.raises((ValueError, IndexError)):
            memory.wait(offset, 0, 0)
        with pytest.raises((ValueError, IndexError)):
            memory.notify(offset)
    with pytest.raises(ValueError, match="32 or 64"):
        memory.wait(0, 0, 0, bits=16)


QUEUE = Module("""(module (memory (import "env" "memory") 1 64 shared)
  ;; 0: the lock, 4: how many there are, 8: taken from here, 12: put here, 16: their sum, 24: how many were taken; 64: 16 places
  (func $lock (loop $again
    (if (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1)) (then
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 1) (i64.const 1000000))) (br $again)))))
  (func $unlock
    (i32.atomic.store (i32.const 0) (i32.const 0)) (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
  (func (export "put") (param $count i32) (param $grow i32)
    (loop $next
      (call $lock)
      (if (i32.lt_u (i32.load (i32.const 4)) (i32.const 16)) (then
        (i32.store (i32.add (i32.const 64) (i32.shl (i32.and (i32.load (i32.const 12)) (i32.const 15)) (i32.const 2))) (local.get $count))
        (i32.store (i32.const 12) (i32.add (i32.load (i32.const 12)) (i32.const 1)))
        (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (i32.const 1)))
        (if (i32.eqz (i32.rem_u (local.get $count) (local.get $grow))) (then
          (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then
            (i64.store (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8)) (i64.const 1))))))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))))
      (call $unlock)
      (br_if $next (local.get $count))))
  (func (export "take") (param $total i32)
    (loop $next
      (call $lock)
      (if (i32.load (i32.const 4)) (then
        (i64.store (i32.const 16) (i64.add (i64.load (i32.const 16)) (i64.load32_u
          (i32.add (i32.const 64) (i32.shl (i32.and (i32.load (i32.const 8)) (i32.const 15)) (i32.const 2))))))
        (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
        (i32.store (i32.const 4) (i32.sub (i32.load (i32.const 4)) (i32.const 1)))
        (i32.store (i32.const 24) (i32.add (i32.load (i32.const 24)) (i32.const 1)))))
      (call $unlock)
      (br_if $next (i32.lt_u (i32.atomic.load (i32.const 24)) (local.get $total))))))""")


def stress(seed: int, threads: int, count: int) -> None:
    """Threads put numbers into a queue and take them out, behind a lock made of waits, while the memory grows."""
    chosen = random.Random(seed)
    memory = SharedMemory(MemoryType(Limits(1, 64), shared=True))

    def user() -> Instance:
        return Instance(QUEUE, {"env": {"memory": memory}}, Store())

    total = threads * count
    work = [Thread(target=user().exports.put, args=(count, chosen.randrange(5, 50))) for _ in range(threads)]
    work += [Thread(target=user().exports.take, args=(total,)) for _ in range(threads)]
    chosen.shuffle(work)
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    (found,) = struct.unpack_from("<Q", memory, 16)
    assert found == threads * count * (count + 1) // 2
    assert memory.load_u32(24) == total
    assert all(memory.waiters(address) == 0 for address in (0, 4))
    assert all(memory.load_u64((page << 16) - 8) == 1 for page in range(2, memory.pages + 1))


@pytest.mark.parametrize("seed", range(3))
def test_many_threads_lose_nothing(seed: int) -> None:
    stress(seed, 4, 300)
