"""Engines: what many stores have in common."""

from __future__ import annotations

from weakref import WeakSet

from wasmvm._core import LIMITS, Store, check_limit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasmvm.compiled.source import CacheOption, Source
    from wasmvm.embedding.module import Module
    from wasmvm.features import Features

STORE_LIMITS = ("fuel", "timeout", *LIMITS)
"""The limits that a `Store` takes."""


class Config:
    """Options of an `Engine`, each an attribute of its name.

    Args:
        fuel, timeout, max_memory, max_table, max_heap, max_stack, max_instances, max_tables, max_memories: see `Store`;
            each store gets that much.
        max_module_size: see `Module`.
        consume_fuel: whether wasm costs fuel even if `fuel` is None; then its stores start without any.
        epoch_interruption: whether wasm traps at the deadline that `Engine.set_epoch_deadline` sets.
        features: the proposals that modules may need; see `Module`.
        **proposals: each of them by name, such as ``threads=False``, after `features`.
        cache: keep lowered code of the modules from `Engine.module` for the next start, in this folder, or with True in
            the user's cache directory.

    Raises:
        TypeError, ValueError: a limit has the wrong type or an impossible value; there is no such proposal.
    """

    __slots__ = (*STORE_LIMITS, "cache", "consume_fuel", "epoch_interruption", "features", "max_module_size")

    def __init__(
        self,
        *,
        fuel: int | None = None,
        timeout: float | None = None,
        max_memory: int | None = None,
        max_table: int | None = None,
        max_heap: int | None = None,
        max_stack: int | None = None,
        max_instances: int | None = None,
        max_tables: int | None = None,
        max_memories: int | None = None,
        max_module_size: int | None = None,
        consume_fuel: bool = False,
        epoch_interruption: bool = False,
        cache: CacheOption = False,
        features: str | Features | None = None,
        **proposals: bool,
    ) -> None:
        self.fuel = fuel
        self.timeout = timeout
        self.max_memory = max_memory
        self.max_table = max_table
        self.max_heap = max_heap
        self.max_stack = max_stack
        self.max_instances = max_instances
        self.max_tables = max_tables
        self.max_memories = max_memories
        self.max_module_size = check_limit("max_module_size", max_module_size)
        self.consume_fuel = consume_fuel
        self.epoch_interruption = epoch_interruption
        self.cache = cache
        self.features = _features(features, proposals)
        Store(**self.store_options())  # raises for impossible limits

    def store_options(self) -> dict[str, Any]:
        """The options of stores, as arguments of `Store`."""
        options = {name: limit for name in STORE_LIMITS if (limit := getattr(self, name)) is not None}
        if self.consume_fuel:
            options["metering"] = True
        return options


def _features(features: str | Features | None, proposals: dict[str, bool]) -> Features | None:
    if features is None and not proposals:
        return None
    from wasmvm.features import DEFAULT, MISSING, SUPPORTED, parse, switched

    made = DEFAULT if features is None else parse(features)
    for name, on in proposals.items():
        if name.replace("_", "-") not in (*SUPPORTED, *MISSING):
            raise TypeError(f"Config() got an unexpected keyword argument {name!r}")
        made = switched(made, name, on=on)
    return made


class Engine:
    """Makes modules and stores of one configuration, and counts the epochs that they share.

    Epochs cost the guest nothing, and the host a call of `increment_epoch` now and then, for example from a timer
    thread. Wasm in a store whose deadline is reached traps with the code "interrupt"; other stores go on.

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
        """A new `Store` with the options of the configuration, unless they are given here."""
        config = self.config
        store = Store(**{**config.store_options(), **options})
        if config.epoch_interruption:
            self.set_epoch_deadline(store, 0)
        return store

    def module(self, source: Source) -> Module:
        """The `Module` of this source, with the cache of the configuration; raises what `Module` raises."""
        from wasmvm.embedding.module import Module

        config = self.config
        return Module(source, cache=config.cache, max_module_size=config.max_module_size, features=config.features)

    def set_epoch_deadline(self, store: Store, ticks: int) -> None:
        """Make wasm in `store` trap once the epoch is `ticks` later than now; for a new store `ticks` is 0.

        Without `Config.epoch_interruption` this does nothing.
        """
        if self.config.epoch_interruption:
            deadline = store.epoch_deadline
            if deadline is None:
                deadline = store.epoch_deadline = StoreDeadline(store)
                self._deadlines.add(deadline)
            deadline.epoch = self.epoch + ticks
            deadline.look(self.epoch)

    def increment_epoch(self) -> None:
        """Begin the next epoch. May be called from any thread, and from a host function."""
        self.epoch += 1
        for deadline in list(self._deadlines):
            deadline.look(self.epoch)


class StoreDeadline:
    """The epoch at which a store's wasm begins to trap; lives as long as the store."""

    __slots__ = ("__weakref__", "_hold", "epoch")

    def __init__(self, store: Store) -> None:
        from weakref import ref

        self.epoch = 0
        self._hold = ref(store)

    def look(self, epoch: int) -> None:
        """Stop the store or let it run, now that the engine has this epoch."""
        store = self._hold()
        if store is not None:
            store.hold(epoch >= self.epoch)
