"""Tags of exceptions."""

from __future__ import annotations

from wasmvm import _core
from wasmvm.compat.wasmtime.caller import Storelike, check
from wasmvm.compat.wasmtime.error import WasmtimeError
from wasmvm.compat.wasmtime.extern import Extern
from wasmvm.compat.wasmtime.types import TagType


class Tag(Extern, wraps=_core.Tag, held_in="_tag"):
    """Args: store: a store. ty: a `TagType`; WasmtimeError if its function type has results."""

    _tag: _core.Tag

    def __init__(self, store: Storelike, ty: TagType) -> None:
        if not isinstance(ty, TagType):
            raise TypeError("expected a TagType")
        functype = ty.ptr().ptr()
        if functype.results:
            raise WasmtimeError("Cannot create an exception type from a tag type with results in the signature")
        self._tag = _core.Tag(store._context(), functype)

    def type(self, store: Storelike) -> TagType:
        check(store, self._tag.store)
        return TagType._wrapped(self._tag.type)

    def eq(self, store: Storelike, other: Tag) -> bool:
        """Whether both are the same tag, not just tags of the same type."""
        check(store, self._tag.store)
        return self._tag is other._tag
