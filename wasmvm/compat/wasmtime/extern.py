"""What can be imported and exported: the base of the classes that wrap it, each of which enters itself here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from wasmvm import _core

if TYPE_CHECKING:
    from typing_extensions import Self

_WRAPPERS: dict[type, type[Extern]] = {}
"""By class of wasmvm: the class of this package."""


class Extern:
    """Base of what wraps an object of wasmvm that can be imported and exported.

    Class arguments:
        wraps: wasmvm's class.
        held_in: the attribute that has the object.
    """

    _held_in: ClassVar[str]

    def __init_subclass__(cls, *, wraps: type | None = None, held_in: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if wraps is not None:
            cls._held_in = held_in
            _WRAPPERS[wraps] = cls

    @classmethod
    def _of(cls, extern: Any) -> Self:
        """The object that wraps `extern`, past the constructor, which is the users'."""
        made = cls.__new__(cls)
        setattr(made, cls._held_in, extern)
        return made

    def _wrapped(self) -> Any:
        """wasmvm's object."""
        return getattr(self, self._held_in)


def wrap_extern(extern: Any) -> Any:
    """The object of this package for one of wasmvm; a shared memory belongs to no store here."""
    if type(extern) is _core.Memory and extern.shared is not None:
        extern = extern.shared
    return _WRAPPERS[type(extern)]._of(extern)


def core_extern(item: Any) -> Any:
    """wasmvm's object for one of this package; TypeError for anything else."""
    if isinstance(item, Extern):
        return item._wrapped()
    raise TypeError("expected a Func, Global, Memory, SharedMemory, Tag, or Table")
