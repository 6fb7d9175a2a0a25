"""Host functions for the imports of instances."""

from __future__ import annotations

from collections.abc import Callable

from wasmvm._core import Caller, Func, Store
from wasmvm.types import F64, I32, VALTYPES, FuncType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Caller", "Func", "HostFunc", "annotated_type"]


class HostFunc:
    """A Python function for imports, with more options than a plain callable has.

    Args:
        callable: takes a value per parameter and returns None, a value, or a sequence of values.
        type: its `FuncType`; by default that of the import it is given for.
        access_caller: whether to pass a `Caller`, the calling instance, as the first argument.
    """

    __slots__ = ("access_caller", "callable", "type")

    def __init__(
        self, callable: Callable[..., Any], type: FuncType | None = None, *, access_caller: bool = False
    ) -> None:
        if not hasattr(callable, "__call__"):  # noqa: B004 - the parameter hides the function of that name
            raise TypeError(f"callable: expected a function, got {callable!r}")
        self.callable = callable
        self.type = type
        self.access_caller = access_caller

    def bind(self, store: Store, type: FuncType | None = None, type_id: int | None = None) -> Func:
        """The function in a store, for an import of this type; without a type, that of its annotations.

        Args:
            type_id: the id of the import's defined type, if `type` does not say all about it.

        Raises:
            TypeError: there is no type, and the annotations do not say one.
        """
        wanted = self.type or type or annotated_type(self.callable, skip=int(self.access_caller))
        return Func(
            store,
            wanted,
            self.callable,
            access_caller=self.access_caller,
            type_id=type_id if self.type is None else None,
        )


def annotated_type(callable: Callable[..., Any], skip: int = 0) -> FuncType:
    """The function type that a Python function's annotations state, without its first `skip` parameters.

    ``int`` means i32, ``float`` f64; otherwise an annotation is a `ValType` or the name of one. That of the result may
    be None, one of these, or a ``tuple[...]`` of them. A string means what it does without quotes.

    Raises:
        TypeError: a parameter or the result has no annotation, or one that is not a value type.
    """
    import inspect

    name = getattr(callable, "__name__", repr(callable))
    try:
        try:
            signature = inspect.signature(callable, eval_str=True, locals={name: name for name in VALTYPES})
        except Exception:  # of what an annotation is made of, which is left a string then
            signature = inspect.signature(callable)
    except ValueError as error:
        raise TypeError(f"{name}: {error}") from error
    params = [_value(p.annotation, f"{name}: parameter {p.name}") for p in list(signature.parameters.values())[skip:]]
    result = signature.return_annotation
    if result is signature.empty:
        raise TypeError(f"{name}: the result is not annotated")
    if result is None or result == "None":
        results = []
    elif getattr(result, "__origin__", None) is tuple:
        results = [_value(item, f"{name}: the result") for item in result.__args__]
    else:
        results = [_value(result, f"{name}: the result")]
    return FuncType(tuple(params), tuple(results))


def _value(annotation: Any, what: str) -> int:
    from wasmvm.embedding.valtype import valtype  # making its enumeration takes milliseconds

    if annotation is int or annotation == "int":
        return I32
    if annotation is float or annotation == "float":
        return F64
    try:
        return valtype(annotation)
    except (ValueError, TypeError):
        raise TypeError(f"{what} is annotated with no value type: {annotation!r}") from None
