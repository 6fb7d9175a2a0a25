"""Engines."""

from __future__ import annotations

from typing import Any

from wasmvm.compat.wasmtime.config import Config
from wasmvm.compat.wasmtime.managed import Managed
from wasmvm.embedding import engine
from wasmvm.features import DEFAULT, Features, switched

_STACK = 2 << 20
"""What wasmtime allows a call stack by default, in bytes."""
_MAX_MEMORY = 1 << 46
"""Bytes of all memories if nothing else limits them: half of what a process can address."""
_ANY = 1 << 40
_SLOTS_PER_BYTE = 4
"""Interpreted frames keep every value in 8 bytes, so the same recursion takes more room."""


def config_features(options: dict[str, Any]) -> Features | None:
    """What the options ``wasm_...`` leave on; None for the default."""
    off = [name.removeprefix("wasm_") for name, on in options.items() if name.startswith("wasm_") and on is False]
    features = DEFAULT
    for name in off:
        if name.replace("_", "-") in DEFAULT:
            features = switched(features, name, on=False)
    return features if off else None


class Engine(Managed[engine.Engine]):
    """Args: config: a `Config`, which is used up, or None."""

    def __init__(self, config: Config | None = None) -> None:
        if config is not None and not isinstance(config, Config):
            raise TypeError("expected Config")
        options = {} if config is None else config._consume()
        self._options = options
        max_stack = _SLOTS_PER_BYTE * options.get("max_wasm_stack", _STACK)
        self._set_ptr(
            engine.Engine(
                engine.Config(
                    consume_fuel=options.get("consume_fuel", False),
                    epoch_interruption=options.get("epoch_interruption", False),
                    # A store of wasmtime limits each memory, and nothing at first.
                    max_memory=_MAX_MEMORY,
                    max_instances=_ANY,
                    max_tables=_ANY,
                    max_memories=_ANY,
                    max_stack=min(max(max_stack, 65536), 1 << 32),
                    cache="cache" in options,
                    features=config_features(options),
                )
            )
        )

    def increment_epoch(self) -> None:
        """Begin the next epoch: stores whose deadline it is trap."""
        self.ptr().increment_epoch()

    def is_pulley(self) -> bool:
        """Whether this is wasmtime's own interpreter."""
        self.ptr()
        return False
