"""What objects of the host count for that wasm has references to."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests.machine.store.test_references import exports
from tests.wat import wat2wasm
from wasmvm import Global, GlobalType, Instance, Module, Store
from wasmvm.types import EXTERNREF


class Big(bytearray):
    """Bytes that tell when they go."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__


class Wrapped:
    """Something of which nobody knows what it holds."""

    def __init__(self) -> None:
        self.data = Big(100_000)


@pytest.mark.parametrize(("make", "most"), [(lambda: Big(1 << 20), 8), (lambda: Big(1 << 14), 300), (Wrapped, 600)])
def test_large_externrefs_count_for_what_they_hold(make: Callable[[], object], most: int) -> None:
    store = Store()
    vm = exports(store)
    alive: weakref.WeakSet[object] = weakref.WeakSet()
    for _ in range(2000):
        thing = make()
        alive.add(thing)
        vm.internalize(thing)
        assert len(alive) <= most
    assert store.heap_size < 1 << 20, "which says what wasm's own objects take"


def test_large_externrefs_that_stay_do_not_make_collections_frequent() -> None:
    """As many bytes as stay may come before the next collection; and what is gone does not count."""
    store = Store()
    vm = exports(store)
    kept = vm.anys(1000)
    for i in range(1000):
        kept[i] = Big(1 << 16)
    alive: weakref.WeakSet[object] = weakref.WeakSet()
    most = 0
    for _ in range(3000):
        thing = Big(1 << 16)
        alive.add(thing)
        vm.internalize(thing)
        most = max(most, len(alive))
    assert 900 < most < 2200
    del kept
    store.gc()
    store.gc()
    alive.clear()
    for _ in range(1000):
        thing = Big(1 << 16)
        alive.add(thing)
        vm.internalize(thing)
        assert len(alive) < 100


def sizes_that_are_none(store: Store, vm: Any) -> list[type]:
    """Classes of objects that say something else than their size."""

    class Raises:
        def __sizeof__(self) -> int:
            raise ZeroDivisionError

    class Negative:
        def __sizeof__(self) -> int:
            return -1

    class Huge:
        def __sizeof__(self) -> int:
            return 1 << 70

    class Word:
        def __sizeof__(self) -> int:
            return "many"  # type: ignore[return-value]

    class Uses:
        asked = False

        def __sizeof__(self) -> int:
            if not self.asked:
                self.asked = True
                vm.internalize(self)
                store.gc()
            return 1000

    return [Raises, Negative, Huge, Word, Uses]


def test_objects_that_do_not_know_their_size() -> None:
    store = Store()
    vm = exports(store)
    for class_ in sizes_that_are_none(store, vm):
        for _ in range(100):
            thing = class_()
            assert vm.id(vm.internalize(thing)) is thing
        del thing
        store.gc()
    assert store.heap_size == 0


def test_sizes_are_asked_one_at_a_time() -> None:
    """A `__sizeof__` that passes on others like itself, by whatever way, does not go on until the C stack ends."""
    store = Store()
    depth = 0
    deepest = 0
    asked = 0

    class Sized:
        def __sizeof__(self) -> int:
            nonlocal depth, deepest, asked
            asked += 1
            depth += 1
            deepest = max(deepest, depth)
            assert call(None) is not None
            call(Sized())
            there.value = Sized()
            depth -= 1
            return 64

    source = """(module (import "h" "f" (func $f (param externref) (result externref)))
      (func (export "f") (param externref) (result externref) (call $f (local.get 0))))"""
    vm = Instance(Module(wat2wasm(source)), {"h": {"f": lambda given: Sized() if given is None else given}}, store)
    call = vm.exports.f
    there = Global(store, GlobalType(EXTERNREF, True), None)
    for i in range(3):
        there.value = Sized()
        assert isinstance(call(None), Sized)
        assert (asked, deepest, depth) == (2 * i + 2, 1, 0)
