"""Objects that can be closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")


class Managed(Generic[T]):
    """Base of classes that hold something until `close`; ``with`` closes too."""

    _managed: T | None

    @classmethod
    def _of(cls, ptr: T) -> Self:
        """An object that holds `ptr`, past the constructor, which is the users'."""
        made = cls.__new__(cls)
        made._set_ptr(ptr)
        return made

    def _delete(self, ptr: T) -> None:
        """Called once, by `close`."""

    def _set_ptr(self, ptr: T) -> None:
        self._managed = ptr

    def close(self) -> None:
        """Release what is held. Harmless when done twice; using the object afterwards raises ValueError."""
        ptr = getattr(self, "_managed", None)
        if ptr is not None:
            self._delete(ptr)
            self._managed = None

    def ptr(self) -> T:
        """What is held: here wasmvm's own object, not a pointer. ValueError after `close`."""
        try:
            ptr = self._managed
        except AttributeError:
            raise ValueError("never initialized") from None
        if ptr is None:
            raise ValueError("already closed")
        return ptr

    def _consume(self) -> T:
        """Take what is held, for another object: this one is closed."""
        ptr = self.ptr()
        self._managed = None
        return ptr

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()
