"""Exceptions of wasmvm as those that the users of another package expect."""

from __future__ import annotations

from contextlib import contextmanager

from wasmvm.errors import WasmError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def translating(translate: Callable[[WasmError], Exception]) -> Iterator[None]:
    """Raise what `translate` makes of wasmvm's exceptions instead of these, which stay the causes."""
    try:
        yield
    except WasmError as error:
        raise translate(error) from error
