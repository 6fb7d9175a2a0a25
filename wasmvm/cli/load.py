"""Reading a module for a command."""

from __future__ import annotations

from wasmvm.cli.failure import about_file
from wasmvm.errors import DecodeError, ValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wasmvm.embedding.module import Module
    from wasmvm.features import Features


def load_module(
    path: str,
    *,
    cache: bool = False,
    max_module_size: int | None = None,
    features: Features | None = None,
    checkpoint: Callable[[], object] | None = None,
) -> Module:
    """Read, decode and validate a file, perhaps with the user's cache; raises CommandError, which names the file."""
    from wasmvm.compiled import look_around
    from wasmvm.embedding.module import Module

    checkpoint = checkpoint or look_around
    try:
        return Module.from_file(
            path, cache=cache, max_module_size=max_module_size, features=features, checkpoint=checkpoint
        )
    except (OSError, DecodeError, ValidationError) as error:
        raise about_file(path, error) from error
