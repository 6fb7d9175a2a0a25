"""What a store may take: one bound for all that there is of a kind, whoever made it."""

from __future__ import annotations

import gc
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wasmvm
from wasmvm import Limits, Memory, MemoryType, Store, Table, TableType
from wasmvm._core import LIMITS
from wasmvm.types import FUNCREF, I64

PAGE = 65536
GROWING = """(module (memory (export "m") 1) (memory (export "n") i64 1) (table (export "t") 5 funcref)
  (table (export "u") i64 5 funcref)
  (func (export "m_grow") (param i32) (result i32) (memory.grow 0 (local.get 0)))
  (func (export "n_grow") (param i64) (result i64) (memory.grow 1 (local.get 0)))
  (func (export "t_grow") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0)))
  (func (export "u_grow") (param i64) (result i64) (table.grow 1 (ref.null func) (local.get 0))))"""


# --- what an embedder may say -----------------------------------------------------------------------------------------

NAMES = ["fuel", *LIMITS]


class Odd:
    """A number that raises, or is none."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __index__(self) -> Any:
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    def __repr__(self) -> str:
        return f"Odd({self.value!r})"


@pytest.mark.parametrize("name", NAMES)
def test_numbers_of_any_kind(name: str) -> None:
    for value in (70_000, np.int32(70_000), np.uint64(70_000), Odd(70_000)):
        assert getattr(Store(**{name: value}), name) in (70_000, 70_000 // 8 * 8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [True, np.bool_(True), 5.0, float("nan"), "5", b"5", [], Odd("5")], ids=repr)
def test_what_is_no_number(name: str, value: object) -> None:
    for call in callers(name, value):
        with pytest.raises(TypeError, match=f"{name}: expected an integer, got"):
            call()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "value",
    [-1, 1 << 64, 1 << 70, -(1 << 70), 10**6000, np.int64(-5)],
    ids=lambda v: str(v)[:9] if abs(int(v)) < 1 << 80 else "huge",
)
def test_numbers_that_cannot_be(name: str, value: int) -> None:
    for call in callers(name, value):
        with pytest.raises(ValueError, match=f"{name} must be from"):
            call()


def callers(name: str, value: object) -> list[Callable[[], object]]:
    """Each way to give a limit."""
    return [
        lambda: Store(**{name: value}),  # type: ignore[arg-type]
        lambda: wasmvm.Config(**{name: value}),  # type: ignore[arg-type]
        lambda: wasmvm.Engine().store(**{name: value}),
        lambda: wasmvm.instantiate("(module)", **{name: value}),  # type: ignore[arg-type]
        lambda: wasmvm.run('(module (func (export "_start")))', **{name: value}),  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize("value", [True, "5", b"5", [], 5j])
def test_what_is_no_time(value: object) -> None:
    for call in callers("timeout", value):
        with pytest.raises(TypeError, match="timeout: expected seconds, got"):
            call()
    with pytest.raises(TypeError, match="timeout: expected seconds"):
        Store().timeout = value  # type: ignore[assignment]


@pytest.mark.parametrize("value", [-1, -0.5, float("nan"), float("-inf"), 10**400])
def test_times_that_cannot_be(value: float) -> None:
    for call in callers("timeout", value):
        with pytest.raises(ValueError, match="timeout"):
            call()
    with pytest.raises(ValueError, match="timeout"):
        Store().timeout = value


def test_times_that_can() -> None:
    assert Store(timeout=float("inf")).timeout is None
    assert Store(timeout=np.float32(0.5)).timeout == 0.5
    assert Store(timeout=1 << 70).timeout == 2.0**70
    for timeout in (2.0**70, 1e300):
        assert (
            wasmvm.instantiate('(module (func (export "f") (result i32) i32.const 3))', timeout=timeout).exports.f()
            == 3
        )


def test_every_name_is_known_everywhere() -> None:
    limits = {"fuel": 1000, "timeout": 9.5, **dict.fromkeys(LIMITS, 80000)}
    for store in (
        Store(**limits),  # type: ignore[arg-type]
        wasmvm.Engine(wasmvm.Config(**limits)).store(),  # type: ignore[arg-type]
        wasmvm.Engine().store(**limits),
        wasmvm.instantiate("(module)", **limits).store,  # type: ignore[arg-type]
    ):
        assert {name: getattr(store, name) for name in limits} == limits
    assert wasmvm.run('(module (func (export "_start")))', **limits).returncode == 0  # type: ignore[arg-type]


def test_the_store_comes_first() -> None:
    engine = wasmvm.Engine(wasmvm.Config(max_memory=PAGE, fuel=7))
    assert engine.store(max_memory=2 * PAGE).max_memory == 2 * PAGE
    assert (engine.store().fuel, engine.store(fuel=8).fuel) == (7, 8)


# --- fuel -------------------------------------------------------------------------------------------------------------


def test_fuel_is_counted_where_it_is_given() -> None:
    vm = wasmvm.instantiate('(module (func (export "f") (loop br 0)))', store=Store(fuel=1000))
    with pytest.raises(wasmvm.FuelTrap):
        vm.exports.f()
    assert vm.store.fuel == 0


def test_fuel_that_would_not_be_counted_is_refused() -> None:
    store = Store()
    assert store.fuel is None
    with pytest.raises(ValueError, match=r"not counted in this store: make it with Store\(fuel"):
        store.fuel = 100
    with pytest.raises(ValueError, match="fuel cannot be counted with metering=0"):
        Store(fuel=100, metering=0)
    with pytest.raises(TypeError, match="fuel: expected an integer, got NoneType"):
        Store(fuel=1).fuel = None  # type: ignore[assignment]
    assert Store(metering=True).fuel == 0
    assert Store(fuel=(1 << 64) - 1).fuel == (1 << 64) - 1
    for metering in (3, -1, 1 << 40, "1"):
        with pytest.raises((TypeError, ValueError), match="metering"):
            Store(metering=metering)  # type: ignore[arg-type]


# --- memories and tables ----------------------------------------------------------------------------------------------


def test_all_memories_together() -> None:
    store = Store(max_memory=6 * PAGE)
    by_hand = Memory(store, MemoryType(Limits(1, None)))
    one = wasmvm.instantiate(GROWING, store=store).exports
    two = wasmvm.instantiate(GROWING, store=store).exports
    assert store.memory_size == 5 * PAGE
    assert (one.m_grow(2), one.n_grow(2), two.m_grow(-1)) == (-1, -1, -1)
    assert (one.m_grow(1), two.n_grow(1), two.m_grow(0), one.m_grow(0)) == (1, -1, 1, 2)
    with pytest.raises(ValueError, match="cannot grow"):
        by_hand.grow(1)
    with pytest.raises(MemoryError, match=f"max_memory={6 * PAGE}") as caught:
        Memory(store, MemoryType(Limits(1, None)))
    assert caught.value.limit == "max_memory"  # type: ignore[attr-defined]
    with pytest.raises(wasmvm.LinkError, match="65536 bytes, with 393216 in other memories") as linking:
        wasmvm.instantiate(GROWING, store=store)
    assert linking.value.limit == "max_memory"
    assert pickle.loads(pickle.dumps(linking.value)).limit == "max_memory"
    del by_hand, linking, caught
    gc.collect()
    assert store.memory_size == 5 * PAGE
    assert two.n_grow(1) == 1
    store.set_limits(max_memory=7 * PAGE)
    assert two.m_grow(1) == 1
    store.set_limits(max_memory=0)
    assert (two.m_grow(1), two.m_grow(0)) == (-1, 2)
    assert two.m_grow(0) == 2


def test_all_tables_together() -> None:
    store = Store(max_table=22)
    by_hand = Table(store, TableType(FUNCREF, Limits(2, None)))
    vm = wasmvm.instantiate(GROWING, store=store).exports
    assert store.table_size == 12
    assert (vm.t_grow(11), vm.u_grow(11), vm.t_grow(-1)) == (-1, -1, -1)
    assert (vm.t_grow(8), vm.u_grow(2), vm.u_grow(0), vm.u_grow(1)) == (5, 5, 7, -1)
    with pytest.raises(ValueError, match="cannot grow"):
        by_hand.grow(1)
    with pytest.raises(MemoryError, match="max_table=22"):
        Table(store, TableType(FUNCREF, Limits(1, None), I64))
    with pytest.raises(wasmvm.LinkError, match="max_table=22") as caught:
        wasmvm.instantiate(GROWING, store=store)
    assert caught.value.limit == "max_table"
    del by_hand, caught
    gc.collect()
    assert store.table_size == 20
    assert vm.u_grow(2) == 7


def test_many_tables_of_a_module() -> None:
    """Each was allowed 80 MB."""
    with pytest.raises(wasmvm.LinkError, match="max_table"):
        wasmvm.instantiate("(module " + "(table 10000000 funcref)" * 20 + ")")


@pytest.mark.parametrize(
    ("text", "option", "count"),
    [("(table 0 funcref)", "max_tables", 50), ("(memory 0 0)", "max_memories", 50), ("", "max_instances", 1)],
)
def test_how_many(text: str, option: str, count: int) -> None:
    module = wasmvm.Module(f"(module {text * count})")
    store = Store(**{option: 2 * count + count // 2})  # type: ignore[arg-type]
    held = [wasmvm.Instance(module, store=store) for _ in range(2)]
    for _ in range(3):
        with pytest.raises(wasmvm.LinkError, match=f"{option}={2 * count + count // 2}") as caught:
            wasmvm.Instance(module, store=store)
        assert caught.value.limit == option
        del caught
        gc.collect()
    held.pop()
    wasmvm.Instance(module, store=store)


@pytest.mark.parametrize(
    ("name", "text"),
    [("max_instances", ""), ("max_tables", "(table 0 funcref)"), ("max_memories", "(memory 0)"),
     ("max_memory", "(memory 1)"), ("max_table", "(table 9 funcref)")],
)  # fmt: skip
def test_limits_can_be_changed(name: str, text: str) -> None:
    module = wasmvm.Module(f"(module {text})")
    store = Store()
    kept = wasmvm.Instance(module, store=store)
    store.set_limits(**{name: 1})
    assert getattr(store, name) == 1
    with pytest.raises(wasmvm.LinkError, match=name):
        wasmvm.Instance(module, store=store)
    store.set_limits(**{name: 1 << 20})
    wasmvm.Instance(module, store=store)
    del kept


def test_what_is_gone_counts_no_more() -> None:
    """Also where only the collector finds out."""
    module = wasmvm.Module('(module (memory 1) (table 9 funcref) (func (export "f")))')
    store = Store(max_instances=3, max_memories=3, max_tables=3, max_memory=3 * PAGE, max_table=27)
    for _ in range(50):
        vm: Any = wasmvm.Instance(module, store=store)
        vm.cycle = vm, vm.exports.f
        del vm
        gc.collect()
    assert (store.memory_size, store.table_size) == (0, 0)


def test_a_memory_whose_instance_is_garbage_is_counted_until_it_goes() -> None:
    module = wasmvm.Module('(module (memory (export "m") 1))')
    store = Store(max_memory=PAGE)
    vm: Any = wasmvm.Instance(module, store=store)
    memory = vm.exports.m
    vm.cycle = vm
    del vm
    gc.collect()
    assert (store.memory_size, memory.pages) == (PAGE, 1)
    view = memoryview(memory)
    del memory
    gc.collect()
    with pytest.raises(wasmvm.LinkError, match="max_memory"):
        wasmvm.Instance(module, store=store)
    view.release()
    assert store.memory_size == 0
    wasmvm.Instance(module, store=store)


def test_a_refused_instance_leaves_nothing() -> None:
    store = Store(max_memory=PAGE, max_table=10)
    for text in ("(memory 1) (memory 1)", "(memory 1) (table 9 funcref) (table 9 funcref)"):
        with pytest.raises(wasmvm.LinkError):
            wasmvm.instantiate(f"(module {text})", store=store)
    gc.collect()
    assert (store.memory_size, store.table_size) == (0, 0)
    assert wasmvm.instantiate(GROWING.replace("i64 1", "i64 0"), store=store).exports.m_grow(0) == 1


def test_records_of_instances_are_bounded() -> None:
    """A function costs a byte or two of a module, and some hundred in each of its instances."""
    module = wasmvm.Module("(module (type (func)) " + "(func)" * 200_000 + ")")
    store = Store()
    held = [wasmvm.Instance(module, store=store)]
    with pytest.raises(wasmvm.LinkError, match="bytes for its functions and segments") as caught:
        for _ in range(200):
            held.append(wasmvm.Instance(module, store=store))
    assert caught.value.limit == "max_instances"
    assert 10 < len(held) < 150
    del held, caught
    gc.collect()
    wasmvm.Instance(module, store=store)


def test_addresses_are_not_used_up() -> None:
    """A store whose memories may be large reserves a few terabytes at most."""
    store = Store(max_memory=1 << 46)
    held = [Memory(store, MemoryType(Limits(0, None), I64)) for _ in range(150)]
    assert len(held) == 150
    assert Memory(Store(), MemoryType(Limits(1, None))).grow(1) == 1
    assert held[0].grow(1) == 0
    with pytest.raises(ValueError, match="cannot grow"):
        held[-1].grow(2)


# --- as other runtimes do it ------------------------------------------------------------------------------------------


def test_limits_of_each() -> None:
    store = Store()
    store.limit_each(memory=2 * PAGE, table=6, instances=2)
    vms = [wasmvm.instantiate(GROWING, store=store).exports for _ in range(2)]
    for vm in vms:
        assert (vm.m_grow(1), vm.m_grow(1), vm.t_grow(1), vm.t_grow(1)) == (1, -1, 5, -1)
    del vms, vm
    gc.collect()
    with pytest.raises(wasmvm.LinkError, match="instance count too high at 3"):
        wasmvm.instantiate(GROWING, store=store)
