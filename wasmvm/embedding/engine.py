"""Engines: what many stores have in common."""

from __future__ import annotations

import os
from weakref import WeakSet

from wasmvm._core import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasmvm.embedding.module import Module, Source


class Config:
    """Options of an `Engine`, each an attribute of its name.

    Args:
        consume_fuel: whether wasm costs fuel; its stores begin with none.
        epoch_interruption: whether wasm traps from the deadline that `Engine.set_epoch_deadline` sets.
        max_stack: bytes of stack of a store.
        max_memory, max_table: bytes of a memory, and elements of a table, that a store allows.
        max_heap: bytes of a store's structures and arrays together.
        cache: keep lowered code of the modules from `Engine.module` on disk, for the next start: True in the user's
            cache directory, or in the folder of this path.
    """

    __slots__ = ("cache", "consume_fuel", "epoch_interruption", "max_heap", "max_memory", "max_stack", "max_table")

    def __init__(
        self,
        *,
        consume_fuel: bool = False,
        epoch_interruption: bool = False,
        max_stack: int = 8 << 20,
        max_memory: int = 1 << 32,
        max_table: int = 10_000_000,
        max_heap: int = 1 << 30,
        cache: bool | str | os.PathLike[str] = False,
    ) -> None:
        self.consume_fuel = consume_fuel
        self.epoch_interruption = epoch_interruption
        self.max_stack = max_stack
        self.max_memory = max_memory
        self.max_table = max_table
        self.max_heap = max_heap
        self.cache = cache


class Engine:
    """Makes modules and stores of one configuration, and counts the epochs that they share.

    Time in epochs costs the guest nothing and the host a call of `increment_epoch` now and then, from a timer's thread
    for example: wasm in a store whose deadline is reached traps with the code "interrupt", and in no other.

    Attributes:
        config: the `Config`.
        epoch: how often `increment_epoch` was called.
    """

    def __init__(self, config: Config | None = None) -> None:
        if config is None:
            config = Config()
        elif not isinstance(config, Config):
            raise TypeError(f"config: expected a Config, got {type(config).__name__}")
        self.config = config
        self.epoch = 0
        self._deadlines: WeakSet[StoreDeadline] = WeakSet()

    def store(self, **options: Any) -> Store:
        """A new `Store` with the options of the configuration; those given here come first."""
        config = self.config
        if options:
            limits = {name: getattr(config, name) for name in ("max_stack", "max_memory", "max_table", "max_heap")}
            store = Store(**{"metering": config.consume_fuel, **limits, **options})
        else:
            store = Store(
                max_stack=config.max_stack, max_memory=config.max_memory, max_table=config.max_table,
                max_heap=config.max_heap, metering=config.consume_fuel,
            )  # fmt: skip
        if config.epoch_interruption:
            self.set_epoch_deadline(store, 0)
        return store

    def module(self, source: Source) -> Module:
        """The `Module` of this source, with the cache of the configuration; raises what `Module` raises."""
        from wasmvm.embedding.module import Module

        return Module(source, cache=self.config.cache)

    def set_epoch_deadline(self, store: Store, ticks: int) -> None:
        """Let wasm in `store` trap once the epoch is `ticks` later than it is now; a new store's deadline is 0.

        It does nothing unless the engine is configured with `Config.epoch_interruption`.
        """
        if self.config.epoch_interruption:
            deadline = store.deadline_holder
            if deadline is None:
                deadline = store.deadline_holder = StoreDeadline(store)
                self._deadlines.add(deadline)
            deadline.epoch = self.epoch + ticks
            deadline.look(self.epoch)

    def increment_epoch(self) -> None:
        """Begin the next epoch; from any thread, and from a host function too."""
        self.epoch += 1
        for deadline in list(self._deadlines):
            deadline.look(self.epoch)


class StoreDeadline:
    """The epoch from which a store's wasm traps; it lives as long as the store."""

    __slots__ = ("__weakref__", "_hold", "epoch")

    def __init__(self, store: Store) -> None:
        from weakref import ref

        self.epoch = 0
        self._hold = ref(store)

    def look(self, epoch: int) -> None:
        """Stop the store or let it run, by what epoch it is."""
        store = self._hold()
        if store is not None:
            store.hold(epoch >= self.epoch)
