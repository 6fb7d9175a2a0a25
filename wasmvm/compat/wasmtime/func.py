"""Functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wasmvm import _core, errors, types
from wasmvm.compat.wasmtime.caller import Caller, Storelike, check
from wasmvm.compat.wasmtime.error import WasmtimeError, raised
from wasmvm.compat.wasmtime.extern import Extern
from wasmvm.compat.wasmtime.store import Store
from wasmvm.compat.wasmtime.types import FuncType
from wasmvm.compat.wasmtime.val import from_core, to_core

if TYPE_CHECKING:
    from typing_extensions import Self

_INTEGERS = frozenset((types.I32, types.I64))


class Func(Extern, wraps=_core.Func, held_in="_func"):
    """A function.

    Args:
        store: a `Store`.
        ty: its `FuncType`.
        func: called with plain Python values; it returns None, a value, or a sequence of several.
        access_caller: pass a `Caller` first.
    """

    _func: _core.Func
    _as_given: bool  # whether wasmvm takes what wasmtime takes for every parameter, and refuses what it refuses
    _plain: bool  # whether results need no wrapping

    def __init__(self, store: Store, ty: FuncType, func: Callable[..., Any], access_caller: bool = False) -> None:
        if not isinstance(store, Store):
            raise TypeError("expected a Store")
        if not isinstance(ty, FuncType):
            raise TypeError("expected a FuncType")
        functype = ty.ptr()
        host = trampoline(functype, func, access_caller)
        self._set(_core.Func(store._context(), functype, host, access_caller=access_caller))

    @classmethod
    def _of(cls, extern: _core.Func) -> Self:
        made = cls.__new__(cls)
        made._set(extern)
        return made

    def _set(self, func: _core.Func) -> None:
        self._func = func
        self._as_given = _INTEGERS.issuperset(func.type.params)
        self._plain = not any(map(types.is_reftype, func.type.results))

    def type(self, store: Storelike) -> FuncType:
        check(store, self._func.store)
        return FuncType._of(self._func.type)

    def __call__(self, store: Storelike, *params: Any) -> Any:
        """None, a value, or a list of several. Raises Trap, WasmtimeError, TypeError, or what a host raised."""
        func = self._func
        if store._core is not func.store:
            check(store, func.store)
        try:
            if self._as_given:
                try:
                    result = func(*params)
                except TypeError:
                    converted = self._convert(params)
                    if all(map(lambda a, b: a is b, converted, params)):
                        raise  # nothing was wrong with the arguments
                    result = func(*converted)
            else:
                result = func(*self._convert(params))
        except errors.WasmError as error:
            raise raised(error) from None
        if type(result) is tuple:
            return [*map(from_core, result)]
        return result if self._plain else from_core(result)

    def _convert(self, params: tuple[Any, ...]) -> list[Any]:
        expected = self._func.type.params
        if len(params) != len(expected):
            amount = "many" if len(params) > len(expected) else "few"
            raise WasmtimeError(f"too {amount} parameters provided: given {len(params)}, expected {len(expected)}")
        return [*map(to_core, expected, params)]


def trampoline(functype: types.FuncType, func: Callable[..., Any], access_caller: bool) -> Callable[..., Any]:
    """What wasmvm is to call for `func`: it converts as wasmtime does."""
    results = functype.results
    wraps = any(map(types.is_reftype, functype.params))

    def host(*params: Any) -> Any:
        result = func(*(map(from_core, params) if wraps else params))
        if not results:
            if result is not None:
                raise WasmtimeError("callback produced results when it shouldn't")
            return None
        if len(results) == 1:
            return to_core(results[0], result)
        if len(result) != len(results):
            raise WasmtimeError("callback produced wrong number of results")
        return [*map(to_core, results, result)]

    def host_of_integers(*params: Any) -> Any:
        result = func(*params)
        return result if type(result) is int else to_core(results[0], result)

    def host_with_caller(caller: _core.Caller, *params: Any) -> Any:
        wrapped = Caller(caller)
        try:
            return host(wrapped, *params)
        finally:
            wrapped._invalidate()

    if access_caller:
        return host_with_caller
    if not wraps and len(results) == 1 and results[0] in _INTEGERS:
        return host_of_integers
    return host
