"""Reading a module for a command."""

from __future__ import annotations

from wasmvm.cli.failure import CommandError, describe
from wasmvm.errors import DecodeError, ValidationError
from wasmvm.quoting import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wasmvm.embedding.module import Module


def load_module(
    path: str,
    *,
    cache: bool = False,
    max_module_size: int | None = None,
    checkpoint: Callable[[], object] | None = None,
) -> Module:
    """Reads, decodes and validates a file, perhaps with the help of the cache; raises CommandError naming the file."""
    from wasmvm.compiled import look_around
    from wasmvm.embedding.module import Module

    checkpoint = checkpoint or look_around
    try:
        return Module.from_file(path, cache=cache, max_module_size=max_module_size, checkpoint=checkpoint)
    except OSError as error:
        raise CommandError(f"{escaped(path)}: {error.strerror or error}") from error
    except (DecodeError, ValidationError) as error:
        raise CommandError(f"{escaped(path)}: {describe(error)}") from error
