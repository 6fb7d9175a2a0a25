"""Tags of exceptions: the object, until wasmvm has exceptions."""

from __future__ import annotations

from wasmvm.compat.wasmtime.store import Storelike, check
from wasmvm.compat.wasmtime.types import FuncType, TagType


class Tag:
    """Args: store: a store. ty: a `TagType`."""

    def __init__(self, store: Storelike, ty: TagType) -> None:
        if not isinstance(ty, TagType):
            raise TypeError("expected a TagType")
        self._functype = ty.functype.ptr()
        self._store = store._context()

    def type(self, store: Storelike) -> TagType:
        check(store, self._store)
        return TagType(FuncType._of(self._functype))

    def eq(self, store: Storelike, other: Tag) -> bool:
        """Whether both are the same tag, not just of one type."""
        check(store, self._store)
        return self is other
