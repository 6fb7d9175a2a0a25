"""What objects of the host count for that wasm has references to."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests.machine.store.test_references import exports
from wasmvm import Store


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
