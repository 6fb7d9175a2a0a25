"""Engines: the configuration that their stores and modules have."""

from __future__ import annotations

from pathlib import Path

import pytest

import wasmvm
from wasmvm.types import METER_CALLS, METER_INSTRUCTIONS, NO_METERING

LIMITS = {"max_memory": 1 << 20, "max_table": 100, "max_heap": 1 << 16, "max_stack": 1 << 17, "max_instances": 3,
          "max_tables": 4, "max_memories": 5, "timeout": 7.5, "fuel": 11}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_stores_have_the_limits_of_the_configuration_unless_they_are_given(name: str) -> None:
    engine = wasmvm.Engine(wasmvm.Config(**LIMITS))  # type: ignore[arg-type]
    value = LIMITS[name]
    assert getattr(engine.config, name) == value
    assert getattr(engine.store(), name) == value
    other = engine.store(**{name: 2 * value})
    assert {limit: getattr(other, limit) for limit in LIMITS} == {**LIMITS, name: 2 * value}
    assert getattr(wasmvm.Engine().store(), name) == getattr(wasmvm.Store(), name)


def test_fuel_is_counted_where_it_is_configured() -> None:
    assert wasmvm.Engine().store().metering == NO_METERING
    store = wasmvm.Engine(wasmvm.Config(consume_fuel=True)).store()
    assert (store.metering, store.fuel) == (METER_INSTRUCTIONS, 0)
    store = wasmvm.Engine(wasmvm.Config(consume_fuel=True)).store(metering=METER_CALLS, fuel=5)
    assert (store.metering, store.fuel) == (METER_CALLS, 5)


def test_modules_have_the_size_limit_of_the_configuration() -> None:
    source = wasmvm.wat2wasm("(module (memory 1))")
    wasmvm.Engine(wasmvm.Config(max_module_size=len(source))).module(source)
    with pytest.raises(wasmvm.ModuleSizeError, match=f"max_module_size={len(source) - 1}"):
        wasmvm.Engine(wasmvm.Config(max_module_size=len(source) - 1)).module(source)


def test_what_is_no_configuration() -> None:
    with pytest.raises(TypeError, match="config: expected a Config, got dict"):
        wasmvm.Engine({})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_stack"):
        wasmvm.Config(max_stack=1)


def test_epochs_mean_nothing_without_being_configured() -> None:
    engine = wasmvm.Engine()
    store = engine.store()
    engine.set_epoch_deadline(store, 0)
    engine.increment_epoch()
    instance = wasmvm.instantiate('(module (func (export "f") (result i32) i32.const 4))', store=store)
    assert instance.exports.f() == 4
    assert engine.epoch == 1


def test_each_store_has_a_deadline_of_its_own() -> None:
    engine = wasmvm.Engine(wasmvm.Config(epoch_interruption=True))
    text = '(module (func (export "f") (result i32) i32.const 4))'
    stores = [engine.store() for _ in range(4)]
    for ticks, store in enumerate(stores):
        engine.set_epoch_deadline(store, ticks)
    calls = [wasmvm.instantiate(text, store=store).exports.f for store in stores[1:]]
    for epoch in range(3):
        for ticks, call in enumerate(calls, 1):
            if epoch < ticks:
                assert call() == 4
            else:
                with pytest.raises(wasmvm.InterruptTrap):
                    call()
        engine.increment_epoch()


def test_proposals() -> None:
    simd, gc = "(module (func (param v128)))", "(module (type (struct)))"
    engine = wasmvm.Engine(wasmvm.Config(simd=False))
    assert engine.module(gc).features == ["gc"]
    with pytest.raises(wasmvm.ValidationError, match=r"the type v128 needs the simd proposal, .*Config\(simd=True\)"):
        engine.module(simd)
    engine = wasmvm.Engine(wasmvm.Config(features="mvp", simd=True))
    assert engine.module(simd).features == ["simd"]
    with pytest.raises(wasmvm.ValidationError, match="gc proposal"):
        engine.module(gc)
    with pytest.raises(TypeError, match="unexpected keyword argument 'max_memry'"):
        wasmvm.Config(max_memry=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the stack-switching proposal is not supported"):
        wasmvm.Config(stack_switching=True)
    assert wasmvm.Config(stack_switching=False).features >= {"simd", "gc"}
    with pytest.raises(ValueError, match="unknown feature 'simdd'"):
        wasmvm.Config(features="simdd")
    with pytest.raises(TypeError, match="features: expected a str"):
        wasmvm.Config(features=3)  # type: ignore[arg-type]


def test_no_way_in_forgets_the_proposals(tmp_path: Path) -> None:
    """Files, text, the cache that knows the module to be valid, and serialized modules."""
    text = '(module (func (export "f") (param v128)))'
    path = tmp_path / "simd.wasm"
    path.write_bytes(wasmvm.wat2wasm(text))
    cached = wasmvm.Module(path, cache=tmp_path / "cache")
    wasmvm.instantiate(cached).exports.f(bytes(16))
    data = cached.serialize(lower_all=True)
    del cached
    for load in (
        lambda: wasmvm.Module(path, features="-simd"),
        lambda: wasmvm.Module(path, cache=tmp_path / "cache", features="-simd"),
        lambda: wasmvm.Module.from_file(path, features="-simd"),
        lambda: wasmvm.Module(text, features="-simd"),
        lambda: wasmvm.Module.validate(text, features="-simd"),
        lambda: wasmvm.Module.deserialize(data, features="-simd"),
    ):
        with pytest.raises(wasmvm.ValidationError, match="the type v128 needs the simd proposal"):
            load()
    assert wasmvm.Module.deserialize(data, features="mvp,simd").features == ["simd"]
